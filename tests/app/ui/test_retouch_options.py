"""The options of the retouching tools."""

from typing import Any

import pytest
from PySide6.QtWidgets import QWidget

from app.controllers.retouch_settings import RegionMode, RetouchSettings
from app.ui import theme
from app.ui.actions import RETOUCH_TOOLS
from app.ui.retouch_options import MODES, OPTIONS, RetouchOptions
from tests.app.ui.dialogs.look import check_controls, control, controls

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

WIDE = 1600
VALUES = RetouchSettings(
    size_px=40, softness=0.3, opacity=0.8, aligned=False, amount=1.2, mode=RegionMode.REMOVE
)


@pytest.fixture
def dressed(qapp) -> None:
    """The program's looks, for tests of sizes."""
    theme.apply(qapp, "dark")


@pytest.fixture
def bar(qtbot) -> Any:
    # Not a window, which would not let itself be made narrower than its parts are now.
    holder = QWidget()
    qtbot.addWidget(holder)
    made: Any = RetouchOptions(holder)
    made.holder = holder
    made.told = []
    made.changed.connect(lambda name, value: made.told.append((name, value)))
    made.resize(WIDE, 40)
    holder.resize(WIDE, 40)
    holder.show()
    qtbot.waitExposed(holder)
    made.set_values(VALUES)
    return made


def shrink(bar, name: str) -> None:
    """Make the bar narrower until a control of this name goes."""
    while name in seen(bar):
        assert bar.width() > bar.minimumSizeHint().width()
        bar.resize(bar.width() - 1, 40)


def seen(bar) -> set[str]:
    return {part.accessibleName() for part in controls(bar) if part.isVisible()}


def test_every_option_has_a_name_and_room(dressed, bar):
    for tool in RETOUCH_TOOLS:
        bar.set_tool(tool)
        check_controls(bar)


def test_each_tool_has_its_own_options(bar):
    bar.set_tool("hand")
    assert seen(bar) == set()
    bar.set_tool("clone")
    assert {"Size", "Softness", "Opacity", "Aligned", "Smoothing", "Pressure"} <= seen(bar)
    bar.set_tool("texture")
    assert "Amount of texture" in seen(bar)
    assert "Aligned" not in seen(bar)
    bar.set_tool("region")
    assert {"Region: Pick", "Region: Add", "Region: Remove"} <= seen(bar)
    bar.set_tool("erase")
    assert "Region: Add" not in seen(bar)
    assert set(OPTIONS) < set(RETOUCH_TOOLS)
    assert set(MODES) == {mode.value for mode in RegionMode}


def test_values_are_shown_without_a_word(bar):
    bar.set_tool("clone")
    assert (bar._size.value, bar._softness.value, bar._opacity.value) == (40, 0.3, 0.8)
    assert not bar._aligned.isChecked()
    assert bar._amount.value == 1.2
    assert bar._mode.place == 2
    assert bar.told == []


def test_what_the_person_does_is_told(bar):
    bar.set_tool("clone")
    control(bar, "Aligned").click()
    bar._size.reset()
    bar._softness.reset()
    bar._opacity.reset()
    bar.set_tool("texture")
    bar._amount.reset()
    bar.set_tool("region")
    control(bar, "Region: Add").click()
    control(bar, "Pressure").click()
    assert bar.told == [
        ("aligned", True), ("size_px", 96.0), ("softness", 0.5), ("opacity", 1.0),
        ("amount", 1.0), ("mode", "add"), ("pressure", False),
    ]  # fmt: skip


def test_what_has_no_room_goes_behind_a_button(dressed, bar):
    bar.set_tool("clone")
    full = seen(bar)
    shrink(bar, "Softness")
    narrow = seen(bar)
    assert "Brush" in narrow
    assert {"Size", "Aligned"} <= narrow
    assert not {"Softness", "Opacity", "Smoothing"} & narrow
    assert bar._row.sizeHint().width() <= bar.width() + bar._hint.sizeHint().width()
    bar._fold.unfold()
    for part in (bar._softness, bar._opacity, bar._stroke):
        assert part.isVisible()
        assert part.window() is bar._fold.popup
    tops = [bar._options[name].y() for name in ("softness", "opacity", "stroke")]
    assert tops == sorted(tops)
    bar._fold.popup.hide()
    bar.resize(WIDE, 40)
    assert seen(bar) == full
    order = [bar._row.itemAt(i).widget() for i in range(bar._row.count())]
    parts = [part for part in order if part in bar._options.values()]
    assert parts == list(bar._options.values())


def test_of_a_half_screen_only_the_size_is_left_beside_the_button(dressed, bar):
    bar.set_tool("region")
    shrink(bar, "Region: Add")
    assert seen(bar) == {"Size", "Size, as a number", "More"}
    assert bar._fold.toolTip() == "More: more options"
    bar._fold.unfold()
    assert bar._mode.window() is bar._fold.popup
    bar._mode._buttons[1].click()
    assert bar.told == [("mode", "add")]


def test_there_is_room_beside_the_panels_of_a_small_screen(dressed, bar):
    for tool in RETOUCH_TOOLS:
        bar.set_tool(tool)
        assert bar.minimumSizeHint().width() <= 320


def test_the_least_width_is_the_same_with_every_tool(dressed, bar):
    """Or the window would grow when one is taken."""
    widths = set()
    for tool in RETOUCH_TOOLS:
        bar.set_tool(tool)
        for width in (WIDE, bar.minimumSizeHint().width()):
            bar.resize(width, 40)
            widths.add(bar.minimumSizeHint().width())
        assert bar._wanted(bar.FOLDED, bar._names) <= bar.width()
    assert len(widths) == 1


def test_the_hint_is_shown(bar):
    bar.set_hint("Ctrl-click the place to copy from")
    assert bar._hint.text() == "Ctrl-click the place to copy from"


def test_it_is_as_high_with_every_tool(dressed, bar):
    heights = set()
    for tool in RETOUCH_TOOLS:
        bar.set_tool(tool)
        heights |= {bar.sizeHint().height(), bar.minimumSizeHint().height()}
    assert len(heights) == 1
    assert heights.pop() >= bar._size.sizeHint().height()
