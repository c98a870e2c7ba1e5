"""The panel of the texture's sliders: the model's own, and those that the person has made."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)

from app.controllers.slider_strip import Stop
from app.controllers.sliders import SliderRow
from app.ui.dialogs import parts
from app.ui.icons import ICON_PX, icon
from app.ui.panels.slider_row import SliderRowWidget
from app.ui.widgets.column_scroll import MINIMUM_HEIGHT, ColumnScroll
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.named_row import put_rows
from app.ui.widgets.progress_line import ProgressLine

__all__ = ["SliderRow", "SlidersPanel", "Stop"]

MARGIN = 8
SPACING = 4
FIRST_ROWS, MORE_ROWS = 10, 20
"""Of the model's sliders; more come with a button, or are searched for. Rows take time to make."""
NONE_FOUND = "No slider is called so."


class SlidersPanel(QWidget):
    """Rows of sliders with a field to search them. Decides nothing: says what is wished.

    Signals:
        dragged(str, float), committed(str, float): a slider, by its key, and its value in standard
            deviations; see AmountSlider.
        chosen(str, float): put a slider there, by one of the pictures of its strip.
        unfolded(str): this slider's strip is shown; "" when none is.
        renamed(str, str), pinned(str, bool)
        saved(str), removed(str), kept(str): an own slider: into a file for others, out of the
            library, into it.
        reset_wanted(), randomise_wanted(): all of them.
        photos_wanted(), folder_wanted(), load_wanted(): make or load sliders.
        cancel_wanted(): give up those that are being made.
    """

    dragged = Signal(str, float)
    committed = Signal(str, float)
    chosen = Signal(str, float)
    unfolded = Signal(str)
    renamed = Signal(str, str)
    pinned = Signal(str, bool)
    saved = Signal(str)
    removed = Signal(str)
    kept = Signal(str)
    reset_wanted = Signal()
    randomise_wanted = Signal()
    photos_wanted = Signal()
    folder_wanted = Signal()
    load_wanted = Signal()
    cancel_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._every: tuple[SliderRow, ...] = ()
        self._rows: list[SliderRowWidget] = []
        self._stops: tuple[str, Sequence[Stop]] = ("", ())
        self._unfolded = ""
        self._limit = FIRST_ROWS
        self._empty_words = ""
        self.search = QLineEdit()
        self._dice = QToolButton()
        self._reset = QToolButton()
        self.new = QToolButton()
        self._words = ElidedLabel(faint=True)
        self._cancel = QToolButton()
        self._line = ProgressLine()
        self._working = QWidget()
        self._empty = parts.quiet()
        self._more = QPushButton()
        self._name_parts()
        self._arrange()
        self._connect()
        self.set_working("", 0.0)
        self._refresh()

    def _name_parts(self) -> None:
        self.search.setPlaceholderText("Search sliders")
        self.search.setAccessibleName("Search sliders")
        self.search.setClearButtonEnabled(True)
        self.search.addAction(
            QAction(icon("search"), "", self.search), QLineEdit.ActionPosition.LeadingPosition
        )
        for button, name, words, tip in (
            (self._dice, "dice", "Randomise sliders", "Randomise: the pinned ones, or the first"),
            (self._reset, "restart", "Reset all sliders", "Reset all sliders"),
            (self.new, "plus", "New sliders", "New sliders: from photos, or out of a file"),
            (self._cancel, "close", "Cancel", "Cancel: nothing of it is kept"),
        ):
            button.setIcon(icon(name))
            button.setIconSize(QSize(ICON_PX, ICON_PX))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setAccessibleName(words)
            button.setToolTip(tip)
        self.new.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.new)
        for words, wanted in (
            ("From groups of photos…", self.photos_wanted),
            ("From a folder of photos…", self.folder_wanted),
            ("Load a file…", self.load_wanted),
        ):
            menu.addAction(words).triggered.connect(wanted)
        self.new.setMenu(menu)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._more.setAccessibleName("Show more sliders")

    def _arrange(self) -> None:
        words = parts.row(self._words, self._cancel)
        self._working.setLayout(parts.column(words, self._line, gap_px=2))
        content = QWidget()
        self._column = parts.column(self._empty, self._more, 0, gap_px=SPACING)
        self._column.setContentsMargins(MARGIN, 0, MARGIN, MARGIN)
        content.setLayout(self._column)
        self._scroll = ColumnScroll(content)
        self._scroll.setAccessibleName("Sliders")
        top = parts.row(self.search, self._dice, self._reset, self.new, gap_px=SPACING)
        head = parts.column(top, self._working, gap_px=SPACING)
        head.setContentsMargins(MARGIN, MARGIN, MARGIN, 0)
        self.setLayout(parts.column(head, self._scroll, gap_px=SPACING))

    def _connect(self) -> None:
        self.search.textChanged.connect(self._refresh)
        self.search.installEventFilter(self)
        self._dice.clicked.connect(self.randomise_wanted)
        self._reset.clicked.connect(self.reset_wanted)
        self._cancel.clicked.connect(self.cancel_wanted)
        self._more.clicked.connect(self._on_more)

    def sizeHint(self) -> QSize:
        return QSize(300, 420)

    def minimumSizeHint(self) -> QSize:
        width = self._scroll.minimumSizeHint().width()
        return QSize(width, self.search.sizeHint().height() + MARGIN + MINIMUM_HEIGHT)

    # What is shown

    def set_rows(self, rows: Sequence[SliderRow]) -> None:
        """Show these. Rows that stay keep their focus, a drag of their slider, a typed name."""
        if tuple(rows) != self._every:
            self._every = tuple(rows)
            self._refresh()

    def set_empty(self, words: str) -> None:
        """What is said while there is no slider."""
        self._empty_words = words
        self._show_empty()

    def set_usable(self, *, moves: bool, makes: bool) -> None:
        """Whether sliders can be moved, and whether new ones can be made."""
        for button in (self._dice, self._reset):
            button.setEnabled(moves)
        self.new.setEnabled(makes)

    def show_stops(self, key: str, stops: Sequence[Stop]) -> None:
        """The pictures of a slider's strip so far."""
        self._stops = (key, stops)
        for row in self._rows:
            if row.row.key == key:
                row.show_stops(stops)

    def set_working(self, words: str, share: float) -> None:
        """Sliders are being made, and how far that is; no words: none are."""
        self._working.setVisible(bool(words))
        self._words.setText(words)
        self._line.set_share(share)

    @property
    def rows(self) -> list[SliderRowWidget]:
        """The rows that are shown, from the top."""
        return list(self._rows)

    # Inside

    def _wanted(self) -> list[SliderRow]:
        """The rows to show: what is searched for, or those that matter most."""
        words = self.search.text().casefold().split()
        if words:
            return [row for row in self._every if all(w in row.title.casefold() for w in words)]
        others = [row for row in self._every if not row.own and not row.pinned]
        first = {row.key for row in others[: self._limit]} | {self._unfolded}
        return [
            row for row in self._every if row.own or row.pinned or row.value or row.key in first
        ]

    @Slot()
    def _refresh(self) -> None:
        wanted = self._wanted()
        focus = QApplication.focusWidget()
        here = focus is not None and self.isAncestorOf(focus)
        old = {row.row.key: row for row in self._rows}
        self._rows = [old.pop(row.key, None) or self._make_row(row) for row in wanted]
        put_rows(self._column, self._rows, old.values(), self._cancel)
        for widget, row in zip(self._rows, wanted, strict=True):
            if widget.row != row:
                widget.set_row(row)
        if here and not self._rows:
            self.search.setFocus(Qt.FocusReason.OtherFocusReason)
        hidden = len(self._every) - len(wanted)
        self._more.setText(f"Show {min(hidden, MORE_ROWS)} more")
        self._more.setVisible(hidden > 0 and not self.search.text())
        self._show_empty()

    def _show_empty(self) -> None:
        self._empty.setText(NONE_FOUND if self._every else self._empty_words)
        self._empty.setVisible(not self._rows)

    def _make_row(self, row: SliderRow) -> SliderRowWidget:
        widget, key = SliderRowWidget(row), row.key
        widget.dragged.connect(lambda value: self.dragged.emit(key, value))
        widget.committed.connect(lambda value: self.committed.emit(key, value))
        widget.chosen.connect(lambda value: self.chosen.emit(key, value))
        widget.unfolded.connect(lambda on: self._unfold(key if on else "", key))
        widget.renamed.connect(lambda name: self.renamed.emit(key, name))
        widget.pinned.connect(lambda on: self.pinned.emit(key, on))
        widget.saved.connect(lambda: self.saved.emit(key))
        widget.removed.connect(lambda: self.removed.emit(key))
        widget.kept.connect(lambda: self.kept.emit(key))
        widget.stepped.connect(lambda step: self._step(widget, step))
        if key == self._unfolded:
            widget.set_unfolded(True)
        if key == self._stops[0]:
            widget.show_stops(self._stops[1])
        return widget

    def _unfold(self, key: str, of: str) -> None:
        """Show the strip of a slider, and of no other."""
        if not key and of != self._unfolded:
            return
        self._unfolded = key
        for row in self._rows:
            row.set_unfolded(bool(key) and row.row.key == key)
        self.unfolded.emit(key)

    def _step(self, widget: SliderRowWidget, step: int) -> None:
        place = self._rows.index(widget) + step
        if place < 0:
            self.search.setFocus(Qt.FocusReason.OtherFocusReason)
        elif place < len(self._rows):
            self._rows[place].setFocus(Qt.FocusReason.OtherFocusReason)
            self._scroll.ensureWidgetVisible(self._rows[place])

    @Slot()
    def _on_more(self) -> None:
        before = set(self._rows)
        self._limit += MORE_ROWS
        self._refresh()
        fresh = [row for row in self._rows if row not in before]
        if fresh:
            # The layout would show it a moment later, and nothing hidden takes the keyboard.
            fresh[0].show()
            fresh[0].setFocus(Qt.FocusReason.OtherFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            watched is self.search
            and event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Escape)
        ):
            if event.key() == Qt.Key.Key_Escape:
                self.search.clear()
            elif self._rows:
                self._rows[0].setFocus(Qt.FocusReason.OtherFocusReason)
            return True
        return super().eventFilter(watched, event)
