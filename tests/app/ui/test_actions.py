"""The commands and their keys."""

from collections import Counter

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMainWindow

from app.ui.actions import ACTIONS, WORKSPACES, Actions, default_keys, keys_in_use, plain_title


@pytest.mark.parametrize("workspace", WORKSPACES)
def test_no_key_means_two_things(qapp, workspace):
    specs = [spec for spec in ACTIONS if spec.place in ("", workspace)]
    times = Counter(key for spec in specs for key in default_keys(spec))
    assert [key for key, count in times.items() if count > 1] == []


def test_tools_are_commands_of_their_workspace_alone(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    actions = Actions(window)
    assert {spec.place for spec in ACTIONS} == {"", *WORKSPACES}
    for workspace in WORKSPACES:
        actions.set_place(workspace)
        for spec in ACTIONS:
            assert actions[spec.id].isVisible() == (spec.place in ("", workspace))


def test_every_key_can_be_pressed_on_any_keyboard(qapp):
    for spec in ACTIONS:
        for key in default_keys(spec):
            assert key not in ("Undo", "Copy", "Paste", "New", "Open", "Close"), spec.id
            assert QKeySequence(key).toString(), spec.id


def test_standard_keys_keep_what_has_a_modifier(qapp):
    keys = keys_in_use({})
    assert keys["edit.undo"][0] == "Ctrl+Z"
    assert "F14" not in keys["edit.undo"]
    assert keys["view.split"] == ("C",)


def test_the_artist_s_keys_take_the_place_of_the_defaults(qapp):
    keys = keys_in_use({"view.fit": (), "view.split": ("X",)})
    assert (keys["view.fit"], keys["view.split"]) == ((), ("X",))


def test_titles_are_told_without_marks():
    assert all("&" not in plain_title(spec) for spec in ACTIONS)
