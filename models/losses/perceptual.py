"""Perceptual loss: distance in the features of a fixed network.

Source: Johnson et al., arXiv 1603.08155, equation 2, with L1 in place of squared L2 as in SPADE
(arXiv 1903.07291, section 3.1).
"""

from collections.abc import Sequence

from torch import Tensor


def perceptual_loss(features: Sequence[Tensor], target: Sequence[Tensor]) -> Tensor:
    """sum over layers of mean |f - t|; layers B x C x H x W, equal shapes in both lists."""
    losses = [(f - t).abs().mean() for f, t in zip(features, target, strict=True)]
    return sum(losses[1:], losses[0])
