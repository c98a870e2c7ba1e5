"""What the retouching tools do to a document, without a window."""

from dataclasses import replace
from typing import Any

import pytest

from app.controllers.patches import mask_canvas, masks_of, shown_masks
from app.controllers.references import AGAIN_MS
from app.controllers.regions import Regions
from app.controllers.retouch_settings import RegionMode, RetouchKind, RetouchSettings
from app.controllers.retouching import Retouching
from app.controllers.session import Session
from app.controllers.sources import Sources, Texture
from app.document.document import Document, Photo, replace_edit, with_edit, with_reference
from app.document.io.images import write_image
from app.tools.stroke import StrokeSample
from models.edits import CloneStructure, EditRegion, PaintTexture, RenderLayout
from tests.app.controllers.retouch_kit import WORKING_PX, levels, steps, stroke
from tests.app.fakes import picture


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
    assert (retouching.shown_masks, sources.source) == ((), None)
    assert sources.texture is None
    assert session.document is None


def test_the_hand_paints_nothing(retouching, session):
    document = session.document
    stroke(retouching, (10, 10), (20, 20))
    retouching.source_here(1, 1)
    assert session.document == document
    assert session.history.pending is None


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
    assert session.history.pending is not None
    assert len(session.history.states) == 1
    assert isinstance(session.document.entries[0].edit, CloneStructure)
    retouching.release(StrokeSample(60, 30))
    assert session.history.pending is None
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
    assert retouching.shown_masks == ()


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


def test_erasing_without_an_edit_says_so(retouching, session, heard):
    refused = heard(retouching.refused)
    retouching.choose_tool(RetouchKind.ERASE)
    stroke(retouching, (40, 30))
    assert "no edit to erase from" in str(refused.last)


def test_an_edit_of_the_whole_picture_is_masked(retouching, swapped):
    retouching.choose_tool(RetouchKind.ERASE)
    for place in ((20, 30), (60, 30)):
        stroke(retouching, place)
    mask = levels(swapped.document, swapped.document.entries[0].edit.mask)
    assert (mask[30, 20], mask[30, 60], mask[5, 5]) == (0, 0, 255)


# The clone brush


@pytest.fixture
def clone(retouching) -> Retouching:
    """With a source at 20, 20."""
    retouching.choose_tool(RetouchKind.CLONE)
    retouching.source_here(20, 20)
    return retouching


def test_strokes_of_one_offset_are_one_patch_and_one_step_each(clone, session):
    for place in ((60, 20), (60, 50)):
        stroke(clone, place)
    edit = session.document.entries[0].edit
    (patch,) = edit.patches
    mask = levels(session.document, patch.mask)
    assert mask[20, 60] == mask[50, 60] == 255
    assert steps(session) == ["Open", "Clone", "Clone"]
    session.undo()
    (patch,) = session.document.entries[0].edit.patches
    mask = levels(session.document, patch.mask)
    assert (mask[20, 60], mask[50, 60]) == (255, 0)
    session.undo()
    assert session.document.entries == ()
    assert session.document.masks == ()
    session.redo()
    session.redo()
    assert session.document.entries[0].edit == edit


def test_not_aligned_strokes_begin_at_the_source_each(clone, session):
    clone.change(aligned=False)
    for place in ((60, 20), (80, 50)):
        stroke(clone, place)
    (entry,) = session.document.entries
    ways = [(patch.dx, patch.dy) for patch in entry.edit.patches]
    assert ways == [(-40 / 64, 0.0), (-60 / 64, -30 / 64)]


def test_another_source_is_another_patch_of_the_edit(clone, session):
    stroke(clone, (60, 30))
    clone.source_here(10, 10)
    stroke(clone, (60, 30))
    (entry,) = session.document.entries
    assert len(entry.edit.patches) == 2


def test_nothing_is_cloned_from_beyond_the_picture(clone, session):
    clone.source_here(4, 30)
    stroke(clone, (60, 30))
    (patch,) = session.document.entries[0].edit.patches
    mask = levels(session.document, patch.mask)
    # What lies more than 4 px to the left of the hand would come from outside.
    assert mask[:, :56].max() == 0
    assert mask[30, 56] == 255


def test_a_stroke_whose_source_lies_wholly_beyond_the_picture_says_so_once(clone, session, heard):
    refused = heard(clone.refused)
    clone.source_here(4, 30)
    stroke(clone, (60, 30))
    stroke(clone, (40, 30), (30, 40), (20, 50))
    (error,) = refused.values
    assert "beyond the edge" in str(error)
    assert steps(session) == ["Open", "Clone"]
    # Beside the picture there is nothing to copy to; over the first stroke all is there already.
    stroke(clone, (-50, 30), (-60, 30))
    stroke(clone, (60, 30))
    # What comes within reach is copied.
    stroke(clone, (40, 10), (70, 10))
    assert len(refused.values) == 1
    assert steps(session) == ["Open", "Clone", "Clone"]


def test_a_press_that_fails_does_not_fix_the_distance(queue, session, heard):
    models = []
    regions = Regions(queue, session, models.pop, lambda: WORKING_PX)
    retouching = Retouching(session, models.pop, Sources(queue, session), regions)
    retouching.choose_tool(RetouchKind.CLONE)
    retouching.source_here(20, 20)
    refused = heard(retouching.refused)
    stroke(retouching, (80, 50))
    assert isinstance(refused.last, IndexError)
    models.append("toy")
    stroke(retouching, (60, 30))
    (patch,) = session.document.entries[0].edit.patches
    assert (patch.dx, patch.dy) == (-40 / 64, -10 / 64)


def test_what_is_painted_in_an_edit_that_is_off_is_seen(clone, session):
    stroke(clone, (60, 20))
    (entry,) = session.document.entries
    off = replace(entry.edit, enabled=False)
    session.push("Off", replace_edit(session.document, entry.uid, off))
    stroke(clone, (60, 50))
    (entry,) = session.document.entries
    assert entry.edit.enabled


def test_the_eraser_takes_from_every_patch_and_drops_those_that_are_empty(clone, session):
    stroke(clone, (60, 30), (80, 30))
    clone.source_here(10, 10)
    stroke(clone, (70, 30))
    clone.choose_tool(RetouchKind.ERASE)
    stroke(clone, (84, 30))
    for patch in session.document.entries[0].edit.patches:
        mask = levels(session.document, patch.mask)
        assert (mask[30, 78], mask[30, 70]) == (0, 255)
    clone.change(size_px=24.0)
    stroke(clone, (70, 30))
    (patch,) = session.document.entries[0].edit.patches
    assert levels(session.document, patch.mask)[30, 56] == 255
    assert len(session.document.masks) == 1
    assert steps(session)[-2:] == ["Erase", "Erase"]
    session.undo()
    session.undo()
    for patch in session.document.entries[0].edit.patches:
        assert levels(session.document, patch.mask)[30, 78] == 255


def test_other_changes_say_nothing_of_sources_and_regions(clone, session, heard):
    stroke(clone, (60, 30))
    told = heard(clone.sources.source_changed)
    facts = heard(clone.regions.changed)
    for strength in (0.5, 0.6, 0.7):
        (entry,) = session.document.entries
        changed = replace(entry.edit, strength=strength)
        session.drag(replace_edit(session.document, entry.uid, changed), "Strength", "strength")
    assert (told.values, facts.values) == ([], [])


# The texture brush


def test_two_references_in_one_picture(retouching, sources, session, reference, heard):
    refused = heard(retouching.refused)
    retouching.choose_tool(RetouchKind.TEXTURE)
    stroke(retouching, (20, 30))
    assert "no texture" in str(refused.last)
    other = Photo(picture(30, 30, seed=5), "snow.png")
    for photo in (reference, other):
        session.push("Add reference", with_reference(session.document, photo))
    shas = [photo.picture.sha256 for photo in (reference, other)]
    sources.use_texture(shas[0])
    stroke(retouching, (20, 30))
    sources.use_texture(shas[1])
    stroke(retouching, (60, 20))
    stroke(retouching, (70, 50))
    edit = session.document.entries[0].edit
    assert [patch.reference for patch in edit.patches] == shas
    assert all(patch.spot is None and patch.amount == 1.0 for patch in edit.patches)
    assert levels(session.document, edit.patches[1].mask)[50, 70] == 255
    assert edit.detail == 0.5, "the place can still be told"
    assert steps(session)[3:] == ["Paint texture"] * 3


def test_a_reference_that_comes_in_leaves_the_texture_in_hand(clone, session, queue, qtbot, sunset):
    clone.sources.texture_here(20, 20, 10)
    before = clone.sources.texture
    clone.sources.add_file(sunset)
    qtbot.waitUntil(lambda: session.document.references != ())
    assert clone.sources.texture == before


def test_a_texture_whose_reference_is_undone_is_let_go(sources, session, reference):
    session.push("Add reference", with_reference(session.document, reference))
    sources.use_texture(reference.picture.sha256)
    session.undo()
    assert sources.texture is None


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


@pytest.fixture
def sunset(tmp_path, reference):
    write_image(tmp_path / "sunset.png", reference.picture.rgb_hwc)
    return tmp_path / "sunset.png"


def test_a_reference_that_comes_during_a_stroke_waits_for_its_end(
    clone, session, heard, queue, qtbot, sunset
):
    added = heard(clone.sources.added)
    clone.press(StrokeSample(20, 30))
    clone.sources.add_file(sunset)
    clone.drag(StrokeSample(40, 30))
    qtbot.waitUntil(lambda: queue.idle)
    clone.drag(StrokeSample(60, 30))
    clone.release(StrokeSample(60, 30))
    assert added.values == []
    (patch,) = session.document.entries[0].edit.patches
    assert levels(session.document, patch.mask)[30, 20:60].min() == 255
    qtbot.waitUntil(lambda: session.document.references != ())
    assert added.values == [session.document.references[0].picture.sha256]
    assert steps(session) == ["Open", "Clone", "Add reference"]


def test_a_reference_that_waits_is_not_put_into_another_photo(
    clone, session, photo, queue, qtbot, sunset
):
    clone.press(StrokeSample(20, 30))
    clone.sources.add_file(sunset)
    qtbot.waitUntil(lambda: queue.idle)
    session.open(Document(photo))
    qtbot.wait(3 * AGAIN_MS)
    assert session.document.references == ()


def test_a_file_that_is_no_picture_is_told(
    sources, retouching, session, heard, queue, qtbot, tmp_path
):
    (tmp_path / "notes.png").write_text("words")
    refused = heard(retouching.refused)
    sources.add_file(tmp_path / "notes.png")
    qtbot.waitUntil(lambda: queue.idle)
    assert refused.values
    assert session.document.references == ()
