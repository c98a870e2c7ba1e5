"""The Swapping Autoencoder as plain formulas: nothing folded, nothing fused, nothing kept.

Written from the architecture's description, layer after layer, with weights demodulated at every
call and up-sampling by zeros between the pixels. Tests and benchmarks compare with it.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from models.networks.swapping_autoencoder import SwappingAutoencoder

SQRT2 = math.sqrt(2.0)


def reference_encode(network: SwappingAutoencoder, image: Tensor) -> tuple[Tensor, Tensor]:
    """Structure code and texture code of B x 3 x H x W."""
    p = dict(network.E.state_dict())
    x = _act(_conv(image, p["FromRGB.Conv.weight"]), p["FromRGB.Act.bias"])
    for name in [n for n, _ in network.E.DownToSpatialCode.named_children()]:
        x = _down_block(x, p, f"DownToSpatialCode.{name}.")
    structure = _act(_conv(x, p["ToSpatialCode.0.Conv.weight"]), p["ToSpatialCode.0.Act.bias"])
    structure = _conv(structure, p["ToSpatialCode.1.Conv.weight"])
    structure = structure + p["ToSpatialCode.1.Conv.bias"].view(1, -1, 1, 1)
    for name in [n for n, _ in network.E.DownToGlobalCode.named_children()]:
        key = f"DownToGlobalCode.{name}."
        x = _act(_conv(x, p[f"{key}Conv.weight"], stride=2), p[f"{key}Act.bias"])
    texture = _linear(x.mean((2, 3)), p, "ToGlobalCode.0.")
    return _normalised(structure), _normalised(texture)


def reference_decode(network: SwappingAutoencoder, structure: Tensor, texture: Tensor) -> Tensor:
    """The picture of B x S x h x w and B x T, without noise."""
    p = dict(network.G.state_dict())
    structure, texture = _normalised(structure), _normalised(texture)
    scale = _linear(texture, p, "SpatialCodeModulation.scale.")[:, :, None, None]
    bias = _linear(texture, p, "SpatialCodeModulation.bias.")[:, :, None, None]
    x = structure * scale + bias
    for name in [n for n, _ in network.G.named_children() if n.startswith("HeadResnetBlock")]:
        skip = x
        if f"{name}.skip.Conv.weight" in p:
            skip = _conv(x, p[f"{name}.skip.Conv.weight"])
        x = _styled(_styled(x, texture, p, f"{name}.conv1."), texture, p, f"{name}.conv2.")
        x = (x + skip) / SQRT2
    for name in [n for n, _ in network.G.named_children() if n.startswith("Upsampling")]:
        skip = x
        if f"{name}.skip.Conv.weight" in p:
            skip = _act(_conv(x, p[f"{name}.skip.Conv.weight"]), p[f"{name}.skip.Act.bias"])
        skip = F.interpolate(skip, scale_factor=2.0, mode="bilinear", align_corners=False)
        x = _styled(x, texture, p, f"{name}.conv1.", up=True)
        x = (_styled(x, texture, p, f"{name}.conv2.") + skip) / SQRT2
    style = _linear(texture, p, "ToRGB.conv.modulation.")[:, :, None, None]
    weight = p["ToRGB.conv.weight"][0]
    return F.conv2d(x * style, weight / math.sqrt(weight[0].numel())) + p["ToRGB.bias"]


def _normalised(code: Tensor) -> Tensor:
    return code * torch.rsqrt(code.square().sum(1, keepdim=True) + 1e-8)


def _conv(x: Tensor, weight: Tensor, *, stride: int = 1) -> Tensor:
    return F.conv2d(x, weight / math.sqrt(weight[0].numel()), stride=stride)


def _act(x: Tensor, bias: Tensor) -> Tensor:
    return F.leaky_relu(x + bias.view(1, -1, 1, 1), 0.2) * SQRT2


def _linear(x: Tensor, p: dict[str, Tensor], key: str) -> Tensor:
    weight = p[f"{key}weight"]
    return x @ weight.T / math.sqrt(weight.shape[1]) + p[f"{key}bias"]


def _blur(x: Tensor, kernel: Tensor) -> Tensor:
    weight = kernel.expand(x.shape[1], 1, *kernel.shape)
    return F.conv2d(x, weight, groups=x.shape[1])


def _down_block(x: Tensor, p: dict[str, Tensor], key: str) -> Tensor:
    out = _conv(F.pad(x, (1, 1, 1, 1), mode="reflect"), p[f"{key}conv1.Conv.weight"])
    out = _act(out, p[f"{key}conv1.Act.bias"])
    out = _blur(F.pad(out, (2, 1, 2, 1), mode="reflect"), p[f"{key}conv2.Blur.kernel"])
    out = _act(_conv(out, p[f"{key}conv2.Conv.weight"], stride=2), p[f"{key}conv2.Act.bias"])
    skip = _blur(F.pad(x, (1, 0, 1, 0)), p[f"{key}skip.Blur.kernel"])
    return (out + _conv(skip, p[f"{key}skip.Conv.weight"], stride=2)) / SQRT2


def _styled(
    x: Tensor, texture: Tensor, p: dict[str, Tensor], key: str, *, up: bool = False
) -> Tensor:
    style = _linear(texture, p, f"{key}conv.modulation.")
    style = style * torch.rsqrt(style.square().mean(1, keepdim=True) + 1e-8)
    weight = p[f"{key}conv.weight"][0]
    weight = weight / math.sqrt(weight[0].numel())
    weight = weight * torch.rsqrt(weight.square().sum((1, 2, 3), keepdim=True) + 1e-8)
    x = x * style[:, :, None, None]
    if up:
        b, c, h, w = x.shape
        spread = x.new_zeros(b, c, 2 * h - 1, 2 * w - 1)
        spread[:, :, ::2, ::2] = x
        # A transposed convolution is a convolution of the spread-out picture, kernel turned round.
        x = F.conv2d(F.pad(spread, (2, 2, 2, 2)), weight.flip(2, 3))
        x = _blur(F.pad(x, (1, 1, 1, 1)), p[f"{key}conv.blur.kernel"])
    else:
        x = F.conv2d(F.pad(x, (1, 1, 1, 1)), weight)
    return _act(x, p[f"{key}activate.bias"])
