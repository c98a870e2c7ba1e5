"""Project files: reopened identical, whole or not at all, and refused in a sentence if they cannot
be."""

import contextlib
import errno
import hashlib
import io
import json
import os
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from app.document.document import Document
from app.document.history import History, State
from app.document.io import migrations, project, row_reader
from app.document.io.archive import MANIFEST
from app.document.io.images import read_image, write_image
from app.document.io.project import load_project, save_project
from app.document.io.steps import Steps
from app.document.tiles import TiledArray
from app.errors import UserError
from models.recipe import recipe_from_json
from tests.app.document.io.works import (
    full_document,
    full_steps,
    labels,
    painted,
    photo,
    same_steps,
)

STEPS = full_steps()


def one(document: Document) -> Steps:
    return Steps((State("Open", document, 0),), 0)


DOCUMENTS = {
    "full": full_document(),
    "plain": Document(base=photo(1)),
    "8 bit labels": Document(base=photo(1), labels=labels(8)),
    "no labels": replace(full_document(), labels=None),
    "masks alone": replace(full_document(), labels=None, entries=(), sliders=()),
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("saved") / "work.scumble"
    save_project(STEPS, path)
    return path.read_bytes()


@pytest.fixture
def file(tmp_path, saved) -> Path:
    path = tmp_path / "work.scumble"
    path.write_bytes(saved)
    return path


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def rewrite(path: Path, changes: dict[str, bytes | None], *, listed: bool = True) -> None:
    """Write it with other members, None for none; the manifest fits unless `listed` is false."""
    values: dict[str, Any] = {**members(path), **changes}
    manifest = json.loads(values.pop(MANIFEST))
    values = {name: data for name, data in values.items() if data is not None}
    if listed:
        manifest["members"] = {
            name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
            for name, data in values.items()
        }
    with zipfile.ZipFile(path, "w") as packed:
        for name, data in values.items():
            packed.writestr(name, data)
        packed.writestr(MANIFEST, json.dumps(manifest))


def with_rows(path: Path, change) -> None:
    rows = json.loads(members(path)["document.json"])
    change(rows)
    rewrite(path, {"document.json": json.dumps(rows).encode()})


def refused(path: Path, words: str) -> UserError:
    with pytest.raises(UserError) as caught:
        load_project(path)
    assert words in caught.value.text
    assert path.name in caught.value.text
    assert caught.value.hint
    return caught.value


# There and back


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_comes_back_the_same(tmp_path, name):
    path = tmp_path / "a.scumble"
    steps = one(DOCUMENTS[name])
    assert save_project(steps, path) is steps
    assert same_steps(load_project(path), steps)
    assert os.listdir(tmp_path) == ["a.scumble"]


def test_the_history_comes_back_with_its_place(file):
    loaded = load_project(file)
    assert same_steps(loaded, STEPS)
    assert loaded.index == 3
    history = loaded.history()
    assert history.is_saved
    for _ in range(3):
        history.undo()
    assert history.document == STEPS.states[0].document
    history.jump(len(STEPS.states) - 1)
    assert history.document == STEPS.states[-1].document


def test_a_project_that_is_saved_again_is_the_same(file, tmp_path):
    again = tmp_path / "again.scumble"
    save_project(load_project(file), again)
    assert members(again) == members(file)


def test_small_pictures_of_states_come_back(tmp_path):
    path = tmp_path / "a.scumble"
    serials = [state.serial for state in STEPS.states]
    wide = np.arange(64 * 40 * 3, dtype=np.uint8).reshape(40, 64, 3)
    thumbs = {serials[1]: wide[:, ::-1], serials[4]: wide[:3, :9], 77: wide}
    save_project(replace(STEPS, thumbs=thumbs), path)
    loaded = load_project(path)
    assert same_steps(loaded, STEPS)
    assert loaded.thumbs.keys() == {1, 4}
    history = loaded.history()
    for number, state in enumerate(history.states):
        thumb = history.thumbs.get(state.serial)
        assert (thumb is None) is (number not in (1, 4))
        if thumb is not None:
            assert np.array_equal(thumb, thumbs[serials[number]])


@pytest.mark.parametrize(
    "values",
    [
        {"0": np.zeros((4, 4, 3), np.float32)},
        {"0": np.zeros((4, 4), np.uint8), "x": np.zeros((4, 4, 3), np.uint8)},
        {"0": np.zeros((0, 4, 3), np.uint8)},
        {"0": np.zeros((1, 200_000, 3), np.uint8), "7": np.zeros((4, 4, 3), np.uint8)},
    ],
)
def test_small_pictures_that_are_none_are_left_out(file, values):
    rewrite(file, {"thumbs.safetensors": save_tensors(values)})
    loaded = load_project(file)
    assert same_steps(loaded, STEPS)
    assert loaded.thumbs == {}


@pytest.mark.parametrize("listed", [True, False])
def test_work_is_read_though_the_small_pictures_of_its_states_are_damaged(tmp_path, listed):
    path = tmp_path / "a.scumble"
    save_project(replace(STEPS, thumbs={0: np.zeros((4, 4, 3), np.uint8)}), path)
    data = members(path)["thumbs.safetensors"]
    rewrite(path, {"thumbs.safetensors": bytes(len(data))}, listed=listed)
    loaded = load_project(path)
    assert same_steps(loaded, STEPS)
    assert loaded.thumbs == {}


def test_a_project_that_was_unpacked_and_packed_again_opens_the_same(file):
    before = members(file)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("photos/", b"")
        for name in sorted(before, reverse=True):
            packed.writestr(name, before[name])
    assert same_steps(load_project(file), STEPS)


def test_states_share_what_they_shared(file):
    states = load_project(file).states
    first, second, brushed = (state.document for state in states[:3])
    assert first.base is second.base
    assert first.references[0] is brushed.references[0]
    assert first.masks[0] is brushed.masks[0]
    assert first.entries[0] is second.entries[0]
    assert first.labels is not None
    assert second.labels is not None
    rows = zip(first.labels.ids.tile_rows, second.labels.ids.tile_rows, strict=True)
    assert [a is b for a, b in rows] == [True, False, True]


def test_two_hundred_strokes_take_little_room(tmp_path):
    """Each of them is written as the tiles that it changed."""
    document = Document(base=photo(1), labels=labels(8))
    history = History(document)
    for x_px in range(200):
        history.push("Paint", painted(history.current, x_px))
    path, first = tmp_path / "a.scumble", tmp_path / "first.scumble"
    save_project(one(document), first)
    save_project(Steps.of(history), path)
    tiles = 150 * 200 * 200
    assert path.stat().st_size - first.stat().st_size < tiles / 4
    assert same_steps(load_project(path), Steps.of(history))


def test_the_members_are_what_other_programs_know(file):
    found = members(file)
    document = STEPS.document
    ids = np.asarray(Image.open(io.BytesIO(found["arrays/2.png"])))
    assert np.array_equal(ids, document.masks[1].grey_hw)
    with Image.open(io.BytesIO(found["thumbnail.png"])) as thumbnail:
        assert max(thumbnail.size) <= 256
    edits = recipe_from_json(found["recipe.json"].decode())
    assert edits[: len(document.edits)] == document.edits
    sliders = load_tensors(found["sliders.safetensors"])
    assert np.array_equal(sliders["0"], document.sliders[0].direction.values)
    manifest = json.loads(found[MANIFEST])
    assert (manifest["format"], manifest["version"]) == ("scumble-project", 1)
    assert manifest["members"].keys() == found.keys() - {MANIFEST}


def test_every_photo_is_there_once(file):
    names = [name for name in members(file) if name.startswith("photos/")]
    pictures = {p.picture.sha256 for s in STEPS.states for p in s.document.references}
    assert len(names) == len(pictures | {STEPS.document.base.picture.sha256})


def test_a_photos_own_file_goes_into_the_project(tmp_path):
    write_image(tmp_path / "a.jpg", np.full((30, 40, 3), 99, np.uint8))
    image = read_image(tmp_path / "a.jpg")
    base = replace(photo(1), path=tmp_path / "a.jpg")
    base = replace(base, picture=type(base.picture).from_rgb(image.rgb_hwc))
    save_project(one(Document(base=base)), tmp_path / "a.scumble")
    data = (tmp_path / "a.jpg").read_bytes()
    assert data in members(tmp_path / "a.scumble").values()
    (tmp_path / "a.jpg").unlink()
    assert load_project(tmp_path / "a.scumble").document.base == base


def test_an_original_that_is_decoded_otherwise_takes_its_edits_along(tmp_path):
    """The decoder of another program gave other pixels: the edits name the pixels of this one."""
    document = full_document()
    reference = document.references[1]
    path = tmp_path / "a.scumble"
    save_project(one(document), path)
    old = f"photos/{reference.picture.sha256[:32]}.png"
    write_image(tmp_path / "b.jpg", np.full((150, 200, 3), 99, np.uint8))
    data = (tmp_path / "b.jpg").read_bytes()
    rewrite(path, {old: None, old.replace("photos", "originals").replace("png", "jpg"): data})
    loaded = load_project(path).document
    theirs = loaded.references[1].picture
    assert theirs != reference.picture
    assert loaded.entry(2).edit.pictures == (theirs.sha256,)
    assert loaded.entry(7).edit.pictures == (theirs.sha256,)
    save_project(one(loaded), path)
    assert load_project(path).document == loaded


def test_a_thumbnail_of_the_picture_may_be_given(tmp_path):
    path = tmp_path / "a.scumble"
    red = np.full((100, 1200, 3), (200, 0, 0), np.uint8)
    save_project(one(DOCUMENTS["plain"]), path, thumbnail_hwc=red)
    with Image.open(io.BytesIO(members(path)["thumbnail.png"])) as thumbnail:
        assert thumbnail.size == (240, 20)
        assert thumbnail.getpixel((3, 3)) == (200, 0, 0)


def test_progress_is_told(tmp_path):
    told = []
    path = tmp_path / "a.scumble"
    save_project(STEPS, path, progress=lambda words, share: told.append((words, share)))
    assert told[-1] == ("writing", 1.0)
    assert "writing photo 1.jpg" in [words for words, _ in told]
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    told.clear()
    load_project(path, lambda words, share: told.append(share))
    assert told == sorted(told)
    assert 0.0 <= told[0] < told[-1] <= 1.0


def test_a_history_too_large_for_a_file_loses_its_oldest_steps(tmp_path, monkeypatch):
    path = tmp_path / "a.scumble"
    save_project(STEPS, path)
    size = max(len(members(path)[name]) for name in ("document.json", "recipe.json"))
    monkeypatch.setattr(project, "MAX_TEXT_BYTES", size - 1)
    written = save_project(STEPS, path)
    assert len(written.states) < len(STEPS.states)
    assert written.document is STEPS.document
    assert same_steps(load_project(path), written)
    monkeypatch.setattr(project, "MAX_TEXT_BYTES", 1)
    for index in (0, 6):
        last = save_project(Steps(STEPS.states, index), path)
        assert [state.document for state in last.states] == [STEPS.states[index].document]


# Writing


def test_an_existing_project_survives_a_full_disk(file, monkeypatch):
    before = file.read_bytes()

    def full(handle):
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(UserError, match="no room left on the disk"):
            save_project(one(DOCUMENTS["plain"]), file)
    assert file.read_bytes() == before
    assert os.listdir(file.parent) == [file.name]


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(UserError, match="there is no folder"):
        save_project(STEPS, tmp_path / "none" / "a.scumble")


# Bad files


def test_a_missing_project_is_told(tmp_path):
    refused_path = tmp_path / "gone.scumble"
    with pytest.raises(UserError, match="There is no file"):
        load_project(refused_path)


def test_a_protected_project_is_told(file, monkeypatch):
    def fail(path, form, newest):
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(project, "Archive", fail)
    refused(file, "you may not read it")


def test_a_folder_is_no_project(tmp_path):
    (tmp_path / "a.scumble").mkdir()
    refused(tmp_path / "a.scumble", "it is a folder")


def test_a_full_disk_is_not_taken_for_a_damaged_project(file, monkeypatch):
    def full(**_arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "TemporaryDirectory", full)
        refused(file, "No space left on device")


def test_a_picture_is_no_project(tmp_path):
    path = tmp_path / "a.scumble"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    refused(path, "it is not a Scumble project")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_cut_project_is_refused(file, share):
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * share)])
    refused(file, "cannot be opened")


def test_a_flipped_bit_anywhere_is_refused_or_does_not_matter(file):
    data = file.read_bytes()
    generator = np.random.default_rng(3)
    for place in generator.integers(0, len(data), 60).tolist():
        damaged = bytearray(data)
        damaged[place] ^= 1 << int(generator.integers(8))
        file.write_bytes(bytes(damaged))
        with contextlib.suppress(UserError):
            assert same_steps(load_project(file), STEPS)


def test_a_project_of_a_later_version_says_so(file):
    found = json.loads(members(file)[MANIFEST])
    values = {**members(file), MANIFEST: json.dumps({**found, "version": 2}).encode()}
    with zipfile.ZipFile(file, "w") as packed:
        for name, data in values.items():
            packed.writestr(name, data)
    refused(file, "a later version of Scumble wrote it")


def test_a_recipe_of_a_later_version_is_refused(file):
    recipe = json.loads(members(file)["recipe.json"])
    rewrite(file, {"recipe.json": json.dumps({**recipe, "version": 99}).encode()})
    refused(file, "cannot be opened")


@pytest.mark.parametrize("name", ["document.json", "recipe.json", "arrays/0.png"])
def test_a_missing_member_is_refused(file, name):
    rewrite(file, {name: None})
    refused(file, "cannot be opened")


def test_a_missing_member_that_is_listed_is_named(file):
    rewrite(file, {"recipe.json": None}, listed=False)
    refused(file, "recipe.json is missing in it")


def test_a_missing_reference_is_told(file):
    name = next(name for name in members(file) if name.startswith("photos/"))
    rewrite(file, {name: None})
    refused(file, "a picture is missing in it")


def test_a_path_that_climbs_out_is_told_and_nothing_is_written(file):
    rewrite(file, {"../evil.json": b"{}"})
    refused(file, "a path that leads out of it")
    assert os.listdir(file.parent) == [file.name]
    assert not (file.parent.parent / "evil.json").exists()


def part_missing(part):
    def change(rows):
        for row in rows["documents"]:
            row[part] = []

    return change


@pytest.mark.parametrize(
    ("part", "words"), [("references", "a picture"), ("masks", "a mask"), ("sliders", "a slider")]
)
def test_an_edit_that_names_what_is_not_there_is_refused(file, part, words):
    with_rows(file, part_missing(part))
    refused(file, f"{words} that an edit uses is missing in it")


def setting(*keys):
    """A change of one value, deep in the rows, to the last of the keys."""

    def change(rows):
        *path, last, value = keys
        for key in path:
            rows = rows[key]
        rows[last] = value

    return change


NONSENSE = {
    "no rows": lambda rows: rows.clear(),
    "a photo's name": setting("photos", 0, "name", 7),
    "a name with a zero": setting("photos", 0, "name", "a\0b"),
    "a photo's path": setting("photos", 0, "path", 7),
    "a photo's hash": setting("photos", 0, "sha256", None),
    "other metadata": setting("photos", 0, "metadata", {"magic": ""}),
    "metadata of numbers": setting("photos", 0, "metadata", {"icc": 7}),
    "another size": setting("arrays", 0, "width", 199),
    "no size": setting("arrays", 0, "width", 0),
    "a negative size": setting("arrays", 0, "height", -1),
    "half a pixel": setting("arrays", 0, "height", 1.5),
    "a huge size": setting("arrays", 0, "height", 10**9),
    "32 bits": setting("arrays", 0, "bits", 32),
    "8 bits": setting("arrays", 0, "bits", 8),
    "a base that is none": setting("arrays", -1, "base", 99),
    "a base of another size": setting("arrays", -1, "base", 1),
    "a tile that is none": setting("arrays", -1, "tiles", [999]),
    "a negative tile": setting("arrays", -1, "tiles", [-1]),
    "a mask's hash": setting("masks", 0, "sha256", "0" * 64),
    "a mask's array": setting("masks", 0, "array", 0),
    "a mask of 16 bits": setting("masks", 0, "array", 2),
    "a slider's hash": setting("sliders", 0, "sha256", "0" * 64),
    "a slider's share": setting("sliders", 0, "share", "much"),
    "a slider's name": setting("sliders", 0, "name", None),
    "fewer entries": lambda rows: rows["entries"].pop(),
    "a uid": setting("entries", 0, "uid", "7"),
    "a uid of truth": setting("entries", 0, "uid", True),
    "a document's base": setting("documents", 0, "base", 99),
    "a negative base": setting("documents", 0, "base", -1),
    "a uid twice": setting("documents", 0, "entries", [0, 0]),
    "the next uid": setting("documents", 0, "next_uid", 1),
    "labels of another size": setting("documents", 0, "labels", "array", 1),
    "a name of a label": setting("names", 0, [[0, 1]]),
    "a state": setting("states", 0, 7),
    "a state's document": setting("states", 0, "document", 99),
    "no states": setting("states", []),
    "the place": setting("index", 99),
    "no place": setting("index", None),
    "rows that are text": setting("photos", "photos"),
}  # fmt: skip


@pytest.mark.parametrize("name", NONSENSE)
def test_rows_of_nonsense_are_refused(file, name):
    with_rows(file, NONSENSE[name])
    refused(file, "cannot be opened")


@pytest.mark.parametrize("text", [b"", b"[]", b"null", b"7", b"[" * 200_000, b"\xff\xfe", b'{"a":'])
def test_json_of_nonsense_is_refused(file, text):
    rewrite(file, {"document.json": text})
    refused(file, "damaged or cut short")


@pytest.mark.parametrize("text", [b"", b"[]", b"[" * 200_000, b"\xff"])
def test_a_recipe_of_nonsense_is_refused(file, text):
    rewrite(file, {"recipe.json": text})
    refused(file, "damaged or cut short")


def png(pixels) -> bytes:
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "PNG")
    return target.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        png(np.zeros((150, 200, 3), np.uint8)),
        png(np.zeros((150, 200), np.uint8)),
        png(np.zeros((150, 201), np.uint16)),
    ],
)
def test_a_layout_of_another_kind_is_refused(file, data):
    rewrite(file, {"arrays/0.png": data})
    refused(file, "damaged or cut short")


def test_other_ids_that_fit_are_another_layout_and_other_levels_are_damage(file):
    """A layout has no hash of its own: edits do not name it."""
    rewrite(file, {"arrays/0.png": png(np.zeros((150, 200), np.uint16))})
    load_project(file)
    rewrite(file, {"arrays/1.png": png(np.zeros((5, 7), np.uint8))})
    refused(file, "damaged or cut short")


@pytest.mark.parametrize("data", [b"", b"x" * 99])
def test_sliders_that_cannot_be_read_are_refused(file, data):
    rewrite(file, {"sliders.safetensors": data})
    refused(file, "damaged or cut short")


def test_pictures_too_large_to_be_opened_are_refused(file):
    name = next(name for name in members(file) if name.startswith("photos/"))
    huge = bytearray(members(file)[name])
    huge[16:24] = (60_000).to_bytes(4, "big") * 2
    rewrite(file, {name: bytes(huge)})
    refused(file, "cannot be opened")


def test_layouts_and_masks_that_would_fill_the_memory_are_refused(file, monkeypatch):
    monkeypatch.setattr(row_reader, "MAX_ARRAY_BYTES", 70_000)
    refused(file, "it would fill the memory")


def test_a_bomb_of_arrays_is_refused_before_it_is_unpacked(file):
    """Ten thousand times the same small file, each to become 100 million pixels."""
    black = TiledArray.filled(10_000, 10_000, 0)
    row = {"width": 10_000, "height": 10_000, "bits": 16, "base": None, "tiles": []}
    data = members(file)["arrays/1.png"]
    assert black.height_px == 10_000
    changes: dict[str, bytes | None] = {f"arrays/{number}.png": data for number in range(50)}

    def change(rows):
        rows["arrays"] = [row] * 50

    rewrite(file, changes)
    with_rows(file, change)
    refused(file, "cannot be opened")


# Versions


def test_there_is_a_way_from_every_earlier_version():
    assert set(migrations.MIGRATIONS) == set(range(1, migrations.VERSION))


def test_a_file_of_an_earlier_version_is_brought_up_to_date_step_by_step(file, monkeypatch):
    """Made up: version 1 called labels "title" what is "label" in version 2; 3 has one more."""

    def to_2(rows):
        states = [{**row, "label": row["title"]} for row in rows["states"]]
        return {**rows, "states": states}

    def to_3(rows):
        states = [{**row, "label": row["label"] + "!"} for row in rows["states"]]
        return {**rows, "states": states}

    def rename(rows):
        for row in rows["states"]:
            row["title"] = row.pop("label")

    with_rows(file, rename)
    refused(file, "cannot be opened")
    for module in (migrations, project):
        monkeypatch.setattr(module, "VERSION", 3)
    refused(file, "cannot be opened")
    monkeypatch.setattr(migrations, "MIGRATIONS", {1: to_2, 2: to_3})
    labels = [state.label for state in load_project(file).states]
    assert labels == [f"{state.label}!" for state in STEPS.states]
