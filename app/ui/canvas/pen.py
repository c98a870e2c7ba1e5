"""What hands do on the canvas with a tool: pen, mouse, and keys that steer a cross."""

import math
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal, Protocol

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPointingDevice, QTabletEvent

from app.tools.stroke import StrokeSample
from app.ui.canvas.transform import Point, ViewTransform

SIZE_DRAG_VIEW = 4.0
"""So far a hand may move while Shift is held before it changes the size of the tool."""
SMALLEST_PX = 1.0

Modifier = Qt.KeyboardModifier


@dataclass(frozen=True)
class CanvasTool:
    """What the canvas has to know of a tool.

    Attributes:
        shape: of its footprint; a cross has none.
        diameter_px: of the footprint in document pixels, 0 for none.
        words: what it is, for those who cannot see it.
        shift_resizes: dragging with Shift changes its size; else Shift goes with the strokes.
        softness: 0..1, the share of the radius over which it fades out: a second ring shows it.
        alt: what a press with Alt or Ctrl is: a source for the tool, a stroke that takes away, or
            nothing special: then Ctrl picks. Many desktops keep Alt and a click for themselves.
    """

    shape: Literal["round", "square", "cross"] = "cross"
    diameter_px: float = 0.0
    words: str = ""
    shift_resizes: bool = False
    softness: float = 0.0
    alt: Literal["", "source", "erase"] = ""


class Surface(Protocol):
    """Where the hand works."""

    @property
    def transform(self) -> ViewTransform | None:
        """Where the document lies in each pane; None without one."""
        ...

    def place_px(self, point_view: QPointF) -> Point | None:
        """What place of the document is at a point of the view; None without a document."""
        ...

    def pin(self, point_view: QPointF | None) -> None:
        """Until this is taken back by None, all places are of the pane in which this point is."""
        ...

    def moves_picture(self, point_view: QPointF) -> bool:
        """Whether a press here moves the picture or the divider."""
        ...


class Doing(Enum):
    """What a hand that is down does."""

    NOTHING = auto()
    STROKE = auto()
    PICK = auto()
    SOURCE = auto()
    # Shift is held: it may become a click, or a change of size.
    UNSURE = auto()
    SIZE = auto()


@dataclass(frozen=True)
class Touch:
    """One report of mouse or pen.

    Attributes:
        at: in view pixels.
        pressure: 0..1; 1 for a mouse.
        t_ms: the device's clock.
        modifiers: keys that are held.
        eraser: it is the pen's other end.
    """

    at: QPointF
    pressure: float
    t_ms: float
    modifiers: Qt.KeyboardModifier
    eraser: bool = False

    @classmethod
    def of(cls, event: QMouseEvent | QTabletEvent) -> "Touch":
        """What an event says."""
        pressure, eraser = 1.0, False
        if isinstance(event, QTabletEvent):
            pressure = min(max(event.pressure(), 0.0), 1.0)
            eraser = event.pointerType() == QPointingDevice.PointerType.Eraser
        return cls(event.position(), pressure, event.timestamp(), event.modifiers(), eraser)

    @property
    def shift(self) -> bool:
        return bool(self.modifiers & Modifier.ShiftModifier)


class PenInput(QObject):
    """Listens to pen and mouse while a tool is in hand.

    The pen's own events come first; those that are taken make no mouse events. A press that moves
    the picture or the divider, and every other button, is left to others.

    Signals:
        pressed(StrokeSample, bool, bool): a stroke begins; Shift is held; by the pen's eraser, or
            with Alt or Ctrl where the tool erases then.
        dragged(StrokeSample, bool): it goes on; Shift is held.
        released(StrokeSample): it ends.
        cancelled(): it is given up.
        picked(float, float): the place in document pixels that was clicked with Ctrl, where the
            tool has no other use for it.
        sourced(float, float): the same with Alt or Ctrl, where the tool has sources.
        size_dragged(float): the diameter in document pixels that the hand wants.
        pointed(object): the hand is at this QPointF.
    """

    pressed = Signal(object, bool, bool)
    dragged = Signal(object, bool)
    released = Signal(object)
    cancelled = Signal()
    picked = Signal(float, float)
    sourced = Signal(float, float)
    size_dragged = Signal(float)
    pointed = Signal(object)

    def __init__(self, surface: Surface, parent: QObject) -> None:
        super().__init__(parent)
        self._surface = surface
        self._tool: CanvasTool | None = None
        self._doing = Doing.NOTHING
        self._by_pen = False
        self._start = Touch(QPointF(), 1.0, 0.0, Modifier.NoModifier)
        self._last = self._start
        self._start_px = 0.0
        self._handlers = {
            QEvent.Type.TabletPress: self._pen_down,
            QEvent.Type.TabletMove: self._pen_move,
            QEvent.Type.TabletRelease: self._pen_up,
            QEvent.Type.MouseButtonPress: self._mouse_down,
            QEvent.Type.MouseButtonDblClick: self._mouse_down,
            QEvent.Type.MouseMove: self._mouse_move,
            QEvent.Type.MouseButtonRelease: self._mouse_up,
            QEvent.Type.ShortcutOverride: self._key,
            QEvent.Type.KeyPress: self._key,
            QEvent.Type.WindowDeactivate: self._interrupt,
            QEvent.Type.Hide: self._interrupt,
        }

    @property
    def busy(self) -> bool:
        """Whether the hand is down."""
        return self._doing is not Doing.NOTHING

    @property
    def sizing(self) -> QPointF | None:
        """The point around which the size is changed just now, else None."""
        return self._start.at if self._doing is Doing.SIZE else None

    def set_tool(self, tool: CanvasTool | None) -> None:
        """Take a tool in hand; without one a stroke on its way is given up."""
        self._tool = tool
        if tool is None:
            self.cancel()

    def cancel(self) -> None:
        """Give up what the hand does."""
        doing = self._doing
        self._let_go()
        if doing is Doing.STROKE:
            self.cancelled.emit()
        elif doing is Doing.SIZE:
            self.size_dragged.emit(self._start_px)

    def handle(self, event: QEvent) -> bool:
        """Take an event of the canvas; whether it needs no other handling."""
        handler = self._handlers.get(event.type())
        if handler is None or self._tool is None or not handler(event):
            return False
        event.accept()
        return True

    # Pen

    def _pen_down(self, event: QTabletEvent) -> bool:
        if event.button() != Qt.MouseButton.LeftButton or self.busy:
            return self.busy
        return self._begin(Touch.of(event), by_pen=True)

    def _pen_move(self, event: QTabletEvent) -> bool:
        if self._surface.moves_picture(event.position()) and not self.busy:
            return False
        self.pointed.emit(event.position())
        if self._by_pen:
            self._go(Touch.of(event))
        return True

    def _pen_up(self, event: QTabletEvent) -> bool:
        if not (self.busy and self._by_pen):
            return False
        if event.button() == Qt.MouseButton.LeftButton:
            self._end(Touch.of(event))
        return True

    # Mouse

    def _mouse_down(self, event: QMouseEvent) -> bool:
        if event.button() != Qt.MouseButton.LeftButton or self.busy:
            return self.busy
        return self._begin(Touch.of(event), by_pen=False)

    def _mouse_move(self, event: QMouseEvent) -> bool:
        if not self.busy:
            return False
        if not self._by_pen:
            self.pointed.emit(event.position())
            self._go(Touch.of(event))
        return True

    def _mouse_up(self, event: QMouseEvent) -> bool:
        if not self.busy:
            return False
        if event.button() == Qt.MouseButton.LeftButton and not self._by_pen:
            self._end(Touch.of(event))
        return True

    # Both

    def _begin(self, touch: Touch, *, by_pen: bool) -> bool:
        if self._surface.moves_picture(touch.at) or self._surface.place_px(touch.at) is None:
            return False
        assert self._tool is not None
        self._surface.pin(touch.at)
        self._by_pen, self._start, self._last = by_pen, touch, touch
        self._start_px = self._tool.diameter_px
        self.pointed.emit(touch.at)
        ctrl = bool(touch.modifiers & Modifier.ControlModifier)
        alt = self._tool.alt if ctrl or touch.modifiers & Modifier.AltModifier else ""
        if alt == "source" or (ctrl and not alt):
            self._doing = Doing.SOURCE if alt else Doing.PICK
            self._pick(touch)
        elif touch.shift and self._tool.shift_resizes:
            self._doing = Doing.UNSURE
        else:
            self._doing = Doing.STROKE
            eraser = touch.eraser or alt == "erase"
            self.pressed.emit(self._sample(touch), touch.shift, eraser)
        return True

    def _go(self, touch: Touch) -> None:
        if self._doing is Doing.UNSURE and self._moved(touch) > SIZE_DRAG_VIEW:
            self._doing = Doing.SIZE
        if self._doing is Doing.SIZE:
            self._resize(touch)
        elif self._doing is Doing.STROKE:
            self.dragged.emit(self._sample(touch), touch.shift)
        elif self._doing in (Doing.PICK, Doing.SOURCE):
            self._pick(touch)
        self._last = touch

    def _end(self, touch: Touch) -> None:
        # A pen that is lifted presses no more: what it did last counts.
        touch = Touch(
            touch.at, self._last.pressure, touch.t_ms, touch.modifiers, self._start.eraser
        )
        if touch.at != self._last.at:
            self._go(touch)
        doing, sample = self._doing, self._sample(touch)
        start = self._sample(self._start)
        self._let_go()
        if doing is Doing.UNSURE:
            self.pressed.emit(start, True, touch.eraser)
        if doing in (Doing.UNSURE, Doing.STROKE):
            self.released.emit(sample)

    def _let_go(self) -> None:
        self._doing, self._by_pen = Doing.NOTHING, False
        self._surface.pin(None)

    def _sample(self, touch: Touch) -> StrokeSample:
        # Without a document any more there is nothing that the place could matter to.
        x_px, y_px = self._surface.place_px(touch.at) or (0.0, 0.0)
        return StrokeSample(x_px, y_px, touch.pressure, touch.t_ms)

    def _pick(self, touch: Touch) -> None:
        sample = self._sample(touch)
        told = self.sourced if self._doing is Doing.SOURCE else self.picked
        told.emit(sample.x_px, sample.y_px)

    def _moved(self, touch: Touch) -> float:
        moved = touch.at - self._start.at
        return math.hypot(moved.x(), moved.y())

    def _resize(self, touch: Touch) -> None:
        transform = self._surface.transform
        if transform is not None:
            # The rim of the footprint goes with the hand.
            grown_view = 2 * (touch.at.x() - self._start.at.x())
            wanted_px = self._start_px + grown_view * transform.ratio / transform.zoom
            self.size_dragged.emit(max(SMALLEST_PX, wanted_px))

    # What ends a stroke

    def _key(self, event: QKeyEvent) -> bool:
        if not self.busy:
            return False
        if event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.KeyPress:
                self.cancel()
            return True
        return False

    def _interrupt(self, _event: QEvent) -> bool:
        if self.busy:
            self._end(self._last)
        return False
