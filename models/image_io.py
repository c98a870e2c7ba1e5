"""Pixels in, pixels out: the only place that converts between arrays and network images.

Outside the networks a picture is `rgb_hwc`: H x W x 3, uint8 or uint16, full range, in the file's
own (gamma-encoded) values. Inside it is `img_bchw`: 1 x 3 x H x W float32, -1 is black, 1 white.

Choices made here, once:

- Rounding is to the nearest value. The published programs truncate, which darkens a picture by half
  a level at each pass; with rounding, a picture that nothing changed comes back bit for bit.
- Padding goes to the right and the bottom, so that pixel (0, 0) and everything that is anchored to
  the canvas (noise, structure cells) stay where they are.
- Resizing is bicubic with an antialiasing filter, the result clipped to [-1, 1], since bicubic
  weights overshoot. Masks are resized linearly: they must not overshoot at all.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from models.errors import RequestError

STRIP_PX = 1 << 22
"""Pixels converted at a time when a large picture is converted or resized: 50 MB of float32."""


def to_bchw(rgb_hwc: npt.NDArray[Any]) -> Tensor:
    """H x W x 3 uint8 or uint16 -> 1 x 3 x H x W float32 in [-1, 1], on the CPU, contiguous.

    Raises:
        RequestError: another shape or type.
    """
    if rgb_hwc.dtype not in (np.uint8, np.uint16) or rgb_hwc.ndim != 3 or rgb_hwc.shape[2] != 3:
        raise RequestError(
            "A picture is H x W x 3 with 8 or 16 bits a channel, "
            f"not {' x '.join(map(str, rgb_hwc.shape))} {rgb_hwc.dtype}."
        )
    values = np.ascontiguousarray(rgb_hwc.transpose(2, 0, 1), dtype=np.float32)
    half_range = np.iinfo(rgb_hwc.dtype).max / 2
    return torch.from_numpy(values).div_(half_range).sub_(1.0)[None]


def to_rgb_hwc(img_bchw: Tensor, bits: int = 8) -> npt.NDArray[Any]:
    """1 x 3 x H x W of any float type -> H x W x 3 uint8 or uint16 (`bits`), contiguous.

    Values beyond [-1, 1] are clipped, and the nearest level is taken.

    Raises:
        RequestError: another shape, or bits other than 8 and 16.
    """
    if img_bchw.dim() != 4 or img_bchw.shape[:2] != (1, 3):
        raise RequestError(f"An image is 1 x 3 x H x W, not {tuple(img_bchw.shape)}.")
    if bits not in (8, 16):
        raise RequestError(f"A picture has 8 or 16 bits a channel, not {bits}.")
    dtype = np.uint8 if bits == 8 else np.uint16
    half_range = np.iinfo(dtype).max / 2
    height_px, width_px = img_bchw.shape[2:]
    rgb_hwc = np.empty((height_px, width_px, 3), dtype)
    rows = max(1, STRIP_PX // width_px)
    for top in range(0, height_px, rows):
        strip = img_bchw[0, :, top : top + rows].detach().float()
        levels = strip.clamp(-1.0, 1.0).add_(1.0).mul_(half_range).round_()
        rgb_hwc[top : top + rows] = levels.cpu().numpy().transpose(1, 2, 0)
    return rgb_hwc


def to_mask(grey_hw: npt.NDArray[Any], size_px: tuple[int, int]) -> Tensor:
    """H x W uint8 or uint16 -> 1 x 1 x h x w float32 in [0, 1], stretched to (height, width).

    At its own size the values stay exact: 0 is 0.0 and the largest is 1.0.

    Raises:
        RequestError: another shape or type.
    """
    if grey_hw.dtype not in (np.uint8, np.uint16) or grey_hw.ndim != 2:
        raise RequestError("A mask is H x W with 8 or 16 bits a pixel.")
    largest = np.iinfo(grey_hw.dtype).max
    mask = torch.from_numpy(grey_hw.astype(np.float32)).div_(largest)[None, None]
    if mask.shape[2:] == size_px:
        return mask
    return _filtered(mask, size_px, "bilinear").clamp_(0.0, 1.0)


def pad_to_multiple(img_bchw: Tensor, multiple_px: int, min_side_px: int = 1) -> Tensor:
    """Extend an image at the right and the bottom until a network takes it.

    Each side grows to the next multiple of `multiple_px` that is at least `min_side_px`: by
    reflection, or by repeating the last row or column where there is too little to reflect.
    """
    height_px, width_px = img_bchw.shape[2:]
    for axis, side_px in ((1, height_px), (0, width_px)):
        missing_px = padded_side_px(side_px, multiple_px, min_side_px) - side_px
        if missing_px:
            pad = (0, missing_px) if axis == 0 else (0, 0, 0, missing_px)
            mode = "reflect" if missing_px < side_px else "replicate"
            img_bchw = F.pad(img_bchw, pad + (0,) * (4 - len(pad)), mode=mode)
    return img_bchw


def padded_side_px(side_px: int, multiple_px: int, min_side_px: int = 1) -> int:
    """The side that `pad_to_multiple` gives to a side of `side_px`."""
    return -(-max(side_px, min_side_px) // multiple_px) * multiple_px


def short_side_size(size_px: tuple[int, int], short_side_px: int) -> tuple[int, int]:
    """(height, width) of the same shape whose shorter side is `short_side_px`."""
    height_px, width_px = size_px
    scale = short_side_px / min(height_px, width_px)
    return max(1, round(height_px * scale)), max(1, round(width_px * scale))


def resize_rgb(rgb_hwc: npt.NDArray[Any], size_px: tuple[int, int]) -> Tensor:
    """H x W x 3 -> 1 x 3 x h x w float32 in [-1, 1]; `size_px` is (height, width).

    The filter is separable: strips of rows are resized in width, the narrow result in height.
    A picture of 200 megapixels needs some 100 MB besides itself instead of several gigabytes.
    """
    height_px, width_px = rgb_hwc.shape[:2]
    if (height_px, width_px) == size_px:
        return to_bchw(rgb_hwc)
    rows = max(1, STRIP_PX // width_px)
    strips = [
        _filtered(
            to_bchw(rgb_hwc[top : top + rows]), (min(rows, height_px - top), size_px[1]), "bicubic"
        )
        for top in range(0, height_px, rows)
    ]
    return _filtered(torch.cat(strips, 2), size_px, "bicubic").clamp(-1.0, 1.0)


def stretch(
    img_bchw: Tensor, size_px: tuple[int, int], ask: Callable[[], None] = lambda: None
) -> Tensor:
    """1 x C x H x W -> 1 x C x h x w in [-1, 1], at once or in bands bit for bit the same.

    The filter is separable: the rows are stretched first, then bands of columns, each on its own.
    Besides the result it takes about 50 MB, where stretching at once takes the result once more.

    Args:
        size_px: (height, width) of the result.
        ask: called before every band; what it raises ends the work.
    """
    height_px, width_px = size_px
    wide = _filtered(img_bchw, (img_bchw.shape[2], width_px), "bicubic")
    stretched = wide.new_empty((*img_bchw.shape[:2], height_px, width_px))
    # Never one column alone beside others: see `_filtered`.
    columns = max(2, STRIP_PX // height_px)
    for first in range(0, width_px, columns):
        ask()
        left = max(0, min(first, width_px - 2))
        band = slice(left, left + columns)
        strip = wide[..., band]
        part = _filtered(strip, (height_px, strip.shape[3]), "bicubic")
        stretched[..., band] = part.clamp_(-1.0, 1.0)
    return stretched


def stretching_px(size_px: tuple[int, int]) -> int:
    """How many pixels `stretch` holds at once: the result's, and those of a band."""
    area = math.prod(size_px)
    return area + min(area, STRIP_PX)


def _filtered(img_bchw: Tensor, size_px: tuple[int, int], mode: str) -> Tensor:
    """Resized with an antialiasing filter."""
    if size_px[1] == 1:
        # torch 2.15 makes a single column of the wrong rows; a single row is right.
        row = F.interpolate(img_bchw.mT, size=size_px[::-1], mode=mode, antialias=True)
        return row.mT.contiguous()
    return F.interpolate(img_bchw, size=size_px, mode=mode, antialias=True)
