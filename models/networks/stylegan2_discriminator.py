"""The Swapping Autoencoder's image discriminator: StyleGAN2's without minibatch deviation.

Source: Karras et al., arXiv 1912.04958, figure 7 (residual discriminator); thesis, section 4.4.7.
"""

import math
from collections import OrderedDict

import torch.nn as nn
from torch import Tensor

from models.ops.equalized import ConvLayer, EqualLinear

RESIDUAL_GAIN = 1.0 / math.sqrt(2.0)


class DiscriminatorBlock(nn.Module):
    """Residual block with zero padding; halves the size unless told not to.

    Shared with the co-occurrence patch discriminator (thesis, figure 4.10).
    """

    def __init__(self, in_channels: int, out_channels: int, *, halve: bool = True) -> None:
        super().__init__()
        blur = (1, 3, 3, 1) if halve else ()
        stride = 2 if halve else 1
        self.conv1 = ConvLayer(in_channels, in_channels, 3, pad=1)
        self.conv2 = ConvLayer(
            in_channels, out_channels, 3, stride=stride, blur=blur, pad=2 if halve else 1
        )
        self.skip = ConvLayer(
            in_channels,
            out_channels,
            1,
            stride=stride,
            blur=blur,
            pad=1 if halve else 0,
            tail="nothing",
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.conv2(self.conv1(x), RESIDUAL_GAIN) + self.skip(x, RESIDUAL_GAIN)


class _Body(nn.Module):
    """The layers, under the name that the published state dicts give them."""

    def __init__(self, size_px: int, scale: float) -> None:
        super().__init__()
        level = math.ceil(math.log2(size_px))
        self.convs = nn.Sequential(OrderedDict(self._levels(level, scale)))
        self.final_conv = ConvLayer(512, 512, 3, pad=1)
        last_px = size_px // 2 ** (level - 2)
        self.final_linear = nn.Sequential(
            EqualLinear(512 * last_px**2, 512, activate=True), EqualLinear(512, 1)
        )

    @staticmethod
    def _levels(level: int, scale: float) -> list[tuple[str, nn.Module]]:
        def channels(i: int) -> int:
            """At 2 ** i px; the two smallest sizes are never scaled."""
            return 512 if i <= 3 else min(512, int(2 ** min(10, 15 - i) * scale))

        layers: list[tuple[str, nn.Module]] = [("0", ConvLayer(3, channels(level), 1))]
        for i in range(level, 2, -1):
            name = str(9 - i) if i <= 8 else f"{2**i}x{2**i}"
            layers.append((name, DiscriminatorBlock(channels(i), channels(i - 1))))
        return layers


class ImageDiscriminator(nn.Module):
    """Image B x 3 x S x S in [-1, 1] -> realness logits B x 1."""

    def __init__(self, *, size_px: int, scale: float) -> None:
        super().__init__()
        self.stylegan2_D = _Body(size_px, scale)

    def features(self, image: Tensor) -> Tensor:
        """The last convolution's activations, B x 512 x 4 x 4 (3 x 3 for S of 3/4 a power)."""
        return self.stylegan2_D.final_conv(self.stylegan2_D.convs(image))

    def forward(self, image: Tensor) -> Tensor:
        return self.stylegan2_D.final_linear(self.features(image).flatten(1))
