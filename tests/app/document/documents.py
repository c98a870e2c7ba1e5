"""Small documents for tests."""

import numpy as np

from app.document.document import Document, EditEntry, LabelMap, Photo
from app.document.masks import mask_of
from app.document.sliders import Slider
from app.document.tiles import TiledArray
from models.edits import AdjustTexture, ClonePatch, CloneStructure, SwapTexture
from models.values import Direction, Mask, Picture


def photo(shade: int, width_px: int = 8, height_px: int = 6, alpha: int | None = None) -> Photo:
    """A grey photo, named after its shade."""
    alpha_hw = None if alpha is None else np.full((height_px, width_px), alpha, np.uint8)
    rgb_hwc = np.full((height_px, width_px, 3), shade, np.uint8)
    return Photo(Picture.from_rgb(rgb_hwc), f"{shade}.png", alpha_hw=alpha_hw)


def mask(value: int, side_px: int = 4) -> Mask:
    return Mask.from_grey(np.full((side_px, side_px), value, np.uint8))


def swap(reference: Photo, amount: float = 1.0) -> SwapTexture:
    return SwapTexture(model="toy", reference=reference.picture.sha256, amount=amount)


def brushed(value: int, width_px: int = 8, height_px: int = 6) -> Mask:
    """A mask in tiles, as strokes leave it."""
    return mask_of(TiledArray.filled(height_px, width_px, value))


def slider(value: float, name: str = "Snow") -> Slider:
    direction = Direction.from_values(np.full(4, value, np.float32))
    return Slider(direction, name, "toy", "d" * 64)


def clone(*masks: Mask, source: Photo | None = None, mask: Mask | None = None) -> CloneStructure:
    """A clone with one patch for each mask."""
    sha256 = None if source is None else source.picture.sha256
    patches = tuple(ClonePatch(mask=m.sha256, dx=0.5, dy=0, source=sha256) for m in masks)
    return CloneStructure(model="toy", mask=mask.sha256 if mask else None, patches=patches)


def adjust(*sliders: Slider) -> AdjustTexture:
    """One deviation along each."""
    amounts = tuple((moved.direction.sha256, 1.0) for moved in sliders)
    return AdjustTexture(model="toy", amounts=(*amounts, ("texture:0", 0.5)))


def labels(value: int = 0, width_px: int = 8, height_px: int = 6) -> LabelMap:
    return LabelMap(TiledArray.filled(height_px, width_px, value), "toys")


def document(*edits: SwapTexture) -> Document:
    """A document with these edits, of uids from 1, and the reference `photo(200)`."""
    entries = tuple(EditEntry(uid, edit) for uid, edit in enumerate(edits, 1))
    return Document(photo(0), None, entries, (photo(200),), next_uid=len(edits) + 1)
