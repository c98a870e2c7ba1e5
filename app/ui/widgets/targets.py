"""The buttons of the start page: large targets, sample photos, recent files."""

from pathlib import Path
from typing import Any

import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QSizePolicy,
    QWidget,
)

from app.ui import theme
from app.ui.dialogs.parts import (
    CONTROL_PX,
    GAP_PX,
    INSET_PX,
    TIGHT_PX,
)
from app.ui.widgets.focus_ring import shows_ring
from app.ui.widgets.thumbnail import to_image

CARD_PX = 232
CARD_ICON_PX = 40
CORNER_PX = 6
RECENT_COLUMNS = 2
SAMPLE_COLUMNS = 2
ICON_PX = 20

Rgb = npt.NDArray[Any]


def _card_path(inside: QRectF) -> QPainterPath:
    path = QPainterPath()
    path.addRoundedRect(inside, CORNER_PX, CORNER_PX)
    return path


def draw_card(widget: QWidget, painter: QPainter, *, lit: bool, focused: bool) -> None:
    """The ground of a target; lighter under the pointer, ringed with the keyboard's focus."""
    worn = theme.Theme.of(widget.palette())
    pen = QPen(worn.accent, 2) if focused else QPen(worn.strong_line if lit else worn.line, 1)
    inset = pen.widthF() / 2
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(pen)
    painter.setBrush(worn.raised if lit else worn.window)
    painter.drawPath(_card_path(QRectF(widget.rect()).adjusted(inset, inset, -inset, -inset)))


class Pressable(QAbstractButton):
    """A button that Enter presses as well as Space."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif not event.isAutoRepeat():
            self.click()


class Target(Pressable):
    """A large button: an icon, what it does, and a quieter second line."""

    def __init__(self, icon: str, words: str, hint: str = "") -> None:
        super().__init__()
        self._icon = icon
        self._hint = hint
        self.setText(words)
        self.setAccessibleName(words)
        self.setAccessibleDescription(hint)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        width = max(CARD_PX, metrics.horizontalAdvance(self.text()) + 4 * INSET_PX)
        return QSize(width, max(CARD_PX, CARD_ICON_PX + 4 * metrics.height() + 4 * INSET_PX))

    def minimumSizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        width = metrics.horizontalAdvance(self.text()) + 2 * INSET_PX
        return QSize(width, CARD_ICON_PX + 3 * metrics.height() + 3 * INSET_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        lit = self.underMouse() and not self.isDown()
        draw_card(self, painter, lit=lit, focused=shows_ring(self))
        worn = theme.Theme.of(self.palette())
        line = QFontMetrics(self.font()).height()
        # With or without a hint, so that icons beside each other are level.
        block = CARD_ICON_PX + INSET_PX + 2 * line + TIGHT_PX
        top = (self.height() - block) / 2
        picture = theme.pixmap(self._icon, worn.text, CARD_ICON_PX, self.devicePixelRatioF())
        painter.drawPixmap(QPointF((self.width() - CARD_ICON_PX) / 2, top), picture)
        centre = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        words = QRectF(0, top + CARD_ICON_PX + INSET_PX, self.width(), line)
        painter.setPen(worn.text)
        painter.drawText(words, centre, self.text())
        painter.setPen(worn.faint)
        painter.drawText(words.translated(0, line + TIGHT_PX), centre, self._hint)


class SampleButton(Pressable):
    """A sample photo, cut to the shape of its place."""

    def __init__(self, title: str, rgb_hwc: Rgb) -> None:
        """`rgb_hwc`: H x W x 3 uint8, at least twice as large as it is shown, for sharp screens."""
        super().__init__()
        self._image = to_image(rgb_hwc)
        self.setText(title)
        self.setToolTip(title)
        self.setAccessibleName(f"Sample {title}")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(92, 72)

    def minimumSizeHint(self) -> QSize:
        return QSize(56, 44)

    def _part(self) -> QRectF:
        """The middle of the photo that has the shape of the button."""
        whole = QRectF(self._image.rect())
        shown = QRectF(self.rect()).size().scaled(whole.size(), Qt.AspectRatioMode.KeepAspectRatio)
        part = QRectF(QPointF(0, 0), shown)
        part.moveCenter(whole.center())
        return part

    def paintEvent(self, event: QPaintEvent) -> None:
        worn = theme.Theme.of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        path = _card_path(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.setClipPath(path)
        ratio = self.devicePixelRatioF()
        size = (QRectF(self.rect()).size() * ratio).toSize()
        part = self._image.copy(self._part().toAlignedRect()).scaled(
            size,
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        painter.drawImage(QRectF(self.rect()), part)
        painter.setClipping(False)
        ring = shows_ring(self)
        if ring or self.underMouse():
            painter.setPen(QPen(worn.accent if ring else worn.text, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(path)


class RecentButton(Pressable):
    """A file that was open before: its name; its folder is in the tooltip."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self._missing = False
        self.setText(path.name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.set_missing(False)

    def set_missing(self, missing: bool) -> None:
        """Whether the file is gone; it can be tried all the same."""
        self._missing = missing
        where = f"{self.path.parent} (not found)" if missing else str(self.path.parent)
        self.setToolTip(where)
        self.setAccessibleName(f"Open {self.path.name}")
        self.setAccessibleDescription(where)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(CARD_PX, max(CONTROL_PX, QFontMetrics(self.font()).height() + GAP_PX))

    def paintEvent(self, event: QPaintEvent) -> None:
        worn = theme.Theme.of(self.palette())
        painter = QPainter(self)
        ring = shows_ring(self)
        if self.underMouse() or ring:
            draw_card(self, painter, lit=self.underMouse(), focused=ring)
        colour = worn.faint if self._missing else worn.text
        metrics = QFontMetrics(self.font())
        note = "  not found" if self._missing else ""
        room = self.width() - ICON_PX - 3 * GAP_PX - metrics.horizontalAdvance(note)
        words = metrics.elidedText(self.text(), Qt.TextElideMode.ElideMiddle, room) + note
        picture = theme.pixmap("picture", colour, ICON_PX, self.devicePixelRatioF())
        painter.drawPixmap(QPointF(GAP_PX, (self.height() - ICON_PX) / 2), picture)
        painter.setPen(colour)
        place = self.rect().adjusted(ICON_PX + 2 * GAP_PX, 0, -GAP_PX, 0)
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, words)
