"""The house rules for networks: every config has a builder, builds small, runs, keeps its word."""

import pytest
import torch
from torch import nn

from models.builders import BUILDERS, build
from models.catalog import list_models
from models.checkpoint import load
from models.configs import (
    CONFIGS,
    Config,
    PatchCooccurrenceConfig,
    StyleGAN2DiscriminatorConfig,
    SwappingAutoencoderConfig,
)
from models.errors import RequestError
from models.networks.patch_cooccurrence import PatchCooccurrenceDiscriminator
from models.networks.swapping_autoencoder import SwappingAutoencoder

TINY: dict[type[Config], Config] = {
    SwappingAutoencoderConfig: SwappingAutoencoderConfig(
        structure_downsamplings=2, texture_downsamplings=1, texture_channels=16,
        encoder_scale=1 / 16, generator_scale=1 / 32,
    ),
    StyleGAN2DiscriminatorConfig: StyleGAN2DiscriminatorConfig(size_px=16, scale=0.1),
    PatchCooccurrenceConfig: PatchCooccurrenceConfig(patch_px=8, max_channels=8, scale=1 / 16),
}  # fmt: skip


def run(network: nn.Module) -> torch.Tensor:
    if isinstance(network, SwappingAutoencoder):
        return network.decode(*network.encode(torch.zeros(1, 3, 16, 24)))
    if isinstance(network, PatchCooccurrenceDiscriminator):
        patches = network.features(torch.zeros(1, 2, 3, 8, 8))
        return network(patches, patches)
    return network(torch.zeros(1, 3, 16, 16))


def test_every_config_has_a_builder_and_a_small_form():
    assert set(CONFIGS.values()) == set(BUILDERS) == set(TINY)


@pytest.mark.parametrize("config", TINY.values(), ids=lambda config: type(config).__name__)
def test_every_network_runs_on_a_cpu(config):
    torch.manual_seed(0)
    with torch.no_grad():
        assert torch.isfinite(run(build(config).eval())).all()


def test_every_shipped_model_keeps_its_word():
    """It loads, takes the sizes that its entry promises, and refuses smaller ones."""
    shipped = [model for model in list_models() if model.shipped]
    assert shipped, "no model ships"
    for spec in shipped:
        network = load(spec).network
        assert isinstance(network, SwappingAutoencoder)
        side, step = spec.io.min_px, spec.io.multiple_of_px
        with torch.inference_mode():
            structure, texture = network.encode(torch.zeros(1, 3, side, side + step))
            assert network.decode(structure, texture).shape == (1, 3, side, side + step)
            for wrong in (side - step, side + 1):
                with pytest.raises(RequestError, match="cannot be encoded"):
                    network.encode(torch.zeros(1, 3, side, wrong))
