"""Pen and mouse with a tool. The document of 400 x 200 px lies at (200, 200), one to one."""

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication

from app.ui.canvas.pen import CanvasTool
from tests.app.ui.canvas.layouts import Heard, Kind, mouse, pen

BRUSH = CanvasTool("round", 20.0, "Brush", shift_resizes=True)
SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
DOWN, MOVE, UP = Kind.MouseButtonPress, Kind.MouseMove, Kind.MouseButtonRelease
PEN_DOWN, PEN_MOVE, PEN_UP = Kind.TabletPress, Kind.TabletMove, Kind.TabletRelease


ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def canvas(view):
    view.zoom_to_100()
    view.set_tool(BRUSH)
    return view


@pytest.fixture
def heard(canvas):
    return Heard(canvas)


def test_a_stroke_of_the_mouse(canvas, heard):
    before = canvas._transform
    mouse(canvas, DOWN, (210, 220.5))
    mouse(canvas, MOVE, (250, 230))
    mouse(canvas, UP, (250, 230))
    mouse(canvas, MOVE, (290, 230))
    assert heard.all == [
        ("press", (10, 20.5, 1.0), False, False),
        ("drag", (50, 30, 1.0), False),
        ("release", (50, 30, 1.0)),
    ]
    assert canvas._transform == before


def test_where_the_hand_is_lifted_belongs_to_the_stroke(canvas, heard):
    mouse(canvas, DOWN, (210, 220))
    mouse(canvas, UP, (260, 220))
    assert heard.all[1:] == [("drag", (60, 20, 1.0), False), ("release", (60, 20, 1.0))]


def test_strokes_may_begin_and_go_outside(canvas, heard):
    mouse(canvas, DOWN, (190, 195))
    mouse(canvas, MOVE, (900, 700))
    assert [said[1][:2] for said in heard.all] == [(-10, -5), (700, 500)]


def test_places_are_true_at_any_zoom(canvas, heard):
    canvas.zoom_to_fit()
    mouse(canvas, DOWN, (16 + 1.92 * 100, 108 + 1.92 * 50))
    assert heard.all[0][1][:2] == pytest.approx((100, 50))


def test_a_second_click_is_a_press(canvas, heard):
    for kind in (DOWN, UP, Kind.MouseButtonDblClick, UP):
        mouse(canvas, kind, (300, 300))
    assert heard.words == ["press", "release"] * 2


def test_a_stroke_of_the_pen_knows_its_pressure(canvas, heard):
    assert pen(canvas, PEN_DOWN, (210, 220), 0.25)
    assert pen(canvas, PEN_MOVE, (220, 220), 0.75)
    assert pen(canvas, PEN_UP, (220, 220), 0.0)
    assert heard.all == [
        ("press", (10, 20, 0.25), False, False),
        ("drag", (20, 20, 0.75), False),
        ("release", (20, 20, 0.75)),
    ]


def test_the_other_end_of_the_pen_erases(canvas, heard):
    pen(canvas, PEN_DOWN, (210, 220), eraser=True)
    assert heard.all[0][2:] == (False, True)


def test_pressure_keeps_to_its_range(canvas, heard):
    pen(canvas, PEN_DOWN, (210, 220), 1.5)
    assert heard.all[0][1][2] == 1.0


def test_mouse_events_beside_the_pen_are_no_second_hand(canvas, heard):
    pen(canvas, PEN_DOWN, (210, 220))
    for kind in (DOWN, MOVE, UP):
        mouse(canvas, kind, (300, 300))
    pen(canvas, PEN_UP, (210, 220))
    assert heard.words == ["press", "release"]


def test_a_hovering_pen_is_taken_and_paints_nothing(canvas, heard):
    assert pen(canvas, PEN_MOVE, (210, 220), 0.0, button=Qt.MouseButton.NoButton)
    assert heard.all == []
    assert canvas._marks.place_px == (10, 20)


def test_without_a_tool_the_pen_is_a_mouse(canvas, heard):
    canvas.set_tool(None)
    assert not pen(canvas, PEN_DOWN, (210, 220))
    assert not pen(canvas, PEN_MOVE, (210, 220))
    assert not pen(canvas, PEN_UP, (210, 220))
    before = canvas._transform
    mouse(canvas, DOWN, (300, 300))
    mouse(canvas, MOVE, (310, 300))
    assert canvas._transform.x == before.x + 10
    assert heard.all == []


def test_the_buttons_of_the_pen_are_left_to_the_mouse(canvas, heard):
    assert not pen(canvas, PEN_DOWN, (210, 220), button=Qt.MouseButton.RightButton)
    assert heard.all == []


def test_with_space_hands_move_the_picture(canvas, heard, qtbot):
    qtbot.keyPress(canvas, Qt.Key.Key_Space)
    assert not pen(canvas, PEN_DOWN, (210, 220))
    assert not pen(canvas, PEN_MOVE, (210, 220))
    before = canvas._transform
    mouse(canvas, DOWN, (300, 300))
    mouse(canvas, MOVE, (310, 305))
    mouse(canvas, UP, (310, 305))
    assert (canvas._transform.x, canvas._transform.y) == (before.x + 10, before.y + 5)
    qtbot.keyRelease(canvas, Qt.Key.Key_Space)
    assert heard.all == []


def test_the_middle_button_moves_the_picture_and_the_right_one_nothing(canvas, heard):
    before = canvas._transform
    for button in (Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton):
        mouse(canvas, DOWN, (300, 300), button=button)
        mouse(canvas, MOVE, (310, 300), button=button)
        mouse(canvas, UP, (310, 300), button=button)
    assert canvas._transform.x == before.x + 10
    assert heard.all == []


def test_the_divider_comes_before_the_tool(canvas, heard):
    canvas.set_compare("split")
    mouse(canvas, DOWN, (405, 300))
    mouse(canvas, MOVE, (305, 300))
    mouse(canvas, UP, (305, 300))
    assert canvas.divider == 0.25
    assert heard.all == []


def test_another_button_does_not_disturb_a_stroke(canvas, heard):
    before = canvas._transform
    mouse(canvas, DOWN, (210, 220))
    mouse(canvas, DOWN, (210, 220), button=Qt.MouseButton.MiddleButton)
    mouse(canvas, MOVE, (220, 220))
    mouse(canvas, UP, (220, 220), button=Qt.MouseButton.MiddleButton)
    mouse(canvas, UP, (220, 220))
    assert heard.words == ["press", "drag", "release"]
    assert canvas._transform == before


def test_the_wheel_zooms_while_painting(canvas, heard, qtbot):
    mouse(canvas, DOWN, (400, 300))
    canvas.zoom_in()
    mouse(canvas, MOVE, (430, 300))
    assert heard.all[1][1][:2] == pytest.approx((220, 100))


def test_shift_and_a_click_are_a_press_with_shift(canvas, heard):
    mouse(canvas, DOWN, (210, 220), SHIFT)
    assert heard.all == []
    mouse(canvas, MOVE, (213, 220), SHIFT)
    mouse(canvas, UP, (213, 220), SHIFT)
    assert heard.all == [("press", (10, 20, 1.0), True, False), ("release", (13, 20, 1.0))]


def test_dragging_with_shift_changes_the_size(canvas, heard):
    canvas.size_dragged.connect(
        lambda size_px: canvas.set_tool(CanvasTool("round", size_px, shift_resizes=True))
    )
    mouse(canvas, DOWN, (300, 300), SHIFT)
    mouse(canvas, MOVE, (304, 300), SHIFT)
    assert heard.all == []
    mouse(canvas, MOVE, (315, 300), SHIFT)
    mouse(canvas, MOVE, (200, 310), SHIFT)
    assert canvas._marks.place_px == (100, 100)
    mouse(canvas, UP, (200, 310), SHIFT)
    assert heard.all == [("size", 50.0), ("size", 1.0)]


def test_the_rim_goes_with_the_hand_at_any_zoom(canvas, heard):
    canvas.zoom_to_100()
    canvas.zoom_out()
    canvas.zoom_out()
    mouse(canvas, DOWN, (300, 300), SHIFT)
    mouse(canvas, MOVE, (310, 300), SHIFT)
    assert heard.all[-1] == ("size", 60.0)


def test_the_pen_changes_the_size_too(canvas, heard):
    pen(canvas, PEN_DOWN, (300, 300), modifiers=SHIFT)
    pen(canvas, PEN_MOVE, (310, 300), modifiers=SHIFT)
    pen(canvas, PEN_UP, (310, 300), modifiers=SHIFT)
    assert heard.all == [("size", 40.0)]


def test_escape_gives_the_size_back(canvas, heard, qtbot):
    mouse(canvas, DOWN, (300, 300), SHIFT)
    mouse(canvas, MOVE, (320, 300), SHIFT)
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    mouse(canvas, UP, (320, 300), SHIFT)
    assert heard.all == [("size", 60.0), ("size", 20.0)]


def test_tools_that_use_shift_get_it_with_their_strokes(canvas, heard):
    canvas.set_tool(CanvasTool("cross", 0.0, "Rectangle"))
    mouse(canvas, DOWN, (210, 220), SHIFT)
    mouse(canvas, MOVE, (240, 250), SHIFT)
    mouse(canvas, MOVE, (250, 250))
    assert heard.all == [
        ("press", (10, 20, 1.0), True, False),
        ("drag", (40, 50, 1.0), True),
        ("drag", (50, 50, 1.0), False),
    ]


def test_control_picks(canvas, heard):
    mouse(canvas, DOWN, (210.5, 220.5), CONTROL)
    mouse(canvas, MOVE, (230.5, 220.5), CONTROL)
    mouse(canvas, UP, (230.5, 220.5), CONTROL)
    assert heard.all == [("pick", 10.5, 20.5), ("pick", 30.5, 20.5)]


def test_escape_gives_a_stroke_up(canvas, heard, qtbot):
    mouse(canvas, DOWN, (210, 220))
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    mouse(canvas, MOVE, (240, 250))
    mouse(canvas, UP, (240, 250))
    assert heard.words == ["press", "cancel"]


def test_escape_is_the_stroke_s_before_it_is_a_shortcut_s(canvas, qtbot):
    def overridden():
        event = QKeyEvent(
            QEvent.Type.ShortcutOverride, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier
        )
        event.ignore()
        QApplication.sendEvent(canvas, event)
        return event.isAccepted()

    assert not overridden()
    mouse(canvas, DOWN, (210, 220))
    heard = Heard(canvas)
    assert overridden()
    assert heard.all == []


def test_a_stroke_ends_with_its_tool(canvas, heard):
    mouse(canvas, DOWN, (210, 220))
    canvas.set_tool(CanvasTool("round", 30.0))
    assert heard.words == ["press"]
    canvas.set_tool(None)
    assert heard.words == ["press", "cancel"]


@pytest.mark.parametrize("kind", [QEvent.Type.WindowDeactivate, QEvent.Type.Hide])
def test_what_was_painted_stays_when_the_window_is_lost(canvas, heard, kind):
    mouse(canvas, DOWN, (210, 220))
    mouse(canvas, MOVE, (240, 220))
    QApplication.sendEvent(canvas, QEvent(kind))
    assert heard.all[-1] == ("release", (40, 20, 1.0))
    mouse(canvas, MOVE, (250, 220))
    assert heard.words == ["press", "drag", "release"]


def test_without_a_document_nothing_is_painted(canvas, heard):
    canvas.set_document_size(0, 0)
    mouse(canvas, DOWN, (210, 220))
    assert not pen(canvas, PEN_DOWN, (210, 220))
    mouse(canvas, UP, (210, 220))
    assert heard.all == []


def test_a_document_that_goes_does_not_break_a_stroke(canvas, heard):
    mouse(canvas, DOWN, (210, 220))
    canvas.set_document_size(0, 0)
    mouse(canvas, MOVE, (240, 220))
    mouse(canvas, UP, (240, 220))
    assert heard.words == ["press", "drag", "release"]


def test_the_cursor_tells_of_a_tool(canvas):
    assert canvas.cursor().shape() == Qt.CursorShape.CrossCursor
    canvas.set_tool(None)
    assert canvas.cursor().shape() == Qt.CursorShape.ArrowCursor


def test_the_clock_is_the_device_s(canvas, qtbot):
    samples = []
    canvas.pressed.connect(lambda sample, shift, eraser: samples.append(sample))
    at = QPointF(210, 220)
    event = QMouseEvent(
        DOWN,
        at,
        at,
        Qt.MouseButton.LeftButton,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    event.setTimestamp(1234)
    QApplication.sendEvent(canvas, event)
    assert samples[0].t_ms == 1234


# Alt


def test_alt_sets_the_source_of_tools_that_have_one(canvas, heard):
    places = []
    canvas.sourced.connect(lambda x_px, y_px: places.append((x_px, y_px)))
    canvas.set_tool(CanvasTool("round", 20.0, "Clone brush", alt="source"))
    mouse(canvas, DOWN, (210, 220), ALT)
    mouse(canvas, MOVE, (250, 230), ALT)
    mouse(canvas, UP, (250, 230), ALT)
    assert places == [(10, 20), (50, 30)]
    pen(canvas, PEN_DOWN, (300, 300), modifiers=ALT)
    pen(canvas, PEN_UP, (300, 300), modifiers=ALT)
    assert places[2:] == [(100, 100)]
    assert heard.all == []


def test_alt_takes_away_with_tools_that_add(canvas, heard):
    canvas.set_tool(CanvasTool("round", 20.0, "Region tool", alt="erase"))
    mouse(canvas, DOWN, (210, 220), ALT)
    mouse(canvas, UP, (210, 220), ALT)
    mouse(canvas, DOWN, (210, 220))
    assert [said[2:] for said in heard.all if said[0] == "press"] == [(False, True), (False, False)]


def test_alt_means_nothing_to_other_tools(canvas, heard):
    mouse(canvas, DOWN, (210, 220), ALT)
    mouse(canvas, UP, (210, 220), ALT)
    assert heard.words == ["press", "release"]
    assert heard.all[0][2:] == (False, False)


def test_ctrl_is_the_alt_of_desktops_that_keep_alt_for_themselves(canvas, heard):
    places = []
    canvas.sourced.connect(lambda x_px, y_px: places.append((x_px, y_px)))
    canvas.set_tool(CanvasTool("round", 20.0, "Clone brush", alt="source"))
    mouse(canvas, DOWN, (210, 220), CONTROL)
    mouse(canvas, UP, (210, 220), CONTROL)
    assert places == [(10, 20)]
    assert heard.all == []
    canvas.set_tool(CanvasTool("round", 20.0, "Region tool", alt="erase"))
    mouse(canvas, DOWN, (210, 220), CONTROL)
    mouse(canvas, UP, (210, 220), CONTROL)
    assert heard.words == ["press", "release"]
    assert heard.all[0][2:] == (False, True)
