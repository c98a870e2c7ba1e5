"""Small pictures: from arrays to the screen, and lists of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import (
    QByteArray,
    QMimeData,
    QModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QDrag, QImage, QKeyEvent, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.ui.icons import ICON_PX, pixmap
from app.ui.theme import Theme
from app.ui.widgets.item_model import Index, ItemModel, ItemRole
from app.ui.widgets.painting import draw_cover, draw_ring, draw_words, fill_rounded

GAP = 4
DRAG_SIZE = QSize(64, 64)
WANTED_AFTER_MS = 30


def to_image(rgb_hwc: npt.NDArray[np.uint8]) -> QImage:
    """A QImage with its own copy of H x W x 3 uint8 pixels (sRGB)."""
    pixels = np.ascontiguousarray(rgb_hwc)
    height, width, channels = pixels.shape
    return QImage(pixels.data, width, height, width * channels, QImage.Format.Format_RGB888).copy()


def to_pixmap(rgb_hwc: npt.NDArray[np.uint8], dpr: float = 1.0) -> QPixmap:
    """A QPixmap of H x W x 3 uint8 pixels (sRGB), `dpr` of them to one logical pixel."""
    made = QPixmap.fromImage(to_image(rgb_hwc))
    made.setDevicePixelRatio(dpr)
    return made


class PixmapCache:
    """The pixmaps of arrays that are shown again and again; at most `limit` of them."""

    def __init__(self, limit: int = 256) -> None:
        self._made = lru_cache(maxsize=limit)(self._make)

    def of(self, rgb_hwc: npt.NDArray[np.uint8]) -> QPixmap:
        """The pixmap of an array, which must not be written to afterwards."""
        return self._made(_Same(rgb_hwc))

    @staticmethod
    def _make(same: "_Same") -> QPixmap:
        return to_pixmap(same.rgb_hwc)


class _Same:
    """An array as a key: equal when it is the same object, which it keeps alive."""

    def __init__(self, rgb_hwc: npt.NDArray[np.uint8]) -> None:
        self.rgb_hwc = rgb_hwc

    def __hash__(self) -> int:
        return id(self.rgb_hwc)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.rgb_hwc is self.rgb_hwc


@dataclass(frozen=True, eq=False)
class ThumbnailItem:
    """One picture in a `ThumbnailList`.

    Attributes:
        key: tells it apart.
        title: under or beside the picture.
        picture: H x W x 3 uint8; None while there is none.
        tip: the tooltip.
        mark: the name of an icon in the corner; empty for none.
        failed: there will be no picture.
    """

    key: str
    title: str
    picture: npt.NDArray[np.uint8] | None = None
    tip: str = ""
    mark: str = ""
    failed: bool = False


class ThumbnailDelegate(QStyledItemDelegate):
    """Draws a square picture, its mark in a corner, and its title below."""

    def __init__(self, side: int, with_title: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.side = side
        self._with_title = with_title
        self._pixmaps = PixmapCache()
        self.active = ""

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        title = option.fontMetrics.height() + GAP if self._with_title else 0
        return QSize(self.side + 2 * GAP, self.side + 2 * GAP + title)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        item: ThumbnailItem = index.data(ItemRole)
        theme = Theme.of(option.palette)
        cell = option.rect.adjusted(1, 1, -1, -1)
        square = QRect(option.rect.left() + GAP, option.rect.top() + GAP, self.side, self.side)
        self._paint_field(painter, option, cell, theme)
        if item.picture is not None:
            draw_cover(painter, square, self._pixmaps.of(item.picture))
        else:
            self._paint_absent(painter, square, item, theme)
        if item.mark:
            self._paint_mark(painter, square, item.mark, theme)
        if self._with_title:
            painter.setPen(theme.text if not item.failed else theme.faint)
            below = QRect(
                square.left(), square.bottom() + 2, self.side, option.fontMetrics.height() + GAP
            )
            draw_words(painter, below, item.title, Qt.AlignmentFlag.AlignHCenter)
        if item.key == self.active:
            draw_ring(painter, cell, theme.accent)

    def _paint_field(
        self, painter: QPainter, option: QStyleOptionViewItem, cell: QRect, theme: Theme
    ) -> None:
        state = option.state
        if state & QStyle.StateFlag.State_Selected:
            fill_rounded(painter, cell, theme.chosen)
        elif state & QStyle.StateFlag.State_MouseOver:
            fill_rounded(painter, cell, theme.raised)
        if state & QStyle.StateFlag.State_HasFocus:
            draw_ring(painter, cell, theme.text, 1)

    def _paint_absent(
        self, painter: QPainter, square: QRect, item: ThumbnailItem, theme: Theme
    ) -> None:
        fill_rounded(painter, square, theme.window)
        name = "warning" if item.failed else "picture"
        dpr = painter.device().devicePixelRatio()
        middle = square.center() - QPoint(ICON_PX // 2 - 1, ICON_PX // 2 - 1)
        painter.drawPixmap(middle, pixmap(name, theme.faint, ICON_PX, dpr))

    def _paint_mark(self, painter: QPainter, square: QRect, mark: str, theme: Theme) -> None:
        corner = QRect(square.right() - 19, square.bottom() - 19, 18, 18)
        fill_rounded(painter, corner, theme.selection)
        white = theme.palette().highlightedText().color()
        dpr = painter.device().devicePixelRatio()
        painter.drawPixmap(corner.topLeft() + QPoint(2, 2), pixmap(mark, white, 14, dpr))


class ThumbnailList(QListView):
    """Pictures in rows that wrap. Arrow keys move, Enter chooses.

    Signals:
        chosen(str): the picture with this key, by a click (or a double-click), Enter or Space.
        current_changed(str): the keyboard is at another picture; empty for none.
        removal_asked(str): Delete was pressed on it.
        wanted(list): keys of pictures in view, or nearly so, that are still missing; once each.
    """

    chosen = Signal(str)
    current_changed = Signal(str)
    removal_asked = Signal(str)
    wanted = Signal(list)

    def __init__(
        self,
        side: int,
        *,
        with_title: bool = True,
        twice: bool = False,
        mime: str = "",
    ) -> None:
        """
        Args:
            side: of a picture, in logical pixels.
            twice: a click only marks a picture, a double-click chooses it.
            mime: pictures can be dragged away, as their key in this format; empty: they cannot.
        """
        super().__init__()
        self._mime = mime
        self._asked: set[str] = set()
        self.items = ItemModel[ThumbnailItem](
            lambda item: item.key, lambda item: item.title, lambda item: item.tip or item.title
        )
        self._delegate = ThumbnailDelegate(side, with_title, self)
        self._soon = QTimer(self, singleShot=True, interval=WANTED_AFTER_MS)
        self._soon.timeout.connect(self._ask)
        self._set_up()
        self.setModel(self.items)
        self.setItemDelegate(self._delegate)
        (self.doubleClicked if twice else self.clicked).connect(self._on_clicked)
        self.selectionModel().currentChanged.connect(self._on_current)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)

    def _set_up(self) -> None:
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setDragEnabled(bool(self._mime))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def set_items(self, items: Sequence[ThumbnailItem]) -> None:
        """Show these; the place and the selection stay where they can."""
        here = self.current_key
        self.items.set_items(items)
        self._asked &= {item.key for item in items}
        if here and not self.currentIndex().isValid():
            self.select(here)
        self._soon.start()

    def replace_item(self, item: ThumbnailItem) -> None:
        """Show another state of a picture, as one that has arrived; nothing if it is not shown."""
        row = self.items.row_of(item.key)
        if row >= 0:
            self.items.replace(row, item)

    def fit_rows(self, width: int, most: int) -> None:
        """Be as high as the rows that there are in this width, `most` at most; the rest scrolls.

        For lists without titles.
        """
        cell = self._delegate.side + 2 * GAP
        rows = -(-max(1, self.items.rowCount()) // max(1, (width - 2) // cell))
        self.setFixedHeight(min(rows, most) * cell + 2)

    def set_active(self, key: str) -> None:
        """Ring the picture that is in use; empty for none."""
        self._delegate.active = key
        self.viewport().update()

    def select(self, key: str) -> None:
        """Make a key the current one, without choosing it."""
        row = self.items.row_of(key)
        if row >= 0:
            self.setCurrentIndex(self.items.index(row))

    @property
    def current_key(self) -> str:
        """The key that the keyboard is at; empty for none."""
        index = self.currentIndex()
        return index.data(ItemRole).key if index.isValid() else ""

    @Slot()
    def _on_current(self) -> None:
        self.current_changed.emit(self.current_key)

    @Slot(QModelIndex)
    def _on_clicked(self, index: QModelIndex) -> None:
        self.chosen.emit(index.data(ItemRole).key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = self.current_key
        if key and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(key)
        elif key and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removal_asked.emit(key)
        else:
            super().keyPressEvent(event)

    def startDrag(self, _actions: Qt.DropAction) -> None:
        index = self.currentIndex()
        if index.isValid():
            drag = QDrag(self)
            item: ThumbnailItem = index.data(ItemRole)
            drag.setMimeData(self.mime_data(item))
            if item.picture is not None:
                small = DRAG_SIZE
                drag.setPixmap(
                    to_pixmap(item.picture).scaled(small, Qt.AspectRatioMode.KeepAspectRatio)
                )
            drag.exec(Qt.DropAction.CopyAction)

    def mime_data(self, item: ThumbnailItem) -> QMimeData:
        """What is dragged: the key, in the format of this list."""
        data = QMimeData()
        data.setData(self._mime, QByteArray(item.key.encode()))
        return data

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._soon.start()

    @Slot()
    def _on_scrolled(self) -> None:
        self._soon.start()

    @Slot()
    def _ask(self) -> None:
        missing = [key for key in self._keys_in_view() if key not in self._asked]
        if missing:
            self._asked.update(missing)
            self.wanted.emit(missing)

    def _keys_in_view(self) -> list[str]:
        """Keys without a picture from the first one in view on, a little more than fit."""
        first = self.indexAt(QPoint(GAP, 1))
        if not first.isValid() or not self.isVisible():
            return []
        cell = self.visualRect(first).size()
        across = self.viewport().width() // cell.width() + 1
        down = self.viewport().height() // cell.height() + 2
        here = self.items.items[first.row() : first.row() + across * down]
        return [item.key for item in here if item.picture is None and not item.failed]
