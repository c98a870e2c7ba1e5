"""Feature matching: a generated picture moves a discriminator's layers as its photo does.

Source: Wang et al., arXiv 1711.11585, equation 4, as SPADE (arXiv 1903.07291, section 3.1) uses it.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def feature_matching_loss(
    fake: Sequence[Sequence[Tensor]], real: Sequence[Sequence[Tensor]]
) -> Tensor:
    """Sum over layers of mean |D(fake) - D(real)|, averaged over scales.

    Args:
        fake, real: for each scale the maps B x C x H x W of every layer; the last one, the logits,
            takes no part. No gradient flows into `real`.
    """
    distances = [
        (a - b.detach()).abs().mean()
        for of_fake, of_real in zip(fake, real, strict=True)
        for a, b in zip(of_fake[:-1], of_real[:-1], strict=True)
    ]
    return torch.stack(distances).sum() / len(fake)
