"""The shortcuts dialog: search, change, conflicts, defaults."""

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from app.ui.dialogs.shortcuts import KeyMap, ShortcutRow, ShortcutsDialog, native
from tests.app.ui.dialogs.look import check_controls, check_nothing_cut, control, press

ROWS = [
    ShortcutRow("file.open", "File", "Open", ("Ctrl+O",), ("Ctrl+O",)),
    ShortcutRow("file.export", "File", "Export", ("Ctrl+E",), ("Ctrl+Shift+E",)),
    ShortcutRow("edit.undo", "Edit", "Undo", ("Ctrl+Z",), ("Ctrl+Z",)),
    ShortcutRow(
        "edit.redo", "Edit", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), ("Ctrl+Shift+Z", "Ctrl+Y")
    ),
    ShortcutRow("view.hold", "View", "Hold to see the original", (), ()),
]


@pytest.fixture
def dialog(shown):
    made: Any = ShortcutsDialog(ROWS)
    made.heard = []
    made.changed.connect(made.heard.append)
    return shown(made)


def choose(dialog, action_id):
    dialog._tree.setCurrentItem(dialog._items[action_id])


def type_key(dialog, field, key):
    control(dialog, field).setKeySequence(QKeySequence(key))


# The map of keys


def test_a_key_belongs_to_one_action():
    keys = KeyMap(ROWS)
    keys.give("view.hold", ["Ctrl+Y", "Q", "Q", ""])
    assert keys.of("view.hold") == ("Ctrl+Y", "Q")
    assert keys.of("edit.redo") == ("Ctrl+Shift+Z",)
    assert keys.owner("Q", besides="file.open") == ROWS[-1]
    assert keys.owner("Q", besides="view.hold") is None


def test_all_keys_can_go_back_to_the_defaults():
    keys = KeyMap(ROWS)
    assert keys.is_changed("file.export")
    assert not keys.untouched
    keys.reset_all()
    assert keys.untouched
    assert keys.keys == {row.action_id: row.defaults for row in ROWS}


def test_two_workspaces_may_use_a_key_twice():
    rows = [
        ShortcutRow("tool.eraser", "Tools", "Eraser", ("E",), ("E",), "paint"),
        ShortcutRow("retouch.erase", "Retouch", "Eraser", (), ("E",), "edit"),
        ShortcutRow("view.fit", "View", "Fit", ("F",), ("F",)),
    ]
    keys = KeyMap(rows)
    assert keys.owner("E", besides="retouch.erase") is None
    keys.give("retouch.erase", ["E"])
    assert (keys.of("tool.eraser"), keys.of("retouch.erase")) == (("E",), ("E",))
    # What is everywhere meets both.
    assert keys.owner("F", besides="tool.eraser") == rows[2]
    keys.give("view.fit", ["E"])
    assert (keys.of("tool.eraser"), keys.of("retouch.erase")) == ((), ())


# The dialog


def test_controls_have_names_and_room(dialog):
    check_controls(dialog)
    check_nothing_cut(dialog)


def test_keys_and_changed_defaults_are_listed(dialog):
    assert dialog._items["edit.redo"].text(1) == native(("Ctrl+Shift+Z", "Ctrl+Y"))
    assert dialog._items["edit.redo"].text(2) == ""
    assert dialog._items["file.export"].text(2) == "Ctrl+Shift+E"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("open", {"file.open"}),
        ("ctrl+y", {"edit.redo"}),
        ("edit", {"edit.undo", "edit.redo"}),
        ("EDIT redo", {"edit.redo"}),
        ("", {row.action_id for row in ROWS}),
    ],
)
def test_search_by_title_key_or_menu(dialog, qtbot, typed, found):
    qtbot.keyClicks(dialog._search, typed)
    assert {name for name, item in dialog._items.items() if not item.isHidden()} == found
    shown = {group for group, item in dialog._headings.items() if not item.isHidden()}
    assert shown == {row.group for row in ROWS if row.action_id in found}
    assert dialog._chosen in found


def test_a_search_without_a_match_offers_nothing_to_change(dialog):
    dialog._search.setText("nothing of that name")
    assert dialog._title.text() == "No action found"
    assert not control(dialog, "Key").isEnabled()
    dialog._search.clear()
    assert control(dialog, "Key").isEnabled()


def test_keys_are_pressed_into_the_field(dialog, qtbot):
    choose(dialog, "view.hold")
    edit = control(dialog, "Key")
    edit.setFocus()
    qtbot.keyClick(edit, Qt.Key.Key_Q)
    assert dialog.heard[-1]["view.hold"] == ("Q",)
    assert dialog._items["view.hold"].text(1) == "Q"


def test_a_key_that_is_left_where_it_is_takes_nothing_away(dialog, qtbot):
    choose(dialog, "file.open")
    edit = control(dialog, "Key")
    edit.setFocus()
    qtbot.keyClick(edit, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert dialog._note.text == "Ctrl+Z belongs to Undo."
    assert dialog.heard == []
    press(dialog, "Leave it there")
    assert dialog.keys["file.open"] == ("Ctrl+O",)
    assert edit.keySequence() == QKeySequence("Ctrl+O")


def test_escape_gives_up_and_leaves_the_dialog_open(dialog, qtbot):
    choose(dialog, "file.open")
    edit = control(dialog, "Key")
    edit.setFocus()
    qtbot.keyPress(edit, Qt.Key.Key_Control)
    assert edit.keySequence().isEmpty()
    qtbot.keyClick(edit, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    assert edit.keySequence() == QKeySequence("Ctrl+O")
    assert dialog.heard == []


def test_leaving_half_way_takes_nothing_away(dialog, qtbot):
    choose(dialog, "file.open")
    edit = control(dialog, "Key")
    edit.setFocus()
    qtbot.keyPress(edit, Qt.Key.Key_Control)
    control(dialog, "Search").setFocus()
    assert edit.keySequence() == QKeySequence("Ctrl+O")
    assert dialog.heard == []


def test_tab_leaves_the_field(dialog, qtbot):
    edit = control(dialog, "Key")
    edit.setFocus()
    qtbot.keyClick(edit, Qt.Key.Key_Tab)
    assert dialog.heard == []
    assert not edit.hasFocus()


def test_a_key_can_be_taken_away(dialog):
    choose(dialog, "edit.redo")
    control(dialog, "Second key").clear()
    assert dialog.heard[-1]["edit.redo"] == ("Ctrl+Shift+Z",)


def test_a_key_of_another_action_is_taken_over_only_when_asked(dialog):
    choose(dialog, "view.hold")
    type_key(dialog, "Key", "Ctrl+Z")
    assert dialog._note.text == "Ctrl+Z belongs to Undo."
    assert dialog.heard == []
    press(dialog, "Use it here")
    assert dialog.heard[-1]["view.hold"] == ("Ctrl+Z",)
    assert dialog.heard[-1]["edit.undo"] == ()
    assert dialog._items["edit.undo"].text(2) == "Ctrl+Z"


def test_a_key_of_another_action_can_be_left_there(dialog):
    choose(dialog, "view.hold")
    type_key(dialog, "Key", "Ctrl+Z")
    press(dialog, "Leave it there")
    assert dialog.heard == []
    assert control(dialog, "Key").keySequence().isEmpty()


def test_one_action_goes_back_to_its_defaults(dialog):
    choose(dialog, "file.export")
    press(dialog, "Reset")
    assert dialog.heard[-1]["file.export"] == ("Ctrl+Shift+E",)
    assert not dialog._reset.isEnabled()


def test_a_default_that_another_action_has_now_is_asked_about(dialog):
    choose(dialog, "view.hold")
    type_key(dialog, "Key", "Ctrl+Shift+E")
    choose(dialog, "file.export")
    press(dialog, "Reset")
    assert "belongs to Hold to see the original" in dialog._note.text
    press(dialog, "Use it here")
    assert dialog.keys["view.hold"] == ()
    assert dialog.keys["file.export"] == ("Ctrl+Shift+E",)


def test_all_actions_go_back_when_that_was_meant(dialog):
    press(dialog, "Reset all")
    press(dialog, "Keep mine")
    assert dialog.heard == []
    press(dialog, "Reset all")
    dialog._note.buttons[0].click()
    assert dialog.heard == [{row.action_id: row.defaults for row in ROWS}]
    assert not dialog._reset_all.isEnabled()
