"""At which size references are worked, and what is taken from them.

A reference is resized to the picture's shorter side, since a texture has a scale in pixels. One
that is longer than `LONGEST_SHAPE` times its width is shrunk to the area of that shape instead: a
texture code is a mean over the picture, and a strip of 30,000 x 10 px has little to tell.
"""

import math

import torch
from torch import Tensor

from models.image_io import short_side_size
from models.values import Picture

LONGEST_SHAPE = 4


def reference_size(reference: Picture, short_side_px: int) -> tuple[int, int]:
    """(height, width) at which a reference is encoded for a picture of that shorter side."""
    size_px = (reference.height_px, reference.width_px)
    shape = max(size_px) / min(size_px)
    if shape > LONGEST_SHAPE:
        short_side_px = max(1, round(short_side_px * math.sqrt(LONGEST_SHAPE / shape)))
    return short_side_size(size_px, short_side_px)


def spot_weight(size_px: tuple[int, int], spot: tuple[float, float, float]) -> Tensor:
    """The weight of every pixel of a picture in a round spot: H x W float32, 0..1, never all 0.

    Args:
        size_px: (height, width).
        spot: (x, y, radius) as `models.edits.TexturePatch` has it.
    """
    height_px, width_px = size_px
    x_px, y_px, radius_px = spot[0] * width_px, spot[1] * height_px, spot[2] * min(size_px)
    # At least the pixel that the spot lies on, whose centre is at most that far away.
    radius_px = max(radius_px, 0.75)
    y = torch.arange(height_px)[:, None] + 0.5 - min(max(y_px, 0.5), height_px - 0.5)
    x = torch.arange(width_px) + 0.5 - min(max(x_px, 0.5), width_px - 0.5)
    return (radius_px + 0.5 - torch.hypot(y, x)).clamp(0.0, 1.0)
