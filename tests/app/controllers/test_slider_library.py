"""The person's own sliders on disk: kept, named, pinned, shared; nothing is lost to bad files."""

import json

import pytest

from app.controllers import slider_library
from app.controllers.slider_library import (
    LONGEST_NAME,
    MARKS_FILE,
    SliderLibrary,
    file_stem,
    library_folder,
    plain_name,
)
from app.document.io.slider_files import SUFFIX, write_sliders
from app.errors import UserError
from tests.app.controllers.slider_kit import OTHER_WEIGHTS, WEIGHTS, slider


@pytest.fixture
def rest(queue, qtbot):
    """A function that waits until nothing is on its way."""
    return lambda: qtbot.waitUntil(lambda: queue.idle)


@pytest.fixture
def begin(queue, rest):
    """A function that begins a library on the same folder, as another start does."""

    def make() -> SliderLibrary:
        library = SliderLibrary(queue)
        library.read()
        rest()
        return library

    return make


@pytest.fixture
def library(begin) -> SliderLibrary:
    return begin()


def files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in library_folder().glob(f"*{SUFFIX}")}


def names(library, weights=WEIGHTS):
    return [one.name for one in library.sliders(weights)]


def test_a_folder_that_is_not_there_has_nothing_in_it(queue, rest, heard):
    library = SliderLibrary(queue)
    failed = heard(library.failed)
    assert not library.is_read
    library.read()
    rest()
    assert (library.is_read, names(library), failed.values) == (True, [], [])
    assert not library_folder().exists()


def test_what_is_added_is_there_at_the_next_start(library, begin, rest):
    library.add([slider("Warm"), slider("Cold", -0.1, 0.0, 0.1, share=0.25)])
    rest()
    assert names(library) == ["Warm", "Cold"]
    again = begin()
    assert sorted(names(again)) == ["Cold", "Warm"]
    assert set(again.sliders(WEIGHTS)) == set(library.sliders(WEIGHTS))
    (cold,) = [one for one in again.sliders(WEIGHTS) if one.name == "Cold"]
    assert cold.share == 0.25


def test_sliders_of_other_weights_are_kept_apart(library, rest):
    library.add([slider("Warm"), slider("Theirs", 0.2, weights=OTHER_WEIGHTS)])
    rest()
    assert names(library) == ["Warm"]
    assert names(library, OTHER_WEIGHTS) == ["Theirs"]


def test_two_of_one_name_do_not_overwrite_each_other(library, begin, rest):
    library.add([slider("Warm"), slider("Warm", 0.3)])
    rest()
    assert sorted(path.name for path in library_folder().glob(f"*{SUFFIX}")) == [
        f"Warm 2{SUFFIX}",
        f"Warm{SUFFIX}",
    ]
    assert len(begin().sliders(WEIGHTS)) == 2


def test_names_and_pins_survive_a_restart(library, begin, rest):
    library.rename(WEIGHTS, "texture:3", "  Autumn\n leaves ")
    library.rename(WEIGHTS, "texture:4", "Fog")
    library.rename(WEIGHTS, "texture:4", "")
    library.rename(OTHER_WEIGHTS, "texture:3", "Theirs")
    library.pin(WEIGHTS, "texture:7", on=True)
    library.pin(WEIGHTS, "texture:1", on=True)
    library.pin(WEIGHTS, "texture:7", on=False)
    rest()
    again = begin()
    assert again.marks(WEIGHTS).names == {"texture:3": "Autumn leaves"}
    assert again.marks(WEIGHTS).pinned == ("texture:1",)
    assert again.marks(OTHER_WEIGHTS).names == {"texture:3": "Theirs"}


def test_nothing_is_written_over_names_that_were_not_read_yet(library, queue, begin, rest):
    library.rename(WEIGHTS, "texture:0", "Snow")
    rest()
    early = SliderLibrary(queue)
    early.rename(WEIGHTS, "texture:1", "Fog")
    rest()
    assert begin().marks(WEIGHTS).names == {"texture:0": "Snow"}


def test_what_is_removed_is_gone_and_can_be_put_back_where_it_was(library, begin, rest):
    warm, cold = slider("Warm"), slider("Cold", -0.1)
    library.add([warm, cold])
    rest()
    before = files()
    key = warm.direction.sha256
    assert library.remove(key)
    assert names(library) == ["Cold"]
    rest()
    assert names(begin()) == ["Cold"]
    assert not library.remove(key)
    library.add([slider("Fog", 0.7)])
    rest()
    library.put_back(key)
    assert names(library) == ["Warm", "Cold", "Fog"]
    rest()
    assert before.items() <= files().items()
    assert len(begin().sliders(WEIGHTS)) == 3


def test_what_was_one_of_several_in_a_file_is_put_back_among_them(begin, rest):
    several = [slider("Warm"), slider("Cold", -0.1), slider("Fog", 0.7)]
    library_folder().mkdir(parents=True)
    write_sliders(library_folder() / f"all{SUFFIX}", several)
    before, library = files(), begin()
    key = several[1].direction.sha256
    assert library.remove(key)
    rest()
    assert names(begin()) == ["Warm", "Fog"]
    library.put_back(key)
    rest()
    assert files() == before
    assert names(library) == names(begin()) == ["Warm", "Cold", "Fog"]


def test_what_came_again_is_not_put_back_twice(library, begin, rest):
    warm = slider("Warm")
    library.add([warm])
    rest()
    before = files()
    library.remove(warm.direction.sha256)
    rest()
    library.add([warm])
    rest()
    library.put_back(warm.direction.sha256)
    library.put_back("0" * 64)
    rest()
    assert files() == before
    library.remove(warm.direction.sha256)
    library.put_back(warm.direction.sha256)
    rest()
    assert files() == before
    assert names(library) == names(begin()) == ["Warm"]


def test_what_has_taken_its_file_stays_when_it_is_put_back(library, begin, rest):
    warm, other = slider("Warm"), slider("Warm", 0.3)
    library.add([warm])
    rest()
    key = warm.direction.sha256
    assert library.remove(key)
    rest()
    # As another window does, or somebody who copies a file into the folder.
    write_sliders(library_folder() / f"Warm{SUFFIX}", [other])
    library.put_back(key)
    rest()
    assert begin().sliders(WEIGHTS) == (warm, other)


def test_one_of_several_in_a_file_leaves_the_others(library, begin, rest):
    warm, cold = slider("Warm"), slider("Cold", -0.1)
    library_folder().mkdir(parents=True)
    write_sliders(library_folder() / f"both{SUFFIX}", [warm, cold])
    again = begin()
    again.remove(warm.direction.sha256)
    rest()
    assert begin().sliders(WEIGHTS) == (cold,)


def test_a_slider_is_shared_as_a_file(library, begin, rest, heard, tmp_path, monkeypatch):
    saved, loaded = heard(library.saved), heard(library.loaded)
    library.save(slider("Warm"), tmp_path / f"gift{SUFFIX}")
    rest()
    assert saved.last == tmp_path / f"gift{SUFFIX}"
    library.load(tmp_path / f"gift{SUFFIX}", WEIGHTS, "toy")
    rest()
    assert loaded.last == (slider("Warm"),)
    assert names(library) == names(begin()) == ["Warm"]
    library.load(tmp_path / f"gift{SUFFIX}", WEIGHTS, "toy")
    rest()
    assert names(begin()) == ["Warm"]
    assert len(list(library_folder().glob(f"*{SUFFIX}"))) == 1


def test_a_file_of_another_model_is_refused(library, rest, heard, tmp_path):
    failed = heard(library.failed)
    library.save(slider("Theirs", weights=OTHER_WEIGHTS), tmp_path / f"gift{SUFFIX}")
    library.load(tmp_path / f"gift{SUFFIX}", WEIGHTS, "toy")
    rest()
    assert "other weights of the model 'toy'" in failed.last.text
    assert not library_folder().exists() or not list(library_folder().iterdir())


def test_a_damaged_file_is_told_and_left_where_it_is(library, begin, queue, rest, heard):
    library.add([slider("Warm")])
    rest()
    bad = library_folder() / f"bad{SUFFIX}"
    bad.write_bytes(b"nothing of the kind")
    again = SliderLibrary(queue)
    failed = heard(again.failed)
    again.read()
    rest()
    assert names(again) == ["Warm"]
    assert len(failed.values) == 1
    assert bad.name in failed.last.text
    assert bad.read_bytes() == b"nothing of the kind"


@pytest.mark.parametrize(
    "data", [b"\xff\xfe{", b"[1, 2]", b'{"version": 99, "models": {}}', b'{"version": 1}']
)
def test_damaged_names_are_put_aside(library, queue, rest, heard, data):
    folder = library_folder()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKS_FILE).write_bytes(data)
    again = SliderLibrary(queue)
    failed = heard(again.failed)
    again.read()
    rest()
    assert again.is_read
    assert "kept as marks.json.bad" in failed.last.text
    again.rename(WEIGHTS, "texture:0", "Snow")
    rest()
    assert (folder / "marks.json.bad").read_bytes() == data
    assert json.loads((folder / MARKS_FILE).read_bytes())["version"] == 1


def test_a_folder_that_cannot_be_made_is_told(library, rest, heard):
    library_folder().parent.mkdir(parents=True, exist_ok=True)
    library_folder().write_bytes(b"a file of that name")
    failed = heard(library.failed)
    library.add([slider("Warm")])
    rest()
    assert "cannot be saved" in failed.last.text
    assert names(library) == []


def test_if_one_cannot_be_written_none_stays(library, rest, heard, monkeypatch):
    calls = []

    def fails_at_the_second(path, sliders):
        calls.append(path)
        if len(calls) == 2:
            raise UserError("The disk is full.")
        write_sliders(path, sliders)

    monkeypatch.setattr(slider_library, "write_sliders", fails_at_the_second)
    failed = heard(library.failed)
    library.add([slider("Warm"), slider("Cold", -0.1)])
    rest()
    assert failed.last.text == "The disk is full."
    assert names(library) == []
    assert list(library_folder().glob(f"*{SUFFIX}")) == []


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Snow", "Snow"),
        ("a/b\\c: d?", "abc d"),
        ("Wald im Nebel: früh", "Wald im Nebel früh"),
        ("../../etc", "etc"),
        ("???", "Slider"),
        ("x" * 200, "x" * LONGEST_NAME),
    ],
)
def test_names_of_files_suit_every_system(name, stem):
    assert file_stem(name) == stem


def test_a_name_is_one_line():
    assert plain_name("  a \n b\t c ") == "a b c"
    assert len(plain_name("y" * 300)) == LONGEST_NAME
