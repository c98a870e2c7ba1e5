"""Lines, rectangles, ellipses and polygons of one label, and how Shift straightens them.

Corners and ends are (x, y) in document pixels and may lie outside. All painting functions give
the very same labels where nothing changed, and raise ValueError for a label beyond the type of the
labels and for places that are no finite numbers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import atan2, copysign, cos, floor, hypot, isfinite, radians, sin

import numpy as np

from app.document.tiles import TiledArray
from app.tools.area import (
    THIN_PX,
    Area,
    Box,
    Ellipse,
    Polygon,
    Rim,
    Union,
    painted,
    pixel,
)
from app.tools.stroke import NO_MIRROR, Mirror, Point
from app.tools.sweeps import Tip, sweeps

SNAP_DEGREES = 15.0


def line(
    ids: TiledArray, a: Point, b: Point, width_px: float, value: int, mirror: Mirror = NO_MIRROR
) -> TiledArray:
    """A straight line with round ends; below a width of 1.5 one of single pixels."""
    _check_finite([a, b])
    radius_px = width_px / 2
    areas = list(sweeps([(Tip(*a, radius_px), Tip(*b, radius_px))]))
    if radius_px < THIN_PX:
        areas += [pixel(*a), pixel(*b)]
    return painted(ids, Union(areas), value, mirror)


@dataclass(frozen=True)
class Shape:
    """Paints what lies between two corners.

    Attributes:
        area_of: the area between two corners, or its rim, this far to either side.
    """

    area_of: Callable[[Point, Point, float | None], Area]

    def __call__(
        self,
        ids: TiledArray,
        a: Point,
        b: Point,
        value: int,
        mirror: Mirror = NO_MIRROR,
        *,
        filled: bool = True,
        width_px: float = 1.0,
    ) -> TiledArray:
        """The labels with the shape upon them.

        Args:
            ids: the labels that are painted upon.
            a: where the hand pressed.
            b: where it is now.
            value: the label that is painted.
            mirror: where it is repeated.
            filled: else only its rim.
            width_px: of the rim, half of it on either side; at least 1.
        """
        _check_finite([a, b])
        half_px = None if filled else max(width_px, 1.0) / 2
        return painted(ids, self.area_of(a, b, half_px), value, mirror)


def _rectangle(a: Point, b: Point, half_px: float | None) -> Area:
    edges = _edges(a[0], b[0]), _edges(a[1], b[1])
    if half_px is None:
        return _box(*edges, 0.0)
    return Rim(_box(*edges, half_px), _box(*edges, -half_px))


def _ellipse(a: Point, b: Point, half_px: float | None) -> Area:
    middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
    radii = (abs(b[0] - a[0]) / 2, abs(b[1] - a[1]) / 2)
    if half_px is None:
        return Ellipse(*middle, *radii)
    outer = Ellipse(*middle, radii[0] + half_px, radii[1] + half_px)
    # A thinner hole would be moved to the middles of pixels.
    if min(radii) - half_px < THIN_PX:
        return outer
    return Rim(outer, Ellipse(*middle, radii[0] - half_px, radii[1] - half_px))


rectangle = Shape(_rectangle)
"""The rectangle between two corners, at least one pixel wide and high."""
ellipse = Shape(_ellipse)
"""The ellipse that fills the rectangle between two corners, at least one pixel."""


def polygon(
    ids: TiledArray, points: Sequence[Point], value: int, mirror: Mirror = NO_MIRROR
) -> TiledArray:
    """All that a closed line goes around: with the hand's points, what a lasso catches.

    Loops that the line makes with itself are filled too. Fewer than three points catch nothing.
    """
    _check_finite(points)
    area = Polygon(np.array(points, np.float64).reshape(-1, 2))
    return painted(ids, area, value, mirror)


def squared(a: Point, b: Point) -> Point:
    """The corner next to `b` that makes the rectangle from `a` a square of the longer side."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    side = max(abs(dx), abs(dy))
    return a[0] + copysign(side, dx), a[1] + copysign(side, dy)


def snapped(a: Point, b: Point, step_degrees: float = SNAP_DEGREES) -> Point:
    """The end that turns the line from `a` to `b` to the nearest step, with the same length."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    step, length = radians(step_degrees), hypot(dx, dy)
    angle = round(atan2(dy, dx) / step) * step
    return a[0] + length * cos(angle), a[1] + length * sin(angle)


def _edges(a_px: float, b_px: float) -> tuple[float, float]:
    """Along one axis the edges of a box; around one pixel if it would hold no pixel's middle."""
    low, high = min(a_px, b_px), max(a_px, b_px)
    if Box(low, 0, high, 1).box.is_empty:
        low = float(floor((low + high) / 2))
        high = low + 1
    return low, high


def _box(along_x: tuple[float, float], along_y: tuple[float, float], grown_px: float) -> Box:
    (left, right), (top, bottom) = along_x, along_y
    return Box(left - grown_px, top - grown_px, right + grown_px, bottom + grown_px)


def _check_finite(points: Sequence[Point]) -> None:
    if not all(isfinite(x) and isfinite(y) for x, y in points):
        raise ValueError(f"a shape through {points}")
