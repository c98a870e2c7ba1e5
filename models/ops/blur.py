"""Low-pass filters around changes of resolution (anti-aliasing)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.ops.folding import Folded


def blur_kernel(taps: tuple[int, ...], gain: float = 1.0) -> Tensor:
    """The outer product of `taps` with itself, summing to `gain`: n x n float32."""
    line = torch.tensor(taps, dtype=torch.float32)
    kernel = torch.outer(line, line)
    return kernel * (gain / kernel.sum())


class Blur(nn.Module):
    """Depthwise convolution with a fixed kernel; the kernel is a buffer, as in published files."""

    kernel: Tensor

    def __init__(self, taps: tuple[int, ...], gain: float = 1.0) -> None:
        super().__init__()
        self.register_buffer("kernel", blur_kernel(taps, gain))
        self._folded = Folded()

    def forward(
        self,
        x: Tensor,
        *,
        pad: int = 0,
        stride: int = 1,
        gain: float = 1.0,
        bias: Tensor | None = None,
    ) -> Tensor:
        """B x C x H x W, zero-padded by `pad` on every side, filtered, times `gain`."""
        channels = x.shape[1]

        def compute() -> Tensor:
            side = self.kernel.shape[0]
            weight = (self.kernel * gain).flip(0, 1).to(x.dtype)
            return weight.expand(channels, 1, side, side).contiguous()

        weight = self._folded.get((self.kernel,), (channels, gain, x.dtype), compute)
        if bias is not None and torch.is_grad_enabled():
            # A bias that wants a gradient makes the depthwise backward pass ten times slower.
            return F.conv2d(x, weight, None, stride, pad, groups=channels) + bias[:, None, None]
        return F.conv2d(x, weight, bias, stride, pad, groups=channels)
