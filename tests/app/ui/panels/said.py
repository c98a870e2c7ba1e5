"""Panels in a window of their own, and what they say."""

from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

Panel = TypeVar("Panel", bound=QWidget)


def in_a_window(panel: Panel, qtbot, width_px: int, height_px: int) -> Panel:
    """The panel, shown, with the keyboard at hand."""
    qtbot.addWidget(panel)
    panel.resize(width_px, height_px)
    panel.show()
    qtbot.waitExposed(panel)
    panel.activateWindow()
    return panel


def listen(panel: QWidget, *signals: str) -> list[tuple]:
    """What it says by these signals from now on: (signal, values...)."""
    said: list[tuple] = []
    for name in signals:
        getattr(panel, name).connect(lambda *values, name=name: said.append((name, *values)))
    return said


def focused() -> QWidget:
    """What has the keyboard."""
    found = QApplication.focusWidget()
    assert found is not None
    return found


def tab(times: int) -> list[str]:
    """Press Tab so often: the names of what has the keyboard then."""
    names: list[str] = []
    for _ in range(times):
        QTest.keyClick(focused(), Qt.Key.Key_Tab)
        names.append(focused().accessibleName())
    return names
