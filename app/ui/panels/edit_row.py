"""One row of the edit list."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
)
from PySide6.QtWidgets import QLabel, QMenu, QWidget

from app.ui.dialogs.parts import column, quiet, row
from app.ui.icons import ICON_PX, icon, pixmap
from app.ui.theme import Theme
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.named_row import STEPS, NamedRow, row_button
from app.ui.widgets.notice import KindMark
from app.ui.widgets.painting import draw_cover, fill_rounded
from app.ui.widgets.thumbnail import to_pixmap

THUMBNAIL_SIDE = 32
GRIP_WIDTH = 28
MARGIN = 4


@dataclass(frozen=True, eq=False)
class EditItem:
    """An edit of the document.

    Attributes:
        uid: tells it apart for ever.
        strength: 0..1.
        detail: what it uses and adjusts: names of references, amounts of sliders, the model.
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
    def usable(self) -> bool:
        """Whether it is on, and can be carried out."""
        return self.enabled and not self.missing

    @property
    def words(self) -> str:
        """For screen readers."""
        state = "on" if self.enabled else "off"
        parts = (self.title, state, f"strength {self.strength:.0%}", self.detail, self.missing)
        return ", ".join(part for part in parts if part)


class Grip(QWidget):
    """Where a row is held to be moved.

    Signals:
        moved(QPoint), let_go(): a drag; places are on the screen.
    """

    moved = Signal(QPoint)
    let_go = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(GRIP_WIDTH)
        self.setMinimumHeight(28)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setToolTip("Drag to reorder (Alt+Up, Alt+Down)")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

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
    """A small picture, greyed with its row; where there is none, its place."""

    def __init__(self) -> None:
        super().__init__()
        self._picture: QPixmap | None = None
        self._shown: npt.NDArray[np.uint8] | None = None
        self.faded = False
        self.setFixedSize(THUMBNAIL_SIDE, THUMBNAIL_SIDE)

    def show_picture(self, rgb_hwc: npt.NDArray[np.uint8] | None) -> None:
        """H x W x 3 uint8; None for none."""
        if rgb_hwc is not self._shown:
            self._shown = rgb_hwc
            self._picture = None if rgb_hwc is None else to_pixmap(rgb_hwc)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setOpacity(0.4 if self.faded else 1.0)
        if self._picture is not None:
            draw_cover(painter, self.rect(), self._picture)
        else:
            fill_rounded(painter, self.rect(), Theme.of(self.palette()).window)
        painter.end()


class Missing(QWidget):
    """A sentence about what is not there, with the mark of a warning."""

    def __init__(self) -> None:
        super().__init__()
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        mark = KindMark("warning")
        line = row(mark, self._words)
        line.setContentsMargins(4, 0, 0, 0)
        line.setAlignment(mark, Qt.AlignmentFlag.AlignTop)
        line.setStretchFactor(self._words, 1)
        self.setLayout(line)

    def show_words(self, words: str) -> None:
        """The sentence; empty hides it."""
        self._words.setText(words)
        self.setVisible(bool(words))


class EditRow(NamedRow):
    """Grip, eye, picture, name, strength, bin. All rows are alike high, selected or not.

    Tab stops at the selected one alone; keys do what its buttons do.

    Signals (and those of `NamedRow`):
        toggled(bool), soloed(): of this edit.
        picked(): a hand or a key came to it: this is the selected row.
        shifted(int): it should stand one higher, -1, or lower, 1.
        dragged(QPoint), dropped(): the grip.
    """

    toggled = Signal(bool)
    soloed = Signal()
    picked = Signal()
    shifted = Signal(int)
    dragged = Signal(QPoint)
    dropped = Signal()

    def __init__(self, item: EditItem, commands: Sequence[QAction] = ()) -> None:
        """`commands` for the selected edit stand first in its menu."""
        super().__init__("edit")
        self.item = item
        self._commands = commands
        self.grip = Grip()
        self._eye = row_button(bare=True)
        self._picture = Picture()
        self._detail = ElidedLabel(faint=True)
        self._missing = Missing()
        self._bin = row_button()
        self._bin.setIcon(icon("trash"))
        self._bin.setToolTip("Delete (Del)")
        self._amount = quiet()
        self._amount.setWordWrap(False)
        for button in (self._eye, self._bin):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._arrange()
        self._connect()
        self.set_selected(False)
        self.set_item(item)

    def _arrange(self) -> None:
        names = column(self.title, self._detail, gap_px=0)
        top = row(self._eye, self._picture, 4, names, self._amount, self._bin, gap_px=4)
        top.setStretchFactor(names, 1)
        whole = row(self.grip, column(top, self._missing, gap_px=4))
        whole.setContentsMargins(0, MARGIN, 8, MARGIN)
        whole.setSpacing(0)
        self.setLayout(whole)

    def _connect(self) -> None:
        self._eye.clicked.connect(self.toggled)
        self._bin.clicked.connect(self.removed)
        self.grip.moved.connect(self.dragged)
        self.grip.let_go.connect(self.dropped)

    def set_item(self, item: EditItem) -> None:
        """Show another state of the same edit."""
        self.item = item
        self.title.set_text(item.title, item.usable)
        self._detail.setText(item.detail)
        self._detail.setVisible(bool(item.detail))
        self._missing.show_words(item.missing)
        self._picture.faded = not item.usable
        self._picture.show_picture(item.thumb)
        self._eye.setChecked(item.enabled)
        self._eye.setIcon(icon("eye" if item.enabled else "eye-off"))
        self._eye.setAccessibleName(f"{item.title} on")
        self._eye.setToolTip("Switch off (Space)" if item.enabled else "Switch on (Space)")
        self._bin.setAccessibleName(f"Delete {item.title}")
        self._amount.setText(f"{item.strength:.0%}".replace("%", " %"))
        self._amount.setVisible(item.strength < 1.0)
        self.setAccessibleName(item.words)

    def set_selected(self, selected: bool) -> None:
        super().set_selected(selected)
        policy = Qt.FocusPolicy
        self.setFocusPolicy(policy.StrongFocus if selected else policy.ClickFocus)

    def fill_menu(self, menu: QMenu) -> None:
        menu.addActions(self._commands)
        menu.addSeparator()
        menu.addAction("Show only this, or all again").triggered.connect(self.soloed)
        menu.addAction("Rename\tF2").triggered.connect(self.title.edit)
        menu.addAction("Move up\tAlt+Up").triggered.connect(lambda: self.shifted.emit(-1))
        menu.addAction("Move down\tAlt+Down").triggered.connect(lambda: self.shifted.emit(1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in STEPS and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.shifted.emit(STEPS[key])
        elif key == Qt.Key.Key_Space:
            self.toggled.emit(not self.item.enabled)
        else:
            super().keyPressEvent(event)

    @Slot()
    def _take_focus(self) -> None:
        super()._take_focus()
        self.picked.emit()
