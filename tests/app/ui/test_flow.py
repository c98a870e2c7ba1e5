"""The window from the first picture to the exported file, driven as a hand drives it."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox

from app.controllers.requests import request_of
from app.document.io.images import read_image
from app.ui.dialogs.export import ExportDialog
from models.edits import SwapTexture
from tests.app.fakes import rendered

CANVAS_MIDDLE_TOLERANCE = 3


def shown_at_middle(driver) -> list[int]:
    """The colour in the middle of the canvas, as it is on the screen."""
    canvas = driver.window.canvas
    driver.qtbot.waitUntil(lambda: canvas.is_sharp, timeout=5000)
    image = canvas.grab().toImage()
    colour = image.pixelColor(image.rect().center())
    return [colour.red(), colour.green(), colour.blue()]


def middle(rgb_hwc) -> np.ndarray:
    return rgb_hwc[rgb_hwc.shape[0] // 2, rgb_hwc.shape[1] // 2].astype(int)


def near(one, other) -> bool:
    return bool((np.abs(np.array(one) - np.array(other)) <= CANVAS_MIDDLE_TOLERANCE).all())


def expected(driver) -> np.ndarray:
    """What the engine makes of the present document at working size."""
    return rendered(request_of(driver.document, driver.program.preview.working_px))


def choose_file(driver, path: Path) -> None:
    dialog = driver.dialog(QFileDialog)
    dialog.selectFile(str(path))
    dialog.accept()


def has_dialog(driver, kind) -> bool:
    return any(dialog.isVisible() for dialog in driver.window.findChildren(kind))


@pytest.fixture
def swapped(driver, files):
    """After a picture was opened and a reference dropped."""
    driver.open(files.meadow)
    driver.drop(files.sunset, "reference")
    driver.wait(lambda: len(driver.document.entries) == 1)
    return driver


def amount(driver) -> float:
    edit = driver.document.entries[0].edit
    assert isinstance(edit, SwapTexture)
    return edit.amount


def test_from_a_photo_to_a_file(driver, files, qtbot, tmp_path):
    photo = open_by_dialog(driver, files.meadow)
    full = drop_reference(driver, files.sunset, photo)
    change_amount(driver, full)
    undo_twice_and_redo(driver, photo, full)
    compare(driver, photo, full)
    export_and_reopen(driver, tmp_path / "out.png", full)


def open_by_dialog(driver, path):
    window = driver.window
    assert not window.canvas_shown
    driver.press("Ctrl+O")
    choose_file(driver, path)
    driver.wait(lambda: driver.document is not None)
    assert window.canvas_shown
    photo = read_image(path).rgb_hwc
    assert near(shown_at_middle(driver), middle(photo))
    assert window.windowTitle().startswith(path.name)
    return photo


def drop_reference(driver, path, photo):
    driver.drop(path, "reference")
    driver.wait(lambda: len(driver.document.entries) == 1)
    full = expected(driver)
    assert near(shown_at_middle(driver), middle(full))
    assert not near(middle(full), middle(photo))
    assert driver.window.status.seconds.text().startswith("last render")
    assert driver.window.isWindowModified()
    return full


def change_amount(driver, full):
    """With the keyboard; what is shown follows."""
    slider = driver.window.reference.amount_slider
    slider.setFocus()
    for _ in range(3):
        driver.qtbot.keyClick(slider.focusWidget() or slider, Qt.Key.Key_Left)
    history = driver.program.session.history
    driver.wait(lambda: amount(driver) < 1.0 and history.pending is None)
    less = expected(driver)
    assert near(shown_at_middle(driver), middle(less))
    assert not near(middle(less), middle(full))


def undo_twice_and_redo(driver, photo, full):
    driver.window.canvas.setFocus()
    driver.press("Ctrl+Z")
    assert amount(driver) == 1.0
    assert near(shown_at_middle(driver), middle(full))
    driver.press("Ctrl+Z")
    assert driver.document.entries == ()
    assert near(shown_at_middle(driver), middle(photo))
    driver.press("Ctrl+Shift+Z")
    driver.wait()
    assert near(shown_at_middle(driver), middle(full))


def compare(driver, photo, full):
    """The edit off and on; the original while a key is held; the divider."""
    canvas = driver.window.canvas
    driver.press("Ctrl+H")
    assert near(shown_at_middle(driver), middle(photo))
    driver.press("Ctrl+H")
    driver.wait()
    assert near(shown_at_middle(driver), middle(full))
    driver.qtbot.keyPress(canvas, Qt.Key.Key_Q)
    assert near(shown_at_middle(driver), middle(photo))
    driver.qtbot.keyRelease(canvas, Qt.Key.Key_Q)
    assert near(shown_at_middle(driver), middle(full))
    driver.press("C")
    assert canvas.compare == "split"
    assert driver.window.actions_["view.split"].isChecked()
    driver.press("C")
    assert canvas.compare == "after"


def export_and_reopen(driver, out, full):
    driver.press("Ctrl+E")
    dialog = driver.dialog(ExportDialog)
    driver.wait()
    dialog.accepted_with.emit(out, dialog.settings)
    dialog.close()
    driver.wait(out.is_file)
    written = read_image(out).rgb_hwc
    assert written.shape == driver.document.base.picture.rgb_hwc.shape
    assert near(middle(written), middle(full))
    # A picture is not the work: that is in no file yet.
    assert driver.window.isWindowModified()
    driver.program.session.history.mark_saved()
    assert any("Exported out.png" in text for text in driver.notices())
    driver.open(out)
    assert near(shown_at_middle(driver), middle(full))
    assert driver.program.preferences.value.recent_files[0] == str(out)


def test_another_picture_replaces_the_render_on_its_way(driver, files, qtbot):
    driver.open(files.meadow)
    shown = []
    driver.program.preview.shown.connect(shown.append)
    driver.backend.block()
    driver.drop(files.sunset, "reference")
    qtbot.waitUntil(driver.backend.running.is_set)
    driver.program.swapping.commit_amount(0.5)
    driver.program.swapping.commit_amount(0.2)
    driver.backend.unblock()
    driver.wait(lambda: bool(shown) and shown[-1] is not None)
    amounts = [value.request.edits[0].amount for value in shown if value is not None]
    assert amounts[-1] == 0.2
    assert amounts == sorted(amounts, reverse=True)
    assert 0.5 not in amounts
    assert near(shown_at_middle(driver), middle(expected(driver)))


def test_the_slider_is_one_step_however_it_is_dragged(swapped, qtbot):
    driver = swapped
    steps = len(driver.program.session.history.states)
    slider = driver.window.reference.amount_slider
    for value in np.linspace(1.0, 0.3, 30):
        slider.dragged.emit(float(value))
        qtbot.wait(2)
    slider.committed.emit(0.3)
    driver.wait()
    assert len(driver.program.session.history.states) == steps + 1
    assert near(shown_at_middle(driver), middle(expected(driver)))


def test_unsaved_work_is_asked_about(swapped, files, qtbot):
    driver = swapped
    before = driver.document
    driver.program.documents.open_path(files.sunset)
    box = driver.dialog(QMessageBox)
    (cancel,) = [button for button in box.buttons() if button.text() == "Cancel"]
    cancel.click()
    driver.wait()
    assert driver.document is before

    driver.window.close()
    qtbot.waitUntil(lambda: has_dialog(driver, QMessageBox))
    box = driver.dialog(QMessageBox)
    (save,) = [button for button in box.buttons() if button.text() == "Save"]
    assert box.defaultButton() is save
    save.click()
    driver.dialog(QFileDialog).reject()
    assert driver.window.isVisible()

    driver.press("Ctrl+W")
    box = driver.dialog(QMessageBox)
    (discard,) = [button for button in box.buttons() if button.text() == "Discard"]
    discard.click()
    assert driver.document is None
    assert not driver.window.canvas_shown
    driver.window.close()
    qtbot.waitUntil(lambda: not driver.window.isVisible())


def test_a_failed_render_keeps_the_document_and_the_engine_can_be_restarted(swapped, qtbot):
    driver = swapped
    before = driver.document
    driver.backend.errors = [RuntimeError("the driver fell over")]
    driver.program.swapping.commit_amount(0.6)
    driver.wait()
    (notice,) = driver.window.notices.notices
    assert notice.kind == "error"
    assert "fell over" in notice.text
    assert "Traceback" in notice.report
    labels = [label for label, _ in notice.actions]
    assert labels == ["Try again", "Restart the engine"]
    engines = len(driver.make.made)
    driver.choose("model.restart")
    driver.wait()
    assert len(driver.make.made) == engines + 1
    assert amount(driver) == 0.6
    assert near(shown_at_middle(driver), middle(expected(driver)))
    driver.press("Ctrl+Z")
    assert driver.document == before


def test_bad_files_are_told_in_a_sentence_and_nothing_is_lost(swapped, files, tmp_path):
    driver = swapped
    before = driver.document
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    driver.program.swapping.use_file(bad)
    driver.wait()
    driver.program.swapping.use_file(tmp_path / "gone.jpg")
    driver.wait()
    assert all(notice.kind == "error" for notice in driver.window.notices.notices)
    assert [text for text in driver.notices() if "bad.png" in text]
    assert [text for text in driver.notices() if "gone.jpg" in text]
    assert driver.document is before


def test_models_dropped_on_the_window_are_imported(driver, tmp_path):
    weights = tmp_path / "mountain.pth"
    weights.write_bytes(b"weights")
    driver.drop(weights, "model")
    driver.wait()
    assert driver.backend.models == ["mountain"]
    assert driver.notices() == ["mountain.pth was imported as the model 'mountain'."]


def test_the_divider_is_dragged_with_the_mouse(swapped, qtbot):
    driver = swapped
    canvas = driver.window.canvas
    driver.choose("view.split")
    driver.wait()
    middle_view = canvas.rect().center()
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=middle_view)
    qtbot.mouseMove(canvas, middle_view - QPoint(120, 0))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=middle_view - QPoint(120, 0))
    assert canvas.divider < 0.45
    assert near(shown_at_middle(driver), middle(expected(driver)))
    canvas.set_divider(0.9)
    assert near(shown_at_middle(driver), middle(driver.document.base.picture.rgb_hwc))
