import numpy as np
import pytest
import torch

from models.engine.weights import NOWHERE, Brushed, Masks, Weight, Window, Within
from models.image_io import to_mask
from models.values import Mask
from tests.models.engine.coding import box_mask

SIZE = (30, 40)
BOX = box_mask(30, 40, (5, 12), (8, 20), level=51)
LOW = box_mask(30, 40, (10, 16), (18, 30), level=255)
EMPTY = Mask.from_grey(np.zeros((30, 40), np.uint8))
SMALL = box_mask(6, 8, (0, 3), (0, 4))


def masks_of(*masks, made=None):
    made = [] if made is None else made

    def cached(key, make):
        made.append(key)
        return make()

    return Masks({mask.sha256: mask for mask in masks}, cached)


MASKS = masks_of(BOX, LOW, EMPTY, SMALL)


def weight(strength=1.0, mask=None, patches=None):
    return Weight(MASKS, strength, mask and mask.sha256, patches)


@pytest.mark.parametrize(
    ("found", "full", "even"),
    [
        (weight(), True, True),
        (weight(0.5), False, True),
        (weight(1.0, BOX), False, False),
        (weight(1.0, None, (Brushed(BOX.sha256),)), False, False),
    ],
)
def test_a_weight_knows_whether_it_is_the_same_everywhere(found, full, even):
    assert (found.full, found.even) == (full, even)


def test_bounds_are_those_of_what_is_not_0():
    assert weight().bounds(SIZE) == Window(0, 30, 0, 40)
    assert weight(0.2, BOX).bounds(SIZE) == Window(5, 12, 8, 20)
    patches = (Brushed(BOX.sha256), Brushed(LOW.sha256))
    assert weight(1.0, None, patches).bounds(SIZE) == Window(5, 16, 8, 30)
    assert weight(1.0, LOW, (Brushed(BOX.sha256),)).bounds(SIZE) == Window(10, 12, 18, 20)
    assert weight(1.0, EMPTY).bounds(SIZE) == NOWHERE
    assert weight(1.0, BOX, (Brushed(EMPTY.sha256),)).bounds(SIZE) == NOWHERE
    assert weight(1.0, None, ()).bounds(SIZE) == NOWHERE


def test_strength_mask_and_patches_are_multiplied():
    found = weight(0.5, LOW, (Brushed(BOX.sha256),)).whole(SIZE)
    assert found.shape == (1, 1, 30, 40)
    expected = torch.zeros(30, 40)
    expected[10:12, 18:20] = 0.5 * 0.8  # 51 / 255 is a fifth, and four times that count
    torch.testing.assert_close(found[0, 0], expected)


def test_the_highest_patch_counts():
    found = weight(1.0, None, (Brushed(BOX.sha256), Brushed(LOW.sha256))).whole(SIZE)[0, 0]
    assert found[6, 9] == pytest.approx(0.8)
    assert found[11, 19] == found[15, 29] == 1.0
    assert found[0, 0] == 0.0


@pytest.mark.parametrize("window", [Window(0, 30, 0, 40), Window(9, 13, 2, 25), Window(0, 3, 0, 9)])
@pytest.mark.parametrize("size", [SIZE, (60, 80), (15, 20)])
def test_a_window_is_a_part_of_the_whole(window, size):
    some = weight(0.7, SMALL, (Brushed(BOX.sha256, Within(0.1, 0.35, -3.0, 0.6)),))
    window = window & Window.whole(size)
    found = some.window(size, window)
    assert torch.equal(found, some.whole(size)[:, :, window.rows, window.columns])
    assert np.array_equal(some.touched(size, window), found[0, 0].numpy() > 0.0)


def test_a_patch_ends_where_it_has_nothing_to_give():
    """In shares of the shorter side: rows below 0.3 x 30 px, columns from 0.5 x 30 px."""
    patch = Brushed(BOX.sha256, Within(-1.0, 0.3, 0.5, 9.0))
    found = weight(1.0, None, (patch,))
    assert found.bounds(SIZE) == Window(5, 9, 15, 20)
    there = found.whole(SIZE)[0, 0] > 0.0
    assert int(there.sum()) == 4 * 5
    beyond = Brushed(BOX.sha256, Within(2.0, 3.0, 0.0, 1.0))
    assert weight(1.0, None, (beyond,)).bounds(SIZE) == NOWHERE


def test_masks_are_stretched_once_for_each_size_and_exact_at_their_own():
    made = []
    masks = masks_of(SMALL, made=made)
    window = Window(0, 30, 0, 40)
    stretched = masks.window(SMALL.sha256, SIZE, window)
    assert torch.equal(stretched, to_mask(SMALL.grey_hw, SIZE))
    assert masks.bounds(SMALL.sha256, SIZE) == Window(0, 17, 0, 22)
    assert made == [("mask", SMALL.sha256, SIZE)] * 2
    own = masks.window(SMALL.sha256, (6, 8), Window(0, 6, 0, 8))
    assert torch.equal(own[0, 0] * 255, torch.from_numpy(SMALL.grey_hw.astype(np.float32)))
    assert len(made) == 2


def test_a_mask_kept_in_tiles_is_put_together_once():
    class Levels:
        height_px, width_px = 30, 40
        asked = 0

        def to_array(self):
            self.asked += 1
            return BOX.grey_hw

    levels = Levels()
    masks = masks_of(Mask(BOX.sha256, levels))
    for _ in range(3):
        masks.window(BOX.sha256, SIZE, Window(0, 5, 0, 5))
        masks.bounds(BOX.sha256, SIZE)
    assert levels.asked == 1


def test_windows_share_and_join():
    a, b = Window(0, 4, 0, 4), Window(2, 6, 3, 9)
    assert a & b == Window(2, 4, 3, 4)
    assert a.hull(b) == Window(0, 6, 0, 9)
    assert (a & Window(7, 9, 0, 4)).empty
    assert a.hull(NOWHERE) == NOWHERE.hull(a) == a
    assert b.within(Window(1, 9, 1, 9)) == (slice(1, 5), slice(2, 8))
