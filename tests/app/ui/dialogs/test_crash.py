"""The dialog after an unhandled error."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from app.ui.dialogs.crash import NOT_SAVED, SAVED, CrashDialog
from app.ui.dialogs.parts import Note
from tests.app.ui.dialogs.look import check_controls, check_nothing_cut, control, named, press

FOLDER = Path("/somewhere/ada/.local/share/scumble/recovery/20260101-120000-0a1b2c")


@pytest.fixture
def dialog(shown):
    return shown(CrashDialog("Division by zero.", FOLDER, "the whole report"))


def fate(dialog):
    (note,) = dialog.findChildren(Note)
    return note.text


def test_controls_have_names_and_room(dialog):
    press(dialog, "Show report")
    check_controls(dialog)
    check_nothing_cut(dialog)


def test_it_blocks_nothing(dialog):
    assert dialog.windowModality() == Qt.WindowModality.NonModal


def test_it_says_whether_the_picture_was_saved(dialog, shown):
    assert fate(dialog) == SAVED
    assert fate(shown(CrashDialog("Division by zero.", None, ""))) == NOT_SAVED


def test_the_saved_folder_is_shown(dialog, qtbot):
    with qtbot.waitSignal(dialog.revealed) as revealed:
        press(dialog, "Show folder")
    assert revealed.args == [FOLDER]


def test_the_report_is_copied(dialog):
    press(dialog, "Copy report")
    assert QGuiApplication.clipboard().text() == "the whole report"
    assert named(dialog, "Copied")


def test_the_report_can_be_read_before_it_is_sent(dialog):
    report = control(dialog, "Report")
    assert not report.isVisible()
    press(dialog, "Show report")
    assert report.isVisible()
    assert report.toPlainText() == "the whole report"
    press(dialog, "Hide report")
    assert not report.isVisible()


def test_enter_goes_on(dialog, qtbot):
    quit_asked = []
    dialog.quit_requested.connect(lambda: quit_asked.append(1))
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert not dialog.isVisible()
    assert quit_asked == []


def test_quitting_is_asked_for(dialog, qtbot):
    with qtbot.waitSignal(dialog.quit_requested):
        press(dialog, "Quit")
    assert not dialog.isVisible()
