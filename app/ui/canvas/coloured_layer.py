"""Small whole numbers as colours, in the sizes that are looked at: labels, levels of a mask."""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image
from PySide6.QtGui import QImage, QPainter

from app.document.rect import Rect
from app.document.tiles import TiledArray, changed_rect
from app.ui.canvas.painter import Wrapped, draw_part
from app.ui.canvas.transform import Box

BLOCK_PX = 64
# So many values along a side are looked at for one pixel of a small size: enough for smooth edges.
SAMPLES = 4
OPAQUE = QImage.Format.Format_RGB32

Colours = npt.NDArray[np.uint32]


class ColouredLayer:
    """Paints an array in the colours of a table. GUI thread only.

    A size is half of the one before, as in a pyramid. Its pixels are made in blocks when they are
    seen first, so opening costs nothing, and a dab only the pixels that it touches. Memory that
    no block was made in is not taken from the machine.

    Attributes:
        ids: the values shown.
    """

    def __init__(
        self,
        ids: TiledArray,
        table: Colours,
        kind: QImage.Format = OPAQUE,
        *,
        even: bool = False,
    ) -> None:
        """
        Args:
            ids: the values to begin with.
            table: the colour of every value there can be, as 32 bits of a pixel.
            kind: how Qt reads these.
            even: the colour of a mean of values is the mean of their colours, which is quicker;
                for uint8.
        """
        self.ids = ids
        self._table = table
        self._kind = kind
        self._even = even
        self._sizes: dict[int, _Size] = {}

    def like(self, ids: TiledArray) -> bool:
        """Whether `replace` can take these: they are of the same size and type."""
        own = self.ids
        same = (own.width_px, own.height_px, own.dtype)
        return same == (ids.width_px, ids.height_px, ids.dtype)

    def replace(self, ids: TiledArray) -> Rect | None:
        """Show other values of the same size; the rectangle that has changed, None for none."""
        changed = changed_rect(self.ids, ids)
        self.ids = ids
        if changed is not None:
            for size in self._sizes.values():
                size.forget(changed)
        return changed

    def paint(self, painter: QPainter, picture: Box, part: Box) -> None:
        """Paint `part` of the array, which fills `picture`: squares, smooth where it shrinks.

        The painter's unit is the device pixel. Its clip is changed.
        """
        width_px, height_px = self.ids.width_px, self.ids.height_px
        shrink = min(width_px / picture.width, height_px / picture.height)
        k = max(0, round(math.log2(shrink)))
        k = min(k, math.floor(math.log2(min(width_px, height_px))))
        if k not in self._sizes:
            self._sizes[k] = _Size(k, width_px, height_px, self._kind, self._even)
        size = self._sizes[k]
        draw_part(
            painter,
            picture,
            part,
            size.image,
            (picture.width * 2**k / width_px, picture.height * 2**k / height_px),
            smooth=shrink > 1,
            before=lambda box: size.make(box, self.ids, self._table),
        )


class _Size:
    """The array in one size: one pixel for 2**k x 2**k values."""

    def __init__(
        self, k: int, width_px: int, height_px: int, kind: QImage.Format, even: bool
    ) -> None:
        self._k = k
        self._even = even
        self._whole = Rect(0, 0, -(-width_px >> k), -(-height_px >> k))
        bgrx_hwc = np.empty((self._whole.height_px, self._whole.width_px, 4), np.uint8)
        self._colours: Colours = bgrx_hwc.view(np.uint32)[..., 0]
        self._wrapped = Wrapped.of(bgrx_hwc, kind)
        blocks = (-(-self._whole.height_px // BLOCK_PX), -(-self._whole.width_px // BLOCK_PX))
        self._stale = np.ones(blocks, np.bool_)
        self._changed = Rect(0, 0, 0, 0)

    @property
    def image(self) -> QImage:
        """Shows what has been made so far."""
        return self._wrapped.image

    def forget(self, changed_px: Rect) -> None:
        """Values have changed: what shows them is to be made again."""
        changed = Rect.spanning(
            changed_px.x_px >> self._k,
            changed_px.y_px >> self._k,
            -(-changed_px.right_px >> self._k),
            -(-changed_px.bottom_px >> self._k),
        )
        self._changed = self._changed.union(changed)

    def make(self, box: Box, ids: TiledArray, table: Colours) -> None:
        """Make what is wanted of a part in pixels of this size."""
        self._mend(Rect.spanning(*box), ids, table)
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
                self._colour(strip, ids, table)
                self._stale[row, first + start : first + stop] = False

    def _mend(self, wanted: Rect, ids: TiledArray, table: Colours) -> None:
        """Make the pixels that have changed, if they are wanted; their blocks are, if not all."""
        changed, self._changed = self._changed, Rect(0, 0, 0, 0)
        rows = slice(changed.y_px // BLOCK_PX, -(-changed.bottom_px // BLOCK_PX))
        columns = slice(changed.x_px // BLOCK_PX, -(-changed.right_px // BLOCK_PX))
        if not wanted.covers(changed):
            self._stale[rows, columns] = True
        elif not self._stale[rows, columns].all():
            self._colour(changed, ids, table)

    def _colour(self, part: Rect, ids: TiledArray, table: Colours) -> None:
        target = self._colours[part.y_px : part.bottom_px, part.x_px : part.right_px]
        target[:] = _coloured(ids, table, part, self._k, even=self._even)


def _runs(stale: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Start and end of what is true in a row."""
    if stale.any():
        edges = np.flatnonzero(np.diff(stale, prepend=False, append=False))
        yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _coloured(ids: TiledArray, table: Colours, strip: Rect, k: int, *, even: bool) -> Colours:
    """The colours of a strip of a size: the means of at most SAMPLES x SAMPLES values a pixel."""
    covered = Rect(
        strip.x_px << k, strip.y_px << k, strip.width_px << k, strip.height_px << k
    ).intersection(ids.bounds)
    samples = min(1 << k, SAMPLES)
    step = (1 << k) // samples
    values = ids.read(covered)[::step, ::step]
    if even:
        return table[np.asarray(Image.fromarray(values).reduce(samples))]
    colours = table[values]
    if samples == 1:
        return colours
    height, width = colours.shape
    image = Image.frombuffer("RGBX", (width, height), colours, "raw", "RGBX", 0, 1)
    small = image.reduce(samples)
    return np.frombuffer(small.tobytes(), np.uint32).reshape(small.height, small.width)
