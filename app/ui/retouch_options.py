"""The bar above the canvas of the Edit workspace: how the tool in hand works."""

from typing import Protocol

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QWidget

from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.options import Choice, Fold, StrokeOptions, in_row, short_track
from app.ui.widgets.size_slider import SizeScale, SizeSlider
from app.ui.widgets.slider import AmountSlider, Scale

GAP = 12
MARGIN = 8
TOP = 4
HINT_CHARACTERS = 24
SIZE = SizeScale(default=96.0)
SOFTNESS = Scale(default=0.5, percent=True)
OPACITY = Scale(default=1.0, percent=True)
AMOUNT = Scale(maximum=1.5, default=1.0, step=0.05)
MODES = ("pick", "add", "remove")
FOLDED = ("stroke", "opacity", "softness")
"""What goes behind the button where room is short, the first first."""
BRUSH = ("size", "softness", "opacity", "stroke")
OPTIONS: dict[str, tuple[str, ...]] = {
    "clone": ("size", "aligned", "softness", "opacity", "stroke"),
    "texture": ("size", "amount", "softness", "opacity", "stroke"),
    "region": ("mode", *BRUSH),
    "erase": BRUSH,
}
"""Which options each tool has; a tool that is not named has none."""


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


class RetouchOptions(QWidget):
    """The options of one tool, and what a click with it would do.

    Where room is short, the options of the stroke and then those of the tip go behind a button.

    Signals:
        changed(str, object): an option of `RetouchValues`, by its name, and what it is to be.
        done(): Enter was pressed on a number: the keyboard may go back to the canvas.
    """

    changed = Signal(str, object)
    done = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Options of the tool")
        self._tool = ""
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
        self._hint = ElidedLabel(faint=True)
        self._fold = Fold("Brush")
        self._folded: set[str] = set()
        self._options: dict[str, QWidget] = {
            "mode": self._mode,
            "size": in_row(QLabel("Size"), self._size),
            "aligned": self._aligned,
            "amount": in_row(QLabel("Amount"), self._amount),
            "softness": in_row(QLabel("Softness"), self._softness),
            "opacity": in_row(QLabel("Opacity"), self._opacity),
            "stroke": self._stroke,
        }
        self._arrange()
        self._connect()
        self.set_tool("hand")

    def _arrange(self) -> None:
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(MARGIN, TOP, MARGIN, TOP)
        row.setSpacing(GAP)
        for part in self._options.values():
            row.addWidget(part)
        row.addWidget(self._fold)
        row.addWidget(self._hint, 1)

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

    def set_tool(self, tool: str) -> None:
        """Show the options of this tool, by its name in `app.ui.actions.RETOUCH_TOOLS`."""
        self._tool = tool
        self._fit()

    def set_hint(self, words: str) -> None:
        """What a click does now."""
        self._hint.setText(words)

    def set_values(self, values: RetouchValues) -> None:
        """Show these options, without signals."""
        self._size.set_value(values.size_px)
        self._softness.set_value(values.softness)
        self._opacity.set_value(values.opacity)
        self._amount.set_value(values.amount)
        self._aligned.setChecked(values.aligned)
        self._mode.set_place(MODES.index(values.mode))
        self._stroke.set_values(values.smoothing, values.pressure, values.curve)

    # Room

    def _fit(self) -> None:
        """As much beside each other as there is room for."""
        names = OPTIONS.get(self._tool, ())
        folded: tuple[str, ...] = ()
        for name in FOLDED:
            if self.width() >= self._wanted(folded):
                break
            folded = (*folded, name)
        for name, part in self._options.items():
            part.setVisible(name in names)
        self._put_away({name for name in folded if name in names})

    def _put_away(self, folded: set[str]) -> None:
        """Have these options behind the button, in their order, and the others in the row."""
        if folded != self._folded:
            self._folded = folded
            for place, (name, part) in enumerate(self._options.items()):
                shown = not part.isHidden()
                if name in folded:
                    self._fold.keep(part)
                elif self._row.indexOf(part) < 0:
                    self._row.insertWidget(self._place_of(place), part)
                    part.setVisible(shown)
        self._fold.setVisible(bool(folded))

    def _place_of(self, place: int) -> int:
        """Where an option goes in the row: after those before it that are there."""
        before = list(self._options.values())[:place]
        return sum(self._row.indexOf(part) >= 0 for part in before)

    def _wanted(self, folded: tuple[str, ...]) -> int:
        """The width with these options behind the button."""
        names = [name for name in OPTIONS.get(self._tool, ()) if name not in folded]
        parts = [self._options[name] for name in names] + ([self._fold] if folded else [])
        hint = HINT_CHARACTERS * self.fontMetrics().averageCharWidth()
        widths = sum(part.sizeHint().width() for part in parts)
        return widths + hint + GAP * len(parts) + 2 * MARGIN

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._height)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._wanted(FOLDED), self._height)

    @property
    def _height(self) -> int:
        """The same for every tool: the picture must not jump when another one is taken."""
        return self._size.sizeHint().height() + 2 * TOP

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.done.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    @Slot(bool)
    def _on_aligned(self, on: bool) -> None:
        self.changed.emit("aligned", on)

    @Slot(int)
    def _on_mode(self, place: int) -> None:
        self.changed.emit("mode", MODES[place])
