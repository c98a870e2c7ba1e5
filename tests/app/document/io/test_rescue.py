"""A document that is put aside comes back as it was; what is damaged never comes back by half."""

import errno
import json
import os
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.document.document import Document, EditEntry, LabelMap, Photo
from app.document.io import rescue
from app.document.io.images import read_image, write_image
from app.document.io.metadata import ImageMetadata
from app.document.io.rescue import (
    list_rescues,
    load_rescue,
    remove_rescue,
    rescue_folder,
    rescue_words,
    save_rescue,
)
from app.document.tiles import TiledArray
from app.errors import UserError
from models.api import Mask, Picture
from models.edits import SwapTexture
from tests.app.document.io.files import XMP, exif_block, iptc_record, noise, rgb_profile


def photo(seed: int, bits: int = 8, *, alpha: bool = False, **values) -> Photo:
    pixels = np.random.default_rng(seed).permutation(noise(13, 17, 4, bits))
    picture = Picture.from_rgb(pixels[..., :3])
    return Photo(picture, f"photo {seed}.jpg", alpha_hw=pixels[..., 3] if alpha else None, **values)


METADATA = ImageMetadata(rgb_profile(), exif_block(6, order=">"), XMP % 3, iptc_record())


def full_document() -> Document:
    base = photo(1, 16, alpha=True, path=Path("/a/\udcffä b.jpg"), metadata=METADATA)
    references = (photo(2, metadata=METADATA, alpha=True), photo(3, 16), photo(4))
    masks = (Mask.from_grey(noise(5, 7, 1)[..., 0]), Mask.from_grey(noise(3, 3, 1)[..., 0]))
    used = references[1].picture.sha256
    first = SwapTexture(model="m", reference=used, amount=0.1, strength=1, mask=masks[1].sha256)
    second = SwapTexture(
        model="n", reference=base.picture.sha256, checkpoint=used, seed=None, enabled=False
    )
    return Document(
        base=base,
        labels=LabelMap(TiledArray.from_array(noise(13, 17, 1, 16)[..., 0]), "landscape"),
        entries=(EditEntry(7, second, "weg \udcff"), EditEntry(2, first), EditEntry(4, first)),
        references=references,
        masks=masks,
        next_uid=9,
    )


DOCUMENTS = {
    "full": full_document(),
    "plain": Document(base=photo(1)),
    "labels": replace(full_document(), masks=(), entries=()),
    "masks": replace(full_document(), labels=None),
}


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "data" / "rescue"


@pytest.fixture
def saved(folder) -> Path:
    return save_rescue(DOCUMENTS["full"], folder)


def same_pixels(a: Document, b: Document) -> bool:
    pairs = [(a.base, b.base), *zip(a.references, b.references, strict=True)]
    arrays = [(x.picture.rgb_hwc, y.picture.rgb_hwc) for x, y in pairs]
    alphas = [(x.alpha_hw, y.alpha_hw) for x, y in pairs]
    arrays += [(x, y) for x, y in alphas if x is not None and y is not None]
    arrays += [(x.grey_hw, y.grey_hw) for x, y in zip(a.masks, b.masks, strict=True)]
    if a.labels and b.labels:
        arrays.append((a.labels.ids.to_array(), b.labels.ids.to_array()))
    return all(x.dtype == y.dtype and np.array_equal(x, y) for x, y in arrays)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_put_aside_comes_back_the_same(folder, name):
    document = DOCUMENTS[name]
    path = save_rescue(document, folder)
    loaded = load_rescue(path)
    assert loaded == document
    assert same_pixels(loaded, document)
    assert list_rescues(folder) == (path,)
    assert os.listdir(folder) == [path.name]


def test_the_photo_is_a_file_that_any_program_opens(saved):
    image = read_image(saved / "base.tif")
    base = DOCUMENTS["full"].base
    assert np.array_equal(image.rgb_hwc, base.picture.rgb_hwc)
    assert image.metadata.icc == base.metadata.icc
    assert sorted(path.name for path in saved.iterdir()) == [
        "arrays.npz",
        "base.tif",
        "recipe.json",
        "references",
    ]


def test_rescues_are_listed_newest_first(folder):
    names = ["20270314-150926", "20270314-150926-2", "20270314-150926-10", "20261231-000000"]
    for name in [f"rescue-{name}" for name in names] + ["rescue-x", ".rescue-12.part", "other"]:
        (folder / name).mkdir(parents=True)
    (folder / "rescue-20270314-150927").write_text("a file")
    assert [path.name[7:] for path in list_rescues(folder)] == [
        "20270314-150926-10",
        "20270314-150926-2",
        "20270314-150926",
        "20261231-000000",
    ]


def test_listing_them_loads_no_image_library(saved, folder):
    code = (
        "import sys; from pathlib import Path; from app.document.io import rescue; "
        "found = rescue.list_rescues(Path(sys.argv[1])); rescue.rescue_words(found[0]); "
        "sys.exit(not {'OpenImageIO', 'PIL', 'PySide6', 'torch'}.isdisjoint(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code, folder], check=False).returncode == 0


def test_without_a_folder_there_are_no_rescues(tmp_path):
    assert list_rescues(tmp_path / "no") == ()


def test_several_rescues_of_one_second_have_names_of_their_own(folder, monkeypatch):
    class Clock(rescue.datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2027, 3, 14, 15, 9, 26)

    monkeypatch.setattr(rescue.datetime, "datetime", Clock)
    paths = [save_rescue(DOCUMENTS["plain"], folder) for _ in range(3)]
    names = ["rescue-20270314-150926", "rescue-20270314-150926-2", "rescue-20270314-150926-3"]
    assert [path.name for path in paths] == names
    assert list_rescues(folder) == tuple(reversed(paths))
    assert rescue_words(paths[1]) == "photo 1.jpg, 14 March 2027, 15:09"


def test_a_damaged_rescue_goes_by_its_folder(saved):
    (saved / "recipe.json").write_text("{")
    assert rescue_words(saved) == saved.name
    assert rescue_words(saved / "other") == "other"
    absurd = saved.with_name("rescue-99999999-999999")
    saved.rename(absurd)
    assert rescue_words(absurd) == absurd.name


FILES = ["recipe.json", "base.tif", "references/01.tif", "references/03.tif", "arrays.npz"]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "noise", "folder"])
def test_a_rescue_with_a_damaged_file_is_refused(saved, file, damage):
    path = saved / file
    data = path.read_bytes()
    path.unlink()
    if damage == "folder":
        path.mkdir()
    elif damage != "missing":
        path.write_bytes({"empty": b"", "cut": data[: len(data) // 9], "noise": b"x" * 99}[damage])
    refused(saved)


def refused(path: Path) -> None:
    with pytest.raises(UserError, match="is damaged and cannot be opened") as caught:
        load_rescue(path)
    assert path.name in caught.value.text
    assert str(path) in caught.value.hint


@pytest.mark.parametrize("file", ["base.tif", "references/02.tif"])
def test_other_pixels_than_were_written_are_refused(saved, file):
    image = read_image(saved / file)
    write_image(saved / file, 255 - image.rgb_hwc, image.metadata, alpha_hw=image.alpha_hw)
    refused(saved)


def test_another_alpha_than_was_written_is_refused(saved):
    image = read_image(saved / "base.tif")
    write_image(saved / "base.tif", image.rgb_hwc, image.metadata)
    refused(saved)


def test_other_labels_or_masks_than_were_written_are_refused(saved):
    with np.load(saved / "arrays.npz") as archive:
        arrays = {name: archive[name] for name in archive.files}
    for name, array in arrays.items():
        np.savez(saved / "arrays.npz", **{**arrays, name: array + 1})
        refused(saved)
    np.savez(saved / "arrays.npz", **{**arrays, "labels": np.array([{}])}, allow_pickle=True)
    refused(saved)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"version": "1"},
        {"sha256": "0" * 64},
        {"document": {}},
        {"document": None},
    ],
)
def test_another_recipe_than_was_written_is_refused(saved, change):
    values = json.loads((saved / "recipe.json").read_text())
    (saved / "recipe.json").write_text(json.dumps({**values, **change}))
    refused(saved)


def test_a_recipe_whose_values_were_changed_is_refused(saved):
    text = (saved / "recipe.json").read_text()
    assert "0.1" in text
    (saved / "recipe.json").write_text(text.replace("0.1", "0.2"))
    refused(saved)


def test_a_rescue_of_a_later_version_says_so(saved):
    values = json.loads((saved / "recipe.json").read_text())
    (saved / "recipe.json").write_text(json.dumps({**values, "version": 2}))
    with pytest.raises(UserError, match="later version"):
        load_rescue(saved)
    assert rescue_words(saved) == saved.name


@pytest.mark.parametrize("step", range(1, 7))
def test_a_disk_that_fills_up_leaves_nothing(folder, monkeypatch, step):
    """The document has six files; the disk is full at each of them."""
    kept = save_rescue(DOCUMENTS["plain"], folder)
    flush, calls = os.fsync, []

    def full(handle):
        # Folders are flushed as well.
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            calls.append(handle)
        if len(calls) == step:
            raise OSError(errno.ENOSPC, "full")
        flush(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(UserError, match="no room left on the disk"):
            save_rescue(DOCUMENTS["full"], folder)
    assert os.listdir(folder) == [kept.name]
    assert load_rescue(kept) == DOCUMENTS["plain"]


def test_a_folder_that_cannot_be_made_or_renamed_is_one_sentence(folder, monkeypatch):
    folder.parent.mkdir()
    folder.write_text("a file")
    with pytest.raises(UserError, match="cannot be saved"):
        save_rescue(DOCUMENTS["plain"], folder)
    folder.unlink()

    def fail(*_arguments):
        raise PermissionError(errno.EACCES, "no")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", fail)
        with pytest.raises(UserError, match="is protected"):
            save_rescue(DOCUMENTS["plain"], folder)
    assert os.listdir(folder) == []


def test_what_a_killed_program_left_is_deleted_a_day_later(folder):
    old, new = folder / ".rescue-1.part", folder / ".rescue-2.part"
    for part in (old, new):
        (part / "references").mkdir(parents=True)
    day_ago = time.time() - 25 * 3600
    os.utime(old, (day_ago, day_ago))
    save_rescue(DOCUMENTS["plain"], folder)
    assert new.exists()
    assert not old.exists()


def test_a_rescue_is_removed_once(saved, folder):
    remove_rescue(saved)
    assert os.listdir(folder) == []
    remove_rescue(saved)


def test_nothing_but_a_rescue_is_removed(folder):
    (folder / "photos").mkdir(parents=True)
    with pytest.raises(ValueError, match="is no rescue"):
        remove_rescue(folder / "photos")
    assert (folder / "photos").exists()


def test_a_rescue_that_cannot_be_removed_stays_whole(saved, monkeypatch):
    def fail(*_arguments):
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", fail)
        with pytest.raises(UserError, match="cannot be deleted: Permission denied"):
            remove_rescue(saved)
    assert load_rescue(saved) == DOCUMENTS["full"]


def test_the_folder_of_all_data_may_be_named_by_a_variable(tmp_path, monkeypatch):
    monkeypatch.delenv("SCUMBLE_DATA", raising=False)
    assert rescue_folder().parts[-2:] == ("scumble", "rescue")
    monkeypatch.setenv("SCUMBLE_DATA", str(tmp_path))
    assert rescue_folder() == tmp_path / "rescue"
