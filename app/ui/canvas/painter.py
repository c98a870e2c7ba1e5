"""Pictures on the screen: straight from a pyramid's level, or from sharp tiles where it shrinks.

QImage shares the memory of the arrays that it wraps here, and nowhere else: each one is kept
beside its array.
"""

import math
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from app.document.pyramid import Pyramid
from app.ui.canvas.tiles import Cell, Store, cell_box, cells
from app.ui.canvas.transform import Box

# Above this zoom, in device pixels for one document pixel, pixels are squares.
SQUARES_ABOVE = 4.0
# Up to this many pixels in one, bilinear filtering is nearer to the mean of an area than a tile is.
TILES_ABOVE = 1.25
# Tiles of two pictures and a ring around them, at least so many bytes.
MIN_TILE_BYTES = 64 * 2**20
VIEWS_OF_TILES = 6
# What bilinear filtering looks at beyond the part that is painted.
BORDER_PX = 2


@dataclass(frozen=True, eq=False)
class Wrapped:
    """A QImage and the memory that it shows."""

    image: QImage
    bgrx_hwc: npt.NDArray[np.uint8]

    @classmethod
    def of(
        cls,
        bgrx_hwc: npt.NDArray[np.uint8],
        kind: QImage.Format = QImage.Format.Format_RGB32,
    ) -> "Wrapped":
        """Show contiguous, read-only uint8 pixels, H x W x 4: blue, green, red, 255.

        `kind` tells what else the fourth is.
        """
        height, width = bgrx_hwc.shape[:2]
        image = QImage(bgrx_hwc.data, width, height, 4 * width, kind)
        return cls(image, bgrx_hwc)


class Layer:
    """One picture that can be painted. Equal by identity."""

    def __init__(self, pyramid: Pyramid) -> None:
        self.pyramid = pyramid
        self._levels: dict[int, Wrapped] = {}

    def shrink(self, picture: Box) -> float:
        """Pixels of this picture for one device pixel where it fills the box `picture`."""
        return min(
            self.pyramid.width_px / picture.width,
            self.pyramid.height_px / picture.height,
        )

    def paint(self, painter: QPainter, picture: Box, part: Box, *, smooth: bool) -> None:
        """Paint `part` of the picture, which fills `picture`, bilinear, or else in squares.

        The painter's unit is the device pixel. Its clip is changed.
        """
        part = part.within(picture)
        if part.is_empty:
            return
        k = self._nearest_level(self.shrink(picture))
        across = picture.width * 2**k / self.pyramid.width_px
        down = picture.height * 2**k / self.pyramid.height_px
        draw_part(painter, picture, part, self._wrapped(k).image, (across, down), smooth=smooth)

    def _nearest_level(self, shrink: float) -> int:
        k = max(0, round(math.log2(shrink)))
        return min(k, len(self.pyramid.levels) - 1)

    def _wrapped(self, k: int) -> Wrapped:
        if k not in self._levels:
            self._levels[k] = Wrapped.of(self.pyramid.levels[k].bgrx_hwc)
        return self._levels[k]


@dataclass(frozen=True, eq=False)
class Tile:
    """A part of a shrunk picture, each pixel the mean of what it covers."""

    image: QImage

    @property
    def nbytes(self) -> int:
        """The memory."""
        return self.image.sizeInBytes()


@dataclass(frozen=True)
class TileKey:
    """One tile of a picture at one size.

    Attributes:
        layer: the picture, by identity.
        width, height: of the whole picture, in device pixels.
    """

    layer: object
    width: int
    height: int
    cell: Cell


class SharpPainter:
    """Paints layers from area-filtered tiles where they shrink and the tiles are there.

    Where they are not, and where the picture does not shrink, it paints from the pyramid.
    """

    def __init__(self) -> None:
        self.tiles: Store[TileKey, Tile] = Store(MIN_TILE_BYTES)

    def fit(self, width: float, height: float) -> None:
        """Keep as many tiles as a view of this size needs, in device pixels."""
        view_bytes = 4 * math.ceil(width) * math.ceil(height)
        self.tiles.max_bytes = max(MIN_TILE_BYTES, VIEWS_OF_TILES * view_bytes)

    def paint(
        self, painter: QPainter, layer: Layer, picture: Box, part: Box, *, smooth: bool
    ) -> None:
        """Paint `part` of the picture, which fills `picture`; in device pixels."""
        if not self._shrinks(layer, picture):
            layer.paint(painter, picture, part, smooth=smooth)
            return
        missing = (cell_box(picture, cell) for cell in self.missing(layer, picture, part))
        for strip in _strips(missing):
            layer.paint(painter, picture, strip.within(part), smooth=smooth)
        painter.setClipRect(to_qrect(part))
        for cell in cells(picture, part):
            if tile := self.tiles.get(_key(layer, picture, cell)):
                box = cell_box(picture, cell)
                painter.drawImage(QPoint(box.left, box.top), tile.image)

    def missing(self, layer: Layer, picture: Box, part: Box) -> Iterator[Cell]:
        """The tiles that are still to be made before `part` is sharp."""
        if self._shrinks(layer, picture):
            for cell in cells(picture, part):
                if _key(layer, picture, cell) not in self.tiles:
                    yield cell

    def make(self, layer: Layer, picture: Box, cell: Cell) -> None:
        """Make one tile, in about a millisecond: painted in double size, then halved."""
        box = cell_box(picture, cell)
        double = QImage(2 * box.width, 2 * box.height, QImage.Format.Format_RGB32)
        whole = Box(*(2 * (edge - box[i % 2]) for i, edge in enumerate(picture)))
        painter = QPainter(double)
        layer.paint(painter, whole, Box(0, 0, double.width(), double.height()), smooth=True)
        painter.end()
        image = double.scaled(
            box.width,
            box.height,
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        self.tiles.put(_key(layer, picture, cell), Tile(image))

    def keep(self, layers: Collection[Layer]) -> None:
        """Drop the tiles of all other layers."""
        self.tiles.drop(lambda key: key.layer not in layers)

    def _shrinks(self, layer: Layer, picture: Box) -> bool:
        return layer.shrink(picture) > TILES_ABOVE


def draw_part(
    painter: QPainter,
    picture: Box,
    part: Box,
    image: QImage,
    scale: tuple[float, float],
    *,
    smooth: bool,
    before: Callable[[Box], None] | None = None,
) -> None:
    """Draw `part` of an image that fills `picture`, bilinear, or else in squares.

    The painter's unit is the device pixel. Its clip is changed.

    Args:
        scale: device pixels for one of the image, across and down; its right and lower edge may
            reach beyond `picture`.
        before: is told which part of the image is needed, in its pixels.
    """
    across, down = scale
    # Only what is in sight: far outside, Qt's fixed-point numbers would overflow.
    needed = Box(
        max(0, math.floor((part.left - picture.left) / across) - BORDER_PX),
        max(0, math.floor((part.top - picture.top) / down) - BORDER_PX),
        min(image.width(), math.ceil((part.right - picture.left) / across) + BORDER_PX),
        min(image.height(), math.ceil((part.bottom - picture.top) / down) + BORDER_PX),
    )
    if before is not None:
        before(needed)
    target = QRectF(
        picture.left + needed.left * across,
        picture.top + needed.top * down,
        needed.width * across,
        needed.height * down,
    )
    painter.setClipRect(to_qrect(part))
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
    painter.drawImage(target, image, QRectF(to_qrect(needed)))


def to_qrect(box: Box) -> QRect:
    """The same for Qt."""
    return QRect(box.left, box.top, box.width, box.height)


def _key(layer: Layer, picture: Box, cell: Cell) -> TileKey:
    return TileKey(layer, picture.width, picture.height, cell)


def _strips(boxes: Iterable[Box]) -> Iterator[Box]:
    """The same, with neighbours in a row joined. A box around all could be the whole view."""
    strip: Box | None = None
    for box in boxes:
        if strip is not None and (strip.right, strip.top) == (box.left, box.top):
            strip = strip._replace(right=box.right)
            continue
        if strip is not None:
            yield strip
        strip = box
    if strip is not None:
        yield strip
