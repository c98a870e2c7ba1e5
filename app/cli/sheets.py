"""Contact sheets: small pictures before and after, side by side, with their names."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from app.document.io.images import write_image
from app.document.pyramid import Pyramid

MOST_PAIRS = 120
"""Of a larger folder, some all through it are shown."""
THUMB_PX = 256
GAP_PX = 12
BETWEEN_PX = 2
NAME_PX = 20
FONT_PX = 14
GROUND, INK = (246, 244, 240), (48, 46, 44)

Thumb = npt.NDArray[np.uint8]
Thing = TypeVar("Thing")


@dataclass(frozen=True, eq=False)
class Pair:
    """A photo and what became of it.

    Attributes:
        name: of the photo.
        before_hwc, after_hwc: uint8 in sRGB, at most `THUMB_PX` on the longer side.
    """

    name: str
    before_hwc: Thumb
    after_hwc: Thumb


def spread(things: Sequence[Thing], most: int) -> list[Thing]:
    """At most so many of them, all through the row, first and last among them."""
    if len(things) <= most:
        return list(things)
    last = len(things) - 1
    return [things[round(place * last / (most - 1))] for place in range(most)]


def thumbnail(rgb_hwc: npt.NDArray[Any], icc: bytes | None) -> Thumb:
    """A picture for a sheet, in sRGB.

    Args:
        rgb_hwc: H x W x 3, uint8 or uint16.
        icc: the profile that its numbers are in.
    """
    pyramid = Pyramid.of(rgb_hwc, icc)
    return pyramid.thumbnail(min(THUMB_PX, max(pyramid.width_px, pyramid.height_px)))


def write_sheet(path: Path, pairs: Sequence[Pair]) -> None:
    """Write the sheet of these pairs, at least one.

    Raises:
        UserError: as `write_image`.
    """
    write_image(path, np.asarray(drawn(pairs)))


def drawn(pairs: Sequence[Pair]) -> Image.Image:
    """The sheet: rows of as many pairs as make it about square, each as high as its tallest."""
    cell_px = 2 * THUMB_PX + BETWEEN_PX + GAP_PX
    beside_px = NAME_PX + GAP_PX
    heights_px = [max(len(pair.before_hwc), len(pair.after_hwc)) + beside_px for pair in pairs]
    columns = max(1, round(math.sqrt(sum(heights_px) / cell_px)))
    places = range(0, len(pairs), columns)
    rows_px = [max(heights_px[place : place + columns]) for place in places]
    sheet = Image.new("RGB", (GAP_PX + columns * cell_px, GAP_PX + sum(rows_px)), GROUND)
    y = GAP_PX
    for place, row_px in zip(places, rows_px, strict=True):
        for column, pair in enumerate(pairs[place : place + columns]):
            _put(sheet, pair, (GAP_PX + column * cell_px, y), row_px - beside_px)
        y += row_px
    return sheet


def _put(sheet: Image.Image, pair: Pair, at: tuple[int, int], height_px: int) -> None:
    """Draw a pair into a cell with so much room for the pictures, which meet in the middle."""
    x, y = at
    middle = x + THUMB_PX
    before, after = Image.fromarray(pair.before_hwc), Image.fromarray(pair.after_hwc)
    sheet.paste(before, (middle - before.width, y + (height_px - before.height) // 2))
    sheet.paste(after, (middle + BETWEEN_PX, y + (height_px - after.height) // 2))
    font = ImageFont.load_default(FONT_PX)
    name = shortened(pair.name, lambda text: font.getlength(text) <= 2 * THUMB_PX)
    place = (middle + BETWEEN_PX / 2, y + height_px + 2)
    ImageDraw.Draw(sheet).text(place, name, INK, font, anchor="ma")


def shortened(text: str, fits: Callable[[str], bool]) -> str:
    """The text, or as much of its beginning as fits, with an ellipsis."""
    kept = text
    while kept and not fits(text if kept == text else f"{kept}…"):
        kept = kept[:-1]
    return text if kept == text else f"{kept}…"
