"""Match the channel statistics of features: a picture's style without its layout.

Source: Huang and Belongie, arXiv 1703.06868, equation 13 (mean and deviation of each channel),
with L1 in place of L2.
"""

from collections.abc import Sequence

from torch import Tensor


def feature_statistics_loss(features: Sequence[Tensor], target: Sequence[Tensor]) -> Tensor:
    """sum over layers of mean |mean_f - mean_t| + mean |std_f - std_t| over space.

    Layers are B x C x H x W; height and width may differ between the two lists.
    """
    losses = [
        (_mean(f) - _mean(t)).abs().mean() + (_std(f) - _std(t)).abs().mean()
        for f, t in zip(features, target, strict=True)
    ]
    return sum(losses[1:], losses[0])


def _mean(x: Tensor) -> Tensor:
    return x.mean((2, 3))


def _std(x: Tensor) -> Tensor:
    # The floor keeps the gradient finite where a channel is constant.
    return (x.var((2, 3), correction=0) + 1e-6).sqrt()
