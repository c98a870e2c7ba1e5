"""SPADE's discriminator: sizes by hand, halved scales, local answers."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from models.builders import build
from models.configs import MultiscaleDiscriminatorConfig
from models.networks.multiscale_discriminator import (
    CAP,
    MultiscaleDiscriminator,
    NLayerDiscriminator,
)

TINY = MultiscaleDiscriminatorConfig(in_channels=5, base_channels=4)


@pytest.fixture
def judge() -> MultiscaleDiscriminator:
    torch.manual_seed(0)
    network = build(TINY)
    assert isinstance(network, MultiscaleDiscriminator)
    return network.eval()


def test_sizes_by_hand(judge):
    """4 x 4 with padding 2 makes floor(n / 2) + 1 of n at stride 2, and n + 1 at stride 1."""
    with torch.inference_mode():
        answers = judge(torch.rand(2, 5, 64, 48))
    shapes = [[tuple(layer.shape) for layer in scale] for scale in answers]
    assert shapes == [
        [(2, 4, 33, 25), (2, 8, 17, 13), (2, 16, 9, 7), (2, 32, 10, 8), (2, 1, 11, 9)],
        [(2, 4, 17, 13), (2, 8, 9, 7), (2, 16, 5, 4), (2, 32, 6, 5), (2, 1, 7, 6)],
    ]


def test_the_second_scale_sees_half_the_size(judge):
    """3 x 3 means, of those pixels alone that are in the picture."""
    picture = torch.rand(1, 5, 16, 16)
    padded = F.pad(picture, (1, 1, 1, 1))
    inside = F.pad(torch.ones(1, 1, 16, 16), (1, 1, 1, 1))
    window = torch.ones(5, 1, 3, 3)
    sums = F.conv2d(padded, window, stride=2, groups=5)
    halved = sums / F.conv2d(inside, window[:1], stride=2)
    second = judge.discriminator_1
    with torch.inference_mode():
        for got, expected in zip(judge(picture)[1], second(halved), strict=True):
            assert torch.allclose(got, expected, atol=1e-5)


def test_plain_formulas_give_the_same_answers(judge):
    picture = torch.rand(1, 5, 32, 32)
    p = dict(judge.discriminator_0.state_dict())
    x = F.leaky_relu(F.conv2d(picture, p["model0.0.weight"], p["model0.0.bias"], 2, 2), 0.2)
    expected = [x]
    for number in (1, 2, 3):
        key = f"model{number}.0.0.weight"
        sigma = p[f"{key}_u"] @ p[f"{key}_orig"].flatten(1) @ p[f"{key}_v"]
        x = F.conv2d(x, p[f"{key}_orig"] / sigma, None, 1 if number == 3 else 2, 2)
        mean, var = x.mean((2, 3), keepdim=True), x.var((2, 3), keepdim=True, unbiased=False)
        x = F.leaky_relu((x - mean) / torch.sqrt(var + 1e-5), 0.2)
        expected.append(x)
    expected.append(F.conv2d(x, p["model4.0.weight"], p["model4.0.bias"], 1, 2))
    with torch.inference_mode():
        for got, by_hand in zip(judge(picture)[0], expected, strict=True):
            assert torch.allclose(got, by_hand, atol=1e-4)


def test_widths_are_capped():
    network = NLayerDiscriminator(3, 200, 4)
    weights = network.state_dict()
    widths = [weights[key].shape[0] for key in weights if key.endswith("weight_orig")]
    assert widths == [400, CAP, CAP]


def test_more_scales_and_fewer_layers():
    network = build(
        MultiscaleDiscriminatorConfig(in_channels=3, base_channels=2, layers=1, scales=3)
    )
    answers = network(torch.rand(1, 3, 16, 16))
    assert [len(scale) for scale in answers] == [2, 2, 2]
    assert [scale[-1].shape[2] for scale in answers] == [10, 6, 4]
    assert isinstance(network.get_submodule("discriminator_2.model1.0"), nn.Conv2d)
