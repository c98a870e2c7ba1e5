"""Kullback-Leibler divergence of a diagonal normal distribution from the standard one.

Source: Kingma and Welling, arXiv 1312.6114, appendix B.
"""

from torch import Tensor


def kl_loss(mean: Tensor, log_variance: Tensor) -> Tensor:
    """-1/2 sum (1 + log var - mean^2 - var) over the batch and all dimensions, B x Z each."""
    return -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum()
