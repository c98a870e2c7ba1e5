"""Small pictures of edits that are not photos: where they act, and how far their sliders are."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from app.document.tiles import TILE_PX, TiledArray
from models.edits import DEVIATIONS, AdjustTexture, Edit, EditRegion
from models.values import Mask

SIDE_PX = 48
MOST_BARS = 8
GROUND, PAPER, BAR = (58, 58, 58), (222, 222, 222), (92, 158, 230)
"""Their own, whatever the theme: they stand in a row with photos."""

Thumb = npt.NDArray[np.uint8]


def mask_thumb(masks: Sequence[Mask]) -> Thumb | None:
    """The shape of all masks together, light on dark: H x W x 3 uint8, some 48 px on the longer
    side; None where there is none, or where they are of different sizes.

    Looks at some of their pixels only: quick for any size.
    """
    shares = [_sampled(mask) for mask in masks]
    if not shares or len({share.shape for share in shares}) > 1:
        return None
    share_hw = np.maximum.reduce(shares)[..., None] / 255.0
    colours = np.array(GROUND) + share_hw * (np.array(PAPER) - np.array(GROUND))
    return np.rint(colours).astype(np.uint8)


def amounts_thumb(amounts: Sequence[tuple[str, float]]) -> Thumb:
    """Bars up and down for the sliders that are off the middle: 48 x 48 x 3 uint8."""
    thumb = np.full((SIDE_PX, SIDE_PX, 3), GROUND, np.uint8)
    middle = SIDE_PX // 2
    thumb[middle] = PAPER
    shown = amounts[:MOST_BARS]
    width = (SIDE_PX - 8) // max(3, len(shown))
    left = (SIDE_PX - width * len(shown)) // 2
    for place, (_, value) in enumerate(shown):
        # The root: small amounts are seen, and the largest stay inside.
        height = round((middle - 4) * (abs(value) / DEVIATIONS) ** 0.5)
        rows = slice(middle - height, middle) if value > 0 else slice(middle, middle + height)
        thumb[rows, left + place * width : left + (place + 1) * width - 1] = BAR
    return thumb


def shape_thumb(edit: Edit, masks: Sequence[Mask]) -> Thumb | None:
    """What stands for an edit that shows no photo; None for nothing.

    Args:
        masks: of the document; those that the edit names are looked at.
    """
    if isinstance(edit, AdjustTexture) and edit.amounts:
        return amounts_thumb(edit.amounts)
    names = (edit.region,) if isinstance(edit, EditRegion) else edit.masks
    return mask_thumb([mask for mask in masks if mask.sha256 in names])


def _sampled(mask: Mask) -> npt.NDArray[Any]:
    levels = mask.levels
    longest = max(levels.height_px, levels.width_px)
    if not isinstance(levels, TiledArray):
        step = max(1, longest // SIDE_PX)
        return levels.to_array()[::step, ::step]
    step = 1
    while 2 * step * SIDE_PX <= longest and step < TILE_PX:
        step *= 2
    return np.vstack([np.hstack([tile[::step, ::step] for tile in r]) for r in levels.tile_rows])
