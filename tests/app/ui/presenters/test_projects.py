"""Saving in the window: the file, the title, the question, the way back."""

import threading

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox

from app.document.document import Document, LabelMap, Photo
from app.document.history import State
from app.document.io.project import load_project, save_project
from app.document.io.steps import Steps
from app.document.tiles import TiledArray
from app.jobs.slots import Slot
from models.values import Picture
from tests.app.ui.presenters.test_documents import click


def answer(driver, path) -> None:
    """Choose a file in the dialog that is open."""
    dialog = driver.dialog(QFileDialog)
    dialog.selectFile(str(path))
    dialog.accept()


def save(driver, path) -> None:
    driver.press("Ctrl+S")
    answer(driver, path)
    driver.wait(path.is_file)


def thumbs(driver) -> list:
    """The small pictures in the panel of the history."""
    items = driver.program.steps.items(driver.program.session.history)
    return [item.thumb_rgb_hwc for item in items]


def title(driver) -> str:
    return driver.window.windowTitle()


def box(driver, qtbot, words: str) -> QMessageBox:
    """The question that begins with these words, as soon as it is asked."""

    def shown():
        boxes = driver.window.findChildren(QMessageBox)
        return [each for each in boxes if each.isVisible() and each.text().startswith(words)]

    qtbot.waitUntil(lambda: bool(shown()))
    return shown()[0]


def leave_saving(driver, qtbot) -> None:
    """Close the window, and answer that the work shall be saved first."""
    driver.window.close()
    click(box(driver, qtbot, "Save the work on "), "Save")


@pytest.fixture
def saved(swapped, tmp_path):
    """With a project file, and its path as `driver.path`."""
    swapped.path = tmp_path / "work.scumble"
    save(swapped, swapped.path)
    return swapped


def test_the_first_save_asks_for_a_file_and_the_next_does_not(swapped, tmp_path):
    driver = swapped
    path = tmp_path / "work.scumble"
    assert title(driver) == "meadow.png[*] - Scumble"
    assert driver.window.isWindowModified()
    driver.press("Ctrl+S")
    dialog = driver.dialog(QFileDialog)
    assert dialog.selectedFiles() == [str(driver.document.base.path.with_suffix(".scumble"))]
    dialog.selectFile(str(path))
    dialog.accept()
    driver.wait(path.is_file)
    assert title(driver) == "work.scumble[*] - Scumble"
    assert not driver.window.isWindowModified()
    assert "Saved work.scumble." in driver.notices()
    assert driver.program.preferences.value.recent_files[0] == str(path)
    driver.program.swapping.commit_amount(0.4)
    driver.wait()
    assert driver.window.isWindowModified()
    driver.press("Ctrl+S")
    driver.wait(lambda: not driver.window.isWindowModified())
    assert load_project(path).document == driver.document


def test_a_project_opens_as_it_was_left_and_can_be_undone(saved):
    driver = saved
    before, shown = driver.document, driver.program.preview

    def by_dialog():
        driver.press("Ctrl+O")
        answer(driver, saved.path)

    for open_it in (
        lambda: driver.program.documents.open_path(saved.path),
        by_dialog,
        lambda: driver.drop(saved.path, "project"),
        lambda: driver.window.start.recent_chosen.emit(saved.path),
    ):
        driver.press("Ctrl+W")
        assert not driver.window.canvas_shown
        assert title(driver) == "Scumble[*]"
        open_it()
        driver.wait(lambda: driver.document is not None)
        assert driver.document == before
        assert title(driver) == "work.scumble[*] - Scumble"
        assert not driver.window.isWindowModified()
        assert driver.program.preferences.value.recent_files[0] == str(saved.path)
        assert shown.working_px
        driver.press("Ctrl+Z")
        driver.wait()
        assert driver.document.entries == ()
        assert driver.window.isWindowModified()
        driver.press("Ctrl+Shift+Z")
        assert driver.document == before


def test_the_picture_after_reopening_is_the_one_before(saved):
    driver = saved
    pictures = []
    driver.program.preview.shown.connect(pictures.append)
    driver.program.swapping.commit_amount(0.7)
    driver.wait(lambda: bool(pictures) and pictures[-1] is not None and pictures[-1].final)
    before = pictures[-1]
    driver.press("Ctrl+S")
    driver.wait(lambda: not driver.window.isWindowModified())
    driver.press("Ctrl+W")
    pictures.clear()
    driver.program.documents.open_path(saved.path)
    driver.wait(lambda: bool(pictures) and pictures[-1] is not None and pictures[-1].final)
    assert pictures[-1].request == before.request
    assert np.array_equal(pictures[-1].result.rgb_hwc, before.result.rgb_hwc)


def test_the_steps_look_after_reopening_as_before(saved):
    """Each as it was rendered, and not as the photo."""
    driver = saved
    driver.program.swapping.commit_amount(0.7)
    driver.wait(lambda: driver.program.session.history.thumbs.keys() == {1, 2})
    before = thumbs(driver)
    assert not np.array_equal(before[1], before[2])
    driver.press("Ctrl+S")
    driver.wait(lambda: not driver.window.isWindowModified())
    driver.press("Ctrl+W")
    driver.program.documents.open_path(saved.path)
    driver.wait(lambda: driver.document is not None)
    for was, now in zip(before, thumbs(driver), strict=True):
        assert np.array_equal(was, now)


def test_save_as_writes_another_file(saved, tmp_path):
    driver, other = saved, tmp_path / "other.scumble"
    before = saved.path.read_bytes()
    driver.press("Ctrl+Shift+S")
    answer(driver, other)
    driver.wait(other.is_file)
    assert title(driver) == "other.scumble[*] - Scumble"
    assert saved.path.read_bytes() == before
    driver.press("Ctrl+S")
    driver.wait()
    assert driver.program.projects.path == other


def test_a_name_without_the_suffix_gets_it_and_no_file_is_replaced_unasked(saved, tmp_path):
    driver, named = saved, tmp_path / "v1.2"
    presenter = driver.program.project_presenter
    presenter._chosen(named)
    driver.wait((tmp_path / "v1.2.scumble").is_file)
    before = (tmp_path / "v1.2.scumble").read_bytes()
    driver.program.swapping.commit_amount(0.3)
    driver.wait()
    presenter._chosen(named)
    click(driver.dialog(QMessageBox), "Cancel")
    driver.wait()
    assert (tmp_path / "v1.2.scumble").read_bytes() == before
    presenter._chosen(named)
    click(driver.dialog(QMessageBox), "Replace")
    driver.wait(lambda: not driver.window.isWindowModified())
    assert load_project(tmp_path / "v1.2.scumble").document == driver.document


def test_leaving_asks_once_and_saving_is_the_answer_of_enter(swapped, tmp_path, qtbot):
    driver, path = swapped, tmp_path / "last.scumble"
    driver.window.close()
    qtbot.waitUntil(lambda: bool(driver.window.findChildren(QMessageBox)))
    box = driver.dialog(QMessageBox)
    assert box.text() == "Save the work on meadow.png first?"
    assert box.defaultButton().text() == "Save"
    click(box, "Save")
    document = driver.document
    answer(driver, path)
    qtbot.waitUntil(lambda: not driver.window.isVisible())
    assert load_project(path).document == document


def test_a_save_that_is_given_up_gives_up_leaving_too(swapped, tmp_path, qtbot):
    driver = swapped
    leave_saving(driver, qtbot)
    driver.dialog(QFileDialog).reject()
    save(driver, tmp_path / "later.scumble")
    assert driver.window.isVisible()


def test_a_failed_save_loses_nothing_and_keeps_the_window(saved, tmp_path, qtbot):
    driver = saved
    driver.program.swapping.commit_amount(0.4)
    driver.wait()
    saved.path.unlink()
    saved.path.mkdir()
    leave_saving(driver, qtbot)
    driver.wait(lambda: any("cannot be saved" in words for words in driver.notices()))
    assert driver.window.isVisible()
    assert driver.window.isWindowModified()
    (notice,) = [n for n in driver.window.notices.notices if n.kind == "error"]
    ((words, act),) = notice.actions
    assert words == "Save as…"
    act()
    answer(driver, tmp_path / "other.scumble")
    driver.wait((tmp_path / "other.scumble").is_file)
    assert driver.window.isVisible()


@pytest.fixture
def changed(saved):
    """With work since then, and a file that another program has changed; `driver.theirs`."""
    saved.program.swapping.commit_amount(0.4)
    saved.wait()
    saved.theirs = b"what another window has saved"
    saved.path.write_bytes(saved.theirs)
    return saved


def asked(driver, qtbot) -> QMessageBox:
    """The question about the file, which comes when the save has looked at it."""
    words = "work.scumble was changed by another program since it was opened."

    return box(driver, qtbot, words)


def test_what_another_program_has_saved_is_overwritten_only_if_wanted(changed, qtbot):
    driver = changed
    driver.press("Ctrl+S")
    question = asked(driver, qtbot)
    assert question.defaultButton().text() == "Cancel"
    qtbot.keyClick(question, Qt.Key.Key_Escape)
    driver.wait()
    assert driver.path.read_bytes() == driver.theirs
    assert driver.window.isWindowModified()
    driver.press("Ctrl+S")
    click(asked(driver, qtbot), "Overwrite")
    driver.wait(lambda: not driver.window.isWindowModified())
    assert load_project(driver.path).document == driver.document
    assert title(driver) == "work.scumble[*] - Scumble"


def test_work_on_a_file_that_another_program_has_changed_goes_elsewhere(changed, tmp_path, qtbot):
    driver, other = changed, tmp_path / "mine.scumble"
    driver.press("Ctrl+S")
    click(asked(driver, qtbot), "Save as…")
    answer(driver, other)
    driver.wait(lambda: not driver.window.isWindowModified())
    assert load_project(other).document == driver.document
    assert driver.path.read_bytes() == driver.theirs
    assert title(driver) == "mine.scumble[*] - Scumble"


def test_leaving_waits_for_the_answer_about_another_programs_file(changed, tmp_path, qtbot):
    driver = changed
    for _ in range(2):
        leave_saving(driver, qtbot)
        click(asked(driver, qtbot), "Cancel")
        driver.wait()
        assert driver.window.isVisible()
        assert driver.window.isWindowModified()
        assert driver.path.read_bytes() == driver.theirs
    # What was given up is not done by a save later on.
    driver.press("Ctrl+Shift+S")
    answer(driver, tmp_path / "mine.scumble")
    driver.wait(lambda: not driver.window.isWindowModified())
    assert driver.window.isVisible()


def test_leaving_goes_on_when_another_programs_file_is_overwritten(changed, qtbot):
    driver, document = changed, changed.document
    leave_saving(driver, qtbot)
    click(asked(driver, qtbot), "Overwrite")
    qtbot.waitUntil(lambda: not driver.window.isVisible())
    assert load_project(driver.path).document == document


def test_a_picture_that_comes_over_the_question_is_not_written_there(changed, tmp_path, qtbot):
    driver = changed
    leave_saving(driver, qtbot)
    question = asked(driver, qtbot)
    driver.program.session.open(Document(base=driver.document.base))
    click(question, "Overwrite")
    driver.wait()
    assert driver.path.read_bytes() == driver.theirs
    # Nobody wants to leave that picture.
    driver.press("Ctrl+Shift+S")
    answer(driver, tmp_path / "mine.scumble")
    driver.wait((tmp_path / "mine.scumble").is_file)
    driver.wait()
    assert driver.window.isVisible()


def test_leaving_waits_for_the_last_of_two_saves(saved, qtbot):
    driver, hold = saved, threading.Event()
    driver.program.swapping.commit_amount(0.6)
    driver.program.queue.submit(Slot.WRITE, lambda means: hold.wait(10))
    driver.press("Ctrl+S")
    driver.program.swapping.commit_amount(0.4)
    document = driver.document
    leave_saving(driver, qtbot)
    hold.set()
    qtbot.waitUntil(lambda: not driver.window.isVisible())
    assert load_project(driver.path).document == document


def test_work_after_the_save_keeps_the_window(swapped, tmp_path, qtbot):
    """A step that was made while the file was written is in no file."""
    driver = swapped
    hold = threading.Event()
    driver.program.queue.submit(Slot.WRITE, lambda means: hold.wait(10))
    leave_saving(driver, qtbot)
    answer(driver, tmp_path / "a.scumble")
    driver.program.swapping.commit_amount(0.4)
    hold.set()
    driver.wait((tmp_path / "a.scumble").is_file)
    assert driver.window.isVisible()
    assert driver.window.isWindowModified()


def test_a_bad_project_is_told_and_nothing_is_lost(swapped, tmp_path):
    driver, before = swapped, swapped.document
    bad = tmp_path / "bad.scumble"
    bad.write_bytes(b"PK\3\4 and no more")
    driver.program.session.history.mark_saved()
    driver.program.documents.open_path(bad)
    driver.wait(lambda: bool(driver.notices()))
    assert driver.notices() == ["bad.scumble cannot be opened: it is damaged or cut short."]
    assert driver.document is before


def test_without_a_picture_there_is_nothing_to_save(driver):
    assert not driver.window.actions_["file.save"].isEnabled()
    assert not driver.window.actions_["file.save_as"].isEnabled()
    driver.program.project_presenter.save()
    driver.program.project_presenter.save_as()
    assert driver.window.findChildren(QFileDialog) == []


def test_the_samples_folder_is_not_where_work_goes(driver):
    from app.resources import resource
    from app.ui.files import pictures_folder

    driver.open(resource("samples") / "sunset.jpg")
    proposed = driver.program.project_presenter._proposed()
    assert str(proposed.parent) == pictures_folder()
    assert proposed.name == "sunset.scumble"


def test_progress_of_saving_is_shown(swapped, tmp_path, qtbot):
    driver = swapped
    hold = threading.Event()
    driver.program.queue.submit(Slot.WRITE, lambda means: hold.wait(10))
    driver.program.projects.save(tmp_path / "a.scumble")
    qtbot.waitUntil(lambda: "saving a.scumble" in driver.window.status.work.text())
    hold.set()
    driver.wait()
    assert driver.window.status.work.text() == ""


def test_a_layout_of_a_palette_that_nobody_knows_opens(driver, tmp_path):
    """A project from a program with palettes of its own."""
    rgb_hwc = np.full((60, 80, 3), 90, np.uint8)
    labels = LabelMap(TiledArray.filled(60, 80, 3), "martian", ((3, "canal"),))
    document = Document(Photo(Picture.from_rgb(rgb_hwc), "mars.png"), labels)
    path = tmp_path / "mars.scumble"
    save_project(Steps((State("Open", document, 0),), 0), path)
    driver.program.documents.open_path(path)
    driver.wait(lambda: driver.document is not None)
    assert driver.document == document
    for keys in ("F1", "Alt+2", "Alt+3", "F2"):
        driver.press(keys)
        driver.wait()
    assert driver.document == document
