"""Painting without a mouse: keys steer a cross over the document."""

import math
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent

from app.tools.stroke import StrokeSample
from app.ui.canvas.input import ARROWS, KEY_PAN_VIEW
from app.ui.canvas.transform import Point, ViewTransform

STEP_VIEW = 8.0
STRIDE = 8
"""Steps in one, with Shift."""
MARGIN_VIEW = 24.0
"""The cross stays so far from the edges of the pane: the picture moves under it."""

Modifier = Qt.KeyboardModifier
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
ALT = (Modifier.AltModifier, Modifier.ControlModifier)
ENTER_WITH = (Modifier.NoModifier, Modifier.ShiftModifier, *ALT)
HANDS_DOWN = (
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseButtonDblClick,
    QEvent.Type.TabletPress,
)
HANDS_MOVE = (QEvent.Type.MouseMove, QEvent.Type.TabletMove)
LEFT_ALONE = (QEvent.Type.FocusOut, QEvent.Type.WindowDeactivate, QEvent.Type.Hide)


class KeyCross(QObject):
    """The cross and the stroke that it paints while it is down.

    Arrows steer by a step of 8 view pixels, or one document pixel where that is more, with Shift
    by eight; Enter puts the tool down and lifts it, Alt or Ctrl and Enter is what a press with Alt
    is, Escape gives up, Ctrl and arrows pan. The cross appears with the first arrow and goes when
    the pointer moves.

    Signals:
        pressed(StrokeSample, bool, bool), dragged(StrokeSample, bool), released(StrokeSample),
        cancelled(): as `PenInput` has them; the keys know no pressure.
        steered(object): the cross is at this place (x_px, y_px), or None: it is not shown.
        finish_wanted(): by Enter without a cross.
        panned(float, float): the picture is moved by so much, in view pixels.
        sourced(float, float): Alt or Ctrl and Enter at this place, with a tool that has sources.
    """

    pressed = Signal(object, bool, bool)
    dragged = Signal(object, bool)
    released = Signal(object)
    cancelled = Signal()
    steered = Signal(object)
    finish_wanted = Signal()
    panned = Signal(float, float)
    sourced = Signal(float, float)

    def __init__(
        self,
        transform: Callable[[], ViewTransform | None],
        pointer_px: Callable[[], Point | None],
        parent: QObject,
    ) -> None:
        """
        Args:
            transform: tells where the document lies in a pane, None without one.
            pointer_px: tells the pointer's place in the document, None where it is elsewhere.
        """
        super().__init__(parent)
        self._transform = transform
        self._pointer_px = pointer_px
        self._on = False
        self._alt = ""
        self._finishes = False
        self._down = False
        self._at: Point | None = None

    @property
    def at_px(self) -> Point | None:
        """Where the cross is; None while it is not shown."""
        return self._at

    def set_on(self, on: bool, alt: str = "") -> None:
        """Listen while a tool is in hand; `alt` as `CanvasTool` has it."""
        self._on, self._alt = on, alt
        if not on:
            self.cancel()
            self._move_to(None)

    def set_finishes(self, finishes: bool) -> None:
        """Say whether there is something that Enter finishes while there is no cross."""
        self._finishes = finishes

    def cancel(self) -> None:
        """Give up the stroke, if there is one."""
        if self._down:
            self._down = False
            self.cancelled.emit()

    def handle(self, event: QEvent) -> bool:
        """Take an event of the canvas; whether it needs no other handling."""
        if not self._on or self._transform() is None:
            return False
        kind = event.type()
        if kind == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            wanted = self._action(event) is not None
            if wanted:
                event.accept()
            return wanted
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            action = self._action(event)
            if action is not None:
                action()
            return action is not None
        return self._make_way(kind)

    def _make_way(self, kind: QEvent.Type) -> bool:
        if kind in LEFT_ALONE:
            self._lift()
            self._move_to(None)
        elif kind in HANDS_MOVE and not self._down:
            self._move_to(None)
        return self._down and kind in HANDS_DOWN

    def _action(self, event: QKeyEvent) -> Callable[[], None] | None:
        """What a key does, None where it does nothing here."""
        key = Qt.Key(event.key())
        held = event.modifiers() & ~Modifier.KeypadModifier
        if key in ARROWS:
            return self._arrow(*ARROWS[key], held)
        if key in ENTER and held in ENTER_WITH:
            if event.isAutoRepeat():
                return _nothing if self._at is not None else None
            if held in ALT:
                return self._alt_enter()
            return self._enter(shift=held == Modifier.ShiftModifier)
        if key == Qt.Key.Key_Escape and (self._down or self._finishes):
            return self._escape
        return None

    def _arrow(self, across: int, down: int, held: Modifier) -> Callable[[], None] | None:
        if held == Modifier.ControlModifier:
            step = KEY_PAN_VIEW
            return lambda: self.panned.emit(across * step, down * step)
        if held not in (Modifier.NoModifier, Modifier.ShiftModifier):
            return None
        # What moves the picture to the right moves the cross to the left.
        strides = STRIDE if held == Modifier.ShiftModifier else 1
        return lambda: self._steer(-across * strides, -down * strides)

    def _enter(self, *, shift: bool) -> Callable[[], None] | None:
        if self._at is None:
            return self.finish_wanted.emit if self._finishes else None
        return self._lift if self._down else lambda: self._press(shift=shift)

    def _alt_enter(self) -> Callable[[], None] | None:
        at = self._at
        if at is None or self._down or not self._alt:
            return None
        if self._alt == "source":
            return lambda: self.sourced.emit(*at)
        return lambda: self._press(shift=False, eraser=True)

    def _escape(self) -> None:
        self._down = False
        self.cancelled.emit()

    def _press(self, *, shift: bool, eraser: bool = False) -> None:
        self._down = True
        self.pressed.emit(self._sample(), shift, eraser)

    def _lift(self) -> None:
        if self._down:
            self._down = False
            self.released.emit(self._sample())

    def _sample(self) -> StrokeSample:
        assert self._at is not None, "only a cross that is somewhere paints"
        return StrokeSample(*self._at)

    def _steer(self, across: int, down: int) -> None:
        transform = self._transform()
        assert transform is not None, "checked before"
        at = self._at
        if at is None:
            # The first press only shows where the cross is.
            self._move_to(self._beginning(transform))
        else:
            step_px = max(1, round(STEP_VIEW * transform.ratio / transform.zoom))
            width_px, height_px = transform.document_px
            x_px = min(max(at[0] + across * step_px, 0.5), width_px - 0.5)
            y_px = min(max(at[1] + down * step_px, 0.5), height_px - 0.5)
            self._move_to((x_px, y_px))
            if self._down:
                self.dragged.emit(self._sample(), False)
        self._keep_in_sight(transform)

    def _beginning(self, transform: ViewTransform) -> Point:
        place = self._pointer_px()
        if place is None:
            width, height = transform.size_view
            place = transform.to_doc((width / 2, height / 2))
        x_px, y_px = (
            min(max(math.floor(value), 0), size - 1) + 0.5
            for value, size in zip(place, transform.document_px, strict=True)
        )
        return x_px, y_px

    def _keep_in_sight(self, transform: ViewTransform) -> None:
        assert self._at is not None
        x_view, y_view = transform.to_view(self._at)
        width, height = transform.size_view
        dx_view, dy_view = _back_inside(x_view, width), _back_inside(y_view, height)
        if dx_view or dy_view:
            self.panned.emit(dx_view, dy_view)

    def _move_to(self, place: Point | None) -> None:
        if place != self._at:
            self._at = place
            self.steered.emit(place)


def _back_inside(at_view: float, size_view: float) -> float:
    """How far to move so that the margin is kept, as far as the size allows."""
    margin = min(MARGIN_VIEW, size_view / 2)
    return min(max(at_view, margin), size_view - margin) - at_view


def _nothing() -> None:
    """A held Enter repeats itself: it is down once."""
