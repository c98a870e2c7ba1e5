"""Painting without a mouse. The document of 400 x 200 px lies at (200, 200), one to one."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QApplication

from app.ui.canvas.pen import CanvasTool
from tests.app.ui.canvas.layouts import Heard, Kind, mouse

Key = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def canvas(view):
    view.zoom_to_100()
    view.set_tool(CanvasTool("round", 20.0, "Brush", shift_resizes=True))
    return view


@pytest.fixture
def heard(canvas):
    return Heard(canvas)


@pytest.fixture
def press(canvas, qtbot):
    """Press keys one after the other."""

    def press(*keys):
        for key in keys:
            qtbot.keyClick(canvas, key)

    return press


def cross(canvas):
    return canvas._cross.at_px


def overridden(canvas, key, modifiers=Qt.KeyboardModifier.NoModifier):
    """Whether a key is the canvas's before it is a shortcut's."""
    event = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifiers)
    event.ignore()
    QApplication.sendEvent(canvas, event)
    return event.isAccepted()


def test_the_first_arrow_shows_the_cross_in_the_middle(canvas, press):
    before = canvas._transform
    press(Key.Key_Right)
    assert cross(canvas) == (200.5, 100.5)
    assert canvas._transform == before


def test_it_begins_where_the_pointer_is(canvas, press):
    mouse(canvas, Kind.MouseMove, (210.7, 220.2), button=Qt.MouseButton.NoButton)
    press(Key.Key_Right)
    assert cross(canvas) == (10.5, 20.5)


def test_it_begins_inside(canvas, press):
    mouse(canvas, Kind.MouseMove, (10, 590), button=Qt.MouseButton.NoButton)
    press(Key.Key_Up)
    assert cross(canvas) == (0.5, 199.5)


def test_arrows_steer_and_shift_goes_further(canvas, press, qtbot):
    press(Key.Key_Right, Key.Key_Right, Key.Key_Up)
    assert cross(canvas) == (208.5, 92.5)
    qtbot.keyClick(canvas, Key.Key_Left, SHIFT)
    qtbot.keyClick(canvas, Key.Key_Down, SHIFT)
    assert cross(canvas) == (144.5, 156.5)


def test_a_step_is_never_less_than_a_pixel(canvas, press):
    for _ in range(20):
        canvas.zoom_in()
    press(Key.Key_Right, Key.Key_Right)
    assert cross(canvas) == (201.5, 100.5)


def test_the_cross_stays_in_the_document_and_in_sight(canvas, press, qtbot):
    for _ in range(6):
        canvas.zoom_in()
    for _ in range(60):
        qtbot.keyClick(canvas, Key.Key_Right, SHIFT)
        x_view, _ = canvas._transform.to_view(cross(canvas))
        assert 24 <= x_view <= 776
    assert cross(canvas) == (399.5, 100.5)


def test_enter_paints(canvas, heard, press):
    press(Key.Key_Right, Key.Key_Return, Key.Key_Right, Key.Key_Down, Key.Key_Enter, Key.Key_Left)
    assert heard.all == [
        ("press", (200.5, 100.5, 1.0), False, False),
        ("drag", (208.5, 100.5, 1.0), False),
        ("drag", (208.5, 108.5, 1.0), False),
        ("release", (208.5, 108.5, 1.0)),
    ]


def test_shift_and_enter_are_a_press_with_shift(canvas, heard, press, qtbot):
    press(Key.Key_Right)
    qtbot.keyClick(canvas, Key.Key_Return, SHIFT)
    assert heard.all == [("press", (200.5, 100.5, 1.0), True, False)]


def test_a_held_enter_is_one(canvas, heard, press):
    press(Key.Key_Right, Key.Key_Return)
    again = QKeyEvent(
        QEvent.Type.KeyPress, Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r", True
    )
    QApplication.sendEvent(canvas, again)
    assert heard.words == ["press"]


def test_escape_gives_the_stroke_up_and_keeps_the_cross(canvas, heard, press):
    press(Key.Key_Right, Key.Key_Return, Key.Key_Right, Key.Key_Escape, Key.Key_Right)
    assert heard.words == ["press", "drag", "cancel"]
    assert cross(canvas) == (216.5, 100.5)


def test_control_and_arrows_pan(canvas, heard, qtbot):
    before = canvas._transform
    qtbot.keyClick(canvas, Key.Key_Right, CONTROL)
    assert canvas._transform.x == before.x - 64
    assert cross(canvas) is None


def test_without_a_tool_arrows_pan(canvas, press):
    canvas.set_tool(None)
    before = canvas._transform
    press(Key.Key_Right)
    assert canvas._transform.x == before.x - 64
    assert cross(canvas) is None


def test_the_pointer_takes_over(canvas, heard, press):
    press(Key.Key_Right)
    mouse(canvas, Kind.MouseMove, (210, 220), button=Qt.MouseButton.NoButton)
    assert cross(canvas) is None
    assert canvas._marks.place_px == (10, 20)


def test_a_stroke_of_the_keys_is_not_disturbed_by_the_mouse(canvas, heard, press):
    press(Key.Key_Right, Key.Key_Return)
    for kind in (Kind.MouseMove, Kind.MouseButtonPress, Kind.MouseButtonRelease):
        mouse(canvas, kind, (210, 220))
    press(Key.Key_Right)
    assert heard.words == ["press", "drag"]


def test_keys_do_not_disturb_a_stroke_of_the_mouse(canvas, heard, press):
    mouse(canvas, Kind.MouseButtonPress, (210, 220))
    press(Key.Key_Return)
    assert heard.words == ["press"]
    assert cross(canvas) is None


@pytest.mark.parametrize(
    "event",
    [
        QFocusEvent(QEvent.Type.FocusOut),
        QEvent(QEvent.Type.WindowDeactivate),
        QEvent(QEvent.Type.Hide),
    ],
    ids=["focus", "window", "hidden"],
)
def test_what_was_painted_stays_when_the_focus_goes(canvas, heard, press, event):
    press(Key.Key_Right, Key.Key_Return)
    QApplication.sendEvent(canvas, event)
    assert heard.words == ["press", "release"]
    assert cross(canvas) is None


def test_taking_the_tool_away_gives_the_stroke_up(canvas, heard, press):
    press(Key.Key_Right, Key.Key_Return)
    canvas.set_tool(None)
    assert heard.words == ["press", "cancel"]
    assert cross(canvas) is None


def test_enter_without_a_cross_finishes_what_the_guides_show(canvas, heard, press):
    press(Key.Key_Return, Key.Key_Escape)
    assert heard.all == []
    canvas.set_guides([(1, 1), (50, 1), (50, 50)], True)
    press(Key.Key_Return, Key.Key_Escape)
    assert heard.words == ["finish", "cancel"]
    canvas.set_guides([], False)
    press(Key.Key_Return, Key.Key_Escape)
    assert heard.words == ["finish", "cancel"]


def test_the_keys_come_before_shortcuts_while_they_are_wanted(canvas, heard, press):
    assert overridden(canvas, Key.Key_Left)
    assert overridden(canvas, Key.Key_Left, CONTROL)
    assert not overridden(canvas, Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    for key in (Key.Key_Return, Key.Key_Escape, Key.Key_B):
        assert not overridden(canvas, key)
    press(Key.Key_Right, Key.Key_Return)
    assert overridden(canvas, Key.Key_Return)
    assert overridden(canvas, Key.Key_Escape)
    assert heard.words == ["press"]
    canvas.set_tool(None)
    assert not overridden(canvas, Key.Key_Left)


def test_without_a_document_keys_do_nothing(canvas, heard, press):
    canvas.set_document_size(0, 0)
    press(Key.Key_Right, Key.Key_Return)
    assert heard.all == []
    assert cross(canvas) is None


def test_the_place_is_said(canvas, press):
    press(Key.Key_Right)
    assert canvas.accessibleDescription() == "Shows after at 100 %; Brush; cross at 200, 100"
    mouse(canvas, Kind.MouseMove, (210, 220), button=Qt.MouseButton.NoButton)
    assert canvas.accessibleDescription() == "Shows after at 100 %; Brush"


# Alt and Enter


@pytest.mark.parametrize("held", [ALT, Qt.KeyboardModifier.ControlModifier])
def test_alt_and_enter_sets_a_source(canvas, press, heard, qtbot, held):
    places = []
    canvas.sourced.connect(lambda x_px, y_px: places.append((x_px, y_px)))
    canvas.set_tool(CanvasTool("round", 20.0, "Clone brush", alt="source"))
    qtbot.keyClick(canvas, Key.Key_Return, held)
    assert places == []
    press(Key.Key_Right)
    qtbot.keyClick(canvas, Key.Key_Return, held)
    assert places == [(200.5, 100.5)]
    press(Key.Key_Return)
    qtbot.keyClick(canvas, Key.Key_Return, held)
    assert len(places) == 1
    assert heard.words == ["press"]


def test_alt_and_enter_takes_away(canvas, press, heard, qtbot):
    canvas.set_tool(CanvasTool("round", 20.0, "Region tool", alt="erase"))
    press(Key.Key_Right)
    qtbot.keyClick(canvas, Key.Key_Return, ALT)
    press(Key.Key_Return)
    assert heard.words == ["press", "release"]
    assert heard.all[0][2:] == (False, True)


def test_alt_and_enter_means_nothing_to_other_tools(canvas, press, heard, qtbot):
    press(Key.Key_Right)
    assert not overridden(canvas, Key.Key_Return, ALT)
    qtbot.keyClick(canvas, Key.Key_Return, ALT)
    assert heard.all == []
