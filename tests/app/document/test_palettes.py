"""The shipped palettes: what they hold, how they look, what becomes what between them."""

import json
from itertools import combinations

import numpy as np
import pytest

from app.document.palette import PATTERNS
from app.document.palettes import SHIPPED, Palettes
from app.errors import UserError
from app.resources import resource

FOLDER = resource("palettes")
PALETTES = {palette.id: palette for palette in Palettes(FOLDER)}
LANDSCAPE = PALETTES["landscape"]

# Machado, Oliveira and Fernandes, A physiologically-based model for simulation of color vision
# deficiency (2009), severity 1.0, on linear RGB.
EYES = {
    "all cones": np.eye(3),
    "protan": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deutan": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritan": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
# Ottosson, A perceptual color space for image processing (2020).
TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def oklab(rgb_n3, eye):
    parts = np.asarray(rgb_n3) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ EYES[eye].T, 0, 1)
    return np.cbrt(seen @ TO_CONES.T) @ TO_LAB.T


def distances(palette, eye):
    lab = oklab([label.rgb for label in palette.labels], eye)
    return np.linalg.norm(lab[:, None] - lab, axis=2)


def least_distances(palette):
    """Between any two labels, by the eye that tells them apart worst."""
    return np.min([distances(palette, eye) for eye in EYES], axis=0)


def name_of(palette, id):
    return None if id is None else palette.by_id(id).name


def partner_of(name, source, target):
    """The name of what stands in one palette for a name of another."""
    label = source.by_name(name)
    assert label.name == name
    return name_of(target, source.mapping_to(target)[label.id])


def test_the_colour_model_of_these_tests_is_right():
    """Published values: OKLab of white and of red; to protans, red is nearly black."""
    np.testing.assert_allclose(oklab([(255, 255, 255)], "all cones"), [[1, 0, 0]], atol=1e-4)
    red = oklab([(255, 0, 0)], "all cones")
    np.testing.assert_allclose(red, [[0.62796, 0.22486, 0.12585]], atol=1e-4)
    assert oklab([(255, 0, 0)], "protan")[0, 0] < 0.55
    for eye in EYES:
        np.testing.assert_allclose(oklab([(128, 128, 128)], eye)[0, 1:], 0, atol=1e-3)


def test_each_is_found_and_read_once():
    palettes = Palettes(FOLDER)
    assert {palette.id: palette.title for palette in palettes} == SHIPPED
    assert [palette.id for palette in palettes] == list(SHIPPED)
    assert palettes.find("ade20k") is palettes.find("ade20k")
    assert palettes.find("toys") is None
    assert palettes.find(None) is None


def test_a_palette_is_read_only_when_asked_for(tmp_path):
    palettes = Palettes(tmp_path)
    (tmp_path / "landscape.toml").write_bytes((FOLDER / "landscape.toml").read_bytes())
    assert palettes.find("landscape") == LANDSCAPE
    with pytest.raises(UserError, match=r"coco_stuff\.toml cannot be read"):
        list(palettes)


@pytest.mark.parametrize("id", ["coco_stuff", "ade20k", "cityscapes"])
def test_the_ids_and_names_are_those_of_the_data_sets(shared, id):
    classes = json.loads((shared / "labels" / f"{id}.json").read_text())["classes"]
    names = {entry["pixel"]: entry["name"] for entry in classes if entry["pixel"] >= 0}
    palette = PALETTES[id]
    assert [label.id for label in palette.labels] == list(names)
    for label in palette.labels:
        assert names[label.id] in (label.name, *label.aliases)
        assert label in palette.search(names[label.id])


def test_the_landscape_palette_has_the_labels_of_the_shipped_model():
    assert [label.id for label in LANDSCAPE.labels] == list(range(14))
    assert " ".join(label.name for label in LANDSCAPE.labels) == (
        "other sky tree plant grass mountain earth sand rock water waterfall road building bridge"
    )


@pytest.mark.parametrize(
    ("id", "background", "unknown"),
    [
        ("landscape", "sky", "other"),
        ("coco_stuff", "sky", "unknown"),
        ("ade20k", "sky", "unknown"),
        ("cityscapes", "sky", "unlabeled"),
    ],
)
def test_empty_canvases_are_sky(id, background, unknown):
    palette = PALETTES[id]
    assert name_of(palette, palette.background) == background
    assert name_of(palette, palette.unknown) == unknown


@pytest.mark.parametrize("id", SHIPPED)
def test_ten_labels_have_the_digits_and_nothing_else_is_a_hotkey(id):
    keys = [label.hotkey for label in PALETTES[id].labels if label.hotkey is not None]
    assert sorted(keys) == list("0123456789")
    assert [label.name for label in PALETTES[id].labels if label.hotkey == "1"] == ["sky"]


@pytest.mark.parametrize("eye", EYES)
def test_the_landscape_colours_can_be_told_apart_by_every_eye(eye):
    apart = distances(LANDSCAPE, eye)[np.triu_indices(14, 1)]
    assert apart.min() > 0.1, f"{eye}: {apart.min():.4f}"


def test_the_landscape_colours_suggest_the_thing():
    rgb = {label.name: label.rgb for label in LANDSCAPE.labels}
    lightness = {name: oklab([rgb[name]], "all cones")[0, 0] for name in rgb}
    for name in ("sky", "water"):
        assert rgb[name][2] == max(rgb[name])
    for name in ("tree", "plant", "grass"):
        assert rgb[name][1] == max(rgb[name])
    assert lightness["tree"] < lightness["plant"] < lightness["grass"]
    assert lightness["water"] < lightness["sky"]
    assert lightness["earth"] < lightness["sand"]
    assert np.ptp(rgb["rock"]) < 10


@pytest.mark.parametrize("id", SHIPPED)
def test_near_colours_have_different_patterns(id):
    palette = PALETTES[id]
    apart = least_distances(palette)
    bound = {"landscape": 0.25, "cityscapes": 0.1}.get(id, 0.039)
    for a, b in combinations(range(len(palette.labels)), 2):
        if palette.labels[a].pattern == palette.labels[b].pattern:
            assert apart[a, b] > bound, (palette.labels[a], palette.labels[b])


def test_every_landscape_label_has_a_pattern_and_the_patterns_are_all_in_use():
    assert all(label.pattern for label in LANDSCAPE.labels)
    assert {label.pattern for label in PALETTES["coco_stuff"].labels} == set(PATTERNS)


@pytest.mark.parametrize("id", SHIPPED)
def test_no_two_labels_look_the_same(id):
    apart = least_distances(PALETTES[id])
    assert apart[np.triu_indices(len(apart), 1)].min() > 0.016
    assert len({label.rgb for label in PALETTES[id].labels}) == len(apart)


@pytest.mark.parametrize(
    ("name", "coco_stuff", "ade20k", "cityscapes"),
    [
        ("other", "unknown", "unknown", "unlabeled"),
        ("sky", "sky", "sky", "sky"),
        ("tree", "tree", "tree", "vegetation"),
        ("plant", "plant", "plant", "vegetation"),
        ("grass", "grass", "grass", "terrain"),
        ("mountain", "mountain", "mountain", None),
        ("earth", "dirt", "earth", "ground"),
        ("sand", "sand", "sand", "terrain"),
        ("rock", "rock", "rock", None),
        ("water", "water", "water", None),
        ("waterfall", "water", "waterfall", None),
        ("road", "road", "road", "road"),
        ("building", "building", "building", "building"),
        ("bridge", "bridge", "bridge", "bridge"),
    ],
)
def test_landscape_labels_have_partners(name, coco_stuff, ade20k, cityscapes):
    expected = {"coco_stuff": coco_stuff, "ade20k": ade20k, "cityscapes": cityscapes}
    for id, partner in expected.items():
        assert partner_of(name, LANDSCAPE, PALETTES[id]) == partner


@pytest.mark.parametrize(
    ("source", "target", "pairs"),
    [
        (
            "coco_stuff",
            "landscape",
            "clouds>sky, fog>sky, sea>water, river>water, hill>mountain, snow>mountain, "
            "stone>rock, bush>plant, flower>plant, leaves>plant, moss>grass, straw>grass, "
            "dirt>earth, mud>earth, ground>earth, gravel>earth, pavement>road, house>building, "
            "skyscraper>building, fence>bridge, unknown>other, person>None, car>None, "
            "giraffe>None, chair>None, pizza>None",
        ),
        (
            "coco_stuff",
            "ade20k",
            "clouds>sky, water>water, sea>sea, river>river, hill>hill, snow>None, stone>rock, "
            "bush>plant, leaves>plant, dirt>earth, gravel>earth, pavement>sidewalk, "
            "house>house, person>person, couch>sofa, tv>television, motorcycle>minibike, "
            "zebra>None, window>windowpane, unknown>unknown",
        ),
        (
            "coco_stuff",
            "cityscapes",
            "tree>vegetation, bush>vegetation, grass>terrain, clouds>sky, house>building, "
            "pavement>sidewalk, railroad>rail track, river>None, mountain>None, "
            "unknown>unlabeled, person>person",
        ),
        (
            "ade20k",
            "coco_stuff",
            "sea>sea, lake>water, river>river, field>grass, hill>hill, palm>tree, path>dirt, "
            "earth>dirt, land>ground, sidewalk>pavement, tower>skyscraper, waterfall>water, "
            "ship>boat, van>car, chandelier>None, unknown>unknown",
        ),
        (
            "ade20k",
            "landscape",
            "sea>water, lake>water, river>water, field>grass, hill>mountain, palm>tree, "
            "path>road, land>earth, tower>building, waterfall>waterfall, pier>bridge, "
            "person>None, bed>None",
        ),
        (
            "cityscapes",
            "landscape",
            "vegetation>tree, terrain>grass, ground>earth, sidewalk>road, parking>road, "
            "fence>bridge, car>None, person>None, wall>None, unlabeled>other",
        ),
        (
            "cityscapes",
            "ade20k",
            "vegetation>tree, terrain>grass, ground>earth, rider>person, guard rail>railing, "
            "traffic sign>signboard, tunnel>None",
        ),
    ],
)
def test_outdoor_labels_have_partners_worked_out_by_hand(source, target, pairs):
    for name, partner in (pair.split(">") for pair in pairs.split(", ")):
        assert str(partner_of(name, PALETTES[source], PALETTES[target])) == partner, name


@pytest.mark.parametrize("id", SHIPPED)
def test_a_palette_maps_to_itself(id):
    assert PALETTES[id].mapping_to(PALETTES[id]) == {x.id: x.id for x in PALETTES[id].labels}


def test_search_finds_the_names_of_the_data_sets_and_those_in_use():
    assert LANDSCAPE.search("sea")[0].name == "water"
    assert PALETTES["coco_stuff"].search("sky-other")[0].name == "sky"
    assert PALETTES["coco_stuff"].search("window")[0].id == 180
    assert PALETTES["coco_stuff"].search("sofa")[0].name == "couch"
