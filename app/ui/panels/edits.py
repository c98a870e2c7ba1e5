"""The panel of the edit list: what is done to the photo, in which order, how strongly."""

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QPoint, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.ui.panels.edit_row import EditItem, EditRow
from app.ui.theme import Theme
from app.ui.widgets.column_scroll import MINIMUM_HEIGHT, ColumnScroll

__all__ = ["EditItem", "EditsPanel"]

SPACING = 4
MARK_HEIGHT = 2
EMPTY_WORDS = "No edits yet. A reference, a slider or a tool makes the first one."


class RowArea(QWidget):
    """Holds the rows; shows where a dragged one would go."""

    def __init__(self) -> None:
        super().__init__()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(8, 8, 8, 8)
        self.column.setSpacing(SPACING)
        self.column.addStretch(1)
        self._mark_y: int | None = None

    def mark(self, y_view: int | None) -> None:
        """Draw a line at this height; None: no line."""
        self._mark_y = y_view
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._mark_y is not None:
            painter = QPainter(self)
            accent = Theme.of(self.palette()).accent
            painter.fillRect(8, self._mark_y - 1, self.width() - 16, MARK_HEIGHT, accent)
            painter.end()


class EditsPanel(QWidget):
    """The edits, first one on top. Decides nothing: says what is wished.

    Up and Down go through the rows; Space switches one, F2 renames, Delete deletes, Alt+Up and
    Alt+Down move.

    Signals:
        toggled(int, bool): an edit, by its uid, is switched on or off.
        strength_dragged(int, float), strength_committed(int, float): 0..1; see AmountSlider.
        detail_dragged(int, float), detail_committed(int, float): how much of the photo's own
            detail is kept, likewise.
        removed(int): delete it.
        moved(int, int): it should stand at this index, counted without itself.
        renamed(int, str)
        selected(int): another row is selected; -1 when the last one went.
    """

    toggled = Signal(int, bool)
    strength_dragged = Signal(int, float)
    strength_committed = Signal(int, float)
    detail_dragged = Signal(int, float)
    detail_committed = Signal(int, float)
    removed = Signal(int)
    moved = Signal(int, int)
    renamed = Signal(int, str)
    selected = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[EditRow] = []
        self._selected = -1
        self._gap: int | None = None
        self._area = RowArea()
        self._empty = QLabel(EMPTY_WORDS)
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setForegroundRole(self.palette().ColorRole.PlaceholderText)
        self._area.column.insertWidget(0, self._empty)
        self._scroll = ColumnScroll(self._area)
        self._scroll.setAccessibleName("Edits")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._scroll)

    def sizeHint(self) -> QSize:
        return QSize(240, 200)

    def minimumSizeHint(self) -> QSize:
        """Room for a part of a row; small screens have no more."""
        return QSize(160, MINIMUM_HEIGHT)

    @property
    def selected_uid(self) -> int:
        """The edit whose row is selected; -1 for none."""
        return self._selected

    def set_items(self, items: Sequence[EditItem]) -> None:
        """Show these. Rows that stay keep their focus, a drag of their slider, a typed name.

        A single one that is new, among those that were there, is selected.
        """
        old = self._uids()
        rows = {row.item.uid: row for row in self._rows}
        focused = next((row.item.uid for row in self._rows if row.hasFocus()), -1)
        self._rows = [rows.pop(item.uid, None) or self._make_row(item) for item in items]
        for place, (row, item) in enumerate(zip(self._rows, items, strict=True)):
            if self._area.column.indexOf(row) != place:
                self._area.column.insertWidget(place, row)
            row.set_item(item)
        for row in rows.values():
            self._area.column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._empty.setVisible(not items)
        self._set_tab_order()
        self._keep_selection(old, focused)

    def _uids(self) -> list[int]:
        return [row.item.uid for row in self._rows]

    def _keep_selection(self, old: list[int], focused: int) -> None:
        now = self._uids()
        new = [uid for uid in now if uid not in old]
        if len(new) == 1 and len(now) == len(old) + 1:
            self._select(new[0])
            # The column has no room for it before it is laid out.
            QTimer.singleShot(0, self._show_selected)
        if self._selected in now or self._selected == -1:
            return
        place = old.index(self._selected) if self._selected in old else 0
        here = now[min(place, len(now) - 1)] if now else -1
        self._select(here)
        if focused not in now and here in now:
            self._rows[now.index(here)].setFocus(Qt.FocusReason.OtherFocusReason)

    def _set_tab_order(self) -> None:
        stops = [stop for row in self._rows for stop in row.tab_stops]
        for before, after in pairwise(stops):
            QWidget.setTabOrder(before, after)

    def _make_row(self, item: EditItem) -> EditRow:
        row, uid = EditRow(item), item.uid
        row.toggled.connect(lambda on: self.toggled.emit(uid, on))
        row.strength_dragged.connect(lambda value: self.strength_dragged.emit(uid, value))
        row.strength_committed.connect(lambda value: self.strength_committed.emit(uid, value))
        row.detail_dragged.connect(lambda value: self.detail_dragged.emit(uid, value))
        row.detail_committed.connect(lambda value: self.detail_committed.emit(uid, value))
        row.renamed.connect(lambda name: self.renamed.emit(uid, name))
        row.removed.connect(lambda: self.removed.emit(uid))
        row.picked.connect(lambda: self._select(uid))
        row.stepped.connect(lambda step: self._step(uid, step))
        row.shifted.connect(lambda step: self._shift(uid, step))
        row.held.connect(row.setFocus)
        row.dragged.connect(self._drag)
        row.dropped.connect(lambda: self._drop(uid))
        return row

    def _select(self, uid: int) -> None:
        if uid != self._selected:
            self._selected = uid
            for row in self._rows:
                row.set_selected(row.item.uid == uid)
            self.selected.emit(uid)

    @Slot()
    def _show_selected(self) -> None:
        if self._selected in self._uids():
            self._area.column.activate()
            self._scroll.ensureWidgetVisible(self._rows[self._uids().index(self._selected)])

    def _step(self, uid: int, step: int) -> None:
        place = self._uids().index(uid) + step
        if 0 <= place < len(self._rows):
            self._rows[place].setFocus(Qt.FocusReason.OtherFocusReason)
            self._scroll.ensureWidgetVisible(self._rows[place])

    def _shift(self, uid: int, step: int) -> None:
        place = self._uids().index(uid) + step
        if 0 <= place < len(self._rows):
            self.moved.emit(uid, place)

    @Slot(QPoint)
    def _drag(self, place: QPoint) -> None:
        y_view = self._area.mapFromGlobal(place).y()
        self._gap = sum(y_view > row.geometry().center().y() for row in self._rows)
        self._area.mark(self._gap_y(self._gap))

    def _gap_y(self, gap: int) -> int:
        if gap == 0:
            return self._rows[0].geometry().top() - SPACING // 2
        return self._rows[gap - 1].geometry().bottom() + 1 + SPACING // 2

    def _drop(self, uid: int) -> None:
        gap, self._gap = self._gap, None
        self._area.mark(None)
        old = self._uids().index(uid)
        if gap is not None and gap not in (old, old + 1):
            self.moved.emit(uid, gap if gap < old else gap - 1)
