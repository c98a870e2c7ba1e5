"""Sliders of the texture in the real window: from the first move to a slider out of photos."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from app.controllers.learning import Learned
from app.controllers.slider_library import library_folder
from app.document.io.images import write_image
from app.document.io.slider_files import write_sliders
from app.settings import Settings
from app.ui.dialogs.attributes import AttributesDialog
from app.ui.widgets.slider import Track
from app.ui.widgets.thumbnail import ThumbnailList
from models.edits import AdjustTexture, SwapTexture
from tests.app.controllers.slider_kit import OTHER_WEIGHTS, slider
from tests.app.ui.dialogs.look import control, named
from tests.app.ui.test_flow import choose_file, expected, middle, near, shown_at_middle

LEFT = Qt.MouseButton.LeftButton
KEY = "texture:0"
SHORT_MS = 20
"""The rest of the strip, so that nobody waits for it."""


@pytest.fixture
def opened(driver, files):
    return at_sliders(driver, files)


def at_sliders(driver, files):
    """With the meadow open and the panel of sliders in front."""
    driver.program.slider_strip._rest.setInterval(SHORT_MS)
    driver.open(files.meadow)
    driver.window.docks["sliders"].raise_()
    driver.wait(lambda: bool(driver.window.sliders.rows))
    return driver


@pytest.fixture
def photos(tmp_path):
    """Folders of photos: "red" and "blue", and "shades" between dark and bright red."""
    for name, colours in {
        "red": [(210, 100, 100), (190, 90, 90)],
        "blue": [(100, 100, 210), (90, 90, 190)],
        "shades": [(60 + 25 * n, 110, 110) for n in range(6)],
    }.items():
        (tmp_path / name).mkdir()
        for number, colour in enumerate(colours):
            pixels = np.full((40, 60, 3), colour, np.uint8)
            write_image(tmp_path / name / f"{number}.png", pixels)
    return tmp_path


def row(driver, key=KEY):
    return next(widget for widget in driver.window.sliders.rows if widget.row.key == key)


def titles(driver):
    return [widget.row.title for widget in driver.window.sliders.rows]


def drag(driver, share, key=KEY):
    """Take the handle of a slider and draw it to a share of the track; the button stays down."""
    track = row(driver, key).findChild(Track)
    start = QPoint(round(track._x_of(track.value())), 14)
    QTest.mousePress(track, LEFT, pos=start)
    for part in (0.25, 0.5, 1.0):
        place = start.x() + part * (track.width() * share - start.x())
        QTest.mouseMove(track, QPoint(round(place), 14))
    return track


def amounts(driver):
    edit = driver.document.edits[-1]
    assert isinstance(edit, AdjustTexture)
    return dict(edit.amounts)


def labels(driver):
    return [state.label for state in driver.program.session.history.states]


def menu(driver, words):
    """An entry of the menu of new sliders."""
    (action,) = [a for a in driver.window.sliders.new.menu().actions() if a.text() == words]
    action.trigger()


def mean_colour(driver):
    return expected(driver).mean(axis=(0, 1))


def test_a_slider_is_dragged_live_and_undone_as_one_step(opened):
    before = mean_colour(opened)
    track = drag(opened, 0.9)
    opened.wait(lambda: near(shown_at_middle(opened), middle(expected(opened))))
    assert labels(opened) == ["Open"]
    assert mean_colour(opened)[0] > before[0] + 5
    QTest.mouseRelease(track, LEFT)
    opened.wait()
    assert labels(opened) == ["Open", "Adjust Direction 1"]
    assert opened.document.edits[0].detail == 1.0
    opened.press("Ctrl+Z")
    opened.wait(lambda: near(shown_at_middle(opened), middle(expected(opened))))
    assert opened.document.edits == ()
    assert row(opened).row.value == 0.0
    opened.press("Ctrl+Shift+Z")
    assert amounts(opened)[KEY] > 2.0


def test_the_engine_is_asked_for_sliders_when_somebody_looks(driver, files):
    driver.open(files.meadow)
    assert "directions" not in driver.backend.calls
    driver.window.docks["sliders"].raise_()
    driver.wait(lambda: len(driver.window.sliders.rows) == 4)
    assert driver.backend.calls.count("directions") == 1


def test_the_strip_arrives_and_a_click_sets_the_slider(opened):
    QTest.keyClick(row(opened), Qt.Key.Key_Right)
    pictures = row(opened).findChild(ThumbnailList)
    opened.wait(lambda: all(item.picture is not None for item in pictures.items.items))
    reds = [item.picture[..., 0].mean() for item in pictures.items.items]
    assert reds == sorted(reds)
    assert reds[4] > reds[0] + 15
    place = pictures.visualRect(pictures.items.index(4)).center()
    QTest.mouseClick(pictures.viewport(), LEFT, pos=place)
    opened.wait()
    assert amounts(opened) == {KEY: 2.0}
    assert labels(opened) == ["Open", "Adjust Direction 1"]
    opened.qtbot.wait(3 * SHORT_MS)
    opened.wait()
    again = [item.picture[..., 0].mean() for item in pictures.items.items]
    assert again == reds


def test_a_strip_behind_another_tab_costs_nothing(opened):
    QTest.keyClick(row(opened), Qt.Key.Key_Right)
    opened.wait()
    opened.window.docks["reference"].raise_()
    opened.qtbot.waitUntil(lambda: opened.window.sliders.visibleRegion().isEmpty())
    count = opened.backend.calls.count("render")
    opened.program.sliders.commit("texture:1", 2.0)
    opened.qtbot.wait(3 * SHORT_MS)
    opened.wait()
    sides = {request.short_side_px for request in opened.backend.requests[count:]}
    assert 128 not in sides


def test_randomise_and_reset_are_one_step_each(opened):
    control(opened.window.sliders, "Randomise sliders").click()
    drawn = amounts(opened)
    assert len(drawn) >= 3
    control(opened.window.sliders, "Reset all sliders").click()
    assert labels(opened) == ["Open", "Randomise sliders", "Reset sliders"]
    opened.press("Ctrl+Z")
    assert amounts(opened) == drawn
    opened.press("Ctrl+Z")
    assert opened.document.edits == ()


def test_a_double_click_resets_one(opened):
    QTest.mouseRelease(drag(opened, 0.9), LEFT)
    QTest.mouseDClick(row(opened).findChild(Track), LEFT, pos=QPoint(12, 14))
    opened.wait()
    assert amounts(opened) == {}


def test_names_and_pins_survive_a_restart(opened, start, files):
    widget = row(opened, "texture:2")
    widget.setFocus()
    QTest.keyClick(widget, Qt.Key.Key_F2)
    opened.qtbot.keyClicks(opened.window.focusWidget(), "Autumn")
    QTest.keyClick(opened.window.focusWidget(), Qt.Key.Key_Return)
    control(row(opened, "texture:3"), "Pin Direction 4").click()
    opened.wait()
    assert titles(opened) == ["Direction 4", "Direction 1", "Direction 2", "Autumn"]
    again = at_sliders(start(), files)
    assert titles(again) == ["Direction 4", "Direction 1", "Direction 2", "Autumn"]
    again.window.sliders.search.setText("autumn")
    assert titles(again) == ["Autumn"]


def test_the_selected_edit_of_the_list_is_moved(opened):
    opened.program.sliders.commit(KEY, 1.0)
    opened.choose("edit.duplicate")
    opened.wait()
    first = opened.window.edits._rows[0]
    first.picked.emit()
    QTest.mouseRelease(drag(opened, 0.1), LEFT)
    opened.wait()
    values = [dict(edit.amounts)[KEY] for edit in opened.document.edits]
    assert values[0] < 0 < values[1]


def make_attribute(driver, name, having, lacking=()):
    menu(driver, "From groups of photos…")
    dialog = driver.dialog(AttributesDialog)
    control(dialog, "Name").setText(name)
    dialog.having.add(list(having))
    dialog.lacking.add(list(lacking))
    named(dialog, "Make the slider").click()
    return dialog


@pytest.mark.parametrize("swapped_groups", [False, True])
def test_two_groups_make_a_slider_that_moves_the_picture_their_way(opened, photos, swapped_groups):
    groups = [sorted((photos / "red").iterdir()), [photos / "blue"]]
    having, lacking = groups[::-1] if swapped_groups else groups
    before = mean_colour(opened)
    make_attribute(opened, "Warm", having, lacking)
    opened.wait(lambda: titles(opened)[0] == "Warm")
    assert any("Warm" in text and "4 photos" in text for text in opened.notices())
    QTest.mouseRelease(drag(opened, 0.6, opened.window.sliders.rows[0].row.key), LEFT)
    opened.wait()
    change = mean_colour(opened) - before
    toward = -1 if swapped_groups else 1
    assert toward * change[0] > 5
    assert toward * change[2] < -5
    assert len(opened.document.sliders) == 1


def test_one_group_is_compared_with_the_models_mean(opened, photos):
    make_attribute(opened, "Red", [photos / "red"])
    opened.wait(lambda: titles(opened)[0] == "Red")
    before = mean_colour(opened)
    opened.program.sliders.set_value(opened.window.sliders.rows[0].row.key, 1.0)
    assert mean_colour(opened)[0] > before[0] + 5


def test_own_sliders_are_there_at_the_next_start(opened, photos, start, files):
    make_attribute(opened, "Warm", [photos / "red"], [photos / "blue"])
    opened.wait(lambda: titles(opened)[0] == "Warm")
    again = at_sliders(start(), files)
    assert titles(again)[0] == "Warm"


def test_thumbnails_of_the_photos_are_seen_before_they_are_used(opened, photos):
    menu(opened, "From groups of photos…")
    dialog = opened.dialog(AttributesDialog)
    dialog.having.add(sorted((photos / "red").iterdir()))
    pictures = control(dialog, "Photos with it")
    opened.wait(lambda: all(item.picture is not None for item in pictures.items.items))
    dialog.reject()


def test_a_folder_makes_sliders_with_their_shares(opened, photos):
    menu(opened, "From a folder of photos…")
    dialog = opened.dialog(QFileDialog)
    dialog.filesSelected.emit([str(photos / "shades")])
    dialog.reject()
    opened.wait(lambda: titles(opened)[0] == "shades 1")
    first = opened.window.sliders.rows[0].row
    assert first.own
    assert first.share > 0.9
    before = mean_colour(opened)
    opened.program.sliders.set_value(first.key, 2.0)
    assert abs(mean_colour(opened)[0] - before[0]) > 5


def test_photos_that_cannot_be_read_are_told(opened, photos):
    (photos / "shades" / "cut.png").write_bytes(b"\x89PNG cut")
    opened.program.learning.from_folder(photos / "shades", opened.program.sliders.model)
    opened.wait(lambda: titles(opened)[0] == "shades 1")
    assert any("One photo was left out" in text for text in opened.notices())


def test_cancelled_learning_leaves_nothing(opened, photos):
    heard: list[Learned] = []
    opened.program.learning.learned.connect(heard.append)
    opened.backend.block()
    opened.program.learning.from_folder(photos / "shades", opened.program.sliders.model)
    cancel = control(opened.window.sliders, "Cancel")
    opened.qtbot.waitUntil(lambda: bool(opened.backend.texture_requests))
    assert cancel.isVisible()
    cancel.click()
    opened.backend.unblock()
    opened.wait()
    assert not cancel.isVisible()
    assert heard == []
    assert len(titles(opened)) == 4
    assert not library_folder().exists() or not list(library_folder().glob("*.slider"))


def test_a_file_of_another_model_is_refused_in_a_sentence(opened, tmp_path):
    path = tmp_path / "theirs.slider"
    write_sliders(path, [slider("Theirs", weights=OTHER_WEIGHTS)])
    menu(opened, "Load a file…")
    choose_file(opened, path)
    opened.wait(lambda: bool(opened.notices()))
    (told,) = opened.notices()
    assert told.startswith("theirs.slider cannot be opened: it is for the model 'toy'")
    assert len(titles(opened)) == 4
    assert not list(library_folder().glob("*.slider"))


def test_a_slider_is_shared_deleted_put_back_and_loaded(opened, photos, tmp_path):
    make_attribute(opened, "Warm", [photos / "red"], [photos / "blue"])
    opened.wait(lambda: titles(opened)[0] == "Warm")
    widget = opened.window.sliders.rows[0]
    QTest.keyClick(widget, Qt.Key.Key_Right)
    opened.wait()
    named(widget, "Save a copy…").click()
    dialog = opened.dialog(QFileDialog)
    assert dialog.selectedFiles()[0].endswith("Warm.slider")
    dialog.filesSelected.emit([str(tmp_path / "gift.slider")])
    dialog.reject()
    opened.wait(lambda: Path(tmp_path / "gift.slider").exists())
    (kept,) = library_folder().glob("*.slider")
    before = kept.read_bytes()
    named(widget, "Delete").click()
    opened.wait(lambda: len(titles(opened)) == 4)
    (notice,) = [n for n in opened.window.notices.notices if "was deleted" in n.text]
    dict(notice.actions)["Undo"]()
    opened.wait(lambda: titles(opened)[0] == "Warm")
    assert kept.read_bytes() == before
    opened.program.sliders.remove(opened.window.sliders.rows[0].row.key)
    opened.wait(lambda: len(titles(opened)) == 4)
    menu(opened, "Load a file…")
    choose_file(opened, tmp_path / "gift.slider")
    opened.wait(lambda: titles(opened)[0] == "Warm")


def test_every_slider_that_was_deleted_can_be_brought_back(opened):
    opened.program.slider_library.add([slider("Warm"), slider("Cold", -0.1)])
    opened.wait(lambda: len(titles(opened)) == 6)
    before = titles(opened)
    for _ in range(2):
        opened.window.sliders.rows[0].setFocus()
        opened.press("Delete", opened.window.sliders.rows[0])
    assert titles(opened) == before[2:]
    told = opened.window.notices.notices
    assert [notice.text for notice in told] == [
        f"The slider {name} was deleted." for name in before[:2]
    ]
    for notice in told:
        dict(notice.actions)["Undo"]()
    assert titles(opened) == before
    opened.wait()


def test_without_a_picture_the_panel_says_what_to_do(driver):
    driver.window.docks["sliders"].raise_()
    driver.wait()
    panel = driver.window.sliders
    assert panel.rows == []
    assert panel._empty.text().startswith("Open a photo")


def test_a_model_without_directions_is_told(start, files, make):
    from dataclasses import replace

    def bare(backend):
        backend.own_directions = replace(backend.own_directions, texture=(), texture_mean=None)

    make.prepare = bare
    driver = start(Settings())
    driver.wait()
    driver.open(files.meadow)
    driver.window.docks["sliders"].raise_()
    driver.wait(lambda: "no directions" in driver.window.sliders._empty.text())
    menu(driver, "From groups of photos…")
    dialog = driver.dialog(AttributesDialog)
    control(dialog, "Name").setText("Warm")
    dialog.having.add([files.sunset])
    assert "no mean" in dialog.lacks
    dialog.reject()


def test_another_model_carries_out_all_edits_of_codes(opened, files):
    opened.program.sliders.commit(KEY, 1.0)
    opened.drop(files.sunset, "reference")
    opened.wait(lambda: len(opened.document.edits) == 2)
    opened.program.edit_list.use_model("another")
    assert {edit.model for edit in opened.document.edits} == {"another"}
    assert {type(edit) for edit in opened.document.edits} == {AdjustTexture, SwapTexture}
