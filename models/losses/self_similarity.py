"""Keep the layout: which places of a picture resemble which, whatever they look like.

Source: Kolkin et al., arXiv 1904.12785 (STROTSS), equation 7; the same quantity as the fixed
spatially-correlative loss (Zheng et al., arXiv 2104.00854, equation 3) and as the self-similarity
distance of the thesis, section 4.4.4. Differs from them: features are pooled to a fixed grid, so
that the cost does not depend on the picture's size.
"""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor


def self_similarity(features: Tensor, queries: Tensor | None = None, *, grid: int = 16) -> Tensor:
    """Cosine similarities between places: B x C x H x W -> B x Q x grid^2.

    Features are pooled to grid x grid and centred over space first.

    Args:
        queries: indices of Q places of the pooled grid; None takes all of them.
    """
    pooled = F.adaptive_avg_pool2d(features, grid).flatten(2)
    unit = F.normalize(pooled - pooled.mean(2, keepdim=True), dim=1)
    asking = unit if queries is None else unit[:, :, queries]
    return asking.transpose(1, 2) @ unit


def self_similarity_loss(
    features: Sequence[Tensor], target: Sequence[Tensor], queries: Tensor, *, grid: int = 16
) -> Tensor:
    """sum over layers of mean |S(f) - S(t)|; layers B x C x H x W."""
    losses = [
        (self_similarity(f, queries, grid=grid) - self_similarity(t, queries, grid=grid))
        .abs()
        .mean()
        for f, t in zip(features, target, strict=True)
    ]
    return sum(losses[1:], losses[0])
