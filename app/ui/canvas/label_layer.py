"""A label map as it is seen: its labels' colours in the sizes that are looked at."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from PySide6.QtGui import QPainter

from app.document.palette import Palette
from app.document.rect import Rect
from app.document.tiles import TiledArray, changed_rect
from app.ui.canvas.hatches import Hatches
from app.ui.canvas.painter import Wrapped, draw_part
from app.ui.canvas.transform import Box

BLOCK_PX = 64
# So many labels along a side are looked at for one pixel of a small size: enough for smooth edges.
SAMPLES = 4
FOREIGN_RGB = (128, 128, 128)
"""Of ids that the palette does not have."""

Colours = npt.NDArray[np.uint32]


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
    """Paints a label map. GUI thread only.

    A size is half of the one before, as in a pyramid. Its pixels are made in blocks when they are
    seen first, so opening costs nothing, and a dab only the blocks that it touches. Memory that
    no block was made in is not taken from the machine.

    Attributes:
        ids: the labels shown.
        palette: their colours.
    """

    def __init__(self, ids: TiledArray, palette: Palette) -> None:
        self.ids = ids
        self.palette = palette
        self._table = colour_table(palette, ids.dtype)
        self._sizes: dict[int, _Size] = {}
        self._hatches: Hatches | None = None

    def set_patterns(self, on: bool) -> None:
        """Hatch the colours with the labels' patterns."""
        self._hatches = Hatches(self.palette) if on else None

    def fits(self, ids: TiledArray, palette: Palette) -> bool:
        """Whether `replace` can take these."""
        same = (ids.width_px, ids.height_px, ids.dtype)
        return palette == self.palette and same == (
            self.ids.width_px,
            self.ids.height_px,
            self.ids.dtype,
        )

    def replace(self, ids: TiledArray) -> Rect | None:
        """Show other labels of the same size; the rectangle that has changed, None for none."""
        changed = changed_rect(self.ids, ids)
        self.ids = ids
        if changed is not None:
            for size in self._sizes.values():
                size.forget(changed)
            if self._hatches is not None:
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
        self._paint_colours(painter, picture, part)
        if self._hatches is not None:
            scale = max(1, round(ratio))
            self._hatches.paint(painter, self.ids, picture, part, scale, make=not rough)

    def _paint_colours(self, painter: QPainter, picture: Box, part: Box) -> None:
        width_px, height_px = self.ids.width_px, self.ids.height_px
        shrink = min(width_px / picture.width, height_px / picture.height)
        k = max(0, round(math.log2(shrink)))
        k = min(k, math.floor(math.log2(min(width_px, height_px))))
        if k not in self._sizes:
            self._sizes[k] = _Size(k, width_px, height_px)
        size = self._sizes[k]
        draw_part(
            painter,
            picture,
            part,
            size.wrapped.image,
            (picture.width * 2**k / width_px, picture.height * 2**k / height_px),
            smooth=shrink > 1,
            before=lambda box: size.make(box, self.ids, self._table),
        )


class _Size:
    """The layout in one size: one pixel for 2**k x 2**k labels."""

    def __init__(self, k: int, width_px: int, height_px: int) -> None:
        self._k = k
        self._whole = Rect(0, 0, -(-width_px >> k), -(-height_px >> k))
        bgrx_hwc = np.empty((self._whole.height_px, self._whole.width_px, 4), np.uint8)
        self._colours: Colours = bgrx_hwc.view(np.uint32)[..., 0]
        self.wrapped = Wrapped.of(bgrx_hwc)
        blocks = (-(-self._whole.height_px // BLOCK_PX), -(-self._whole.width_px // BLOCK_PX))
        self._stale = np.ones(blocks, np.bool_)

    def forget(self, changed_px: Rect) -> None:
        """Labels have changed: what shows them is to be made again."""
        reach = BLOCK_PX << self._k
        rows = slice(changed_px.y_px // reach, -(-changed_px.bottom_px // reach))
        columns = slice(changed_px.x_px // reach, -(-changed_px.right_px // reach))
        self._stale[rows, columns] = True

    def make(self, box: Box, ids: TiledArray, table: Colours) -> None:
        """Make what is wanted of a part in pixels of this size."""
        rows = range(box.top // BLOCK_PX, -(-box.bottom // BLOCK_PX))
        first, end = box.left // BLOCK_PX, -(-box.right // BLOCK_PX)
        for row in rows:
            for start, stop in _runs(self._stale[row, first:end]):
                strip = Rect.spanning(
                    (first + start) * BLOCK_PX,
                    row * BLOCK_PX,
                    (first + stop) * BLOCK_PX,
                    (row + 1) * BLOCK_PX,
                ).intersection(self._whole)
                part = self._colours[strip.y_px : strip.bottom_px, strip.x_px : strip.right_px]
                part[:] = _coloured(ids, table, strip, self._k)
                self._stale[row, first + start : first + stop] = False


def _runs(stale: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Start and end of what is true in a row."""
    if stale.any():
        edges = np.flatnonzero(np.diff(stale, prepend=False, append=False))
        yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _coloured(ids: TiledArray, table: Colours, strip: Rect, k: int) -> Colours:
    """The colours of a strip of a size: the means of at most SAMPLES x SAMPLES labels a pixel."""
    covered = Rect(
        strip.x_px << k, strip.y_px << k, strip.width_px << k, strip.height_px << k
    ).intersection(ids.bounds)
    samples = min(1 << k, SAMPLES)
    step = (1 << k) // samples
    colours = table[ids.read(covered)[::step, ::step]]
    if samples == 1:
        return colours
    height, width = colours.shape
    image = Image.frombuffer("RGBX", (width, height), colours, "raw", "RGBX", 0, 1)
    small = image.reduce(samples)
    return np.frombuffer(small.tobytes(), np.uint32).reshape(small.height, small.width)
