"""The masks of an edit as the canvas shows them: one red veil."""

from collections.abc import Sequence
from itertools import zip_longest

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter

from app.document.rect import Rect
from app.document.tiles import TiledArray, changed_rect
from app.ui.canvas.coloured_layer import ColouredLayer, Colours
from app.ui.canvas.scene import paint_mask
from app.ui.canvas.transform import ViewTransform
from models.values import resized_ids

RGB = (235, 30, 45)
VEIL = QImage.Format.Format_ARGB32_Premultiplied
STRENGTH = 0.5
"""Of the veil where a mask is full."""


def veil_table() -> Colours:
    """The veil for each level of a mask, as premultiplied 0xaarrggbb."""
    alpha = np.arange(256) / 255 * STRENGTH
    packed = np.zeros(256, np.uint32)
    for value in (255, *RGB):
        packed *= 256
        packed += np.rint(alpha * value).astype(np.uint32)
    return packed


class ShownMask:
    """Keeps the veil of one or several masks, from one version of them to the next.

    Where several masks meet, the strongest shows. A stroke costs what it has changed.
    """

    def __init__(self) -> None:
        self._masks: tuple[TiledArray, ...] = ()
        self._layer: ColouredLayer | None = None

    @property
    def is_shown(self) -> bool:
        """Whether there is a veil."""
        return self._layer is not None

    def show(self, masks: Sequence[TiledArray]) -> Rect | None:
        """Show these masks of any size, or none; what has changed, in the first one's pixels.

        None where nothing has.
        """
        old, self._masks = self._masks, tuple(masks)
        if not self._masks:
            self._layer = None
            return None
        size, *others = self._masks
        if self._layer is None or not self._layer.like(size):
            # A mask alone is shown as it is: a copy of a large one takes half a second.
            levels = self._strongest(size.bounds) if others else size
            self._layer = ColouredLayer(levels, veil_table(), VEIL, even=True)
            return size.bounds
        if not others:
            return self._layer.replace(size)
        changed = self._changed(old)
        if changed is None:
            return None
        part = self._strongest(changed).to_array()
        return self._layer.replace(self._layer.ids.patch(changed, part))

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height in which `show` counts; nothing where there is no mask."""
        ids = self._layer.ids if self._layer is not None else None
        return (ids.width_px, ids.height_px) if ids is not None else (0, 0)

    def paint(self, painter: QPainter, transform: ViewTransform, dirty_view: QRect) -> None:
        """Paint the veil into a pane; the painter is in view pixels."""
        if self._layer is not None:
            paint_mask(painter, self._layer, transform, dirty_view)

    def _changed(self, old: Sequence[TiledArray]) -> Rect | None:
        bounds = self._masks[0].bounds
        # What comes or goes has changed where there is anything in it.
        empty = TiledArray.filled(bounds.height_px, bounds.width_px, 0)
        found = Rect(0, 0, 0, 0)
        for before, after in zip_longest(old, self._masks, fillvalue=empty):
            if before is after:
                continue
            same_size = before.bounds == after.bounds == bounds
            part = changed_rect(before, after) if same_size else bounds
            found = found.union(part or Rect(0, 0, 0, 0))
        return None if found.is_empty else found

    def _strongest(self, part: Rect) -> TiledArray:
        """The largest level of all masks in a part of the first one."""
        size = self._masks[0]
        levels = size.read(part)
        for mask in self._masks[1:]:
            if mask.bounds == size.bounds:
                other = mask.read(part)
            else:
                stretched = resized_ids(mask.to_array(), (size.height_px, size.width_px))
                other = stretched[part.y_px : part.bottom_px, part.x_px : part.right_px]
            np.maximum(levels, other, out=levels)
        return TiledArray.from_array(levels)
