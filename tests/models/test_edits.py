import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.checks import check_number, is_sha256
from models.edits import (
    KINDS,
    AdjustTexture,
    ClonePatch,
    CloneStructure,
    Edit,
    EditRegion,
    PaintTexture,
    SwapTexture,
    TexturePatch,
)
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


OTHER = "fedcba9876543210" * 4
TEXTURES = AdjustTexture(model="m", amounts=(("texture:0", 1.5), (SHA, -6.0)), detail=0.5)
CLONES = CloneStructure(
    model="m",
    mask=OTHER,
    patches=(
        ClonePatch(mask=SHA, dx=0.5, dy=-2.0),
        ClonePatch(mask=OTHER, dx=100.0, dy=0.0, source=SHA),
    ),
)
REGION = EditRegion(model="m", region=SHA, mask=SHA, amounts=(("structure:7", 6.0),))
PAINTED = PaintTexture(
    model="m",
    patches=(
        TexturePatch(mask=SHA, reference=OTHER, spot=(0.0, 1.0, 0.25), amount=1.5),
        TexturePatch(mask=SHA),
        TexturePatch(mask=OTHER, reference=OTHER),
    ),
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


@pytest.mark.parametrize("edit", [TEXTURES, CLONES, REGION, PAINTED], ids=lambda edit: edit.kind)
def test_edits_of_codes_survive_json(edit):
    (back,) = recipe_from_json(recipe_to_json((edit,)))
    assert back == edit
    assert hash(back) == hash(edit)


def test_what_edits_of_codes_name():
    assert TEXTURES.directions == (SHA,)
    assert (CLONES.masks, CLONES.pictures) == ((OTHER, SHA), (SHA,))
    assert REGION.masks == (SHA,)
    assert (PAINTED.masks, PAINTED.pictures) == ((SHA, OTHER), (OTHER,))


@pytest.mark.parametrize(
    ("edit", "idle"),
    [
        (TEXTURES, False),
        (AdjustTexture(model="m"), True),
        (AdjustTexture(model="m", amounts=((SHA, 0),)), True),
        (CLONES, False),
        (CloneStructure(model="m"), True),
        (REGION, False),
        (EditRegion(model="m", region=SHA), True),
        (PAINTED, False),
        (PaintTexture(model="m"), True),
        (SwapTexture(model="m", reference=SHA), False),
    ],
)
def test_what_asks_for_nothing_is_idle(edit, idle):
    assert edit.idle is idle


TEXTURE = {"kind": "adjust_texture", "model": "m"}
STRUCTURE = {"kind": "edit_region", "model": "m", "region": SHA}
CLONE = {"kind": "clone_structure", "model": "m"}
BRUSHED = {"mask": SHA, "dx": 0, "dy": 0}
PAINT = {"kind": "paint_texture", "model": "m"}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({**TEXTURE, "detail": 1.1}, "detail must lie between 0 and 1"),
        ({**TEXTURE, "amounts": 5}, "amounts must be pairs"),
        ({**TEXTURE, "amounts": {"texture:0": 1}}, "amounts must be pairs"),
        ({**TEXTURE, "amounts": [["texture:0"]]}, "amounts must be pairs"),
        ({**TEXTURE, "amounts": [["texture:0", "1"]]}, "amounts must be pairs"),
        ({**TEXTURE, "amounts": [["structure:0", 1]]}, "amounts must be pairs"),
        ({**TEXTURE, "amounts": [["texture:", 1]]}, "amounts must be pairs"),
        ({**TEXTURE, "amounts": [["texture:-1", 1]]}, "amounts must be pairs"),
        ({**TEXTURE, "amounts": [["texture:0", 1], ["texture:00", 1]]}, "amounts must be pairs"),
        ({**TEXTURE, "amounts": [["texture:\u0663", 1]]}, "amounts must be pairs"),
        ({**TEXTURE, "amounts": [["texture:" + "9" * 5000, 1]]}, "amounts must be pairs"),
        ({**TEXTURE, "amounts": [["texture:0", 6.1]]}, "amount of texture:0 must lie between -6"),
        ({**TEXTURE, "amounts": [["texture:0", math.nan]]}, "amount of texture:0 must lie"),
        ({**TEXTURE, "amounts": [["texture:0", True]]}, "amount of texture:0 must be a number"),
        ({**TEXTURE, "amounts": [[SHA, 1], [SHA, 2]]}, "amounts name a direction twice"),
        ({**STRUCTURE, "region": None}, "region must be a sha256"),
        ({**STRUCTURE, "amounts": [["texture:0", 1]]}, "amounts must be pairs"),
        ({**STRUCTURE, "amounts": [[SHA, 1]]}, "amounts of a region name structure:0"),
        ({**CLONE, "patches": None}, "patches must be a list"),
        ({**CLONE, "patches": [5]}, "patches must be a list of patches"),
        ({**CLONE, "patches": [{**BRUSHED, "mask": "a"}]}, "mask must be a sha256"),
        ({**CLONE, "patches": [{**BRUSHED, "dx": 101}]}, "dx must lie between -100 and 100"),
        ({**CLONE, "patches": [{**BRUSHED, "dy": math.inf}]}, "dy must lie"),
        ({**CLONE, "patches": [{**BRUSHED, "source": 1}]}, "source must be a sha256"),
        ({**CLONE, "patches": [{**BRUSHED, "spot": None}]}, "A patch has no field spot"),
        ({**CLONE, "patches": [{"mask": SHA}]}, "A patch is incomplete: .*'dx'"),
        ({**PAINT, "patches": [{"mask": SHA, "reference": ""}]}, "reference must be a sha256"),
        ({**PAINT, "patches": [{"mask": SHA, "amount": 1.6}]}, "amount must lie between 0 and 1.5"),
        ({**PAINT, "patches": [{"mask": SHA, "spot": [0.5, 0.5]}]}, "spot must be x, y and radius"),
        ({**PAINT, "patches": [{"mask": SHA, "spot": [0.5, 1.1, 0]}]}, "number of the spot must"),
        ({**PAINT, "patches": [{"mask": SHA, "spot": [0, math.nan, 0]}]}, "number of the spot"),
    ],
)
def test_bad_edits_of_codes(entry, words):
    with pytest.raises(EditError, match=words):
        recipe_from_json(recipe(entry))


@pytest.mark.parametrize(
    "entry",
    [
        {**TABLE, "mask": "a" * 10**6},
        {**TABLE, "kind": "a" * 10**6},
        {**TABLE, "a" * 10**6: 1},
        {**TABLE, "amount": "a" * 10**6},
        {**TEXTURE, "amounts": [["texture:" + "9" * 10**6, 1]]},
        {**TEXTURE, "amounts": "a" * 10**6},
        {**CLONE, "patches": ["a" * 10**6]},
        {**CLONE, "patches": [{**BRUSHED, "a" * 10**6: 1}]},
        {**PAINT, "patches": [{"mask": SHA, "spot": ["a" * 10**6] * 3}]},
    ],
)
def test_what_is_wrong_is_a_sentence_however_long_it_is(entry):
    with pytest.raises(EditError) as caught:
        recipe_from_json(recipe(entry))
    assert len(str(caught.value)) < 300
