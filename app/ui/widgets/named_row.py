"""Rows of a list that are named, chosen and deleted where they stand."""

from collections.abc import Collection, Sequence
from itertools import pairwise

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QApplication, QFrame, QMenu, QToolButton, QVBoxLayout, QWidget

from app.ui.icons import ICON_PX
from app.ui.theme import Theme
from app.ui.widgets.painting import draw_ring, fill_rounded
from app.ui.widgets.title import Title

BUTTON_SIDE = 28
STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
DELETES = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


class NamedRow(QFrame):
    """A row with a name. A click gives it the keyboard.

    Up and Down go through the rows; F2, or a double-click, renames; Delete deletes; a right click,
    the menu key or Shift+F10 opens the menu of what can be done with it.

    Signals:
        renamed(str), removed()
        stepped(int): Up or Down: -1, 1.

    Attributes:
        title: its name.
    """

    renamed = Signal(str)
    removed = Signal()
    stepped = Signal(int)

    own_keys: tuple[Qt.Key, ...] = (Qt.Key.Key_F2, *STEPS)
    """With the keyboard here they mean what they mean in every list, not what the window does."""

    def __init__(self, what: str) -> None:
        """`what` it is, for screen readers: "edit"."""
        super().__init__()
        self._selected = False
        self.title = Title(f"Name of the {what}")
        self.title.setToolTip("Double-click to rename (F2)")
        self.title.renamed.connect(self.renamed)
        self.title.closed.connect(self._take_focus)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def tab_stops(self) -> list[QWidget]:
        """What Tab goes through, in this order."""
        return [self]

    @property
    def is_removable(self) -> bool:
        """Whether Delete deletes it."""
        return True

    def fill_menu(self, menu: QMenu) -> None:
        """Add what can be done with it to its menu."""

    def set_selected(self, selected: bool) -> None:
        """Mark it as the selected one."""
        self._selected = selected
        self.setAccessibleDescription("selected" if selected else "")
        self.update()

    @Slot()
    def _take_focus(self) -> None:
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _open_menu(self, place: QPoint) -> None:
        self._take_focus()
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fill_menu(menu)
        menu.popup(place)

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in self.own_keys
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, shift = Qt.Key(event.key()), event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if key in STEPS:
            self.stepped.emit(STEPS[key])
        elif key == Qt.Key.Key_F2:
            self.title.edit()
        elif key in DELETES and self.is_removable:
            self.removed.emit()
        elif key == Qt.Key.Key_Menu or (key == Qt.Key.Key_F10 and shift):
            self._open_menu(self.title.mapToGlobal(self.title.rect().bottomLeft()))
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._open_menu(event.globalPos())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._take_focus()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        # The first click may have moved another row to this place.
        if self.hasFocus() and self.title.geometry().contains(event.position().toPoint()):
            self.title.edit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        painter = QPainter(self)
        fill_rounded(painter, self.rect(), theme.chosen if self._selected else theme.base)
        if self._selected:
            strip = QRect(0, 4, 3, self.height() - 8)
            painter.fillRect(strip, theme.accent)
        if self.hasFocus():
            draw_ring(painter, self.rect(), theme.accent)
        painter.end()


def row_button(*, bare: bool = False) -> QToolButton:
    """A small button of a row; a bare one is a switch that is an icon and no more."""
    button = QToolButton()
    button.setIconSize(QSize(ICON_PX, ICON_PX))
    button.setFixedSize(BUTTON_SIDE, BUTTON_SIDE)
    button.setCheckable(bare)
    button.setProperty("bare", bare)
    return button


def put_rows(
    column: QVBoxLayout, rows: Sequence[NamedRow], gone: Collection[NamedRow], before: QWidget
) -> None:
    """Have these rows stand first in a column, and Tab go through them; those others go.

    `before` is what Tab comes from when it goes to the first one. Where the keyboard is in one that
    goes, the one that comes to its place has it.
    """
    focus, heir = QApplication.focusWidget(), -1
    for row in gone:
        if focus is not None and (row is focus or row.isAncestorOf(focus)):
            heir = column.indexOf(row)
    moved = False
    for place, row in enumerate(rows):
        if column.indexOf(row) != place:
            column.insertWidget(place, row)
            moved = True
    if rows and heir >= 0:
        rows[min(heir, len(rows) - 1)].setFocus(Qt.FocusReason.OtherFocusReason)
    for row in gone:
        column.removeWidget(row)
    # What goes is hidden only now, when the next row lies under a mouse that does not move: its
    # next press is for what Qt finds there.
    column.activate()
    for row in gone:
        row.hide()
        row.deleteLater()
    stops = [stop for row in rows for stop in row.tab_stops] if moved else []
    for stop, after in pairwise([before, *stops]):
        QWidget.setTabOrder(stop, after)
