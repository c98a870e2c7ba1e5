"""Lists of labels: all of a palette, and those used of late in a row."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from app.document.palette import Label
from app.ui.icons import pixmap
from app.ui.theme import Theme
from app.ui.widgets.item_model import Index, ItemModel, ItemRole
from app.ui.widgets.label_swatch import SMALLEST_SIDE, draw_swatch, label_words
from app.ui.widgets.painting import draw_ring, draw_words, fill_rounded

SWATCH_SIDE = 20
MARK_SIDE = 14
GAP = 8
DOT_SIDE = 5
ENTERS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


@dataclass(frozen=True)
class LabelRow:
    """A label as a list shows it.

    Attributes:
        found_by: the alias that a search met, where it did not meet the name.
        place: 1 for the label in hand, 2 for the second one, 0 for the others.
        used: it occurs in the layout.
    """

    label: Label
    found_by: str = ""
    place: int = 0
    used: bool = False

    @property
    def words(self) -> str:
        """All of it, for screen readers and tooltips."""
        parts = [label_words(self.label)]
        if self.place:
            parts.append("in hand" if self.place == 1 else "the second label")
        if self.used:
            parts.append("in this layout")
        return ". ".join(parts)


class LabelDelegate(QStyledItemDelegate):
    """One line: the colour, the name, what it is now, its key."""

    patterns = False

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(120, max(SMALLEST_SIDE, option.fontMetrics.height() + GAP))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        item: LabelRow = index.data(ItemRole)
        theme = Theme.of(option.palette)
        row = option.rect.adjusted(2, 1, -2, -1)
        if option.state & QStyle.StateFlag.State_Selected:
            fill_rounded(painter, row, theme.chosen)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            fill_rounded(painter, row, theme.raised)
        if option.state & QStyle.StateFlag.State_HasFocus:
            draw_ring(painter, row, theme.accent, 1)
        swatch = QRect(0, 0, SWATCH_SIDE, SWATCH_SIDE)
        swatch.moveCenter(row.center())
        swatch.moveLeft(row.left() + 4)
        draw_swatch(painter, swatch, item.label, theme, patterns=self.patterns)
        right = self._paint_marks(painter, row, item, theme)
        left = swatch.right() + GAP
        words = QRect(left, row.top(), max(0, right - left), row.height())
        self._paint_words(painter, words, item, theme)

    def _paint_words(self, painter: QPainter, rect: QRect, item: LabelRow, theme: Theme) -> None:
        painter.setPen(theme.text)
        draw_words(painter, rect, item.label.name)
        if item.found_by:
            beside = painter.fontMetrics().horizontalAdvance(item.label.name) + GAP
            painter.setPen(theme.faint)
            draw_words(painter, rect.adjusted(min(beside, rect.width()), 0, 0, 0), item.found_by)

    def _paint_marks(self, painter: QPainter, row: QRect, item: LabelRow, theme: Theme) -> int:
        """From the right: the key, whether it is in the layout, whether it is in hand.

        Returns the first column that they take.
        """
        key_width = painter.fontMetrics().horizontalAdvance("0") + 6
        right = row.right() - 4 - key_width
        if item.label.hotkey is not None:
            painter.setPen(theme.faint)
            key = QRect(right, row.top(), key_width, row.height())
            painter.drawText(key, Qt.AlignmentFlag.AlignCenter, item.label.hotkey.upper())
        right -= DOT_SIDE + 4
        if item.used:
            dot = QRect(right, row.center().y() - DOT_SIDE // 2, DOT_SIDE, DOT_SIDE)
            fill_rounded(painter, dot, theme.faint)
        if item.place:
            right -= MARK_SIDE + 4
            name = "brush" if item.place == 1 else "swap"
            colour = theme.accent if item.place == 1 else theme.faint
            corner = QPoint(right, row.center().y() - MARK_SIDE // 2 + 1)
            dpr = painter.device().devicePixelRatio()
            painter.drawPixmap(corner, pixmap(name, colour, MARK_SIDE, dpr))
        return right - 4


class SwatchDelegate(QStyledItemDelegate):
    """The colour alone."""

    patterns = False

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(SMALLEST_SIDE, SMALLEST_SIDE)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        item: LabelRow = index.data(ItemRole)
        theme = Theme.of(option.palette)
        inside = option.rect.adjusted(3, 3, -3, -3)
        draw_swatch(painter, inside, item.label, theme, patterns=self.patterns)
        if option.state & QStyle.StateFlag.State_HasFocus:
            draw_ring(painter, option.rect, theme.accent)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            draw_ring(painter, option.rect, theme.text)


class LabelView(QListView):
    """Labels to choose from. Arrow keys move; Enter or a click takes one in hand.

    With Shift, or from the menu, it is the second label.

    Signals:
        chosen(int): the id of the label to take in hand.
        second_chosen(int): the id of the label to have as the second.
    """

    chosen = Signal(int)
    second_chosen = Signal(int)

    def __init__(self, name: str, delegate: LabelDelegate | SwatchDelegate) -> None:
        super().__init__()
        self.items = ItemModel[LabelRow](
            lambda row: row.label.id, lambda row: row.words, lambda row: row.words
        )
        self._delegate = delegate
        delegate.setParent(self)
        self.setAccessibleName(name)
        self.setModel(self.items)
        self.setItemDelegate(delegate)
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        # A click leaves the keyboard where it was: the artist goes on painting.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.customContextMenuRequested.connect(self._show_menu)

    def set_rows(self, rows: Sequence[LabelRow]) -> None:
        """Show these, in this order."""
        self.items.set_items(rows)

    def set_patterns(self, on: bool) -> None:
        """Hatch the colours, or not."""
        self._delegate.patterns = on
        self.viewport().update()

    @property
    def current(self) -> Label | None:
        """The label that the keyboard is at."""
        index = self.currentIndex()
        return index.data(ItemRole).label if index.isValid() else None

    def go_to(self, row: int) -> None:
        """Have the keyboard at a row, which is then in sight; one beyond the ends is the end."""
        row = min(max(row, 0), self.items.rowCount() - 1)
        if row >= 0:
            self.setCurrentIndex(self.items.index(row))
            self.scrollTo(self.currentIndex())

    def choose_current(self, *, second: bool = False) -> bool:
        """Take the label that the keyboard is at; False where it is at none."""
        label = self.current
        if label is None:
            return False
        (self.second_chosen if second else self.chosen).emit(label.id)
        return True

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        # Its first click has chosen, and the rows may be others since: it moves nothing.
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index == self.currentIndex():
            self.choose_current(second=_shifted(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTERS or event.key() == Qt.Key.Key_Space:
            if self.choose_current(second=_shifted(event)):
                event.accept()
        else:
            super().keyPressEvent(event)

    @Slot(QPoint)
    def _show_menu(self, place: QPoint) -> None:
        index = self.indexAt(place)
        if index.isValid():
            menu = self.menu_for(index.data(ItemRole).label)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.viewport().mapToGlobal(place))

    def menu_for(self, label: Label) -> QMenu:
        """What can be done with a label."""
        menu = QMenu(self)
        for words, signal in (
            ("Take in hand", self.chosen),
            ("Have as the second label", self.second_chosen),
        ):
            action = QAction(words, menu)
            action.triggered.connect(lambda _=False, signal=signal: signal.emit(label.id))
            menu.addAction(action)
        return menu


class LabelList(LabelView):
    """All labels, one a line."""

    def __init__(self) -> None:
        super().__init__("Labels", LabelDelegate())

    @property
    def rows_in_view(self) -> int:
        """How many fit; what Page Up and Page Down go."""
        height = max(1, self.sizeHintForRow(0))
        return max(1, self.viewport().height() // height - 1)


class LabelRowView(LabelView):
    """A few labels beside each other."""

    def __init__(self, name: str) -> None:
        super().__init__(name, SwatchDelegate())
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setStyleSheet("QListView { background: transparent; border: none; }")
        self.setFixedHeight(SMALLEST_SIDE)


def _shifted(event: QKeyEvent | QMouseEvent) -> bool:
    return bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
