"""The part of the retouching panel that belongs to the region tool."""

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.tools.region import STEP, USUAL
from app.ui.panels.no_layout import centred
from app.ui.panels.slider_row import ON_THE_TRACK
from app.ui.widgets.options import in_row
from app.ui.widgets.slider import AmountSlider, Scale

GAP = 8
THRESHOLD = Scale(minimum=0.0, maximum=1.0, default=USUAL, step=STEP, percent=True)
AXIS = "structure:"
NO_REGION = "Click what is to be changed"
NO_PROPOSAL = (
    "This region was painted or comes from a file: it has no threshold."
    " Pick the place for a new one."
)
NO_AXES = "No directions are known along which this model could move a region."
READING = "Asking the model for its directions…"


class RegionLike(Protocol):
    """What is to be seen of a region: `app.controllers.regions.RegionFacts` is one."""

    @property
    def exists(self) -> bool: ...

    @property
    def threshold(self) -> float | None: ...

    @property
    def contiguous(self) -> bool: ...

    @property
    def amounts(self) -> tuple[tuple[str, float], ...]: ...

    @property
    def axes(self) -> tuple[float, ...] | None: ...

    @property
    def copied(self) -> bool: ...


class RegionPart(QWidget):
    """Threshold, move and its copies. Decides nothing: says what is wished.

    Signals:
        threshold_dragged(float), threshold_committed(float): 0..1; see AmountSlider.
        contiguous_switched(bool): only what hangs together with the clicked place.
        moved(str, float), move_committed(str, float): a direction, and deviations along it.
        copy_wanted(), paste_wanted(), reset_wanted(): the move as a whole.
    """

    threshold_dragged = Signal(float)
    threshold_committed = Signal(float)
    contiguous_switched = Signal(bool)
    moved = Signal(str, float)
    move_committed = Signal(str, float)
    copy_wanted = Signal()
    paste_wanted = Signal()
    reset_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._words = centred()
        self._threshold = AmountSlider("Threshold", THRESHOLD)
        self._contiguous = QCheckBox("Connected only")
        self._contiguous.setAccessibleName("Connected only")
        self._contiguous.setToolTip("Only what hangs together with the clicked place")
        self._sliders: list[AmountSlider] = []
        self._rows: list[QWidget] = []
        self._axes: tuple[float, ...] = ()
        self._copy = _button("Copy move", "Copy how far this region is moved")
        self._paste = _button("Paste move", "Move this region as far as the one copied from")
        self._reset = _button("Reset", "Have the region where it was")
        self._reset.setAccessibleName("Reset region")
        self._moves_words = centred()
        self._moves = QVBoxLayout()
        self._moves.setSpacing(4)
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        for button in (self._copy, self._paste, self._reset):
            buttons.addWidget(button, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self._words)
        column.addWidget(self._threshold)
        column.addWidget(self._contiguous)
        column.addWidget(self._moves_words)
        column.addLayout(self._moves)
        column.addLayout(buttons)

    def _connect(self) -> None:
        self._threshold.dragged.connect(self.threshold_dragged)
        self._threshold.committed.connect(self.threshold_committed)
        self._contiguous.clicked.connect(self.contiguous_switched)
        self._copy.clicked.connect(self.copy_wanted)
        self._paste.clicked.connect(self.paste_wanted)
        self._reset.clicked.connect(self.reset_wanted)

    def show_region(self, facts: RegionLike) -> None:
        """Show what there is of the active region; without signals."""
        known = facts.threshold is not None
        _say(self._words, NO_REGION if not facts.exists else "" if known else NO_PROPOSAL)
        axes = facts.axes or ()
        moves_words = READING if facts.axes is None else "" if axes else NO_AXES
        _say(self._moves_words, moves_words if facts.exists else "")
        for part in (self._threshold, self._contiguous):
            part.setVisible(known)
        if facts.threshold is not None:
            self._threshold.set_value(facts.threshold)
            self._contiguous.setChecked(facts.contiguous)
        if axes != self._axes:
            self._make_sliders(axes)
        amounts = dict(facts.amounts)
        for place, slider in enumerate(self._sliders):
            self._rows[place].setVisible(facts.exists)
            slider.set_value(amounts.get(f"{AXIS}{place}", 0.0))
        self._copy.setEnabled(bool(facts.amounts))
        self._reset.setEnabled(bool(facts.amounts))
        self._paste.setEnabled(facts.copied)

    @property
    def sliders(self) -> Sequence[AmountSlider]:
        """One for each direction, in their order."""
        return tuple(self._sliders)

    def _make_sliders(self, axes: tuple[float, ...]) -> None:
        self._axes = axes
        for row in self._rows:
            row.hide()
            row.deleteLater()
        self._sliders, self._rows = [], []
        for place, share in enumerate(axes):
            name = f"Direction {place + 1}"
            slider = AmountSlider(f"{name}, {share:.0%} of what varies", ON_THE_TRACK, compact=True)
            axis = f"{AXIS}{place}"
            slider.dragged.connect(lambda amount, axis=axis: self.moved.emit(axis, amount))
            slider.committed.connect(
                lambda amount, axis=axis: self.move_committed.emit(axis, amount)
            )
            row = in_row(QLabel(name), slider)
            self._moves.addWidget(row)
            self._sliders.append(slider)
            self._rows.append(row)


def _say(label: QLabel, words: str) -> None:
    label.setText(words)
    label.setVisible(bool(words))


def _button(words: str, tip: str) -> QPushButton:
    button = QPushButton(words)
    button.setAccessibleName(words)
    button.setToolTip(tip)
    return button
