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
from app.ui.canvas.painter import TileKey, to_qrect
from app.ui.canvas.tiles import Store, cell_box, cells
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


@dataclass(frozen=True, eq=False)
class InkTile:
    """The ink over a part of the layout."""

    image: QImage
    argb_hw: npt.NDArray[np.uint32]

    @property
    def nbytes(self) -> int:
        return self.argb_hw.nbytes


class Hatches:
    """Paints the patterns of a label map, in tiles that are kept while the zoom stays."""

    def __init__(self, palette: Palette) -> None:
        self._palette = palette
        self._tiles: Store[TileKey, InkTile] = Store(MAX_BYTES)
        self._inks: dict[int, tuple[npt.NDArray[np.intp], npt.NDArray[np.uint32]]] = {}

    def forget(self, changed_px: Rect, ids: TiledArray) -> None:
        """Labels have changed: what shows them is to be made again."""
        self._tiles.drop(lambda key: not _covered(key, ids).intersection(changed_px).is_empty)

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
            make: make the tiles that are not there yet, in half a millisecond each.
        """
        painter.setClipRect(to_qrect(part.within(picture)))
        for cell in cells(picture, part):
            key = TileKey(self, picture.width, picture.height, cell)
            tile = self._tiles.get(key)
            if tile is None and make:
                tile = self._made(key, ids, scale)
                self._tiles.put(key, tile)
            if tile is not None:
                box = cell_box(picture, cell)
                painter.drawImage(QPoint(box.left, box.top), tile.image)

    def _made(self, key: TileKey, ids: TiledArray, scale: int) -> InkTile:
        box = cell_box(Box(0, 0, key.width, key.height), key.cell)
        rows = _sampled(box.top, box.bottom, key.height, ids.height_px)
        columns = _sampled(box.left, box.right, key.width, ids.width_px)
        covered = Rect.spanning(
            int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
        )
        labels = ids.read(covered)[np.ix_(rows - rows[0], columns - columns[0])]
        starts, inks = self._inks_of(ids, scale)
        side = PERIOD_VIEW * scale
        across = np.arange(box.left, box.right) % side
        down = np.arange(box.top, box.bottom) % side * side
        argb_hw = inks[starts[labels] + (down[:, None] + across)]
        image = QImage(
            argb_hw.data,
            box.width,
            box.height,
            4 * box.width,
            QImage.Format.Format_ARGB32_Premultiplied,
        )
        return InkTile(image, argb_hw)

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


def _covered(key: TileKey, ids: TiledArray) -> Rect:
    """What labels a tile may show."""
    box = cell_box(Box(0, 0, key.width, key.height), key.cell)
    return Rect.spanning(
        box.left * ids.width_px // key.width,
        box.top * ids.height_px // key.height,
        -(-box.right * ids.width_px // key.width),
        -(-box.bottom * ids.height_px // key.height),
    )
