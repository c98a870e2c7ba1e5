"""A label map as it is seen: its labels' colours, hatched with their patterns if wished."""

from typing import Any

import numpy as np
from PySide6.QtGui import QPainter

from app.document.palette import Palette
from app.document.rect import Rect
from app.document.tiles import TiledArray
from app.ui.canvas.coloured_layer import ColouredLayer, Colours
from app.ui.canvas.hatches import Hatches
from app.ui.canvas.transform import Box

FOREIGN_RGB = (128, 128, 128)
"""Of ids that the palette does not have."""


def colour_table(palette: Palette, dtype: np.dtype[Any]) -> Colours:
    """The colour of every id there can be, as 0xffrrggbb, the pixels of QImage.Format_RGB32."""
    table = np.full(np.iinfo(dtype).max + 1, _packed(FOREIGN_RGB), np.uint32)
    for label in palette.labels:
        if label.id < len(table):
            table[label.id] = _packed(label.rgb)
    return table


def _packed(rgb: tuple[int, int, int]) -> int:
    red, green, blue = rgb
    return 0xFF000000 | red << 16 | green << 8 | blue


class LabelLayer:
    """Paints a label map, as `ColouredLayer` does. GUI thread only.

    Attributes:
        palette: the labels' colours.
    """

    def __init__(self, ids: TiledArray, palette: Palette) -> None:
        self.palette = palette
        self._colours = ColouredLayer(ids, colour_table(palette, ids.dtype))
        self._hatches: Hatches | None = None

    @property
    def ids(self) -> TiledArray:
        """The labels shown."""
        return self._colours.ids

    def set_patterns(self, on: bool) -> None:
        """Hatch the colours with the labels' patterns."""
        self._hatches = Hatches(self.palette) if on else None

    def fits(self, ids: TiledArray, palette: Palette) -> bool:
        """Whether `replace` can take these."""
        return palette == self.palette and self._colours.like(ids)

    def replace(self, ids: TiledArray) -> Rect | None:
        """Show other labels of the same size; the rectangle that has changed, None for none."""
        changed = self._colours.replace(ids)
        if changed is not None and self._hatches is not None:
            self._hatches.forget(changed, ids)
        return changed

    def paint(
        self, painter: QPainter, picture: Box, part: Box, ratio: float, *, rough: bool = False
    ) -> None:
        """Paint `part` of the layout, which fills `picture`: squares, smooth where it shrinks.

        The painter's unit is the device pixel. Its clip is changed.

        Args:
            ratio: device pixels for one view pixel.
            rough: leave out what takes long.
        """
        part = part.within(picture)
        if part.is_empty:
            return
        self._colours.paint(painter, picture, part)
        if self._hatches is not None:
            scale = max(1, round(ratio))
            self._hatches.paint(painter, self.ids, picture, part, scale, make=not rough)
