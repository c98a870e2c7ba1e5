"""Opening, closing, pasting and exporting, at the moments when something else is on its way."""

import threading

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtWidgets import QMessageBox

from app.controllers.requests import request_of
from app.document.io.images import read_image
from app.jobs.slots import Slot
from app.settings import ExportSettings
from app.ui.dialogs.export import ExportDialog
from app.ui.dialogs.new import NewDialog
from app.ui.dialogs.parts import Notes
from tests.app.fakes import rendered


@pytest.fixture
def held(driver):
    """A function that keeps the thread for files busy until the event it gives is set."""
    events = []

    def hold() -> threading.Event:
        begun, go = threading.Event(), threading.Event()
        events.append(go)

        def wait(means) -> None:
            begun.set()
            go.wait(10)

        driver.program.queue.submit(Slot.WRITE, wait)
        assert begun.wait(10)
        return go

    yield hold
    for event in events:
        event.set()


def click(box, text):
    (button,) = [button for button in box.buttons() if button.text() == text]
    button.click()


def export(driver, path, settings=None):
    """Export by the dialog."""
    driver.choose("file.export")
    dialog = driver.dialog(ExportDialog)
    dialog.accepted_with.emit(path, settings or ExportSettings())
    dialog.close()


def blocked_export(driver, path):
    """An export that has begun and does not get on."""
    driver.backend.block()
    export(driver, path, ExportSettings(size="custom", short_side_px=50))
    driver.qtbot.waitUntil(driver.backend.running.is_set)


# Reading


def test_what_is_read_is_marked_and_can_be_cancelled(driver, files, held):
    status = driver.window.status
    go = held()
    driver.program.documents.open_path(files.meadow)
    driver.qtbot.waitUntil(status.stop.isVisible, timeout=1000)
    assert status.work.text() == "working: reading meadow.png"
    assert driver.window.progress.is_busy
    status.stop.click()
    go.set()
    driver.wait()
    assert driver.document is None
    assert not status.stop.isVisible()
    assert not driver.window.progress.is_busy


def test_the_mark_of_a_render_outlives_that_of_reading(swapped, files, held, qtbot):
    driver = swapped
    driver.backend.block()
    driver.program.swapping.commit_amount(0.4)
    qtbot.waitUntil(driver.backend.running.is_set)
    driver.program.documents._reading("other.png")
    driver.program.documents._reading("")
    qtbot.waitUntil(driver.window.status.stop.isVisible)
    assert "render" in driver.window.status.work.text()
    driver.backend.unblock()
    driver.wait()
    assert not driver.window.status.stop.isVisible()


def test_a_file_that_is_gone_from_the_recent_ones_is_told(opened, files, tmp_path):
    opened.program.documents.open_path(tmp_path / "gone.png")
    opened.wait(lambda: bool(opened.notices()))
    assert opened.document.base.path == files.meadow


# The welcome page


def test_the_way_back_from_the_welcome_page(swapped):
    driver, window = swapped, swapped.window
    for back in (
        lambda: driver.choose("help.welcome"),
        lambda: driver.press("Esc"),
        lambda: driver.press("Ctrl+Z"),
    ):
        driver.choose("help.welcome")
        assert not window.canvas_shown
        back()
        assert window.canvas_shown


def test_without_a_picture_the_welcome_page_stays(driver):
    driver.choose("help.welcome")
    driver.press("Esc")
    assert not driver.window.canvas_shown


# The clipboard


def test_a_copied_file_is_pasted_as_a_file_though_it_has_an_icon(opened, files):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(files.sunset))])
    icon = QImage(16, 16, QImage.Format.Format_RGB32)
    icon.fill(QColor("red"))
    mime.setImageData(icon)
    QGuiApplication.clipboard().setMimeData(mime)
    opened.choose("edit.paste")
    opened.wait(lambda: bool(opened.document.entries))
    assert opened.document.references[0].name == "sunset.png"


def test_pixels_are_pasted_as_a_reference_or_a_picture(opened):
    image = QImage(30, 20, QImage.Format.Format_RGB32)
    image.fill(QColor(10, 200, 30))
    QGuiApplication.clipboard().setImage(image)
    opened.choose("edit.paste")
    opened.wait(lambda: bool(opened.document.entries))
    assert opened.document.references[0].picture.rgb_hwc[0, 0].tolist() == [10, 200, 30]
    opened.choose("edit.undo")
    opened.choose("edit.paste_new")
    opened.wait(lambda: opened.document.width_px == 30)


def test_an_empty_clipboard_is_told(opened):
    QGuiApplication.clipboard().clear()
    opened.choose("edit.paste")
    assert opened.notices() == ["There is no picture on the clipboard."]


def test_copying_takes_what_is_shown(swapped):
    swapped.choose("edit.copy")
    swapped.wait(lambda: bool(swapped.notices()))
    image = QGuiApplication.clipboard().image()
    expected = rendered(request_of(swapped.document, swapped.program.preview.working_px))
    assert (image.height(), image.width()) == expected.shape[:2]
    colour = image.pixelColor(5, 5)
    assert [colour.red(), colour.green(), colour.blue()] == expected[5, 5].tolist()


# Closing


def test_leaving_during_an_export_is_asked_about(swapped, tmp_path, qtbot):
    driver = swapped
    blocked_export(driver, tmp_path / "a.png")
    driver.window.close()
    qtbot.waitUntil(lambda: bool(driver.window.findChildren(QMessageBox)))
    box = driver.dialog(QMessageBox)
    assert box.text() == "An export is not finished yet."
    assert box.defaultButton().text() == "Wait"
    click(box, "Wait")
    driver.backend.unblock()
    driver.wait((tmp_path / "a.png").is_file)
    assert driver.window.isVisible()
    driver.program.session.history.mark_saved()
    driver.window.close()
    qtbot.waitUntil(lambda: not driver.window.isVisible())


def test_who_leaves_an_export_leaves_no_file(swapped, tmp_path, qtbot):
    driver = swapped
    blocked_export(driver, tmp_path / "out" / "a.png")
    (tmp_path / "out").mkdir()
    driver.window.close()
    qtbot.waitUntil(lambda: bool(driver.window.findChildren(QMessageBox)))
    click(driver.dialog(QMessageBox), "Leave")
    # The picture is not the work, which is asked about as well.
    qtbot.waitUntil(lambda: driver.dialog(QMessageBox).text().startswith("Save the work"))
    click(driver.dialog(QMessageBox), "Discard")
    assert not driver.window.isVisible()
    assert driver.program.close()
    assert list((tmp_path / "out").iterdir()) == []


# Exporting


def test_a_cancelled_export_is_told(swapped, tmp_path):
    blocked_export(swapped, tmp_path / "a.png")
    swapped.press("Esc")
    swapped.wait()
    assert "The export was cancelled; no file was written." in swapped.notices()
    assert not (tmp_path / "a.png").exists()


def test_an_export_that_ends_after_another_picture_was_opened_is_the_old_ones(
    swapped, files, tmp_path
):
    driver, old = swapped, swapped.document
    blocked_export(driver, tmp_path / "a.png")
    driver.program.pictures.open_file(files.sunset)
    driver.qtbot.waitUntil(lambda: driver.document.base.path == files.sunset)
    driver.backend.unblock()
    driver.wait((tmp_path / "a.png").is_file)
    assert (read_image(tmp_path / "a.png").rgb_hwc == rendered(request_of(old, 50))).all()
    assert not driver.window.isWindowModified()
    # "Export again" must not write the new picture over the old one's file.
    driver.choose("file.export_again")
    assert driver.dialog(ExportDialog).path.name.startswith("sunset")
    driver.dialog(ExportDialog).reject()


def test_export_again_writes_the_same_file_with_the_same_settings(swapped, tmp_path):
    path = tmp_path / "a.jpg"
    export(swapped, path, ExportSettings(format="jpeg", quality=80))
    swapped.wait(path.is_file)
    swapped.program.preferences.update(export=ExportSettings(format="png"))
    swapped.program.swapping.commit_amount(0.2)
    swapped.wait()
    before = path.read_bytes()
    swapped.choose("file.export_again")
    swapped.wait(lambda: path.read_bytes() != before)
    assert path.read_bytes().startswith(b"\xff\xd8")


def test_a_file_that_cannot_be_written_is_told(swapped, tmp_path):
    export(swapped, tmp_path / "none" / "a.png")
    swapped.wait(lambda: bool(swapped.notices()))
    assert "there is no folder" in swapped.notices()[0]


def test_an_exported_picture_is_not_the_work(swapped, tmp_path):
    export(swapped, tmp_path / "a.png")
    swapped.wait((tmp_path / "a.png").is_file)
    assert swapped.window.isWindowModified()


def test_an_estimate_finds_no_dialog_and_nothing_breaks(swapped, held):
    swapped.choose("file.export")
    dialog = swapped.dialog(ExportDialog)
    dialog.estimate_requested.emit(dialog.settings)
    dialog.reject()
    swapped.qtbot.wait(10)
    swapped.wait()


def test_a_count_that_comes_late_reaches_the_dialog(swapped, monkeypatch):
    swapped.choose("file.export")
    dialog = swapped.dialog(ExportDialog)
    exporting = swapped.program.exporting
    monkeypatch.setattr(type(exporting), "outside", property(lambda self: (1234, 0)))
    exporting.note_shown(None)
    assert "0 of the 1,234 pixels outside of the masks change." in dialog.findChild(Notes).texts
    dialog.reject()
    swapped.qtbot.wait(10)
    exporting.note_shown(None)


def test_only_the_last_file_that_cannot_be_opened_is_told(opened, tmp_path):
    for name in ("a.png", "b.scumble", "c.png"):
        (tmp_path / name).write_bytes(b"no")
        opened.program.documents.open_path(tmp_path / name)
        opened.wait(lambda name=name: any(words.startswith(name) for words in opened.notices()))
    assert len(opened.notices()) == 1


def test_dialogs_do_not_pile_up(opened):
    for _ in range(3):
        opened.choose("file.new")
        opened.dialog(NewDialog).reject()
        opened.choose("file.export")
        opened.dialog(ExportDialog).reject()
        opened.qtbot.wait(5)
    assert opened.window.findChildren(NewDialog) == []
    assert opened.window.findChildren(ExportDialog) == []


def test_settings_that_cannot_be_saved_are_told(driver, tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("SCUMBLE_CONFIG", str(tmp_path / "file"))
    driver.program.preferences.update(reduce_motion=True)
    driver.wait(lambda: bool(driver.notices()))
    assert driver.notices()[0].startswith("settings.json cannot be saved")


def test_the_file_holds_a_picture_of_100_percent_though_the_screen_shows_less(swapped, tmp_path):
    path = tmp_path / "a.png"
    export(swapped, path, ExportSettings(size="original"))
    swapped.wait(path.is_file)
    assert np.shape(read_image(path).rgb_hwc) == (200, 300, 3)


def test_a_file_that_cannot_be_revealed_is_named(swapped, files, monkeypatch):
    monkeypatch.setattr("app.ui.presenters.notices.reveal", lambda path: False)
    swapped.choose("file.reveal")
    (notice,) = swapped.window.notices.notices
    assert str(files.meadow) in notice.hint


def test_a_failed_export_is_not_what_export_again_repeats(swapped, tmp_path):
    swapped.program.documents._export(tmp_path / "none" / "x.png", ExportSettings())
    swapped.wait()
    assert swapped.program.documents._last_export is None


def test_export_again_repeats_what_was_written_and_not_what_was_wanted_later(swapped, tmp_path):
    documents = swapped.program.documents
    swapped.backend.block()
    documents._export(tmp_path / "a.png", ExportSettings())
    swapped.qtbot.waitUntil(swapped.backend.running.is_set)
    documents._export(tmp_path / "none" / "b.png", ExportSettings())
    swapped.backend.unblock()
    swapped.wait()
    assert documents._last_export == (tmp_path / "a.png", ExportSettings())


def test_work_done_while_a_picture_is_read_is_not_thrown_away(swapped, files, held):
    swapped.program.session.history.mark_saved()
    go = held()
    swapped.program.documents.open_path(files.sunset)
    swapped.program.swapping.commit_amount(0.2)
    go.set()
    swapped.qtbot.waitUntil(lambda: bool(swapped.window.findChildren(QMessageBox)))
    assert swapped.document.base.path == files.meadow
    click(swapped.dialog(QMessageBox), "Cancel")
    swapped.wait()
    assert swapped.document.base.path == files.meadow
    assert swapped.program.session.unsaved
