"""The strip of the tools."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow, QToolButton

from app.document.palette import Label
from app.ui import theme
from app.ui.actions import TOOLS, Actions
from app.ui.tool_strip import ToolStrip
from app.ui.widgets.label_swatch import SwatchButton
from tests.app.ui.dialogs.look import check_controls, control

SKY = Label(1, "sky", (127, 204, 250), pattern="lines")
WATER = Label(9, "water", (39, 89, 214), pattern="waves")


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
    made.set_icons()
    return made


@pytest.fixture
def strip(actions, qtbot) -> ToolStrip:
    made = ToolStrip(actions)
    qtbot.addWidget(made)
    made.show()
    return made


def test_every_tool_has_a_button_with_an_icon_and_its_key(dressed, strip, actions):
    strip.set_labels(SKY, WATER, False)
    check_controls(strip)
    for name in TOOLS:
        action = actions[f"tool.{name}"]
        (button,) = [b for b in strip.findChildren(QToolButton) if b.defaultAction() is action]
        assert not button.icon().isNull()
        assert button.toolTip() == action.toolTip()
        assert "(" in button.toolTip()


def test_it_is_as_narrow_as_a_strip_should_be(dressed, strip):
    assert strip.sizeHint().width() <= 40
    assert strip.minimumSizeHint().height() <= 480


def test_one_tool_is_in_hand(strip, actions, qtbot):
    told = []
    for name in TOOLS:
        actions.on(f"tool.{name}", lambda name=name: told.append(name))
    control(strip, "Brush").click()
    control(strip, "Lasso").click()
    control(strip, "Lasso").click()
    assert told == ["brush", "lasso", "lasso"]
    on = [name for name in TOOLS if actions[f"tool.{name}"].isChecked()]
    assert on == ["lasso"]


def test_the_labels_in_hand_are_shown_and_lead_to_the_others(strip, actions, qtbot):
    primary, secondary = strip.findChildren(SwatchButton)
    assert not primary.isEnabled()
    strip.set_labels(SKY, WATER, True)
    assert (primary.label, secondary.label) == (SKY, WATER)
    with qtbot.waitSignal(strip.primary_clicked):
        qtbot.mouseClick(primary, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(strip.secondary_clicked):
        qtbot.mouseClick(secondary, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(actions["layout.swap"].triggered):
        control(strip, "Swap the two labels").click()
    hatched = primary.grab().toImage()
    strip.set_labels(SKY, WATER, False)
    assert primary.grab().toImage() != hatched
