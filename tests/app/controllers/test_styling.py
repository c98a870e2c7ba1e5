import numpy as np
import pytest

from app.controllers.session import Session
from app.controllers.styling import STRIP_COUNT, Styling
from app.document.document import Document, LabelMap, Photo, with_edit, with_labels
from app.document.io.images import write_image
from app.document.tiles import TiledArray
from app.jobs.slots import Slot
from models.edits import RenderLayout
from tests.app.fakes import picture

REST_MS = 120
"""How long the hand rests here before the strip is made."""


@pytest.fixture
def session(qapp) -> Session:
    session = Session()
    labels = LabelMap(TiledArray.filled(32, 48, 1), "landscape")
    document = Document(base=Photo(picture(48, 32), "layout"), labels=labels)
    session.open(with_edit(document, RenderLayout(model="painter", seed=3)))
    return session


@pytest.fixture
def styling(queue, session) -> Styling:
    made = Styling(queue, session)
    made._rest.setInterval(REST_MS)
    return made


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "style.png"
    write_image(path, picture(40, 40, (220, 180, 90), seed=1).rgb_hwc)
    return path


def edit_of(session) -> RenderLayout:
    edit = session.document.entries[0].edit
    assert isinstance(edit, RenderLayout)
    return edit


def test_a_photo_gives_its_style(styling, session, queue, file, heard, qtbot):
    loaded = heard(styling.loaded)
    styling.use_file(file)
    qtbot.waitUntil(lambda: queue.idle)
    sha256, thumb = loaded.last
    assert edit_of(session).reference == sha256
    assert session.document.references[0].name == "style.png"
    assert session.history.undo_label == "Style of a photo"
    assert thumb.shape == (192, 192, 3)
    styling.set_seed(5)
    assert (edit_of(session).reference, edit_of(session).seed) == (None, 5)
    styling.use_known(sha256)
    assert edit_of(session).reference == sha256


def test_a_second_photo_begins_half_way(styling, session, queue, file, qtbot):
    styling.use_file(file, second=True)
    qtbot.waitUntil(lambda: queue.idle)
    edit = edit_of(session)
    assert (edit.reference, edit.blend, edit.other_seed) == (None, 0.5, None)
    assert session.history.undo_label == "Second style of a photo"
    assert edit.other_reference == session.document.references[0].picture.sha256
    styling.set_second(8)
    assert (edit_of(session).other_seed, edit_of(session).other_reference) == (8, None)
    assert edit_of(session).blend == 0.5


def test_dice_give_another_seed_that_can_be_typed_again(styling, session):
    seeds = set()
    for _ in range(5):
        styling.roll()
        seeds.add(edit_of(session).seed)
    assert len(seeds) > 1
    assert session.history.undo_label == "Roll the dice"
    session.undo()
    session.undo()
    assert edit_of(session).seed in seeds


def test_the_slider_between_two_styles_is_one_step(styling, session):
    styling.set_second(8)
    states = len(session.history.states)
    for blend in (0.6, 0.7, 0.8):
        styling.drag_blend(blend)
    assert edit_of(session).blend == 0.8
    assert len(session.history.states) == states
    styling.commit_blend(0.9)
    assert len(session.history.states) == states + 1
    styling.remove_second()
    assert (edit_of(session).other_seed, edit_of(session).blend) == (None, 0.0)


def test_swapping_styles_twice_changes_nothing(styling, session, queue, file, qtbot):
    styling.use_file(file)
    qtbot.waitUntil(lambda: queue.idle)
    styling.set_second(8)
    styling.commit_blend(0.25)
    before = edit_of(session)
    styling.swap()
    swapped = edit_of(session)
    assert (swapped.reference, swapped.seed, swapped.blend) == (None, 8, 0.75)
    assert swapped.other_reference == before.reference
    styling.swap()
    after = edit_of(session)
    assert (after.reference, after.other_seed, after.blend) == (before.reference, 8, 0.25)


def test_swapping_one_style_does_nothing(styling, session):
    states = len(session.history.states)
    styling.swap()
    assert len(session.history.states) == states


def test_the_strip_shows_the_layout_in_every_style(styling, queue, make, heard, qtbot):
    strips = heard(styling.strip_changed)
    styling.set_watched(True)
    qtbot.waitUntil(lambda: len(strips.values) == STRIP_COUNT, timeout=10 * REST_MS)
    qtbot.waitUntil(lambda: queue.idle)
    seeds = [thumb.seed for thumb in strips.last]
    pictures = [thumb.rgb_hwc for thumb in strips.last]
    assert len(set(seeds)) == STRIP_COUNT
    assert all(rgb_hwc is not None and min(rgb_hwc.shape[:2]) == 32 for rgb_hwc in pictures)
    assert len({rgb_hwc.tobytes() for rgb_hwc in pictures}) == STRIP_COUNT
    asked = make.made[-1].requests
    assert [request.edits[0].seed for request in asked] == seeds
    styling.set_seed(seeds[2])
    qtbot.wait(2 * REST_MS)
    # Another style of the picture leaves the strip as it is.
    assert len(asked) == STRIP_COUNT


def test_the_strip_keeps_its_pictures_until_newer_ones_come(
    styling, session, queue, make, heard, qtbot
):
    strips = heard(styling.strip_changed)
    styling.set_watched(True)
    qtbot.waitUntil(lambda: len(strips.values) == STRIP_COUNT, timeout=10 * REST_MS)
    qtbot.waitUntil(lambda: queue.idle)
    before = [thumb.rgb_hwc.tobytes() for thumb in strips.last]
    strips.values.clear()
    other = TiledArray.filled(32, 48, 9)
    session.push("Fill", with_labels(session.document, LabelMap(other, "landscape")))
    qtbot.waitUntil(lambda: len(strips.values) == STRIP_COUNT, timeout=10 * REST_MS)
    qtbot.waitUntil(lambda: queue.idle)
    for count, strip in enumerate(strips.values, 1):
        pictures = [thumb.rgb_hwc.tobytes() for thumb in strip]
        assert pictures[count:] == before[count:]
        assert all(a != b for a, b in zip(pictures[:count], before, strict=False))
    # What is shown of one document says nothing about another.
    session.close()
    assert all(thumb.rgb_hwc is None for thumb in strips.last)


def test_more_offers_other_styles(styling, queue, heard, qtbot):
    styling.set_watched(True)
    before = [thumb.seed for thumb in styling.strip]
    styling.more()
    assert [thumb.seed for thumb in styling.strip] != before
    qtbot.waitUntil(lambda: all(thumb.rgb_hwc is not None for thumb in styling.strip))
    qtbot.waitUntil(lambda: queue.idle)


def test_the_strip_waits_while_the_hand_moves_and_when_nobody_looks(
    styling, session, queue, make, qtbot
):
    qtbot.wait(2 * REST_MS)
    assert make.made == []
    styling.set_watched(True)
    for seed in range(4):
        styling.set_seed(seed + 100)
        qtbot.wait(REST_MS // 4)
    assert make.made == []
    styling.set_watched(False)
    qtbot.wait(2 * REST_MS)
    assert make.made == []


def test_a_strip_that_fails_is_no_error_of_the_artist(styling, queue, make, heard, qtbot):
    failed = heard(styling.failed)
    queue.submit(Slot.LOAD_MODEL, lambda means: means.backend)
    qtbot.waitUntil(lambda: queue.idle)
    make.made[-1].errors += [RuntimeError("no")] * STRIP_COUNT
    styling.set_watched(True)
    qtbot.wait(2 * REST_MS)
    qtbot.waitUntil(lambda: queue.idle)
    assert failed.values == []
    assert all(thumb.rgb_hwc is None for thumb in styling.strip)


def test_without_a_layout_nothing_changes(styling, session):
    session.open(Document(base=Photo(picture(8, 8), "photo")))
    styling.roll()
    styling.drag_blend(0.5)
    styling.swap()
    assert session.document.entries == ()
    assert len(session.history.states) == 1


def test_the_edit_is_told_whenever_it_changes(styling, session, heard):
    active = heard(styling.active_changed)
    styling.set_seed(77)
    assert active.last.edit.seed == 77
    session.undo()
    assert active.last.edit.seed == 3
    assert np.isclose(active.last.edit.blend, 0.0)
