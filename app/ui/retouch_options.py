"""The bar above the canvas of the Edit workspace: how the tool in hand works."""

from typing import Protocol

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QLabel, QWidget

from app.ui.tool_options import WORDS, ToolOptions
from app.ui.widgets.options import Choice, StrokeOptions, in_row, short_track
from app.ui.widgets.size_slider import SizeScale, SizeSlider
from app.ui.widgets.slider import AmountSlider, Scale

SIZE = SizeScale(default=96.0)
SOFTNESS = Scale(default=0.5, percent=True)
OPACITY = Scale(default=1.0, percent=True)
AMOUNT = Scale(maximum=1.5, default=1.0, step=0.05)
MODES = ("pick", "add", "remove")
BRUSH = ("size", "softness", "opacity", "stroke")
OPTIONS: dict[str, tuple[str, ...]] = {
    "clone": ("size", "aligned", "softness", "opacity", "stroke"),
    "texture": ("size", "amount", "softness", "opacity", "stroke"),
    "region": ("mode", *BRUSH),
    "erase": BRUSH,
}


class RetouchValues(Protocol):
    """How the tools work: `app.controllers.retouch_settings.RetouchSettings` is one."""

    @property
    def size_px(self) -> float: ...

    @property
    def softness(self) -> float: ...

    @property
    def opacity(self) -> float: ...

    @property
    def aligned(self) -> bool: ...

    @property
    def amount(self) -> float: ...

    @property
    def mode(self) -> str: ...

    @property
    def smoothing(self) -> float: ...

    @property
    def pressure(self) -> bool: ...

    @property
    def curve(self) -> str: ...


class RetouchOptions(ToolOptions):
    """How the tool in hand works, by the names of `RetouchValues`, and what a click would do."""

    OF_TOOLS = OPTIONS
    FOLDED = ("stroke", "opacity", "softness", WORDS, "amount", "aligned", "mode")
    NAMED = frozenset(BRUSH)
    HINT_CHARACTERS = 24

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Brush", parent)
        self._size = short_track(SizeSlider("Size", SIZE))
        self._softness = short_track(AmountSlider("Softness", SOFTNESS, compact=True))
        self._opacity = short_track(AmountSlider("Opacity", OPACITY, compact=True))
        self._amount = short_track(AmountSlider("Amount of texture", AMOUNT, compact=True))
        self._aligned = QCheckBox("Aligned")
        self._aligned.setAccessibleName("Aligned")
        self._aligned.setToolTip("Every stroke keeps the distance of the first one to the source")
        self._mode = Choice(
            "Region",
            (
                ("", "Pick", "Click what is to be changed; Shift adds, Ctrl or Alt takes away"),
                ("", "Add", "Paint what belongs to the region, too"),
                ("", "Remove", "Paint what does not belong to the region"),
            ),
        )
        self._stroke = StrokeOptions()
        options = {
            "mode": self._mode,
            "size": in_row(QLabel("Size"), self._size),
            "aligned": self._aligned,
            "amount": in_row(QLabel("Amount"), self._amount),
            "softness": in_row(QLabel("Softness"), self._softness),
            "opacity": in_row(QLabel("Opacity"), self._opacity),
            "stroke": self._stroke,
        }
        self._arrange(options)
        self._connect()
        self.set_tool("hand")

    def _connect(self) -> None:
        for name, slider in (
            ("size_px", self._size),
            ("softness", self._softness),
            ("opacity", self._opacity),
            ("amount", self._amount),
        ):
            slider.dragged.connect(lambda value, name=name: self.changed.emit(name, value))
        self._aligned.clicked.connect(self._on_aligned)
        self._mode.chosen.connect(self._on_mode)
        self._stroke.changed.connect(self.changed)

    def set_values(self, values: RetouchValues) -> None:
        """Show these options, without signals."""
        self._size.set_value(values.size_px)
        self._softness.set_value(values.softness)
        self._opacity.set_value(values.opacity)
        self._amount.set_value(values.amount)
        self._aligned.setChecked(values.aligned)
        self._mode.set_place(MODES.index(values.mode))
        self._stroke.set_values(values.smoothing, values.pressure, values.curve)

    @Slot(bool)
    def _on_aligned(self, on: bool) -> None:
        self.changed.emit("aligned", on)

    @Slot(int)
    def _on_mode(self, place: int) -> None:
        self.changed.emit("mode", MODES[place])
