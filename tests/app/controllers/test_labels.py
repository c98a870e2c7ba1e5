import pytest

from app.controllers.labels import RECENT, Labels
from app.controllers.session import Session
from app.document.document import Document, LabelMap, Photo
from app.document.palettes import Palettes
from app.document.tiles import TiledArray
from app.errors import UserError
from app.resources import resource
from tests.app.fakes import picture


@pytest.fixture
def labels(session) -> Labels:
    return Labels(session, Palettes(resource("palettes")), "landscape")


def painted(palette_id: str) -> Document:
    ids = TiledArray.filled(32, 48, 1)
    return Document(base=Photo(picture(48, 32), "x"), labels=LabelMap(ids, palette_id))


def test_at_first_something_is_in_hand_and_the_background_is_second(labels):
    assert labels.palette.id == "landscape"
    assert labels.secondary.id == labels.palette.background
    assert labels.primary.id not in (labels.palette.background, labels.palette.unknown)


def test_a_palette_that_is_not_here_is_a_sentence(session):
    with pytest.raises(UserError, match="no palette 'moon'"):
        Labels(session, Palettes(resource("palettes")), "moon")


def test_choosing_and_swapping(labels, heard):
    chosen = heard(labels.chosen)
    sky, water = labels.palette.by_name("sky"), labels.palette.by_name("water")
    labels.choose(water.id)
    labels.choose_second(sky.id)
    labels.swap()
    assert (labels.primary, labels.secondary) == (sky, water)
    assert chosen.last == (sky, water)


def test_choosing_the_second_label_exchanges_the_two(labels):
    first, second = labels.primary, labels.secondary
    labels.choose(second.id)
    assert (labels.primary, labels.secondary) == (second, first)
    labels.choose_second(second.id)
    assert (labels.primary, labels.secondary) == (first, second)


def test_what_is_in_hand_already_or_in_no_palette_changes_nothing(labels, heard):
    chosen = heard(labels.chosen)
    labels.choose(labels.primary.id)
    labels.choose(4711)
    labels.choose_second(4711)
    assert chosen.values == []


def test_a_hotkey_takes_its_label_in_hand(labels):
    assert labels.choose_hotkey("5")
    assert labels.primary.name == "water"
    assert not labels.choose_hotkey("ß")
    assert labels.primary.name == "water"


def test_recent_labels_are_the_newest_first_each_once(labels, heard):
    recent = heard(labels.recent_changed)
    for label_id in (1, 2, 1, 1):
        labels.note_used(label_id)
    assert [label.id for label in labels.recent] == [1, 2]
    assert len(recent.values) == 3
    for label_id in range(RECENT + 3):
        labels.note_used(label_id)
    assert len(labels.recent) == RECENT
    assert labels.recent[0].id == RECENT + 2


def test_an_open_layout_brings_its_own_palette(labels, session: Session, heard):
    labels.note_used(1)
    palettes = heard(labels.palette_changed)
    session.open(painted("coco_stuff"))
    assert palettes.last.id == labels.palette.id == "coco_stuff"
    assert labels.primary in labels.palette.labels
    assert labels.recent == ()
    session.open(Document(base=Photo(picture(8, 8), "photo")))
    assert labels.palette.id == "coco_stuff"


def test_what_is_in_hand_stays_so_under_its_name_in_another_palette(labels, session):
    by_name = {label.name: label for label in labels.palette.labels}
    labels.choose(by_name["water"].id)
    labels.choose_second(by_name["sand"].id)
    session.open(painted("coco_stuff"))
    assert labels.primary.name.startswith("water")
    assert labels.secondary.name == "sand"
    (sandwich,) = [label for label in labels.palette.labels if label.name == "sandwich"]
    labels.choose(sandwich.id)
    session.open(painted("landscape"))
    # What has no name there is put down for something that can be painted at once.
    assert labels.primary in labels.palette.labels
    assert labels.secondary.name == "sand"
    assert labels.primary != labels.secondary


def test_a_layout_in_an_unknown_palette_leaves_the_labels_as_they_are(labels, session, heard):
    palettes = heard(labels.palette_changed)
    session.open(painted("moon"))
    assert palettes.values == []
    assert labels.palette.id == "landscape"
