"""Convolutions modulated by a texture code, as the Swapping Autoencoder has them.

Source: thesis, section 4.4.7, and the published state dicts. Differs from StyleGAN2 (1912.04958):
the style is normalised by itself and scales the convolution's *input*, and the weight is
demodulated alone, so both the weight and, with a texture map, every pixel are handled apart.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.ops.blur import Blur
from models.ops.equalized import ACTIVATION_GAIN, ActivationBias, EqualLinear, leaky_relu
from models.ops.folding import Folded

EPSILON = 1e-8


class ModulatedConv2d(nn.Module):
    """conv(x * s(texture), W), with W demodulated and s normalised unless `demodulate` is off.

    Args:
        texture_channels: length of the texture code.
        upsample: double the size: transposed convolution of stride 2, then a [1, 3, 3, 1] blur.
        demodulate: divide W by the norm of each output channel and s by its mean square.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        texture_channels: int,
        *,
        upsample: bool = False,
        demodulate: bool = True,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1, out_channels, in_channels, kernel, kernel))
        if upsample:
            self.blur = Blur((1, 3, 3, 1), gain=4.0)
        self.modulation = EqualLinear(texture_channels, in_channels, bias_init=1.0)
        self.upsample = upsample
        self.demodulate = demodulate
        self._folded = Folded()

    def forward(
        self, x: Tensor, texture: Tensor, *, gain: float = 1.0, bias: Tensor | None = None
    ) -> Tensor:
        """gain * conv(x) + bias: B x in x H x W -> B x out x H x W, or x 2H x 2W.

        Args:
            texture: texture codes B x C, or a map 1 x C x h x w that is resized to H x W.
        """
        return self.modulated(x, self.style(texture, x.shape[2:]), gain=gain, bias=bias)

    def modulated(
        self, x: Tensor, style: Tensor, *, gain: float = 1.0, bias: Tensor | None = None
    ) -> Tensor:
        """The same from ready factors on the input's channels (`style`, `normalised`)."""
        weight = self._demodulated(gain)
        if x.shape[0] == 1 and style.shape[2:] == (1, 1) and not torch.is_grad_enabled():
            # One picture, one code: scaling the weight is cheaper than scaling the activations.
            weight = weight * style
        else:
            x = x * style.to(x.dtype)
        weight = weight.to(x.dtype)
        bias = None if bias is None else bias.to(x.dtype)
        if not self.upsample:
            return F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2)
        x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
        return self.blur(x, pad=1, bias=bias)

    def style(self, texture: Tensor, size_hw: Sequence[int]) -> Tensor:
        """Factors on the channels of an input of this size: B x in x 1 x 1, or 1 x in x H x W."""
        return self.normalised(spread(self.modulation, texture, size_hw))

    def normalised(self, style: Tensor) -> Tensor:
        """What `modulation` gives, with a mean square of 1 over the channels (in demodulation)."""
        if not self.demodulate:
            return style
        return style * torch.rsqrt(style.square().mean(1, keepdim=True) + EPSILON)

    def _demodulated(self, gain: float) -> Tensor:
        """The weight times everything that does not depend on the texture, out x in x k x k."""

        def compute() -> Tensor:
            weight = self.weight[0] * (1.0 / math.sqrt(self.weight[0, 0].numel()))
            if self.demodulate:
                weight = weight * torch.rsqrt(
                    weight.square().sum((1, 2, 3), keepdim=True) + EPSILON
                )
            return (weight * gain).contiguous(memory_format=torch.channels_last)

        return self._folded.get((self.weight,), gain, compute)


def spread(layer: EqualLinear, texture: Tensor, size_hw: Sequence[int]) -> Tensor:
    """A layer's answer to a texture, for a map of this size: B x out x 1 x 1, or 1 x out x H x W.

    Args:
        texture: B x C, or a map 1 x C x h x w, which counts as stretched bilinearly to H x W.
    """
    if texture.dim() == 2:
        return layer(texture)[:, :, None, None]
    # Both are linear and a pixel's weights sum to 1, so that the order is free: the layer, which
    # is the dearer one, comes where there are fewer pixels.
    if texture[0, 0].numel() <= math.prod(size_hw):
        return _resized(layer.pointwise(texture), size_hw)
    return layer.pointwise(_resized(texture, size_hw))


def _resized(texture: Tensor, size_hw: Sequence[int]) -> Tensor:
    if tuple(texture.shape[2:]) == tuple(size_hw):
        return texture
    return F.interpolate(texture, size=tuple(size_hw), mode="bilinear", align_corners=False)


class NoiseStrength(nn.Module):
    """How much noise a layer takes; the noise itself comes from outside."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))


class StyledConv(nn.Module):
    """Modulated 3 x 3 convolution -> noise -> bias -> leaky ReLU."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        texture_channels: int,
        *,
        upsample: bool = False,
    ) -> None:
        super().__init__()
        self.conv = ModulatedConv2d(
            in_channels, out_channels, 3, texture_channels, upsample=upsample
        )
        self.noise = NoiseStrength()
        self.activate = ActivationBias(out_channels)

    def forward(
        self, x: Tensor, texture: Tensor, noise: Tensor | None, gain: float = 1.0
    ) -> Tensor:
        """B x in x H x W -> B x out x H x W (or twice that), times `gain`.

        Args:
            noise: B x 1 x (size of the output), or None for none.
        """
        return self.styled(x, self.conv.style(texture, x.shape[2:]), noise, gain)

    def styled(self, x: Tensor, style: Tensor, noise: Tensor | None, gain: float = 1.0) -> Tensor:
        """The same from ready factors on the input's channels (`ModulatedConv2d.style`)."""
        gain *= ACTIVATION_GAIN
        x = self.conv.modulated(x, style, gain=gain, bias=self.activate.bias * gain)
        if noise is not None:
            grain = (self.noise.weight * gain * noise).to(x.dtype)
            # Where no gradient needs them, a second copy of the activations only costs time.
            x = x + grain if torch.is_grad_enabled() else x.add_(grain)
        return leaky_relu(x)
