"""The tabs of the workspaces."""

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow

from app.ui import theme
from app.ui.actions import Actions
from app.ui.workspace_tabs import WorkspaceTabs
from tests.app.ui.dialogs.look import check_controls, control


@pytest.fixture
def dressed(qapp) -> None:
    """The program's looks, for tests of sizes."""
    theme.apply(qapp, "dark")


@pytest.fixture
def window(qtbot) -> QMainWindow:
    made = QMainWindow()
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def actions(window) -> Actions:
    made = Actions(window)
    made.set_keys({})
    window.addActions(made.with_window_keys())
    return made


@pytest.fixture
def tabs(window, actions) -> Any:
    made: Any = WorkspaceTabs(actions)
    made.told = []
    made.chosen.connect(made.told.append)
    window.setMenuWidget(made)
    return made


def test_tabs_have_names_and_keys(dressed, tabs):
    check_controls(tabs)
    assert control(tabs, "Workspace Paint").toolTip() == "Paint (F1)"


def test_what_is_set_is_shown_and_not_told(tabs):
    assert tabs.current == ""
    for name in ("paint", "edit"):
        tabs.set_current(name)
        assert tabs.current == name
    assert tabs.told == []
    with pytest.raises(KeyError):
        tabs.set_current("make-up")


def test_a_click_and_a_key_choose(tabs, window, qtbot):
    tabs.set_current("edit")
    control(tabs, "Workspace Paint").click()
    assert (tabs.told, tabs.current) == (["paint"], "paint")
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_F2)
    assert (tabs.told, tabs.current) == (["paint", "edit"], "edit")


def test_the_tab_in_use_stays_on(tabs):
    tabs.set_current("edit")
    control(tabs, "Workspace Edit").click()
    assert tabs.current == "edit"


def test_the_keyboard_goes_from_tab_to_tab(tabs, window, qtbot):
    tabs.set_current("edit")
    window.activateWindow()
    first, second = (control(tabs, f"Workspace {name}") for name in ("Paint", "Edit"))
    first.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(first, Qt.Key.Key_Right)
    assert second.hasFocus()
    qtbot.keyClick(second, Qt.Key.Key_Left)
    assert first.hasFocus()
    qtbot.keyClick(first, Qt.Key.Key_Space)
    assert tabs.told == ["paint"]
