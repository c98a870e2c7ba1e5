"""Patterns over the labels' colours, as fine on the screen at every zoom."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint
from PySide6.QtGui import QBrush, QImage, QPainter, QTransform

from app.document.palette import Palette
from app.document.rect import Rect
from app.document.tiles import TiledArray
from app.ui.canvas.painter import to_qrect
from app.ui.canvas.tiles import Cell, Store, cell_box, cells
from app.ui.canvas.transform import Box

# Patterns repeat after this many view pixels in both directions.
PERIOD_VIEW = 16
LINES_VIEW = 8
MAX_BYTES = 128 * 2**20
# Premultiplied, as 0xaarrggbb: black on light colours, white on dark ones.
BLACK = 0x5A000000
WHITE = 0x66666666
LIGHT_ABOVE = 110.0

Grid = npt.NDArray[np.float64]
Pattern = Callable[[Grid, Grid], npt.NDArray[np.bool_]]


def _thin(along: Grid, width: float = 1.0) -> npt.NDArray[np.bool_]:
    return along % LINES_VIEW < width


# Of the middle of a pixel, in view pixels; a slanting line is as thick as a level one.
DRAWN: dict[str, Pattern] = {
    "lines": lambda x, y: _thin(y),
    "columns": lambda x, y: _thin(x),
    "cross": lambda x, y: _thin(x) | _thin(y),
    "diagonal": lambda x, y: _thin(x + y, math.sqrt(2)),
    "back-diagonal": lambda x, y: _thin(x - y, math.sqrt(2)),
    "lattice": lambda x, y: _thin(x + y, math.sqrt(2)) | _thin(x - y, math.sqrt(2)),
    "dots": lambda x, y: np.hypot(x % LINES_VIEW - 4, y % LINES_VIEW - 4) < 1.75,
    "waves": lambda x, y: _thin(y + 2 * np.sin(2 * math.pi * x / PERIOD_VIEW), 1.2),
}


@lru_cache(maxsize=64)
def hatched(pattern: str, scale: int) -> npt.NDArray[np.bool_]:
    """Where a pattern has ink: a square that repeats, PERIOD_VIEW * scale device pixels wide."""
    side = PERIOD_VIEW * scale
    middles = (np.arange(side) + 0.5) / scale
    x, y = np.meshgrid(middles, middles)
    drawn = DRAWN.get(pattern)
    ink_hw = np.zeros((side, side), np.bool_) if drawn is None else drawn(x, y)
    ink_hw.flags.writeable = False
    return ink_hw


def ink_on(rgb: tuple[int, int, int]) -> int:
    """The ink that can be seen on a colour: premultiplied 0xaarrggbb."""
    red, green, blue = rgb
    return BLACK if 0.3 * red + 0.59 * green + 0.11 * blue > LIGHT_ABOVE else WHITE


def pattern_brush(pattern: str, rgb: tuple[int, int, int], scale: int) -> QBrush:
    """The ink of a pattern over a colour, to fill shapes with; in view pixels.

    Its lines begin half a step from the brush's origin: a small shape shows the first one too.

    Args:
        pattern: of `app.document.palette.PATTERNS`; an unknown one is none.
        rgb: the colour under it.
        scale: device pixels for one view pixel, whole.
    """
    inset = LINES_VIEW * scale // 2
    ink_hw = np.roll(hatched(pattern, scale), (inset, inset), (0, 1))
    argb_hw = ink_hw * np.uint32(ink_on(rgb))
    side = len(argb_hw)
    kind = QImage.Format.Format_ARGB32_Premultiplied
    # A copy: Qt does not keep the array alive.
    brush = QBrush(QImage(argb_hw.data, side, side, 4 * side, kind).copy())
    brush.setTransform(QTransform.fromScale(1 / scale, 1 / scale))
    return brush


@dataclass(eq=False)
class InkTile:
    """The ink over a part of the layout.

    Attributes:
        image: shows the memory of `argb_hw`, premultiplied 0xaarrggbb.
        stale: what is to be made again, from the tile's top left corner.
    """

    image: QImage
    argb_hw: npt.NDArray[np.uint32]
    stale: Rect

    @property
    def nbytes(self) -> int:
        return self.argb_hw.nbytes


class Hatches:
    """Paints the patterns of a label map, in tiles that are kept while the zoom stays."""

    def __init__(self, palette: Palette) -> None:
        self._palette = palette
        self._whole = Box(0, 0, 0, 0)
        self._scale = 1
        self._tiles: Store[Cell, InkTile] = Store(MAX_BYTES)
        self._inks: dict[int, tuple[npt.NDArray[np.intp], npt.NDArray[np.uint32]]] = {}

    def forget(self, changed_px: Rect, ids: TiledArray) -> None:
        """Labels have changed: what shows them is to be made again."""
        width, height = self._whole.width, self._whole.height
        changed = Box(
            changed_px.x_px * width // ids.width_px,
            changed_px.y_px * height // ids.height_px,
            -(-changed_px.right_px * width // ids.width_px),
            -(-changed_px.bottom_px * height // ids.height_px),
        )
        for cell in cells(self._whole, changed):
            if (tile := self._tiles.get(cell)) is not None:
                box = cell_box(self._whole, cell)
                part = Rect.spanning(*changed.within(box)).moved(-box.left, -box.top)
                tile.stale = tile.stale.union(part)

    def paint(
        self,
        painter: QPainter,
        ids: TiledArray,
        picture: Box,
        part: Box,
        scale: int,
        *,
        make: bool = True,
    ) -> None:
        """Paint the ink over `part` of the layout, which fills `picture`; in device pixels.

        Args:
            scale: device pixels for one view pixel, whole.
            make: make the tiles that are not there yet, in half a millisecond each, and what is
                out of date in others, which else are left out.
        """
        self._fit(Box(0, 0, picture.width, picture.height), scale)
        painter.setClipRect(to_qrect(part.within(picture)))
        for cell in cells(picture, part):
            tile = self._made(cell, ids) if make else self._tiles.get(cell)
            if tile is not None and tile.stale.is_empty:
                box = cell_box(picture, cell)
                painter.drawImage(QPoint(box.left, box.top), tile.image)

    def _fit(self, whole: Box, scale: int) -> None:
        """Another zoom: no tile is of use any more."""
        if (whole, scale) != (self._whole, self._scale):
            self._whole, self._scale = whole, scale
            self._tiles.drop(lambda _: True)

    def _made(self, cell: Cell, ids: TiledArray) -> InkTile:
        """A tile as it is to be seen."""
        tile, box = self._tiles.get(cell), cell_box(self._whole, cell)
        if tile is None:
            argb_hw = np.empty((box.height, box.width), np.uint32)
            kind = QImage.Format.Format_ARGB32_Premultiplied
            image = QImage(argb_hw.data, box.width, box.height, 4 * box.width, kind)
            tile = InkTile(image, argb_hw, Rect(0, 0, box.width, box.height))
            self._tiles.put(cell, tile)
        stale, tile.stale = tile.stale, Rect(0, 0, 0, 0)
        if not stale.is_empty:
            target = tile.argb_hw[stale.y_px : stale.bottom_px, stale.x_px : stale.right_px]
            target[:] = self._ink(stale.moved(box.left, box.top), ids)
        return tile

    def _ink(self, part: Rect, ids: TiledArray) -> npt.NDArray[np.uint32]:
        """The ink of a part of the screen, counted from the layout's corner."""
        rows = _sampled(part.y_px, part.bottom_px, self._whole.height, ids.height_px)
        columns = _sampled(part.x_px, part.right_px, self._whole.width, ids.width_px)
        covered = Rect.spanning(
            int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
        )
        labels = ids.read(covered)[np.ix_(rows - rows[0], columns - columns[0])]
        starts, inks = self._inks_of(ids, self._scale)
        side = PERIOD_VIEW * self._scale
        across = np.arange(part.x_px, part.right_px) % side
        down = np.arange(part.y_px, part.bottom_px) % side * side
        return inks[starts[labels] + (down[:, None] + across)]

    def _inks_of(
        self, ids: TiledArray, scale: int
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.uint32]]:
        """For each id where its pattern starts in the second array: all of them, pixel by pixel."""
        if scale not in self._inks:
            kinds = [("", BLACK)]
            starts = np.zeros(np.iinfo(ids.dtype).max + 1, np.intp)
            for label in self._palette.labels:
                kind = (label.pattern, ink_on(label.rgb))
                if label.pattern and label.id < len(starts):
                    if kind not in kinds:
                        kinds.append(kind)
                    starts[label.id] = kinds.index(kind) * (PERIOD_VIEW * scale) ** 2
            inks = [hatched(pattern, scale).ravel() * np.uint32(ink) for pattern, ink in kinds]
            self._inks[scale] = (starts, np.concatenate(inks))
        return self._inks[scale]


def _sampled(first: int, end: int, size: int, size_px: int) -> npt.NDArray[np.intp]:
    """The document's column, or row, at the middle of each pixel of the screen."""
    return ((2 * np.arange(first, end) + 1) * size_px // (2 * size)).astype(np.intp)
