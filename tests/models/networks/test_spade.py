"""SPADE: golden outputs, key lists, any canvas, styles."""

import json

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from models.builders import build, build_unfilled
from models.configs import SpadeConfig
from models.errors import RequestError
from models.networks.spade import Spade, SpadeBlock, SpadeNetwork, StyleEncoder, pad_to_cells
from models.ops.spectral import SpectralConv2d

GOLDEN = {
    "spade_coco_like": SpadeConfig(
        classes=5, unknown_channel=True, edge_channel=True, base_channels=8, crop_size=64
    ),
    "spade_ade_like": SpadeConfig(classes=6, unknown_channel=True, base_channels=4, crop_size=96),
    "spade_cityscapes_like_more": SpadeConfig(
        classes=6, edge_channel=True, base_channels=4, upsampling="more", crop_size=128,
        aspect_ratio=2.0,
    ),
    "spade_most": SpadeConfig(
        classes=6, unknown_channel=True, base_channels=4, upsampling="most", crop_size=128
    ),
}  # fmt: skip
VAE = SpadeConfig(classes=3, unknown_channel=True, base_channels=4, style_length=256)
TINY = SpadeConfig(
    classes=3, edge_channel=True, base_channels=2, hidden_channels=4, style_length=6, crop_size=64
)
FULL = {
    "spade_coco_netG_full": (SpadeConfig(classes=184), "G."),
    "spade_ade20k_netG_full": (SpadeConfig(classes=151), "G."),
    "spade_cityscapes_netG_full": (SpadeConfig(classes=36, upsampling="more"), "G."),
    "spade_coco_vae_netG_full": (SpadeConfig(classes=184, style_length=256), "G."),
    "spade_ade20k_vae_netG_full": (SpadeConfig(classes=151, style_length=256), "G."),
    "spade_cityscapes_vae_netG_full": (
        SpadeConfig(
            classes=36, style_length=256, upsampling="more", crop_size=512, aspect_ratio=2.0
        ),
        "G.",
    ),
    "spade_vae_netE_full": (SpadeConfig(classes=184, style_length=256), "E."),
}


def network_of(config: SpadeConfig) -> SpadeNetwork:
    """Random weights, statistics as after a training, singular vectors near the true ones."""
    torch.manual_seed(0)
    network = build(config)
    assert isinstance(network, SpadeNetwork)
    for module in network.modules():
        if isinstance(module, SpectralConv2d):
            for _step in range(8):
                module(torch.zeros(1, module.weight_orig.shape[1], 3, 3))
    for key, buffer in network.named_buffers():
        if key.endswith("running_mean"):
            buffer.normal_()
        if key.endswith("running_var"):
            buffer.uniform_(0.5, 2.0)
    return network.eval()


def semantics_of(config: SpadeConfig, height: int, width: int, seed: int = 0) -> Tensor:
    """One label for each pixel, in blobs; edges are noise."""
    channels = config.classes + config.unknown_channel
    generator = torch.Generator().manual_seed(seed)
    blobs = torch.rand(1, channels, 4, 5, generator=generator)
    labels = F.interpolate(blobs, size=(height, width), mode="bilinear").argmax(1)
    semantics = F.one_hot(labels, channels).permute(0, 3, 1, 2).float()
    if config.edge_channel:
        edges = torch.rand(1, 1, height, width, generator=generator) < 0.1
        semantics = torch.cat([semantics, edges.float()], 1)
    return semantics


@pytest.fixture
def tiny() -> SpadeNetwork:
    return network_of(TINY)


@pytest.fixture
def vae(golden):
    data = golden("spade_vae_encoder")
    network = build(VAE)
    assert isinstance(network, SpadeNetwork)
    assert network.E is not None
    network.G.load_state_dict(data.module("netG."), strict=True)
    network.E.load_state_dict(data.module("netE."), strict=True)
    return data, network.eval()


# Golden files and key lists


@pytest.mark.golden
@pytest.mark.parametrize("name", GOLDEN)
@pytest.mark.parametrize("mode", [torch.inference_mode, torch.enable_grad])
def test_golden_pictures(shared, golden, name, mode):
    if not (shared / "golden" / f"{name}.npz").is_file():
        pytest.skip(f"golden/{name}.npz is absent")
    data = golden(name)
    network = build(GOLDEN[name]).eval()
    assert isinstance(network, SpadeNetwork)
    network.G.load_state_dict(data.sd, strict=True)
    with mode():
        data.check(network(data.given["semantics_u8"].float()), "image")


@pytest.mark.golden
def test_golden_first_layers(golden):
    data = golden("spade_coco_like")
    network = build(GOLDEN["spade_coco_like"]).eval()
    assert isinstance(network, SpadeNetwork)
    network.G.load_state_dict(data.sd, strict=True)
    semantics = data.given["semantics_u8"].float()
    with torch.inference_mode():
        first = network.G.first_map(semantics, None)
        data.check(first, "act_fc")
        data.check(network.G.head_0(first, semantics), "act_head_0")


@pytest.mark.golden
def test_golden_styles(vae):
    data, network = vae
    semantics = data.given["semantics_u8"].float()
    with torch.inference_mode():
        data.check(network(semantics, z=data.given["z"]), "image_from_z")
        mean, log_variance = network.encode_style(data.given["image"])
        data.check(mean, "E_mu")
        data.check(log_variance, "E_logvar")
        data.check(network(semantics, z=mean), "image_from_mu")
        mean, log_variance = network.encode_style(data.given["image256"])
        data.check(mean, "E_mu_256")
        data.check(log_variance, "E_logvar_256")


@pytest.mark.parametrize("name", FULL)
def test_key_lists_load_strictly(shared, name):
    """Every published configuration has exactly the published keys, shapes and kinds."""
    listing = json.loads((shared / "keys" / f"{name}.json").read_text())["keys"]
    config, prefix = FULL[name]
    own = {
        key.removeprefix(prefix): (list(value.shape), str(value.dtype).removeprefix("torch."))
        for key, value in build_unfilled(config).state_dict().items()
        if key.startswith(prefix)
    }
    assert own == {key: (shape, kind) for key, shape, kind in listing}


# Canvases


@pytest.mark.parametrize("size", [(32, 32), (64, 96), (96, 32)])
def test_any_canvas_of_whole_cells(tiny, size):
    with torch.inference_mode():
        picture = tiny(semantics_of(TINY, *size), torch.randn(1, 6))
    assert picture.shape == (1, 3, *size)
    assert picture.std().item() > 0.01
    assert picture.abs().max().item() <= 1.0


@pytest.mark.parametrize("size", [(40, 70), (1, 1), (33, 64)])
def test_other_canvases_are_part_of_a_larger_one(tiny, size):
    """The border is repeated up to whole cells, and the picture cut back."""
    semantics = semantics_of(TINY, *size)
    below, right = -size[0] % 32, -size[1] % 32
    larger = F.pad(semantics, (0, right, 0, below), mode="replicate")
    assert larger.shape[2] % tiny.cell_px == larger.shape[3] % tiny.cell_px == 0
    z = torch.randn(1, 6)
    with torch.inference_mode():
        picture, whole = tiny(semantics, z), tiny(larger, z)
    assert torch.equal(picture, whole[:, :, : size[0], : size[1]])


def test_whole_cells_are_not_padded():
    semantics = torch.rand(1, 2, 64, 32)
    assert pad_to_cells(semantics, 32) is semantics


@pytest.mark.parametrize(("word", "cell_px"), [("normal", 32), ("more", 64), ("most", 128)])
def test_cells(word, cell_px):
    config = SpadeConfig(classes=2, base_channels=2, hidden_channels=2, upsampling=word)
    network = network_of(config)
    assert network.cell_px == cell_px
    doubled = sum(doubles for _block, doubles in network.G.blocks)
    assert 2**doubled == cell_px
    with torch.inference_mode():
        assert network(semantics_of(config, cell_px, 1)).shape == (1, 3, cell_px, 1)


def test_a_label_decides_where_it_is_and_nearby_only(tiny):
    """In evaluation mode everything is local: far from a change not one bit differs."""
    semantics = semantics_of(TINY, 64, 512)
    other = semantics.clone()
    other[:, :3, :, :8] = other[:, :3, :, :8].roll(1, 1)
    assert not torch.equal(semantics, other)
    z = torch.randn(1, 6)
    with torch.inference_mode():
        change = (tiny(semantics, z) - tiny(other, z)).abs().amax((0, 1, 2))
    assert change[:8].min().item() > 0.0
    assert change[-32:].max().item() == 0.0


def test_pictures_of_a_batch_do_not_mix(tiny):
    semantics = torch.cat([semantics_of(TINY, 32, 64, seed) for seed in range(3)])
    z = torch.randn(3, 6)
    with torch.inference_mode():
        together = tiny(semantics, z)
        apart = torch.cat([tiny(semantics[i : i + 1], z[i : i + 1]) for i in range(3)])
    assert torch.allclose(together, apart, atol=1e-5)


# The normalisation, by hand


def test_normalisation_by_hand():
    """One channel with mean 1 and variance 4 - 1e-5, gamma 2 and beta 5 where label 1 is."""
    norm = Spade(1, 2, 2).eval()
    with torch.no_grad():
        for convolution in (norm.mlp_shared[0], norm.mlp_gamma, norm.mlp_beta):
            assert isinstance(convolution, torch.nn.Conv2d)
            assert convolution.bias is not None
            convolution.weight.zero_()
            convolution.bias.zero_()
        shared = norm.mlp_shared[0]
        assert isinstance(shared, torch.nn.Conv2d)
        shared.weight[1, 1, 1, 1] = 1.0
        norm.mlp_gamma.weight[0, 1, 1, 1] = 2.0
        norm.mlp_beta.weight[0, 1, 1, 1] = 5.0
        norm.param_free_norm.running_mean.fill_(1.0)
        norm.param_free_norm.running_var.fill_(4.0 - 1e-5)
        labels = torch.tensor([[[0, 0, 1, 1]]]).expand(1, 2, 4)
        semantics = F.one_hot(labels, 2).permute(0, 3, 1, 2).float()
        got = norm(torch.tensor([[[[3.0, 7.0]]]]), semantics)
    # (3 - 1) / 2 = 1 where label 0 is; (1 + 2) * (7 - 1) / 2 + 5 = 14 where label 1 is.
    assert got.flatten().tolist() == pytest.approx([1.0, 14.0])


def test_a_block_of_equal_channels_keeps_its_input():
    """With both convolutions at zero only the shortcut is left: x itself, or its projection."""
    x, semantics = torch.randn(1, 4, 8, 8), torch.rand(1, 2, 8, 8)
    for channels in (4, 3):
        block = SpadeBlock(4, channels, 2, 2).eval()
        with torch.no_grad():
            # A zero weight has no norm; a tiny one has.
            for convolution in (block.conv_0, block.conv_1):
                convolution.weight_v.mul_(1e30)
            got = block(x, semantics)
            if channels == 4:
                assert not block.learned_shortcut
                expected = x
            else:
                expected = F.conv2d(block.norm_s(x, semantics), block.conv_s.weight)
        assert torch.allclose(got, expected, atol=1e-5)


# Styles


def test_styles_change_the_picture(tiny):
    semantics = semantics_of(TINY, 64, 64)
    with torch.inference_mode():
        plain = tiny(semantics)
        assert torch.equal(plain, tiny(semantics, torch.zeros(1, 6)))
        assert (plain - tiny(semantics, torch.ones(1, 6))).abs().mean().item() > 1e-3


def test_a_photo_of_any_size_has_a_style(tiny):
    with torch.inference_mode():
        for size in ((1, 1), (300, 40), (256, 256)):
            mean, log_variance = tiny.encode_style(torch.rand(2, 3, *size) * 2 - 1)
            assert mean.shape == log_variance.shape == (2, 6)
            assert mean.isfinite().all()
            assert log_variance.isfinite().all()


def test_contrast_hardly_changes_a_style():
    """Every layer of the encoder normalises; what is left of the contrast is the epsilon's."""
    encoder = network_of(TINY).E
    assert isinstance(encoder, StyleEncoder)
    photo = torch.rand(1, 3, 256, 256) - 0.5
    with torch.inference_mode():
        once, twice = encoder(photo)[0], encoder(photo * 2.0)[0]
        other = encoder(photo.square())[0]
    assert (once - twice).abs().max().item() < 0.02 * (once - other).abs().max().item()


def test_a_network_without_styles():
    config = SpadeConfig(classes=2, base_channels=2, hidden_channels=2)
    network = network_of(config)
    semantics = semantics_of(config, 32, 32)
    assert network.E is None
    with pytest.raises(ValueError, match="has no styles"):
        network.encode_style(torch.zeros(1, 3, 8, 8))
    with pytest.raises(ValueError, match="has no styles"):
        network(semantics, torch.zeros(1, 6))
    assert network(semantics).shape == (1, 3, 32, 32)


def test_a_network_with_styles_without_its_encoder(tiny):
    config = SpadeConfig(**{**vars(TINY), "encoder": False})
    network = network_of(config)
    assert network.state_dict().keys() == {k for k in tiny.state_dict() if k.startswith("G.")}
    with pytest.raises(RequestError, match=r"without its encoder; .* latest_net_E\.pth beside"):
        network.encode_style(torch.zeros(1, 3, 8, 8))
    assert network(semantics_of(TINY, 32, 32), torch.ones(1, 6)).shape == (1, 3, 32, 32)
    assert network.probe().isfinite().all()


# The probe


@pytest.mark.parametrize(
    "key",
    [
        "G.fc.weight", "G.head_0.conv_0.weight_orig", "G.head_0.conv_1.weight_v",
        "G.up_0.norm_s.mlp_shared.0.weight", "G.up_2.norm_1.param_free_norm.running_var",
        "G.up_3.norm_0.mlp_beta.bias", "E.layer1.0.weight_orig", "E.fc_mu.weight", "E.fc_var.bias",
    ],
)  # fmt: skip
def test_the_probe_notices_a_change(tiny, key):
    with torch.inference_mode():
        before = tiny.probe()
        assert torch.equal(before, tiny.probe())
        tensor = tiny.state_dict()[key]
        tensor.view(-1)[: max(1, tensor.numel() // 2)] *= 3.0
        if key.endswith("bias"):
            tensor.add_(1.0)
        after = tiny.probe()
    assert before.dim() == 1
    assert (before - after).abs().max().item() > 1e-3 * before.abs().max().item()
