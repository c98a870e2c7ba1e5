"""The house rules for networks: every config has a builder, builds small, runs, keeps its word."""

import pytest
import torch
from torch import nn

from models.builders import BUILDERS, build
from models.catalog import ModelSpec, list_models
from models.checkpoint import load
from models.configs import (
    CONFIGS,
    Config,
    MultiscaleDiscriminatorConfig,
    PatchCooccurrenceConfig,
    SegmenterConfig,
    SpadeConfig,
    StyleGAN2DiscriminatorConfig,
    SwappingAutoencoderConfig,
)
from models.errors import RequestError
from models.networks.patch_cooccurrence import PatchCooccurrenceDiscriminator
from models.networks.spade import SpadeNetwork
from models.networks.swapping_autoencoder import SwappingAutoencoder

TINY: dict[type[Config], Config] = {
    SwappingAutoencoderConfig: SwappingAutoencoderConfig(
        structure_downsamplings=2, texture_downsamplings=1, texture_channels=16,
        encoder_scale=1 / 16, generator_scale=1 / 32,
    ),
    StyleGAN2DiscriminatorConfig: StyleGAN2DiscriminatorConfig(size_px=32, scale=0.1),
    PatchCooccurrenceConfig: PatchCooccurrenceConfig(patch_px=8, max_channels=8, scale=1 / 16),
    SpadeConfig: SpadeConfig(classes=3, base_channels=1, hidden_channels=4, crop_size=32),
    MultiscaleDiscriminatorConfig: MultiscaleDiscriminatorConfig(
        in_channels=3, base_channels=4, layers=2
    ),
    SegmenterConfig: SegmenterConfig(classes=3, base_channels=4),
}  # fmt: skip


def run(network: nn.Module) -> torch.Tensor:
    if isinstance(network, SwappingAutoencoder):
        return network.decode(*network.encode(torch.zeros(1, 3, 16, 24)))
    if isinstance(network, PatchCooccurrenceDiscriminator):
        patches = network.features(torch.zeros(1, 2, 3, 8, 8))
        return network(patches, patches)
    answer = network(torch.zeros(1, 3, 32, 32))
    # The multi-scale discriminator gives the maps of every layer.
    return answer if isinstance(answer, torch.Tensor) else answer[-1][-1]


def test_every_config_has_a_builder_and_a_small_form():
    assert set(CONFIGS.values()) == set(BUILDERS) == set(TINY)


@pytest.mark.parametrize("config", TINY.values(), ids=lambda config: type(config).__name__)
def test_every_network_runs_on_a_cpu(config):
    torch.manual_seed(0)
    with torch.no_grad():
        assert torch.isfinite(run(build(config).eval())).all()


def shipped(family: str) -> list[ModelSpec]:
    found = [model for model in list_models() if model.shipped and model.family == family]
    assert found, f"no {family} ships"
    return found


@pytest.mark.parametrize("spec", shipped("swapping_autoencoder"), ids=lambda spec: spec.id)
def test_a_shipped_autoencoder_takes_the_sizes_that_its_entry_promises(spec):
    network = load(spec).network
    assert isinstance(network, SwappingAutoencoder)
    side, step = spec.io.min_px, spec.io.multiple_of_px
    with torch.inference_mode():
        structure, texture = network.encode(torch.zeros(1, 3, side, side + step))
        assert network.decode(structure, texture).shape == (1, 3, side, side + step)
        for wrong in (side - step, side + 1):
            with pytest.raises(RequestError, match="cannot be encoded"):
                network.encode(torch.zeros(1, 3, side, wrong))


@pytest.mark.parametrize("spec", shipped("spade"), ids=lambda spec: spec.id)
def test_a_shipped_painter_renders_any_size_and_has_styles(spec):
    network = load(spec).network
    assert isinstance(network, SpadeNetwork)
    height_px, width_px = spec.io.min_px, spec.io.min_px + spec.io.multiple_of_px
    semantics = torch.zeros(1, network.semantic_channels, height_px, width_px)
    semantics[:, 1] = 1.0
    with torch.inference_mode():
        style, _ = network.encode_style(torch.zeros(1, 3, 40, 30))
        assert network(semantics, style).shape == (1, 3, height_px, width_px)


@pytest.mark.parametrize("family", ["swapping_autoencoder", "spade", "segmenter"])
def test_shipped_files_keep_to_their_limits(family):
    """A file of at most 16 MiB, a reader of layouts of at most 4; all of them under 96."""
    limit = 4 if family == "segmenter" else 16
    for spec in shipped(family):
        assert spec.weights.bytes <= limit * 2**20
    assert sum(model.weights.bytes for model in list_models() if model.shipped) < 96 * 2**20


@pytest.mark.parametrize("spec", shipped("segmenter"), ids=lambda spec: spec.id)
def test_a_shipped_reader_knows_the_labels_of_the_shipped_painter(spec):
    assert spec.io.palette_id == shipped("spade")[0].io.palette_id
    config = spec.config
    painter = shipped("spade")[0].config
    assert isinstance(config, SegmenterConfig)
    assert isinstance(painter, SpadeConfig)
    assert config.classes == painter.classes
