"""Hands on the canvas."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QSlider, QVBoxLayout, QWidget

from app.ui.canvas.view import CanvasView
from tests.app.ui.canvas.pictures import plain

Button = Qt.MouseButton
Key = Qt.Key
NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
IDLE = Qt.ScrollPhase.NoScrollPhase
UPDATE = Qt.ScrollPhase.ScrollUpdate


def wheel(view, at, angle=(0, 0), pixels=(0, 0), modifiers=NONE, phase=IDLE):
    at = QPointF(*at)
    event = QWheelEvent(
        at, at, QPoint(*pixels), QPoint(*angle), Button.NoButton, modifiers, phase, False
    )
    QApplication.sendEvent(view, event)


def drag(qtbot, view, start, end, button=Button.LeftButton):
    qtbot.mousePress(view, button, pos=QPoint(*start))
    send_move(view, end, button)
    qtbot.mouseRelease(view, button, pos=QPoint(*end))


def send_move(view, at, buttons=Button.NoButton):
    at = QPointF(*at)
    event = QMouseEvent(
        QEvent.Type.MouseMove, at, view.mapToGlobal(at), Button.NoButton, buttons, NONE
    )
    QApplication.sendEvent(view, event)


def place(view, point=(400, 300)):
    return view._transform.to_doc(point)


@pytest.fixture
def zoomed(view):
    view.zoom_to_100()
    for _ in range(4):
        view.zoom_in()
    return view


@pytest.fixture
def split(view):
    view.set_compare("split")
    return view


def test_the_wheel_zooms_at_the_pointer(view):
    before = place(view, (200, 250))
    wheel(view, (200, 250), angle=(0, 480))
    assert view.zoom_percent == pytest.approx(2 * 192)
    assert place(view, (200, 250)) == pytest.approx(before, abs=0.3)
    wheel(view, (200, 250), angle=(0, -480))
    assert view.zoom_percent == pytest.approx(192)


def test_a_sideways_wheel_pans(zoomed):
    before = place(zoomed)
    wheel(zoomed, (200, 250), angle=(120, 0))
    assert place(zoomed)[0] < before[0]
    assert place(zoomed)[1] == before[1]


def test_two_fingers_pan(zoomed):
    before = zoomed._transform
    wheel(zoomed, (200, 250), pixels=(10, -20), angle=(10, -20), phase=UPDATE)
    assert (zoomed._transform.x, zoomed._transform.y) == (before.x + 10, before.y - 20)
    wheel(zoomed, (200, 250), angle=(40, 0), phase=UPDATE)
    assert zoomed._transform.x == before.x + 30


def test_two_fingers_and_control_zoom(view):
    wheel(view, (200, 250), pixels=(0, 200), modifiers=CONTROL, phase=UPDATE)
    assert view.zoom_percent == pytest.approx(2 * 192)


def pinch(view, kind, value):
    at = QPointF(300, 300)
    device = QPointingDevice.primaryPointingDevice()
    event = QNativeGestureEvent(kind, device, 2, at, at, at, value, QPointF())
    QApplication.sendEvent(view, event)


def test_a_pinch_zooms(view):
    before = place(view, (300, 300))
    pinch(view, Qt.NativeGestureType.ZoomNativeGesture, 0.5)
    assert view.zoom_percent == pytest.approx(1.5 * 192)
    assert place(view, (300, 300)) == pytest.approx(before, abs=0.3)
    pinch(view, Qt.NativeGestureType.RotateNativeGesture, 30.0)
    assert view.zoom_percent == pytest.approx(1.5 * 192)


@pytest.mark.parametrize("button", [Button.LeftButton, Button.MiddleButton])
def test_dragging_moves_the_picture(zoomed, qtbot, button):
    before = zoomed._transform
    drag(qtbot, zoomed, (400, 300), (430, 280), button)
    assert (zoomed._transform.x, zoomed._transform.y) == (before.x + 30, before.y - 20)
    assert not zoomed.fits


def test_the_right_button_moves_nothing(zoomed, qtbot):
    before = zoomed._transform
    drag(qtbot, zoomed, (400, 300), (430, 280), Button.RightButton)
    assert zoomed._transform == before


def test_the_hand_is_seen(zoomed, qtbot):
    qtbot.keyPress(zoomed, Key.Key_Space)
    assert zoomed.cursor().shape() == Qt.CursorShape.OpenHandCursor
    qtbot.mousePress(zoomed, Button.LeftButton, pos=QPoint(400, 300))
    assert zoomed.cursor().shape() == Qt.CursorShape.ClosedHandCursor
    qtbot.mouseRelease(zoomed, Button.LeftButton, pos=QPoint(400, 300))
    assert zoomed.cursor().shape() == Qt.CursorShape.OpenHandCursor
    qtbot.keyRelease(zoomed, Key.Key_Space)
    assert zoomed.cursor().shape() == Qt.CursorShape.ArrowCursor


def test_arrows_pan_and_shift_goes_further(zoomed, qtbot):
    before = zoomed._transform
    qtbot.keyClick(zoomed, Key.Key_Right)
    qtbot.keyClick(zoomed, Key.Key_Up)
    assert (zoomed._transform.x, zoomed._transform.y) == (before.x - 64, before.y + 64)
    qtbot.keyClick(zoomed, Key.Key_Left, SHIFT)
    assert zoomed._transform.x == before.x - 64 + 256


def test_keys_zoom(view, qtbot):
    qtbot.keyClick(view, Key.Key_Plus)
    assert view.zoom_percent == 200
    qtbot.keyClick(view, Key.Key_Minus)
    assert view.zoom_percent == 150
    qtbot.keyClick(view, Key.Key_Home)
    assert view.fits


def test_keys_with_control_belong_to_the_menus(view, qtbot):
    before = view._transform
    qtbot.keyClick(view, Key.Key_Plus, CONTROL)
    qtbot.keyClick(view, Key.Key_A)
    assert view._transform == before


def test_the_divider_is_dragged_where_it_was_held(split, qtbot):
    drag(qtbot, split, (410, 300), (210, 300))
    assert split.divider == pytest.approx((200 - 16) / 768, abs=0.002)
    before = split._transform
    drag(qtbot, split, (200, 300), (-500, 300))
    assert split.divider == 0.0
    assert split._transform == before


def test_beside_the_divider_the_picture_moves(split, qtbot):
    split.zoom_to_100()
    before = split._transform
    drag(qtbot, split, (420, 300), (440, 300))
    assert split.divider == 0.5
    assert split._transform.x == before.x + 20


def test_with_space_the_picture_moves_even_at_the_divider(split, qtbot):
    qtbot.keyPress(split, Key.Key_Space)
    drag(qtbot, split, (400, 300), (440, 300))
    qtbot.keyRelease(split, Key.Key_Space)
    assert split.divider == pytest.approx(0.5)
    assert not split.fits


def test_the_divider_lights_up(split, qtbot):
    dark = split.grab().toImage()
    send_move(split, (405, 300))
    assert split.cursor().shape() == Qt.CursorShape.SplitHCursor
    assert split.grab().toImage() != dark
    send_move(split, (450, 300))
    assert split.cursor().shape() == Qt.CursorShape.ArrowCursor
    assert split.grab().toImage() == dark


def test_escape_puts_the_divider_back(split, qtbot):
    qtbot.mousePress(split, Button.LeftButton, pos=QPoint(400, 300))
    send_move(split, (200, 300), Button.LeftButton)
    assert split.divider < 0.3
    qtbot.keyClick(split, Key.Key_Escape)
    assert split.divider == 0.5
    send_move(split, (100, 300), Button.LeftButton)
    assert split.divider == 0.5
    qtbot.mouseRelease(split, Button.LeftButton, pos=QPoint(400, 300))


def test_a_double_click_puts_the_divider_in_the_middle(split, qtbot):
    split.set_divider(0.25)
    qtbot.mouseDClick(split, Button.LeftButton, pos=QPoint(208, 300))
    assert split.divider == 0.5


def test_shift_and_arrows_move_the_divider(split, qtbot):
    qtbot.keyClick(split, Key.Key_Left, SHIFT)
    assert split.divider == 0.49
    qtbot.keyClick(split, Key.Key_Right, SHIFT)
    qtbot.keyClick(split, Key.Key_Right, SHIFT)
    assert split.divider == 0.51


def test_the_pixel_under_the_pointer_is_told(view, qtbot):
    places = []
    view.pixel_hovered.connect(places.append)
    send_move(view, (16, 300))
    send_move(view, (16.5, 300))
    send_move(view, (783.9, 491.9))
    send_move(view, (790, 300))
    send_move(view, (400, 300))
    QApplication.sendEvent(view, QEvent(QEvent.Type.Leave))
    assert places == [(0, 100), (399, 199), None, (200, 100), None]


def test_zooming_by_keys_tells_the_pixel_anew(view, qtbot):
    send_move(view, (100, 300))
    with qtbot.waitSignal(view.pixel_hovered):
        qtbot.keyClick(view, Key.Key_Plus)


class Window(QWidget):
    """A canvas among other widgets."""

    def __init__(self):
        super().__init__()
        layout = QVBoxLayout(self)
        self.slider, self.button, self.line = QSlider(), QPushButton("Go"), QLineEdit()
        self.canvas = CanvasView()
        for widget in (self.slider, self.button, self.line, self.canvas):
            layout.addWidget(widget)
        self.canvas.set_document_size(40, 40)
        self.canvas.set_before(plain(40, 40, (1, 1, 1)))


@pytest.fixture
def window(qtbot):
    window = Window()
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    return window


def shape(window):
    return window.canvas.cursor().shape()


def test_space_works_without_a_click_on_the_canvas(window, qtbot):
    window.canvas.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    qtbot.keyPress(window.slider, Key.Key_Space)
    assert shape(window) == Qt.CursorShape.OpenHandCursor
    qtbot.keyRelease(window.slider, Key.Key_Space)
    assert shape(window) == Qt.CursorShape.ArrowCursor


def test_space_elsewhere_is_left_alone(window, qtbot):
    qtbot.keyPress(window.slider, Key.Key_Space)
    assert shape(window) == Qt.CursorShape.ArrowCursor
    window.canvas.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    qtbot.keyClick(window.line, Key.Key_Space)
    assert window.line.text() == " "
    with qtbot.waitSignal(window.button.clicked):
        qtbot.keyClick(window.button, Key.Key_Space)
    assert shape(window) == Qt.CursorShape.ArrowCursor


def test_a_lost_window_lets_space_go(window, qtbot):
    qtbot.keyPress(window.canvas, Key.Key_Space)
    QApplication.sendEvent(window, QEvent(QEvent.Type.WindowDeactivate))
    assert shape(window) == Qt.CursorShape.ArrowCursor


def test_a_second_button_does_not_disturb_a_drag(zoomed, qtbot):
    before = zoomed._transform
    qtbot.mousePress(zoomed, Button.LeftButton, pos=QPoint(400, 300))
    qtbot.mousePress(zoomed, Button.MiddleButton, pos=QPoint(400, 300))
    send_move(zoomed, (410, 300), Button.LeftButton)
    assert zoomed._transform.x == before.x + 10
    qtbot.mouseRelease(zoomed, Button.MiddleButton, pos=QPoint(410, 300))
    send_move(zoomed, (420, 300), Button.LeftButton)
    assert zoomed._transform.x == before.x + 20
    qtbot.mouseRelease(zoomed, Button.LeftButton, pos=QPoint(420, 300))
    send_move(zoomed, (430, 300))
    assert zoomed._transform.x == before.x + 20


def test_space_follows_the_canvas_into_another_window(window, qtbot):
    other = QWidget()
    qtbot.addWidget(other)
    QVBoxLayout(other).addWidget(window.canvas)
    other.show()
    window.canvas.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    qtbot.keyPress(window.slider, Key.Key_Space)
    assert shape(window) == Qt.CursorShape.ArrowCursor
    qtbot.keyPress(other, Key.Key_Space)
    assert shape(window) == Qt.CursorShape.OpenHandCursor


def test_a_double_click_beside_the_divider_takes_hold_of_the_picture(zoomed, qtbot):
    before = zoomed._transform
    qtbot.mouseDClick(zoomed, Button.LeftButton, pos=QPoint(400, 300))
    assert zoomed._transform == before
