"""The Swapping Autoencoder: golden outputs, key lists, and one path for training and inference."""

import json
import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from models.builders import build
from models.configs import (
    PatchCooccurrenceConfig,
    StyleGAN2DiscriminatorConfig,
    SwappingAutoencoderConfig,
)
from models.errors import RequestError
from models.networks import swapping_autoencoder
from models.networks.patch_cooccurrence import PatchCooccurrenceDiscriminator
from models.networks.stylegan2_discriminator import ImageDiscriminator
from models.networks.swapping_autoencoder import SwappingAutoencoder
from models.ops import modconv
from models.ops.modconv import NoiseStrength
from tests.models.networks.reference import reference_decode, reference_encode

SMALL = SwappingAutoencoderConfig(texture_channels=64, encoder_scale=0.25, generator_scale=0.0625)
KEY_LISTS = (
    "afhq_pretrained_full", "bedroom_pretrained_full", "church_pretrained_full",
    "ffhq1024_patchDv7_L1_smallerstructurecode_full", "ffhq1024_pretrained_full",
    "ffhq512_pretrained_full", "mountain_pretrained_full", "small", "small_ffhq1024like",
    "small_steep18_6down",
)  # fmt: skip


@pytest.fixture
def tiny(tiny_config) -> SwappingAutoencoder:
    torch.manual_seed(0)
    network = build(tiny_config)
    assert isinstance(network, SwappingAutoencoder)
    for module in network.modules():
        if isinstance(module, NoiseStrength):
            module.weight.data.fill_(0.5)
    return network.eval()


@pytest.fixture
def small(golden):
    data = golden("sae_small")
    network = SwappingAutoencoder(**vars(SMALL))
    network.load_state_dict(data.sd, strict=True)
    return data, network.eval()


@pytest.mark.golden
@pytest.mark.parametrize("mode", [torch.inference_mode, torch.no_grad, torch.enable_grad])
def test_golden_outputs(small, mode):
    """Folded weights (no gradients) and weights computed anew (gradients) give the same numbers."""
    data, network = small
    maps = [v for k, v in data.given.items() if k.startswith("noise/")]
    with mode():
        structure, texture = network.encode(data.given["image"])
        data.check(structure, "sp")
        data.check(texture, "gl")
        data.check(network.E.features(data.given["image"]), "E_midpoint")
        data.check(network.decode(structure, texture), "rgb_zero_noise")
        data.check(network.decode(structure, texture.flip(0)), "rgb_swap_zero_noise")
        mixed = torch.lerp(texture, texture.flip(0), 0.3)
        data.check(network.decode(structure, mixed), "rgb_lerp0.3_zero_noise")
        data.check(network.decode(structure, texture, maps), "rgb_fixed_noise")
        scaled = network.decode(structure * 3.0, texture * 0.5, maps)
        data.check(scaled, "rgb_scaled_codes")
        by_map = network.decode(structure[:1], data.given["gl_map"])
        data.check(by_map, "rgb_stylemap_zero_noise")
        constant = texture[:1, :, None, None].expand(-1, -1, 7, 9)
        data.check(network.decode(structure[:1], constant), "rgb_constmap_zero_noise")


@pytest.mark.golden
def test_reference_path_has_golden_outputs(small):
    """The plain formulas that benchmarks and tests compare with are right themselves."""
    data, network = small
    with torch.no_grad():
        structure, texture = reference_encode(network, data.given["image"])
        data.check(structure, "sp")
        data.check(texture, "gl")
        data.check(reference_decode(network, structure, texture), "rgb_zero_noise")


@pytest.mark.golden
def test_discriminator_golden(golden):
    data = golden("sae_D_small")
    network = ImageDiscriminator(size_px=64, scale=1 / 16)
    network.load_state_dict(data.module("D."), strict=True)
    data.check(network.features(data.given["image"]), "D_features")
    data.check(network(data.given["image"]), "D")


@pytest.mark.golden
def test_patch_discriminator_golden(golden):
    data = golden("sae_Dpatch_small")
    network = PatchCooccurrenceDiscriminator(patch_px=32, max_channels=16, scale=0.25)
    network.load_state_dict(data.module("Dpatch."), strict=True)
    first, second = data.given["patches_BTCHW"], data.given["patches2_BTCHW"]
    plain, aggregate = network.features(first), network.features(first, aggregate=True)
    data.check(plain, "Dpatch_feat")
    data.check(aggregate, "Dpatch_feat_aggregated")
    data.check(network(plain, network.features(second)), "Dpatch_pred")
    data.check(network(aggregate, network.features(second)), "Dpatch_pred_agg")


@pytest.mark.parametrize("name", KEY_LISTS)
def test_key_lists_load_strictly(shared, name):
    """Every published configuration has exactly the published keys and shapes."""
    listing = json.loads((shared / "keys" / f"sae_{name}.json").read_text())
    c = listing["config"]
    parts: dict[str, nn.Module] = {}
    with torch.device("meta"):
        parts[""] = build(
            SwappingAutoencoderConfig(
                structure_downsamplings=c["netE_num_downsampling_sp"],
                texture_downsamplings=c["netE_num_downsampling_gl"],
                structure_channels=c["spatial_code_ch"],
                texture_channels=c["global_code_ch"],
                encoder_scale=c["netE_scale_capacity"],
                encoder_steepness=c["netE_nc_steepness"],
                generator_scale=c["netG_scale_capacity"],
            )
        )
        listed = {
            key: torch.empty(shape)
            for key, shape, _ in listing["keys"]
            if key != "num_discriminator_iters"
        }
        if any(key.startswith("D.") for key in listed):
            parts["D."] = build(
                StyleGAN2DiscriminatorConfig(size_px=c["crop_size"], scale=c["netD_scale_capacity"])
            )
            parts["Dpatch."] = build(
                PatchCooccurrenceConfig(
                    patch_px=c["patch_size"],
                    max_channels=c["netPatchD_max_nc"],
                    scale=c["netPatchD_scale_capacity"],
                )
            )
    own = {p + k: v.shape for p, m in parts.items() for k, v in m.state_dict().items()}
    assert own == {key: value.shape for key, value in listed.items()}


def test_codes_have_unit_length(tiny):
    structure, texture = tiny.encode(torch.rand(2, 3, 16, 24) * 2 - 1)
    assert structure.shape == (2, 4, 4, 6)
    assert torch.allclose(structure.norm(dim=1), torch.ones(2, 4, 6), atol=1e-5)
    assert torch.allclose(texture.norm(dim=1), torch.ones(2), atol=1e-5)


@pytest.mark.parametrize("size", [(8, 16), (16, 10), (12, 13)])
def test_sizes_that_cannot_be_encoded(tiny, size):
    with pytest.raises(RequestError, match="multiples of 4 px and at least 12 px"):
        tiny.encode(torch.zeros(1, 3, *size))


def test_noise_by_seed_is_repeatable_and_matters(tiny):
    structure, texture = tiny.encode(torch.rand(1, 3, 16, 16) * 2 - 1)
    first = tiny.decode(structure, texture, 7)
    assert torch.equal(first, tiny.decode(structure, texture, 7))
    assert not torch.allclose(first, tiny.decode(structure, texture, 8))
    assert not torch.allclose(first, tiny.decode(structure, texture))


@pytest.mark.parametrize("noise", ["white", [torch.zeros(1, 1, 4, 4)]])
def test_noise_that_is_no_noise(tiny, noise):
    structure, texture = tiny.encode(torch.zeros(1, 3, 16, 16))
    with pytest.raises(RequestError, match="oise"):
        tiny.decode(structure, texture, noise)


def test_folded_weights_follow_the_parameters(tiny):
    """A weight that is written to after a decode counts in the next one."""
    image = torch.rand(1, 3, 16, 16) * 2 - 1
    with torch.inference_mode():
        before = tiny.decode(*tiny.encode(image))
    with torch.no_grad():
        tiny.G.HeadResnetBlock0.conv1.conv.weight.mul_(-1.0)
        tiny.E.FromRGB.Conv.weight.mul_(2.0)
    with torch.inference_mode():
        after = tiny.decode(*tiny.encode(image))
    with torch.no_grad():
        expected = reference_decode(tiny, *reference_encode(tiny, image))
    assert not torch.allclose(before, after)
    assert torch.allclose(after, expected, atol=1e-5)


def test_wide_layers_at_a_real_size_agree_with_plain_formulas():
    """Widths and sizes at which convolutions take other paths than in tiny networks."""
    torch.manual_seed(0)
    network = build(
        SwappingAutoencoderConfig(
            structure_downsamplings=2, texture_downsamplings=1, texture_channels=128,
            encoder_scale=1.0, generator_scale=0.5,
        )
    ).eval()  # fmt: skip
    assert isinstance(network, SwappingAutoencoder)
    image = torch.rand(1, 3, 128, 128) * 2 - 1
    with torch.inference_mode():
        codes = network.encode(image)
        expected = reference_encode(network, image)
        for ours, plain in zip(codes, expected, strict=True):
            assert (ours - plain).abs().max().item() < 1e-5
        picture, plain = network.decode(*expected), reference_decode(network, *expected)
    assert plain.std().item() > 0.01
    assert (picture - plain).abs().max().item() < 1e-5


def test_bfloat16_stays_close(tiny):
    image = torch.rand(1, 3, 32, 32) * 2 - 1
    with torch.inference_mode():
        exact = tiny.decode(*tiny.encode(image))
        tiny.compute_dtype = torch.bfloat16
        rough = tiny.decode(*tiny.encode(image))
    assert rough.dtype == torch.float32
    spread = exact.std().item()
    assert (rough - exact).abs().mean().item() < 0.05 * spread
    assert not math.isclose((rough - exact).abs().max().item(), 0.0)


def test_batches_and_single_pictures_agree(tiny):
    """The style is folded into the weight for one picture and into the input for several."""
    images = torch.rand(3, 3, 16, 16) * 2 - 1
    with torch.inference_mode():
        together = tiny.decode(*tiny.encode(images))
        apart = torch.cat([tiny.decode(*tiny.encode(image[None])) for image in images])
    assert torch.allclose(together, apart, atol=1e-5)


@pytest.mark.parametrize("size_hw", [(1, 1), (3, 5), (9, 40), (50, 60)])
def test_a_map_is_stretched_before_or_after_the_linear_layers(tiny, monkeypatch, size_hw):
    """The published networks stretch the map to each layer first; the order makes no difference."""
    structure = torch.randn(1, 4, 6, 8)
    texture = torch.randn(1, 16, *size_hw)

    def stretched_first(layer, texture, size_hw):
        here = F.interpolate(texture, size=tuple(size_hw), mode="bilinear", align_corners=False)
        return layer.pointwise(here)

    with torch.inference_mode():
        found = tiny.decode(structure, texture, 3)
        for module in (modconv, swapping_autoencoder):
            monkeypatch.setattr(module, "spread", stretched_first)
        expected = tiny.decode(structure, texture, 3)
    assert (found - expected).abs().max().item() <= 1e-5


def test_probe_notices_a_change(tiny):
    before = tiny.probe()
    with torch.no_grad():
        tiny.G.ToRGB.bias.add_(0.5)
    assert before.dim() == 1
    assert not torch.allclose(before, tiny.probe())
