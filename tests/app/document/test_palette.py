import pytest

from app.document.palette import NEXT_BEST, Label, Palette, load_palette
from app.errors import UserError

LABELS = (
    Label(0, "unknown", (0, 0, 0)),
    Label(1, "Sky", (100, 150, 255), "1"),
    Label(2, "night sky", (0, 0, 60)),
    Label(7, "skyscraper", (90, 90, 90), "b"),
    Label(9, "sky-other", (100, 150, 255)),
    Label(12, "husky", (200, 200, 190)),
)
TOYS = Palette("toys", "Toys", LABELS)
TEXT = """
id = "toys"
title = "Toys"

[[label]]
id = 0
name = "unknown"
rgb = [0, 0, 0]

[[label]]
id = 1
name = "Sky"
rgb = [100, 150, 255]
hotkey = "1"
"""
EXTRAS = """
id = "toys"
title = "Toys"
background = 7
unknown = 9

[[label]]
id = 7
name = "sea"
rgb = [0, 0, 200]
pattern = "waves"
aliases = ["ocean", "Salt water"]

[[label]]
id = 9
name = "none"
rgb = [0, 0, 0]
"""


def palette(*names, unknown=None):
    """Labels of these names with the ids 1, 2, 3...; `name/alias/alias` gives aliases."""
    parted = [name.split("/") for name in names]
    labels = [Label(n, x, (n, n, n), aliases=tuple(rest)) for n, (x, *rest) in enumerate(parted, 1)]
    return Palette("p", "P", tuple(labels), unknown=unknown)


def names(labels):
    return [label.name for label in labels]


def test_labels_are_found_by_id_name_and_colour():
    assert TOYS.by_id(7) is LABELS[3]
    assert TOYS.by_id(3) is None
    assert TOYS.by_name("SKY") is LABELS[1]
    assert TOYS.by_name("sea") is None
    assert TOYS.by_rgb((3, 2, 1)) is LABELS[0]
    assert TOYS.by_rgb((100, 150, 255)) is LABELS[1], "the first of two"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("sky", ["Sky", "skyscraper", "sky-other", "night sky", "husky"]),
        ("  SKY ", ["Sky", "skyscraper", "sky-other", "night sky", "husky"]),
        ("sky other", ["sky-other"]),
        ("sky night", ["night sky"]),
        ("scra", ["skyscraper"]),
        ("other", ["sky-other"]),
        ("sea", []),
        ("", names(LABELS)),
    ],
)
def test_search_puts_the_best_first(text, found):
    assert names(TOYS.search(text)) == found


def test_the_background_is_the_first_label_unless_given():
    assert (TOYS.background, TOYS.unknown) == (0, None)
    assert Palette("toys", "Toys", LABELS[::-1]).background == 12
    given = Palette("toys", "Toys", LABELS, 9, 0)
    assert (given.background, given.unknown) == (9, 0)


def test_the_highest_id_need_not_be_the_last():
    assert Palette("toys", "Toys", LABELS[::-1]).highest_id == 12


def test_names_go_with_their_ids_in_the_palettes_order():
    assert Palette("toys", "Toys", LABELS[4:2:-1]).names == ((9, "sky-other"), (7, "skyscraper"))


def test_an_alias_finds_its_label_but_a_name_comes_first():
    given = palette("water/sea/lake", "Sea", "pond/LAKE")
    assert given.by_name("SEA") is given.labels[1]
    assert given.by_name("Lake") is given.labels[0], "the earlier label"
    assert given.by_name("river") is None


def test_search_knows_aliases_and_puts_them_after_names():
    given = palette("water/sea", "seat", "sea", "over/deep sea", "sky")
    assert names(given.search("sea")) == ["sea", "water", "seat", "over"]
    assert names(given.search("sea deep")) == ["over"]
    assert names(given.search("")) == ["water", "seat", "sea", "over", "sky"]


def test_a_mapping_knows_aliases_of_either_side():
    assert palette("sea").mapping_to(palette("sky", "water/SEA")) == {1: 2}
    assert palette("water/x/Ocean").mapping_to(palette("sky", "ocean")) == {1: 2}
    assert palette("water/ocean").mapping_to(palette("ocean", "water")) == {1: 2}, "names first"


def test_a_mapping_takes_the_next_best_in_order():
    assert palette("Lake").mapping_to(palette("sea", "river")) == {1: 2}
    assert palette("Lake").mapping_to(palette("sea", "river", "liquid/water")) == {1: 3}
    assert palette("beck/river").mapping_to(palette("sea")) == {1: 1}, "by what an alias is near"
    assert palette("lamp").mapping_to(palette("sea")) == {1: None}


def test_the_unknown_maps_to_the_unknown():
    assert palette("sea", "x", unknown=2).mapping_to(palette("y", "sea", unknown=1)) == {1: 2, 2: 1}
    assert palette("sea", "x", unknown=2).mapping_to(palette("x", "sea")) == {1: 2, 2: None}
    assert palette("sea", "x", unknown=2).mapping_to(palette("x"), {2: 1}) == {1: None, 2: 1}


def test_what_is_next_best_has_a_reason_to_be_in_the_table():
    for name, others in NEXT_BEST.items():
        assert name not in others
        assert len(set(others)) == len(others) > 0


def test_a_mapping_goes_by_name_unless_chosen():
    other = Palette("other", "Other", (Label(3, "sky", (1, 2, 3)), Label(4, "lamp", (4, 5, 6))))
    unmapped = dict.fromkeys([0, 2, 7, 9, 12])
    assert TOYS.mapping_to(other) == unmapped | {1: 3}
    assert TOYS.mapping_to(other, {7: 4, 1: None}) == unmapped | {1: None, 7: 4}


@pytest.mark.parametrize("choices", [{3: 1}, {1: 3}])
def test_a_mapping_refuses_ids_that_are_not_there(choices):
    with pytest.raises(KeyError):
        TOYS.mapping_to(TOYS, choices)


def test_a_palette_is_read(tmp_path):
    (tmp_path / "toys.toml").write_text(TEXT, encoding="utf-8")
    assert load_palette(tmp_path / "toys.toml") == Palette("toys", "Toys", LABELS[:2])
    (tmp_path / "toys.toml").write_text(EXTRAS, encoding="utf-8")
    sea = Label(7, "sea", (0, 0, 200), pattern="waves", aliases=("ocean", "Salt water"))
    expected = Palette("toys", "Toys", (sea, Label(9, "none", (0, 0, 0))), 7, 9)
    assert load_palette(tmp_path / "toys.toml") == expected


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("waves", "wavy", "sea has the pattern wavy, not one of lines, columns, "),
        ('"waves"', "3", "label table 1 needs an id"),
        ('["ocean", "Salt water"]', '"ocean"', "label table 1 needs an id"),
        ('"Salt water"', "5", "and may have a hotkey, a pattern and aliases"),
        ("background = 7", "background = 8", "its background is 8, which is no label of it"),
        ("background = 7", "background = true", "it needs an id, a title and label tables"),
        ("background = 7", 'background = "sea"', "it needs an id, a title and label tables"),
        ("unknown = 9", "unknown = 0", "its unknown is 0, which is no label of it"),
    ],
)
def test_bad_extras_are_refused_with_the_reason(tmp_path, old, new, words):
    path = tmp_path / "toys.toml"
    path.write_text(EXTRAS.replace(old, new), encoding="utf-8")
    with pytest.raises(UserError) as refusal:
        load_palette(path)
    assert words in refusal.value.text
    assert "\n" not in refusal.value.text


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("id = 1", "id = 0", "two labels have the id 0"),
        ('"Sky"', '"Unknown"', "two labels have the name unknown"),
        ("rgb = [0, 0, 0]", 'rgb = [0, 0, 0]\nhotkey = "1"', "two labels have the hotkey 1"),
        ('"Sky"', '" "', "label 1 has no name"),
        ("id = 1", "id = 65536", "Sky has the id 65536, not one of 0 to 65535"),
        ("255", "256", "Sky has a colour beyond 0 to 255"),
        ("title", "titel", "it needs an id, a title and label tables"),
        ('title = "Toys"', 'title = ""', "it has no id, no title or no labels"),
        ("[[label]]", "[label]", "Cannot"),
        ("hotkey", "hotky", "label table 2 needs an id"),
        ('hotkey = "1"', "hotkey = 1", "label table 2 needs an id"),
        ("[0, 0, 0]", "[0, 0]", "label table 1 needs an id"),
        ("[0, 0, 0]", "[0, 0", "at line"),
        ("id = 1", "id = true", "label table 2 needs an id"),
        ("[0, 0, 0]", "[0, 0, false]", "label table 1 needs an id"),
        ("[0, 0, 0]", "[" * 100_000, "recursion"),
    ],
)
def test_a_bad_palette_is_refused_with_the_reason(tmp_path, old, new, words):
    path = tmp_path / "toys.toml"
    path.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(UserError) as refusal:
        load_palette(path)
    assert refusal.value.text.startswith("The palette toys.toml is no good: ")
    assert words in refusal.value.text


def test_a_palette_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match=r"absent\.toml cannot be read"):
        load_palette(tmp_path / "absent.toml")
