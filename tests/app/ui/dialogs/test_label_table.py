"""The dialog that says what a model renders each label as."""

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QTreeWidgetItem

from app.controllers.label_maps import LabelTable
from app.document.palettes import Palettes
from app.resources import resource
from app.ui.dialogs.label_table import LabelTableDialog
from tests.app.ui.dialogs.look import check_controls, check_nothing_cut, control, named, press

SKY, MOUNTAIN, ROCK, WATER = 1, 5, 8, 9
USED = {SKY, MOUNTAIN, ROCK, WATER}

# A list that opens grabs keyboard and mouse, which the platform without a screen cannot.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.fixture(scope="module")
def palettes() -> Palettes:
    return Palettes(resource("palettes"))


@pytest.fixture
def open_table(shown, palettes):
    """A function that opens the dialog for the landscape's labels and COCO-Stuff's."""

    def show(used=USED, **choices: int | None) -> Any:
        here, there = palettes.find("landscape"), palettes.find("coco_stuff")
        mapping = here.mapping_to(there)
        mapping |= {here.by_name(name).id: value for name, value in choices.items()}
        made: Any = LabelTableDialog(LabelTable(here, there, mapping, ()), used)
        made.automatic = here.mapping_to(there)
        made.there = there
        made.given = []
        made.mapped.connect(made.given.append)
        return shown(made)

    return show


def items(dialog) -> list[QTreeWidgetItem]:
    table = dialog._table
    every = [table.topLevelItem(place) for place in range(table.topLevelItemCount())]
    return [item for item in every if not item.isHidden()]


def names(dialog) -> list[str]:
    return [item.text(0) for item in items(dialog)]


def partner(dialog, name: str) -> str:
    (item,) = [item for item in items(dialog) if item.text(0) == name]
    return item.text(1)


def choose(dialog, qtbot, name: str, wanted: str) -> None:
    """Open the list of a row with the keyboard and take a label from it."""
    table = dialog._table
    (item,) = [item for item in items(dialog) if item.text(0) == name]
    table.setFocus()
    table.setCurrentItem(item)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    (combo,) = table.findChildren(QComboBox)
    qtbot.waitUntil(combo.view().isVisible)
    combo.setCurrentIndex(combo.findText(wanted))
    qtbot.keyClick(combo.view(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not table.findChildren(QComboBox))


def test_controls_have_names_and_room(open_table):
    dialog = open_table()
    check_controls(dialog)
    check_nothing_cut(dialog)


def test_the_labels_of_the_layout_come_first(open_table):
    dialog = open_table()
    assert names(dialog) == ["sky", "mountain", "rock", "water"]
    control(dialog, "Only labels of this layout").click()
    assert len(names(dialog)) == 14
    control(dialog, "Find a label").setText("fore")
    assert names(dialog) == ["tree"]
    control(dialog, "Find a label").setText("nothing like it")
    assert names(dialog) == []
    assert dialog._table.currentItem() is None


def test_without_knowing_the_layout_all_labels_are_there(open_table):
    dialog = open_table(used=())
    assert len(names(dialog)) == 14
    assert not control(dialog, "Only labels of this layout").isEnabled()
    assert dialog._note.text == ""


def test_automatic_partners_are_told_from_those_of_the_person(open_table):
    carpet = 100
    dialog = open_table(rock=carpet)
    there = dialog.there
    assert partner(dialog, "sky") == there.by_id(dialog.automatic[SKY]).name
    assert partner(dialog, "rock") == f"{there.by_id(carpet).name} (chosen by you)"
    assert named(dialog, "Reset").isEnabled()
    press(dialog, "Reset")
    assert partner(dialog, "rock") == there.by_id(dialog.automatic[ROCK]).name
    assert not named(dialog, "Reset").isEnabled()


def test_a_label_is_chosen_with_the_keyboard(open_table, qtbot):
    dialog = open_table()
    choose(dialog, qtbot, "sky", "snow")
    assert partner(dialog, "sky") == "snow (chosen by you)"
    press(dialog, "Apply")
    (pairs,) = dialog.given
    assert dict(pairs) == dialog.automatic | {SKY: dialog.there.by_name("snow").id}
    assert not dialog.isVisible()


def test_a_click_on_a_partner_opens_its_list(open_table, qtbot):
    dialog = open_table()
    table = dialog._table
    place = table.visualItemRect(items(dialog)[1]).center()
    place.setX(table.columnViewportPosition(1) + 20)
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    (combo,) = table.findChildren(QComboBox)
    assert combo.accessibleName() == "Rendered as, for mountain"
    assert combo.currentData() == dialog.automatic[MOUNTAIN]
    assert combo.count() == len(dialog.there.labels) + 1
    qtbot.waitUntil(combo.view().isVisible)
    combo.hidePopup()


def test_labels_that_nothing_is_chosen_for_are_named_until_one_is(open_table, qtbot):
    dialog = open_table(mountain=None, water=None)
    assert "mountain, water" in dialog._note.text
    assert partner(dialog, "mountain") == "nothing: choose a label"
    choose(dialog, qtbot, "mountain", "snow")
    assert "Nothing is chosen for water," in dialog._note.text
    choose(dialog, qtbot, "water", "sea")
    assert dialog._note.text == ""
    choose(dialog, qtbot, "sky", "nothing")
    assert "sky" in dialog._note.text
    press(dialog, "Apply")
    assert dict(dialog.given[0])[SKY] is None


def test_many_of_them_are_counted(open_table):
    names = ("sky", "mountain", "rock", "water", "tree", "sand")
    dialog = open_table(used=range(14), **dict.fromkeys(names))
    assert "sky, tree, mountain, sand and 2 more, which" in dialog._note.text


def test_labels_that_the_layout_does_not_have_are_no_worry(open_table):
    dialog = open_table(used={SKY}, bridge=None)
    assert dialog._note.text == ""
    control(dialog, "Only labels of this layout").click()
    assert partner(dialog, "bridge") == "nothing"


def test_cancel_changes_nothing(open_table, qtbot):
    dialog = open_table()
    choose(dialog, qtbot, "sky", "snow")
    press(dialog, "Cancel")
    assert dialog.given == []
    assert not dialog.isVisible()
