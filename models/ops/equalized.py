"""Layers with equalised learning rate: weights are N(0, 1) and scaled at run time.

Source: Karras et al., arXiv 1710.10196, section 4.1; activation as in StyleGAN2 (1912.04958):
leaky ReLU of slope 0.2 times sqrt(2). Since a leaky ReLU commutes with positive factors, every gain
is folded into weight and bias, and `gain` lets a caller fold one more (1/sqrt(2) of a residual).
Attribute names (Conv, Act, Blur) are those of the published state dicts.
"""

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.ops.blur import Blur
from models.ops.folding import Folded

LEAK = 0.2
ACTIVATION_GAIN = math.sqrt(2.0)


class EqualLinear(nn.Module):
    """Linear layer on the last dimension: x W^T / sqrt(in) + b, with activation if asked for."""

    def __init__(
        self, in_channels: int, out_channels: int, *, bias_init: float = 0.0, activate: bool = False
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels))
        self.bias = nn.Parameter(torch.full((out_channels,), float(bias_init)))
        self.activate = activate

    def forward(self, x: Tensor) -> Tensor:
        gain = ACTIVATION_GAIN if self.activate else 1.0
        scale = gain / math.sqrt(self.weight.shape[1])
        out = F.linear(x, self.weight * scale, self.bias * gain)
        return F.leaky_relu(out, LEAK) if self.activate else out

    def pointwise(self, x: Tensor) -> Tensor:
        """The same layer at every pixel of a map: B x in x h x w -> B x out x h x w."""
        return self(x.movedim(1, -1)).movedim(-1, 1)


class EqualConv2d(nn.Module):
    """The weight (and, without an activation, the bias) of an equalised convolution."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int, *, bias: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        self._folded = Folded()

    def folded_weight(self, gain: float, dtype: torch.dtype) -> Tensor:
        """weight * gain / sqrt(in * k * k) in `dtype`, laid out channels-last."""

        def compute() -> Tensor:
            scaled = self.weight * (gain / math.sqrt(self.weight[0].numel()))
            return scaled.to(dtype).contiguous(memory_format=torch.channels_last)

        return self._folded.get((self.weight,), (gain, dtype), compute)


class ActivationBias(nn.Module):
    """The bias that is added before an activation."""

    def __init__(self, channels: int, *, as_map: bool = False) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros((1, channels, 1, 1) if as_map else channels))


def leaky_relu(x: Tensor) -> Tensor:
    """Leaky ReLU of slope 0.2, in place where no gradient needs the input."""
    return F.leaky_relu(x, LEAK, inplace=not torch.is_grad_enabled())


class ConvLayer(nn.Module):
    """Blur (when it halves) -> convolution -> bias -> leaky ReLU, any of them left out.

    Args:
        kernel: side of the convolution's kernel.
        stride: 2 halves the size.
        blur: taps of the blur before a strided convolution, e.g. (1, 2, 1); (1,) keeps only the
            state dict's entry.
        pad: zeros on every side, before blur and convolution.
        reflect: (left/top, right/bottom) padding by reflection, instead of zeros.
        tail: what follows the convolution: bias and leaky ReLU, a plain bias, or nothing.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        *,
        stride: int = 1,
        blur: tuple[int, ...] = (),
        pad: int = 0,
        reflect: tuple[int, int] = (0, 0),
        tail: Literal["activation", "bias", "nothing"] = "activation",
    ) -> None:
        super().__init__()
        if blur:
            self.Blur = Blur(blur)
        self.Conv = EqualConv2d(in_channels, out_channels, kernel, bias=tail == "bias")
        if tail == "activation":
            self.Act = ActivationBias(out_channels)
        self.stride = stride
        self.pad = pad
        self.reflect = reflect
        self.blurs = len(blur) > 1
        self.activate = tail == "activation"

    def forward(self, x: Tensor, gain: float = 1.0) -> Tensor:
        """B x in x H x W -> B x out x H/stride x W/stride, times `gain`."""
        stride = self.stride
        pad = self.pad
        if any(self.reflect):
            x = F.pad(x, self.reflect * 2, mode="reflect")
        if self.blurs:
            # A strided 1 x 1 convolution reads every second pixel only: blur no others.
            blur_stride = stride if self.Conv.weight.shape[-1] == 1 else 1
            x = self.Blur(x, pad=pad, stride=blur_stride)
            stride //= blur_stride
            pad = 0
        if self.activate:
            gain *= ACTIVATION_GAIN
        bias = self.Act.bias if self.activate else self.Conv.bias
        x = F.conv2d(
            x,
            self.Conv.folded_weight(gain, x.dtype),
            None if bias is None else (bias * gain).to(x.dtype),
            stride,
            pad,
        )
        return leaky_relu(x) if self.activate else x
