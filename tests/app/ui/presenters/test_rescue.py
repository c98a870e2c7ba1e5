"""Work that is put aside when something breaks."""

import gc
import weakref

import pytest
from PySide6.QtWidgets import QMessageBox

from app.document.io import rescue
from app.document.io.rescue import list_rescues, load_rescue, rescue_folder
from app.errors import UserError
from app.ui.start import StartPage
from tests.app.ui.presenters.test_documents import click


def rescues():
    return list_rescues(rescue_folder())


def test_what_is_put_aside_is_what_is_shown_and_only_once(swapped):
    presenter = swapped.program.rescue
    swapped.program.swapping.drag_amount(0.3)
    path = presenter.save()
    assert load_rescue(path) == swapped.document
    assert swapped.document.entries[0].edit.amount == 0.3
    assert presenter.save() == path
    assert rescues() == (path,)
    swapped.program.swapping.commit_amount(0.2)
    assert presenter.save() != path


def test_nothing_is_put_aside_where_there_is_no_work(opened):
    assert opened.program.rescue.save() is None
    assert rescues() == ()


def test_what_was_put_aside_does_not_keep_a_closed_picture_in_memory(swapped):
    swapped.program.rescue.save()
    alive = weakref.ref(swapped.document)
    swapped.program.session.close()
    swapped.wait()
    gc.collect()
    assert alive() is None


def test_no_room_for_a_rescue_is_told_and_leaves_nothing(swapped, monkeypatch):
    def full(document, part):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rescue, "_write", full)
    with pytest.raises(UserError, match="no room"):
        swapped.program.rescue.save()
    assert list(rescue_folder().iterdir()) == []


def test_a_process_that_shall_end_ends_though_nothing_can_be_put_aside(swapped, monkeypatch):
    def full(document, folder):
        raise UserError("There is no room.")

    monkeypatch.setattr(rescue, "save_rescue", full)
    with pytest.raises(UserError):
        swapped.program.interrupted()
    assert not swapped.window.isVisible()


def test_opening_what_was_put_aside_asks_about_the_work_at_hand(swapped, qtbot):
    path = swapped.program.rescue.save()
    swapped.program.swapping.commit_amount(0.5)
    before = swapped.document
    page: StartPage = swapped.window.start
    page.rescue_requested.emit(path)
    click(swapped.dialog(QMessageBox), "Cancel")
    swapped.wait()
    assert swapped.document is before
    page.rescue_requested.emit(path)
    click(swapped.dialog(QMessageBox), "Discard")
    swapped.wait(lambda: swapped.document is not before)
    assert swapped.document.entries[0].edit.amount == 1.0


def test_what_was_put_aside_stays_until_the_work_is_in_a_file_or_given_up(swapped):
    path = swapped.program.rescue.save()
    page: StartPage = swapped.window.start
    swapped.program.session.close()
    page.rescue_requested.emit(path)
    swapped.wait(lambda: swapped.document is not None)
    assert rescues() == (path,)
    swapped.program.session.mark_exported(swapped.document)
    swapped.wait()
    assert rescues() == ()
    assert page.rescues == []


def test_a_damaged_rescue_stays_and_is_told(opened):
    path = rescue_folder() / "rescue-20260101-101010"
    path.mkdir(parents=True)
    before = opened.document
    opened.window.start.rescue_requested.emit(path)
    opened.wait(lambda: bool(opened.notices()))
    assert "damaged" in opened.notices()[0]
    assert opened.document is before
    assert rescues() == (path,)
