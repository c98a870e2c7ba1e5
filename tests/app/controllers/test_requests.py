from dataclasses import replace

import numpy as np
import pytest

from app.controllers.requests import (
    LARGEST_DRAGGED_AREA_PX,
    edits_on,
    look_request,
    request_of,
)
from app.document.document import Document, EditEntry, Photo, with_edit
from app.document.masks import empty_levels, mask_of
from app.document.sliders import Slider
from models.edits import AdjustTexture, CloneStructure, EditRegion, PaintTexture
from models.values import Direction, Picture
from tests.app.document.documents import document, mask, photo, swap


def test_edits_that_are_off_take_no_part():
    hidden = replace(swap(photo(200)), enabled=False)
    weak = replace(swap(photo(200)), strength=0.0)
    doc = document(hidden, weak)
    assert edits_on(doc) == ()
    assert request_of(doc, 4) == request_of(Document(base=doc.base), 4)


def test_only_what_is_read_travels():
    doc = replace(document(swap(photo(200))), references=(photo(200), photo(3)), masks=(mask(1),))
    request = request_of(doc, 4)
    assert request.pictures == (photo(200).picture,)
    assert request.masks == ()
    masked = replace(swap(photo(200)), mask=mask(1).sha256)
    assert request_of(replace(doc, entries=(EditEntry(1, masked),)), 4).masks == (mask(1),)


@pytest.mark.parametrize(("wanted", "given"), [(4, 4), (6, 6), (600, 6), (None, None)])
def test_nothing_is_made_larger_than_the_photo(wanted, given):
    assert request_of(document(), wanted).short_side_px == given


def test_bits():
    assert request_of(document(), None, 16).bits == 16


def test_edits_whose_model_is_missing_wait_for_it():
    doc = document(swap(photo(200)), replace(swap(photo(3)), model="gone"))
    assert [edit.model for edit in edits_on(doc, lambda name: name == "gone")] == ["toy"]
    request = request_of(doc, 4, lacks=lambda name: name == "gone")
    assert request.pictures == (photo(200).picture,)


@pytest.mark.parametrize(
    "edit",
    [
        AdjustTexture(model="m"),
        AdjustTexture(model="m", amounts=(("texture:0", 0.0),)),
        CloneStructure(model="m"),
        EditRegion(model="m", region="a" * 64, amounts=(("structure:1", 0.0),)),
        PaintTexture(model="m"),
    ],
    ids=lambda edit: edit.kind,
)
def test_edits_that_ask_for_nothing_take_no_part(edit):
    """Else a new region with its detail, or sliders at rest, would show the reconstruction."""
    assert edits_on(document(edit)) == ()


def test_masks_inside_edits_and_directions_travel():
    levels = mask_of(empty_levels(6, 6))
    direction = Direction.from_values(np.ones(8))
    slider = Slider(direction, "Snow", "landscapes", "f" * 64)
    moved = EditRegion(model="landscapes", region=levels.sha256, amounts=(("structure:0", 1.0),))
    doc = with_edit(document(), moved, masks=(levels,))
    edit = AdjustTexture(model="landscapes", amounts=((direction.sha256, 1.0),))
    doc = with_edit(doc, edit, sliders=(slider,))
    assert request_of(doc, None).masks == (levels,)
    assert request_of(doc, None).directions == (direction,)
    off = replace(
        doc, entries=tuple(replace(e, edit=replace(e.edit, enabled=False)) for e in doc.entries)
    )
    assert (request_of(off, None).masks, request_of(off, None).directions) == ((), ())


@pytest.mark.parametrize(
    ("result", "edit", "given"), [(6, 4, 4), (None, 4, 4), (4, 4, None), (4, 9, None)]
)
def test_edits_are_never_carried_out_larger_than_the_result(result, edit, given):
    assert request_of(document(), result, edit_px=edit).edit_px == given


def big(*edits) -> Document:
    rgb_hwc = np.zeros((3000, 4000, 3), np.uint8)
    doc = Document(base=Photo(Picture.from_rgb(rgb_hwc), "big.png"))
    for edit in edits:
        doc = with_edit(doc, edit)
    return doc


ADJUST = AdjustTexture(model="landscapes", amounts=(("texture:0", 1.0),))


def test_where_nothing_of_the_photo_is_left_the_result_is_no_larger_than_the_edit():
    request = look_request(big(ADJUST), 512)
    assert (request.short_side_px, request.edit_px) == (512, None)


@pytest.mark.parametrize(
    "edit",
    [replace(ADJUST, detail=1.0), replace(ADJUST, strength=0.5), replace(ADJUST, mask="a" * 64)],
)
def test_where_the_photo_shows_through_the_result_has_its_size(edit):
    doc = big(edit)
    if edit.mask:
        doc = replace(doc, masks=(replace(mask(1), sha256="a" * 64),))
    request = look_request(doc, 512)
    assert (request.short_side_px, request.edit_px) == (3000, 512)
    dragged = look_request(doc, 256, dragged=True)
    assert dragged.edit_px == 256
    assert dragged.short_side_px is not None
    area_px = dragged.short_side_px**2 * 4 / 3
    assert 0.99 * LARGEST_DRAGGED_AREA_PX < area_px <= LARGEST_DRAGGED_AREA_PX
