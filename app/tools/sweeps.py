"""What a brush's tip passes over on straight ways, for many short ways at once.

A way covers each row of pixels in one piece: from the leftmost to the rightmost place that it
reaches in that row. So arrays of these pieces, ways x rows, tell all.

Names of shapes: n ways, k edges, h rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.document.rect import Rect
from app.tools.area import RIM_PX, THIN_PX, Area, Floats, MaskHw, Spans, box_around

# Straight edges take in middles that lie on them at the left and the top only, and let those on a
# slope fall to the same side always.
EDGE_PX = np.array((-1e-6, -2e-6))

SQUARE = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float64)
DIAMOND = np.array([(0, -0.5), (0.5, 0), (0, 0.5), (-0.5, 0)], np.float64)

Rows = npt.NDArray[np.intp]


class Tip(NamedTuple):
    """A brush's tip in one place; a square one is twice `radius_px` wide."""

    x_px: float
    y_px: float
    radius_px: float


Way = tuple[Tip, Tip]


def sweeps(ways: Sequence[Way], *, square: bool = False) -> Iterator[Area]:
    """What a tip passes over; on one way it must always be thinner than THIN_PX, or never."""
    tips_n23 = np.array(ways, np.float64).reshape(-1, 2, 3)
    thin = tips_n23[..., 2].sum(1) < 2 * THIN_PX
    if thin.any():
        yield ThinLines(tips_n23[thin])
    if not thin.all():
        broad = tips_n23[~thin]
        yield SquareSweeps(broad) if square else RoundSweeps(broad)


@dataclass(frozen=True, eq=False)
class RoundSweeps:
    """All that a round tip passes over on these ways, its radius changing evenly on each.

    Of each way those are the two discs and what lies between their common tangents.

    Attributes:
        tips_n23: for each way, at least one, the tip where it begins and where it ends.
    """

    tips_n23: Floats

    @property
    def box(self) -> Rect:
        return _box(self.tips_n23[..., :2], self.tips_n23[..., 2:])

    def mask(self, rect: Rect) -> MaskHw:
        rows_nh = _rows(self.tips_n23[..., 1], self.tips_n23[..., 2], rect)
        ys_nh = _middles(rows_nh)
        left_nh, right_nh = _discs(self.tips_n23, ys_nh)
        first_nh, last_nh = _crossings(*_tangents(self.tips_n23), ys_nh)
        spans = np.minimum(left_nh, first_nh), np.maximum(right_nh, last_nh)
        return _filled(spans, rows_nh, rect)


@dataclass(frozen=True, eq=False)
class SquareSweeps:
    """All that a square tip passes over on these ways, its size changing evenly on each.

    Attributes:
        tips_n23: for each way, at least one, the tip where it begins and where it ends.
    """

    tips_n23: Floats

    @property
    def box(self) -> Rect:
        return _box(self.tips_n23[..., :2], self.tips_n23[..., 2:])

    def mask(self, rect: Rect) -> MaskHw:
        rows_nh = _rows(self.tips_n23[..., 1], self.tips_n23[..., 2], rect)
        middles = self.tips_n23[:, :, None, :2] + EDGE_PX
        return _swept(middles + self.tips_n23[:, :, None, 2:] * SQUARE, rows_nh, rect)


@dataclass(frozen=True, eq=False)
class ThinLines:
    """Lines of pixels in each of which a pixel touches the next one, at a side or a corner.

    Those pixels are in a line through whose diamond |dx| + |dy| <= 0.5 around the middle the way
    goes: one in each column of a flat line, one in each row of a steep one. The pixels that the
    ends lie in may be missing: see `app.tools.area.pixel`.

    Attributes:
        tips_n23: for each way, at least one, its ends; the radius is not looked at.
    """

    tips_n23: Floats

    @property
    def box(self) -> Rect:
        return _box(self.tips_n23[..., :2], THIN_PX)

    def mask(self, rect: Rect) -> MaskHw:
        rows_nh = _rows(self.tips_n23[..., 1], THIN_PX, rect)
        # What lies between two pixels belongs to the right and the lower one, as for a dab.
        return _swept(self.tips_n23[:, :, None, :2] + DIAMOND - EDGE_PX, rows_nh, rect)


def _box(places: Floats, reach_px: Floats | float) -> Rect:
    """Whole pixels around all places, ... x (x, y), and what lies so near them."""
    axes = tuple(range(places.ndim - 1))
    low, high = (places - reach_px).min(axes), (places + reach_px).max(axes)
    return box_around(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def _rows(ys_n2: Floats, reach_px: Floats | float, rect: Rect) -> Rows:
    """For each way the rows of `rect` near it; as many as for the one that has most.

    So others get rows that they do not reach, perhaps below `rect`.
    """
    low = np.floor((ys_n2 - reach_px).min(1)) - 1
    high = np.ceil((ys_n2 + reach_px).max(1)) + 1
    first, end = (np.clip(edge, rect.y_px, rect.bottom_px).astype(np.intp) for edge in (low, high))
    return first[:, None] + np.arange(int((end - first).max()), dtype=np.intp)


def _middles(rows_nh: Rows) -> Floats:
    return rows_nh.astype(np.float64) + 0.5


def _discs(tips_n23: Floats, ys_nh: Floats) -> Spans:
    """From and to which columns the discs at the ends of a way reach; inf and -inf for none."""
    x, y, radius = (tips_n23[..., i, None] for i in range(3))
    radius = radius + RIM_PX
    dy = ys_nh[:, None] - y
    half = np.sqrt(np.maximum(radius * radius - dy * dy, 0))
    half = np.where(np.abs(dy) <= radius, half, -np.inf)
    return (x - half).min(1), (x + half).max(1)


def _tangents(tips_n23: Floats) -> tuple[Floats, Floats]:
    """The ends of the common tangents on the first and the second disc, each n x 2 x (x, y).

    The unit normal of one has normal * (b - a) = radius of a - radius of b. Where one disc holds
    the other there is none: both ends are in one place.
    """
    a, b = tips_n23[:, 0], tips_n23[:, 1]
    way = b[:, :2] - a[:, :2]
    length = np.hypot(way[:, 0], way[:, 1])
    shrinks = a[:, 2] - b[:, 2]
    there = length > np.abs(shrinks)
    length = np.where(there, length, 1)
    sine = np.where(there, shrinks / length, 0)
    cosine = np.sqrt(1 - sine * sine)
    along = way / length[:, None]
    across = along[:, ::-1] * (-1, 1) * cosine[:, None]
    ahead = along * sine[:, None]
    normals = np.stack([ahead + across, ahead - across], 1)
    starts, ends = (tip[:, None, :2] + (tip[:, None, 2:] + RIM_PX) * normals for tip in (a, b))
    return starts, np.where(there[:, None, None], ends, starts)


def _swept(corners_n2k2: Floats, rows_nh: Rows, rect: Rect) -> MaskHw:
    """All between convex polygons and the same ones elsewhere, in other sizes.

    The rim of each consists of edges of both and of ways of corners.
    """
    a, b = corners_n2k2[:, 0], corners_n2k2[:, 1]
    starts = np.concatenate([a, b, a], 1)
    ends = np.concatenate([np.roll(a, -1, 1), np.roll(b, -1, 1), b], 1)
    return _filled(_crossings(starts, ends, _middles(rows_nh)), rows_nh, rect)


def _crossings(starts_nk2: Floats, ends_nk2: Floats, ys_nh: Floats) -> Spans:
    """For each row the first and the last place at which it is crossed by one of the edges."""
    x, y = starts_nk2[..., 0, None], starts_nk2[..., 1, None]
    run, rise = ends_nk2[..., 0, None] - x, ends_nk2[..., 1, None] - y
    height = ys_nh[:, None] - y
    share = np.divide(height, rise, out=np.full(height.shape, np.inf), where=rise != 0)
    crossed = (share >= 0) & (share <= 1)
    crossings = x + np.where(crossed, share, 0) * run
    return (
        np.where(crossed, crossings, np.inf).min(1),
        np.where(crossed, crossings, -np.inf).max(1),
    )


def _filled(spans: Spans, rows_nh: Rows, rect: Rect) -> MaskHw:
    """The pixels of `rect` whose middles lie in a span of their row."""
    # A column more, in which the spans end that reach the right border.
    width = rect.width_px + 1
    first, end = (
        np.clip(edge - rect.x_px, 0, rect.width_px).astype(np.intp)
        for edge in (np.ceil(spans[0] - 0.5), np.floor(spans[1] - 0.5) + 1)
    )
    seen = (first < end) & (rows_nh < rect.bottom_px)
    line = (rows_nh[seen] - rect.y_px) * width
    turns = np.zeros(rect.height_px * width, np.int16)
    # Of the array's own type: with a number of Python's numpy takes fifty times as long.
    one = np.int16(1)
    np.add.at(turns, line + first[seen], one)
    np.subtract.at(turns, line + end[seen], one)
    covered = np.cumsum(turns, dtype=np.int16) > 0
    return covered.reshape(rect.height_px, width)[:, :-1]
