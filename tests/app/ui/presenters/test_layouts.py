"""Layouts in the window: beginning one, what is told about it, leaving it."""

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QPushButton

from app.controllers.label_maps import is_ground
from app.resources import resource
from app.settings import Settings
from app.ui.dialogs.label_table import LabelTableDialog
from app.ui.dialogs.new import NewDialog
from app.ui.theme import DARK
from models.errors import RequestError
from tests.app.ui.pen import Pen

WATER = 9


@pytest.fixture
def painter(driver):
    """With a new layout open, in the workspace Paint."""
    driver.program.layouts.new(320, 240, "landscape")
    driver.wait(lambda: driver.document is not None and shown(driver))
    return driver


def shown(driver) -> bool:
    return driver.program.preview._last is not None


def painted(driver) -> None:
    driver.program.labels.choose(WATER)
    Pen(driver.window.canvas).stroke((100, 100, 1.0), (200, 100, 1.0))
    driver.wait()


def click(box, words: str) -> None:
    (button,) = [made for made in box.findChildren(QPushButton) if made.text() == words]
    button.click()


def colour_of_the_picture(driver, place_px=(160, 120)) -> tuple:
    image = driver.window.canvas.grab().toImage()
    x_view, y_view = driver.window.canvas.transform.to_view(place_px)
    return levels_of(image.pixelColor(round(x_view), round(y_view)))


def levels_of(colour) -> tuple:
    return colour.red(), colour.green(), colour.blue()


def test_the_start_page_begins_a_layout_and_the_engine_comes_up_meanwhile(driver):
    driver.window.start.layout_requested.emit()
    dialog = driver.dialog(NewDialog)
    driver.wait(lambda: driver.make.made != [])
    assert driver.document is None
    dialog.accept()
    dialog.layout_created.emit(64, 48, "coco_stuff", 105)
    driver.wait(lambda: driver.document is not None)
    document = driver.document
    assert document is not None
    labels = document.labels
    assert (labels.ids.width_px, labels.ids.height_px) == (64, 48)
    assert labels.palette_id == "coco_stuff"
    assert driver.window.workspace == "paint"
    # The next layout begins with the labels that were in use.
    driver.program.session.close()
    driver.choose("file.new_layout")
    again = driver.dialog(NewDialog)
    again.layout_created.connect(lambda *values: made.append(values))
    made: list = []
    again._create.click()
    assert made[0][2] == "coco_stuff"


def test_the_readout_names_the_label_and_no_grey_that_nobody_made(painter):
    driver = painter
    painted(driver)
    driver.window.canvas.pixel_hovered.emit((150, 100))
    words = driver.window.status.pixel.text()
    assert "water" in words
    assert "128 128 128" not in words
    driver.window.canvas.pixel_hovered.emit((5, 5))
    assert "sky" in driver.window.status.pixel.text()


def test_the_readout_follows_the_document_under_a_resting_pointer(painter):
    driver, readout = painter, painter.window.status.pixel
    driver.window.canvas.pixel_hovered.emit((150, 100))
    before = readout.text()
    assert "sky" in before
    painted(driver)
    driver.window.canvas.pixel_hovered.emit((150, 100))
    after = readout.text()
    assert "water" in after
    driver.choose("edit.undo")
    assert "sky" in readout.text()
    driver.wait(lambda: readout.text() == before)
    driver.choose("edit.redo")
    driver.wait(lambda: readout.text() == after)


def test_before_the_first_picture_the_canvas_says_that_it_comes(start, make):
    make.prepare = lambda backend: backend.block()
    driver = start(Settings(theme="dark"))
    driver.qtbot.waitUntil(lambda: len(driver.program.models.catalog) > 0)
    driver.program.layouts.new(320, 240, "landscape")
    driver.qtbot.waitUntil(lambda: driver.document is not None and make.made != [])
    canvas = driver.window.canvas
    assert "The picture comes here. Landscape painter" in canvas.accessibleDescription()
    driver.choose("view.display_picture")
    assert colour_of_the_picture(driver, (20, 20)) == levels_of(DARK.base)
    # Given up, it is not said to come.
    driver.program.picture.stop()
    assert "No picture yet. The picture was not" in canvas.accessibleDescription()
    ((_, go_on),) = driver.window.notices.notices[0].actions
    go_on()
    assert "The picture comes here" in canvas.accessibleDescription()
    driver.backend.unblock()
    driver.wait(lambda: shown(driver))
    driver.qtbot.waitUntil(lambda: "Shows after" in canvas.accessibleDescription())
    assert colour_of_the_picture(driver, (20, 20)) not in ((128,) * 3, levels_of(DARK.base))


def test_a_picture_that_cannot_be_made_says_why_in_its_place(painter):
    driver = painter
    driver.program.styling.set_watched(False)
    driver.backend.errors += [MemoryError()] * 2
    driver.program.layouts.new(64, 48, "landscape")
    driver.wait(lambda: driver.document.width_px == 64)
    words = driver.window.canvas.accessibleDescription()
    assert "No picture yet. The memory is not enough" in words
    # What has no layout of its own needs no words.
    driver.program.session.close()
    assert "No picture" not in driver.window.canvas.accessibleDescription()


def test_steps_without_a_picture_show_their_layout(painter):
    driver = painter
    driver.backend.block()
    (drawn,) = [item.thumb_rgb_hwc for item in steps(driver)]
    driver.program.layouts.new(320, 240, "landscape")
    driver.qtbot.waitUntil(lambda: driver.document.width_px == 320 and len(steps(driver)) == 1)
    driver.qtbot.waitUntil(lambda: steps(driver)[0].thumb_rgb_hwc is not drawn)
    driver.program.labels.choose(WATER)
    Pen(driver.window.canvas).stroke((100, 100, 1.0), (200, 100, 1.0))
    palette = driver.program.labels.palette
    sky, water = palette.by_id(1).rgb, palette.by_id(WATER).rgb
    begun, stroked = (item.thumb_rgb_hwc for item in steps(driver))
    assert (begun == sky).all()
    assert {tuple(map(int, rgb)) for rgb in stroked.reshape(-1, 3)} == {sky, water}
    assert steps(driver)[1].thumb_rgb_hwc is stroked
    driver.backend.unblock()
    driver.wait(lambda: steps(driver)[1].thumb_rgb_hwc is not stroked)


def steps(driver) -> list:
    return driver.program.steps.items(driver.program.session.history)


def test_the_readout_of_a_photo_has_no_label(opened):
    opened.window.canvas.pixel_hovered.emit((5, 5))
    words = opened.window.status.pixel.text()
    assert words.startswith("x 5  y 5   ")
    assert len(words.split()) == 7


def test_a_layout_alone_is_compared_with_nothing(painter, files):
    driver, actions = painter, painter.window.actions_
    assert is_ground(driver.document)
    assert not actions["view.split"].isEnabled()
    assert not actions["view.before"].isEnabled()
    driver.open(files.meadow)
    assert not is_ground(driver.document)
    driver.choose("layout.blank")
    driver.wait(actions["view.split"].isEnabled)


def test_the_held_key_shows_the_layout_for_the_picture(painter):
    driver = painter
    sky = driver.program.labels.palette.by_id(1).rgb
    driver.choose("view.display_picture")
    picture = colour_of_the_picture(driver)
    assert picture != sky
    driver.choose("view.hold")
    assert colour_of_the_picture(driver) == sky
    driver.window._let_go()
    assert colour_of_the_picture(driver) == picture


def test_the_first_layout_of_a_photo_comes_into_sight(opened):
    driver, canvas = opened, opened.window.canvas
    driver.press("F1")
    assert canvas.display == "picture"
    driver.choose("layout.blank")
    assert canvas.display == "side_by_side"
    # From then on the artist decides.
    driver.choose("view.display_over")
    painted(driver)
    assert canvas.display == "over"
    driver.choose("edit.undo")
    assert canvas.display == "over"


def test_painting_without_a_layout_offers_one(opened):
    driver = opened
    driver.press("F1")
    Pen(driver.window.canvas).stroke((100, 100, 1.0))
    (notice,) = driver.window.notices.notices
    assert notice.kind == "warning"
    assert [words for words, _ in notice.actions] == ["Layout from photo", "Blank layout"]
    notice.actions[1][1]()
    assert driver.document.labels is not None
    assert driver.notices() == []


def test_style_photos_of_the_document_are_offered_again(painter, files):
    driver = painter
    driver.drop(files.sunset, "style")
    driver.wait(lambda: len(driver.document.references) == 1)
    known = driver.window.style_panel._known_items
    assert [item.name for item in known] == [files.sunset.name]
    assert np.array_equal(known[0].thumb_rgb_hwc[0, 0], (220, 150, 60))


def test_the_dice_and_the_swap_tell_their_keys(driver):
    assert "(Ctrl+D)" in driver.window.style_panel._dice.toolTip()
    driver.program.preferences.update(shortcuts={"layout.roll": ("Ctrl+9",)})
    assert "(Ctrl+9)" in driver.window.style_panel._dice.toolTip()


def test_labels_have_most_room_and_the_style_lies_on_edits_and_history(painter):
    window = painter.window
    seen = [name for name, dock in window.docks.items() if not dock.visibleRegion().isEmpty()]
    assert seen == ["labels", "style"]
    assert {dock.objectName() for dock in window.tabifiedDockWidgets(window.docks["style"])} == {
        "edits", "history"
    }  # fmt: skip
    # Hiding and showing all panels brings back the same one on top.
    painter.choose("view.panels")
    painter.choose("view.panels")
    painter.wait()
    assert not window.docks["style"].visibleRegion().isEmpty()


def test_find_a_label_brings_its_panel_up(painter):
    window = painter.window
    window.tabifyDockWidget(window.docks["labels"], window.docks["style"])
    window.docks["style"].raise_()
    painter.wait(lambda: window.docks["labels"].visibleRegion().isEmpty())
    painter.choose("layout.find")
    painter.wait(lambda: not window.docks["labels"].visibleRegion().isEmpty())
    assert window.labels.search.hasFocus()


def test_the_next_part_of_the_window_is_one_that_is_seen(painter):
    window = painter.window
    window.canvas.setFocus()
    visited = set()
    for _ in range(8):
        painter.choose("view.next_pane")
        focus = window.focusWidget()
        assert not focus.visibleRegion().isEmpty()
        visited |= {name for name, dock in window.docks.items() if dock.isAncestorOf(focus)}
    assert visited == {"labels", "style"}


def test_the_tabs_stay_in_the_middle(painter, qtbot):
    window = painter.window

    def place() -> QRect:
        return QRect(window.tabs.mapTo(window, window.tabs.rect().topLeft()), window.tabs.size())

    before = place()
    window.device.set_device("A processor with a long name and 96 threads")
    window.device.set_seconds(12.5)
    qtbot.wait(50)
    assert place() == before
    assert abs(before.center().x() - window.width() // 2) <= 8


def test_samples_that_are_layouts_open_in_paint(driver):
    driver.window.start.sample_chosen.emit(resource("samples/layouts/lake.png"))
    driver.wait(lambda: driver.document is not None)
    assert (driver.window.workspace, driver.document.base.name) == ("paint", "lake")


def test_a_label_that_the_model_lacks_leads_to_the_table(driver):
    driver.program.layouts.new(320, 240, "coco_stuff")
    driver.wait(lambda: driver.document is not None and shown(driver))
    driver.program.styling.set_watched(False)
    driver.backend.errors += [RequestError("The model has nothing for sandwich.")] * 2
    painted(driver)
    (notice,) = driver.window.notices.notices
    assert (notice.kind, notice.text) == ("warning", "The model has nothing for sandwich.")
    ((words, act),) = notice.actions
    assert words == "Labels of the model…"
    act()
    dialog = driver.dialog(LabelTableDialog)
    dialog.reject()
    # The trouble is over when the picture comes.
    assert len(driver.notices()) == 1
    driver.backend.errors.clear()
    driver.choose("layout.roll")
    driver.wait(lambda: driver.notices() == [])


def test_what_waits_says_what_it_waits_for(painter):
    status, picture = painter.window.status, painter.program.picture
    picture.work("models", "starting the engine", 0.0)
    picture.work("render", "waiting", 0.0)
    assert status._words == "starting the engine"
    picture.work("models", "", 0.0)
    assert status._words == "waiting"
    picture.work("render", "rendering layout", 0.5)
    assert status._words == "rendering layout"
    picture.work("render", "", 0.0)
    assert status._words == ""
