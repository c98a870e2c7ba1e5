"""Which buttons show that they have the keyboard."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.theme import DARK
from app.ui.widgets.focus_ring import shows_ring
from app.ui.widgets.targets import Target

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(params=[QPushButton, QToolButton, QCheckBox])
def button(request, form):
    return form.findChild(request.param)


@pytest.fixture
def form(qapp: QApplication, qtbot):
    """A window with a field and buttons, in the dark theme."""
    theme.apply(qapp, "dark")
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    tool = QToolButton()
    tool.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    tool.setText("Tool")
    field = QLineEdit()
    for part in (field, QPushButton("Push"), tool, QCheckBox("Check"), Target("new", "New")):
        column.addWidget(part)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    field.setFocus()
    return window


def has_accent(image: QImage) -> bool:
    return any(
        image.pixelColor(x, y) == DARK.accent
        for x in range(image.width())
        for y in range(image.height())
    )


def test_a_ring_for_the_keyboard(button, qtbot):
    assert not has_accent(button.grab().toImage())
    button.setFocus(Qt.FocusReason.TabFocusReason)
    assert shows_ring(button)
    assert has_accent(button.grab().toImage())


def test_none_for_the_mouse(button, form, qtbot):
    qtbot.mouseClick(button, LEFT, pos=button.rect().center())
    assert button.hasFocus()
    assert not shows_ring(button)
    if not button.isCheckable():
        assert not has_accent(button.grab().toImage())
    form.findChild(QLineEdit).setFocus()
    qtbot.keyClick(form.findChild(QLineEdit), Qt.Key.Key_Tab)
    assert shows_ring(form.findChild(QPushButton))


def test_the_size_stays_the_same(button, qtbot):
    plain = button.sizeHint()
    button.setFocus(Qt.FocusReason.TabFocusReason)
    assert button.sizeHint() == plain


def test_buttons_that_paint_themselves_do_alike(form, qtbot):
    target = form.findChild(Target)
    target.setFocus(Qt.FocusReason.TabFocusReason)
    assert has_accent(target.grab().toImage())
    form.findChild(QLineEdit).setFocus()
    qtbot.mouseClick(target, LEFT)
    assert target.hasFocus()
    assert not has_accent(target.grab().toImage())


def test_a_window_that_comes_back_looks_as_before(qapp, form, qtbot):
    push = form.findChild(QPushButton)
    qtbot.mouseClick(push, LEFT)
    qapp.focusChanged.emit(None, push)
    assert not shows_ring(push)
