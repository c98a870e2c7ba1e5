"""What hands do on the canvas, as signals: mouse, wheel, touchpad, keys."""

from collections.abc import Callable
from enum import Enum, auto

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtWidgets import QWidget

# Half of a target of 28 px.
GRIP_VIEW = 14.0
KEY_PAN_VIEW = 64.0
KEY_DIVIDER = 0.01
WHEEL_STEP = 120.0
STEPS_TO_DOUBLE = 4.0
TOUCHPAD_VIEW_TO_DOUBLE = 200.0

Key = Qt.Key
ARROWS = {
    Key.Key_Left: (1, 0),
    Key.Key_Right: (-1, 0),
    Key.Key_Up: (0, 1),
    Key.Key_Down: (0, -1),
}
ZOOM_KEYS = {Key.Key_Plus: 1, Key.Key_Equal: 1, Key.Key_Minus: -1}
HAND_BUTTONS = (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton)


class Drag(Enum):
    """What a pressed button moves."""

    NOTHING = auto()
    PICTURE = auto()
    DIVIDER = auto()


class CanvasInput(QObject):
    """Listens to a canvas. All places are in its view pixels.

    Left and middle button move the picture, Space makes that sure wherever the pointer is; the
    wheel zooms at the pointer, two fingers on a touchpad move, a pinch zooms. Space works while
    the pointer is over the canvas, unless the focus is on something that needs it.

    Signals:
        panned(float, float): the picture is moved by so much.
        zoomed(QPointF, float): by this factor, around this point.
        stepped(int): one step of zoom in (1) or out (-1).
        fit_wanted(): by the Home key.
        divider_dragged(float): to this column.
        divider_nudged(float): by this share of its way.
        divider_reset(): back to the middle.
        divider_lit(bool): whether a press would take hold of it.
        pointed(object): the pointer is at this QPointF, or None: it is elsewhere.
        moving(bool): whether the picture is moved, or would be by a press.

    Attributes:
        left_moves: whether the left button moves the picture without Space, too.
    """

    panned = Signal(float, float)
    zoomed = Signal(QPointF, float)
    stepped = Signal(int)
    fit_wanted = Signal()
    divider_dragged = Signal(float)
    divider_nudged = Signal(float)
    divider_reset = Signal()
    divider_lit = Signal(bool)
    pointed = Signal(object)
    moving = Signal(bool)

    def __init__(self, canvas: QWidget, divider: Callable[[], float | None]) -> None:
        """
        Args:
            canvas: the widget; the picture and the divider are its own affair.
            divider: tells the divider's column, or None where there is none.
        """
        super().__init__(canvas)
        self._canvas = canvas
        self._divider = divider
        self._window: QWidget | None = None
        self._drag = Drag.NOTHING
        self._hand = False
        self._lit = False
        self._last = QPointF()
        self._grip = 0.0
        self._start = 0.0
        self._was_moving = False
        self.left_moves = True
        self._handlers: dict[QEvent.Type, Callable[..., bool]] = {
            QEvent.Type.MouseButtonPress: self._press,
            QEvent.Type.MouseButtonDblClick: self._double,
            QEvent.Type.MouseMove: self._move,
            QEvent.Type.MouseButtonRelease: self._release,
            QEvent.Type.Wheel: self._wheel,
            QEvent.Type.NativeGesture: self._gesture,
            QEvent.Type.KeyPress: self._key,
            QEvent.Type.KeyRelease: self._key_up,
            QEvent.Type.Leave: self._leave,
            QEvent.Type.FocusOut: self._let_go,
            QEvent.Type.Show: self._watch_window,
        }

    def handle(self, event: QEvent) -> bool:
        """Take an event of the canvas; whether it needs no other handling."""
        handler = self._handlers.get(event.type())
        return handler is not None and handler(event)

    def takes(self, position: QPointF) -> bool:
        """Whether a press of the left button here is no tool's: it moves picture or divider."""
        return self._hand or self._drag is not Drag.NOTHING or self._is_near(position)

    def set_left_moves(self, on: bool) -> None:
        """Let the left button move the picture, or leave it to a tool."""
        self.left_moves = on
        self._show_cursor()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Qt's hook: Space where nobody in the window wanted it."""
        if isinstance(event, QKeyEvent) and event.key() == Key.Key_Space:
            if event.type() == QEvent.Type.KeyPress:
                return self._canvas.underMouse() and self._space(True)
            return event.type() == QEvent.Type.KeyRelease and self._hand and self._key_up(event)
        if event.type() == QEvent.Type.WindowDeactivate:
            self._let_go(event)
        return False

    def _watch_window(self, _event: QEvent) -> bool:
        window = self._canvas.window()
        if window is not self._window and window is not self._canvas:
            if self._window is not None:
                self._window.removeEventFilter(self)
            window.installEventFilter(self)
            self._window = window
        return False

    def _press(self, event: QMouseEvent) -> bool:
        if event.button() not in HAND_BUTTONS or self._drag is not Drag.NOTHING:
            return False
        left = event.button() == Qt.MouseButton.LeftButton
        if left and not self.left_moves and not self.takes(event.position()):
            return False
        self._last = event.position()
        divider = self._divider()
        if divider is not None and self._reaches_divider(event):
            self._drag = Drag.DIVIDER
            self._start, self._grip = divider, event.position().x() - divider
        else:
            self._drag = Drag.PICTURE
        self._show_cursor()
        return True

    def _double(self, event: QMouseEvent) -> bool:
        if self._reaches_divider(event):
            self.divider_reset.emit()
            return True
        return self._press(event)

    def _move(self, event: QMouseEvent) -> bool:
        position = event.position()
        if self._drag is Drag.PICTURE:
            moved = position - self._last
            self.panned.emit(moved.x(), moved.y())
        elif self._drag is Drag.DIVIDER:
            self.divider_dragged.emit(position.x() - self._grip)
        else:
            self._light(self._is_near(position) and not self._hand)
        self._last = position
        self.pointed.emit(position)
        return True

    def _release(self, event: QMouseEvent) -> bool:
        if self._drag is Drag.NOTHING or event.buttons() & (HAND_BUTTONS[0] | HAND_BUTTONS[1]):
            return False
        self._drag = Drag.NOTHING
        self._light(self._is_near(event.position()) and not self._hand)
        return True

    def _wheel(self, event: QWheelEvent) -> bool:
        angle, pixels = event.angleDelta(), event.pixelDelta()
        zooms = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if _from_touchpad(event):
            moved = pixels if not pixels.isNull() else angle / 2
            if zooms:
                self.zoomed.emit(event.position(), 2 ** (moved.y() / TOUCHPAD_VIEW_TO_DOUBLE))
            else:
                self.panned.emit(moved.x(), moved.y())
        elif angle.y():
            self.zoomed.emit(event.position(), 2 ** (angle.y() / WHEEL_STEP / STEPS_TO_DOUBLE))
        else:
            self.panned.emit(angle.x() / WHEEL_STEP * KEY_PAN_VIEW, 0.0)
        return True

    def _gesture(self, event: QNativeGestureEvent) -> bool:
        if event.gestureType() != Qt.NativeGestureType.ZoomNativeGesture:
            return False
        self.zoomed.emit(event.position(), max(0.1, 1.0 + event.value()))
        return True

    def _key(self, event: QKeyEvent) -> bool:
        key = Key(event.key())
        if key == Key.Key_Escape and self._drag is Drag.DIVIDER:
            self.divider_dragged.emit(self._start)
            self._drag = Drag.NOTHING
            return True
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.modifiers() & ~(
            Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
        ):
            return False
        if key in ARROWS:
            self._arrow(*ARROWS[key], shift=shift)
        elif key in ZOOM_KEYS:
            self.stepped.emit(ZOOM_KEYS[key])
        elif key == Key.Key_Home:
            self.fit_wanted.emit()
        else:
            return key == Key.Key_Space and self._space(True)
        return True

    def _arrow(self, across: int, down: int, *, shift: bool) -> None:
        if shift and across and self._divider() is not None:
            self.divider_nudged.emit(-across * KEY_DIVIDER)
        else:
            step = KEY_PAN_VIEW * (4 if shift else 1)
            self.panned.emit(across * step, down * step)

    def _key_up(self, event: QKeyEvent) -> bool:
        if event.key() != Key.Key_Space:
            return False
        return event.isAutoRepeat() or self._space(False)

    def _space(self, held: bool) -> bool:
        self._hand = held
        if held:
            self._light(False)
        self._show_cursor()
        return True

    def _leave(self, _event: QEvent) -> bool:
        self._light(False)
        self.pointed.emit(None)
        return False

    def _let_go(self, _event: QEvent) -> bool:
        self._hand = False
        self._show_cursor()
        return False

    def _reaches_divider(self, event: QMouseEvent) -> bool:
        left = event.button() == Qt.MouseButton.LeftButton
        return left and not self._hand and self._is_near(event.position())

    def _is_near(self, position: QPointF) -> bool:
        divider = self._divider()
        return divider is not None and abs(position.x() - divider) <= GRIP_VIEW

    def _light(self, lit: bool) -> None:
        if lit != self._lit:
            self._lit = lit
            self.divider_lit.emit(lit)
        self._show_cursor()

    def _show_cursor(self) -> None:
        if self._drag is Drag.PICTURE:
            self._canvas.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._drag is Drag.DIVIDER or self._lit:
            self._canvas.setCursor(Qt.CursorShape.SplitHCursor)
        elif self._hand:
            self._canvas.setCursor(Qt.CursorShape.OpenHandCursor)
        elif self.left_moves:
            self._canvas.unsetCursor()
        else:
            self._canvas.setCursor(Qt.CursorShape.CrossCursor)
        moving = self._hand or self._drag is Drag.PICTURE
        if moving != self._was_moving:
            self._was_moving = moving
            self.moving.emit(moving)


def _from_touchpad(event: QWheelEvent) -> bool:
    # X11 gives no phases, some mice on it give pixels: the device's kind decides as well.
    return (
        event.phase() != Qt.ScrollPhase.NoScrollPhase
        or event.device().type() == QPointingDevice.DeviceType.TouchPad
    )
