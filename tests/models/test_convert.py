import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from models import checkpoint
from models.builders import build
from models.configs import SwappingAutoencoderConfig
from models.convert import load_published
from models.convert.reading import read_state
from models.convert.swapping_autoencoder import FAMILY, detect
from models.errors import (
    CheckpointCorrupt,
    CheckpointMismatch,
    RequestError,
)
from tests.models.toys import save_pickle, seeded

LICENCE = "Adobe Research licence: non-commercial research only"

SET_A = SwappingAutoencoderConfig()
SET_B = SwappingAutoencoderConfig(
    structure_downsamplings=5, texture_channels=1536, encoder_scale=0.4, generator_scale=0.8
)
SET_C = SwappingAutoencoderConfig(
    structure_downsamplings=6,
    structure_channels=64,
    texture_channels=1024,
    encoder_steepness=1.8,
    generator_scale=0.8,
)
PUBLISHED = {
    "sae_church_pretrained_full": SET_A,
    "sae_bedroom_pretrained_full": SET_A,
    "sae_mountain_pretrained_full": SET_A,
    "sae_ffhq512_pretrained_full": SET_A,
    "sae_afhq_pretrained_full": SET_A,
    "sae_ffhq1024_pretrained_full": SET_B,
    "sae_ffhq1024_patchDv7_L1_smallerstructurecode_full": SET_C,
    "sae_small": replace(SET_A, texture_channels=64, encoder_scale=0.25, generator_scale=1 / 16),
    "sae_small_ffhq1024like": replace(
        SET_B, texture_channels=48, encoder_scale=0.1, generator_scale=0.05
    ),
    "sae_small_steep18_6down": replace(
        SET_C,
        structure_channels=6,
        texture_channels=40,
        encoder_scale=0.1,
        generator_scale=0.03,
    ),
}


def listed(shared: Path, name: str) -> dict[str, Tensor]:
    """A state dict of the published shapes that takes no memory."""
    keys = json.loads((shared / "keys" / f"{name}.json").read_text())["keys"]
    zero = torch.zeros(1)
    return {key: zero.expand(shape) if shape else zero[0] for key, shape, _type in keys}


def golden(shared: Path) -> dict[str, Tensor]:
    arrays = np.load(shared / "golden" / "sae_small.npz")
    return {k.removeprefix("sd/"): torch.from_numpy(arrays[k]) for k in arrays if k[:3] == "sd/"}


@pytest.fixture
def tiny(tiny_config) -> dict[str, Tensor]:
    return seeded(tiny_config)


# Detection and strict loading


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_config_shows_in_the_published_keys(shared, name):
    assert detect(listed(shared, name)) == PUBLISHED[name]


@pytest.mark.parametrize("name", ["sae_small", "sae_ffhq1024_pretrained_full"])
def test_the_encoder_and_generator_alone_are_enough(shared, name):
    state = {k: v for k, v in listed(shared, name).items() if k.startswith(("E.", "G."))}
    assert detect(state) == PUBLISHED[name]


@pytest.mark.parametrize(
    "name",
    [
        "sae_mountain_pretrained_full",
        "sae_ffhq1024_pretrained_full",
        "sae_ffhq1024_patchDv7_L1_smallerstructurecode_full",
        "sae_small_steep18_6down",
    ],
)
def test_the_published_keys_load_strictly(shared, name):
    state = FAMILY.canonical(listed(shared, name))
    with torch.device("meta"):
        network = build(PUBLISHED[name])
    checkpoint.check_fit(network.state_dict(), state, name)
    network.load_state_dict(state, strict=True, assign=True)
    assert all(key.startswith(("E.", "G.")) for key in state)


@pytest.mark.parametrize(
    "config",
    [
        SwappingAutoencoderConfig(
            structure_downsamplings=3,
            texture_downsamplings=1,
            structure_channels=5,
            texture_channels=30,
            encoder_scale=0.3,
            encoder_steepness=1.55,
            generator_scale=0.07,
            generator_base_blocks=3,
        ),
        SwappingAutoencoderConfig(
            structure_downsamplings=1,
            texture_downsamplings=3,
            structure_channels=4,
            texture_channels=2,
            encoder_scale=0.5,
            generator_scale=0.037,
            generator_base_blocks=1,
        ),
        SwappingAutoencoderConfig(
            structure_downsamplings=1,
            texture_downsamplings=1,
            structure_channels=8,
            texture_channels=20,
            encoder_scale=0.03,
            generator_scale=0.033,
        ),
    ],
)
def test_other_sizes_are_told_from_their_own_state_dict(config):
    found = detect(seeded(config))
    assert found is not None
    assert found.generator_base_blocks == config.generator_base_blocks
    assert found.texture_downsamplings == config.texture_downsamplings
    checkpoint.assemble(found, seeded(config), "x")


@pytest.mark.parametrize("legacy", [False, True])
def test_the_golden_weights_arrive_unchanged(shared, tmp_path, legacy):
    state = golden(shared)
    found = load_published(save_pickle(tmp_path / "latest_checkpoint.pth", state, legacy=legacy))
    assert found.config == PUBLISHED["sae_small"]
    assert (found.family, found.licence) == ("swapping_autoencoder", LICENCE)
    assert found.source == "converted from latest_checkpoint.pth"
    assert not found.network.training
    loaded = found.network.state_dict()
    kept = {key for key in state if key.startswith(("E.", "G."))}
    assert loaded.keys() == kept
    assert all(torch.equal(loaded[key], state[key]) for key in kept)


def test_whole_models_with_noise_maps_and_wrapped_names(tiny, tmp_path):
    extra = {
        "num_discriminator_iters": torch.tensor([3]),
        "D.a": torch.zeros(1),
        "Dpatch.b": torch.zeros(1),
        "G.HeadResnetBlock0.conv1.noise.fixed_noise": torch.zeros(1, 1, 7, 7),
    }
    wrapped = {f"module.{key}": value for key, value in {**tiny, **extra}.items()}
    found = load_published(str(save_pickle(tmp_path / "x.pth", wrapped)))
    assert found.network.state_dict().keys() == tiny.keys()


def test_a_name_that_only_some_keys_have_is_kept(tmp_path):
    path = save_pickle(tmp_path / "x.pth", {"module.a": torch.ones(1), "b": torch.ones(1)})
    assert list(read_state(path)) == ["module.a", "b"]


def test_half_precision_becomes_single(tiny, tmp_path):
    half = {key: value.half() for key, value in tiny.items()}
    network = load_published(save_pickle(tmp_path / "x.pth", half)).network
    assert all(value.dtype == torch.float32 for value in network.state_dict().values())


def test_the_network_does_not_hold_on_to_the_file(tiny, tmp_path):
    path = save_pickle(tmp_path / "x.pth", tiny)
    network = load_published(path).network
    with open(path, "r+b") as file:
        file.write(b"\xff" * path.stat().st_size)
    assert torch.equal(
        network.state_dict()["E.ToGlobalCode.0.weight"], tiny["E.ToGlobalCode.0.weight"]
    )


def test_safetensors_of_others(tiny, tmp_path):
    save_file(tiny, tmp_path / "x.safetensors")
    found = load_published(tmp_path / "x.safetensors")
    assert found.config == detect(tiny)
    assert found.licence == LICENCE


# Hints


def test_a_hint_replaces_what_was_inferred(tiny, tmp_path):
    path = save_pickle(tmp_path / "x.pth", tiny)
    with pytest.raises(
        CheckpointMismatch, match=r"a Swapping Autoencoder, does not fit .*instead of"
    ):
        load_published(path, structure_channels=5)
    plain = load_published(path).config
    assert isinstance(plain, SwappingAutoencoderConfig)
    scale = plain.generator_scale * 1.001
    assert load_published(path, generator_scale=scale).config == replace(
        plain, generator_scale=scale
    )


@pytest.mark.parametrize(
    ("hints", "error", "words"),
    [
        ({"colour": 3}, RequestError, "A Swapping Autoencoder has no setting 'colour'; it has enc"),
        ({"type": "Later"}, RequestError, "no setting 'type'"),
        ({"structure_channels": "8"}, CheckpointMismatch, "cannot be '8'"),
        ({"structure_downsamplings": 10**9}, CheckpointMismatch, "cannot be 1000000000"),
    ],
)
def test_bad_hints(tiny, tmp_path, hints, error, words):
    with pytest.raises(error, match=words):
        load_published(save_pickle(tmp_path / "x.pth", tiny), **hints)


# Files that fit nothing


def test_a_file_of_no_known_family(tmp_path):
    state = {f"layer{i}.weight": torch.zeros(1) for i in range(6)}
    with pytest.raises(CheckpointMismatch) as info:
        load_published(save_pickle(tmp_path / "x.pth", state))
    assert str(info.value) == (
        f"{tmp_path / 'x.pth'} holds no network that is known here: layer0.weight is surplus, "
        "layer1.weight is surplus, layer2.weight is surplus, and 3 more."
    )
    assert len(info.value.unexpected) == 6


def test_half_a_model_names_its_family_and_what_is_missing(tiny, tmp_path):
    half = {key: value for key, value in tiny.items() if key.startswith("E.")}
    with pytest.raises(CheckpointMismatch) as info:
        load_published(save_pickle(tmp_path / "x.pth", half))
    assert "looks like a Swapping Autoencoder, but is not whole: G.HeadResnetBlock0" in str(
        info.value
    )
    assert all(key.startswith("G.") for key in info.value.missing)


@pytest.mark.parametrize("name", ["psgan_netG_full", "cut_resnet9_netG_full"])
def test_another_family(shared, tmp_path, name):
    state = {key: torch.zeros(1) for key in listed(shared, name)}
    with pytest.raises(CheckpointMismatch, match="holds no network that is known here"):
        load_published(save_pickle(tmp_path / "x.pth", state))


@pytest.mark.parametrize(
    "key",
    [
        "E.FromRGB.Conv.weight",
        "E.DownToSpatialCode.ResBlockDownBy2.conv1.Conv.weight",
        "E.DownToSpatialCode.ResBlockDownBy2.conv2.Act.bias",
        "E.DownToGlobalCode.ConvLayerDownBy4.Act.bias",
        "G.UpsamplingResBlock32.conv2.activate.bias",
        "G.ToRGB.upsample.kernel",
    ],
)
def test_a_missing_tensor_is_named(tiny, tmp_path, key):
    del tiny[key]
    with pytest.raises(CheckpointMismatch, match="a Swapping Autoencoder, does not fit") as info:
        load_published(save_pickle(tmp_path / "x.pth", tiny))
    assert {
        *info.value.missing,
        *info.value.unexpected,
        *(s.split(":")[0] for s in info.value.shapes),
    }


def test_a_surplus_tensor_is_named(tiny, tmp_path):
    path = save_pickle(tmp_path / "x.pth", {**tiny, "G.more": torch.zeros(1)})
    with pytest.raises(CheckpointMismatch, match=r"its network: G\.more is surplus\."):
        load_published(path)


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        ("E.FromRGB.Act.bias", (7,)),
        ("E.FromRGB.Act.bias", (4_000_000,)),
        ("E.FromRGB.Act.bias", ()),
        ("E.ToGlobalCode.0.bias", (1,)),
        ("E.ToGlobalCode.0.bias", (16, 1)),
        ("E.ToSpatialCode.1.Conv.bias", (0,)),
        ("G.UpsamplingResBlock16.conv2.activate.bias", (1000,)),
    ],
)
def test_shapes_that_make_no_sense(tiny, tmp_path, key, shape):
    path = save_pickle(tmp_path / "x.pth", {**tiny, key: torch.zeros(shape)})
    with pytest.raises(CheckpointMismatch, match="does not fit its network") as info:
        load_published(path)
    assert info.value.shapes


def test_a_file_of_essential_keys_alone(tmp_path):
    state = {key: torch.zeros(3, 3) for key in FAMILY.essential}
    with pytest.raises(CheckpointMismatch, match="does not fit its network"):
        load_published(save_pickle(tmp_path / "x.pth", state))


def test_nan_is_refused(tiny, tmp_path):
    tiny["G.ToRGB.bias"][0, 1] = float("nan")
    with pytest.raises(CheckpointCorrupt, match=r"G\.ToRGB\.bias contains NaN"):
        load_published(save_pickle(tmp_path / "x.pth", tiny))


def test_too_large_for_single_precision_is_refused(tiny, tmp_path):
    tiny["G.ToRGB.bias"] = tiny["G.ToRGB.bias"].double() + 1e300
    with pytest.raises(CheckpointCorrupt, match=r"G\.ToRGB\.bias contains NaN or infinity"):
        load_published(save_pickle(tmp_path / "x.pth", tiny))
