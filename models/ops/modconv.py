"""Convolutions modulated by a texture code, as the Swapping Autoencoder has them.

Source: thesis, section 4.4.7, and the published state dicts. Differs from StyleGAN2 (1912.04958):
the style is normalised by itself and scales the convolution's *input*, and the weight is
demodulated alone, so both the weight and, with a texture map, every pixel are handled apart.
"""

import math

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
        weight = self._demodulated(gain)
        style = self._style(texture, x)
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

    def _style(self, texture: Tensor, x: Tensor) -> Tensor:
        """Factors on the input's channels: B x in x 1 x 1, or 1 x in x H x W for a map."""
        if texture.dim() == 2:
            style = self.modulation(texture)[:, :, None, None]
        else:
            style = self.modulation.pointwise(resize_map(texture, x))
        if self.demodulate:
            style = style * torch.rsqrt(style.square().mean(1, keepdim=True) + EPSILON)
        return style


def resize_map(texture: Tensor, x: Tensor) -> Tensor:
    """A texture map stretched bilinearly to the height and width of `x`."""
    if texture.shape[2:] == x.shape[2:]:
        return texture
    return F.interpolate(texture, size=x.shape[2:], mode="bilinear", align_corners=False)


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
        gain *= ACTIVATION_GAIN
        x = self.conv(x, texture, gain=gain, bias=self.activate.bias * gain)
        if noise is not None:
            grain = (self.noise.weight * gain * noise).to(x.dtype)
            # Where no gradient needs them, a second copy of the activations only costs time.
            x = x + grain if torch.is_grad_enabled() else x.add_(grain)
        return leaky_relu(x)
