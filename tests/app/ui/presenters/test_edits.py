"""Panels and steps: what a hand does while something else has not come to rest."""

import time
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu

from app.document.document import replace_edit, with_edit
from app.document.io.images import write_image
from app.document.masks import empty_levels, mask_of
from models.edits import (
    AdjustTexture,
    ClonePatch,
    CloneStructure,
    EditRegion,
    PaintTexture,
    TexturePatch,
)
from tests.app.ui.test_flow import amount, expected, middle, near, shown_at_middle

REST_MS = 60
"""Of sliders, once keys moved them; so much is left for what the test does meanwhile."""


def strength_row(driver, place=0):
    return driver.window.edits._rows[place]


def nudge(driver, slider, times=3):
    """Arrow keys on a slider, which then waits for a rest, a short one."""
    slider._rest.setInterval(REST_MS)
    slider.setFocus()
    for _ in range(times):
        driver.qtbot.keyClick(slider.focusWidget() or slider, Qt.Key.Key_Left)


def test_a_nudge_and_then_a_switch_keep_both(swapped):
    nudge(swapped, swapped.window.reference.amount_slider)
    nudged = amount(swapped)
    assert nudged < 1.0
    swapped.choose("edit.toggle")
    assert amount(swapped) == nudged
    swapped.choose("edit.undo")
    assert amount(swapped) == nudged
    swapped.choose("edit.undo")
    assert amount(swapped) == 1.0


def test_a_nudge_can_be_undone_and_redone_before_it_comes_to_rest(swapped):
    nudge(swapped, swapped.window.reference.amount_slider)
    nudged = amount(swapped)
    swapped.choose("edit.undo")
    assert amount(swapped) == 1.0
    swapped.qtbot.wait(2 * REST_MS)
    assert amount(swapped) == 1.0
    swapped.choose("edit.redo")
    assert amount(swapped) == nudged


def test_an_edit_that_is_deleted_while_its_slider_waits_breaks_nothing(swapped):
    steps = len(swapped.program.session.history.states)
    nudge(swapped, swapped.window.edits.amounts.strength)
    swapped.choose("edit.delete")
    assert swapped.document.entries == ()
    swapped.qtbot.wait(2 * REST_MS)
    assert swapped.document.entries == ()
    assert len(swapped.program.session.history.states) == steps + 2


def test_another_picture_while_a_slider_waits_breaks_nothing(swapped, files):
    nudge(swapped, swapped.window.reference.amount_slider)
    swapped.program.pictures.open_file(files.sunset)
    swapped.wait(lambda: swapped.document.base.path == files.sunset)
    swapped.qtbot.wait(2 * REST_MS)
    assert swapped.document.entries == ()
    assert not swapped.program.session.unsaved


def drag(driver, slider, share):
    """Take the handle and draw it to a share of the track; the button stays down."""
    track = slider.tab_stops[0]
    middle_y = 14
    start = QPoint(round(track._x_of(track.value())), middle_y)
    driver.qtbot.mousePress(track, Qt.MouseButton.LeftButton, pos=start)
    driver.qtbot.mouseMove(track, QPoint(round(track.width() * share), middle_y))
    return track


def test_escape_during_a_drag_shows_what_was_before(swapped):
    """The picture comes back, too, and no render is left undone."""
    swapped.program.preview._kept.clear()
    steps = len(swapped.program.session.history.states)
    track = drag(swapped, swapped.window.reference.amount_slider, 0.2)
    swapped.qtbot.waitUntil(lambda: amount(swapped) < 0.5)
    swapped.press("Esc", track)
    swapped.qtbot.mouseRelease(track, Qt.MouseButton.LeftButton, pos=QPoint(20, 14))
    swapped.wait()
    assert amount(swapped) == 1.0
    assert len(swapped.program.session.history.states) == steps
    assert near(shown_at_middle(swapped), middle(expected(swapped)))


def test_escape_in_the_name_of_an_edit_leaves_the_name_and_the_work(swapped):
    row = strength_row(swapped)
    row.setFocus()
    swapped.qtbot.keyClick(row, Qt.Key.Key_F2)
    field = swapped.window.focusWidget()
    swapped.qtbot.keyClicks(field, "Evening")
    swapped.qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert swapped.document.entries[0].name == ""
    assert not field.isVisible()


def test_a_broken_reference_among_good_ones(opened, files, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"nothing")
    opened.window.reference.files_dropped.emit([bad, files.sunset])
    opened.wait(lambda: bool(opened.document.entries))
    assert "bad.png" in opened.notices()[0]
    assert opened.window.reference._state.text() == ""


@pytest.mark.parametrize("name", ["meadow", "sunset"])
def test_a_reference_may_be_the_photo_itself_and_of_any_size(opened, files, tmp_path, name):
    path = tmp_path / "tiny.png"
    write_image(path, np.full((1, 1, 3), 9, np.uint8))
    for reference in (path, getattr(files, name)):
        opened.program.swapping.use_file(reference)
        opened.wait()
    assert len(opened.document.references) == 2
    assert near(shown_at_middle(opened), middle(expected(opened)))


def test_work_is_marked_within_a_tenth_of_a_second_and_the_mark_goes(swapped):
    swapped.backend.block()
    started = time.perf_counter()
    swapped.program.swapping.commit_amount(0.3)
    stop = swapped.window.status.stop
    swapped.qtbot.waitUntil(stop.isVisible)
    assert time.perf_counter() - started < 0.1 + 0.05
    stop.click()
    swapped.wait()
    assert not stop.isVisible()
    # What was given up is said, and can be had after all.
    (notice,) = swapped.window.notices.notices
    ((label, go_on),) = notice.actions
    assert label == "Go on"
    swapped.backend.unblock()
    go_on()
    swapped.wait()
    assert near(shown_at_middle(swapped), middle(expected(swapped)))


def item(driver, place):
    return driver.window.edits._rows[place].item


def push(driver, edit, *masks):
    session = driver.program.session
    session.push("Edit", with_edit(session.settled(), edit, masks=masks))
    driver.wait()


def test_every_kind_of_edit_is_shown_with_a_picture_and_its_model(swapped):
    document = swapped.document
    size_px = (document.width_px, document.height_px)
    mask = mask_of(empty_levels(*size_px).stamp(100, 100, 60, 255))
    model = document.edits[0].model
    sunset = document.references[0].picture.sha256
    for edit in (
        AdjustTexture(model=model, amounts=(("texture:0", 2.0),)),
        CloneStructure(model=model, patches=(ClonePatch(mask=mask.sha256, dx=0.2, dy=0.0),)),
        EditRegion(model=model, region=mask.sha256),
        PaintTexture(model=model, patches=(TexturePatch(mask=mask.sha256, reference=sunset),)),
    ):
        push(swapped, edit, mask)
    items = [item(swapped, place) for place in range(5)]
    assert [one.title for one in items] == [
        *("Swap texture", "Adjust texture", "Clone", "Region", "Paint texture")
    ]
    assert all(one.thumb is not None for one in items)
    assert all("Landscapes" in one.detail for one in items)
    assert np.array_equal(items[2].thumb, items[3].thumb)
    assert items[4].thumb is items[0].thumb
    assert "sunset.png" in items[4].detail
    assert [one.photo_detail for one in items] == [0.0] * 5


def test_the_shape_of_a_mask_follows_the_brush(opened):
    levels = empty_levels(opened.document.width_px, opened.document.height_px)
    first = mask_of(levels.stamp(60, 60, 30, 255))
    second = mask_of(levels.stamp(60, 60, 30, 255).stamp(200, 100, 50, 255))
    model = opened.program.models.current
    push(opened, EditRegion(model=model, region=first.sha256), first)
    before = item(opened, 0).thumb
    uid = opened.document.entries[0].uid
    session = opened.program.session
    edit = replace(opened.document.edits[0], region=second.sha256)
    session.push("Brush", replace_edit(session.settled(), uid, edit, masks=[second]))
    opened.wait()
    assert (item(opened, 0).thumb.mean() - before.mean()) > 5


def test_the_detail_of_the_photo_is_a_slider_of_the_selected_row(swapped):
    push(swapped, AdjustTexture(model="landscapes", amounts=(("texture:0", 1.0),)))
    amounts = swapped.window.edits.amounts
    assert "Adjust texture" in amounts.detail.tab_stops[0].accessibleName(), "the new one"
    strength_row(swapped).picked.emit()
    amounts.detail.reset()
    swapped.wait()
    assert swapped.document.edits[0].detail == 1.0
    swapped.choose("edit.undo")
    assert swapped.document.edits[0].detail == 0.0


def test_rows_tell_which_sliders_are_moved_by_their_present_names(swapped):
    sliders = swapped.program.sliders
    push(swapped, AdjustTexture(model="landscapes", amounts=(("texture:0", 1.5),)))
    assert item(swapped, 1).detail == "Direction 1 +1.5 · Landscapes"
    swapped.window.docks["sliders"].raise_()
    swapped.wait(lambda: bool(sliders.rows))
    sliders.rename("texture:0", "Autumn")
    assert item(swapped, 1).detail == "Autumn +1.5 · Landscapes"
    assert "Autumn +1.5" in strength_row(swapped, 1).accessibleName()
    sliders.commit("texture:2", -0.5)
    minus = "\N{MINUS SIGN}"
    words = f"2 sliders: Autumn +1.5, Direction 3 {minus}0.5 · Landscapes"
    assert item(swapped, 1).detail == words
    label = strength_row(swapped, 1)._detail
    label.grab()
    assert label.toolTip() == words
    sliders.reset_all()
    assert item(swapped, 1).detail == "Landscapes"
    swapped.wait()


def test_the_commands_of_the_menu_act_on_the_row_that_was_clicked(swapped):
    swapped.choose("edit.duplicate")
    strength_row(swapped, 0).picked.emit()
    menu = QMenu(swapped.window)
    strength_row(swapped, 0).fill_menu(menu)
    commands = {action.objectName(): action for action in menu.actions()}
    commands["edit.toggle"].trigger()
    assert [edit.enabled for edit in swapped.document.edits] == [False, True]
    assert commands["edit.delete"].shortcut().toString() == "Ctrl+Del"
    commands["edit.delete"].trigger()
    assert [entry.uid for entry in swapped.document.entries] == [2]


def test_what_a_hand_was_doing_does_not_go_on_in_another_document(swapped, files):
    """Also where its edits are numbered alike."""
    swapped.choose("edit.duplicate")
    row = strength_row(swapped)
    row.setFocus()
    nudge(swapped, swapped.window.edits.amounts.strength)
    row.setFocus()
    swapped.press("F2", row)
    swapped.qtbot.keyClicks(swapped.window.focusWidget(), "Half a na")
    document = with_edit(swapped.document, AdjustTexture(model="landscapes"))
    document = replace_edit(document, 1, replace(document.edits[0], strength=1.0))
    swapped.program.session.open(document)
    swapped.window.canvas.setFocus()
    swapped.qtbot.wait(2 * REST_MS)
    swapped.wait()
    assert swapped.document == document
    assert len(swapped.program.session.history.states) == 1


def test_the_last_edit_of_a_document_that_is_opened_is_selected(swapped):
    for value in (1.0, 2.0):
        push(swapped, AdjustTexture(model="landscapes", amounts=(("texture:0", value),)))
    strength_row(swapped, 1).picked.emit()
    assert swapped.program.sliders.active.uid == 2
    swapped.program.session.open(swapped.document)
    assert swapped.program.sliders.active.uid == 3
    assert swapped.window.edits.selected_uid == 3


def test_a_name_that_is_typed_while_its_edit_goes_is_dropped(swapped):
    document = swapped.document
    swapped.choose("edit.duplicate")
    row = strength_row(swapped, 1)
    row.setFocus()
    swapped.press("F2", row)
    swapped.qtbot.keyClicks(swapped.window.focusWidget(), "Half a na")
    swapped.program.session.push("Back", document)
    swapped.wait()
    assert swapped.document.entries == document.entries


def test_an_edit_without_its_model_is_kept_grey_and_left_out(swapped):
    push(swapped, AdjustTexture(model="gone", amounts=(("texture:0", 3.0),)))
    assert item(swapped, 1).missing == "The model 'gone' is not installed."
    assert "gone" not in {edit.model for edit in swapped.backend.requests[-1].edits}
    assert not swapped.window.edits.amounts.strength.isEnabled()
    swapped.choose("edit.duplicate")
    assert [edit.model for edit in swapped.document.edits].count("gone") == 2
