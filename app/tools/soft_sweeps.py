"""What a soft tip passes over on straight ways: how deep inside of it every pixel's middle lies.

A tip of radius r has a core of r (1 - softness) and falls from there to the rim at r; where that
would be narrower than a pixel, it falls over one pixel around the middle between the two. *Depth*
is 0 and less outside, 1 and more in the core, and rises evenly in between; `falloff` rounds its
ends off. A pixel's depth under a sweep is the greatest under any place of the tip, in closed form.

Names of shapes: h rows, w columns.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import copysign, hypot, inf, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from app.document.rect import Rect
from app.tools.area import box_around
from app.tools.stroke import Point
from app.tools.sweeps import Tip

Floats = npt.NDArray[Any]

# A rim is at least so broad: what is sharper looks like stairs.
RIM_PX = 1.0
# Ends nearer to each other than this are one place.
NEAR_PX = 1e-6


@dataclass(frozen=True)
class SoftSweep:
    """A soft tip on one straight way, its radius changing evenly.

    Attributes:
        a: the tip where the way begins.
        b: the tip where it ends: elsewhere, or the same one for a dab.
        softness: 0..1, the rim's share of the radius. It makes the rim broader than RIM_PX all the
            way or nowhere: see `soft_sweeps`.
    """

    a: Tip
    b: Tip
    softness: float

    @cached_property
    def box(self) -> Rect:
        """A rectangle around all pixels of a depth above 0."""
        return box_around(
            min(self.a.x_px, self.b.x_px) - self._reach_px,
            min(self.a.y_px, self.b.y_px) - self._reach_px,
            max(self.a.x_px, self.b.x_px) + self._reach_px,
            max(self.a.y_px, self.b.y_px) + self._reach_px,
        )

    def reaches(self, rect: Rect) -> bool:
        """Whether it comes near the circle around a rectangle."""
        along_px, aside_px = self._middle(rect)
        beyond_px = max(-along_px, along_px - self._length_px, 0.0)
        near_px = self._reach_px + hypot(rect.width_px, rect.height_px) / 2
        return hypot(beyond_px, aside_px) < near_px

    def depths(self, rect: Rect) -> Floats:
        """h x w, how deep each pixel of `rect`, which may lie anywhere, lies inside."""
        # Counted from the middle of the rectangle, where float32 is exact enough. With a changing
        # radius it is not: that may change by a lot within a hundredth of a pixel.
        dtype = np.float64 if self._growth else np.float32
        start_px, aside_px = self._middle(rect)
        xs = np.arange(rect.width_px) + (0.5 - rect.width_px / 2)
        ys = np.arange(rect.height_px) + (0.5 - rect.height_px / 2)
        ux, uy = self._along
        along_hw = np.add.outer((ys * uy).astype(dtype), (xs * ux).astype(dtype))
        aside_hw = np.add.outer((ys * ux + aside_px).astype(dtype), (xs * -uy).astype(dtype))
        nearest_hw = self._deepest(along_hw, aside_hw, start_px)
        np.clip(nearest_hw, -start_px, self._length_px - start_px, out=nearest_hw)
        radius = self.a.radius_px
        if self._growth:
            radius = radius + self._growth * (start_px + nearest_hw)
        along_hw -= nearest_hw
        along_hw *= along_hw
        aside_hw *= aside_hw
        aside_hw += along_hw
        return self._depth(np.sqrt(aside_hw, out=aside_hw), radius)

    def _middle(self, rect: Rect) -> Point:
        """How far along the way, and how far beside it, the middle of a rectangle lies."""
        dx = rect.x_px + rect.width_px / 2 - self.a.x_px
        dy = rect.y_px + rect.height_px / 2 - self.a.y_px
        ux, uy = self._along
        return dx * ux + dy * uy, dy * ux - dx * uy

    def _deepest(self, along_hw: Floats, aside_hw: Floats, start_px: float) -> Floats:
        """Where on the way, were it endless, the tip is under which a pixel lies deepest."""
        growth = self._growth
        if not growth:
            return along_hw.copy()
        if self._is_sharp:
            # There the depth falls with the distance from the rim.
            slope = growth * (1 - self.softness / 2)
            if abs(slope) >= 1:
                return np.full_like(along_hw, copysign(inf, growth))
            return along_hw + slope / sqrt(1 - slope * slope) * np.abs(aside_hw)
        # Here it falls with the distance in radii.
        foot_hw = self.a.radius_px + growth * (start_px + along_hw)
        there_hw = foot_hw > 0
        ahead_hw = growth * aside_hw * aside_hw / np.where(there_hw, foot_hw, 1)
        return np.where(there_hw, along_hw + ahead_hw, copysign(inf, growth))

    def _depth(self, distance: Any, radius: Any) -> Any:
        if self._is_sharp:
            return (radius * (1 - self.softness / 2) - distance) / RIM_PX + 0.5
        return (1 - distance / radius) / self.softness

    @cached_property
    def _is_sharp(self) -> bool:
        return self.softness * (self.a.radius_px + self.b.radius_px) / 2 < RIM_PX

    @cached_property
    def _reach_px(self) -> float:
        radius_px = max(self.a.radius_px, self.b.radius_px)
        return radius_px + RIM_PX / 2

    @cached_property
    def _length_px(self) -> float:
        return hypot(self.b.x_px - self.a.x_px, self.b.y_px - self.a.y_px)

    @cached_property
    def _along(self) -> Point:
        """The way's direction."""
        if self._length_px == 0:
            return 1.0, 0.0
        return (
            (self.b.x_px - self.a.x_px) / self._length_px,
            (self.b.y_px - self.a.y_px) / self._length_px,
        )

    @cached_property
    def _growth(self) -> float:
        """By how much the radius grows on each pixel of the way."""
        if self._length_px == 0:
            return 0.0
        return (self.b.radius_px - self.a.radius_px) / self._length_px


def soft_sweeps(tips: list[Tip], softness: float) -> Iterator[SoftSweep]:
    """What a tip passes over from each of these places straight to the next one."""
    for a, b in pairwise(tips):
        if hypot(b.x_px - a.x_px, b.y_px - a.y_px) < NEAR_PX:
            # Of two tips in one place every pixel lies deepest under the larger.
            larger = max(a, b, key=lambda tip: tip.radius_px)
            yield SoftSweep(larger, larger, softness)
        else:
            yield from (
                SoftSweep(start, end, softness)
                for start, end in pairwise(_cut_where_sharp(a, b, softness))
            )


def thinned(tips: list[Tip], tolerance_px: float) -> list[Tip]:
    """Tips of which the ways from one to the next lead past all others (Ramer 1972).

    Args:
        tips: at least one; the first and the last stay.
        tolerance_px: how far past, the radius counting as a third coordinate.
    """
    ways = np.array(tips, np.float64)
    kept = np.zeros(len(tips), np.bool_)
    kept[[0, -1]] = True
    open_parts = [(0, len(tips) - 1)]
    while open_parts:
        first, last = open_parts.pop()
        if last - first < 2:
            continue
        past = _distances(ways[first + 1 : last], ways[first], ways[last])
        if past.max() > tolerance_px:
            middle = first + 1 + int(past.argmax())
            kept[middle] = True
            open_parts += [(first, middle), (middle, last)]
    return [tip for tip, is_kept in zip(tips, kept, strict=True) if is_kept]


def depths(sweeps: list[SoftSweep], rect: Rect) -> Floats | None:
    """h x w, at least 0, the greatest depth under any sweep; None where none comes near `rect`."""
    near = [sweep for sweep in sweeps if sweep.reaches(rect)]
    if not near:
        return None
    depths_hw = np.zeros((rect.height_px, rect.width_px), np.float32)
    for sweep in near:
        box = sweep.box.intersection(rect)
        x, y = box.x_px - rect.x_px, box.y_px - rect.y_px
        part = depths_hw[y : y + box.height_px, x : x + box.width_px]
        np.maximum(part, sweep.depths(box), out=part)
    return depths_hw


def falloff(depths_hw: Floats) -> Floats:
    """Depths as shares: 0 at 0, 1 at 1 and beyond, smoothstep between. It takes their memory."""
    np.minimum(depths_hw, 1, out=depths_hw)
    ends = 3 - 2 * depths_hw
    depths_hw *= depths_hw
    depths_hw *= ends
    return depths_hw


def _distances(
    places_n3: npt.NDArray[np.float64], a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """How far places lie from the straight way between two others."""
    way = b - a
    share = np.clip((places_n3 - a) @ way / max(float(way @ way), NEAR_PX), 0, 1)
    return np.linalg.norm(places_n3 - a - share[:, None] * way, axis=1)


def _cut_where_sharp(a: Tip, b: Tip, softness: float) -> Iterator[Tip]:
    """The ends of a way, and the place between where the rim is as broad as RIM_PX."""
    yield a
    low, high = sorted(softness * tip.radius_px for tip in (a, b))
    if low < RIM_PX < high:
        share = (RIM_PX / softness - a.radius_px) / (b.radius_px - a.radius_px)
        x_px, y_px = (a[i] + (b[i] - a[i]) * share for i in (0, 1))
        yield Tip(x_px, y_px, RIM_PX / softness)
    yield b
