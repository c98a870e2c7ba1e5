"""Spectral normalisation under the keys of the published weights.

Source: Miyato et al., arXiv 1802.05957, algorithm 1. The published files keep `weight_orig`, and
the vectors `weight_u` and `weight_v` of the power iteration as it stood when training ended; at
inference the weight is `weight_orig / (u^T W v)` with those very vectors, which need not have
converged.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EPSILON = 1e-12


class SpectralConv2d(nn.Module):
    """A convolution whose weight is divided by its largest singular value.

    In training mode every forward pass does one step of the power iteration; in evaluation mode
    the vectors are used as they are.

    Args:
        in_channels, out_channels, kernel, stride, padding: as of `nn.Conv2d`.
        bias: whether there is one.

    Attributes:
        weight_orig: out x in x k x k, before normalisation.
        weight_u, weight_v: left (out) and right (in * k * k) singular vectors, as they stand.
    """

    weight_u: Tensor
    weight_v: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        *,
        stride: int = 1,
        padding: int = 0,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.stride = stride
        self.padding = padding
        shape = (out_channels, in_channels, kernel, kernel)
        # Glorot's normal distribution. Not torch's function for it, which hides from `Unfilled`.
        fans = (in_channels + out_channels) * kernel * kernel
        self.weight_orig = nn.Parameter(torch.randn(shape))
        nn.init.normal_(self.weight_orig, std=math.sqrt(2.0 / fans))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        columns = in_channels * kernel * kernel
        self.register_buffer("weight_u", F.normalize(torch.randn(out_channels), dim=0, eps=EPSILON))
        self.register_buffer("weight_v", F.normalize(torch.randn(columns), dim=0, eps=EPSILON))

    @property
    def weight(self) -> Tensor:
        """The normalised weight, out x in x k x k."""
        # Copies: the next power iteration must not change what a backward pass still needs.
        u, v = self.weight_u.clone(), self.weight_v.clone()
        return self.weight_orig / torch.dot(u, torch.mv(self.weight_orig.flatten(1), v))

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            self._iterate()
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding)

    @torch.no_grad()
    def _iterate(self) -> None:
        matrix = self.weight_orig.flatten(1)
        F.normalize(torch.mv(matrix.T, self.weight_u), dim=0, eps=EPSILON, out=self.weight_v)
        F.normalize(torch.mv(matrix, self.weight_v), dim=0, eps=EPSILON, out=self.weight_u)
