"""What has been read waits while the open document is asked about or saved."""

import threading

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QLineEdit, QMessageBox

from app.document.io.images import write_image
from app.document.io.project import load_project
from app.jobs.slots import Slot
from tests.app.ui.presenters.test_documents import click
from tests.app.ui.presenters.test_projects import box

FIRST = "Save the work on meadow.png first?"
BEFORE = "Save the work on meadow.png before sunset.png opens?"


def hold_files(driver) -> threading.Event:
    """Nothing is read or written until the event that this returns is set."""
    started, over = threading.Event(), threading.Event()

    def wait(_means) -> None:
        started.set()
        over.wait(10)

    driver.program.queue.submit(Slot.WRITE, wait)
    assert started.wait(10)
    return over


@pytest.fixture
def arriving(swapped, files, qtbot):
    """With work that is in no file, and a function `driver.arrive` that ends a reading."""
    driver = swapped
    driver.work = driver.document
    ready = hold_files(driver)
    driver.program.documents.open_path(files.sunset)
    click(box(driver, qtbot, FIRST), "Discard")

    def arrive() -> None:
        ready.set()
        driver.wait()
        # Longer than anything that looks again takes.
        qtbot.wait(150)

    driver.arrive = arrive
    yield driver
    ready.set()


def answer(driver, path) -> None:
    """Type a file's name in the dialog, which may have been open for a while."""
    dialog = driver.dialog(QFileDialog)
    dialog.findChild(QLineEdit, "fileNameEdit").setText(str(path))
    dialog.accept()


def opens_sunset(driver, files) -> None:
    driver.wait(lambda: driver.document.base.path == files.sunset)


def test_leaving_saves_the_work_that_the_question_names(arriving, tmp_path, qtbot):
    driver, path = arriving, tmp_path / "work.scumble"
    driver.window.close()
    question = box(driver, qtbot, FIRST)
    driver.arrive()
    assert driver.document is driver.work
    click(question, "Save")
    answer(driver, path)
    qtbot.waitUntil(lambda: not driver.window.isVisible())
    qtbot.wait(150)
    assert load_project(path).document == driver.work
    assert driver.document is driver.work, "nobody sees what comes after the last answer"


def test_after_cancel_the_picture_asks_by_its_name(arriving, files, qtbot):
    driver = arriving
    driver.window.close()
    question = box(driver, qtbot, FIRST)
    driver.arrive()
    click(question, "Cancel")
    click(box(driver, qtbot, BEFORE), "Cancel")
    qtbot.wait(150)
    assert driver.document is driver.work
    assert driver.window.isVisible()
    assert driver.window.findChildren(QMessageBox) == []


def test_after_cancel_the_picture_may_still_have_the_place(arriving, files, qtbot):
    driver = arriving
    driver.window.close()
    question = box(driver, qtbot, FIRST)
    driver.arrive()
    click(question, "Cancel")
    click(box(driver, qtbot, BEFORE), "Discard")
    opens_sunset(driver, files)


def test_a_picture_waits_for_the_dialog_and_for_the_file(arriving, files, tmp_path, qtbot):
    driver, path = arriving, tmp_path / "work.scumble"
    driver.choose("file.save")
    driver.arrive()
    assert driver.document is driver.work
    assert driver.dialog(QFileDialog).windowTitle() == "Save the project"
    hold = hold_files(driver)
    answer(driver, path)
    qtbot.wait(150)
    assert driver.document is driver.work
    hold.set()
    opens_sunset(driver, files)
    assert load_project(path).document == driver.work


def test_a_save_that_is_given_up_does_not_give_up_the_work(arriving, files, qtbot):
    driver = arriving
    driver.choose("file.save")
    driver.arrive()
    driver.dialog(QFileDialog).reject()
    click(box(driver, qtbot, BEFORE), "Cancel")
    assert driver.document is driver.work


def test_a_picture_waits_for_the_answer_about_another_programs_file(
    swapped, files, tmp_path, qtbot
):
    driver, path = swapped, tmp_path / "work.scumble"
    driver.choose("file.save")
    answer(driver, path)
    driver.wait(path.is_file)
    driver.program.swapping.commit_amount(0.4)
    work = driver.document
    path.write_bytes(b"theirs")
    driver.choose("file.save")
    question = box(driver, qtbot, "work.scumble was changed")
    driver.program.pictures.open_file(files.sunset)
    driver.wait()
    qtbot.wait(150)
    assert driver.document is work
    click(question, "Overwrite")
    opens_sunset(driver, files)
    assert load_project(path).document == work


def test_what_was_wanted_last_opens(arriving, files, qtbot):
    driver, third = arriving, files.folder / "third.png"
    write_image(third, np.full((40, 60, 3), 9, np.uint8))
    driver.program.documents.open_path(third)
    question = box(driver, qtbot, FIRST)
    driver.arrive()
    click(question, "Discard")
    driver.wait(lambda: driver.document.base.path == third)
    qtbot.wait(150)
    assert driver.document.base.path == third


def test_the_document_of_a_question_is_not_closed_by_an_earlier_answer(
    swapped, files, tmp_path, qtbot
):
    """The newest wish counts: not to close it, but to open another one."""
    driver, path = swapped, tmp_path / "work.scumble"
    hold = hold_files(driver)
    driver.choose("file.close")
    click(box(driver, qtbot, FIRST), "Save")
    answer(driver, path)
    driver.program.documents.open_path(files.sunset)
    question = box(driver, qtbot, FIRST)
    hold.set()
    driver.wait(path.is_file)
    assert driver.document is not None
    click(question, "Cancel")
    assert driver.document is not None


def by_image(program, files) -> None:
    image = QImage(60, 40, QImage.Format.Format_RGB32)
    image.fill(0)
    program.pictures.open_image(image)


WAYS = {
    "file": lambda program, files: program.pictures.open_file(files.sunset),
    "image": by_image,
    "new": lambda program, files: program.pictures.new(60, 40, (1, 2, 3)),
    "layout": lambda program, files: program.layouts.new(60, 40, program.layouts.palette_id),
    "project": lambda program, files: program.projects.open_file(files.folder / "a.scumble"),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_in_waits(swapped, files, way, qtbot):
    driver, before = swapped, swapped.document
    driver.program.projects.save(files.folder / "a.scumble")
    driver.wait(lambda: not driver.window.isWindowModified())
    driver.choose("file.save_as")
    WAYS[way](driver.program, files)
    driver.wait()
    qtbot.wait(150)
    assert driver.document is before
    driver.dialog(QFileDialog).reject()
    driver.wait(lambda: driver.document is not before)


def test_no_document_no_waiting(driver, files):
    """Settings, or what is offered at the start, are no questions about a document."""
    driver.choose("edit.settings")
    driver.open(files.sunset)
