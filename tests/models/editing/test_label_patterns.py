"""Neighbourhoods of labels, against looking at every pixel."""

import numpy as np
import pytest

from models.editing.label_patterns import OUTSIDE, REACH, Box, changed_box, find_patterns, joined


def regions(size, labels, seed):
    """A label map of rectangles."""
    rng = np.random.default_rng(seed)
    found = np.zeros(size, np.int32)
    for label in range(labels):
        top, left = rng.integers(0, size[0]), rng.integers(0, size[1])
        found[top : top + rng.integers(1, 9), left : left + rng.integers(1, 9)] = label
    return found


def neighbourhood(labels, y, x, reach=REACH):
    bordered = np.pad(labels, reach, constant_values=OUTSIDE)
    return bordered[y : y + 2 * reach + 1, x : x + 2 * reach + 1]


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 3), (17, 23)])
def test_two_pixels_have_one_pattern_exactly_when_their_5_x_5_labels_agree(size):
    labels = regions(size, 6, seed=1)
    patterns = find_patterns(labels, Box(0, 0, *size))
    seen = {}
    for (y, x), place in np.ndenumerate(patterns.index):
        seen.setdefault(neighbourhood(labels, y, x).tobytes(), set()).add(int(place))
    assert all(len(places) == 1 for places in seen.values())
    assert len(seen) == len(patterns.names) == len(set(patterns.names.tolist()))


def test_a_pattern_has_the_same_name_in_every_map_and_part():
    labels = regions((20, 30), 9, seed=2)
    whole = find_patterns(labels, Box(0, 0, 20, 30))
    part = Box(3, 0, 20, 11)
    found = find_patterns(labels, part)
    expected = whole.names[whole.index[part.slices]]
    np.testing.assert_array_equal(found.names[found.index], expected)


@pytest.mark.parametrize("part", [Box(0, 0, 11, 14), Box(2, 5, 11, 9)])
def test_anatomy_gives_back_the_labels(part):
    labels = regions((11, 14), 7, seed=3)
    patterns = find_patterns(labels, part)
    which = np.arange(len(patterns.names))[1::2]
    anatomy = patterns.anatomy(which)
    for row, place in enumerate(which):
        y, x = np.argwhere(patterns.index == place)[0] + (part.top, part.left)
        for tap, (down, across) in enumerate(np.ndindex(3, 3)):
            inner = anatomy.taps[row, tap]
            middle = (y + down - 1, x + across - 1)
            is_inside = 0 <= middle[0] < 11 and 0 <= middle[1] < 14
            assert anatomy.is_inside[inner] == is_inside
            if is_inside:
                expected = neighbourhood(labels, *middle, reach=1).ravel()
                np.testing.assert_array_equal(anatomy.labels[inner], expected)


def test_noise_has_a_pattern_for_every_pixel():
    labels = np.random.default_rng(0).integers(0, 9, (40, 50)).astype(np.int32)
    assert len(find_patterns(labels, Box(0, 0, 40, 50)).names) == 2000


def test_changed_box_is_around_what_differs():
    before = np.zeros((6, 8), np.int32)
    after = before.copy()
    assert changed_box(None, after) == Box(0, 0, 6, 8)
    assert changed_box(before, before) is None
    assert changed_box(before, after) is None
    after[2, 7] = after[4, 1] = 1
    assert changed_box(before, after) == Box(2, 1, 5, 8)


def test_boxes():
    box = Box(1, 2, 4, 7)
    assert (box.height, box.width, box.area) == (3, 5, 15)
    assert box.grown(2, (5, 8)) == Box(0, 0, 5, 8)
    assert box.doubled() == Box(2, 4, 8, 14)
    assert box.of_pairs() == Box(0, 2, 4, 8)
    assert box.within(Box(1, 1, 9, 9)) == Box(0, 1, 3, 6)
    assert joined(box, Box(0, 5, 2, 9)) == Box(0, 2, 4, 9)
    assert joined(None, box) == joined(box, None) == box
    assert joined(None, None) is None
