"""Sliders of the texture: what there is, and what moving one does to the document."""

import numpy as np
import pytest

from app.controllers.models import Models
from app.controllers.preferences import Preferences
from app.controllers.slider_library import SliderLibrary
from app.controllers.slider_strip import REST_MS, STOPS, SliderStrip
from app.controllers.sliders import Sliders
from app.document.document import Document, Photo, set_enabled, with_edit
from app.document.io.slider_files import read_sliders
from app.jobs.slots import Slot
from app.settings import Settings
from models.edits import AdjustTexture, SwapTexture
from models.errors import CheckpointMissing
from tests.app.controllers.slider_kit import OTHER_WEIGHTS, WEIGHTS, catalog, slider
from tests.app.fakes import picture

KEY, OTHER = "texture:0", "texture:2"


@pytest.fixture
def models(queue) -> Models:
    models = Models(queue, Preferences(Settings(), queue))
    models.catalog = catalog()
    return models


@pytest.fixture
def library(queue, qtbot) -> SliderLibrary:
    library = SliderLibrary(queue)
    library.read()
    qtbot.waitUntil(lambda: queue.idle)
    return library


@pytest.fixture
def rest(queue, qtbot):
    return lambda: qtbot.waitUntil(lambda: queue.idle)


@pytest.fixture
def sliders(queue, session, models, library, rest) -> Sliders:
    sliders = Sliders(queue, session, models, library)
    sliders.set_watched(True)
    rest()
    return sliders


def edit_of(session, place=-1) -> AdjustTexture:
    edit = session.document.entries[place].edit
    assert isinstance(edit, AdjustTexture)
    return edit


def amounts(session) -> dict[str, float]:
    return dict(edit_of(session).amounts)


def labels(session) -> list[str]:
    return [state.label for state in session.history.states]


def test_titles_of_sliders_whether_the_model_is_known_or_not(sliders, library, models, rest):
    models.catalog = catalog("toy", "other")
    warm = slider("Warm")
    library.add([warm])
    rest()
    sliders.rename("texture:0", "Autumn")
    sliders.rename(warm.direction.sha256, "Summer")
    keys = ("texture:0", "structure:1", warm.direction.sha256, "0" * 64)
    assert [sliders.title(key, "toy") for key in keys] == [
        *("Autumn", "Direction 2", "Summer", "Unknown slider")
    ]
    assert sliders.title("texture:0", "other") == "Direction 1"
    assert sliders.title("texture:0", "gone") == "Direction 1"
    rest()


def row(sliders, key):
    return next(found for found in sliders.rows if found.key == key)


# What there is


def test_the_model_brings_its_directions_with_their_shares(sliders):
    assert [(r.title, r.share, r.own) for r in sliders.rows] == [
        ("Direction 1", 0.3, False),
        ("Direction 2", 0.2, False),
        ("Direction 3", 0.1, False),
        ("Direction 4", 0.05, False),
    ]


def test_the_engine_is_asked_once_and_only_when_somebody_looks(
    queue, session, models, library, rest, make
):
    sliders = Sliders(queue, session, models, library)
    session.push("Edit", with_edit(session.document, AdjustTexture(model="toy")))
    rest()
    assert make.made == []
    sliders.set_watched(True)
    rest()
    session.undo()
    sliders.set_watched(False)
    sliders.set_watched(True)
    rest()
    assert make.made[-1].calls.count("directions") == 1


def test_without_a_document_nothing_is_asked(queue, session, models, library, rest, make):
    session.close()
    sliders = Sliders(queue, session, models, library)
    sliders.set_watched(True)
    rest()
    assert (make.made, sliders.rows) == ([], ())


def test_own_sliders_stand_before_the_models_and_pinned_ones_before_all(sliders, library, rest):
    library.add([slider("Warm"), slider("Theirs", 0.2, weights=OTHER_WEIGHTS)])
    rest()
    sliders.pin("texture:2", True)
    assert [r.title for r in sliders.rows] == [
        *("Direction 3", "Warm", "Direction 1", "Direction 2", "Direction 4")
    ]
    assert [(r.own, r.kept) for r in sliders.rows][:3] == [
        (False, False),
        (True, True),
        (False,) * 2,
    ]


def test_a_slider_is_called_as_the_person_likes(sliders, session):
    sliders.rename(KEY, "Snow")
    assert row(sliders, KEY).title == "Snow"
    sliders.commit(KEY, 1.0)
    assert session.history.undo_label == "Adjust Snow"
    sliders.rename(KEY, " ")
    assert row(sliders, KEY).title == "Direction 1"


def test_what_keeps_the_model_from_telling_is_known_until_another_picture_opens(
    queue, session, models, library, rest, make
):
    trouble = CheckpointMissing("The file of the model is gone.")
    make.prepare = lambda backend: backend.errors.append(trouble)
    sliders = Sliders(queue, session, models, library)
    sliders.set_watched(True)
    rest()
    assert (sliders.trouble, sliders.rows) == (trouble, ())
    session.open(session.document)
    rest()
    assert sliders.trouble is None
    assert len(sliders.rows) == 4


def test_a_model_of_other_weights_is_asked_anew(sliders, models, rest, make):
    models.catalog_changed.emit(catalog())
    models.catalog = catalog("toy", "other")
    models.catalog_changed.emit(models.catalog)
    rest()
    assert make.made[-1].calls.count("directions") == 2
    models.choose("other")
    rest()
    assert make.made[-1].calls.count("directions") == 3


# Values


def test_the_first_move_makes_an_edit_that_keeps_the_photos_detail(sliders, session):
    sliders.commit(KEY, 1.5)
    edit = edit_of(session)
    assert (edit.model, edit.detail, edit.amounts) == ("toy", 1.0, ((KEY, 1.5),))
    assert row(sliders, KEY).value == 1.5
    assert labels(session) == ["Open", "Adjust Direction 1"]


def test_a_drag_is_live_and_one_step(sliders, session):
    for value in (0.2, 0.9, 1.4):
        sliders.drag(KEY, value)
        assert amounts(session) == {KEY: value}
        assert len(session.document.entries) == 1
    assert labels(session) == ["Open"]
    sliders.commit(KEY, 1.5)
    sliders.commit(KEY, 1.6)
    assert labels(session) == ["Open", "Adjust Direction 1"]
    session.undo()
    assert session.document.entries == ()


def test_two_sliders_are_two_steps_of_one_edit(sliders, session):
    sliders.commit(KEY, 1.0)
    sliders.commit(OTHER, -2.0)
    assert amounts(session) == {KEY: 1.0, OTHER: -2.0}
    session.undo()
    assert amounts(session) == {KEY: 1.0}


def test_a_drag_back_to_the_middle_leaves_nothing(sliders, session):
    sliders.drag(KEY, 1.0)
    sliders.commit(KEY, 0.0)
    assert session.document.entries == ()
    assert labels(session) == ["Open"]


def test_a_slider_in_the_middle_is_not_named_by_the_edit(sliders, session):
    sliders.commit(KEY, 1.0)
    sliders.commit(OTHER, 1.0)
    sliders.commit(KEY, 0.0)
    assert amounts(session) == {OTHER: 1.0}


def test_values_end_at_six(sliders, session):
    sliders.commit(KEY, 40.0)
    sliders.commit(OTHER, -40.0)
    assert amounts(session) == {KEY: 6.0, OTHER: -6.0}


def test_a_slider_that_is_not_there_moves_nothing(sliders, session):
    sliders.commit("texture:99", 1.0)
    sliders.commit("a" * 64, 1.0)
    assert session.document.entries == ()


def test_reset_and_randomise_are_a_step_each(sliders, session):
    sliders.commit(KEY, 1.0)
    sliders.randomise()
    assert set(amounts(session)) <= {f"texture:{n}" for n in range(4)}
    assert len(amounts(session)) >= 3
    assert all(-2.5 <= value <= 2.5 for value in amounts(session).values())
    drawn = amounts(session)
    sliders.reset_all()
    assert amounts(session) == {}
    assert labels(session)[2:] == ["Randomise sliders", "Reset sliders"]
    session.undo()
    assert amounts(session) == drawn
    session.undo()
    assert amounts(session) == {KEY: 1.0}


def test_pinned_sliders_alone_are_randomised(sliders, session):
    sliders.commit(KEY, 1.0)
    sliders.pin(OTHER, True)
    sliders.randomise()
    assert amounts(session)[KEY] == 1.0
    assert set(amounts(session)) <= {KEY, OTHER}


def test_reset_without_an_edit_is_nothing(sliders, session):
    sliders.reset_all()
    assert labels(session) == ["Open"]


def test_the_selected_edit_is_moved_or_else_the_last(sliders, session):
    first = with_edit(session.document, AdjustTexture(model="toy", amounts=((KEY, 1.0),)))
    both = with_edit(first, AdjustTexture(model="toy", amounts=((KEY, 2.0),)))
    session.push("Two", both)
    assert row(sliders, KEY).value == 2.0
    sliders.select(both.entries[0].uid)
    assert row(sliders, KEY).value == 1.0
    sliders.commit(KEY, 1.5)
    assert [dict(edit.amounts)[KEY] for edit in session.document.edits] == [1.5, 2.0]


def test_after_another_kind_of_edit_a_new_one_is_made(sliders, swapped):
    sliders.commit(KEY, 1.0)
    assert [type(edit) for edit in swapped.document.edits] == [SwapTexture, AdjustTexture]


def test_an_edit_whose_model_is_gone_is_left_as_it_is(sliders, session):
    gone = AdjustTexture(model="gone", amounts=((KEY, 2.0),))
    session.push("Edit", with_edit(session.document, gone))
    assert row(sliders, KEY).value == 0.0
    sliders.commit(KEY, 1.0)
    assert session.document.edits[0] == gone
    assert amounts(session) == {KEY: 1.0}


def test_a_change_that_waits_is_a_step_before(sliders, session):
    sliders.drag(KEY, 1.0)
    sliders.commit(OTHER, 2.0)
    assert labels(session) == ["Open", "Adjust Direction 1", "Adjust Direction 3"]


def test_without_a_document_nothing_breaks(sliders, session):
    session.close()
    sliders.drag(KEY, 1.0)
    sliders.commit(KEY, 1.0)
    sliders.set_value(KEY, 1.0)
    sliders.randomise()
    sliders.reset_all()
    assert session.document is None


# Own sliders


def test_an_own_slider_goes_into_the_document_that_uses_it(sliders, session, library, rest):
    warm = slider("Warm")
    library.add([warm])
    rest()
    key = warm.direction.sha256
    sliders.commit(key, 2.0)
    assert session.document.sliders == (warm,)
    sliders.remove(key)
    assert (row(sliders, key).kept, row(sliders, key).value) == (False, 2.0)
    sliders.keep(key)
    rest()
    assert row(sliders, key).kept
    sliders.commit(key, 0.0)
    assert session.document.sliders == ()


def test_a_removed_slider_can_be_put_back(sliders, library, heard, rest):
    removed = heard(sliders.removed)
    warm = slider("Warm")
    key = warm.direction.sha256
    library.add([slider("Cold", -0.1), warm, slider("Fog", 0.7)])
    rest()
    sliders.rename(key, "Evening")
    sliders.pin(key, True)
    before = sliders.rows
    sliders.remove(key)
    assert removed.last == (key, "Evening"), "as the person calls it"
    assert key not in {row.key for row in sliders.rows}
    sliders.put_back(key)
    assert sliders.rows == before
    sliders.remove(KEY)
    assert len(removed.values) == 1
    rest()


def test_a_file_for_others_has_the_name_that_the_person_gave(sliders, library, rest, tmp_path):
    warm = slider("Warm")
    library.add([warm])
    rest()
    sliders.rename(warm.direction.sha256, "Golden hour")
    sliders.save(warm.direction.sha256, tmp_path / "gift.slider")
    rest()
    (read,) = read_sliders(tmp_path / "gift.slider", WEIGHTS)
    assert (read.name, read.direction) == ("Golden hour", warm.direction)


def test_nothing_is_loaded_before_the_model_is_known(
    queue, session, models, library, heard, tmp_path
):
    sliders = Sliders(queue, session, models, library)
    failed = heard(sliders.failed)
    sliders.load(tmp_path / "gift.slider")
    assert "not known yet" in failed.last.text


# The strip


@pytest.fixture
def strip(queue, session, sliders, models) -> SliderStrip:
    strip = SliderStrip(queue, session, sliders, models.lacks)
    strip.set_watched(True)
    return strip


@pytest.fixture
def seen(strip, heard):
    return heard(strip.changed)


def strip_comes(strip, rest, qtbot):
    """At once, not after a rest."""
    assert strip._rest.interval() in (REST_MS, 0)
    strip._rest.setInterval(0)
    qtbot.waitUntil(lambda: not strip._rest.isActive())
    rest()


def test_the_strip_shows_the_picture_along_the_slider(strip, session, seen, rest, make):
    strip.show(KEY)
    rest()
    key, stops = seen.last
    assert key == KEY
    assert [stop.value for stop in stops] == list(STOPS) == [-2, -1, 0, 1, 2]
    reds = [float(stop.rgb_hwc[..., 0].mean()) for stop in stops]
    # Half of what the scripted engine shifts by: the edit keeps the photo's detail.
    assert np.diff(reds) == pytest.approx([0.05 * 255 / 2] * 4, abs=1)
    assert session.document.entries == ()
    assert all(request.short_side_px == 64 for request in make.made[-1].requests)
    middle = make.made[-1].requests[0]
    assert middle.edits == ()


def test_the_strip_stands_on_the_other_sliders(strip, sliders, session, seen, rest, qtbot, make):
    sliders.commit(OTHER, 2.0)
    strip.show(KEY)
    rest()
    before = [stop.rgb_hwc for stop in seen.last[1]]
    count = len(make.made[-1].requests)
    sliders.commit(KEY, 1.0)
    strip_comes(strip, rest, qtbot)
    assert len(make.made[-1].requests) == count
    sliders.commit(OTHER, -2.0)
    strip_comes(strip, rest, qtbot)
    assert len(make.made[-1].requests) == count + 5
    blues = [float(stop.rgb_hwc[..., 2].mean()) for stop in seen.last[1]]
    assert np.mean(blues) < np.mean([pixels[..., 2].mean() for pixels in before]) - 20


def test_a_strip_that_nobody_sees_is_not_rendered(strip, rest, qtbot, make, session):
    strip.set_watched(False)
    strip.show(KEY)
    session.push("Edit", with_edit(session.document, AdjustTexture(model="toy")))
    strip_comes(strip, rest, qtbot)
    assert "render" not in make.made[-1].calls
    strip.set_watched(True)
    strip_comes(strip, rest, qtbot)
    assert make.made[-1].calls.count("render") == 5


def test_another_slider_calls_off_what_waits(strip, queue, rest, make, seen):
    make.made[-1].block()
    strip.show(KEY)
    strip.show(OTHER)
    strip.show("")
    make.made[-1].unblock()
    rest()
    assert queue.pending(Slot.STRIP) == 0
    assert all(stop.rgb_hwc is None for _, stops in seen.values for stop in stops)


def test_another_picture_empties_the_strip(strip, session, seen, rest, qtbot):
    strip.show(KEY)
    rest()
    session.open(Document(base=Photo(picture(60, 80, (10, 20, 200)), "blue.png")))
    assert [stop.rgb_hwc for stop in seen.last[1]] == [None] * 5
    strip_comes(strip, rest, qtbot)
    assert seen.last[1][2].rgb_hwc[..., 2].mean() > 150


def test_a_render_that_fails_leaves_the_place_empty(strip, seen, rest, make):
    make.made[-1].errors = [None, CheckpointMissing("gone")]
    strip.show(KEY)
    rest()
    assert sum(stop.rgb_hwc is None for stop in seen.last[1]) == 1


def test_edits_of_missing_models_are_left_out_of_the_strip(strip, session, rest, make):
    gone = with_edit(session.document, AdjustTexture(model="gone", amounts=((KEY, 2.0),)))
    session.push("Edit", gone)
    strip.show(OTHER)
    rest()
    requests = make.made[-1].requests
    assert len(requests) == 5
    assert all(edit.model == "toy" for request in requests for edit in request.edits)


def test_an_edit_that_is_off_is_still_the_one_that_is_moved(sliders, session):
    sliders.commit(KEY, 1.0)
    uid = session.document.entries[0].uid
    session.push("Hide", set_enabled(session.document, uid, False))
    sliders.commit(KEY, 2.0)
    assert amounts(session) == {KEY: 2.0}
    assert not edit_of(session).enabled
