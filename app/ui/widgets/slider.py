"""One amount: a name, a slider, a number that can be typed."""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QFocusEvent,
    QFont,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from app.ui.theme import Theme
from app.ui.widgets.number_field import NumberField

CONTROL_HEIGHT = 28
GROOVE_HEIGHT = 4
HANDLE_RADIUS = 7
MARGIN = HANDLE_RADIUS + 2
SNAP_VIEW = 4
REST_MS = 400
WHEEL_NOTCH = 120
WORDS_SIZE = 0.9


@dataclass(frozen=True)
class Scale:
    """What an `AmountSlider` can be set to.

    Attributes:
        minimum, maximum: the range of the value.
        default: what a double-click sets.
        step: one nudge of an arrow key or of the wheel; ten of it with Page Up and Page Down.
        decimals: of the value; it is a multiple of 10 ** -decimals.
        ticks: values with a word, or none, under the track; the hand snaps to them.
        percent: the number shown is the value times 100, with "%".
        reach: numbers may be typed so far from zero, beyond the ends of the track; None: no
            farther than the track goes.
        origin: the track is filled from this value to the handle; None: from the minimum.
    """

    minimum: float = 0.0
    maximum: float = 1.0
    default: float = 1.0
    step: float = 0.05
    decimals: int = 2
    ticks: tuple[tuple[float, str], ...] = ()
    percent: bool = False
    reach: float | None = None
    origin: float | None = None

    @property
    def typed_range(self) -> tuple[float, float]:
        """The least and the greatest number that can be typed."""
        if self.reach is None:
            return self.minimum, self.maximum
        return min(self.minimum, -self.reach), max(self.maximum, self.reach)

    def to_units(self, value: float) -> int:
        """The position of a value: whole units of its last decimal above the minimum."""
        return round((value - self.minimum) * 10**self.decimals)

    def to_value(self, units: int) -> float:
        return round(self.minimum + units / 10**self.decimals, self.decimals)


class Track(QSlider):
    """The slider without its number; its values are the scale's units.

    Signals:
        pressed_twice(): a double-click asks for the default.
        let_go(): the mouse button was released after a drag, or Escape ended it.
        left(): the keyboard focus went elsewhere.
    """

    pressed_twice = Signal()
    let_go = Signal()
    left = Signal()

    def __init__(self, scale: Scale, wheel_needs_focus: bool) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._scale = scale
        self._wheel_needs_focus = wheel_needs_focus
        self._wheel = 0
        self._grip = 0.0
        self._start = 0
        self.setRange(0, scale.to_units(scale.maximum))
        step = max(1, round(scale.step * 10**scale.decimals))
        self.setSingleStep(step)
        self.setPageStep(10 * step)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        worded = any(words for _, words in self._scale.ticks)
        words = round(self.fontMetrics().height() * WORDS_SIZE) if worded else 0
        return QSize(120, CONTROL_HEIGHT + words)

    def minimumSizeHint(self) -> QSize:
        return QSize(64, self.sizeHint().height())

    def _x_of(self, units: int) -> float:
        share = units / max(1, self.maximum())
        return MARGIN + share * (self.width() - 2 * MARGIN)

    def _units_at(self, x_view: float) -> int:
        for value, _ in self._scale.ticks:
            units = self._scale.to_units(value)
            if abs(self._x_of(units) - x_view) <= SNAP_VIEW:
                return units
        share = (x_view - MARGIN) / max(1, self.width() - 2 * MARGIN)
        return round(min(1.0, max(0.0, share)) * self.maximum())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        x_view = event.position().x()
        self._start = self.value()
        grip = x_view - self._x_of(self.value())
        on_handle = abs(grip) <= HANDLE_RADIUS
        self._grip = grip if on_handle else 0.0
        self.setSliderDown(True)
        if not on_handle:
            self.setValue(self._units_at(x_view))
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self.setValue(self._units_at(event.position().x() - self._grip))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.isSliderDown():
            self._release()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed_twice.emit()

    def _release(self) -> None:
        self.setSliderDown(False)
        self.update()
        self.let_go.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.isSliderDown():
            self.setValue(self._start)
            self._release()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._wheel_needs_focus and not self.hasFocus():
            event.ignore()
            return
        self._wheel += event.angleDelta().y()
        notches = int(self._wheel / WHEEL_NOTCH)
        self._wheel -= notches * WHEEL_NOTCH
        self.setValue(self.value() + notches * self.singleStep())
        event.accept()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ticks(painter, theme)
        self._paint_groove(painter, theme)
        self._paint_handle(painter, theme)
        painter.end()

    def _paint_groove(self, painter: QPainter, theme: Theme) -> None:
        top = (CONTROL_HEIGHT - GROOVE_HEIGHT) / 2
        radius = GROOVE_HEIGHT / 2
        groove = QRectF(MARGIN - radius, top, self.width() - 2 * (MARGIN - radius), GROOVE_HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.line)
        painter.drawRoundedRect(groove, radius, radius)
        origin = self._scale.minimum if self._scale.origin is None else self._scale.origin
        edges = (self._x_of(self._scale.to_units(origin)), self._x_of(self.value()))
        groove.setLeft(min(edges) if self._scale.origin is not None else groove.left())
        groove.setRight(max(edges))
        painter.setBrush(theme.accent if self.isEnabled() else theme.disabled)
        painter.drawRoundedRect(groove, radius, radius)

    def _paint_handle(self, painter: QPainter, theme: Theme) -> None:
        centre = QPointF(self._x_of(self.value()), CONTROL_HEIGHT / 2)
        active = self.isEnabled() and (self.isSliderDown() or self.underMouse())
        if not self.isEnabled():
            fill, edge = theme.window, theme.disabled
        else:
            fill = theme.text if theme.dark else theme.base
            edge = theme.accent if active else theme.strong_line
        painter.setPen(QPen(edge, 1.5))
        painter.setBrush(fill)
        painter.drawEllipse(centre, HANDLE_RADIUS - 1, HANDLE_RADIUS - 1)
        if self.hasFocus():
            painter.setPen(QPen(theme.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(centre, HANDLE_RADIUS + 0.5, HANDLE_RADIUS + 0.5)

    def _paint_ticks(self, painter: QPainter, theme: Theme) -> None:
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * WORDS_SIZE)
        painter.setFont(font)
        painter.setPen(theme.faint if self.isEnabled() else theme.disabled)
        metrics = painter.fontMetrics()
        middle = CONTROL_HEIGHT / 2
        free_from = 0.0
        for value, words in self._scale.ticks:
            x_view = self._x_of(self._scale.to_units(value))
            painter.drawLine(QPointF(x_view, middle + 4), QPointF(x_view, middle + 9))
            width = metrics.horizontalAdvance(words)
            left = min(max(0.0, x_view - width / 2), self.width() - width)
            if left >= free_from:
                baseline = CONTROL_HEIGHT - 3 + metrics.ascent()
                painter.drawText(QPointF(left, baseline), words)
                free_from = left + width + metrics.averageCharWidth()


class AmountSlider(QWidget):
    """A name, a slider and a number. Live while it is dragged; one commit when the hand rests.

    A double-click sets the default. Arrow keys and the wheel nudge. Escape during a drag goes back
    to where it began. While the hand drags, values from outside are ignored.

    Signals:
        dragged(float): the person changed the value; for the eye.
        committed(float): the change is done: the button was released, a number was typed, or keys
            and wheel have rested for 400 ms. Always after a `dragged` of the same value.
    """

    dragged = Signal(float)
    committed = Signal(float)

    def __init__(
        self, label: str, scale: Scale, *, compact: bool = False, parent: QWidget | None = None
    ) -> None:
        """
        Args:
            label: stands above the track; compact sliders only tell it to screen readers.
            compact: one line, for rows of a list; the wheel then needs the focus, so that
                scrolling the list changes nothing.
        """
        super().__init__(parent)
        self._scale = scale
        self._units = scale.to_units(scale.default)
        self._label = QLabel(label)
        self._track = Track(scale, wheel_needs_focus=compact)
        self._number = self._make_number()
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._arrange(compact)
        self._fit_number()
        self.set_label(label)
        self._show(scale.to_units(scale.default))
        self.setFocusProxy(self._track)
        self._track.valueChanged.connect(self._on_track)
        self._track.let_go.connect(self._commit)
        self._track.left.connect(self.flush)
        self._track.pressed_twice.connect(self.reset)
        self._number.valueChanged.connect(self._on_number)
        self._number.editingFinished.connect(self.flush)
        self._rest.timeout.connect(self._commit)
        self._label.installEventFilter(self)

    def _make_number(self) -> NumberField:
        scale, number = self._scale, NumberField()
        factor = 100 if scale.percent else 1
        # A style sheet gives a spin box with `NoButtons` no room for its text (Qt 6.12).
        number.setProperty("plain", True)
        number.setAlignment(Qt.AlignmentFlag.AlignRight)
        number.setDecimals(max(0, scale.decimals - 2) if scale.percent else scale.decimals)
        low, high = scale.typed_range
        number.setRange(low * factor, high * factor)
        number.setSingleStep(scale.step * factor)
        number.setSuffix(" %" if scale.percent else "")
        number.setKeyboardTracking(False)
        number.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return number

    def _fit_number(self) -> None:
        """As wide as the longest number in the present font, as high as a control."""
        number, metrics = self._number, self._number.fontMetrics()
        ends = [number.textFromValue(end) for end in (number.minimum(), number.maximum())]
        widest = max(metrics.horizontalAdvance(f"{end}{number.suffix()}0") for end in ends)
        height = max(CONTROL_HEIGHT, metrics.height() + 8)
        number.setFixedSize(widest + 20, height)

    def _arrange(self, compact: bool) -> None:
        if compact:
            self._label.hide()
            row = QHBoxLayout(self)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(4)
            row.addWidget(self._track, 1)
            row.addWidget(self._number)
            return
        top = QHBoxLayout()
        top.addWidget(self._label, 1)
        top.addWidget(self._number)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self._track)

    def set_label(self, label: str) -> None:
        """Another name, shown and told to screen readers."""
        self._label.setText(label)
        self._track.setAccessibleName(label)
        self._track.setToolTip(f"{label}. Double-click to reset, arrow keys or wheel to nudge")
        self._number.setAccessibleName(f"{label}, as a number")

    @property
    def value(self) -> float:
        return self._scale.to_value(self._units)

    @property
    def is_dragged(self) -> bool:
        """Whether the hand holds it now."""
        return self._track.isSliderDown()

    @property
    def tab_stops(self) -> list[QWidget]:
        """What Tab goes through, in this order."""
        return [self._track, self._number]

    def set_value(self, value: float) -> None:
        """Show a value, without signals. Out of range means the nearest in range.

        Another value than the one shown drops a change that was not committed yet; while the
        hand drags, the call does nothing.
        """
        units = self._scale.to_units(value)
        if self.is_dragged or (units == self._units and self._number_agrees()):
            return
        self._rest.stop()
        self._show(units)

    def _number_agrees(self) -> bool:
        return self._scale.to_units(self._typed()) == self._units

    def _typed(self) -> float:
        return self._number.value() / (100 if self._scale.percent else 1)

    def _show(self, units: int) -> None:
        low, high = map(self._scale.to_units, self._scale.typed_range)
        self._units = min(max(units, low), high)
        blocked = self._track.blockSignals(True)
        self._track.setValue(units)
        self._track.blockSignals(blocked)
        self._track.update()
        blocked = self._number.blockSignals(True)
        self._number.setValue(self.value * (100 if self._scale.percent else 1))
        self._number.blockSignals(blocked)

    @Slot()
    def flush(self) -> None:
        """Commit a change that still waits for keys or wheel to rest."""
        if self._rest.isActive():
            self._commit()

    @Slot()
    def reset(self) -> None:
        """Set the default as if by hand, committed at once."""
        self._show(self._scale.to_units(self._scale.default))
        self.dragged.emit(self.value)
        self._commit()

    @Slot(int)
    def _on_track(self, units: int) -> None:
        self._show(units)
        if not self.is_dragged:
            self._rest.start()
        self.dragged.emit(self.value)

    @Slot()
    def _on_number(self) -> None:
        self._show(self._scale.to_units(self._typed()))
        self._rest.start()
        self.dragged.emit(self.value)

    @Slot()
    def _commit(self) -> None:
        self._rest.stop()
        self.committed.emit(self.value)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit_number()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._label and event.type() == QEvent.Type.MouseButtonDblClick:
            self.reset()
            return True
        return super().eventFilter(watched, event)

    def hideEvent(self, event: QHideEvent) -> None:
        self.flush()
        super().hideEvent(event)
