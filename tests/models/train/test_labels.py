"""Which class each id of the data means."""

import csv

import pytest

from models.errors import DataError
from models.train.data import labels
from models.train.data.labels import (
    NO_CLASS,
    choose_labels,
    class_colours,
    own_classes,
    palette_ids,
    read_table,
)
from tests.models.train.fixtures import GROUPS


def table(tmp_path, text):
    path = tmp_path / "table.csv"
    path.write_text(text)
    return str(path)


def test_a_palettes_ids_are_its_classes():
    found = read_table("landscape")
    assert found.classes == 14
    assert found.classes_of == (*range(14), *[NO_CLASS] * 242)


def test_unknown_pixels_are_no_class_of_a_palette():
    """COCO-Stuff has the ids 0 to 181, and 255 for unknown."""
    coco = read_table("coco_stuff")
    assert coco.classes == 182
    assert coco.classes_of[255] == NO_CLASS
    assert coco.with_unknown(182)[255] == 182
    assert coco.with_unknown(182)[:255] == coco.classes_of[:255]


def test_a_table_may_say_what_unknown_pixels_are(tmp_path):
    own = read_table(table(tmp_path, "id,class\n3,0\n255,1\n"))
    assert own.with_unknown(9)[255] == 1


def test_the_groups_of_the_landscape_data():
    """17 groups, of which five are merged: (grass, field), (mountain, hill), (sea, water)."""
    found = read_table(str(GROUPS))
    assert found.classes == 14
    assert found.classes_of[:17] == (0, 1, 2, 3, 4, 4, 5, 5, 6, 7, 8, 9, 9, 10, 11, 12, 13)
    assert set(found.classes_of[17:]) == {NO_CLASS}


def test_the_groups_are_those_of_the_data(shared):
    """Their names, in the order of the index' columns, and the palette's, by its own file."""
    with (shared / "data" / "landscapes_index.csv").open(newline="") as file:
        columns = next(csv.reader(file))
    groups = [name.removeprefix("share_") for name in columns if name.startswith("share_")]
    names = {
        label["id"]: {label["name"], *label["aliases"]} for label in labels._labels("landscape")
    }
    for group, number in zip(groups, read_table(str(GROUPS)).classes_of, strict=False):
        assert names[number] & set(group.split("_")), f"{group} is {names[number]}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("id,name\n1,sky\n", "columns id and class"),
        ("id,class\n1,sky\n", "columns id and class"),
        ("id,class\n1\n", "columns id and class"),
        ("id,class\n", "has no rows"),
        ("id,class\n1,2\n1,3\n", "has the id 1 twice"),
        ("id,class\n256,0\n", "row 256,0: ids end at 255, classes at 254"),
        ("id,class\n0,255\n", "row 0,255: ids end"),
        ("id,class\n-1,0\n", "row -1,0: ids end"),
    ],
)
def test_tables_that_cannot_be_meant(tmp_path, text, sentence):
    with pytest.raises(DataError, match=sentence):
        read_table(table(tmp_path, text))


def test_a_table_that_is_not_there():
    with pytest.raises(DataError, match=r"seas is neither a palette \(.*landscape.*\) nor a table"):
        read_table("seas")


def test_what_is_left_unsaid(tmp_path, monkeypatch):
    assert choose_labels(None, None)[:2] == ("landscape", "landscape")
    assert choose_labels("ade20k", None)[:2] == ("ade20k", "ade20k")
    assert choose_labels(None, "cityscapes")[:2] == ("cityscapes", "cityscapes")
    monkeypatch.chdir(tmp_path)
    path = table(tmp_path, "id,class\n7,3\n")
    said, palette, found = choose_labels("table.csv", None)
    assert (said, palette, found.classes) == (path, "landscape", 4), "found again from elsewhere"
    assert choose_labels("table.csv", "coco_stuff")[1] == "coco_stuff"


def test_more_classes_than_the_palette_has_labels(tmp_path):
    path = table(tmp_path, "id,class\n0,20\n")
    with pytest.raises(DataError, match="21 classes, and the palette landscape has 14"):
        choose_labels(path, None)
    with pytest.raises(DataError, match="There is no palette moon; there are ade20k"):
        choose_labels(None, "moon")


def test_ids_that_are_classes_already():
    assert own_classes(3).classes_of[:5] == (0, 1, 2, NO_CLASS, NO_CLASS)


def test_colours_are_the_palettes_and_beyond_it_all_different():
    colours = class_colours("landscape", 40)
    sky = next(label for label in labels._labels("landscape") if label["name"] == "sky")
    assert colours[1] == tuple(sky["rgb"])
    assert len(set(colours)) == 40
    assert class_colours(None, 256)[14:40] == colours[14:]


def test_a_palette_file_that_is_broken(tmp_path, monkeypatch):
    (tmp_path / "odd.toml").write_text("id = [")
    monkeypatch.setattr(labels, "palettes_folder", lambda: tmp_path)
    assert palette_ids() == ("odd",)
    with pytest.raises(DataError, match="install the program again"):
        read_table("odd")
