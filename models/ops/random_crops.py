"""Random crops of random size, resized to one size (thesis, section 4.4.8)."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class CropGeometry:
    """Where crops lie, in the coordinates of `grid_sample` (-1..1 across the picture).

    Attributes:
        flip: N x 1 x 1 x 1, -1 mirrors the crop left to right.
        scale_xy: N x 1 x 1 x 2, half of the crop's width and height.
        offset_xy: N x 1 x 1 x 2, the crop's centre.
    """

    flip: Tensor
    scale_xy: Tensor
    offset_xy: Tensor

    def select(self, index: slice) -> "CropGeometry":
        """The geometry of some of the crops."""
        return CropGeometry(
            flip=self.flip[index], scale_xy=self.scale_xy[index], offset_xy=self.offset_xy[index]
        )


def draw_crops(
    count: int, scale_range: tuple[float, float], generator: torch.Generator
) -> CropGeometry:
    """`count` crops of independent width and height in `scale_range` of the picture's."""
    low, high = scale_range
    flip = torch.randint(0, 2, (count, 1, 1, 1), generator=generator) * 2.0 - 1.0
    scale = torch.rand(count, 1, 1, 2, generator=generator) * (high - low) + low
    offset = (torch.rand(count, 1, 1, 2, generator=generator) * 2.0 - 1.0) * (1.0 - scale)
    return CropGeometry(flip=flip, scale_xy=scale, offset_xy=offset)


def crop(images: Tensor, geometry: CropGeometry, size_px: int) -> Tensor:
    """Crops of images B x C x H x W: B x T x C x size x size, for N = B * T crops."""
    count = images.shape[0]
    crops = geometry.flip.shape[0] // count
    line = torch.linspace(-1.0, 1.0, size_px, device=images.device)
    y, x = torch.meshgrid(line, line, indexing="ij")
    grid = torch.stack([x, y], -1)[None].expand(count * crops, -1, -1, -1)
    mirrored = torch.cat([grid[..., :1] * geometry.flip.to(grid), grid[..., 1:]], -1)
    where = mirrored * geometry.scale_xy.to(grid) + geometry.offset_xy.to(grid)
    repeated = images.float().repeat_interleave(crops, 0)
    cut = F.grid_sample(repeated, where, align_corners=False)
    return cut.unflatten(0, (count, crops))
