import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.document.rect import Rect
from app.document.tiles import TILE_PX, TiledArray
from app.tools.fill import fill, replace_label
from app.tools.stroke import Mirror
from tests.app.tools.grids import drawn, empty, grid, shared

ROOM = (
    "..##....",
    ".#..#...",
    ".#.2#...",
    "..##..##",
    "......#.",
)
quick = settings(max_examples=60, deadline=None)


def flooded(values: np.ndarray, x: int, y: int, value: int) -> np.ndarray:
    """The slow way: pixel by pixel, over the sides."""
    new, old, waiting = values.copy(), values[y, x], [(x, y)]
    seen = np.zeros(values.shape, bool)
    while waiting:
        x, y = waiting.pop()
        inside = 0 <= x < values.shape[1] and 0 <= y < values.shape[0]
        if inside and not seen[y, x] and values[y, x] == old:
            seen[y, x] = True
            new[y, x] = value
            waiting += [(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)]
    return new


def test_a_fill_stays_within_its_walls_and_does_not_go_through_corners():
    assert drawn(fill(grid(*ROOM), 2.5, 1.5, 7)) == [
        "..##....",
        ".#77#...",
        ".#72#...",
        "..##..##",
        "......#.",
    ]
    assert drawn(fill(grid(*ROOM), 0, 0, 7)) == [
        "77##7777",
        "7#..#777",
        "7#.2#777",
        "77##77##",
        "777777#.",
    ]


def test_a_fill_everywhere_takes_all_of_the_label():
    assert drawn(fill(grid(*ROOM), 2.5, 1.5, 7, contiguous=False)) == [
        "77##7777",
        "7#77#777",
        "7#72#777",
        "77##77##",
        "777777#7",
    ]


@pytest.mark.parametrize("contiguous", [True, False])
def test_outside_and_over_itself_nothing_is_filled(contiguous):
    ids = grid(*ROOM)
    for x, y in [(-0.01, 1), (8, 1), (1, -0.01), (1, 5)]:
        assert fill(ids, x, y, 7, contiguous=contiguous) is ids
    assert fill(ids, 0, 0, 0, contiguous=contiguous) is ids


def test_a_fill_in_mirrors_starts_from_every_image():
    ids = grid("#...#", ".....", "#..2#")
    assert drawn(fill(ids, 0.2, 0.9, 7, Mirror(2.5, 1.5))) == ["7...7", ".....", "7..27"]
    assert drawn(fill(ids, 0.2, 0.9, 7, Mirror(x_px=0))) == ["7...#", ".....", "#..2#"]
    other = grid("#.2", "#.2")
    assert drawn(fill(other, 0, 0, 7, Mirror(1.5), contiguous=False)) == ["7.7", "7.7"]


@quick
@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 89),
    st.integers(0, 69),
    st.integers(0, 3),
    st.sampled_from([np.uint8, np.uint16]),
)
def test_a_fill_does_what_the_slow_way_does(seed, x, y, value, dtype):
    coarse = np.random.default_rng(seed).integers(0, 3, (14, 18))
    values = coarse.repeat(5, 0).repeat(5, 1).astype(dtype)
    ids = TiledArray.from_array(values)
    filled = fill(ids, x, y, value)
    expected = flooded(values, x, y, value)
    assert filled.dtype == dtype
    assert np.array_equal(filled.to_array(), expected)
    everywhere = fill(ids, x, y, value, contiguous=False)
    assert np.array_equal(everywhere.to_array(), np.where(values == values[y, x], value, values))


def test_only_tiles_that_changed_are_copied():
    ids = TiledArray.filled(320, 320, 0).fill(Rect(100, 100, 20, 20), 5)
    filled = fill(ids, 110, 110, 6)
    assert shared(ids, filled).count(False) == 1
    everywhere = fill(ids, 0, 0, 6, contiguous=False)
    assert everywhere.nbytes == 2 * TILE_PX**2


def test_a_filled_plain_map_takes_as_little_memory_as_before():
    ids = TiledArray.filled(640, 640, 0)
    assert fill(ids, 5, 5, 6).nbytes == fill(ids, 5, 5, 6, contiguous=False).nbytes == ids.nbytes


@pytest.mark.parametrize("value", [-1, 256])
def test_labels_beyond_the_type_are_refused(value):
    for contiguous in (True, False):
        with pytest.raises(ValueError, match=str(value)):
            fill(empty(9, 9), 1, 1, value, contiguous=contiguous)
    for pair in ((0, value), (value, 0)):
        with pytest.raises(ValueError, match=str(value)):
            replace_label(empty(9, 9), *pair)


def test_a_label_is_replaced():
    assert drawn(replace_label(grid(".#3", "2#2"), 1, 4)) == [".43", "242"]


def test_a_label_that_is_not_there_or_replaces_itself_changes_nothing():
    ids = grid("#22", "3.#")
    assert replace_label(ids, 3, 3) is ids
    assert replace_label(ids, 7, 8) is ids


def test_16_bit_labels_are_replaced():
    ids = TiledArray.filled(5, 5, 65535, np.uint16)
    assert replace_label(ids, 65535, 300) == TiledArray.filled(5, 5, 300, np.uint16)


# Speed


@pytest.mark.parametrize("contiguous", [True, False])
def test_the_largest_maps_are_filled_quickly(contiguous):
    """0.07 s at 4096 x 4096 px; the limit leaves room for a busy machine.

    In processor time, the best of three.
    """
    values = np.zeros((4096, 4096), np.uint8)
    values[1000:3000, 500:600] = 1
    ids = TiledArray.from_array(values)

    def seconds() -> float:
        start = time.process_time()
        fill(ids, 5, 5, 3, contiguous=contiguous)
        return time.process_time() - start

    assert min(seconds() for _ in range(3)) < 0.4
