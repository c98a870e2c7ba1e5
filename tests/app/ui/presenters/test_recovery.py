"""Work that is made safe when something breaks, and comes back at the next start."""

import errno
import os
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox

from app.controllers.pictures import read_photo
from app.controllers.recovery_folders import lock_of
from app.document.document import Document, replace_edit, with_edit, with_reference
from app.document.history import History
from app.document.io.recovery import (
    About,
    Recovery,
    found,
    load_recovery,
    new_folder,
    recoveries,
    recovery_folder,
)
from app.document.io.steps import Steps
from app.errors import UserError
from app.ui.dialogs.recovery import KeptRow, RecoveryDialog
from models.edits import SwapTexture
from tests.app.ui.dialogs.look import press
from tests.app.ui.presenters.test_documents import click


def kept_folders():
    return recoveries(recovery_folder())


@pytest.fixture
def crashed(swapped):
    """As if the program had been killed: its folder has no owner."""
    driver = swapped
    driver.program.swapping.commit_amount(0.3)
    driver.wait()
    driver.program.recoveries._writer.release()
    return driver


@pytest.fixture
def kept(files):
    """What such a program leaves, made without its window."""
    base, reference = read_photo(files.meadow), read_photo(files.sunset)
    history = History(Document(base))
    swap = SwapTexture(model="toy", reference=reference.picture.sha256)
    history.push("Swap", with_edit(with_reference(history.current, reference), swap))
    weaker = replace_edit(history.current, 1, replace(swap, amount=0.3))
    history.push("Change amount", weaker)
    recovery = Recovery(new_folder(recovery_folder()))
    recovery.keep(Steps.of(history), About("meadow.png"))
    recovery.close()
    return weaker


@pytest.fixture
def again(kept, start):
    """The next start."""
    driver = start()
    driver.wait(lambda: bool(driver.window.findChildren(RecoveryDialog)))
    return driver


def test_every_step_is_on_the_disk_while_the_window_is_open(swapped):
    (folder,) = kept_folders()
    assert load_recovery(folder)[0].document == swapped.document
    swapped.program.swapping.commit_amount(0.5)
    swapped.wait()
    assert load_recovery(folder)[0].document == swapped.document
    swapped.press("Ctrl+Z")
    swapped.wait()
    assert load_recovery(folder)[0].document == swapped.document


def test_what_is_made_safe_is_what_is_shown(swapped):
    swapped.program.swapping.drag_amount(0.3)
    folder = swapped.program.recovery.save()
    assert load_recovery(folder)[0].document == swapped.document
    assert swapped.document.entries[0].edit.amount == 0.3
    assert swapped.program.recovery.save() == folder


def test_nothing_is_made_safe_where_there_is_no_work(opened):
    assert opened.program.recovery.save() is None
    assert kept_folders() == ()


def test_a_process_that_shall_end_ends_though_nothing_can_be_kept(swapped, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, "full")

    swapped.program.swapping.drag_amount(0.3)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(UserError):
            swapped.program.interrupted()
    assert not swapped.window.isVisible()


@pytest.mark.parametrize("answer", ["Discard", "Save"])
def test_a_program_that_is_left_leaves_nothing(swapped, tmp_path, qtbot, answer):
    swapped.window.close()
    qtbot.waitUntil(lambda: bool(swapped.window.findChildren(QMessageBox)))
    click(swapped.dialog(QMessageBox), answer)
    if answer == "Save":
        dialog = swapped.dialog(QFileDialog)
        dialog.selectFile(str(tmp_path / "a.scumble"))
        dialog.accept()
    qtbot.waitUntil(lambda: not swapped.window.isVisible())
    assert swapped.program.close()
    assert kept_folders() == ()


def test_quitting_after_a_defect_keeps_the_work(swapped):
    document = swapped.document
    swapped.window.leave()
    assert swapped.program.close()
    (folder,) = kept_folders()
    assert load_recovery(folder)[0].document == document


def test_the_next_start_offers_it_and_opens_it_with_all_steps(crashed, start):
    driver = start()
    driver.wait(lambda: bool(driver.window.findChildren(RecoveryDialog)))
    dialog = driver.dialog(RecoveryDialog)
    (row,) = dialog.findChildren(KeptRow)
    press(row, "Open")
    driver.wait(lambda: driver.document is not None)
    assert driver.document == crashed.document
    assert driver.window.windowTitle() == "meadow.png (recovered)[*] - Scumble"
    assert driver.window.isWindowModified()
    (notice,) = driver.window.notices.notices
    assert "was recovered" in notice.text
    assert [words for words, _ in notice.actions] == ["Save"]
    # It does not go away by itself, as an info would.
    assert notice.kind == "warning"
    assert driver.window.start.recoveries == []
    driver.press("Ctrl+Z")
    assert driver.document.entries[0].edit.amount == 1.0


def test_saving_what_was_recovered_ends_it(again, tmp_path):
    driver = again
    press(driver.dialog(RecoveryDialog), "Open")
    driver.wait(lambda: driver.document is not None)
    (notice,) = driver.window.notices.notices
    notice.actions[0][1]()
    dialog = driver.dialog(QFileDialog)
    dialog.selectFile(str(tmp_path / "a.scumble"))
    dialog.accept()
    driver.wait((tmp_path / "a.scumble").is_file)
    assert driver.window.windowTitle() == "a.scumble[*] - Scumble"
    assert driver.notices() == ["Saved a.scumble."]
    (folder,) = kept_folders()
    assert found(folder) is None


def test_another_picture_ends_what_is_told_of_the_recovered_one(again, files):
    driver = again
    press(driver.dialog(RecoveryDialog), "Open")
    driver.wait(lambda: bool(driver.notices()))
    driver.program.documents.open_path(files.sunset)
    click(driver.dialog(QMessageBox), "Discard")
    driver.wait(lambda: driver.document.base.path == files.sunset)
    assert driver.notices() == []


def test_what_another_window_takes_is_offered_no_more(again, qapp):
    """While the dialog is open, and afterwards on the start page."""
    driver = again
    assert driver.dialog(RecoveryDialog).isVisible()
    (folder,) = driver.window.start.recoveries
    other = lock_of(folder)
    assert other is not None
    qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
    driver.wait(lambda: driver.window.start.recoveries == [])
    assert [d for d in driver.window.findChildren(RecoveryDialog) if d.isVisible()] == []
    other.unlock()
    driver.program.recoveries.look()
    driver.wait(lambda: driver.window.start.recoveries == [folder])
    assert other.tryLock(0)
    driver.window.start.recovery_requested.emit(folder)
    driver.wait(lambda: driver.window.start.recoveries == [])
    other.unlock()
    assert driver.notices() == ["meadow.png is open in another window of Scumble."]
    assert driver.document is None


def test_later_leaves_it_on_the_start_page_which_opens_it_too(again, kept):
    driver = again
    press(driver.dialog(RecoveryDialog), "Later")
    (folder,) = driver.window.start.recoveries
    driver.program.recoveries.look()
    driver.wait()
    assert [d for d in driver.window.findChildren(RecoveryDialog) if d.isVisible()] == []
    driver.window.start.recovery_requested.emit(folder)
    driver.wait(lambda: driver.document is not None)
    assert driver.document == kept


def test_it_can_be_discarded(again):
    driver = again
    dialog = driver.dialog(RecoveryDialog)
    press(dialog, "Discard")
    press(dialog, "Discard it")
    driver.wait()
    assert kept_folders() == ()
    assert driver.window.start.recoveries == []


def test_opening_it_asks_about_the_work_at_hand(again, files):
    driver = again
    press(driver.dialog(RecoveryDialog), "Later")
    driver.open(files.sunset)
    driver.drop(files.meadow, "reference")
    driver.wait(lambda: len(driver.document.entries) == 1)
    before = driver.document
    (folder,) = driver.window.start.recoveries
    driver.window.start.recovery_requested.emit(folder)
    click(driver.dialog(QMessageBox), "Cancel")
    driver.wait()
    assert driver.document is before
    driver.window.start.recovery_requested.emit(folder)
    click(driver.dialog(QMessageBox), "Discard")
    driver.wait(lambda: driver.document is not before)
    assert driver.document.base.path == files.meadow


def test_a_damaged_one_stays_and_is_told(kept, start):
    (folder,) = kept_folders()
    (folder / "journal-1").write_bytes(b"noise")
    driver = start()
    driver.wait(lambda: bool(driver.window.findChildren(RecoveryDialog)))
    press(driver.dialog(RecoveryDialog), "Open")
    driver.wait(lambda: bool(driver.notices()))
    assert "damaged" in driver.notices()[0]
    assert driver.document is None
    assert kept_folders() == (folder,)


def test_a_full_disk_is_told_and_the_work_goes_on(swapped, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        swapped.program.swapping.commit_amount(0.4)
        swapped.wait(lambda: bool(swapped.notices()))
    assert "cannot be kept" in swapped.notices()[0]
    assert swapped.document.entries[0].edit.amount == 0.4


def test_the_start_without_anything_to_recover_asks_nothing(driver):
    assert driver.window.findChildren(RecoveryDialog) == []
    assert driver.window.start.recoveries == []
