"""Building blocks: canvas noise, crops, folded constants."""

import copy
import pickle

import pytest
import torch
import torch.nn.functional as F

from models.ops.blur import Blur, blur_kernel
from models.ops.equalized import ConvLayer
from models.ops.folding import Folded
from models.ops.noise import canvas_noise
from models.ops.random_crops import CropGeometry, crop, draw_crops


def test_noise_is_normal_and_uncorrelated():
    noise = canvas_noise(3, 0, (256, 256))[0, 0]
    assert noise.mean().abs().item() < 0.02
    assert noise.std().item() == pytest.approx(1.0, abs=0.02)
    assert (noise.abs() > 3.0).float().mean().item() == pytest.approx(0.0027, abs=0.001)
    for neighbour in (noise.roll(1, 0), noise.roll(1, 1), noise.T):
        assert (noise * neighbour).mean().abs().item() < 0.02


def test_noise_belongs_to_the_canvas():
    """A window has the values that the whole canvas has there, whatever its size."""
    whole = canvas_noise(5, 2, (40, 60))
    window = canvas_noise(5, 2, (10, 20), origin_yx=(7, 33))
    assert torch.equal(window, whole[:, :, 7:17, 33:53])


@pytest.mark.parametrize(("seed", "layer"), [(6, 2), (5, 3), (5 + 2**32, 2)])
def test_noise_differs_by_seed_and_layer(seed, layer):
    assert not torch.equal(canvas_noise(5, 2, (8, 8)), canvas_noise(seed, layer, (8, 8)))


@pytest.mark.golden
def test_crops_golden(golden):
    data = golden("sae_random_crop")
    geometry = CropGeometry(
        flip=data.given["flip"],
        scale_xy=data.given["scale_xy"],
        offset_xy=data.given["offset_xy"],
    )
    data.check(crop(data.given["image"], geometry, 16), "crops", 1e-6)


def test_crops_stay_inside():
    geometry = draw_crops(500, (0.125, 0.25), torch.Generator().manual_seed(0))
    assert (geometry.offset_xy.abs() + geometry.scale_xy).max().item() <= 1.0
    assert geometry.scale_xy.min().item() >= 0.125
    assert geometry.scale_xy.max().item() <= 0.25
    assert set(geometry.flip.flatten().tolist()) == {-1.0, 1.0}


def test_crops_of_a_picture_stay_with_it():
    """Crops of a black and a white picture are black and white."""
    images = torch.stack([torch.full((3, 32, 32), -1.0), torch.ones(3, 32, 32)])
    geometry = draw_crops(6, (0.2, 0.4), torch.Generator().manual_seed(0))
    cut = crop(images, geometry, 8)
    assert cut.shape == (2, 3, 3, 8, 8)
    assert torch.allclose(cut[0], torch.full_like(cut[0], -1.0))
    assert torch.allclose(cut[1], torch.ones_like(cut[1]))


def test_blur_keeps_flat_areas():
    x = torch.full((1, 4, 9, 9), 2.0)
    assert torch.allclose(Blur((1, 2, 1))(x), torch.full((1, 4, 7, 7), 2.0))
    assert blur_kernel((1, 3, 3, 1), 4.0).sum().item() == pytest.approx(4.0)


def test_folding_keeps_and_forgets():
    weight = torch.ones(2)
    folded, calls = Folded(), []

    def compute():
        calls.append(1)
        return weight * 2

    with torch.no_grad():
        assert folded.get((weight,), 1, compute) is folded.get((weight,), 1, compute)
        assert len(calls) == 1
        weight.add_(1.0)
        assert folded.get((weight,), 1, compute).tolist() == [4.0, 4.0]
        folded.get((weight,), 2, compute)
        assert len(calls) == 3
        for twin in (copy.deepcopy(folded), pickle.loads(pickle.dumps(folded))):
            twin.get((weight,), 2, compute)
        assert len(calls) == 5
    folded.get((weight,), 2, compute)
    assert len(calls) == 6, "with gradients on, nothing may be kept"


def test_bias_gradient_of_a_blur_is_right():
    """The detour around the slow depthwise gradient changes no number."""
    torch.manual_seed(0)
    blur, x = Blur((1, 3, 3, 1)), torch.randn(2, 3, 8, 8)
    bias = torch.randn(3, requires_grad=True)
    out = blur(x, pad=1, bias=bias)
    out.square().sum().backward()
    with torch.no_grad():
        assert torch.allclose(out, blur(x, pad=1, bias=bias.detach()), atol=1e-6)
    assert bias.grad is not None
    assert torch.allclose(bias.grad, (2 * out).sum((0, 2, 3)).detach(), atol=1e-3)


def test_gain_of_a_layer_is_a_factor():
    torch.manual_seed(0)
    layer = ConvLayer(3, 5, 3, pad=1)
    layer.Act.bias.data.normal_()
    x = torch.randn(1, 3, 6, 6)
    assert torch.allclose(layer(x, 0.5), 0.5 * layer(x), atol=1e-6)


def test_blur_skips_pixels_that_are_not_read():
    """Blurring every second pixel is blurring all and taking every second one."""
    layer = ConvLayer(2, 2, 1, stride=2, blur=(1, 2, 1), pad=1, tail="nothing")
    x = torch.randn(1, 2, 8, 8)
    assert layer.Blur is not None
    by_hand = layer.Blur(F.pad(x, (1, 0, 1, 0)))[:, :, ::2, ::2]
    weight = layer.Conv.folded_weight(1.0, torch.float32)
    assert torch.allclose(layer(x), F.conv2d(by_hand, weight), atol=1e-6)
