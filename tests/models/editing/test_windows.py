"""Boxes, and windows of stretched maps."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from models.editing.label_patterns import Box
from models.editing.windows import (
    MOST_PLACES,
    Stretch,
    overlap,
    pieces,
    places,
    stretched_reach,
    together,
    without,
)


def random_box(rng, size=40):
    top, left = rng.integers(0, size - 1, 2)
    return Box(
        int(top), int(left), int(rng.integers(top + 1, size)), int(rng.integers(left + 1, size))
    )


def painted(boxes, size=40):
    """How many of the boxes cover each place."""
    count = torch.zeros(size, size, dtype=torch.int64)
    for box in boxes:
        count[box.slices] += 1
    return count


def test_overlap_and_what_is_left():
    rng = np.random.default_rng(0)
    for _ in range(200):
        a, b = random_box(rng), random_box(rng)
        shared = overlap(a, b)
        both = (painted([a]) * painted([b])).bool()
        assert torch.equal(painted([shared] if shared else []).bool(), both)
        rest = without(a, b)
        assert len(rest) <= 4
        assert torch.equal(painted(rest), painted([a]) * (1 - painted([b])))


def test_together_covers_the_same_with_no_more_work():
    rng = np.random.default_rng(1)
    for number in range(100):
        boxes = [random_box(rng) for _ in range(number % 7)]
        found = together(boxes)
        assert bool((painted(found) > 0)[painted(boxes) > 0].all())
        assert sum(box.area for box in found) <= sum(box.area for box in boxes)
    assert together([Box(0, 0, 4, 4), Box(0, 4, 4, 9)]) == (Box(0, 0, 4, 9),)
    apart = (Box(0, 0, 4, 4), Box(20, 20, 24, 24))
    assert together(apart) == apart
    many = [Box(9 * i, 9 * i, 9 * i + 1, 9 * i + 1) for i in range(3 * MOST_PLACES)]
    assert len(together(many)) == MOST_PLACES


@pytest.mark.parametrize("most", [1, 7, 64, 5000])
def test_pieces_cover_a_box_once(most):
    rng = np.random.default_rng(2)
    for _ in range(30):
        box = random_box(rng)
        found = list(pieces(box, most))
        assert torch.equal(painted(found), painted([box]))
        assert all(piece.area <= max(most, 4) for piece in found)


def test_places_far_apart_are_told_apart():
    changed = torch.zeros(60, 80, dtype=torch.bool)
    assert places(changed) == ()
    changed[3:5, 4] = True
    changed[8, 10] = True
    assert places(changed) == (Box(3, 4, 9, 11),)
    changed[40:44, 70:80] = True
    changed[50:60, 0] = True
    assert set(places(changed)) == {Box(3, 4, 9, 11), Box(40, 70, 44, 80), Box(50, 0, 60, 1)}
    changed[::9, ::9] = True
    assert len(places(changed)) == 1


def test_places_cover_every_change():
    rng = np.random.default_rng(3)
    for share in (0.0005, 0.002, 0.01, 0.5):
        for _ in range(20):
            changed = torch.from_numpy(rng.uniform(size=(40, 40)) < share)
            assert bool((painted(places(changed)) > 0)[changed].all())


SIZES = [((7, 9), (7, 9)), ((7, 9), (28, 36)), ((7, 9), (30, 11)), ((40, 33), (9, 20)),
         ((1, 1), (8, 8)), ((5, 1), (3, 16))]  # fmt: skip


@pytest.mark.parametrize(("source", "size"), SIZES)
def test_windows_of_a_stretched_map(source, size):
    rng = np.random.default_rng(4)
    values = torch.randn(1, 3, *source)
    whole = F.interpolate(values, size=size, mode="bilinear", align_corners=False)
    for _ in range(40):
        top, left = int(rng.integers(size[0])), int(rng.integers(size[1]))
        bottom, right = (
            int(rng.integers(start + 1, stop + 1))
            for start, stop in zip((top, left), size, strict=True)
        )
        part = Box(top, left, bottom, right)
        stretch = Stretch(source, size, part)
        found = stretch(values[(..., *stretch.source.slices)])
        assert (found - whole[(..., *part.slices)]).abs().max() <= 1e-5


@pytest.mark.parametrize(("source", "size"), SIZES)
def test_what_a_changed_pixel_changes_in_a_stretched_map(source, size):
    for row in range(source[0]):
        for column in range(source[1]):
            values = torch.zeros(1, 1, *source)
            values[..., row, column] = 1.0
            found = F.interpolate(values, size=size, mode="bilinear", align_corners=False)
            box = stretched_reach(Box(row, column, row + 1, column + 1), source, size)
            found[(..., *box.slices)] = 0.0
            assert not found.any()
    # No more than that and a little.
    assert stretched_reach(Box(4, 4, 5, 5), (9, 9), (36, 36)).height <= 12
