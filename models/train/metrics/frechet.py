"""Frechet distance between two sets of feature vectors, seen as Gaussians.

|m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^1/2): Heusel et al., arXiv 1706.08500, equation 6. It is
called FID only in the features of an Inception network, which are not used here.
"""

import torch
from torch import Tensor

from models.networks.squeezenet import SqueezeNetFeatures

POOLED_TAP = 3


class Moments:
    """Mean and covariance of vectors that come a few at a time.

    Args:
        length: of a vector.
    """

    def __init__(self, length: int) -> None:
        self._count = 0
        self._sum = torch.zeros(length, dtype=torch.float64)
        self._products = torch.zeros(length, length, dtype=torch.float64)

    def add(self, rows: Tensor) -> None:
        """Take in vectors N x L."""
        rows = rows.detach().cpu().double()
        self._count += rows.shape[0]
        self._sum += rows.sum(0)
        self._products += rows.T @ rows

    @property
    def mean(self) -> Tensor:
        """L, float64."""
        return self._sum / self._count

    @property
    def covariance(self) -> Tensor:
        """L x L, float64, of the vectors as a whole population."""
        return self._products / self._count - torch.outer(self.mean, self.mean)

    def distance(self, other: "Moments") -> float:
        """The Frechet distance between both; 0 for equal ones."""
        values, vectors = torch.linalg.eigh(self.covariance)
        root = vectors @ torch.diag(values.clamp_min(0.0).sqrt()) @ vectors.T
        cross = torch.linalg.eigvalsh(root @ other.covariance @ root).clamp_min(0.0).sqrt().sum()
        trace = self.covariance.trace() + other.covariance.trace() - 2.0 * cross
        return max(0.0, float((self.mean - other.mean).square().sum() + trace))


def pooled(features: SqueezeNetFeatures, images: Tensor) -> Tensor:
    """Mean over all places of SqueezeNet's last layer here, fire6: B x 3 x H x W -> B x 384."""
    return features(images.clamp(-1.0, 1.0))[POOLED_TAP].mean((2, 3))
