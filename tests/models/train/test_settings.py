"""A recipe's numbers: what cannot be meant is one sentence, what can be meant builds and runs."""

import math
from dataclasses import MISSING, dataclass, fields
from typing import Any

import pytest
import torch

from app.cli import main
from models.builders import build
from models.configs import (
    PatchCooccurrenceConfig,
    StyleGAN2DiscriminatorConfig,
    SwappingAutoencoderConfig,
    config_from_dict,
    config_to_dict,
)
from models.errors import DataError
from models.networks.patch_cooccurrence import PatchCooccurrenceDiscriminator
from models.networks.patch_discriminator import PatchDiscriminator
from models.train.settings import check_settings, setting
from models.train.settings.swapping_autoencoder import (
    PRESETS,
    SMALLEST_CROP_PX,
    SwappingAutoencoderRecipe,
)
from tests.models.train.fixtures import TINY

NUMBERS = [f for f in fields(SwappingAutoencoderRecipe) if f.type is not str]


def made(**values: Any) -> SwappingAutoencoderRecipe:
    return SwappingAutoencoderRecipe(**values)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--seed -1", "seed must be a whole number from 0 to"),
        ("--learning-rate -1", "learning_rate must be a number from 1e-09 to 1, not -1.0."),
        ("--learning-rate nan", "learning_rate must be a number from 1e-09 to 1, not nan."),
        ("--discriminator-learning-rate inf", "discriminator_learning_rate must be a number"),
        ("--beta1 2", "beta1 must be a number"),
        ("--beta2 1", "beta2 must be a number"),
        ("--structure-channels 0", "structure_channels must be a whole number from 1 to"),
        ("--structure-downsamplings -1", "structure_downsamplings must be a whole number"),
        ("--structure-downsamplings 13", "from 1 to 12, not 13"),
        ("--texture-downsamplings 0", "texture_downsamplings must be a whole number"),
        ("--generator-base-blocks 0", "generator_base_blocks must be a whole number"),
        ("--encoder-scale 0.001", "encoder_scale 0.001 leaves a layer without channels"),
        ("--generator-scale 0.001", "generator_scale must be a number"),
        ("--discriminator-scale 0.001", "discriminator_scale 0.001 leaves a layer"),
        ("--patch-scale 0.001", "patch_scale 0.001 leaves a layer"),
        ("--r1 1 --r1-every 0", "r1_every must be a whole number"),
        ("--patch-px 48", "patch_px must be a power of two, not 48."),
        ("--patch-px 2", "patch_px must be a whole number"),
        ("--patch-crops 0", "patch_crops must be a whole number"),
        ("--patch-smallest 0.5", "patch_smallest, 0.5, is larger than patch_largest, 0.25."),
        ("--patch-largest 2", "patch_largest must be a number"),
        ("--l1 nan", "l1 must be a number from 0 to 1e+06, not nan."),
        ("--gan-swap -0.5", "gan_swap must be a number"),
        ("--images -4", "images must be a whole number"),
        ("--ema 2", "ema must be a number from 0 to 1, not 2.0."),
        ("--principal-axes -1", "principal_axes must be a whole number"),
        ("--crop-px -256", "crop_px must be a whole number"),
        ("--structure-downsamplings 2 --texture-downsamplings 1 --crop-px 12", "crop_px must be"),
    ],
)
def test_numbers_that_cannot_be_meant_are_one_sentence(tmp_path, capsys, words, sentence):
    out = tmp_path / "run"
    line = ["train", "swapping-autoencoder", "--data", tmp_path, "--out", out, *words.split()]
    assert main(list(map(str, line))) == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert "defect" not in said
    assert not out.exists()


@pytest.mark.parametrize("field", NUMBERS, ids=lambda field: field.name)
def test_every_number_has_limits_that_are_kept(field):
    low, high = field.metadata["limits"]
    assert low <= field.default <= high
    assert math.isfinite(high)
    for value in (math.nan, math.inf, -math.inf, low - 1, high + 1, 10**400, "1", None, True):
        with pytest.raises(DataError, match=rf"^{field.name} must be a (whole )?number from"):
            made(**{field.name: value})


def test_types_are_checked():
    with pytest.raises(
        DataError, match=r"^crop_px must be a whole number from 16 to 65536, not 256\.0\.$"
    ):
        made(crop_px=256.0)
    with pytest.raises(DataError, match="features must be text, not None"):
        made(features=None)
    assert made(l1=2).l1 == 2


def test_the_ends_of_a_range_can_be_meant():
    @dataclass(frozen=True)
    class Some:
        share: float = setting(0.5, "a share", 0, 1)
        count: int = setting(2, "a count", 1, 3)

    for some in (Some(share=0.0), Some(share=1), Some(count=1), Some(count=3)):
        check_settings(some)
    with pytest.raises(DataError, match=r"^count must be a whole number from 1 to 3, not 4\.$"):
        check_settings(Some(count=4))


@pytest.mark.parametrize("end", [0, 1])
def test_what_a_recipe_allows_a_checkpoint_can_hold(end):
    """The config of a network in a weights file has limits of its own."""
    config = SwappingAutoencoderConfig()
    limits = {f.name: f.metadata["limits"][end] for f in NUMBERS}
    values = {name: type(value)(limits[name]) for name, value in vars(config).items()}
    at_limit = SwappingAutoencoderConfig(**values)
    assert config_from_dict(config_to_dict(at_limit)) == at_limit


def test_the_narrowest_networks_have_channels():
    """At the smallest scales that are let through, no layer is empty."""
    recipe = SwappingAutoencoderRecipe(
        encoder_scale=0.02, generator_scale=1 / 128, discriminator_scale=1 / 128,
        patch_scale=1 / 16, structure_channels=1, generator_base_blocks=4,
    )  # fmt: skip
    for name in ("encoder_scale", "generator_scale", "discriminator_scale", "patch_scale"):
        with pytest.raises(DataError, match=name):
            made(**{name: getattr(recipe, name) * 0.75})
    judge = StyleGAN2DiscriminatorConfig(size_px=recipe.crop_px, scale=recipe.discriminator_scale)
    patch = PatchCooccurrenceConfig(
        patch_px=recipe.patch_px, max_channels=recipe.patch_max_channels, scale=recipe.patch_scale
    )
    with torch.device("meta"):
        networks = [build(config) for config in (recipe.network_config, judge, patch)]
    assert min(p.numel() for network in networks for p in network.parameters()) > 0


def test_scales_of_networks_that_are_left_out_do_not_matter():
    SwappingAutoencoderRecipe(image_discriminator="patch", discriminator_scale=1e-6)
    SwappingAutoencoderRecipe(patch_gan=0.0, patch_scale=1e-6)


def test_the_smallest_sides_have_pixels_enough():
    PatchDiscriminator()(torch.zeros(1, 3, SMALLEST_CROP_PX, SMALLEST_CROP_PX))
    judge = PatchCooccurrenceDiscriminator(patch_px=4, max_channels=8, scale=1 / 64)
    assert judge.features(torch.zeros(1, 1, 3, 4, 4)).shape == (1, 16 // 2, 2, 2)


def test_the_presets_lie_within_the_limits():
    for name, values in PRESETS.items():
        assert made(**{**values, "features": name}).features == name
    assert made(**TINY).batch == TINY["batch"]
    assert all(f.default is not MISSING for f in NUMBERS)
