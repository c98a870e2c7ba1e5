"""One slider of the texture code: its name, its value, and what the picture looks like along it."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.controllers.slider_strip import EMPTY, Stop
from app.controllers.sliders import SliderRow
from app.ui.dialogs.parts import quiet
from app.ui.icons import ICON_PX, icon
from app.ui.theme import Theme
from app.ui.widgets.painting import draw_ring, fill_rounded
from app.ui.widgets.slider import AmountSlider, Scale
from app.ui.widgets.thumbnail import GAP, ThumbnailItem, ThumbnailList
from app.ui.widgets.title import Title
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
STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
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
        buttons = QHBoxLayout()
        buttons.setSpacing(MARGIN)
        for button in (self._keep, self._save, self._remove):
            buttons.addWidget(button, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(MARGIN)
        column.addWidget(self._pictures)
        column.addLayout(buttons)
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

    def show_row(self, row: SliderRow) -> None:
        """What can be done with this slider."""
        self._pictures.set_active(f"{row.value:g}")
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


class SliderRowWidget(QFrame):
    """Fold, name, share, pin; the slider; the strip where it is unfolded.

    Up and Down go through the rows, Right and Left unfold and fold, F2 renames, Delete removes an
    own slider from the library.

    Signals:
        dragged(float), committed(float): standard deviations; see AmountSlider.
        chosen(float): one of the pictures of the strip.
        unfolded(bool): show the strip, or not.
        renamed(str), pinned(bool), saved(), removed(), kept(): of this slider.
        stepped(int): Up or Down: -1, 1.
    """

    dragged = Signal(float)
    committed = Signal(float)
    chosen = Signal(float)
    unfolded = Signal(bool)
    renamed = Signal(str)
    pinned = Signal(bool)
    saved = Signal()
    removed = Signal()
    kept = Signal()
    stepped = Signal(int)

    def __init__(self, row: SliderRow) -> None:
        super().__init__()
        self.row = row
        self._stops: Sequence[Stop] = EMPTY
        self._strip: Strip | None = None
        self._fold = QToolButton()
        self.title = Title("Name of the slider")
        self._share = quiet()
        self._pin = QToolButton()
        self.slider = AmountSlider(row.title, ON_THE_TRACK, compact=True)
        self._name_parts()
        self._arrange()
        self._connect()
        self.set_row(row)

    def _name_parts(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        for button in (self._fold, self._pin):
            button.setIconSize(QSize(ICON_PX, ICON_PX))
            button.setFixedSize(28, 28)
            button.setCheckable(True)
            button.setProperty("bare", True)
        self._fold.setIcon(icon("chevron-right"))
        self.title.setToolTip("Double-click to rename (F2)")
        self._share.setWordWrap(False)
        self._share.setToolTip("Share of the variance of textures that lies along it")

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(MARGIN)
        top.addWidget(self._fold)
        top.addWidget(self.title, 1)
        top.addWidget(self._share)
        top.addWidget(self._pin)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        self._column.setSpacing(0)
        self._column.addLayout(top)
        self._column.addWidget(self.slider)

    def _connect(self) -> None:
        self._fold.clicked.connect(self.unfolded)
        self._pin.clicked.connect(self.pinned)
        self.slider.dragged.connect(self.dragged)
        self.slider.committed.connect(self.committed)
        self.title.renamed.connect(self.renamed)
        self.title.closed.connect(self._take_focus)

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
        return strip

    def _name_fold(self) -> None:
        on = self.is_unfolded
        self._fold.setChecked(on)
        self._fold.setIcon(icon("chevron-down" if on else "chevron-right"))
        does = "Hide" if on else "Show"
        self._fold.setAccessibleName(f"{does} the picture along {self.row.title}")
        self._fold.setToolTip(f"{does} the picture along it ({'Left' if on else 'Right'})")

    @Slot()
    def _take_focus(self) -> None:
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def event(self, event: QEvent) -> bool:
        # With the keyboard here F2 means what it means in every list, not the workspace.
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in (Qt.Key.Key_F2, *FOLDS, *STEPS)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in STEPS:
            self.stepped.emit(STEPS[key])
        elif key in FOLDS:
            self.unfolded.emit(FOLDS[key])
        elif key == Qt.Key.Key_F2:
            self.title.edit()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.row.kept:
            self.removed.emit()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._take_focus()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.title.geometry().contains(event.position().toPoint()):
            self.title.edit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        painter = QPainter(self)
        fill_rounded(painter, self.rect(), theme.base)
        if self.hasFocus():
            draw_ring(painter, self.rect(), theme.accent)
        painter.end()
