"""What the retouching tools do to a document, without a window."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from app.controllers.patches import mask_canvas, masks_of, shown_masks
from app.controllers.proposals import LONGEST_PX
from app.controllers.regions import KEPT, Regions
from app.controllers.retouch_settings import RegionMode, RetouchKind, RetouchSettings
from app.controllers.retouching import Retouching
from app.controllers.session import Session
from app.controllers.sources import Sources, Texture
from app.document.document import Document, Photo, replace_edit, with_edit, with_reference
from app.document.masks import levels_of
from app.tools.stroke import StrokeSample
from models.edits import CloneStructure, EditRegion, PaintTexture, RenderLayout, SwapTexture
from tests.app.fakes import picture

WORKING_PX = 64


@pytest.fixture
def sources(queue, session) -> Sources:
    return Sources(queue, session)


@pytest.fixture
def retouching(queue, session, sources) -> Retouching:
    def model() -> str:
        return "toy"

    regions = Regions(queue, session, model, lambda: WORKING_PX)
    made = Retouching(session, model, sources, regions)
    made.change(size_px=20.0, pressure=False, smoothing=0.0, softness=0.0)
    return made


def stroke(retouching, *places, **held) -> None:
    first, *rest = (StrokeSample(*place) for place in places)
    retouching.press(first, **held)
    for sample in rest:
        retouching.drag(sample)
    retouching.release((rest or [first])[-1])


def levels(document, sha256) -> np.ndarray:
    return levels_of(document.mask(sha256)).to_array()


def test_settings_take_the_words_of_buttons():
    words: Any = "add"
    assert RetouchSettings(mode=words).mode is RegionMode.ADD
    words = "sideways"
    with pytest.raises(ValueError, match="sideways"):
        RetouchSettings(mode=words)


def test_smoothing_feels_the_same_at_any_zoom():
    settings = RetouchSettings(smoothing=0.5)
    assert settings.brush(2.0).smoothing_reach_px * 2 == settings.brush(1.0).smoothing_reach_px


def test_sizes_keep_to_their_range(retouching):
    retouching.set_size(0.0)
    assert retouching.settings.size_px == 1.0
    retouching.step_size(1)
    assert retouching.settings.size_px == 2.0
    retouching.set_size(1e6)
    assert retouching.settings.size_px == 1024.0
    assert retouching.size_px == 0.0
    retouching.choose_tool(RetouchKind.CLONE)
    assert retouching.size_px == 1024.0


def test_without_a_document_nothing_happens(queue, qapp):
    session = Session()
    sources = Sources(queue, session)
    regions = Regions(queue, session, lambda: "toy", lambda: WORKING_PX)
    retouching = Retouching(session, lambda: "toy", sources, regions)
    retouching.choose_tool(RetouchKind.CLONE)
    retouching.source_here(1, 1)
    stroke(retouching, (1, 1), (5, 5))
    sources.texture_here(1, 1, 10)
    sources.clone_in("0" * 64, 0.5, 0.5)
    regions.propose(1, 1)
    retouching.commit_detail(0.5)
    assert (retouching.shown, retouching.shown_masks, sources.source) == (None, (), None)
    assert sources.texture is None
    assert session.document is None


def test_the_hand_paints_nothing(retouching, session):
    document = session.document
    stroke(retouching, (10, 10), (20, 20))
    retouching.source_here(1, 1)
    assert session.document == document
    assert not retouching.busy


def test_a_stroke_beside_the_picture_is_no_step(retouching, session):
    retouching.choose_tool(RetouchKind.CLONE)
    retouching.source_here(20, 20)
    document = session.document
    stroke(retouching, (-200, -200), (-220, -200))
    assert session.document == document
    assert len(session.history.states) == 1


def test_the_step_of_a_stroke_is_there_when_it_ends_and_not_before(retouching, session):
    retouching.choose_tool(RetouchKind.CLONE)
    retouching.source_here(20, 20)
    retouching.press(StrokeSample(60, 30))
    assert retouching.busy
    assert len(session.history.states) == 1
    assert isinstance(session.document.entries[0].edit, CloneStructure)
    retouching.release(StrokeSample(60, 30))
    assert not retouching.busy
    assert [state.label for state in session.history.states] == ["Open", "Clone"]


def test_the_pen_s_other_end_erases(retouching, session):
    retouching.choose_tool(RetouchKind.CLONE)
    retouching.source_here(20, 20)
    stroke(retouching, (60, 30))
    stroke(retouching, (66, 30), eraser=True)
    (patch,) = session.document.entries[0].edit.patches
    mask = levels(session.document, patch.mask)
    assert (mask[30, 52], mask[30, 66]) == (255, 0)
    assert session.history.states[-1].label == "Erase"


def test_a_texture_patch_that_is_erased_altogether_goes(retouching, session):
    retouching.choose_tool(RetouchKind.TEXTURE)
    retouching.source_here(20, 20)
    stroke(retouching, (60, 30))
    retouching.choose_tool(RetouchKind.ERASE)
    retouching.change(size_px=40.0)
    stroke(retouching, (60, 30))
    assert session.document.entries[0].edit == PaintTexture(model="toy", detail=0.5, seed=None)
    assert session.document.masks == ()


def test_a_region_is_erased_like_a_patch(retouching, session):
    retouching.choose_tool(RetouchKind.REGION)
    retouching.change(mode="add")
    stroke(retouching, (40, 30), (60, 30))
    retouching.choose_tool(RetouchKind.ERASE)
    stroke(retouching, (60, 30))
    edit = session.document.entries[0].edit
    mask = levels(session.document, edit.region)
    assert (mask[30, 40], mask[30, 60]) == (255, 0)


def test_edits_that_are_no_codes_are_not_erased(retouching, session, heard):
    session.push("Render", with_edit(session.document, RenderLayout(model="toy")))
    refused = heard(retouching.refused)
    retouching.choose_tool(RetouchKind.ERASE)
    stroke(retouching, (40, 30))
    assert "no edit to erase from" in str(refused.last)
    assert retouching.shown is None


def test_masks_tell_where_an_edit_acts(swapped):
    document = swapped.document
    entry = document.entries[0]
    assert masks_of(entry.edit) == ()
    assert shown_masks(document, entry) == ()
    (full,) = mask_canvas(document, entry).levels
    assert (full.to_array() == 255).all()


def test_a_mask_that_is_lost_counts_as_empty(session):
    lost = EditRegion(model="toy", region="9" * 64)
    document = with_edit(session.document, lost)
    (levels,) = shown_masks(document, document.entries[0])
    assert (levels.width_px, levels.height_px) == (document.width_px, document.height_px)
    assert not levels.to_array().any()


# Sources


def test_spots_keep_to_the_picture(sources, session):
    sources.texture_here(-50, 10_000, 10_000)
    assert sources.texture == Texture(None, (0.0, 1.0, 1.0))


def test_a_source_whose_reference_is_undone_is_none(retouching, sources, session, reference, heard):
    session.push("Add reference", with_reference(session.document, reference))
    sha256 = reference.picture.sha256
    sources.clone_in(sha256, 0.25, 0.75)
    # 40 x 40 px, scaled to the document's 64: shares become these pixels.
    assert (sources.source.x_px, sources.source.y_px) == (16.0, 48.0)
    assert sources.source_shares(None) == (0.25, 0.75)
    session.undo()
    assert sources.source is None
    assert sources.source_at((1.0, 1.0)) is None
    assert sources.source_shares(None) is None
    refused = heard(retouching.refused)
    retouching.choose_tool(RetouchKind.CLONE)
    stroke(retouching, (40, 30))
    assert "no source" in str(refused.last)
    session.redo()
    assert sources.source_at(None) == (16.0, 48.0)


def test_unknown_references_are_not_taken(sources, session):
    sources.clone_in("1" * 64, 0.5, 0.5)
    sources.texture_in("1" * 64, 0.5, 0.5, 10.0)
    assert (sources.source, sources.texture) == (None, None)


def test_a_file_that_is_no_picture_is_told(
    sources, retouching, session, heard, queue, qtbot, tmp_path
):
    (tmp_path / "notes.png").write_text("words")
    refused = heard(retouching.refused)
    sources.add_file(tmp_path / "notes.png")
    qtbot.waitUntil(lambda: queue.idle)
    assert refused.values
    assert session.document.references == ()


# Regions


def asked(retouching, queue, qtbot, place=(30, 30)) -> None:
    retouching.choose_tool(RetouchKind.REGION)
    stroke(retouching, place)
    qtbot.waitUntil(lambda: queue.idle)


@pytest.fixture
def boxed(session) -> Session:
    """A document with a bright box on dark ground."""
    rgb_hwc = np.full((64, 96, 3), 30, np.uint8)
    rgb_hwc[16:48, 16:48] = 220
    session.open(Document(Photo(picture_of(rgb_hwc), "box.png")))
    return session


def picture_of(rgb_hwc):
    return type(picture()).from_rgb(rgb_hwc)


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


def test_clicks_beside_the_picture_ask_nothing(retouching, boxed, queue, qtbot, make):
    for place in ((-1, 30), (96, 30), (30, -1), (30, 64)):
        asked(retouching, queue, qtbot, place)
    assert boxed.document.entries == ()
    assert "similarity" not in (make.made[0].calls if make.made else [])


def test_large_pictures_have_smaller_masks(retouching, session, queue, qtbot):
    rgb_hwc = np.full((1100, 2100, 3), 30, np.uint8)
    rgb_hwc[200:800, 300:900] = 220
    session.open(Document(Photo(picture_of(rgb_hwc), "large.png")))
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
    assert retouching.regions.finder.stop()
    make.made[0].unblock()
    qtbot.waitUntil(lambda: queue.idle)
    assert told.last[0] == ""
    assert not retouching.regions.finder.stop()
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


def test_without_a_region_sliders_do_nothing(retouching, boxed, heard):
    regions, refused = retouching.regions, heard(retouching.refused)
    document = boxed.document
    regions.commit_threshold(0.4)
    regions.set_contiguous(False)
    regions.commit_amount("structure:0", 1.0)
    regions.copy_move()
    regions.reset_move()
    regions.note_stroke(None)
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
    assert retouching.shown == document.entries[0]
    retouching.select(document.entries[1].uid)
    assert retouching.regions.active is None


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
