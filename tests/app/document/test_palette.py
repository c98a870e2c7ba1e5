import pytest

from app.document.palette import Label, Palette, load_palette
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


def test_a_mapping_goes_by_name_unless_chosen():
    other = Palette("other", "Other", (Label(3, "sky", (1, 2, 3)), Label(4, "house", (4, 5, 6))))
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
