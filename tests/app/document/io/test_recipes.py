"""Recipes on the disk: all that edits name comes back exactly, and bad input is a sentence."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from app.document import document as documents
from app.document.document import Document, Photo
from app.document.io import png, recipes
from app.document.io.images import read_image, write_image
from app.document.io.recipes import (
    Recipe,
    files_folder,
    load_recipe,
    recipe_of,
    replayed,
    save_recipe,
    with_recipe,
)
from app.document.masks import mask_of
from app.document.tiles import TiledArray
from app.errors import UserError
from models.api import RenderRequest
from models.edits import (
    AdjustTexture,
    ClonePatch,
    CloneStructure,
    EditRegion,
    PaintTexture,
    SwapTexture,
    TexturePatch,
)
from models.recipe import recipe_from_json, recipe_to_json
from models.values import Picture
from tests.app.document.documents import slider
from tests.app.document.io.files import noise


def photo_of(pixels, name="memory.png", **more) -> Photo:
    return Photo(Picture.from_rgb(pixels), name, **more)


def from_file(path) -> Photo:
    image = read_image(path)
    return photo_of(image.rgb_hwc, path.name, path=path, metadata=image.metadata)


@pytest.fixture
def jpeg(tmp_path):
    """A photographer's file, which is not lossless."""
    path = tmp_path / "photos" / "lake.jpg"
    path.parent.mkdir()
    write_image(path, noise(20, 30, 3), quality=80)
    return path


@pytest.fixture
def path(tmp_path):
    folder = tmp_path / "recipes"
    folder.mkdir()
    return folder / "sunset.json"


LEVELS = noise(70, 90, 1)[..., 0]
SOFT = mask_of(TiledArray.from_array(LEVELS))
HARD = mask_of(TiledArray.from_array((LEVELS > 128).astype(np.uint8) * 255))
BASE = photo_of(noise(24, 32, 3), "base.png")
DEEP = photo_of(noise(16, 18, 3, bits=16), "deep.tif")
CUT_OUT = photo_of(noise(12, 14, 3), "cut out.png", alpha_hw=noise(12, 14, 1)[..., 0])


@pytest.fixture
def full(jpeg) -> Document:
    """A document with every kind of edit that names anything."""
    lake = from_file(jpeg)
    edits = (
        (SwapTexture(model="toy", reference=DEEP.picture.sha256, mask=SOFT.sha256), "Evening"),
        (AdjustTexture(model="toy", amounts=((slider(1.0).direction.sha256, 2.0),)), ""),
        (
            PaintTexture(
                model="toy",
                patches=(
                    TexturePatch(mask=HARD.sha256, reference=lake.picture.sha256),
                    TexturePatch(mask=SOFT.sha256, reference=CUT_OUT.picture.sha256),
                ),
            ),
            "Grass",
        ),
        (CloneStructure(model="toy", patches=(ClonePatch(mask=HARD.sha256, dx=-0.5, dy=2),)), ""),
        (EditRegion(model="toy", region=SOFT.sha256, amounts=(("structure:1", -2.0),)), ""),
    )
    document = Document(BASE)
    for reference in (lake, DEEP, CUT_OUT):
        document = documents.with_reference(document, reference)
    for edit, name in edits:
        document = documents.with_edit(
            document, edit, name, masks=[SOFT, HARD], sliders=[slider(1.0)]
        )
    return document


def names_in(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def changed(path, change):
    """Write the recipe's file again with other values."""
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


def refused(path, *words, hint=True):
    with pytest.raises(UserError) as raised:
        load_recipe(path)
    text = raised.value.text
    assert text.endswith(".")
    assert text.count(". ") == 0
    assert bool(raised.value.hint) is hint
    for word in words:
        assert word in text, text


def test_a_recipe_comes_back_with_all_that_it_names(full, path):
    save_recipe(path, full)
    read, meant = load_recipe(path), recipe_of(full)
    assert read.edits == meant.edits == full.edits
    assert read.names == ("Evening", "", "Grass", "", "")
    assert read.sliders == meant.sliders == (slider(1.0),)
    assert read.masks == meant.masks == (SOFT, HARD)
    for mask, before in zip(read.masks, meant.masks, strict=True):
        assert np.array_equal(mask.grey_hw, before.grey_hw)
    assert [photo.name for photo in read.photos] == ["deep.tif", "lake.jpg", "cut out.png"]
    for photo, before in zip(read.photos, meant.photos, strict=True):
        assert photo.picture == before.picture
        assert photo.picture.rgb_hwc.dtype == before.picture.rgb_hwc.dtype
        assert np.array_equal(photo.picture.rgb_hwc, before.picture.rgb_hwc)
        assert photo.alpha_sha256 == before.alpha_sha256


def test_the_photographers_own_file_is_kept_where_it_still_holds_the_picture(full, path, jpeg):
    save_recipe(path, full)
    (original,) = files_folder(path).glob("originals/*")
    assert original.read_bytes() == jpeg.read_bytes()
    write_image(jpeg, noise(20, 30, 3) // 2)
    shutil.rmtree(files_folder(path))
    save_recipe(path, full)
    assert not list(files_folder(path).glob("originals/*"))
    assert load_recipe(path).photos[1].picture == full.references[0].picture


def test_the_folder_holds_what_is_named_and_nothing_else(full, path):
    spare = photo_of(noise(9, 9, 3), "unused.png")
    save_recipe(path, documents.with_reference(full, spare))
    names = names_in(files_folder(path))
    assert [name.split("/")[0] for name in names] == [
        *("masks", "masks", "originals", "photos", "photos", "sliders")
    ]
    assert names_in(path.parent) == sorted(["sunset.json", *(f"sunset.files/{n}" for n in names)])


def test_what_an_earlier_recipe_of_the_name_had_goes_and_other_files_stay(full, path):
    save_recipe(path, full)
    mine = files_folder(path) / "photos" / "holiday.png"
    mine.write_bytes(b"somebody's own")
    save_recipe(path, documents.remove_edit(full, 3))
    names = names_in(files_folder(path))
    assert "photos/holiday.png" in names
    assert [name.split("/")[0] for name in names].count("photos") == 2
    assert not [name for name in names if name.startswith("originals")]
    load_recipe(path)


def test_edits_that_name_nothing_need_no_folder(path):
    bare = documents.with_edit(
        Document(BASE), AdjustTexture(model="toy", amounts=(("texture:0", 1.5),)), "Warmer"
    )
    save_recipe(path, bare)
    assert not files_folder(path).exists()
    read = load_recipe(path)
    assert read == Recipe(bare.edits, ("Warmer",))


def test_a_recipe_of_edits_alone_is_read(path):
    edits = (AdjustTexture(model="toy", amounts=(("texture:0", 1.5),)),)
    path.write_text(recipe_to_json(edits))
    assert load_recipe(path) == Recipe(edits, ("",))
    path.write_text(recipe_to_json(()))
    assert load_recipe(path) == Recipe((), ())


def test_the_file_is_a_recipe_for_those_who_know_only_edits(full, path):
    save_recipe(path, full)
    assert recipe_from_json(path.read_text()) == full.edits


def test_it_can_be_moved_with_its_folder(full, path, tmp_path):
    save_recipe(path, full)
    elsewhere = tmp_path / "elsewhere"
    shutil.move(path.parent, elsewhere)
    assert load_recipe(elsewhere / path.name).edits == full.edits


def test_a_picture_may_be_the_photo_itself(path):
    own = SwapTexture(model="toy", reference=BASE.picture.sha256)
    save_recipe(path, documents.with_edit(Document(BASE), own))
    (photo,) = load_recipe(path).photos
    assert photo.picture == BASE.picture


def test_replayed_on_another_photo_the_edits_and_their_parts_are_there(full, path):
    save_recipe(path, full)
    other = photo_of(noise(40, 30, 3), "other.png")
    document = replayed(load_recipe(path), other)
    assert document.base == other
    assert document.edits == full.edits
    assert [entry.name for entry in document.entries] == ["Evening", "", "Grass", "", ""]
    assert {entry.uid for entry in document.entries} == {1, 2, 3, 4, 5}
    # It refuses an edit of which anything is missing.
    RenderRequest(
        base=document.base.picture,
        edits=document.edits,
        pictures=tuple(photo.picture for photo in document.references),
        masks=document.masks,
        directions=tuple(one.direction for one in document.sliders),
    )


def test_edits_go_after_those_that_are_there(full):
    recipe = recipe_of(documents.remove_edit(full, 2))
    twice = with_recipe(full, recipe)
    assert twice.edits == (*full.edits, *recipe.edits)
    assert twice.references == full.references
    assert set(twice.masks) == set(full.masks)
    assert with_recipe(full, Recipe((), ())) == full


def test_a_file_that_is_decoded_a_little_otherwise_here_is_taken_as_it_is(full, path):
    save_recipe(path, full)
    lake = full.references[0].picture.sha256
    there = "0123456789abcdef" * 4
    path.write_text(path.read_text().replace(lake, there))
    read = load_recipe(path)
    assert read.edits == full.edits
    assert lake in {photo.picture.sha256 for photo in read.photos}


# Bad input


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a recipe"),
        ("Dear diary", "not a recipe"),
        ("[1, 2]", "this is not a Scumble recipe"),
        ("{}", "this is not a Scumble recipe"),
        ('{"format": "scumble-recipe", "version": 99, "edits": []}', "has version 99"),
        ('{"format": "scumble-recipe", "version": 2}', "no list of edits"),
        ('{"format": "scumble-recipe", "version": 2, "edits": [{"kind": "polish"}]}', "'polish'"),
        ("[" * 100_000, "not a recipe"),
    ],
)
def test_what_is_no_recipe(path, text, words):
    path.write_text(text)
    refused(path, path.name, words, hint=False)


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_text(path, data):
    path.write_bytes(data)
    refused(path, path.name, "damaged")


def test_a_file_far_too_large(path, monkeypatch):
    monkeypatch.setattr(recipes, "MAX_TEXT_BYTES", 100)
    path.write_text(recipe_to_json(()) + " " * 100)
    refused(path, path.name, "far larger")


def test_what_is_not_there(path):
    refused(path, "There is no file", path.name)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.99])
def test_a_cut_recipe(full, path, share):
    save_recipe(path, full)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    refused(path, path.name, hint=False)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("originals/*", "the reference lake.jpg is missing"),
        ("photos/*", "is missing"),
        ("masks/*", "a mask is missing"),
        ("sliders/*", "a slider is missing"),
    ],
)
def test_a_missing_file_is_named(full, path, pattern, words):
    save_recipe(path, full)
    gone = sorted(files_folder(path).glob(pattern))[0]
    gone.unlink()
    refused(path, path.name, words, f"sunset.files/{gone.relative_to(files_folder(path))}")


def test_a_missing_folder(full, path):
    save_recipe(path, full)
    shutil.rmtree(files_folder(path))
    refused(path, "is missing", "sunset.files/")


@pytest.mark.parametrize("pattern", ["originals/*", "photos/*", "masks/*", "sliders/*"])
def test_a_cut_file_is_named(full, path, pattern):
    save_recipe(path, full)
    cut = sorted(files_folder(path).glob(pattern))[0]
    cut.write_bytes(cut.read_bytes()[:-20])
    refused(path, cut.name)


def test_another_picture_mask_or_slider_in_its_place_is_found(full, path):
    from app.document.io.slider_files import write_sliders

    save_recipe(path, full)
    folder = files_folder(path)
    for pattern in ("originals/*", "photos/*", "masks/*"):
        file = sorted(folder.glob(pattern))[0]
        before = file.read_bytes()
        data = png.encode_grey(noise(70, 90, 1)[::-1, :, 0])
        file.write_bytes(data)
        refused(path, "is not what was saved", file.name)
        file.write_bytes(before)
    load_recipe(path)
    (file,) = folder.glob("sliders/*")
    write_sliders(file, [slider(2.0)])
    refused(path, "a slider is not what was saved", file.name)


@pytest.mark.parametrize("bits", [8, 16])
def test_a_mask_has_to_be_grey_with_8_bits(full, path, bits):
    save_recipe(path, full)
    file = sorted(files_folder(path).glob("masks/*"))[0]
    pixels = noise(70, 90, 3, bits)
    file.write_bytes(png.encode_grey(pixels[..., 0]) if bits == 16 else png_of(pixels))
    refused(path, file.name, "damaged")


def png_of(pixels):
    from app.document.io.metadata import ImageMetadata

    return png.encode(pixels, None, ImageMetadata())


@pytest.mark.parametrize(
    "name",
    [
        "../lake.png",
        "photos/../../lake.png",
        "..\\lake.png",
        "/etc/lake.png",
        "\\\\server\\lake.png",
        "C:\\lake.png",
        "C:lake.png",
        "photos/C:/lake.png",
        "photos\\C:lake.png",
        "",
    ],
)
@pytest.mark.parametrize("kind", ["pictures", "masks", "sliders"])
def test_a_path_out_of_the_folder_is_refused_and_not_looked_at(full, path, name, kind):
    save_recipe(path, full)
    write_image(path.parent / "lake.png", noise(5, 5, 3))

    def climb(values):
        if kind == "sliders":
            values[kind] = name
        else:
            values[kind][0].update(file=name)

    changed(path, climb)
    refused(path, path.name, "outside of its folder", repr(name))


@pytest.mark.parametrize(
    ("kind", "what"),
    [("pictures", "the reference"), ("masks", "the mask"), ("sliders", "the slider")],
)
def test_what_an_edit_names_and_the_recipe_lacks(full, path, kind, what):
    save_recipe(path, full)
    changed(path, lambda values: values.update({kind: None if kind == "sliders" else []}))
    refused(path, path.name, f"uses {what}", "which the recipe does not have")


@pytest.mark.parametrize(
    "change",
    [
        lambda values: values.update(pictures=5),
        lambda values: values.update(pictures=[5]),
        lambda values: values.update(masks=None),
        lambda values: values["pictures"][0].update(name=None),
        lambda values: values["pictures"][0].update(file=["a"]),
        lambda values: values["pictures"][0].update(file="a\0b"),
        lambda values: values["masks"][0].pop("file"),
        lambda values: values.update(names=["one"]),
        lambda values: values.update(names=[1, 2, 3, 4, 5]),
        lambda values: values.update(names=None),
        lambda values: values.update(sliders=5),
    ],
)
def test_values_that_cannot_be_meant(full, path, change):
    save_recipe(path, full)
    changed(path, change)
    refused(path, path.name, "damaged")


def test_pixels_that_would_fill_the_memory(full, path, monkeypatch):
    save_recipe(path, full)
    monkeypatch.setattr(recipes, "MAX_MASK_PIXELS", 100)
    refused(path, "90 x 70 px", ".png")
    monkeypatch.undo()
    monkeypatch.setattr(recipes, "MAX_PIXELS", 600)
    refused(path, "fill the memory")


# Saving


def test_a_recipe_is_named_as_one(full, path):
    with pytest.raises(UserError, match=r"ends in \.json"):
        save_recipe(path.with_suffix(".files"), full)
    assert not list(path.parent.iterdir())


def test_a_recipe_that_cannot_be_written_leaves_the_old_one(full, path, monkeypatch):
    save_recipe(path, full)
    before = path.read_bytes()
    write = recipes.write_atomically

    def protected(target, data):
        if target == path:
            raise UserError("It is protected.")
        write(target, data)

    monkeypatch.setattr(recipes, "write_atomically", protected)
    third = replace(full.entry(1).edit, strength=0.3)
    with pytest.raises(UserError, match="protected"):
        save_recipe(path, documents.replace_edit(documents.remove_edit(full, 3), 1, third))
    assert path.read_bytes() == before
    assert load_recipe(path).edits == full.edits
    steeper = replace(full.entry(2).edit, amounts=((slider(2.0).direction.sha256, 2.0),))
    with pytest.raises(UserError, match="protected"):
        save_recipe(path, documents.replace_edit(full, 2, steeper, sliders=[slider(2.0)]))
    assert load_recipe(path).sliders == (slider(1.0),)


def test_a_file_in_the_place_of_the_folder(full, path):
    files_folder(path).write_bytes(b"mine")
    with pytest.raises(UserError, match=r"sunset\.files"):
        save_recipe(path, full)
    assert files_folder(path).read_bytes() == b"mine"
    assert not path.exists()


def test_there_has_to_be_a_folder(full, path):
    target = path.parent / "no" / "sunset.json"
    for document in (full, Document(BASE)):
        with pytest.raises(UserError, match=r"there is no folder .*no"):
            save_recipe(target, document)
    assert not target.parent.exists()
