"""Layouts on the wire, and the edit that renders them."""

import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from app.document.tiles import TiledArray
from models.api import RenderRequest
from models.edits import RenderLayout
from models.errors import EditError, RequestError
from models.recipe import recipe_from_json, recipe_to_json
from models.values import Layout, Picture, PlainIds, pixel_hash, resized_ids

SIZES = st.tuples(st.integers(1, 90), st.integers(1, 90))
SHA = "ab" * 32
OTHER_SHA = "cd" * 32
IDS = np.arange(12, dtype=np.uint8).reshape(3, 4)


def base() -> Picture:
    return Picture.from_rgb(np.zeros((6, 8, 3), np.uint8))


def test_other_sizes_take_the_pixel_of_the_rounded_down_place():
    ids = np.arange(10, dtype=np.uint8).reshape(2, 5)
    assert resized_ids(ids, (2, 5)).tolist() == ids.tolist()
    assert resized_ids(ids, (1, 3)).tolist() == [[0, 1, 3]]
    assert resized_ids(ids, (3, 7)).tolist() == [
        [0, 0, 1, 2, 2, 3, 4],
        [0, 0, 1, 2, 2, 3, 4],
        [5, 5, 6, 7, 7, 8, 9],
    ]


@settings(max_examples=50, deadline=None)
@given(SIZES, SIZES)
def test_resizing_is_torchs_nearest(size, other):
    """Where a place falls on the border of two pixels torch may round to the one before."""
    ids = np.arange(size[0] * size[1], dtype=np.uint16).reshape(size)
    torchs = torch.nn.functional.interpolate(torch.tensor(ids[None, None] * 1.0), other)
    expected = torchs[0, 0].numpy()
    found = resized_ids(ids, other)
    assert found.dtype == np.uint16
    (row, column), (torchs_row, torchs_column) = (
        np.divmod(values.astype(int), size[1]) for values in (found, expected)
    )
    sides = ((row, torchs_row, 0), (column, torchs_column, 1))
    for ours, theirs, axis in sides:
        place = np.arange(other[axis]) * size[axis]
        on_border = np.expand_dims(place % other[axis] == 0, 1 - axis)
        assert ((ours == theirs) | ((ours == theirs + 1) & on_border)).all()


def test_ids_are_a_copy_that_cannot_be_written():
    source = IDS.copy()
    ids = PlainIds.from_array(source)
    source[:] = 0
    assert (ids.to_array() == IDS).all()
    assert (ids.height_px, ids.width_px) == (3, 4)
    with pytest.raises(ValueError, match="read-only"):
        ids.to_array()[0, 0] = 1


@pytest.mark.parametrize(
    "wrong", [np.zeros((2, 3), np.int32), np.zeros((2, 3, 3), np.uint8), np.zeros((0, 3), np.uint8)]
)
def test_ids_of_another_kind_are_refused(wrong):
    with pytest.raises(RequestError, match="A layout is H x W"):
        PlainIds.from_array(wrong)


def test_layouts_are_equal_by_their_ids_and_palette_alone():
    one = Layout(PlainIds.from_array(IDS), "landscape", ((0, "sky"),))
    same = Layout(PlainIds.from_array(IDS.copy()), "landscape")
    assert one == same
    assert hash(one) == hash(same)
    assert one != Layout(PlainIds.from_array(IDS), "ade20k")
    assert one != Layout(PlainIds.from_array(IDS[::-1]), "landscape")


def test_a_layout_is_the_same_however_its_ids_are_kept():
    tiled = Layout(TiledArray.from_array(IDS), "landscape")
    plain = Layout(PlainIds.from_array(IDS), "landscape")
    assert tiled.sha256 == plain.sha256 == pixel_hash(IDS)
    assert (tiled.ids.to_array() == plain.ids.to_array()).all()


def test_a_label_without_a_name_is_told_by_its_number():
    layout = Layout(PlainIds.from_array(IDS), "landscape", ((0, "sky"),))
    assert (layout.name_of(0), layout.name_of(7)) == ("sky", "label 7")


@pytest.mark.parametrize("ids", [PlainIds.from_array(IDS), TiledArray.from_array(IDS)])
def test_a_request_with_a_layout_pickles(ids):
    request = RenderRequest(
        base=base(), edits=(RenderLayout(model="painter"),), layout=Layout(ids, "landscape")
    )
    again = pickle.loads(pickle.dumps(request))
    assert again == request
    assert request.layout is not None
    assert again.layout.sha256 == request.layout.sha256


def test_a_layout_to_render_must_be_there():
    with pytest.raises(RequestError, match="There is no layout to render"):
        RenderRequest(base=base(), edits=(RenderLayout(model="painter"),))


def test_the_style_photos_of_an_edit_must_be_there():
    with pytest.raises(RequestError, match="reference"):
        RenderRequest(
            base=base(),
            edits=(RenderLayout(model="painter", reference=SHA),),
            layout=Layout(PlainIds.from_array(IDS), "landscape"),
        )


def test_the_recipe_of_a_rendered_layout_comes_back_as_it_was():
    edits = (
        RenderLayout(model="painter", seed=7),
        RenderLayout(
            model="coco",
            reference=SHA,
            other_reference=OTHER_SHA,
            other_seed=3,
            blend=0.25,
            mapping=((1, 156), (9, 154)),
        ),
    )
    assert recipe_from_json(recipe_to_json(edits)) == edits


def test_an_edit_names_the_photos_of_its_styles_each_once():
    assert RenderLayout(model="x").pictures == ()
    both = RenderLayout(model="x", reference=SHA, other_reference=OTHER_SHA)
    assert both.pictures == (SHA, OTHER_SHA)
    assert RenderLayout(model="x", reference=SHA, other_reference=SHA).pictures == (SHA,)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("seed", -1, "seed must be a whole number"),
        ("other_seed", 2**63, "other_seed must be a whole number"),
        ("reference", "photo.png", "reference must be a sha256"),
        ("other_reference", "", "other_reference must be a sha256"),
        ("blend", 1.5, "blend must lie between 0 and 1"),
        ("mapping", "1=2", "mapping must be pairs"),
        ("mapping", ((1,),), "mapping must be pairs"),
        ("mapping", ((1, -2),), "mapping must be pairs"),
        ("mapping", ((1, 70_000),), "mapping must be pairs"),
        ("mapping", ((1, 2), (1, 3)), "names a label twice"),
    ],
)
def test_values_that_cannot_be_are_refused_in_a_sentence(field, value, words):
    with pytest.raises(EditError, match=words):
        RenderLayout(model="painter", **{field: value})
