"""Co-occurrence patch discriminator: is this patch from the picture of those patches?

Source: Park et al., arXiv 2007.00653 = thesis, section 4.3.3 and figure 4.10.
"""

import math
from collections import OrderedDict

import torch
from torch import Tensor, nn

from models.networks.stylegan2_discriminator import DiscriminatorBlock
from models.ops.equalized import ConvLayer, EqualLinear


class PatchCooccurrenceDiscriminator(nn.Module):
    """Scores patches against reference patches.

    Patches are B x T x 3 x P x P in [-1, 1], T crops of each of B pictures.
    """

    def __init__(self, *, patch_px: int, max_channels: int, scale: float) -> None:
        super().__init__()
        level = int(math.log2(patch_px))

        def channels(i: int) -> int:
            return min(max_channels, int(scale * 2 ** (10 - i)))

        layers: list[tuple[str, nn.Module]] = [("0", ConvLayer(3, channels(level), 3, pad=1))]
        for i in range(level, 2, -1):
            name = str(7 - i) if i <= 6 else f"{2**i}x{2**i}"
            layers.append((name, DiscriminatorBlock(channels(i), channels(i - 1))))
        last = channels(2)
        layers.append(("5", DiscriminatorBlock(last, 2 * max_channels, halve=False)))
        layers.append(("6", ConvLayer(2 * max_channels, max_channels, 3)))
        self.convs = nn.Sequential(OrderedDict(layers))
        self.pairlinear = nn.Sequential(
            EqualLinear(2 * max_channels * 2 * 2, 2048, activate=True),
            EqualLinear(2048, 2048, activate=True),
            EqualLinear(2048, 1024, activate=True),
            EqualLinear(1024, 1),
        )

    def features(self, patches: Tensor, *, aggregate: bool = False) -> Tensor:
        """Features B * T x C x 2 x 2 of patches B x T x 3 x P x P.

        Args:
            aggregate: put the mean over the T patches of a picture in place of each of them.
        """
        count, crops = patches.shape[:2]
        features = self.convs(patches.flatten(0, 1))
        if aggregate:
            by_picture = features.unflatten(0, (count, crops))
            features = by_picture.mean(1, keepdim=True).expand_as(by_picture).flatten(0, 1)
        return features

    def forward(self, reference: Tensor, query: Tensor) -> Tensor:
        """Logits B * T x 1 that `query` features are from the picture of `reference` features."""
        return self.pairlinear(torch.cat([reference.flatten(1), query.flatten(1)], 1))
