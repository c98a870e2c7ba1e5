"""The segmenter: a photo to a layout.

A network of our own, small enough for any laptop. An encoder of residual blocks (He et al., arXiv
1512.03385) halves the photo five times; its two coarse levels weigh their channels by what the
whole photo holds (squeeze and excitation: Hu et al., arXiv 1709.01507); a decoder goes back up to
a quarter of the photo's size, adding the encoder's map of each size (U-Net: Ronneberger et al.,
arXiv 1505.04597, with sums as in Lin et al., arXiv 1612.03144). What people paint has smooth
borders, so that the last doublings are bilinear.
"""

import itertools

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn

from models.ops.batch_norm import EPSILON, MOMENTUM, ParameterFreeBatchNorm

WIDTHS = (1, 2, 4, 4)
"""Channels at 1/4, 1/8, 1/16 and 1/32 of the photo's size, in base channels."""
BLOCKS = (1, 1, 2, 2)
FIRST_GATED = 2
SQUEEZE = 4
CELL_PX = 32
FINEST_PX = 4
PROBE_SEED = 30


class BatchNorm(ParameterFreeBatchNorm):
    """B x C x H x W -> the same, normalised, with a learned scale and offset for each channel.

    Its statistics are over all processes, as its base's.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        if self.training and dist.is_initialized() and dist.get_world_size() > 1:
            scale, offset = self.weight[:, None, None], self.bias[:, None, None]
            return torch.addcmul(offset, super().forward(x), scale)
        if self.training:
            self.num_batches_tracked += 1
        # Scale and offset in the same pass over the map.
        return F.batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training,
            MOMENTUM,
            EPSILON,
        )


class NormedConv(nn.Module):
    """Convolution without bias, then normalisation."""

    def __init__(self, before: int, after: int, size: int = 3, *, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, size, stride, size // 2, bias=False)
        self.norm = BatchNorm(after)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x))


class Gate(nn.Module):
    """Each channel times a number in 0..1 that depends on all channels' means."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.squeeze = nn.Linear(channels, channels // SQUEEZE)
        self.excite = nn.Linear(channels // SQUEEZE, channels)

    def forward(self, x: Tensor) -> Tensor:
        weights = self.excite(F.relu(self.squeeze(x.mean((2, 3)))))
        return x * weights.sigmoid()[:, :, None, None]


class Block(nn.Module):
    """Residual block of two convolutions; where it is gated, its own part is."""

    def __init__(self, channels: int, *, gated: bool) -> None:
        super().__init__()
        self.first = NormedConv(channels, channels)
        self.second = NormedConv(channels, channels)
        self.gate = Gate(channels) if gated else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.gate(self.second(F.relu(self.first(x)))))


class Merge(nn.Module):
    """The decoder's step: a coarse map, doubled in size, and the encoder's map of that size."""

    def __init__(self, coarse: int, fine: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(coarse, fine, 1)
        self.mix = NormedConv(fine, fine)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        doubled = F.interpolate(self.narrow(coarse), scale_factor=2.0, mode="nearest")
        return F.relu(self.mix(doubled + fine))


class Segmenter(nn.Module):
    """Photos B x 3 x H x W in [-1, 1] -> logits of the labels, B x classes x H x W.

    Args: the fields of `models.configs.SegmenterConfig`.

    Attributes:
        cell_px: both sides of a photo must be multiples of it.
        crop_size: shorter side of the photos that the network was trained on, px; others are best
            resized to it.
    """

    def __init__(self, *, classes: int, base_channels: int, crop_size: int) -> None:
        super().__init__()
        self.classes = classes
        self.crop_size = crop_size
        self.cell_px = CELL_PX
        widths = [base_channels * width for width in WIDTHS]
        half = max(1, base_channels // 2)
        self.stem = nn.Sequential(
            NormedConv(3, half, stride=2), nn.ReLU(), NormedConv(half, widths[0], stride=2)
        )
        self.halvings = nn.ModuleList(
            NormedConv(before, after, stride=2) for before, after in itertools.pairwise(widths)
        )
        self.levels = nn.ModuleList(
            nn.Sequential(*(Block(width, gated=level >= FIRST_GATED) for _ in range(count)))
            for level, (width, count) in enumerate(zip(widths, BLOCKS, strict=True))
        )
        self.merges = nn.ModuleList(
            Merge(coarse, fine) for fine, coarse in itertools.pairwise(widths)
        )
        self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, images: Tensor) -> Tensor:
        return enlarged(self.coarse(images), FINEST_PX)

    def coarse(self, images: Tensor) -> Tensor:
        """The logits at a quarter of the size, B x classes x H/4 x W/4, as they are computed.

        Raises:
            ValueError: sides that are no multiples of `cell_px`.
        """
        if images.shape[2] % CELL_PX or images.shape[3] % CELL_PX:
            raise ValueError(f"the sides of a photo must be multiples of {CELL_PX} px")
        x = F.relu(self.stem(images))
        maps = [self.levels[0](x)]
        for halving, level in zip(self.halvings, list(self.levels)[1:], strict=True):
            maps.append(level(F.relu(halving(maps[-1]))))
        x = maps.pop()
        for merge in reversed(self.merges):
            x = merge(x, maps.pop())
        return self.head(x)

    def probe(self) -> Tensor:
        """A few numbers that depend on every weight: logits of a small picture."""
        generator = torch.Generator().manual_seed(PROBE_SEED)
        weight = self.head.weight
        images = torch.rand(1, 3, 2 * CELL_PX, CELL_PX, generator=generator).to(weight) * 2.0 - 1.0
        return F.adaptive_avg_pool2d(self.coarse(images), 2).flatten()


def enlarged(logits: Tensor, factor: int) -> Tensor:
    """Logits at `factor` times their size, with smooth borders."""
    return F.interpolate(logits, scale_factor=factor, mode="bilinear", align_corners=False)
