"""Painting a layout in the real window, from an empty canvas to files and back."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtWidgets import QFileDialog

from app.controllers.label_maps import layout_entry
from app.controllers.requests import request_of
from app.document.io.images import read_image
from app.document.io.layouts import read_layout
from app.document.io.recovery import load_recovery
from app.resources import resource
from app.ui.dialogs.export import ExportDialog
from models.edits import RenderLayout
from tests.app.fakes import rendered
from tests.app.ui.pen import Pen

SKY, GRASS, MOUNTAIN, WATER = 1, 4, 5, 9


def ids_of(driver) -> np.ndarray:
    return driver.document.labels.ids.to_array()


def edit_of(driver) -> RenderLayout:
    entry = layout_entry(driver.document)
    assert entry is not None
    assert isinstance(entry.edit, RenderLayout)
    return entry.edit


def new_layout(driver, width_px=320, height_px=240) -> None:
    driver.program.layouts.new(width_px, height_px, "landscape")
    driver.wait(lambda: driver.document is not None and driver.document.labels is not None)


def choose_by_search(driver, words: str) -> None:
    driver.press("Ctrl+F")
    search = driver.window.labels.search
    assert search.hasFocus()
    driver.qtbot.keyClicks(search, words)
    driver.qtbot.keyClick(search, Qt.Key.Key_Return)
    assert driver.window.canvas.hasFocus()


def choose_file(driver, path: Path) -> None:
    dialog = driver.dialog(QFileDialog)
    dialog.selectFile(str(path))
    dialog.accept()


def newest_is_shown(driver) -> bool:
    """Whether the picture on the canvas is that of the document as it is now."""
    last = driver.program.preview._last
    return last is not None and last == request_of(driver.document, last.short_side_px)


@pytest.fixture
def painter(driver):
    """A program with an empty layout, ready to be painted on."""
    new_layout(driver)
    return driver


def test_from_an_empty_layout_to_files_and_back(painter, tmp_path, qtbot):
    driver, pen = painter, Pen(painter.window.canvas)
    assert driver.window.workspace == "paint"
    painted_with_a_pen(driver, pen)
    one_stroke_is_one_step(driver)
    newest_preview(driver)
    style_is_part_of_the_edit(driver)
    files_and_back(driver, tmp_path)


def painted_with_a_pen(driver, pen) -> None:
    choose_by_search(driver, "moun")
    assert driver.program.labels.primary.id == MOUNTAIN
    pen.stroke((40, 120, 0.1), (160, 100, 1.0), (280, 120, 0.1))
    ids = ids_of(driver) == MOUNTAIN
    widths = ids.sum(axis=0)
    # The pen's pressure is the stroke's width: thin at its ends, the whole brush in its middle.
    assert widths[160] >= 30
    assert 0 < widths[60] < 20
    driver.press("5")
    assert driver.program.labels.primary.id == WATER
    pen.stroke((10, 200, 1.0), (310, 200, 1.0))
    assert ids_of(driver)[200, 150] == WATER


def one_stroke_is_one_step(driver) -> None:
    history = driver.program.session.history
    assert [state.label for state in history.states] == [
        "New layout", "Paint mountain", "Paint water"
    ]  # fmt: skip
    driver.press("Ctrl+Z")
    assert not (ids_of(driver) == WATER).any()
    assert (ids_of(driver) == MOUNTAIN).any()
    driver.press("Ctrl+Shift+Z")
    assert (ids_of(driver) == WATER).any()


def newest_preview(driver) -> None:
    driver.wait(lambda: newest_is_shown(driver))
    assert driver.backend.requests[-1].layout.ids == driver.document.labels.ids


def style_is_part_of_the_edit(driver) -> None:
    before = edit_of(driver).seed
    driver.press("Ctrl+D")
    seed = edit_of(driver).seed
    driver.wait(lambda: newest_is_shown(driver))
    assert driver.program.session.history.undo_label == "Roll the dice"
    driver.window.style_panel.seed_typed.emit(before)
    assert edit_of(driver).seed == before
    driver.window.style_panel.seed_typed.emit(seed)
    driver.wait(lambda: newest_is_shown(driver))


def files_and_back(driver, tmp_path) -> None:
    layout, picture = tmp_path / "layout.png", tmp_path / "picture.png"
    driver.choose("layout.export")
    choose_file(driver, layout)
    driver.wait(layout.is_file)
    driver.press("Ctrl+E")
    dialog = driver.dialog(ExportDialog)
    dialog.accepted_with.emit(picture, driver.program.preferences.value.export)
    dialog.reject()
    driver.wait(picture.is_file)
    edit, before = edit_of(driver), ids_of(driver)
    labels = read_layout(layout, driver.program.labels.palette).ids
    assert (labels.to_array() == before).all()
    driver.program.session.history.mark_saved()
    driver.drop(layout, "layout")
    driver.wait(lambda: driver.document.base.name == "layout")
    assert (ids_of(driver) == before).all()
    driver.window.style_panel.seed_typed.emit(edit.seed)
    driver.wait(lambda: newest_is_shown(driver))
    # The same layout and seed give the same picture.
    working_px = driver.program.preview.working_px
    again = rendered(request_of(driver.document, None, edit_px=working_px))
    exported = read_image(picture).rgb_hwc
    assert np.abs(again.astype(int) - exported.astype(int)).max() <= 1


def test_tools_have_keys_and_only_act_in_the_paint_workspace(painter):
    driver, painting = painter, painter.program.painting
    for key, tool in (("E", "eraser"), ("F", "fill"), ("V", "line"), ("B", "brush")):
        driver.press(key)
        assert painting.tool.value == tool
        assert driver.window.actions_[f"tool.{tool}"].isChecked()
    size = painting.size_px
    driver.press("]")
    assert painting.size_px > size
    driver.press("[")
    assert painting.size_px == pytest.approx(size)
    primary, second = driver.program.labels.primary, driver.program.labels.secondary
    driver.press("X")
    assert (driver.program.labels.primary, driver.program.labels.secondary) == (second, primary)
    driver.press("F2")
    assert driver.window.workspace == "edit"
    driver.press("E")
    assert painting.tool.value == "brush"


def test_the_mouse_paints_too_and_the_hand_does_not(painter):
    driver, canvas = painter, painter.window.canvas
    place = canvas.transform.to_view((160, 120))
    point = QPoint(round(place[0]), round(place[1]))
    driver.press("H")
    driver.qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=point)
    assert (ids_of(driver) == SKY).all()
    driver.press("B")
    driver.qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=point)
    assert ids_of(driver)[120, 160] == driver.program.labels.primary.id


def test_without_a_mouse_keys_steer_a_cross_and_paint(painter):
    driver, canvas = painter, painter.window.canvas
    canvas.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Return, *[Qt.Key.Key_Right] * 5, Qt.Key.Key_Return):
        driver.qtbot.keyClick(canvas, key)
    assert (ids_of(driver) == driver.program.labels.primary.id).sum() > 100
    assert len(driver.program.session.history.states) == 2


def test_escape_gives_a_stroke_up(painter):
    driver, pen = painter, Pen(painter.window.canvas)
    pen.send(QEvent.Type.TabletPress, 100, 100, 1.0)
    pen.send(QEvent.Type.TabletMove, 200, 100, 1.0)
    assert not (ids_of(driver) == SKY).all()
    driver.press("Escape")
    assert (ids_of(driver) == SKY).all()
    assert len(driver.program.session.history.states) == 1


def test_a_photo_gets_a_layout_that_can_be_painted_on(driver, files):
    driver.open(files.meadow)
    assert driver.window.workspace == "edit"
    driver.press("F1")
    pen = Pen(driver.window.canvas)
    pen.stroke((100, 100, 1.0))
    assert any("no layout" in words for words in driver.notices())
    driver.press("Ctrl+L")
    driver.wait(lambda: driver.document.labels is not None)
    assert set(np.unique(ids_of(driver))) == {SKY, MOUNTAIN, WATER}
    pen.stroke((100, 20, 1.0), (200, 20, 1.0))
    assert ids_of(driver)[20, 150] == driver.program.labels.primary.id
    driver.wait(lambda: newest_is_shown(driver))


def test_switching_workspaces_loses_nothing(painter):
    driver, pen = painter, Pen(painter.window.canvas)
    pen.stroke((100, 100, 1.0), (200, 100, 1.0))
    document = driver.document
    docks = driver.window.docks
    assert docks["labels"].isVisible()
    docks["style"].hide()
    driver.choose("tool.pick")
    driver.press("F2")
    assert docks["reference"].isVisible()
    assert not docks["labels"].isVisible()
    label = driver.program.labels.primary
    driver.choose("retouch.erase")
    pen.stroke((100, 20, 1.0), (200, 20, 1.0))
    assert driver.program.labels.primary == label
    driver.press("F1")
    assert docks["labels"].isVisible()
    assert not docks["style"].isVisible()
    assert driver.document is document


def test_displays_switch_by_key_and_the_other_one_is_held(painter):
    driver, canvas = painter, painter.window.canvas
    for key, display in (("Alt+1", "picture"), ("Alt+2", "layout"), ("Alt+4", "over"),
                         ("Alt+3", "side_by_side")):  # fmt: skip
        driver.press(key)
        assert canvas.display == display
        assert driver.window.actions_[f"view.display_{display}"].isChecked()


def test_a_style_photo_is_dropped_while_painting(painter, files):
    driver = painter
    driver.drop(files.sunset, "style")
    driver.wait(lambda: edit_of(driver).reference is not None)
    assert driver.document.references[0].name == files.sunset.name
    driver.wait(lambda: newest_is_shown(driver))


def test_sample_layouts_open_from_the_menu(driver):
    for path in sorted(resource("samples/layouts").glob("*.png")):
        driver.program.session.close()
        driver.program.documents.open_layout(path)
        driver.wait(lambda: driver.document is not None)
        assert driver.document.labels is not None


def test_bad_files_leave_the_painting_as_it_is(painter, tmp_path):
    driver, pen = painter, Pen(painter.window.canvas)
    pen.stroke((100, 100, 1.0), (200, 100, 1.0))
    document = driver.document
    states = driver.program.session.history.states
    text = tmp_path / "text.png"
    text.write_text("no picture")
    foreign = tmp_path / "foreign.png"
    ids = Image.fromarray(np.full((20, 20), 77, np.uint8))
    ids.save(foreign)
    for path in (text, foreign, tmp_path / "gone.png"):
        driver.program.layouts.import_file(path)
        driver.wait()
        assert any(path.name in words for words in driver.notices())
        driver.program.layout_presenter.use_styles([text])
        driver.wait()
    assert driver.document == document
    assert driver.program.session.history.states == states


def test_a_layout_is_recovered_after_a_defect(painter):
    driver, pen = painter, Pen(painter.window.canvas)
    pen.stroke((100, 100, 1.0), (200, 100, 1.0))
    steps, _ = load_recovery(driver.program.recovery.save())
    assert steps.document == driver.document
