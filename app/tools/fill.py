"""Filling what has one label."""

from math import floor

import numpy as np
import numpy.typing as npt

from app.document.rect import Rect
from app.document.tiles import TiledArray
from app.tools.stroke import NO_MIRROR, Mirror


def fill(
    ids: TiledArray,
    x_px: float,
    y_px: float,
    value: int,
    mirror: Mirror = NO_MIRROR,
    *,
    contiguous: bool = True,
) -> TiledArray:
    """The labels with `value` in place of the label at a point.

    Args:
        ids: the labels that are painted upon.
        x_px: a place in the pixel where the filling starts; outside, nothing is filled.
        y_px: likewise.
        value: the label that is painted.
        mirror: the filling starts from every image of the pixel too.
        contiguous: only in the area around the pixel that hangs together by the sides of pixels;
            else in the whole map.

    Returns:
        The very same labels if nothing changed.

    Raises:
        ValueError: a label beyond the type of the labels.
    """
    x_px, y_px = floor(x_px) + 0.5, floor(y_px) + 0.5
    for start_x_px, start_y_px in mirror.points(x_px, y_px):
        column, row = floor(start_x_px), floor(start_y_px)
        if ids.bounds.contains(column, row):
            old = ids.value_at(column, row)
            everywhere = value == old or not contiguous
            ids = (
                replace_label(ids, old, value) if everywhere else _flooded(ids, column, row, value)
            )
    return ids


def replace_label(ids: TiledArray, old: int, new: int) -> TiledArray:
    """The labels with `new` wherever `old` was; ValueError for labels beyond the type."""
    values = np.iinfo(ids.dtype).max + 1
    if not (0 <= old < values and 0 <= new < values):
        raise ValueError(f"{old} to {new} in {ids!r}")
    table = np.arange(values, dtype=ids.dtype)
    table[old] = new
    return ids.translate(table)


def _flooded(ids: TiledArray, column: int, row: int, value: int) -> TiledArray:
    # A tenth of a second, which no start of the program should wait for.
    import cv2

    alike_hw: npt.NDArray[np.uint8] = (ids.to_array() == ids.value_at(column, row)).view(np.uint8)
    _, _, _, (x, y, width, height) = cv2.floodFill(alike_hw, None, (column, row), 2, flags=4)
    rect = Rect(x, y, width, height)
    return ids.paint(rect, alike_hw[y : y + height, x : x + width] == 2, value)
