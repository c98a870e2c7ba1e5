"""Contact sheets: every pair is there, readable, and the file stays of a size that opens."""

import numpy as np
import pytest

from app.cli.sheets import (
    GAP_PX,
    GROUND,
    MOST_PAIRS,
    NAME_PX,
    THUMB_PX,
    Pair,
    drawn,
    shortened,
    spread,
    thumbnail,
    write_sheet,
)
from app.document.io.images import read_image


def plain(shade, height_px=10, width_px=16):
    return np.full((height_px, width_px, 3), shade, np.uint8)


def pair(shade=10, name="lake.jpg", **size):
    return Pair(name, plain(shade, **size), plain(shade + 100, **size))


def found(sheet, shade):
    """Top, bottom, left and right of what has this shade."""
    rows, columns = np.nonzero((np.asarray(sheet) == shade).all(2))
    return rows.min(), rows.max() + 1, columns.min(), columns.max() + 1


@pytest.mark.parametrize(("height_px", "width_px"), [(THUMB_PX, 100), (100, THUMB_PX), (7, 5)])
def test_before_and_after_meet_in_the_middle_at_one_height(height_px, width_px):
    sheet = drawn([pair(height_px=height_px, width_px=width_px)])
    top, bottom, left, right = found(sheet, 10)
    assert (bottom - top, right - left) == (height_px, width_px)
    assert right == GAP_PX + THUMB_PX
    after = found(sheet, 110)
    assert after[:2] == (top, bottom)
    assert 0 < after[2] - right <= 4
    assert after[3] - after[2] == width_px


def test_the_name_is_right_under_its_pair():
    named, nameless = (np.asarray(drawn([pair(name=name)])) for name in ("lake.jpg", ""))
    written = np.argwhere((named != nameless).any(2))
    assert len(written) > 20
    bottom = found(named, 10)[1]
    assert bottom <= written[:, 0].min() < bottom + 8
    assert written[:, 0].max() < bottom + NAME_PX
    assert named.shape[0] == bottom + NAME_PX + GAP_PX


def test_of_a_row_the_tallest_makes_the_height():
    pairs = [Pair("flat", plain(1, 10), plain(2, 10)), Pair("high", plain(3, 90), plain(4, 90))]
    pairs += [Pair(f"{n}", plain(n, 200, 200), plain(99, 200, 200)) for n in range(5, 25)]
    sheet = drawn(pairs)
    flat, high = found(sheet, 1), found(sheet, 3)
    assert flat[3] < high[2]
    assert (flat[0] + flat[1]) // 2 == (high[0] + high[1]) // 2


def test_every_pair_has_its_own_place_in_a_grid_that_is_about_square():
    pairs = [Pair(f"{n}", plain(n, 100, 90), plain(n + 100, 100, 90)) for n in range(30)]
    sheet = np.asarray(drawn(pairs))
    for shade in (*range(30), *range(100, 130)):
        assert (sheet == shade).all(2).sum() >= 9000
    height_px, width_px, _ = sheet.shape
    assert 0.6 < height_px / width_px < 1.7
    assert tuple(sheet[0, 0]) == GROUND


def test_the_largest_sheet_is_no_larger_than_every_format_takes():
    sheet = drawn([pair()] * MOST_PAIRS)
    assert max(sheet.size) < 16_000
    assert sheet.size[0] * sheet.size[1] < 40e6


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_it_is_written_as_its_name_says(tmp_path, suffix):
    path = tmp_path / f"sheet{suffix}"
    write_sheet(path, [pair(), pair()])
    assert read_image(path).rgb_hwc.shape[2] == 3


@pytest.mark.parametrize(
    ("count", "most", "places"),
    [(0, 3, []), (2, 3, [0, 1]), (3, 3, [0, 1, 2]), (5, 3, [0, 2, 4]), (100, 3, [0, 50, 99])],
)
def test_some_all_through_the_row(count, most, places):
    assert spread(range(count), most) == places


def test_of_a_large_folder_as_many_different_ones_as_fit():
    for count in (MOST_PAIRS, MOST_PAIRS + 1, 10 * MOST_PAIRS):
        chosen = spread(range(count), MOST_PAIRS)
        assert len(set(chosen)) == MOST_PAIRS
        assert (chosen[0], chosen[-1]) == (0, count - 1)


def test_a_thumbnail_is_small_srgb_and_never_larger_than_the_picture():
    assert thumbnail(plain(7, 20, 30), None).shape == (20, 30, 3)
    small = thumbnail(plain(7, 600, 900), None)
    assert max(small.shape) == THUMB_PX
    deep = thumbnail(np.full((20, 30, 3), 257 * 9, np.uint16), None)
    assert (deep.dtype, int(deep[0, 0, 0])) == (np.dtype(np.uint8), 9)


@pytest.mark.parametrize(
    ("text", "room", "shown"),
    [
        ("lake.jpg", 8, "lake.jpg"),
        ("lake.jpg", 6, "lake.…"),
        ("lake.jpg", 1, "…"),
        ("lake.jpg", 0, "…"),
        ("", 0, ""),
    ],
)
def test_long_names_are_shortened(text, room, shown):
    assert shortened(text, lambda words: len(words) <= room) == shown
