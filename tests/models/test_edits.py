import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.checks import check_number, is_sha256
from models.edits import KINDS, Edit, SwapTexture
from models.errors import EditError
from models.recipe import recipe_from_json, recipe_to_json

SHA = "0123456789abcdef" * 4
TABLE = {"kind": "swap_texture", "model": "landscapes", "reference": SHA}

digests = st.text("0123456789abcdef", min_size=64, max_size=64)
swaps = st.builds(
    SwapTexture,
    model=st.text(min_size=1),
    checkpoint=st.just("") | digests,
    strength=st.floats(0, 1),
    mask=st.none() | digests,
    enabled=st.booleans(),
    reference=digests,
    amount=st.floats(0, 1.5),
    seed=st.none() | st.integers(0, 2**63 - 1),
)


def recipe(*edits: object, **fields: object) -> str:
    return json.dumps({"format": "scumble-recipe", "version": 1, "edits": list(edits)} | fields)


@given(st.lists(swaps, max_size=4).map(tuple))
def test_a_recipe_survives_json(edits):
    assert recipe_from_json(recipe_to_json(edits)) == edits


@given(swaps)
def test_an_edit_can_be_a_key(edit):
    assert {edit: 1}[recipe_from_json(recipe_to_json([edit]))[0]] == 1


def test_defaults_may_be_left_out():
    assert recipe_from_json(recipe(TABLE)) == (SwapTexture(model="landscapes", reference=SHA),)


def test_the_pictures_of_an_edit():
    assert Edit(model="m").pictures == ()
    assert SwapTexture(model="m", reference=SHA).pictures == (SHA,)


def test_every_kind_is_registered_under_its_name():
    assert all(name == edit.kind for name, edit in KINDS.items())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": ""}, "model must be a name"),
        ({"model": 3}, "model must be a name, not 3"),
        ({"checkpoint": "abc"}, "checkpoint must be a sha256"),
        ({"checkpoint": None}, "checkpoint must be a sha256"),
        ({"strength": 1.01}, "strength must lie between 0 and 1, not 1.01"),
        ({"strength": -0.01}, "strength must lie"),
        ({"strength": True}, "strength must be a number"),
        ({"strength": "1"}, "strength must be a number, not '1'"),
        ({"mask": SHA.upper()}, "mask must be a sha256"),
        ({"enabled": 1}, "enabled must be true or false, not 1"),
        ({"reference": SHA[:-1]}, "reference must be a sha256"),
        ({"amount": 1.6}, "amount must lie between 0 and 1.5"),
        ({"amount": math.nan}, "amount must lie between 0 and 1.5, not nan"),
        ({"amount": math.inf}, "amount must lie between 0 and 1.5, not inf"),
        ({"amount": 10**400}, "amount must lie between 0 and 1.5, not 1000"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"seed": 2**63}, "seed must be a whole number"),
        ({"seed": 1.0}, "seed must be a whole number"),
        ({"seed": False}, "seed must be a whole number"),
        ({"colour": 1, "size": 2}, "A swap_texture edit has no field colour, size"),
        ({"kind": "blur"}, "unknown kind 'blur'"),
        ({"kind": ["swap_texture"]}, "unknown kind"),
        ({"kind": None}, "unknown kind None"),
    ],
)
def test_bad_edits(changes, words):
    with pytest.raises(EditError, match=words):
        recipe_from_json(recipe({**TABLE, **changes}))


def test_an_incomplete_edit():
    with pytest.raises(EditError, match=r"swap_texture edit is incomplete: .*'reference'"):
        recipe_from_json(recipe({"kind": "swap_texture", "model": "m"}))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "JSON cannot be read"),
        ("{", "JSON cannot be read"),
        ("[" * 100_000, "JSON cannot be read"),
        ("3", "not a Scumble recipe"),
        ("[]", "not a Scumble recipe"),
        ("{}", "not a Scumble recipe"),
        (recipe(format="other"), "not a Scumble recipe"),
        (recipe(version=3), "version 3, and this program reads 1 to 2"),
        (recipe(version="1"), "version 1, and"),
        (recipe(version=True), "version True, and"),
        (recipe(edits=None), "no list of edits"),
        (recipe(edits={}), "no list of edits"),
        (recipe(3), "is not an edit"),
    ],
)
def test_texts_that_are_no_recipe(text, words):
    with pytest.raises(EditError, match=words):
        recipe_from_json(text)


def test_the_ends_of_a_range_belong_to_it():
    check_number("x", 0, 0.0, 1.0)
    check_number("x", 1, 0.0, 1.0)


@pytest.mark.parametrize("value", [None, "", SHA + "0", SHA[:-1] + "g", b"0" * 64])
def test_what_is_no_digest(value):
    assert not is_sha256(value)
