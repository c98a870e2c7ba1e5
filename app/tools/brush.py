"""The brush: samples of the hand in, labels out. The eraser is one with the background's label."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from app.document.tiles import TiledArray
from app.tools.area import THIN_PX, Area, Union, painted, pixel
from app.tools.stroke import (
    NO_MIRROR,
    SMOOTHING_REACH_PX,
    Mirror,
    PressureCurve,
    Smoother,
    StrokeSample,
)
from app.tools.sweeps import Tip, Way, sweeps


@dataclass(frozen=True)
class BrushSettings:
    """How a brush paints.

    Attributes:
        diameter_px: at full pressure, in document pixels, above 0. Below 1.5 it draws lines of
            single pixels.
        square: an upright square tip of that side, in place of a round one.
        curve: what pressure counts.
        smallest: the share of the diameter at no pressure, 0..1.
        smoothing: 0 for none, 1 for the most.
        smoothing_reach_px: how far the tip is behind the hand at the most. In document pixels: who
            wants the same feel at every zoom divides by that.

    Raises:
        ValueError: values beyond these ranges.
    """

    diameter_px: float = 24.0
    square: bool = False
    curve: PressureCurve = PressureCurve.DEFAULT
    smallest: float = 0.1
    smoothing: float = 0.0
    smoothing_reach_px: float = SMOOTHING_REACH_PX

    def __post_init__(self) -> None:
        if not (self.diameter_px > 0 and 0 <= self.smallest <= 1):
            raise ValueError(f"{self}")
        Smoother(self.smoothing, self.smoothing_reach_px)

    def radius_px(self, pressure: float = 1.0) -> float:
        """Half the tip's width at a pressure of 0..1: what an outline at the pointer shows."""
        share = self.smallest + (1 - self.smallest) * self.curve(pressure)
        return self.diameter_px / 2 * share


class BrushStroke:
    """One stroke from press to release.

    It paints all that the tip passes over, without gaps, however fast the hand is. Between two
    samples the hand is taken to go straight and to press evenly, so further samples on that way
    change nothing (with smoothing: nothing but single pixels on the rim).

    Attributes:
        ids: the labels as they are now.
    """

    def __init__(
        self,
        ids: TiledArray,
        value: int,
        settings: BrushSettings,
        mirror: Mirror = NO_MIRROR,
    ) -> None:
        """
        Args:
            ids: the labels that are painted upon.
            value: the label that is painted.
            settings: of the brush.
            mirror: where it is repeated.
        """
        self.ids = ids
        self._value = value
        self._settings = settings
        self._mirror = mirror
        self._smoother = Smoother(settings.smoothing, settings.smoothing_reach_px)
        self._tip: StrokeSample | None = None

    def add(self, sample: StrokeSample) -> TiledArray:
        """The labels after the hand went on to this place; the very same if nothing changed.

        Raises:
            ValueError: a label beyond the type of the labels.
        """
        return self._painted(self._passed(self._smoother.add(sample)))

    def finish(self) -> TiledArray:
        """The labels when the hand is lifted: the tip catches up with it."""
        areas = self._passed(self._smoother.finish())
        if self._tip is not None:
            areas += self._ends(self._tip)
        return self._painted(areas)

    def _painted(self, areas: list[Area]) -> TiledArray:
        self.ids = painted(self.ids, Union(areas), self._value, self._mirror)
        return self.ids

    def _passed(self, samples: list[StrokeSample]) -> list[Area]:
        areas: list[Area] = []
        ways: list[Way] = []
        for sample in samples:
            if self._tip is None:
                areas += self._ends(sample)
            else:
                ways += _between(self._settings, self._tip, sample)
            self._tip = sample
        # All at once: with smoothing the hand's way becomes dozens of short ones.
        return [*areas, *sweeps(ways, square=self._settings.square)]

    def _ends(self, sample: StrokeSample) -> Iterator[Area]:
        """The dab with which a stroke begins and ends: of a thin line the ends are not sure."""
        if self._settings.radius_px(sample.pressure) < THIN_PX:
            yield pixel(sample.x_px, sample.y_px)
        else:
            tip = _tip(self._settings, sample, sample, 0)
            yield from sweeps([(tip, tip)], square=self._settings.square)


def _between(settings: BrushSettings, a: StrokeSample, b: StrokeSample) -> Iterator[Way]:
    """A straight way in parts along which the size of the tip changes evenly."""
    tips = [_tip(settings, a, b, share) for share in settings.curve.cuts(a.pressure, b.pressure)]
    return pairwise(_cut_where_thin(tips))


def _tip(settings: BrushSettings, a: StrokeSample, b: StrokeSample, share: float) -> Tip:
    return Tip(
        a.x_px + (b.x_px - a.x_px) * share,
        a.y_px + (b.y_px - a.y_px) * share,
        settings.radius_px(a.pressure + (b.pressure - a.pressure) * share),
    )


def _cut_where_thin(tips: list[Tip]) -> Iterator[Tip]:
    """The same way, with a stop where a line of pixels becomes a broader one."""
    yield tips[0]
    for a, b in pairwise(tips):
        low, high = sorted((a.radius_px, b.radius_px))
        if low < THIN_PX < high:
            share = (THIN_PX - a.radius_px) / (b.radius_px - a.radius_px)
            x_px, y_px = (a[i] + (b[i] - a[i]) * share for i in (0, 1))
            yield Tip(x_px, y_px, THIN_PX)
        yield b
