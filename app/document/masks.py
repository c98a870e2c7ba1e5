"""Masks as a document holds them: levels in tiles, so that a stroke costs the tiles it touches."""

import numpy as np

from app.document.tiles import TILE_PX, TiledArray
from models.values import HASH_TILE_PX, Mask, levels_hash

# A mask's hash is made of the digests of its tiles.
assert TILE_PX == HASH_TILE_PX


def empty_levels(width_px: int, height_px: int) -> TiledArray:
    """Levels of 0 everywhere; ValueError for no pixels."""
    return TiledArray.filled(height_px, width_px, 0)


def mask_of(levels: TiledArray) -> Mask:
    """The mask of these levels, with the hash that `Mask.from_grey` would find.

    Takes well below a millisecond where the levels came from others whose mask was made.

    Raises:
        ValueError: levels that are not uint8.
    """
    if levels.dtype != np.uint8:
        raise ValueError(f"levels of {levels.dtype}")
    return Mask(levels_hash((levels.height_px, levels.width_px), levels.digests), levels)


def levels_of(mask: Mask) -> TiledArray:
    """The mask's levels, as they are if they are in tiles already."""
    levels = mask.levels
    return levels if isinstance(levels, TiledArray) else TiledArray.from_array(mask.grey_hw)
