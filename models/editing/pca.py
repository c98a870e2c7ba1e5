"""Principal directions of codes (thesis, section 4.4.6; GANSpace, arXiv 2004.02546)."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Principal:
    """Mean, principal directions and deviations of a cloud of codes.

    Attributes:
        mean: C.
        axes: K x C, orthonormal, of falling variance.
        deviations: K, standard deviation of the codes along each axis.
        share: part of the total variance that the K axes hold, 0..1.
    """

    mean: Tensor
    axes: Tensor
    deviations: Tensor
    share: float


class CodeStatistics:
    """Collects codes batch by batch, keeping only sums: any number of codes fits."""

    def __init__(self, channels: int) -> None:
        self._count = 0
        self._sum = torch.zeros(channels, dtype=torch.float64)
        self._products = torch.zeros(channels, channels, dtype=torch.float64)

    def add(self, codes: Tensor) -> None:
        """Take in N x C codes."""
        rows = codes.detach().to("cpu", torch.float64)
        self._count += rows.shape[0]
        self._sum += rows.sum(0)
        self._products += rows.T @ rows

    def principal(self, count: int) -> Principal:
        """The first `count` principal directions (fewer if the codes have fewer channels).

        Raises:
            ValueError: no code was added.
        """
        if not self._count:
            raise ValueError("Principal directions need codes.")
        mean = self._sum / self._count
        covariance = self._products / self._count - torch.outer(mean, mean)
        values, vectors = torch.linalg.eigh(covariance)
        kept = min(count, values.numel())
        values = values.flip(0).clamp_min(0.0)
        axes = vectors.flip(1).T[:kept].contiguous()
        # eigh leaves the sign open: make each axis' largest entry positive, so that reruns agree.
        largest = axes.gather(1, axes.abs().argmax(1, keepdim=True))
        axes = axes * torch.where(largest < 0, -1.0, 1.0)
        total = values.sum()
        share = float(values[:kept].sum() / total) if total > 0 else 1.0
        return Principal(mean.float(), axes.float(), values[:kept].sqrt().float(), share)
