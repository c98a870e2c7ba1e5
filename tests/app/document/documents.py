"""Small documents for tests."""

import numpy as np

from app.document.document import Document, EditEntry, LabelMap, Photo
from app.document.tiles import TiledArray
from models.api import Mask, Picture
from models.edits import SwapTexture


def photo(shade: int, width_px: int = 8, height_px: int = 6, alpha: int | None = None) -> Photo:
    """A grey photo, named after its shade."""
    alpha_hw = None if alpha is None else np.full((height_px, width_px), alpha, np.uint8)
    rgb_hwc = np.full((height_px, width_px, 3), shade, np.uint8)
    return Photo(Picture.from_rgb(rgb_hwc), f"{shade}.png", alpha_hw=alpha_hw)


def mask(value: int, side_px: int = 4) -> Mask:
    return Mask.from_grey(np.full((side_px, side_px), value, np.uint8))


def swap(reference: Photo, amount: float = 1.0) -> SwapTexture:
    return SwapTexture(model="toy", reference=reference.picture.sha256, amount=amount)


def labels(value: int = 0, width_px: int = 8, height_px: int = 6) -> LabelMap:
    return LabelMap(TiledArray.filled(height_px, width_px, value), "toys")


def document(*edits: SwapTexture) -> Document:
    """A document with these edits, of uids from 1, and the reference `photo(200)`."""
    entries = tuple(EditEntry(uid, edit) for uid, edit in enumerate(edits, 1))
    return Document(photo(0), None, entries, (photo(200),), next_uid=len(edits) + 1)
