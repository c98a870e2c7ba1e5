"""What the hand does: samples of a stroke, the pen's pressure, smoothing and mirrored painting."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, exp, hypot, isfinite
from typing import Any, ClassVar

import numpy.typing as npt

from app.document.rect import Rect

Point = tuple[float, float]

# A curve is drawn in so many straight pieces.
CURVE_PIECES = 16
SMOOTHING_REACH_PX = 48.0
# The smoothed way is straight between points this close, as a share of the tip's lag. A turn of
# the hand is followed to 1/512 of the lag; after so many points the tip goes as the hand does.
STEPS_PER_LAG = 8
STEPS_OF_A_TURN = 6 * STEPS_PER_LAG


@dataclass(frozen=True)
class StrokeSample:
    """Where the hand is at one moment.

    Attributes:
        x_px: document pixels, may lie outside; 0.0 is the left edge of the first column.
        y_px: likewise from the top.
        pressure: 0..1 of the pen; 1 for a mouse.
        t_ms: when, on any clock.

    Raises:
        ValueError: a place or a pressure that is no finite number.
    """

    x_px: float
    y_px: float
    pressure: float = 1.0
    t_ms: float = 0.0

    def __post_init__(self) -> None:
        if not (isfinite(self.x_px) and isfinite(self.y_px) and isfinite(self.pressure)):
            raise ValueError(f"{self}")


@dataclass(frozen=True)
class PressureCurve:
    """How firmly the hand has to press, as a function from 0..1 to 0..1 that never falls.

    ((p - start) / (full - start)) ** gamma, in CURVE_PIECES straight pieces: between the ends of
    a piece a stroke's width changes evenly, which makes sweeps exact.

    Attributes:
        start: up to this pressure nothing counts.
        full: from this pressure on all counts; 0 for a curve that is 1 everywhere.
        gamma: below 1 for a light hand, above 1 for a heavy one.
        DEFAULT: as the pen says.
        NONE: always 1.

    Raises:
        ValueError: not 0 <= start < full <= 1 and 0.1 <= gamma <= 10.
    """

    start: float = 0.0
    full: float = 1.0
    gamma: float = 1.0

    DEFAULT: ClassVar["PressureCurve"]
    NONE: ClassVar["PressureCurve"]

    def __post_init__(self) -> None:
        rising = 0 <= self.start < self.full <= 1 or self.start == self.full == 0
        if not (rising and 0.1 <= self.gamma <= 10):
            raise ValueError(f"{self}")

    def __call__(self, pressure: float) -> float:
        """What a pressure counts, 0..1; pressures beyond 0..1 count as these."""
        if max(pressure, 0.0) >= self.full:
            return 1.0
        if pressure <= self.start:
            return 0.0
        place = (pressure - self.start) / (self.full - self.start) * self._pieces
        piece = int(place)
        low, high = ((end / self._pieces) ** self.gamma for end in (piece, piece + 1))
        return low + (high - low) * (place - piece)

    def cuts(self, first: float, last: float) -> list[float]:
        """Where, on the way from one pressure to another, the curve has its corners.

        Returns:
            shares of the way, rising, from 0 to 1 and with both.
        """
        if first == last:
            return [0.0, 1.0]
        low, high = min(first, last), max(first, last)
        width = (self.full - self.start) / self._pieces
        corners = (self.start + width * index for index in range(self._pieces + 1))
        inner = {(p - first) / (last - first) for p in corners if low < p < high}
        return [0.0, *sorted(inner), 1.0]

    @property
    def _pieces(self) -> int:
        return 1 if self.gamma == 1 else CURVE_PIECES


PressureCurve.DEFAULT = PressureCurve()
PressureCurve.NONE = PressureCurve(full=0.0)


@dataclass(frozen=True)
class Reflection:
    """One image in the mirrors; exact on the grid of pixels.

    Attributes:
        twice_x_px: twice the place of the axis that swaps left and right, None for none.
        twice_y_px: likewise for top and bottom.
    """

    twice_x_px: int | None = None
    twice_y_px: int | None = None

    def point(self, x_px: float, y_px: float) -> Point:
        return (
            x_px if self.twice_x_px is None else self.twice_x_px - x_px,
            y_px if self.twice_y_px is None else self.twice_y_px - y_px,
        )

    def rect(self, rect: Rect) -> Rect:
        x_px = rect.x_px if self.twice_x_px is None else self.twice_x_px - rect.right_px
        y_px = rect.y_px if self.twice_y_px is None else self.twice_y_px - rect.bottom_px
        return Rect(x_px, y_px, rect.width_px, rect.height_px)

    def mask(self, mask_hw: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A view of the mask as it lies in the image of its rectangle."""
        along_x = 1 if self.twice_x_px is None else -1
        along_y = 1 if self.twice_y_px is None else -1
        return mask_hw[::along_y, ::along_x]


@dataclass(frozen=True)
class Mirror:
    """Axes at which all painting is repeated.

    They run along edges or middles of pixels, so that every pixel has an exact image: others are
    moved to the nearest of these.

    Attributes:
        x_px: of the upright axis, in document pixels, or None. Half the width is the middle.
        y_px: of the level axis, or None.
    """

    x_px: float | None = None
    y_px: float | None = None

    def __post_init__(self) -> None:
        for name, axis_px in (("x_px", self.x_px), ("y_px", self.y_px)):
            if axis_px is not None:
                object.__setattr__(self, name, round(2 * axis_px) / 2)

    @property
    def reflections(self) -> tuple[Reflection, ...]:
        """All images, the thing itself first."""
        along_x = [None] if self.x_px is None else [None, round(2 * self.x_px)]
        along_y = [None] if self.y_px is None else [None, round(2 * self.y_px)]
        return tuple(Reflection(x, y) for y in along_y for x in along_x)

    def points(self, x_px: float, y_px: float) -> tuple[Point, ...]:
        """The point and its images, the point itself first."""
        return tuple(reflection.point(x_px, y_px) for reflection in self.reflections)


NO_MIRROR = Mirror()


class Smoother:
    """Lets the tip follow the hand on a lag, which takes the tremor out of the line.

    The tip T follows the hand H along the hand's way s as dT/ds = (H - T) / lag, solved exactly
    between two samples. So it does not matter how often or how evenly the samples come. Pressure
    rises at once and falls with the lag: a tap is as broad as it was firm, and a stroke tapers.
    """

    def __init__(self, amount: float, reach_px: float = SMOOTHING_REACH_PX) -> None:
        """
        Args:
            amount: 0 for none, 1 for the most.
            reach_px: how far the tip is behind the hand on a straight way at an amount of 1.

        Raises:
            ValueError: an amount beyond 0..1, or a reach that is not positive.
        """
        if not 0 <= amount <= 1 or not reach_px > 0:
            raise ValueError(f"a smoothing of {amount} over {reach_px} px")
        self._lag_px = amount * reach_px
        self._hand: StrokeSample | None = None
        self._tip: StrokeSample | None = None

    def add(self, sample: StrokeSample) -> list[StrokeSample]:
        """Where the tip goes as the hand goes here; the last is where the tip is now."""
        hand, tip = self._hand, self._tip
        self._hand = sample
        way = [sample]
        if hand is not None and tip is not None and self._lag_px > 0:
            way = list(self._followed(hand, sample, tip))
        self._tip = way[-1]
        return way

    def finish(self) -> list[StrokeSample]:
        """The rest of the way to the hand, empty if there is none; then a stroke may begin."""
        hand, tip = self._hand, self._tip
        self._hand = self._tip = None
        return [] if hand is None or hand == tip else [hand]

    def _followed(
        self, hand: StrokeSample, target: StrokeSample, tip: StrokeSample
    ) -> Iterator[StrokeSample]:
        dx, dy = target.x_px - hand.x_px, target.y_px - hand.y_px
        length_px, lag_px = hypot(dx, dy), self._lag_px
        # How far the tip is behind at last, if the hand goes on like that.
        slack = lag_px / length_px if length_px else 0.0

        def followed(start: float, end: float, now: float, share: float) -> float:
            behind = slack * (end - start)
            left = exp(-share * length_px / lag_px)
            return start + (end - start) * share - behind + (now - start + behind) * left

        for share in _shares(length_px, lag_px / STEPS_PER_LAG):
            pressure = hand.pressure + (target.pressure - hand.pressure) * share
            yield StrokeSample(
                followed(hand.x_px, target.x_px, tip.x_px, share),
                followed(hand.y_px, target.y_px, tip.y_px, share),
                max(pressure, followed(hand.pressure, target.pressure, tip.pressure, share)),
                hand.t_ms + (target.t_ms - hand.t_ms) * share,
            )


def _shares(length_px: float, step_px: float) -> Iterator[float]:
    """Shares of a length in steps, closed by 1."""
    steps = min(ceil(length_px / step_px) - 1, STEPS_OF_A_TURN)
    yield from (index * step_px / length_px for index in range(1, steps + 1))
    yield 1.0
