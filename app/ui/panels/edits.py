"""The panel of the edit list: what is done to the photo, in which order, how strongly."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.ui.panels.edit_amounts import EditAmounts
from app.ui.panels.edit_row import EditItem, EditRow
from app.ui.theme import Theme
from app.ui.widgets.column_scroll import MINIMUM_HEIGHT, ColumnScroll
from app.ui.widgets.named_row import put_rows

__all__ = ["EditItem", "EditsPanel"]

MARGIN = 8
SPACING = 4
MARK_HEIGHT = 2
CARRY_MS = 16
EDGE, FASTEST = 20, 12
"""A row that is held so near to an edge scrolls the list, so far each time."""
EMPTY_WORDS = "No edits yet. A reference, a slider or a tool makes the first one."


class RowArea(QWidget):
    """Holds the rows; shows where a dragged one would go.

    Signals:
        arranged(): rows may be elsewhere now.
    """

    arranged = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        self.column.setSpacing(SPACING)
        self.column.addStretch(1)
        self._mark_y: int | None = None

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self.arranged.emit()
        return done

    def mark(self, y_view: int | None) -> None:
        """Draw a line at this height; None: no line."""
        self._mark_y = y_view
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._mark_y is not None:
            painter = QPainter(self)
            accent = Theme.of(self.palette()).accent
            width = self.width() - 2 * MARGIN
            painter.fillRect(MARGIN, self._mark_y - 1, width, MARK_HEIGHT, accent)
            painter.end()


class EditsPanel(QWidget):
    """The edits, first one on top. Decides nothing: says what is wished.

    Space switches a row, Alt+Up and Alt+Down move it; the other keys are those of `NamedRow`.

    Signals:
        toggled(int, bool): an edit, by its uid, is switched on or off.
        strength_dragged(int, float), strength_committed(int, float): 0..1; see AmountSlider.
        detail_dragged(int, float), detail_committed(int, float): how much of the photo's own
            detail is kept, likewise.
        removed(int): delete it.
        soloed(int): show no other one, or all of them again.
        moved(int, int): it should stand at this index, counted without itself.
        renamed(int, str)
        selected(int): another row is selected; -1 when the last one went.

    Attributes:
        amounts: the sliders of the selected edit.
        commands: for the selected edit; they stand first in the menus of rows that are made.
    """

    toggled = Signal(int, bool)
    strength_dragged = Signal(int, float)
    strength_committed = Signal(int, float)
    detail_dragged = Signal(int, float)
    detail_committed = Signal(int, float)
    removed = Signal(int)
    soloed = Signal(int)
    moved = Signal(int, int)
    renamed = Signal(int, str)
    selected = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.commands: Sequence[QAction] = ()
        self._rows: list[EditRow] = []
        self._selected = -1
        self._gap: int | None = None
        self._pointer = QPoint()
        # The selected row stays in view, until a hand scrolls elsewhere.
        self._follows = True
        self._carry = QTimer(self, interval=CARRY_MS)
        self._carry.timeout.connect(self._carry_on)
        self._area = RowArea()
        self._empty = QLabel(EMPTY_WORDS)
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setForegroundRole(self.palette().ColorRole.PlaceholderText)
        self._area.column.insertWidget(0, self._empty)
        self.amounts = EditAmounts()
        self.amounts.strength_dragged.connect(self.strength_dragged)
        self.amounts.strength_committed.connect(self.strength_committed)
        self.amounts.detail_dragged.connect(self.detail_dragged)
        self.amounts.detail_committed.connect(self.detail_committed)
        self._scroll = ColumnScroll(self._area)
        self._scroll.setAccessibleName("Edits")
        self._scroll.verticalScrollBar().actionTriggered.connect(self._let_be)
        self._scroll.verticalScrollBar().rangeChanged.connect(self._show_selected)
        self._area.arranged.connect(self._show_selected)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.amounts)
        column.addWidget(self._scroll)

    def sizeHint(self) -> QSize:
        return QSize(240, 200)

    def minimumSizeHint(self) -> QSize:
        """Room for the sliders and a part of a row; small screens have no more."""
        amounts = 0 if self.amounts.isHidden() else self.amounts.minimumSizeHint().height()
        return QSize(160, amounts + MINIMUM_HEIGHT)

    @property
    def selected_uid(self) -> int:
        """The edit whose row is selected; -1 for none."""
        return self._selected

    def set_items(self, items: Sequence[EditItem]) -> None:
        """Show these. Rows that stay keep their focus, a drag of their slider, a typed name.

        Of those that are new the last one is selected.
        """
        old, here = self._uids(), self._has_keyboard()
        rows = {row.item.uid: row for row in self._rows}
        self._rows = [rows.pop(item.uid, None) or self._make_row(item) for item in items]
        for gone in rows.values():
            # A half-typed name would be told while it is hidden.
            gone.blockSignals(True)
        if rows:
            self._end_drag()
        if rows and here:
            # Until its row is selected: one that goes would give it to anything that is near.
            self._scroll.setFocus(Qt.FocusReason.OtherFocusReason)
        put_rows(self._area.column, self._rows, rows.values(), self.amounts.detail.tab_stops[-1])
        for row, item in zip(self._rows, items, strict=True):
            row.set_item(item)
        self._empty.setVisible(not items)
        self._keep_selection(old)
        if here:
            self._focus_selected()
        self.amounts.show_item(self._row_of(self._selected).item if items else None)

    def _has_keyboard(self) -> bool:
        """Or will have it when the window is the active one again."""
        return self.window().focusWidget() in (self._scroll, *self._rows)

    def _focus_selected(self) -> None:
        if self._rows:
            row = self._row_of(self._selected)
            # Nothing hidden takes the keyboard; the layout shows what is new a moment later.
            row.show()
            row.setFocus(Qt.FocusReason.OtherFocusReason)

    def _row_of(self, uid: int) -> EditRow:
        return self._rows[self._uids().index(uid)]

    def _uids(self) -> list[int]:
        return [row.item.uid for row in self._rows]

    def _keep_selection(self, old: list[int]) -> None:
        now = self._uids()
        new = [uid for uid in now if uid not in old]
        if new:
            self._select(new[-1])
        elif self._selected not in now:
            place = old.index(self._selected) if self._selected in old else 0
            self._select(now[min(place, len(now) - 1)] if now else -1)
        if now != old:
            self._follow()

    def _make_row(self, item: EditItem) -> EditRow:
        row, uid = EditRow(item, self.commands), item.uid
        row.toggled.connect(lambda on: self.toggled.emit(uid, on))
        row.renamed.connect(lambda name: self.renamed.emit(uid, name))
        row.removed.connect(lambda: self.removed.emit(uid))
        row.soloed.connect(lambda: self.soloed.emit(uid))
        row.picked.connect(lambda: self._select(uid))
        row.stepped.connect(lambda step: self._step(uid, step))
        row.shifted.connect(lambda step: self._shift(uid, step))
        row.dragged.connect(self._drag)
        row.dropped.connect(lambda: self._drop(row))
        return row

    def _select(self, uid: int) -> None:
        if uid != self._selected:
            self._selected = uid
            for row in self._rows:
                row.set_selected(row.item.uid == uid)
            self.amounts.show_item(self._row_of(uid).item if self._rows else None)
            self._follow()
            self.selected.emit(uid)

    def _follow(self) -> None:
        self._follows = True
        self._show_selected()

    @Slot()
    def _let_be(self) -> None:
        self._follows = False

    @Slot()
    def _show_selected(self) -> None:
        if self._follows and self._selected in self._uids():
            self._scroll.ensureWidgetVisible(self._row_of(self._selected), 0, MARGIN)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_selected()

    def _step(self, uid: int, step: int) -> None:
        place = self._uids().index(uid) + step
        if 0 <= place < len(self._rows):
            self._select(self._rows[place].item.uid)
            self._focus_selected()

    def _shift(self, uid: int, step: int) -> None:
        place = self._uids().index(uid) + step
        if 0 <= place < len(self._rows):
            self.moved.emit(uid, place)

    @Slot(QPoint)
    def _drag(self, place: QPoint) -> None:
        self._pointer = place
        self._mark_gap()
        if self._beyond():
            self._follows = False
            self._carry.start()

    def _mark_gap(self) -> None:
        y_view = self._area.mapFromGlobal(self._pointer).y()
        self._gap = sum(y_view > row.geometry().center().y() for row in self._rows)
        self._area.mark(self._gap_y(self._gap))

    def _beyond(self) -> int:
        """How far the pointer is above (less than 0) or below what may be seen, its edge off."""
        seen = self._scroll.viewport()
        y_view, lowest = seen.mapFromGlobal(self._pointer).y(), seen.height() - EDGE
        return min(0, y_view - EDGE) + max(0, y_view - lowest)

    @Slot()
    def _carry_on(self) -> None:
        """Scroll while a row is held at an edge, the faster the further beyond it."""
        beyond = self._beyond()
        if not beyond:
            self._carry.stop()
            return
        bar = self._scroll.verticalScrollBar()
        bar.setValue(bar.value() + max(-FASTEST, min(FASTEST, beyond)))
        self._mark_gap()

    def _gap_y(self, gap: int) -> int:
        if gap == 0:
            return self._rows[0].geometry().top() - SPACING // 2
        return self._rows[gap - 1].geometry().bottom() + 1 + SPACING // 2

    def _drop(self, row: EditRow) -> None:
        gap, old = self._gap, self._rows.index(row)
        self._end_drag()
        if gap is not None and gap not in (old, old + 1):
            self.moved.emit(row.item.uid, gap if gap < old else gap - 1)
        self._select(row.item.uid)
        self._focus_selected()

    def _end_drag(self) -> None:
        self._carry.stop()
        self._gap = None
        self._area.mark(None)
