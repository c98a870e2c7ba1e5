"""Areas that tools paint, and how pixels belong to them.

A pixel belongs to an area if its middle lies inside, as for a dab (`TiledArray.stamp`): column 0
reaches from 0.0 to 1.0 and has its middle at 0.5. Of two areas that share a straight edge only
one gets the middles on that edge.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import ceil, floor
from typing import Protocol

import numpy as np
import numpy.typing as npt

from app.document.rect import Rect
from app.document.tiles import TiledArray
from app.tools.stroke import NO_MIRROR, Mirror

MaskHw = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Spans = tuple[Floats, Floats]
"""Where, in each row, something begins and ends; inf and -inf for nowhere."""

# A tip thinner than this reaches no pixel's middle from some places: it draws a line of pixels.
THIN_PX = 0.75
# Middles that lie on a rim exactly must not fall to either side by the rounding of floats: round
# rims take them in.
RIM_PX = 1e-6


class Area(Protocol):
    """Some part of the plane."""

    @property
    def box(self) -> Rect:
        """A rectangle around all its pixels."""
        ...

    def mask(self, rect: Rect) -> MaskHw:
        """Which pixels of `rect`, which may lie anywhere, belong to the area."""
        ...


def painted(ids: TiledArray, area: Area, value: int, mirror: Mirror = NO_MIRROR) -> TiledArray:
    """The labels with `value` in the area and its images, clipped at the borders.

    Raises:
        ValueError: a value beyond the type of the labels.
    """
    for reflection in mirror.reflections:
        rect = area.box.intersection(reflection.rect(ids.bounds))
        mask_hw = reflection.mask(area.mask(rect))
        ids = ids.paint(reflection.rect(rect), mask_hw, value)
    return ids


@dataclass(frozen=True)
class Box:
    """From the edges left and top up to, but without, right and bottom."""

    left_px: float
    top_px: float
    right_px: float
    bottom_px: float

    @property
    def box(self) -> Rect:
        return Rect.spanning(
            *(_first_middle(edge_px) for edge_px in (self.left_px, self.top_px)),
            *(_first_middle(edge_px) for edge_px in (self.right_px, self.bottom_px)),
        )

    def mask(self, rect: Rect) -> MaskHw:
        mask_hw = np.zeros((rect.height_px, rect.width_px), np.bool_)
        mask_hw[_part(self.box, rect)] = True
        return mask_hw


def pixel(x_px: float, y_px: float) -> Box:
    """The one pixel that a point lies in."""
    return Box(floor(x_px), floor(y_px), floor(x_px) + 1, floor(y_px) + 1)


@dataclass(frozen=True)
class Ellipse:
    """An upright ellipse; one that is too thin fills the row or the column of its middle."""

    x_px: float
    y_px: float
    radius_x_px: float
    radius_y_px: float

    @property
    def box(self) -> Rect:
        reach_x_px, reach_y_px = max(self.radius_x_px, 1), max(self.radius_y_px, 1)
        return box_around(
            self.x_px - reach_x_px,
            self.y_px - reach_y_px,
            self.x_px + reach_x_px,
            self.y_px + reach_y_px,
        )

    def mask(self, rect: Rect) -> MaskHw:
        x_px, radius_x_px = _not_too_thin(self.x_px, self.radius_x_px)
        y_px, radius_y_px = _not_too_thin(self.y_px, self.radius_y_px)
        ys = (_middles(rect.y_px, rect.height_px) - y_px) / (radius_y_px + RIM_PX)
        half = (radius_x_px + RIM_PX) * np.sqrt(np.maximum(1 - ys * ys, 0))
        half = np.where(np.abs(ys) <= 1, half, -np.inf)
        return _between((x_px - half, x_px + half), rect)


@dataclass(frozen=True, eq=False)
class Polygon:
    """All that a closed line goes around, however often: its own loops are no holes.

    Attributes:
        points_n2: x and y of the corners; the last is joined to the first.
    """

    points_n2: Floats

    @property
    def box(self) -> Rect:
        if len(self.points_n2) < 3:
            return Rect(0, 0, 0, 0)
        low, high = self.points_n2.min(0), self.points_n2.max(0)
        return box_around(float(low[0]), float(low[1]), float(high[0]), float(high[1]))

    def mask(self, rect: Rect) -> MaskHw:
        """Each row of pixels is crossed by edges; where their directions add up, that is inside."""
        starts, ends = self.points_n2, np.roll(self.points_n2, -1, 0)
        # An edge is looked at from the top, whichever way it goes: so two polygons that share it
        # find the same pixels on it.
        down = np.where(starts[:, 1] < ends[:, 1], 1, -1)
        upper = np.where(down[:, None] > 0, starts, ends)
        lower = np.where(down[:, None] > 0, ends, starts)
        first = _first_middles(upper[:, 1], rect.y_px, rect.height_px)
        counts = _first_middles(lower[:, 1], rect.y_px, rect.height_px) - first
        edge = np.repeat(np.arange(len(first)), counts)
        row = np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts - first, counts)
        run, rise = (lower - upper)[edge].T
        x = upper[edge, 0] + (row + (rect.y_px + 0.5) - upper[edge, 1]) / rise * run
        turns = np.zeros((rect.height_px, rect.width_px + 1), np.int16)
        np.add.at(turns, (row, _first_middles(x, rect.x_px, rect.width_px)), down[edge])
        return np.cumsum(turns[:, :-1], 1, np.int16) != 0


@dataclass(frozen=True)
class Union:
    """All that lies in any of these areas; without any, nothing."""

    areas: Sequence[Area]

    @property
    def box(self) -> Rect:
        return reduce(Rect.union, (area.box for area in self.areas), Rect(0, 0, 0, 0))

    def mask(self, rect: Rect) -> MaskHw:
        mask_hw = np.zeros((rect.height_px, rect.width_px), np.bool_)
        for area in self.areas:
            mask_hw[_part(area.box, rect)] |= area.mask(area.box.intersection(rect))
        return mask_hw


@dataclass(frozen=True)
class Rim:
    """What is left of `area` without `hole`: a closed line, even where that would break.

    Pixels of the area that lie beside one outside stay. They touch one another at sides or corners
    and keep the inside from the outside.
    """

    area: Area
    hole: Area

    @property
    def box(self) -> Rect:
        return self.area.box

    def mask(self, rect: Rect) -> MaskHw:
        area_hw = self.area.mask(rect.grown(1))
        left_hw, right_hw = area_hw[1:-1, :-2], area_hw[1:-1, 2:]
        above_hw, below_hw = area_hw[:-2, 1:-1], area_hw[2:, 1:-1]
        core_hw = left_hw & right_hw & above_hw & below_hw
        return area_hw[1:-1, 1:-1] & ~(core_hw & self.hole.mask(rect))


def _between(spans: Spans, rect: Rect) -> MaskHw:
    """The pixels of `rect` whose middles lie in the span of their row."""
    xs = _middles(rect.x_px, rect.width_px)
    return (xs >= spans[0][:, None]) & (xs <= spans[1][:, None])


def _middles(start_px: int, length_px: int) -> Floats:
    return np.arange(start_px, start_px + length_px, dtype=np.float64) + 0.5


def _first_middle(edge_px: float) -> int:
    """The first pixel whose middle does not lie before an edge."""
    return ceil(edge_px - 0.5)


def _first_middles(edges_px: Floats, start_px: int, length_px: int) -> npt.NDArray[np.intp]:
    """The same for many, in a range of pixels and counted from its start."""
    first = np.ceil(edges_px - 0.5) - start_px
    return np.clip(first, 0, length_px).astype(np.intp)


def _not_too_thin(middle_px: float, radius_px: float) -> tuple[float, float]:
    """A middle and a radius that reach at least one pixel's middle."""
    if radius_px < THIN_PX:
        return floor(middle_px) + 0.5, max(radius_px, 0.25)
    return middle_px, radius_px


def _part(box: Rect, rect: Rect) -> tuple[slice, slice]:
    """Where `box` lies in an array of the pixels of `rect`."""
    inside = box.intersection(rect).moved(-rect.x_px, -rect.y_px)
    return (
        slice(inside.y_px, inside.y_px + inside.height_px),
        slice(inside.x_px, inside.x_px + inside.width_px),
    )


def box_around(left_px: float, top_px: float, right_px: float, bottom_px: float) -> Rect:
    """Whole pixels around these edges, with room for what `RIM_PX` adds."""
    return Rect.spanning(
        floor(left_px - RIM_PX),
        floor(top_px - RIM_PX),
        floor(right_px + RIM_PX) + 1,
        floor(bottom_px + RIM_PX) + 1,
    )
