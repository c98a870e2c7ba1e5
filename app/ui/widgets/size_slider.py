"""The width of a brush: a slider on which small sizes have as much room as large ones."""

import math
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from app.ui.widgets.slider import AmountSlider, Scale

UNITS = 20_000
"""Positions of the slider: more than there are whole pixels, so that each can be typed."""
GROWTH = 1.1


@dataclass(frozen=True)
class SizeScale(Scale):
    """Whole pixels; equal ways on the slider are equal factors."""

    minimum: float = 1.0
    maximum: float = 1024.0
    default: float = 32.0
    step: float = 1.0
    decimals: int = 0

    def to_units(self, value: float) -> int:
        inside = min(max(value, self.minimum), self.maximum)
        return round(UNITS * math.log(inside / self.minimum) / self._reach)

    def to_value(self, units: int) -> float:
        return float(round(self.minimum * math.exp(self._reach * units / UNITS)))

    @property
    def _reach(self) -> float:
        return math.log(self.maximum / self.minimum)


class SizeSlider(AmountSlider):
    """A slider and a number, in document pixels; one nudge is a tenth, at least a pixel."""

    def __init__(self, label: str, scale: Scale, parent: QWidget | None = None) -> None:
        super().__init__(label, scale, compact=True, parent=parent)
        self._number.setSuffix(" px")
        self._fit_number()

    def _show(self, units: int) -> None:
        at, scale = self._scale.to_value(units), self._scale
        # At the whole pixel, or a nudge might only go on to it and change nothing.
        super()._show(scale.to_units(at))
        larger = max(at + 1, at * GROWTH)
        self._track.setSingleStep(scale.to_units(larger) - scale.to_units(at) or 1)
        self._track.setPageStep(scale.to_units(2 * scale.minimum))
