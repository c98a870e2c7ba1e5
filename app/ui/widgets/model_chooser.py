"""Choosing a model, with what matters for the choice: licence, size, source."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListView,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.ui.icons import icon, pixmap
from app.ui.theme import Theme
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.item_model import Index, ItemModel, ItemRole
from app.ui.widgets.notice import KindMark
from app.ui.widgets.painting import badge_width, draw_badge, draw_words, fill_rounded

BADGE = "NC"
ROW_MARGIN = 8
CHECK_WIDTH = 28
POPUP_WIDTH = 360
ROWS_SHOWN = 8
TITLE_CHARACTERS = 28
TITLE_CHARACTERS_LEFT = 6


@dataclass(frozen=True)
class ModelItem:
    """A model as it is offered.

    Attributes:
        licence: its full name, in the tooltip.
        non_commercial: gets the badge "NC".
        size_text: as "15 MB".
        source: where it comes from, in a few words.
        shipped: came with the program.
    """

    id: str
    title: str
    licence: str
    non_commercial: bool
    size_text: str
    source: str
    shipped: bool

    @property
    def facts(self) -> str:
        """The second line: size and source."""
        return " · ".join(part for part in (self.size_text, self.source) if part)

    @property
    def words(self) -> str:
        """All of it, for screen readers and tooltips."""
        use = ". Not for commercial use" if self.non_commercial else ""
        return f"{self.title}. Licence: {self.licence or 'not told'}{use}. {self.facts}"


class Badge(QWidget):
    """The word for a licence that forbids commercial use."""

    def sizeHint(self) -> QSize:
        return QSize(badge_width(self.fontMetrics(), BADGE), self.fontMetrics().height() + 2)

    minimumSizeHint = sizeHint

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        draw_badge(painter, self.rect(), BADGE, Theme.of(self.palette()))
        painter.end()


class ModelDelegate(QStyledItemDelegate):
    """Two lines: title and badge, size and source; a tick at the one in use."""

    current = ""

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(POPUP_WIDTH - 32, 2 * option.fontMetrics.height() + 2 * ROW_MARGIN)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        item: ModelItem = index.data(ItemRole)
        theme = Theme.of(option.palette)
        row = option.rect.adjusted(2, 1, -2, -1)
        if option.state & QStyle.StateFlag.State_Selected:
            fill_rounded(painter, row, theme.chosen)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            fill_rounded(painter, row, theme.raised)
        if item.id == self.current:
            dpr = painter.device().devicePixelRatio()
            tick = QPoint(row.left() + 6, row.center().y() - 8)
            painter.drawPixmap(tick, pixmap("check", theme.accent, 16, dpr))
        self._paint_words(painter, row, item, theme)

    def _paint_words(self, painter: QPainter, row: QRect, item: ModelItem, theme: Theme) -> None:
        line = painter.fontMetrics().height()
        left, width = row.left() + CHECK_WIDTH, row.width() - CHECK_WIDTH - ROW_MARGIN
        top = row.center().y() - line
        badge = badge_width(painter.fontMetrics(), BADGE) if item.non_commercial else 0
        licence = item.licence.split("(")[0].strip()
        beside = min(painter.fontMetrics().horizontalAdvance(licence), width * 2 // 5)
        end = row.right() - ROW_MARGIN - badge - (ROW_MARGIN if badge else 0)
        painter.setPen(theme.text)
        draw_words(painter, QRect(left, top, end - beside - ROW_MARGIN - left, line), item.title)
        if badge:
            draw_badge(
                painter, QRect(row.right() - ROW_MARGIN - badge, top, badge, line + 1), BADGE, theme
            )
        painter.setPen(theme.faint)
        draw_words(painter, QRect(end - beside, top, beside + 1, line), licence)
        draw_words(painter, QRect(left, top + line + 2, width, line), item.facts)


class ModelPopup(QFrame):
    """The list under the chooser, and the way to manage models.

    Signals:
        chosen(str): id of a model.
        manage(): the button at the foot.
    """

    chosen = Signal(str)
    manage = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.items = ItemModel[ModelItem](lambda i: i.id, lambda i: i.words, lambda i: i.words)
        self.delegate = ModelDelegate(self)
        self.list = QListView()
        self.list.setModel(self.items)
        self.list.setItemDelegate(self.delegate)
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setAccessibleName("Models")
        self.list.clicked.connect(self._choose)
        self.list.activated.connect(self._choose)
        manage = QPushButton(icon("settings"), "Manage models…")
        manage.clicked.connect(self._on_manage)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.list)
        column.addWidget(manage)

    def open_at(self, corner: QPoint, current: str) -> None:
        """Show the list at a place on the screen, with the keyboard at the current model."""
        self.delegate.current = current
        row = max(0, self.items.row_of(current))
        self.list.setCurrentIndex(self.items.index(row))
        row_height = 2 * self.fontMetrics().height() + 2 * ROW_MARGIN
        rows = min(max(1, self.items.rowCount()), ROWS_SHOWN)
        self.list.setFixedHeight(rows * row_height + 4)
        self.setFixedWidth(max(POPUP_WIDTH, 40 * self.fontMetrics().averageCharWidth()))
        self.adjustSize()
        self.move(self._on_screen(corner))
        self.show()
        self.list.setFocus(Qt.FocusReason.PopupFocusReason)

    def _on_screen(self, corner: QPoint) -> QPoint:
        area = self.screen().availableGeometry()
        left = min(corner.x(), area.right() - self.width())
        top = min(corner.y(), area.bottom() - self.height())
        return QPoint(max(area.left(), left), max(area.top(), top))

    @Slot(QModelIndex)
    def _choose(self, index: QModelIndex) -> None:
        if self.isVisible():
            self.close()
            self.chosen.emit(index.data(ItemRole).id)

    @Slot()
    def _on_manage(self) -> None:
        self.close()
        self.manage.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.list.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            if index.isValid() and self.list.hasFocus():
                self._choose(index)
        else:
            super().keyPressEvent(event)


class ModelChooser(QPushButton):
    """The model in use with its badge; opens the list of all.

    Signals:
        model_chosen(str): id of a model; the current one, too.
        manage_requested(): the models dialog is wanted.
    """

    model_chosen = Signal(str)
    manage_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._current = self._warning = ""
        self._mark = KindMark("warning")
        self._title = ElidedLabel(where=Qt.TextElideMode.ElideMiddle)
        self._badge = Badge()
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 28, 0)
        row.setSpacing(8)
        row.addWidget(self._mark)
        row.addWidget(self._title)
        row.addWidget(self._badge, 0, Qt.AlignmentFlag.AlignVCenter)
        for part in (self._mark, self._title, self._badge):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._popup = ModelPopup(self)
        self._popup.chosen.connect(self.model_chosen)
        self._popup.manage.connect(self.manage_requested)
        self.clicked.connect(self.open_list)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._tell()

    def set_models(self, items: Sequence[ModelItem]) -> None:
        """What can be chosen, in this order."""
        self._popup.items.set_items(items)
        self._tell()

    def set_current(self, model: str, warning: str = "") -> None:
        """The model in use, by its id; one that is not in the list shows as none.

        A warning is a sentence about it, marked beside it and told in the tooltip.
        """
        if (model, warning) != (self._current, self._warning):
            self._current, self._warning = model, warning
            self._tell()

    @property
    def current(self) -> str:
        return self._current

    @Slot()
    def open_list(self) -> None:
        """Show the list below the button."""
        self._popup.open_at(self.mapToGlobal(QPoint(0, self.height() + 2)), self._current)

    def _tell(self) -> None:
        items = self._popup.items
        row = items.row_of(self._current)
        item = items.items[row] if row >= 0 else None
        title = item.title if item else "No model"
        widest = TITLE_CHARACTERS * self.fontMetrics().averageCharWidth()
        elided = self.fontMetrics().elidedText(title, Qt.TextElideMode.ElideMiddle, widest)
        self._title.setText(elided)
        self._badge.setVisible(item is not None and item.non_commercial)
        self._mark.setVisible(bool(self._warning))
        self.setAccessibleName(f"Model: {item.words if item else title}")
        self.setAccessibleDescription(self._warning)
        tip = f"{item.words}\nClick for another model" if item else "Choose a model"
        self.setToolTip("\n".join(filter(None, (self._warning, tip))))
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        inside = self._row.sizeHint()
        return QSize(inside.width(), max(28, inside.height() + 4))

    def minimumSizeHint(self) -> QSize:
        """Some letters of the title, and all of the rest."""
        left = TITLE_CHARACTERS_LEFT * self.fontMetrics().averageCharWidth()
        spare = max(0, self._title.sizeHint().width() - left)
        whole = self.sizeHint()
        return QSize(whole.width() - spare, whole.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        theme = Theme.of(self.palette())
        painter = QPainter(self)
        arrow = pixmap("chevron-down", theme.faint, 16, self.devicePixelRatioF())
        painter.drawPixmap(self.width() - 24, (self.height() - 16) // 2, arrow)
        painter.end()
