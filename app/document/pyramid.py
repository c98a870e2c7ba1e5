"""A picture prepared for the screen: 8-bit sRGB in every size from full down to a thumbnail."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.document.io.pixels import to_8_bit, to_srgb

Pixels = npt.NDArray[np.uint8]

COARSEST_PX = 256
SQUARES_ABOVE = 4.0
# Strips of this height stay in the processor's cache: three times as fast as whole pictures.
STRIP_ROWS = 32
B_G_R = (2, 1, 0)
DTYPES = (np.dtype(np.uint8), np.dtype(np.uint16))


@dataclass(frozen=True, eq=False)
class Level:
    """One size of the picture; a pixel of it covers 2**k x 2**k pixels of the picture.

    Attributes:
        bgrx_hwc: uint8, H x W x 4: blue, green, red, 255. Contiguous and read-only: the bytes of
            QImage.Format_RGB32 on little-endian machines. Where a side of the picture is no
            multiple of 2**k, the last pixel reaches beyond the edge.
        image: the same memory for Pillow, which does not mind the order of the channels.
    """

    bgrx_hwc: Pixels
    image: Image.Image

    @classmethod
    def of(cls, bgrx_hwc: Pixels) -> "Level":
        """A level over this memory, which must not change any more."""
        bgrx_hwc.setflags(write=False)
        height_px, width_px = bgrx_hwc.shape[:2]
        image = Image.frombuffer("RGBX", (width_px, height_px), bgrx_hwc, "raw", "RGBX", 0, 1)
        return cls(bgrx_hwc, image)

    def halved(self) -> "Level":
        """The next level: means of 2 x 2 pixels."""
        width_px, height_px = self.image.size
        half_hwc = np.empty(((height_px + 1) // 2, (width_px + 1) // 2, 4), np.uint8)
        # In strips, since Pillow holds the interpreter while pixels are copied out of it.
        for first in range(0, len(half_hwc), STRIP_ROWS):
            end = first + STRIP_ROWS
            box = (0, 2 * first, width_px, min(2 * end, height_px))
            half_hwc[first:end] = _pixels(self.image.reduce(2, box))
        return Level.of(half_hwc)


class Pyramid:
    """A picture as it is shown, immutable. Made on a worker thread, read by any.

    It takes 5.4 bytes a pixel: 128 MB for 24 megapixels, 534 MB for 100.
    """

    def __init__(self, levels: tuple[Level, ...]) -> None:
        self._levels = levels

    @classmethod
    def of(cls, rgb_hwc: npt.NDArray[Any], icc: bytes | None = None) -> "Pyramid":
        """Prepare a picture; 24 megapixels take about 0.1 s, more where a profile is applied.

        Args:
            rgb_hwc: H x W x 3, uint8 or uint16, full range; it is copied.
            icc: the profile that the colours are in; none, or a damaged one, means sRGB.

        Raises:
            ValueError: another shape or type.
        """
        if rgb_hwc.ndim != 3 or rgb_hwc.shape[2] != 3 or 0 in rgb_hwc.shape:
            raise ValueError(f"not an H x W x 3 picture: {rgb_hwc.shape}")
        if rgb_hwc.dtype not in DTYPES:
            raise ValueError(f"neither uint8 nor uint16: {rgb_hwc.dtype}")
        if icc is not None:
            rgb_hwc = to_srgb(to_8_bit(rgb_hwc), icc)
        return cls(tuple(_halves(Level.of(_bgrx(rgb_hwc)))))

    @property
    def width_px(self) -> int:
        """The width of the picture."""
        return self._levels[0].bgrx_hwc.shape[1]

    @property
    def height_px(self) -> int:
        """The height of the picture."""
        return self._levels[0].bgrx_hwc.shape[0]

    @property
    def nbytes(self) -> int:
        """The memory of all levels."""
        return sum(level.bgrx_hwc.nbytes for level in self._levels)

    @property
    def levels(self) -> tuple[Level, ...]:
        """All sizes, the full one first; each is half as large as the one before, rounded up."""
        return self._levels

    def value_at(self, x_px: int, y_px: int) -> tuple[int, int, int]:
        """Red, green and blue of one pixel as they are shown, 0 to 255.

        Raises:
            IndexError: the pixel is outside.
        """
        if not (0 <= x_px < self.width_px and 0 <= y_px < self.height_px):
            raise IndexError(f"({x_px}, {y_px}) is outside the picture")
        blue, green, red, _ = self._levels[0].bgrx_hwc[y_px, x_px].tolist()
        return red, green, blue

    def thumbnail(self, side_px: int) -> Pixels:
        """The whole picture as `rgb_hwc`, contiguous, its longer side `side_px` long."""
        scale = side_px / max(self.width_px, self.height_px)
        size = (max(1, round(self.width_px * scale)), max(1, round(self.height_px * scale)))
        bgrx_hwc = self.crop((0, 0, self.width_px, self.height_px), size)
        return np.ascontiguousarray(bgrx_hwc[..., B_G_R])

    def crop(self, box_px: tuple[float, float, float, float], size: tuple[int, int]) -> Pixels:
        """A part of the picture in another size: averaged over areas where it shrinks, smooth up
        to 400 %, squares above.

        Args:
            box_px: left, top, right, bottom in pixels of the picture, inside it; fractions count.
            size: width and height of the result. 256 x 256 take about 1 ms.

        Returns:
            `bgrx_hwc` as in `Level`, read-only.

        Raises:
            ValueError: the box is empty or reaches beyond the picture.
        """
        left, top, right, bottom = box_px
        if not (0 <= left < right <= self.width_px and 0 <= top < bottom <= self.height_px):
            raise ValueError(f"not a box inside {self.width_px} x {self.height_px}: {box_px}")
        shrink = min((right - left) / size[0], (bottom - top) / size[1])
        k = self.level_for(shrink)
        part = (left / 2**k, top / 2**k, right / 2**k, bottom / 2**k)
        return _pixels(self._levels[k].image.resize(size, _filter(shrink), box=part))

    def level_for(self, shrink: float) -> int:
        """The coarsest level that still has a pixel or more for each one of the result.

        Args:
            shrink: pixels of the picture for one of the result.
        """
        halvings = int(np.floor(np.log2(max(1.0, shrink))))
        return min(halvings, len(self._levels) - 1)


def _filter(shrink: float) -> Image.Resampling:
    if shrink > 1:
        # Pillow's BOX counts whole pixels, which makes steps where the ratio is no whole number.
        return Image.Resampling.HAMMING
    return Image.Resampling.BILINEAR if shrink >= 1 / SQUARES_ABOVE else Image.Resampling.NEAREST


def _bgrx(rgb_hwc: npt.NDArray[Any]) -> Pixels:
    height_px, width_px = rgb_hwc.shape[:2]
    bgrx_hwc = np.empty((height_px, width_px, 4), np.uint8)
    for first in range(0, height_px, STRIP_ROWS):
        rows = slice(first, first + STRIP_ROWS)
        strip = to_8_bit(rgb_hwc[rows])
        # Plane by plane is three times as fast as reversing the last axis.
        for channel, source in enumerate(B_G_R):
            bgrx_hwc[rows, :, channel] = strip[..., source]
        bgrx_hwc[rows, :, 3] = 255
    return bgrx_hwc


def _halves(level: Level) -> Iterator[Level]:
    yield level
    while max(level.bgrx_hwc.shape[:2]) > COARSEST_PX:
        level = level.halved()
        yield level


def _pixels(image: Image.Image) -> Pixels:
    return np.frombuffer(image.tobytes(), np.uint8).reshape(image.height, image.width, 4)
