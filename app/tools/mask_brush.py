"""The soft brush: samples of the hand in, a mask's levels out.

Where the tip passes the level is that of the nearest tip, measured in its own radius: 255 times the
opacity in the core, falling smoothly to 0 on the rim. A stroke leaves the highest level that any
place of the tip asks for, so it is even where it crosses itself, and erasing takes the lowest.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt

from app.document.rect import Rect
from app.document.tiles import TiledArray
from app.tools.soft_sweeps import depths, falloff, soft_sweeps, thinned
from app.tools.stroke import (
    NO_MIRROR,
    SMOOTHING_REACH_PX,
    Mirror,
    PressureCurve,
    Smoother,
    StrokeSample,
)
from app.tools.sweeps import Tip

Levels = npt.NDArray[np.uint8]
FULL = 255
# Smoothing makes many short ways of one. They are followed to this share of the tip's lag, which is
# as well as the smoother itself follows the hand.
THINNED = 512
# Strokes are worked out in squares of this side: arrays of them stay in the processor's cache, and
# of a long slanting way only those are looked at that it comes near.
BLOCK_PX = 256


@dataclass(frozen=True)
class SoftBrushSettings:
    """How a soft brush paints.

    Attributes:
        diameter_px: at full pressure, in document pixels, above 0.
        softness: the share of the radius over which the level falls to 0, 0..1; the rim is at
            least one pixel wide.
        opacity: 0..1, of 255, in the core.
        curve: what pressure counts.
        smallest: the share of the diameter at no pressure, 0..1.
        smoothing: 0 for none, 1 for the most.
        smoothing_reach_px: how far the tip is behind the hand at the most, in document pixels.

    Raises:
        ValueError: values beyond these ranges.
    """

    diameter_px: float = 64.0
    softness: float = 0.5
    opacity: float = 1.0
    curve: PressureCurve = PressureCurve.DEFAULT
    smallest: float = 0.1
    smoothing: float = 0.0
    smoothing_reach_px: float = SMOOTHING_REACH_PX

    def __post_init__(self) -> None:
        shares = (self.softness, self.opacity, self.smallest)
        if not (self.diameter_px > 0 and all(0 <= share <= 1 for share in shares)):
            raise ValueError(f"{self}")
        Smoother(self.smoothing, self.smoothing_reach_px)

    def radius_px(self, pressure: float = 1.0) -> float:
        """Half the tip's width at a pressure of 0..1: what an outline at the pointer shows."""
        share = self.smallest + (1 - self.smallest) * self.curve(pressure)
        return self.diameter_px / 2 * share


class MaskStroke:
    """One stroke from press to release.

    Between two samples the hand is taken to go straight and to press evenly, so further samples on
    that way change nothing.

    Attributes:
        levels: as they are now.
    """

    def __init__(
        self,
        levels: TiledArray,
        settings: SoftBrushSettings,
        *,
        erase: bool = False,
        mirror: Mirror = NO_MIRROR,
        limit: Rect | None = None,
    ) -> None:
        """
        Args:
            levels: uint8, that are painted upon.
            settings: of the brush.
            erase: lower levels to 255 minus what the brush would paint.
            mirror: where it is repeated.
            limit: pixels outside stay as they are; None for no limit.
        """
        self.levels = levels
        self._settings = settings
        self._erase = erase
        self._mirror = mirror
        self._bounds = levels.bounds if limit is None else levels.bounds.intersection(limit)
        self._smoother = Smoother(settings.smoothing, settings.smoothing_reach_px)
        self._tip: StrokeSample | None = None

    def add(self, sample: StrokeSample) -> TiledArray:
        """The levels after the hand went on to this place; the very same if nothing changed."""
        return self._painted(self._smoother.add(sample))

    def finish(self) -> TiledArray:
        """The levels when the hand is lifted: the tip catches up with it."""
        return self._painted(self._smoother.finish())

    def _painted(self, samples: list[StrokeSample]) -> TiledArray:
        sweeps = list(soft_sweeps(self._passed(samples), self._settings.softness))
        box = reduce(Rect.union, (sweep.box for sweep in sweeps), Rect(0, 0, 0, 0))
        for reflection in self._mirror.reflections:
            for rect in _blocks(box.intersection(reflection.rect(self._bounds))):
                depths_hw = depths(sweeps, rect)
                if depths_hw is not None:
                    levels_hw = self._levels(depths_hw)
                    self._put(reflection.rect(rect), reflection.mask(levels_hw))
        return self.levels

    def _passed(self, samples: list[StrokeSample]) -> list[Tip]:
        """Where the tip was on its way to these places, from the one before them."""
        tips: list[Tip] = []
        for sample in samples:
            way = list(_tips(self._settings, self._tip or sample, sample))
            tips += way[1:] if tips else way
            self._tip = sample
        lag_px = self._settings.smoothing * self._settings.smoothing_reach_px
        return thinned(tips, lag_px / THINNED) if lag_px and tips else tips

    def _levels(self, depths_hw: npt.NDArray[np.float32]) -> Levels:
        levels_hw = falloff(depths_hw)
        levels_hw *= FULL * self._settings.opacity
        levels_hw += 0.5
        return levels_hw.astype(np.uint8)

    def _put(self, rect: Rect, levels_hw: Levels) -> None:
        if self._erase:
            self.levels = self.levels.lower_to(rect, FULL - levels_hw)
        else:
            self.levels = self.levels.raise_to(rect, levels_hw)


def _tips(settings: SoftBrushSettings, a: StrokeSample, b: StrokeSample) -> Iterator[Tip]:
    """The tip on a straight way, wherever its size begins to change in another manner."""
    for share in settings.curve.cuts(a.pressure, b.pressure):
        yield Tip(
            a.x_px + (b.x_px - a.x_px) * share,
            a.y_px + (b.y_px - a.y_px) * share,
            settings.radius_px(a.pressure + (b.pressure - a.pressure) * share),
        )


def _blocks(box: Rect) -> Iterator[Rect]:
    """The box in pieces."""
    for y_px in range(box.y_px, box.bottom_px, BLOCK_PX):
        for x_px in range(box.x_px, box.right_px, BLOCK_PX):
            yield Rect(x_px, y_px, BLOCK_PX, BLOCK_PX).intersection(box)
