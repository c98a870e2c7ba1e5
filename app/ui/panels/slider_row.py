"""One slider of the texture code: its name, its value, and what the picture looks like along it."""

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from app.controllers.slider_strip import EMPTY, Stop
from app.controllers.sliders import SliderRow
from app.ui.dialogs import parts
from app.ui.icons import icon
from app.ui.widgets.named_row import NamedRow, row_button
from app.ui.widgets.slider import AmountSlider, Scale
from app.ui.widgets.thumbnail import GAP, ThumbnailItem, ThumbnailList
from models.edits import DEVIATIONS as HIGHEST

ON_THE_TRACK = Scale(
    minimum=-3.0,
    maximum=3.0,
    default=0.0,
    step=0.1,
    ticks=((0.0, ""),),
    reach=HIGHEST,
    origin=0.0,
)
STOP_SIDE = 40
MARGIN = 4
FOLDS = {Qt.Key.Key_Right: True, Qt.Key.Key_Left: False}


def deviations_words(value: float) -> str:
    """ "+1.5", "0", with a sign for minus that is as wide as that for plus."""
    sign = "\N{MINUS SIGN}" if value < 0 else "+" if value > 0 else ""
    return f"{sign}{abs(value):g}"


def share_words(share: float | None) -> str:
    """ "14 %"; empty where nothing is known."""
    if share is None:
        return ""
    return f"{share:.0%}".replace("%", " %") if share >= 0.01 else "< 1 %"


class Strip(QWidget):
    """The picture at five places of the slider, and what can be done with one's own slider.

    Signals:
        chosen(float): the slider shall stand where this picture is.
        saved(), removed(), kept(): of an own slider: into a file for others, out of the library,
            into it.
    """

    chosen = Signal(float)
    saved = Signal()
    removed = Signal()
    kept = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._pictures = ThumbnailList(STOP_SIDE)
        self._save = QPushButton(icon("save"), "Save a copy…")
        self._remove = QPushButton(icon("trash"), "Delete")
        self._keep = QPushButton(icon("save"), "Keep")
        self._name_parts()
        buttons = parts.row(self._keep, self._save, self._remove, gap_px=MARGIN)
        self.setLayout(parts.column(self._pictures, buttons, gap_px=MARGIN))
        self._pictures.chosen.connect(self._on_chosen)
        self._save.clicked.connect(self.saved)
        self._remove.clicked.connect(self.removed)
        self._keep.clicked.connect(self.kept)

    def _name_parts(self) -> None:
        self._pictures.setAccessibleName("The picture along the slider")
        # The frame is the style sheet's.
        self._pictures.setStyleSheet("QListView { border: none; }")
        for button, name, tip in (
            (self._save, "Save a copy of the slider", "Save it as a small file, to share it"),
            (self._remove, "Delete the slider", "Take it out of your sliders (Del)"),
            (self._keep, "Keep the slider", "It came with this document: add it to your sliders"),
        ):
            button.setIconSize(QSize(16, 16))
            button.setAccessibleName(name)
            button.setToolTip(tip)

    @property
    def tab_stops(self) -> list[QWidget]:
        """What Tab goes through, in this order."""
        return [self._pictures, self._keep, self._save, self._remove]

    def show_row(self, row: SliderRow) -> None:
        """What can be done with this slider."""
        here = f"{row.value:g}"
        self._pictures.set_active(here)
        if self._pictures.current_key != here:
            self._pictures.clearSelection()
        self._save.setVisible(row.own)
        self._remove.setVisible(row.own and row.kept)
        self._keep.setVisible(row.own and not row.kept)

    def show_stops(self, stops: Sequence[Stop]) -> None:
        """The pictures so far."""
        self._pictures.set_items(
            [
                ThumbnailItem(
                    f"{stop.value:g}",
                    deviations_words(stop.value),
                    stop.rgb_hwc,
                    f"Put the slider at {deviations_words(stop.value)}",
                )
                for stop in stops
            ]
        )
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def _fit(self) -> None:
        words = self._pictures.fontMetrics().height() + GAP
        self._pictures.setFixedHeight(STOP_SIDE + 2 * GAP + words + 2)

    @Slot(str)
    def _on_chosen(self, key: str) -> None:
        self.chosen.emit(float(key))


class SliderRowWidget(NamedRow):
    """Fold, name, share, pin; the slider; the strip where it is unfolded.

    Right and Left unfold and fold; Delete removes an own slider from the library.

    Signals (and those of `NamedRow`):
        dragged(float), committed(float): standard deviations; see AmountSlider.
        chosen(float): one of the pictures of the strip.
        unfolded(bool): show the strip, or not.
        pinned(bool), saved(), kept(): of this slider.
    """

    dragged = Signal(float)
    committed = Signal(float)
    chosen = Signal(float)
    unfolded = Signal(bool)
    pinned = Signal(bool)
    saved = Signal()
    kept = Signal()

    own_keys = (*NamedRow.own_keys, *FOLDS)

    def __init__(self, row: SliderRow) -> None:
        super().__init__("slider")
        self.row = row
        self._stops: Sequence[Stop] = EMPTY
        self._strip: Strip | None = None
        self._fold = row_button(bare=True)
        self._share = parts.quiet()
        self._share.setWordWrap(False)
        self._share.setToolTip("Share of the variance of textures that lies along it")
        self._pin = row_button(bare=True)
        self.slider = AmountSlider(row.title, ON_THE_TRACK, compact=True)
        self._arrange()
        self._fold.clicked.connect(self.unfolded)
        self._pin.clicked.connect(self.pinned)
        self.slider.dragged.connect(self.dragged)
        self.slider.committed.connect(self.committed)
        self.set_row(row)

    def _arrange(self) -> None:
        top = parts.row(self._fold, self.title, self._share, self._pin, gap_px=MARGIN)
        top.setStretchFactor(self.title, 1)
        self._column = parts.column(top, self.slider, gap_px=0)
        self._column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        self.setLayout(self._column)

    def set_row(self, row: SliderRow) -> None:
        """Show another state of the same slider."""
        self.row = row
        self.title.set_text(row.title, True)
        self._share.setText(share_words(row.share))
        self._share.setVisible(row.share is not None)
        self._pin.setChecked(row.pinned)
        self._pin.setIcon(icon("pinned" if row.pinned else "pin"))
        self._pin.setAccessibleName(f"Pin {row.title}")
        self._pin.setToolTip("Unpin" if row.pinned else "Pin: have it stand first")
        self._name_fold()
        self.slider.set_label(row.title)
        self.slider.set_value(row.value)
        share = f", {share_words(row.share)} of the variance" if row.share is not None else ""
        self.setAccessibleName(f"{row.title}, {deviations_words(row.value)}{share}")
        if self._strip is not None:
            self._strip.show_row(row)

    @property
    def tab_stops(self) -> list[QWidget]:
        strip = self._strip.tab_stops if self._strip is not None else []
        return [self, self._fold, self._pin, *self.slider.tab_stops, *strip]

    @property
    def is_removable(self) -> bool:
        return self.row.kept

    def fill_menu(self, menu: QMenu) -> None:
        menu.addAction("Rename\tF2").triggered.connect(self.title.edit)
        pin = menu.addAction("Unpin" if self.row.pinned else "Pin")
        pin.triggered.connect(lambda: self.pinned.emit(not self.row.pinned))
        menu.addAction("Reset").triggered.connect(self.slider.reset)
        does = "Hide" if self.is_unfolded else "Show"
        fold = menu.addAction(f"{does} the picture along it")
        fold.triggered.connect(lambda: self.unfolded.emit(not self.is_unfolded))
        if self.row.own:
            menu.addSeparator()
            menu.addAction("Save a copy…").triggered.connect(self.saved)
        if self.row.own and not self.row.kept:
            menu.addAction("Keep").triggered.connect(self.kept)
        if self.row.kept:
            menu.addAction("Delete\tDel").triggered.connect(self.removed)

    @property
    def is_unfolded(self) -> bool:
        """Whether the strip is shown."""
        return self._strip is not None and not self._strip.isHidden()

    def set_unfolded(self, on: bool) -> None:
        """Show the strip, or not."""
        if on and self._strip is None:
            self._strip = self._make_strip()
        if self._strip is not None:
            self._strip.setVisible(on)
        self._name_fold()

    def show_stops(self, stops: Sequence[Stop]) -> None:
        """The pictures of the strip so far."""
        self._stops = stops
        if self._strip is not None:
            self._strip.show_stops(stops)

    def _make_strip(self) -> Strip:
        strip = Strip()
        strip.chosen.connect(self.chosen)
        strip.saved.connect(self.saved)
        strip.removed.connect(self.removed)
        strip.kept.connect(self.kept)
        self._column.addWidget(strip)
        strip.show_row(self.row)
        strip.show_stops(self._stops)
        for before, after in pairwise([*self.tab_stops, *strip.tab_stops]):
            QWidget.setTabOrder(before, after)
        return strip

    def _name_fold(self) -> None:
        on = self.is_unfolded
        self._fold.setChecked(on)
        self._fold.setIcon(icon("chevron-down" if on else "chevron-right"))
        does = "Hide" if on else "Show"
        self._fold.setAccessibleName(f"{does} the picture along {self.row.title}")
        self._fold.setToolTip(f"{does} the picture along it ({'Left' if on else 'Right'})")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in FOLDS:
            self.unfolded.emit(FOLDS[key])
        else:
            super().keyPressEvent(event)
