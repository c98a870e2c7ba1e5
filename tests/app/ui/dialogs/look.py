"""What every dialog is checked for, and how its controls are found."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QKeySequenceEdit,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QScrollBar,
    QWidget,
)

CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QKeySequenceEdit,
    QLineEdit,
    QPlainTextEdit,
)
LEAST_PX = 28


def controls(widget: QWidget) -> list[QWidget]:
    """What a person can act on, without the insides of other controls."""
    found = [child for child in widget.findChildren(QWidget) if isinstance(child, CONTROLS)]
    return [child for child in found if not isinstance(child, QScrollBar) and not inside(child)]


def inside(child: QWidget) -> bool:
    """Whether it is a part of another control."""
    parent = child.parentWidget()
    while parent is not None:
        if isinstance(parent, CONTROLS):
            return True
        parent = parent.parentWidget()
    return False


def check_controls(widget: QWidget) -> None:
    """Every control has a name, can be reached with the keyboard, and is large enough to hit."""
    found = controls(widget)
    assert found
    for control in found:
        assert control.accessibleName(), control
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, control.accessibleName()
        if control.isVisible():
            assert control.height() >= LEAST_PX, control.accessibleName()


def check_nothing_cut(widget: QWidget) -> None:
    """No button is narrower or lower than its words."""
    for button in widget.findChildren(QPushButton):
        if button.isVisible():
            wanted = button.minimumSizeHint()
            assert button.width() >= wanted.width(), button.text()
            assert button.height() >= wanted.height(), button.text()


def press(widget: QWidget, words: str) -> None:
    """Click the button with these words."""
    named(widget, words).click()


def named(widget: QWidget, words: str) -> QPushButton:
    """The button with these words."""
    buttons = widget.findChildren(QPushButton)
    (found,) = [button for button in buttons if button.text() == words and button.isVisible()]
    return found


def control(widget: QWidget, name: str) -> Any:
    """The control with this accessible name, of whatever class."""
    (found,) = [c for c in controls(widget) if c.accessibleName() == name]
    return found
