"""The buttons of the start page and the keyboard."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.ui.widgets.targets import RecentButton, SampleButton, Target

MAKERS = (
    lambda: Target("picture", "Open a photo"),
    lambda: SampleButton("Lake", np.zeros((4, 6, 3), np.uint8)),
    lambda: RecentButton(Path("/photos/lake.jpg")),
)


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
@pytest.mark.parametrize("make", MAKERS)
def test_enter_and_space_press_it(make, key, qtbot):
    target = make()
    qtbot.addWidget(target)
    pressed = []
    target.clicked.connect(lambda: pressed.append(key))
    qtbot.keyClick(target, Qt.Key.Key_A)
    assert pressed == []
    qtbot.keyClick(target, key)
    assert pressed == [key]
