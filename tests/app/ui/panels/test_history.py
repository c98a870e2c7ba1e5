"""The history panel."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.ui.panels.history import HistoryPanel, StateItem

THUMB = np.zeros((32, 48, 3), np.uint8)


def states(count: int, index: int, first: int = 0) -> list[StateItem]:
    return [
        StateItem(
            first + i, f"Step {first + i}", None if i == 1 else THUMB, i == index, i > index, i == 0
        )
        for i in range(count)
    ]


@pytest.fixture
def panel(qtbot) -> HistoryPanel:
    made = HistoryPanel()
    qtbot.addWidget(made)
    made.resize(240, 200)
    made.set_states(states(4, 2))
    made.show()
    qtbot.waitExposed(made)
    return made


def click(panel: HistoryPanel, row: int) -> None:
    where = panel._list.visualRect(panel._states.index(row)).center()
    QTest.mouseClick(panel._list.viewport(), Qt.MouseButton.LeftButton, pos=where)


def test_a_click_jumps(panel: HistoryPanel, qtbot):
    with qtbot.waitSignal(panel.jump_requested) as told:
        click(panel, 0)
    assert told.args == [0]
    with qtbot.assertNotEmitted(panel.jump_requested):
        click(panel, 2)


def test_the_keyboard_moves_first_and_jumps_with_enter(panel: HistoryPanel, qtbot):
    with qtbot.assertNotEmitted(panel.jump_requested):
        QTest.keyClick(panel._list, Qt.Key.Key_Down)
    with qtbot.waitSignal(panel.jump_requested) as told:
        QTest.keyClick(panel._list, Qt.Key.Key_Return)
    assert told.args == [3]


def test_what_a_screen_reader_says(panel: HistoryPanel):
    words = [panel._states.data(panel._states.index(row)) for row in range(4)]
    assert words == ["Step 0, saved", "Step 1", "Step 2, shown now", "Step 3, undone"]


def test_new_states_scroll_only_when_another_one_is_shown(panel: HistoryPanel):
    panel.set_states(states(60, 59))
    bar = panel._list.verticalScrollBar()
    assert bar.value() == bar.maximum()
    bar.setValue(0)
    panel.set_states(states(60, 59))
    assert bar.value() == 0
    panel.set_states(states(60, 30, first=1))
    assert panel._list.currentIndex().row() == 30
    panel.set_states([])
    assert panel._states.rowCount() == 0


def test_undone_steps_look_different(panel: HistoryPanel):
    before = panel.grab().toImage()
    panel.set_states(states(4, 3))
    assert panel.grab().toImage() != before


def test_the_step_that_is_shown_stays_in_view_when_room_gets_short(panel: HistoryPanel):
    panel.set_states(states(60, 59))
    panel.resize(240, 90)
    index = panel._states.index(59)
    assert panel._list.viewport().rect().contains(panel._list.visualRect(index))
