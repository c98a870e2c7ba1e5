"""The region tool, without a window."""

from dataclasses import replace

import numpy as np
import pytest

from app.controllers.proposals import LONGEST_PX
from app.controllers.regions import KEPT
from app.controllers.retouch_settings import RetouchKind
from app.controllers.session import Session
from app.document.document import Document, Photo, replace_edit, with_edit, with_reference
from app.tools.stroke import StrokeSample
from models.edits import EditRegion, SwapTexture
from models.values import Picture
from tests.app.controllers.retouch_kit import WORKING_PX, levels, steps, stroke


def asked(retouching, queue, qtbot, place=(30, 30)) -> None:
    retouching.choose_tool(RetouchKind.REGION)
    stroke(retouching, place)
    qtbot.waitUntil(lambda: queue.idle)


@pytest.fixture
def boxed(session) -> Session:
    """A document with a bright box on dark ground."""
    rgb_hwc = np.full((64, 96, 3), 30, np.uint8)
    rgb_hwc[16:48, 16:48] = 220
    session.open(Document(Photo(Picture.from_rgb(rgb_hwc), "box.png")))
    return session


def test_a_region_of_a_click(retouching, boxed, queue, qtbot, make):
    asked(retouching, queue, qtbot)
    (entry,) = boxed.document.entries
    mask = levels(boxed.document, entry.edit.region)
    assert mask.shape == (64, 96)
    assert mask[32, 32] > 200
    assert mask[4, 90] == 0
    request = make.made[0].similarity_requests[0]
    assert request.picture.short_side_px == WORKING_PX
    assert request.model == "toy"


def test_a_click_is_a_click_whatever_comes_meanwhile(retouching, boxed, queue, qtbot, reference):
    retouching.choose_tool(RetouchKind.REGION)
    retouching.press(StrokeSample(30, 30))
    boxed.push("Add reference", with_reference(boxed.document, reference))
    retouching.release(StrokeSample(30, 30))
    qtbot.waitUntil(lambda: queue.idle)
    assert steps(boxed) == ["Open", "Add reference", "Region"]


def test_directions_that_are_not_known_yet_are_not_none(retouching, boxed, queue, qtbot, make):
    regions = retouching.regions
    assert regions.facts.axes == ()
    retouching.choose_tool(RetouchKind.REGION)
    assert regions.facts.axes is None
    qtbot.waitUntil(lambda: queue.idle)
    axes = make.made[0].own_directions.structure
    assert regions.facts.axes == axes != ()
    edit = EditRegion(model="other", region="9" * 64)
    boxed.push("Region", with_edit(boxed.document, edit))
    make.made[0].errors = [MemoryError()]
    regions.select(boxed.document.entries[0].uid)
    assert regions.facts.axes is None
    qtbot.waitUntil(lambda: queue.idle)
    assert regions.facts.axes == ()
    regions.refresh()
    qtbot.waitUntil(lambda: queue.idle)
    assert regions.facts.axes == axes


def test_clicks_beside_the_picture_ask_nothing(retouching, boxed, queue, qtbot, make):
    for place in ((-1, 30), (96, 30), (30, -1), (30, 64)):
        asked(retouching, queue, qtbot, place)
    assert boxed.document.entries == ()
    assert "similarity" not in (make.made[0].calls if make.made else [])


def region_levels(session) -> np.ndarray:
    (entry,) = session.document.entries
    return levels(session.document, entry.edit.region)


def test_all_that_is_like_it_wherever_it_is(retouching, boxed, queue, qtbot):
    rgb_hwc = np.full((64, 96, 3), 30, np.uint8)
    rgb_hwc[16:48, 16:48] = rgb_hwc[16:48, 72:] = 220
    boxed.open(Document(Photo(Picture.from_rgb(rgb_hwc), "boxes.png")))
    asked(retouching, queue, qtbot)
    assert region_levels(boxed)[32, 84] == 0
    retouching.regions.set_contiguous(False)
    assert region_levels(boxed)[32, 84] > 200
    assert steps(boxed) == ["Open", "Region", "Everywhere"]


def test_a_click_elsewhere_proposes_anew_until_something_is_moved(
    retouching, boxed, queue, qtbot, make
):
    asked(retouching, queue, qtbot)
    asked(retouching, queue, qtbot, (80, 10))
    assert region_levels(boxed)[32, 32] == 0
    retouching.regions.commit_amount("structure:0", 2.0)
    asked(retouching, queue, qtbot)
    assert len(boxed.document.entries) == 2
    below = make.made[0].similarity_requests[-1].picture.edits
    assert [edit.amounts for edit in below] == [(("structure:0", 2.0),)]


def test_what_is_painted_outlasts_the_threshold(retouching, boxed, queue, qtbot):
    asked(retouching, queue, qtbot)
    first = retouching.regions.facts.threshold
    stroke(retouching, (70, 54), (86, 54), shift=True)
    stroke(retouching, (32, 32), eraser=True)
    places = ((54, 80), (32, 32), (20, 20), (4, 90))
    assert [region_levels(boxed)[place] for place in places] == [255, 0, 255, 0]
    assert steps(boxed)[2:] == ["Add to region", "Take from region"]
    retouching.regions.drag_threshold(-0.9)
    retouching.regions.commit_threshold(-1.0)
    assert [region_levels(boxed)[place] for place in places] == [255, 0, 255, 255]
    assert steps(boxed)[4:] == ["Change threshold"]
    assert retouching.regions.facts.threshold == -1.0
    boxed.undo()
    assert retouching.regions.facts.threshold == first
    boxed.undo()
    assert region_levels(boxed)[32, 32] == 255
    assert retouching.regions.facts.threshold == first


def test_the_eraser_takes_from_a_region_as_its_own_brush_does(retouching, boxed, queue, qtbot):
    asked(retouching, queue, qtbot)
    retouching.choose_tool(RetouchKind.ERASE)
    stroke(retouching, (32, 32))
    assert region_levels(boxed)[32, 32] == 0
    assert retouching.regions.facts.threshold is not None
    retouching.regions.commit_threshold(0.55)
    assert (region_levels(boxed)[32, 32], region_levels(boxed)[20, 20]) == (0, 255)


def test_a_drag_in_a_region_adds_and_asks_nothing(retouching, boxed, queue, qtbot, make):
    asked(retouching, queue, qtbot)
    stroke(retouching, (70, 10), (86, 10))
    qtbot.waitUntil(lambda: queue.idle)
    assert region_levels(boxed)[10, 80] == 255
    assert len(make.made[0].similarity_requests) == 1


def test_modes_do_without_keys_that_are_held(retouching, boxed):
    retouching.choose_tool(RetouchKind.REGION)
    retouching.change(mode="add")
    stroke(retouching, (40, 30), (60, 30))
    retouching.change(mode="remove", size_px=8.0)
    stroke(retouching, (50, 30))
    mask = region_levels(boxed)
    assert (mask[30, 40], mask[30, 50]) == (255, 0)
    # Painted by hand: there is no proposal whose threshold could be changed.
    assert retouching.regions.facts.threshold is None


def test_nothing_can_be_taken_from_no_region(retouching, boxed, heard):
    refused = heard(retouching.refused)
    retouching.choose_tool(RetouchKind.REGION)
    stroke(retouching, (40, 30), (60, 30), eraser=True)
    assert "no region yet" in str(refused.last)
    assert steps(boxed) == ["Open"]


def test_an_error_of_the_engine_changes_nothing(retouching, boxed, queue, qtbot, make, heard):
    asked(retouching, queue, qtbot, (-1, 0))
    refused = heard(retouching.refused)
    make.made[0].errors = [MemoryError()]
    asked(retouching, queue, qtbot)
    assert isinstance(refused.last, MemoryError)
    assert boxed.document.entries == ()


def test_a_region_is_not_put_into_another_photo(retouching, boxed, queue, qtbot, make, photo):
    asked(retouching, queue, qtbot, (-1, 0))
    make.made[0].block()
    stroke(retouching, (30, 30))
    boxed.open(Document(photo))
    make.made[0].unblock()
    qtbot.waitUntil(lambda: queue.idle)
    assert boxed.document.entries == ()


@pytest.mark.parametrize("kind", [RetouchKind.REGION, RetouchKind.TEXTURE])
def test_a_region_that_comes_late_does_not_cut_a_stroke(
    retouching, sources, boxed, queue, qtbot, make, kind
):
    asked(retouching, queue, qtbot)
    sources.texture_here(5, 5, 8)
    make.made[0].block()
    stroke(retouching, (80, 10))
    if kind is not RetouchKind.REGION:
        retouching.choose_tool(kind)
    retouching.press(StrokeSample(20, 56), shift=kind is RetouchKind.REGION)
    retouching.drag(StrokeSample(40, 56))
    make.made[0].unblock()
    qtbot.waitUntil(lambda: queue.idle)
    retouching.drag(StrokeSample(80, 56))
    retouching.release(StrokeSample(80, 56))
    (mask,) = retouching.shown_masks
    assert mask.to_array()[56, 20:80].min() == 255
    assert len(steps(boxed)) == 3


def test_large_pictures_have_smaller_masks(retouching, session, queue, qtbot):
    rgb_hwc = np.full((1100, 2100, 3), 30, np.uint8)
    rgb_hwc[200:800, 300:900] = 220
    session.open(Document(Photo(Picture.from_rgb(rgb_hwc), "large.png")))
    asked(retouching, queue, qtbot, (600, 500))
    (entry,) = session.document.entries
    mask = levels(session.document, entry.edit.region)
    assert max(mask.shape) == LONGEST_PX
    assert mask[500 * mask.shape[0] // 1100, 600 * mask.shape[1] // 2100] > 200
    retouching.change(size_px=100.0)
    stroke(retouching, (1800, 900), shift=True)
    mask = levels(session.document, session.document.entries[0].edit.region)
    assert mask[900 * mask.shape[0] // 1100, 1800 * mask.shape[1] // 2100] == 255


def test_looking_can_be_given_up(retouching, boxed, queue, qtbot, make, heard):
    asked(retouching, queue, qtbot)
    session_document = boxed.document
    told = heard(retouching.regions.finder.working)
    make.made[0].block()
    stroke(retouching, (80, 10))
    assert told.last[0] != ""
    retouching.cancel()
    make.made[0].unblock()
    qtbot.waitUntil(lambda: queue.idle)
    assert told.last[0] == ""
    assert boxed.document == session_document


def test_only_the_last_of_several_clicks_counts(retouching, boxed, queue, qtbot, make):
    asked(retouching, queue, qtbot)
    make.made[0].block()
    for place in ((80, 10), (5, 5), (30, 30)):
        stroke(retouching, place)
    make.made[0].unblock()
    qtbot.waitUntil(lambda: queue.idle)
    assert len(boxed.document.entries) == 1
    assert make.made[0].similarity_requests[-1].x == pytest.approx(30 / 96)


def test_versions_of_a_region_are_not_kept_for_ever(retouching, boxed, queue, qtbot):
    asked(retouching, queue, qtbot)
    regions = retouching.regions
    for i in range(KEPT + 20):
        regions._remember(f"{i:064d}", next(iter(regions._known.values())))
    assert len(regions._known) == KEPT


def test_of_a_drag_only_its_end_is_remembered(retouching, boxed, queue, qtbot):
    asked(retouching, queue, qtbot)
    regions = retouching.regions
    first = regions.facts.threshold
    for step in range(50):
        regions.drag_threshold(step / 25 - 1.0)
    regions.commit_threshold(-1.0)
    assert len(regions._known) == 2
    assert regions.facts.threshold == -1.0
    regions.drag_threshold(0.1)
    boxed.drop()
    assert regions.facts.threshold == -1.0
    boxed.undo()
    assert regions.facts.threshold == first


def test_without_a_region_sliders_do_nothing(retouching, boxed, heard):
    regions, refused = retouching.regions, heard(retouching.refused)
    document = boxed.document
    regions.commit_threshold(0.4)
    regions.set_contiguous(False)
    regions.commit_amount("structure:0", 1.0)
    regions.copy_move()
    regions.reset_move()
    regions.paste_move()
    assert "no region yet" in str(refused.last)
    assert boxed.document == document
    assert not regions.facts.exists


def test_a_region_of_a_file_has_no_threshold(retouching, boxed, queue, qtbot):
    asked(retouching, queue, qtbot)
    document = boxed.document
    boxed.open(document)
    assert retouching.regions.facts.threshold is None
    retouching.regions.commit_threshold(0.2)
    assert boxed.document == document


def test_a_selected_edit_that_is_no_region_is_left_alone(retouching, boxed, reference):
    document = with_reference(boxed.document, reference)
    swap = SwapTexture(model="toy", reference=reference.picture.sha256)
    region = EditRegion(model="toy", region="9" * 64)
    document = with_edit(with_edit(document, region), swap)
    boxed.push("Both", document)
    assert retouching.regions.active is None
    retouching.select(document.entries[0].uid)
    assert retouching.regions.active == document.entries[0]
    assert len(retouching.shown_masks) == 1
    retouching.select(document.entries[1].uid)
    assert retouching.regions.active is None
    assert retouching.shown_masks == ()


def test_a_region_that_another_program_moved_is_pasted_over(retouching, boxed, queue, qtbot):
    asked(retouching, queue, qtbot)
    (entry,) = boxed.document.entries
    moved = replace(entry.edit, amounts=(("structure:1", 2.0),))
    boxed.push("Move", replace_edit(boxed.document, entry.uid, moved))
    retouching.regions.copy_move()
    retouching.regions.reset_move()
    assert boxed.document.entries[0].edit.amounts == ()
    retouching.regions.paste_move()
    assert boxed.document.entries[0].edit.amounts == (("structure:1", 2.0),)


def test_a_move_of_another_model_is_not_pasted(retouching, boxed):
    for model, amounts in (("toy", (("structure:1", 2.0),)), ("other", ())):
        edit = EditRegion(model=model, region="9" * 64, amounts=amounts)
        boxed.push("Region", with_edit(boxed.document, edit))
    document, (first, second) = boxed.document, boxed.document.entries
    retouching.select(first.uid)
    retouching.regions.copy_move()
    assert retouching.regions.facts.copied
    retouching.select(second.uid)
    assert not retouching.regions.facts.copied
    retouching.regions.paste_move()
    assert boxed.document == document
