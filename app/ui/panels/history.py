"""The panel of the history: a picture and a name for every step; a click goes there."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QModelIndex, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFont, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.ui.icons import pixmap
from app.ui.theme import Theme
from app.ui.widgets.column_scroll import MINIMUM_HEIGHT
from app.ui.widgets.item_model import Index, ItemModel, ItemRole
from app.ui.widgets.painting import draw_cover, draw_ring, draw_words, fill_rounded
from app.ui.widgets.thumbnail import PixmapCache

SIDE = 32
PADDING = 4
STRIP_WIDTH = 3
UNDONE_OPACITY = 0.4
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


@dataclass(frozen=True, eq=False)
class StateItem:
    """A step of the history.

    Attributes:
        serial: tells it apart for ever.
        thumb_rgb_hwc: H x W x 3 uint8; None while there is no picture of it.
        current: what is shown now.
        undone: a redo would bring it back.
        saved: what was exported or saved last.
    """

    serial: int
    label: str
    thumb_rgb_hwc: npt.NDArray[np.uint8] | None
    current: bool
    undone: bool
    saved: bool

    @property
    def words(self) -> str:
        """For screen readers and the tooltip."""
        marks = [
            word
            for word, holds in (
                ("shown now", self.current),
                ("undone", self.undone),
                ("saved", self.saved),
            )
            if holds
        ]
        return ", ".join([self.label, *marks])


class StateDelegate(QStyledItemDelegate):
    """Picture, name, marks: a strip and heavy type at what is shown, faint what was undone."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._pixmaps = PixmapCache()

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(64, max(SIDE, option.fontMetrics.height()) + 2 * PADDING)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        item: StateItem = index.data(ItemRole)
        theme = Theme.of(option.palette)
        row = option.rect
        painter.save()
        self._paint_field(painter, option, item, theme)
        painter.setOpacity(UNDONE_OPACITY if item.undone else 1.0)
        square = QRect(row.left() + 8, row.center().y() - SIDE // 2 + 1, SIDE, SIDE)
        if item.thumb_rgb_hwc is not None:
            draw_cover(painter, square, self._pixmaps.of(item.thumb_rgb_hwc))
        else:
            fill_rounded(painter, square, theme.window)
        painter.setOpacity(1.0)
        self._paint_words(painter, row.adjusted(8 + SIDE + 8, 0, -8, 0), item, theme)
        painter.restore()

    def _paint_field(
        self, painter: QPainter, option: QStyleOptionViewItem, item: StateItem, theme: Theme
    ) -> None:
        row = option.rect.adjusted(1, 1, -1, -1)
        if item.current:
            fill_rounded(painter, row, theme.chosen)
            strip = QRect(row.left(), row.top() + 4, STRIP_WIDTH, row.height() - 8)
            painter.fillRect(strip, theme.accent)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            fill_rounded(painter, row, theme.raised)
        if option.state & QStyle.StateFlag.State_HasFocus:
            draw_ring(painter, row, theme.accent)

    def _paint_words(self, painter: QPainter, rect: QRect, item: StateItem, theme: Theme) -> None:
        if item.saved:
            dpr = painter.device().devicePixelRatio()
            mark = QPoint(rect.right() - 15, rect.center().y() - 7)
            painter.drawPixmap(mark, pixmap("save", theme.faint, 16, dpr))
            rect = rect.adjusted(0, 0, -24, 0)
        font = QFont(painter.font())
        font.setWeight(QFont.Weight.DemiBold if item.current else QFont.Weight.Normal)
        font.setItalic(item.undone)
        painter.setFont(font)
        painter.setPen(theme.faint if item.undone else theme.text)
        draw_words(painter, rect, item.label)


class HistoryList(QListView):
    """The list itself: arrow keys move, Enter or Space goes to the step.

    Signals:
        row_chosen(int)
    """

    row_chosen = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTER and self.currentIndex().isValid():
            self.row_chosen.emit(self.currentIndex().row())
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scrollTo(self.currentIndex())


class HistoryPanel(QWidget):
    """Every step, oldest first.

    Signals:
        jump_requested(int): index of a step other than the one that is shown.
    """

    jump_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._states = ItemModel[StateItem](
            lambda i: i.serial, lambda i: i.words, lambda i: i.words
        )
        self._list = HistoryList()
        self._list.setModel(self._states)
        self._list.setItemDelegate(StateDelegate(self._list))
        self._list.setUniformItemSizes(True)
        self._list.setMouseTracking(True)
        self._list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setAccessibleName("History")
        self._list.clicked.connect(self._on_clicked)
        self._list.row_chosen.connect(self._jump)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self._list)
        self.setFocusProxy(self._list)

    def sizeHint(self) -> QSize:
        return QSize(240, 160)

    def minimumSizeHint(self) -> QSize:
        """Room for a part of a step; small screens have no more."""
        return QSize(120, MINIMUM_HEIGHT)

    def set_states(self, items: Sequence[StateItem]) -> None:
        """Show these; the list scrolls only when another step became the current one."""
        before = self._current_serial()
        self._states.set_items(items)
        now = self._current_serial()
        if now is not None and now != before:
            index = self._states.index(self._states.row_of(now))
            self._list.setCurrentIndex(index)
            self._list.scrollTo(index)

    def _current_serial(self) -> int | None:
        return next((item.serial for item in self._states.items if item.current), None)

    @Slot(QModelIndex)
    def _on_clicked(self, index: QModelIndex) -> None:
        self._jump(index.row())

    @Slot(int)
    def _jump(self, row: int) -> None:
        if not self._states.items[row].current:
            self.jump_requested.emit(row)
