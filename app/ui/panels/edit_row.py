"""One row of the edit list."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.icons import ICON_PX, icon, pixmap
from app.ui.theme import Theme
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.notice import KindMark
from app.ui.widgets.painting import draw_cover, draw_ring, fill_rounded
from app.ui.widgets.slider import AmountSlider, Scale
from app.ui.widgets.thumbnail import to_pixmap
from app.ui.widgets.title import Title

STRENGTH = Scale(default=1.0, step=0.05, percent=True)
DETAIL = Scale(default=1.0, step=0.05, percent=True)
THUMBNAIL_SIDE = 36
GRIP_WIDTH = 28


@dataclass(frozen=True, eq=False)
class EditItem:
    """An edit of the document.

    Attributes:
        uid: tells it apart for ever.
        strength: 0..1.
        detail: what it uses: title of the model, name of the reference.
        photo_detail: how much of the photo's own detail it keeps, 0..1; None for edits that have no
            such choice.
        missing: a sentence about what is not there; the row is then greyed. Empty: all is there.
        thumb: H x W x 3 uint8; None for no picture.
    """

    uid: int
    title: str
    enabled: bool
    strength: float
    detail: str = ""
    missing: str = ""
    thumb: npt.NDArray[np.uint8] | None = None
    photo_detail: float | None = None

    @property
    def words(self) -> str:
        """For screen readers."""
        state = "on" if self.enabled else "off"
        parts = (self.title, state, f"strength {self.strength:.0%}", self.detail, self.missing)
        return ", ".join(part for part in parts if part)


class Grip(QWidget):
    """Where a row is held to be moved.

    Signals:
        held(), moved(QPoint), let_go(): a drag; places are on the screen.
    """

    held = Signal()
    moved = Signal(QPoint)
    let_go = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(GRIP_WIDTH)
        self.setMinimumHeight(28)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setToolTip("Drag to reorder (Alt+Up, Alt+Down)")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.held.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.moved.emit(event.globalPosition().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.let_go.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        painter = QPainter(self)
        corner = QPoint((self.width() - ICON_PX) // 2, (self.height() - ICON_PX) // 2)
        dpr = self.devicePixelRatioF()
        painter.drawPixmap(corner, pixmap("grip", theme.faint, ICON_PX, dpr))
        painter.end()


class Picture(QWidget):
    """A small picture, greyed with its row."""

    def __init__(self) -> None:
        super().__init__()
        self._picture: QPixmap | None = None
        self._shown: npt.NDArray[np.uint8] | None = None
        self.faded = False
        self.setFixedSize(THUMBNAIL_SIDE, THUMBNAIL_SIDE)

    def show_picture(self, rgb_hwc: npt.NDArray[np.uint8] | None) -> None:
        """H x W x 3 uint8; None hides it."""
        if rgb_hwc is not self._shown:
            self._shown = rgb_hwc
            self._picture = None if rgb_hwc is None else to_pixmap(rgb_hwc)
        self.setVisible(rgb_hwc is not None)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setOpacity(0.4 if self.faded else 1.0)
        if self._picture is not None:
            draw_cover(painter, self.rect(), self._picture)
        painter.end()


class Missing(QWidget):
    """A sentence about what is not there, with the mark of a warning."""

    def __init__(self) -> None:
        super().__init__()
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(KindMark("warning"), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._words, 1)

    def show_words(self, words: str) -> None:
        """The sentence; empty hides it."""
        self._words.setText(words)
        self.setVisible(bool(words))


class EditRow(QFrame):
    """Grip, eye, picture, name, strength, bin; while it is selected, the photo's detail.

    Signals:
        toggled(bool), strength_dragged(float), strength_committed(float), detail_dragged(float),
        detail_committed(float), removed(), renamed(str): of this edit; amounts are 0..1.
        picked(): a click or the focus arrived: this is the selected row.
        stepped(int): Up or Down: -1, 1. With Alt: `shifted(int)`.
        held(), dragged(QPoint), dropped(): the grip.
    """

    toggled = Signal(bool)
    strength_dragged = Signal(float)
    strength_committed = Signal(float)
    detail_dragged = Signal(float)
    detail_committed = Signal(float)
    removed = Signal()
    renamed = Signal(str)
    picked = Signal()
    stepped = Signal(int)
    shifted = Signal(int)
    held = Signal()
    dragged = Signal(QPoint)
    dropped = Signal()

    def __init__(self, item: EditItem) -> None:
        super().__init__()
        self.item = item
        self._selected = False
        self.grip = Grip()
        self._eye = QToolButton()
        self._picture = Picture()
        self.title = Title("Name of the edit")
        self._detail = ElidedLabel(faint=True)
        self._missing = Missing()
        self._bin = QToolButton()
        self.strength = AmountSlider("Strength", STRENGTH, compact=True)
        self._photo = QWidget()
        self.photo_detail = AmountSlider("Keep photo detail", DETAIL, compact=True)
        self._name_parts()
        self._arrange()
        self._connect()
        self.set_item(item)

    def _name_parts(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        for button in (self._eye, self._bin):
            button.setIconSize(QSize(ICON_PX, ICON_PX))
            button.setFixedSize(28, 28)
        self._eye.setCheckable(True)
        self._eye.setProperty("bare", True)
        self._bin.setIcon(icon("trash"))
        self._bin.setToolTip("Delete (Del)")
        self.title.setToolTip("Double-click to rename (F2)")

    def _arrange(self) -> None:
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(self.title)
        names.addWidget(self._detail)
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self._eye)
        top.addWidget(self._picture)
        top.addSpacing(4)
        top.addLayout(names, 1)
        top.addWidget(self._bin)
        right = QVBoxLayout()
        right.setSpacing(4)
        right.addLayout(top)
        right.addWidget(self._missing)
        right.addWidget(self.strength)
        words = ElidedLabel("Photo detail", faint=True)
        words.setToolTip("How much of the photo's own detail is kept")
        kept = QHBoxLayout(self._photo)
        kept.setContentsMargins(4, 0, 0, 0)
        kept.setSpacing(4)
        kept.addWidget(words)
        kept.addWidget(self.photo_detail, 1)
        right.addWidget(self._photo)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 8, 8, 8)
        row.setSpacing(0)
        row.addWidget(self.grip)
        row.addLayout(right, 1)

    def _connect(self) -> None:
        self._eye.clicked.connect(self._on_eye)
        self._bin.clicked.connect(self._on_bin)
        self.strength.dragged.connect(self.strength_dragged)
        self.strength.committed.connect(self.strength_committed)
        self.photo_detail.dragged.connect(self.detail_dragged)
        self.photo_detail.committed.connect(self.detail_committed)
        self.title.renamed.connect(self.renamed)
        self.title.closed.connect(self._take_focus)
        self.grip.held.connect(self.held)
        self.grip.moved.connect(self.dragged)
        self.grip.let_go.connect(self.dropped)

    def set_item(self, item: EditItem) -> None:
        """Show another state of the same edit."""
        self.item = item
        usable = item.enabled and not item.missing
        self.title.set_text(item.title, usable)
        self._detail.setText(item.detail)
        self._detail.setEnabled(usable)
        self._detail.setVisible(bool(item.detail))
        self._missing.show_words(item.missing)
        self._picture.faded = not usable
        self._picture.show_picture(item.thumb)
        self._eye.setChecked(item.enabled)
        self._eye.setIcon(icon("eye" if item.enabled else "eye-off"))
        self._eye.setAccessibleName(f"{item.title} on")
        self._eye.setToolTip("Switch off (Space)" if item.enabled else "Switch on (Space)")
        self._bin.setAccessibleName(f"Delete {item.title}")
        self.strength.setEnabled(usable)
        self.strength.set_label(f"Strength of {item.title}")
        self.strength.set_value(item.strength)
        self.photo_detail.set_label(f"Photo detail kept by {item.title}")
        self.photo_detail.set_value(item.photo_detail or 0.0)
        self.photo_detail.setEnabled(usable)
        self._show_detail()
        self.setAccessibleName(item.words)

    @property
    def tab_stops(self) -> list[QWidget]:
        """What Tab goes through, in this order."""
        amounts = [*self.strength.tab_stops, *self.photo_detail.tab_stops]
        return [self, self._eye, self._bin, *amounts]

    def set_selected(self, selected: bool) -> None:
        """Mark it as the selected one."""
        self._selected = selected
        self.setAccessibleDescription("selected" if selected else "")
        self._show_detail()
        self.update()

    def _show_detail(self) -> None:
        self._photo.setVisible(self._selected and self.item.photo_detail is not None)

    @Slot()
    def _on_eye(self) -> None:
        self.toggled.emit(self._eye.isChecked())

    @Slot()
    def _on_bin(self) -> None:
        self.removed.emit()

    @Slot()
    def _take_focus(self) -> None:
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def event(self, event: QEvent) -> bool:
        # With the keyboard here F2 means what it means in every list, not the workspace.
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_F2
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(key))
        if step is not None:
            alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
            (self.shifted if alt else self.stepped).emit(step)
        elif key == Qt.Key.Key_F2:
            self.title.edit()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
        elif key == Qt.Key.Key_Space:
            self.toggled.emit(not self.item.enabled)
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
        self.picked.emit()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        painter = QPainter(self)
        field = theme.chosen if self._selected else theme.base
        fill_rounded(painter, self.rect(), field)
        if self._selected:
            strip = QRect(0, 4, 3, self.height() - 8)
            painter.fillRect(strip, theme.accent)
        if self.hasFocus():
            draw_ring(painter, self.rect(), theme.accent)
        painter.end()
