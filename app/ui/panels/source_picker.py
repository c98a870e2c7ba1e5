"""A reference as a picture in which a place is chosen: to clone from, or for its texture."""

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.canvas.marks import DARK, LIGHT
from app.ui.panels.reference_zone import ReferenceItem
from app.ui.theme import Theme
from app.ui.widgets.painting import draw_ring
from app.ui.widgets.thumbnail import to_pixmap

HIGHEST = 180
LOWEST = 88
CROSS = 6.0
LEAST_RING = 4.0
STEP = 4.0
"""Of an arrow key, in view pixels; with Shift four times as many."""
Key = Qt.Key
ARROWS = {Key.Key_Left: (-1, 0), Key.Key_Right: (1, 0), Key.Key_Up: (0, -1), Key.Key_Down: (0, 1)}
PRESSES = (Key.Key_Return, Key.Key_Enter, Key.Key_Space)


class SourcePicker(QWidget):
    """Shows a reference and what was chosen in it. Arrows move a cross, Enter chooses.

    Signals:
        picked(float, float): a place, in shares of the picture's width and height.
    """

    picked = Signal(float, float)

    def __init__(self) -> None:
        super().__init__()
        self._picture: QPixmap | None = None
        self._name = ""
        self._use = ""
        self._mark: tuple[float, float] | None = None
        self._radius = 0.0
        self._at: tuple[float, float] | None = None
        self._room = HIGHEST
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setSizePolicy(policy)
        self.show_reference(None, "")

    def show_reference(self, item: ReferenceItem | None, use: str) -> None:
        """Show a reference, or nothing; `use` says what a click is for."""
        name = item.name if item is not None else ""
        if name != self._name:
            self._at = None
        self._name, self._use = name, use
        self._picture = to_pixmap(item.thumb_rgb_hwc) if item is not None else None
        self.setAccessibleName(f"{name}: {use}" if item is not None else "No reference")
        self.setToolTip(f"{use}. With the keyboard: arrow keys, then Enter")
        self.setVisible(item is not None)
        self._fit()
        self.update()

    def set_mark(self, place: tuple[float, float] | None, radius: float = 0.0) -> None:
        """Mark a place, in shares; a radius, in shares of the shorter side, makes it a ring."""
        if (place, radius) != (self._mark, self._radius):
            self._mark, self._radius = place, radius
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, HIGHEST)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def set_room(self, room: int) -> None:
        """Be no higher than this, as far as the picture can still be seen."""
        self._room = room
        self._fit()

    def _fit(self) -> None:
        """As high as the picture is at the panel's width, within limits."""
        if self._picture is not None:
            high = round(self.width() * self._picture.height() / self._picture.width())
            self.setFixedHeight(max(LOWEST, min(high, self._room, HIGHEST)))

    @property
    def _target(self) -> QRectF:
        """Where the picture is painted."""
        if self._picture is None:
            return QRectF()
        fitted = self._picture.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        return QRectF(
            (self.width() - fitted.width()) / 2,
            (self.height() - fitted.height()) / 2,
            fitted.width(),
            fitted.height(),
        )

    def _share(self, at: QPointF) -> tuple[float, float]:
        target = self._target
        x = (at.x() - target.left()) / max(1.0, target.width())
        y = (at.y() - target.top()) / max(1.0, target.height())
        return min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)

    def _point(self, place: tuple[float, float]) -> QPointF:
        target = self._target
        return QPointF(
            target.left() + place[0] * target.width(), target.top() + place[1] * target.height()
        )

    # The hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._picture is not None:
            self._pick(self._share(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._picture is not None:
            self._pick(self._share(event.position()))

    def event(self, event: QEvent) -> bool:
        """Qt's hook: Space and Enter are the picker's own while it has the keyboard."""
        own = isinstance(event, QKeyEvent) and event.key() in (*ARROWS, *PRESSES)
        if own and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Key(event.key())
        if self._picture is not None and key in ARROWS:
            many = 4 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            self._steer(*(many * STEP * way for way in ARROWS[key]))
        elif self._picture is not None and key in PRESSES:
            self._pick(self._at or (0.5, 0.5))
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._at = None
        self.update()
        super().focusOutEvent(event)

    def _steer(self, across: float, down: float) -> None:
        if self._at is None:
            self._at = self._mark or (0.5, 0.5)
        else:
            self._at = self._share(self._point(self._at) + QPointF(across, down))
        self.update()

    def _pick(self, place: tuple[float, float]) -> None:
        self.picked.emit(*place)

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._picture is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        target = self._target
        painter.drawPixmap(target, self._picture, QRectF(self._picture.rect()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.save()
        painter.setClipRect(target)
        if self._mark is not None:
            self._paint_mark(painter, self._point(self._mark), target)
        if self._at is not None:
            _two_tone(painter, _cross(self._point(self._at)))
        painter.restore()
        if self.hasFocus():
            draw_ring(painter, target, Theme.of(self.palette()).accent)
        painter.end()

    def _paint_mark(self, painter: QPainter, middle: QPointF, target: QRectF) -> None:
        path = _cross(middle)
        if self._radius > 0:
            path = QPainterPath()
            side = min(target.width(), target.height())
            radius = max(LEAST_RING, self._radius * side)
            path.addEllipse(middle, radius, radius)
        _two_tone(painter, path)


def _cross(middle: QPointF) -> QPainterPath:
    path = QPainterPath()
    for angle in (0.0, 0.25, 0.5, 0.75):
        way = QPointF(math.cos(math.tau * angle), math.sin(math.tau * angle))
        path.moveTo(middle + way * 2)
        path.lineTo(middle + way * CROSS)
    return path


def _two_tone(painter: QPainter, path: QPainterPath) -> None:
    for colour, width in ((DARK, 3.5), (LIGHT, 1.5)):
        painter.setPen(QPen(colour, width))
        painter.drawPath(path)
