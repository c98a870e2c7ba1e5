"""Choosing a model by its licence, size and source."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from app.ui.widgets.item_model import ItemRole
from app.ui.widgets.model_chooser import ModelChooser, ModelItem

# A popup grabs keyboard and mouse, which the platform without a screen says it cannot.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

FREE = ModelItem("a", "Landscapes", "CC BY 4.0", False, "7.2 MB", "Ships with Scumble", True)
BOUND = ModelItem("b", "Mountain", "CC BY-NC-SA 4.0", True, "436 MB", "Imported", False)


@pytest.fixture
def chooser(qtbot) -> ModelChooser:
    made = ModelChooser()
    qtbot.addWidget(made)
    made.set_models([FREE, BOUND])
    made.set_current("a")
    made.show()
    qtbot.waitExposed(made)
    return made


def open_list(chooser: ModelChooser):
    chooser.click()
    popup = chooser._popup
    assert popup.isVisible()
    return popup


def test_the_button_tells_the_model_and_its_licence(chooser: ModelChooser):
    assert "Landscapes" in chooser.accessibleName()
    assert chooser._badge.isHidden()
    chooser.set_current("b")
    assert chooser.current == "b"
    assert not chooser._badge.isHidden()
    assert "CC BY-NC-SA 4.0" in chooser.toolTip()
    assert "Not for commercial use" in chooser.toolTip()
    assert chooser.height() >= 28
    chooser.set_current("gone")
    assert chooser.accessibleName() == "Model: No model"
    assert not chooser.grab().isNull()


def test_every_row_tells_licence_size_and_source(chooser: ModelChooser):
    popup = open_list(chooser)
    words = [popup.items.data(popup.items.index(row)) for row in range(2)]
    assert words[1] == (
        "Mountain. Licence: CC BY-NC-SA 4.0. Not for commercial use. 436 MB · Imported"
    )
    assert "7.2 MB · Ships with Scumble" in words[0]
    assert not popup.grab().isNull()
    popup.close()


def test_a_click_chooses(chooser: ModelChooser, qtbot):
    popup = open_list(chooser)
    where = popup.list.visualRect(popup.items.index(1)).center()
    with qtbot.waitSignal(chooser.model_chosen) as told:
        QTest.mouseClick(popup.list.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert told.args == ["b"]
    assert not popup.isVisible()


def test_the_keyboard_chooses_from_the_current_one_on(chooser: ModelChooser, qtbot):
    popup = open_list(chooser)
    assert popup.list.currentIndex().data(ItemRole) == FREE
    QTest.keyClick(popup.list, Qt.Key.Key_Down)
    with qtbot.waitSignal(chooser.model_chosen) as told:
        QTest.keyClick(popup.list, Qt.Key.Key_Return)
    assert told.args == ["b"]


def test_the_same_model_again_is_a_choice_too(chooser: ModelChooser, qtbot):
    """Edits may have another one."""
    popup = open_list(chooser)
    with qtbot.waitSignal(chooser.model_chosen) as told:
        QTest.keyClick(popup.list, Qt.Key.Key_Return)
    assert told.args == ["a"]
    assert not popup.isVisible()


def test_a_warning_is_marked_and_told(chooser: ModelChooser):
    narrow = chooser.sizeHint().width()
    chooser.set_current("a", "Clone has no model.")
    assert chooser._mark.isVisible()
    assert chooser.sizeHint().width() > narrow
    assert chooser.toolTip().startswith("Clone has no model.")
    assert chooser.accessibleDescription() == "Clone has no model."
    chooser.set_current("a")
    assert not chooser._mark.isVisible()
    assert "Clone" not in chooser.toolTip() + chooser.accessibleDescription()


def test_managing_is_asked_for(chooser: ModelChooser, qtbot):
    popup = open_list(chooser)
    button = popup.findChild(QPushButton)
    assert isinstance(button, QPushButton)
    with qtbot.waitSignal(chooser.manage_requested):
        button.click()
    assert not popup.isVisible()


def test_a_long_title_does_not_widen_the_bar(chooser: ModelChooser):
    long = ModelItem("c", "Mountains " * 20, "", False, "", "", False)
    chooser.set_models([long])
    chooser.set_current("c")
    assert chooser.sizeHint().width() < 400
    assert "not told" in chooser.toolTip()


def test_it_can_be_narrow(chooser: ModelChooser):
    wide = chooser.sizeHint().width()
    assert chooser.minimumSizeHint().width() < wide
    chooser.resize(chooser.minimumSizeHint())
    assert chooser._title.width() < chooser._title.sizeHint().width()
