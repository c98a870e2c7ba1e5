"""All ways of editing a photo through its codes, in one document: undone, saved, opened again."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from app.controllers.requests import look_request
from app.controllers.retouch_settings import RetouchKind
from app.settings import Settings
from app.ui.panels.finder import FinderPanel
from models.edits import AdjustTexture, CloneStructure, EditRegion, PaintTexture
from tests.app.fake_edits import rendered
from tests.app.ui.test_retouching import ALT, change, halves, hand, retouch, tool

__all__ = ["halves", "hand", "retouch"]

KINDS = [CloneStructure, EditRegion, PaintTexture, AdjustTexture]


def picture(driver) -> np.ndarray:
    return rendered(look_request(driver.document, driver.program.preview.working_px))


@pytest.fixture
def edited(retouch, hand, files):
    """One edit of each kind, and the documents and pictures on the way there."""
    driver, session = retouch, retouch.program.session
    driver.program.retouching.sources.add_file(files.sunset)
    driver.wait(lambda: len(driver.document.references) == 1)
    driver.way = [driver.document]

    def clone():
        tool(driver, "S")
        change(driver)
        hand.drag((72, 120), held=ALT)
        hand.drag((200, 60), (240, 60))

    def region():
        tool(driver, "G")
        hand.drag((72, 120))
        driver.wait(lambda: isinstance(driver.document.edits[-1], EditRegion))
        driver.way.append(driver.document)
        driver.wait(lambda: len(driver.window.retouch.region.sliders) == 3)
        driver.window.retouch.region.sliders[0].committed.emit(3.0)

    def texture():
        tool(driver, "T")
        change(driver)
        driver.window.retouch._thumbnails.chosen.emit(driver.document.references[0].picture.sha256)
        hand.drag((260, 180), (280, 200))

    def slider():
        driver.program.sliders.set_value("texture:0", 2.0)

    for act in (clone, region, texture, slider):
        act()
        driver.wait(lambda: session.history.pending is None)
        driver.way.append(driver.document)
    return driver


def test_every_way_of_editing_is_one_step_that_changes_the_picture(edited):
    driver = edited
    assert [type(edit) for edit in driver.document.edits] == KINDS
    assert {edit.seed for edit in driver.document.edits} == {None}, "the photo has its own grain"
    assert len(driver.program.session.history.states) == 1 + len(driver.way)
    # A region that was clicked and not moved yet changes nothing; all other steps do.
    same = 0
    for wanted in reversed(driver.way[:-1]):
        before = picture(driver)
        driver.press("Ctrl+Z")
        assert driver.document == wanted
        same += np.array_equal(picture(driver), before)
    assert same == 1
    assert driver.document.edits == ()


def test_saved_and_opened_again_it_is_the_same_and_can_be_undone(edited, tmp_path):
    driver, before = edited, edited.document
    shown = picture(driver)
    driver.press("Ctrl+S")
    dialog = driver.dialog(QFileDialog)
    dialog.selectFile(str(tmp_path / "work.scumble"))
    dialog.accept()
    driver.wait(lambda: not driver.window.isWindowModified())
    driver.press("Ctrl+W")
    driver.program.documents.open_path(tmp_path / "work.scumble")
    driver.wait(lambda: driver.document is not None)
    assert driver.document == before
    assert np.array_equal(picture(driver), shown)
    for wanted in reversed(driver.way[:-1]):
        driver.press("Ctrl+Z")
        assert driver.document == wanted
    assert driver.document.edits == ()


def test_what_no_mask_covers_is_the_photo(edited):
    driver = edited
    uid = driver.document.entries[-1].uid
    driver.program.edit_list.switch(uid, False)
    base = driver.document.base.picture.rgb_hwc
    changed = (picture(driver) != base).any(2)
    covered = np.zeros(changed.shape, bool)
    for mask in driver.document.masks:
        grey_hw = np.asarray(mask.grey_hw)
        assert grey_hw.shape == covered.shape, "masks of this photo have its size"
        covered |= grey_hw > 0
    assert changed.any()
    assert not (changed & ~covered).any()


def test_where_room_is_short_edits_have_it_and_the_history_lies_under_them(driver):
    window = driver.window
    assert (window.width(), window.height()) == (1280, 720)
    assert window.tabifiedDockWidgets(window.docks["edits"]) == [window.docks["history"]]
    assert window.docks["history"].visibleRegion().isEmpty()
    assert window.edits.height() > window.height() / 4


def test_panels_that_were_hidden_come_back_as_they_were(driver, files):
    driver.open(files.meadow)
    window = driver.window
    for name in ("retouch", "history"):
        window.docks[name].raise_()
    driver.wait(lambda: not window.docks["history"].visibleRegion().isEmpty())
    window.resizeDocks(
        [window.docks["retouch"], window.docks["history"]], [260, 300], Qt.Orientation.Vertical
    )
    driver.qtbot.wait(20)

    def seen():
        docks = window.docks.items()
        return {name: dock.height() for name, dock in docks if not dock.visibleRegion().isEmpty()}

    before = seen()
    assert set(before) == {"retouch", "history"}
    driver.choose("view.panels")
    driver.wait(lambda: not seen())
    driver.choose("view.panels")
    # Qt divides the room anew, to a pixel.
    driver.wait(lambda: seen() == pytest.approx(before, abs=2))


def test_each_workspace_is_as_it_was_left(driver, files):
    driver.open(files.meadow)
    window = driver.window

    def seen():
        docks = window.docks.items()
        return {name: dock.height() for name, dock in docks if not dock.visibleRegion().isEmpty()}

    driver.wait(lambda: set(seen()) == {"reference", "edits"})
    driver.qtbot.wait(20)
    edit = seen()
    window.set_workspace("paint")
    driver.wait(lambda: set(seen()) == {"labels", "style"})
    driver.qtbot.wait(20)
    paint = seen()
    for name, wanted in (("edit", edit), ("paint", paint), ("edit", edit)):
        window.set_workspace(name)
        driver.wait(lambda wanted=wanted: seen() == pytest.approx(wanted, abs=2))


def test_labels_are_looked_for_where_there_are_labels(driver):
    find = driver.window.actions_["layout.find"]
    assert not find.isVisible()
    driver.window.set_workspace("paint")
    assert find.isVisible()


def test_panels_have_room_for_large_text(start, files):
    driver = start(Settings(text_percent=150))
    driver.open(files.meadow)
    window, region = driver.window, driver.window.retouch.region
    window.reset_layout()
    driver.wait(lambda: window.docks["reference"].width() > 350)
    window.docks["retouch"].raise_()
    window.resizeDocks([window.docks["retouch"]], [1], Qt.Orientation.Horizontal)
    driver.wait(lambda: window.docks["retouch"].width() < region.minimumSizeHint().width())
    # What a tool needs more room for makes the panel wider.
    driver.program.retouching.choose_tool(RetouchKind.REGION)
    driver.wait(lambda: region.isVisible() and region.width() >= region.minimumSizeHint().width())


@pytest.mark.qt_log_ignore("does not support raise", extend=True)
def test_escape_closes_the_finder_and_not_the_work(driver, files, monkeypatch):
    driver.open(files.meadow)
    stopped = []
    monkeypatch.setattr(driver.program.picture, "stop", lambda: stopped.append(True))
    driver.window.reference.find_requested.emit()
    finder = driver.window.findChild(FinderPanel)
    driver.qtbot.waitUntil(finder.isVisible)
    driver.qtbot.keyClick(finder.filter, Qt.Key.Key_Escape)
    assert not finder.isVisible()
    assert not stopped
