"""The title of a panel: what it tells, and that the dock still hears the mouse."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QLineEdit, QMainWindow, QToolButton

from app.ui.widgets.dock_title import DockTitle

# The offscreen platform says of floating windows what it cannot do.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

LEFT = Qt.MouseButton.LeftButton
Feature = QDockWidget.DockWidgetFeature


@pytest.fixture
def window(qtbot) -> QMainWindow:
    window = QMainWindow()
    qtbot.addWidget(window)
    window.resize(600, 400)
    window.setCentralWidget(QLineEdit())
    made = QDockWidget("Edits", window)
    made.setWidget(QLineEdit())
    made.setTitleBarWidget(DockTitle(made))
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, made)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    return window


@pytest.fixture
def dock(window: QMainWindow) -> QDockWidget:
    found = window.findChild(QDockWidget)
    assert isinstance(found, QDockWidget)
    return found


def button(dock: QDockWidget, name: str) -> QToolButton:
    found = {button.accessibleName(): button for button in title(dock).findChildren(QToolButton)}
    return found[name]


def title(dock: QDockWidget) -> DockTitle:
    found = dock.titleBarWidget()
    assert isinstance(found, DockTitle)
    return found


def test_the_height_of_a_control_and_buttons_to_hit(dock: QDockWidget):
    assert title(dock).height() == 28
    for name in ("Float Edits", "Close Edits"):
        assert button(dock, name).width() >= 28
        assert button(dock, name).height() >= 28
        assert button(dock, name).toolTip()


def test_the_buttons_float_dock_and_close(dock: QDockWidget, qtbot):
    qtbot.mouseClick(button(dock, "Float Edits"), LEFT)
    assert dock.isFloating()
    qtbot.mouseClick(button(dock, "Dock Edits"), LEFT)
    assert not dock.isFloating()
    qtbot.mouseClick(button(dock, "Close Edits"), LEFT)
    assert dock.isHidden()
    assert not dock.toggleViewAction().isChecked()


def test_a_click_leaves_the_keyboard_where_it_was_and_tab_reaches_the_buttons(
    dock: QDockWidget, qtbot
):
    field = dock.widget()
    field.setFocus()
    qtbot.mouseClick(button(dock, "Float Edits"), LEFT)
    qtbot.mouseClick(button(dock, "Dock Edits"), LEFT)
    dock.window().activateWindow()
    field.setFocus()
    reached = set()
    for _ in range(4):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        assert focused is not None
        reached.add(focused.accessibleName())
    assert {"Float Edits", "Close Edits"} <= reached
    button(dock, "Float Edits").setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(button(dock, "Float Edits"), Qt.Key.Key_Space)
    assert dock.isFloating()


def test_a_double_click_on_the_title_floats(dock: QDockWidget):
    click_the_title_twice(dock)
    assert dock.isFloating()


def click_the_button(dock: QDockWidget) -> None:
    name = "Dock Edits" if dock.isFloating() else "Float Edits"
    QTest.mouseClick(button(dock, name), LEFT)


def click_the_title_twice(dock: QDockWidget, which: Qt.MouseButton = LEFT) -> None:
    QTest.mouseDClick(title(dock)._title, which)
    QTest.mouseRelease(title(dock)._title, which)


@pytest.mark.parametrize("press", [click_the_button, click_the_title_twice])
def test_the_panel_is_on_top_and_has_the_keyboard_again(window, dock: QDockWidget, press, qtbot):
    """Where it lies on another one."""
    other = QDockWidget("History", window)
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, other)
    window.tabifyDockWidget(dock, other)
    dock.raise_()
    qtbot.waitUntil(lambda: not dock.visibleRegion().isEmpty())
    dock.widget().setFocus()
    for floats in (True, False, True, False):
        press(dock)
        QApplication.processEvents()
        assert dock.isFloating() == floats
        qtbot.waitUntil(dock.widget().hasFocus)
        assert not dock.visibleRegion().isEmpty()
    assert other.visibleRegion().isEmpty()


def test_a_right_click_does_not_float(dock: QDockWidget):
    click_the_title_twice(dock, Qt.MouseButton.RightButton)
    dock.setFeatures(Feature.DockWidgetMovable)
    click_the_title_twice(dock)
    assert not dock.isFloating()


def test_the_title_can_be_dragged(dock: QDockWidget):
    held = title(dock)._title
    start = held.rect().center()
    QTest.mousePress(held, LEFT, Qt.KeyboardModifier.NoModifier, start)
    for step in (20, 60, 120):
        QTest.mouseMove(held, start + QPoint(-step, step), 1)
    floats = dock.isFloating()
    QTest.mouseRelease(held, LEFT, Qt.KeyboardModifier.NoModifier, start + QPoint(-120, 120))
    assert floats


def test_it_follows_the_dock(dock: QDockWidget):
    dock.setWindowTitle("Steps")
    assert title(dock)._title.text() == "Steps"
    assert button(dock, "Close Steps").isVisible()
    dock.setFeatures(Feature.DockWidgetMovable)
    assert not button(dock, "Close Steps").isVisible()
    assert not button(dock, "Float Steps").isVisible()
