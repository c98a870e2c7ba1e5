"""The options of the tools."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QMainWindow,
    QToolButton,
    QWidget,
)

from app.controllers.painting import CURVES as KNOWN_CURVES
from app.controllers.painting import PaintSettings, ToolKind
from app.ui import theme
from app.ui.actions import DISPLAYS, TOOLS, Actions
from app.ui.canvas.display import Display
from app.ui.options_bar import HINTS, OPTIONS, OptionsBar
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.number_field import NumberField
from app.ui.widgets.options import CURVES
from tests.app.ui.dialogs.look import check_controls, control, controls

# A popup grabs keyboard and mouse, which the platform without a screen says it cannot.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

WIDE = 1600
VALUES = PaintSettings(
    brush_px=40,
    eraser_px=64,
    square=True,
    smoothing=0.35,
    pressure=True,
    curve="firm",
    mirror_across=True,
    mirror_down=False,
    contiguous=False,
)


@pytest.fixture
def dressed(qapp) -> None:
    """The program's looks, for tests of sizes."""
    theme.apply(qapp, "dark")


@pytest.fixture
def window(qtbot) -> QMainWindow:
    made = QMainWindow()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def actions(window) -> Actions:
    made = Actions(window)
    made.set_keys({})
    return made


@pytest.fixture
def bar(actions, qtbot) -> Any:
    # Not a window, which would not let itself be made narrower than its parts are now.
    holder = QWidget()
    qtbot.addWidget(holder)
    made: Any = OptionsBar(actions, holder)
    made.holder = holder
    made.told = []
    made.changed.connect(lambda name, value: made.told.append((name, value)))
    made.shown = []
    made.display_wanted.connect(made.shown.append)
    made.resize(WIDE, 40)
    holder.resize(WIDE, 40)
    holder.show()
    qtbot.waitExposed(holder)
    holder.activateWindow()
    made.set_values(VALUES)
    return made


def shrink(bar: OptionsBar, name: str) -> None:
    """Make the bar narrower until a control of this name comes."""
    while name not in seen(bar):
        assert bar.width() > bar.minimumSizeHint().width()
        bar.resize(bar.width() - 10, bar.height())


def seen(bar: OptionsBar) -> set[str]:
    return {part.accessibleName() for part in controls(bar) if part.isVisible()}


def hint(bar: OptionsBar) -> str:
    found = bar.findChild(ElidedLabel)
    assert isinstance(found, ElidedLabel)
    return found.text()


def test_every_option_has_a_name_and_room(dressed, bar):
    for tool in TOOLS:
        bar.set_tool(tool)
        check_controls(bar)


def test_every_tool_has_options_or_words(bar):
    for tool in TOOLS:
        bar.set_tool(tool)
        assert OPTIONS.get(tool) or HINTS[tool]
        assert hint(bar) == HINTS.get(tool, "")


def test_tools_displays_and_curves_are_those_of_the_program():
    assert set(OPTIONS) | set(HINTS) == {tool.value for tool in ToolKind}
    assert set(DISPLAYS) == {display.value for display in Display}
    assert [key for key, _, _ in CURVES] == list(KNOWN_CURVES)


def test_each_tool_has_its_own_options(bar):
    bar.set_tool("brush")
    brush = seen(bar)
    assert {"Size", "Tip: Round", "Smoothing", "Pressure", "Mirror left and right"} <= brush
    assert "Fill: Everywhere" not in brush
    bar.set_tool("fill")
    assert {"Fill: Everywhere", "Mirror left and right"} <= seen(bar)
    assert not {"Size", "Tip: Round", "Smoothing", "Stroke"} & seen(bar)
    bar.set_tool("hand")
    assert seen(bar) == {
        f"Show: {words}" for words in ("Picture", "Layout", "Side by side", "Over")
    }


def test_brush_and_eraser_have_sizes_of_their_own(bar, qtbot):
    bar.set_tool("brush")
    number = control(bar, "Size, as a number")
    assert number.value() == 40
    bar.set_tool("eraser")
    assert number.value() == 64
    number.setValue(100)
    assert bar.told == [("eraser_px", 100.0)]
    bar.set_tool("line")
    assert number.value() == 40
    number.setValue(7)
    assert bar.told[1:] == [("brush_px", 7.0)]


def test_what_is_set_is_shown_and_not_told(bar):
    bar.set_tool("brush")
    assert control(bar, "Tip: Square").isChecked()
    assert control(bar, "Smoothing, as a number").value() == 35
    assert control(bar, "Pressure").isChecked()
    assert control(bar, "Curve of the pressure").currentText() == "Firm"
    assert control(bar, "Mirror left and right").isChecked()
    assert not control(bar, "Mirror top and bottom").isChecked()
    assert control(bar, "Fill: Everywhere").isChecked()
    bar.set_values(replace(VALUES, square=False, pressure=False, contiguous=True, curve="soft"))
    assert control(bar, "Tip: Round").isChecked()
    assert not control(bar, "Curve of the pressure").isEnabled()
    assert control(bar, "Fill: This area").isChecked()
    assert bar.told == []


def test_every_option_tells_its_own_name_and_what_it_is_to_be(bar, qtbot):
    bar.set_tool("brush")
    control(bar, "Tip: Round").click()
    control(bar, "Smoothing, as a number").setValue(50)
    control(bar, "Pressure").click()
    control(bar, "Pressure").click()
    qtbot.keyClick(control(bar, "Curve of the pressure"), Qt.Key.Key_Up)
    control(bar, "Mirror left and right").click()
    control(bar, "Mirror top and bottom").click()
    bar.set_tool("fill")
    control(bar, "Fill: This area").click()
    assert bar.told == [
        ("square", False),
        ("smoothing", 0.5),
        ("pressure", False),
        ("pressure", True),
        ("curve", "linear"),
        ("mirror_across", False),
        ("mirror_down", True),
        ("contiguous", True),
    ]
    # They fit the settings of the program.
    settings = PaintSettings()
    for name, value in bar.told:
        settings = replace(settings, **{name: value})
        assert type(getattr(settings, name)) is type(getattr(VALUES, name))


def test_a_mirror_s_tooltip_follows_its_key(bar, actions):
    switch = control(bar, "Mirror left and right")
    assert switch.toolTip() == "Mirror left and right (M)"
    actions.set_keys({"tool.mirror_across": ("Ctrl+9",)})
    assert switch.toolTip() == "Mirror left and right (Ctrl+9)"


def test_displays_are_chosen_by_button_and_action(bar, actions):
    control(bar, "Show: Side by side").click()
    actions["view.display_layout"].trigger()
    actions["view.display_layout"].trigger()
    assert bar.shown == ["side_by_side", "layout", "layout"]
    assert [name for name in DISPLAYS if actions[f"view.display_{name}"].isChecked()] == ["layout"]
    bar.set_display("picture")
    assert len(bar.shown) == 3
    assert control(bar, "Show: Picture").isChecked()


def test_opacity_is_there_while_the_layout_is_over_the_picture(bar, qtbot):
    opacity = control(bar, "Opacity of the layout, as a number")
    assert not opacity.isVisible()
    bar.set_display("over")
    assert opacity.isVisible()
    assert opacity.value() == 50
    with qtbot.waitSignal(bar.opacity_dragged) as told:
        opacity.setValue(80)
    assert told.args == [0.8]
    control(bar, "Show: Layout").click()
    assert not opacity.isVisible()


def test_where_room_is_short_the_stroke_goes_behind_a_button(bar, qtbot):
    bar.set_tool("brush")
    assert "Stroke" not in seen(bar)
    shrink(bar, "Stroke")
    assert "Smoothing" not in seen(bar)
    fold = control(bar, "Stroke")
    fold.click()
    popup = fold.popup
    qtbot.waitUntil(popup.isVisible)
    number = next(n for n in popup.findChildren(NumberField))
    number.setValue(90)
    assert bar.told == [("smoothing", 0.9)]
    bar.set_values(replace(VALUES, smoothing=0.1))
    assert number.value() == 10
    bar.resize(WIDE, 40)
    assert not popup.isVisible()
    assert {"Smoothing", "Pressure"} <= seen(bar)
    assert "Stroke" not in seen(bar)


def test_where_it_is_shorter_still_the_displays_go_behind_one_too(bar):
    bar.set_tool("brush")
    bar.resize(bar.minimumSizeHint().width(), 40)
    assert "Show: Layout" not in seen(bar)
    button = control(bar, "Display: Picture")
    assert isinstance(button, QToolButton)
    button.menu().actions()[2].trigger()
    assert bar.shown == ["side_by_side"]
    assert (button.text(), button.accessibleName()) == ("Side by side", "Display: Side by side")
    bar.resize(WIDE, 40)
    assert control(bar, "Show: Over").isVisible()


def test_nothing_is_cut_at_the_least_width(dressed, bar, qapp):
    for tool, display in product(TOOLS, DISPLAYS):
        bar.set_tool(tool)
        bar.set_display(display)
        bar.resize(bar.minimumSizeHint().width(), 40)
        qapp.processEvents()
        for part in (part for part in controls(bar) if part.isVisible()):
            place = part.rect().translated(part.mapTo(bar, part.rect().topLeft()))
            assert bar.rect().contains(place), (tool, display, part.accessibleName())
            if isinstance(part, QAbstractButton | QComboBox):
                wanted = part.minimumSizeHint().width()
                assert part.width() >= wanted, (tool, display, part.accessibleName())


def test_the_least_width_is_the_same_with_every_tool_and_display(dressed, bar):
    """Or the window would grow when one is chosen."""
    widths = set()
    for tool, display in product(TOOLS, DISPLAYS):
        bar.set_tool(tool)
        bar.set_display(display)
        for width in (WIDE, bar.minimumSizeHint().width()):
            bar.resize(width, 40)
            widths.add(bar.minimumSizeHint().width())
    assert len(widths) == 1
    assert widths.pop() <= 640 - 200


def test_opacity_says_what_it_is_behind_the_button_too(dressed, bar):
    bar.set_tool("brush")
    bar.set_display("over")
    words = bar._opacity_words
    assert not words.isVisible()
    wide = bar._opacity.x()
    bar.resize(bar.minimumSizeHint().width(), 40)
    assert "More" in seen(bar)
    control(bar, "More").click()
    assert words.isVisible()
    assert bar._opacity.window() is words.window() is control(bar, "More").popup
    control(bar, "More").popup.hide()
    bar.set_display("picture")
    bar.set_display("over")
    bar.resize(WIDE, 40)
    assert (words.isVisible(), bar._opacity.x()) == (False, wide)
    order = [bar._row.itemAt(i).widget() for i in range(bar._row.count())]
    assert order == bar._order


def test_what_is_shown_beside_the_panels_of_usual_windows(dressed, bar):
    """Of windows 1280 and 1600 wide."""
    bar.set_tool("brush")
    bar.set_display("over")
    bar.resize(1280 - 300 - 48, 40)
    assert {"Size", "Tip: Round", "Stroke", "Mirror left and right"} <= seen(bar)
    assert {"Opacity of the layout", "Show: Layout"} <= seen(bar)
    bar.resize(1600 - 300 - 48, 40)
    assert {"Smoothing", "Tip: Round", "Opacity of the layout", "Show: Layout"} <= seen(bar)


def test_the_height_is_the_same_for_every_tool(dressed, bar):
    heights = set()
    for tool in TOOLS:
        bar.set_tool(tool)
        heights.add(bar.sizeHint().height())
    assert len(heights) == 1


def test_enter_on_a_number_ends_the_typing(bar, qtbot):
    bar.set_tool("brush")
    number = control(bar, "Size, as a number")
    assert isinstance(number, QAbstractSpinBox)
    number.lineEdit().setText("99")
    with qtbot.waitSignal(bar.done):
        qtbot.keyClick(number, Qt.Key.Key_Return)
    assert bar.told == [("brush_px", 99.0)]
