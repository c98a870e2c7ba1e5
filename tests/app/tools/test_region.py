import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.document.rect import Rect
from app.document.tiles import TiledArray, changed_rect
from app.tools.mask_brush import MaskStroke, SoftBrushSettings
from app.tools.region import LEAST, MOST, USUAL, RegionMask, proposed, telling_threshold
from app.tools.stroke import StrokeSample

CELL_PX = 17
WIDTH, HEIGHT = 7 * CELL_PX, 5 * CELL_PX


def likeness(*rows: str) -> np.ndarray:
    """Cosines in tenths, one digit each; "x" is 1."""
    values = [[10 if letter == "x" else int(letter) for letter in row] for row in rows]
    return np.array(values, np.float32) / 10


LIKE = likeness(
    "0000000",
    "0x90090",
    "0980099",
    "0000000",
    "8000000",
)


def mask(threshold=0.85, softness=0.0, at=(1.5 / 7, 1.5 / 5), contiguous=False, **other):
    values = {"similarity_hw": LIKE, "cell_px": CELL_PX, "size_px": (WIDTH, HEIGHT), **other}
    options = {"threshold": threshold, "softness": softness, "at": at, "contiguous": contiguous}
    return proposed(**values, **options)


def cells(levels: np.ndarray) -> list[str]:
    """The level in the middle of each cell: "." for 0, "#" for 255, else "o"."""
    marks = {0: ".", 255: "#"}
    middles = levels[CELL_PX // 2 :: CELL_PX, CELL_PX // 2 :: CELL_PX]
    return ["".join(marks.get(int(level), "o") for level in row) for row in middles]


# Proposals


def test_what_is_like_the_place_is_proposed():
    found = mask()
    assert (found.shape, found.dtype) == ((HEIGHT, WIDTH), np.uint8)
    assert found.flags.c_contiguous
    assert cells(found) == [".......", ".##..#.", ".#...##", ".......", "......."]


def test_a_lower_threshold_takes_in_more():
    assert cells(mask(0.75)) == [".......", ".##..#.", ".##..##", ".......", "#......"]
    assert (mask(-1.0) == 255).all()
    assert (mask(0.75) >= mask(0.85)).all()


def test_contiguous_is_what_hangs_together_with_the_place():
    assert cells(mask(0.75, contiguous=True)) == [
        ".......",
        ".##....",
        ".##....",
        ".......",
        ".......",
    ]
    corners = likeness("x000000", "0x00000", "000x000", "0000000", "0000000")
    found = mask(0.5, at=(0.0, 0.0), contiguous=True, similarity_hw=corners)
    assert cells(found)[:3] == ["#......", ".#.....", "......."]


def test_contiguous_keeps_the_soft_rim_of_the_piece_and_of_no_other():
    line = np.tile(np.array([0.3, 0.5, 0.9, 0.5, 0.2, 0.5, 0.9], np.float32), (5, 1))
    options = {"softness": 0.8, "at": (2.5 / 7, 0.5), "similarity_hw": line}
    assert cells(mask(0.6, **options))[2] == "oo#o.oo"
    assert cells(mask(0.6, **options, contiguous=True))[2] == ".o#o..."


def test_the_place_itself_is_inside_at_any_threshold():
    found = mask(1.5, at=(0.99, 0.99))
    assert cells(found) == [".......", ".......", ".......", ".......", "......#"]
    for at in [(0.0, 0.0), (1.0, 1.0), (0.5, 0.2)]:
        x, y = (
            min(int(share * size), size - 1)
            for share, size in zip(at, (WIDTH, HEIGHT), strict=True)
        )
        assert mask(1.5, at=at, contiguous=True)[y, x] > 60


def test_softness_is_a_range_of_similarities_around_the_threshold():
    ramp = np.tile(np.linspace(0.2, 0.8, 7, dtype=np.float32), (5, 1))
    found = mask(0.5, softness=0.4, similarity_hw=ramp, at=(0.999, 0.5))
    levels = found[CELL_PX // 2, CELL_PX // 2 :: CELL_PX][:6].tolist()
    smooth = [255 * s * s * (3 - 2 * s) for s in (0, 0, 0.25, 0.5, 0.75, 1)]
    assert levels == pytest.approx(smooth, abs=0.6)
    steep = mask(0.45, softness=0.0, similarity_hw=ramp, at=(0.999, 0.5))
    assert cells(steep)[0] == "...####"


# Thresholds


def threshold(*rows: str, at=(0.01, 0.01)) -> float:
    cells_hw = likeness(*rows)
    size_px = (CELL_PX * cells_hw.shape[1], CELL_PX * cells_hw.shape[0])
    return telling_threshold(cells_hw, CELL_PX, size_px, at)


def test_a_threshold_parts_what_is_like_the_place_from_all_else():
    assert 0.5 <= threshold("xx8844", "x88445", "888845") <= 0.8
    noise = np.random.default_rng(3).normal(0, 0.05, (2, 40, 40))
    cells_hw = np.where(np.arange(40) < 15, 0.9 + noise[0], 0.45 + noise[1])
    cells_hw = np.clip(cells_hw, -1, 1).astype(np.float32)
    found = telling_threshold(cells_hw, 1.0, (40, 40), (0.1, 0.5))
    assert 0.6 < found < 0.75
    assert ((cells_hw >= found) == (np.arange(40) < 15)).mean() > 0.995


def test_a_threshold_stays_within_bounds():
    assert threshold("x44", "111", "111") == LEAST
    assert threshold("xxx", "xxx", "999") == MOST
    # What is opposite to the place says nothing about what is like it.
    opposite = np.full((4, 9), -0.9, np.float32)
    opposite[:, :2] = 0.75
    opposite[:, :1] = 0.95
    assert telling_threshold(opposite, 1.0, (9, 4), (0.0, 0.0)) > USUAL


def test_a_threshold_stays_above_a_leak():
    field = ["x911111111", "9966666666", "1166666666", "1166666666"]
    found = threshold(*field)
    assert 0.6 < found < USUAL
    apart = [row[:2] + "1" + row[3:] for row in field]
    apart[2:] = ["111" + row[3:] for row in field[2:]]
    assert threshold(*apart) == LEAST, "what does not hang together with the place is no leak"


def test_a_leak_close_to_the_place_counts_if_the_thing_is_there_already():
    """A cliff before a sky: 0.9 within, the sky 0.75 and the rest of the picture far from both."""
    cells_hw = np.full((10, 20), 0.1, np.float32)
    cells_hw[:5] = 0.75
    cells_hw[5:8, :8] = 0.9
    assert 0.75 < telling_threshold(cells_hw, 1.0, (20, 10), (0.2, 0.6)) <= MOST
    # One cell that is all alike is a part of what is around it.
    cells_hw[5:8, :8] = 0.75
    cells_hw[6, 4] = 1.0
    assert telling_threshold(cells_hw, 1.0, (20, 10), (0.21, 0.65)) <= 0.75


def by_hand(shares_hw: np.ndarray, cell_px: float, width: int, height: int) -> np.ndarray:
    """Bilinearly between the middles of cells, the slow way."""
    taps = []
    for size, count in ((height, shares_hw.shape[0]), (width, shares_hw.shape[1])):
        places = np.clip((np.arange(size) + 0.5) / cell_px - 0.5, 0, count - 1)
        low = np.minimum(places.astype(int), count - 1)
        taps.append((low, np.minimum(low + 1, count - 1), places - low))
    (y0, y1, fy), (x0, x1, fx) = taps
    rows = shares_hw[y0] * (1 - fy[:, None]) + shares_hw[y1] * fy[:, None]
    return 255 * (rows[:, x0] * (1 - fx) + rows[:, x1] * fx)


@pytest.mark.parametrize(
    ("cell_px", "size_px"),
    [(17, (119, 85)), (17, (108, 75)), (62.5, (437, 312)), (31.25, (200, 150)), (0.3, (2, 1))],
)
def test_cells_lie_where_they_are_said_to_lie(cell_px, size_px):
    """From the left upper corner on, cut at the right and the lower edge, stretched evenly."""
    cells_hw = np.random.default_rng(0).random((5, 7)).astype(np.float32)
    shares = (cells_hw >= 0.5).astype(float)
    shares[0, 0] = 1
    options = {"threshold": 0.5, "softness": 0, "at": (0, 0), "contiguous": False}
    found = proposed(cells_hw, cell_px, size_px, **options)
    assert found.shape == size_px[::-1]
    assert np.abs(found - by_hand(shares, cell_px, *size_px)).max() < 1.5


@pytest.mark.parametrize("size_px", [(120, 85), (119, 86)])
def test_cells_that_do_not_cover_the_picture_are_refused(size_px):
    with pytest.raises(ValueError, match="7 x 5 cells of 17 px on"):
        mask(size_px=size_px)


def test_a_large_proposal_is_quick():
    """10 ms on one core for 12 megapixels. In processor time, the best of three."""
    cells_hw = np.random.default_rng(0).random((48, 64)).astype(np.float32)
    options = {"threshold": 0.5, "softness": 0.2, "at": (0.5, 0.5), "contiguous": True}

    def seconds() -> float:
        start = time.process_time()
        proposed(cells_hw, 62.5, (4000, 3000), **options)
        return time.process_time() - start

    assert min(seconds() for _ in range(3)) < 0.06


# What the hand changes


def tiled(seed: int) -> TiledArray:
    values = np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH)).astype(np.uint8)
    return TiledArray.from_array(values)


def stroke(levels: TiledArray, x: float, y: float, *, erase: bool) -> TiledArray:
    brush = MaskStroke(levels, SoftBrushSettings(30, 0.6), erase=erase)
    return brush.add(StrokeSample(x, y))


def test_a_region_is_its_proposal_at_first():
    proposal = tiled(0)
    region = RegionMask.of(proposal)
    assert region.levels is proposal
    assert region.painted(proposal) is region


def test_levels_are_the_proposal_less_what_was_removed_and_what_was_added():
    region = RegionMask(tiled(0), tiled(1), tiled(2))
    p, a, r = (t.to_array() for t in (region.proposal, region.added, region.removed))
    assert np.array_equal(region.levels.to_array(), np.maximum(np.minimum(p, 255 - r), a))
    assert region.levels is region.levels


def test_what_the_hand_did_outlasts_another_proposal():
    region = RegionMask.of(TiledArray.from_array(mask(0.85)))
    added = region.painted(stroke(region.levels, 60, 60, erase=False))
    both = added.painted(stroke(added.levels, 24, 24, erase=True))
    assert both.levels.value_at(60, 60) == 255
    assert both.levels.value_at(24, 24) == 0
    for threshold in (-1.0, 0.5, 2.0):
        other = RegionMask(TiledArray.from_array(mask(threshold)), both.added, both.removed)
        assert other.levels.value_at(60, 60) == 255
        assert other.levels.value_at(24, 24) == 0
        far = Rect(80, 0, 30, 40)
        assert np.array_equal(other.levels.read(far), other.proposal.read(far))


def test_the_last_stroke_wins():
    region = RegionMask.of(TiledArray.filled(HEIGHT, WIDTH, 0))
    for erase in (False, True, False, True):
        region = region.painted(stroke(region.levels, 40, 40, erase=erase))
        for proposal in (0, 255):
            again = RegionMask(
                TiledArray.filled(HEIGHT, WIDTH, proposal), region.added, region.removed
            )
            assert again.levels.value_at(40, 40) == (0 if erase else 255)


strokes = st.lists(
    st.tuples(st.floats(-10, 120), st.floats(-10, 90), st.booleans()), min_size=1, max_size=6
)


@settings(max_examples=40, deadline=None)
@given(strokes, st.integers(0, 3))
def test_painted_levels_are_the_new_ones(hands, seed):
    region = RegionMask.of(tiled(seed))
    for x, y, erase in hands:
        wanted = stroke(region.levels, x, y, erase=erase)
        region = region.painted(wanted)
        assert region.levels == wanted


def test_a_stroke_leaves_the_rest_of_the_changes_shared():
    region = RegionMask.of(TiledArray.from_array(np.zeros((640, 640), np.uint8)))
    first = region.painted(stroke(region.levels, 100, 100, erase=False))
    second = first.painted(stroke(first.levels, 500, 500, erase=True))
    assert second is first
    third = first.painted(stroke(first.levels, 100, 100, erase=True))
    changed = changed_rect(first.removed, third.removed)
    assert changed is not None
    assert Rect(80, 80, 40, 40).covers(changed)
    assert sum(a is not b for a, b in zip(first.added.tiles, third.added.tiles, strict=True)) == 1


def test_a_place_that_nothing_is_like_has_the_least_threshold():
    similarity_hw = np.full((4, 6), -0.2, np.float32)
    similarity_hw[1, 2] = np.nextafter(np.float32(1), np.float32(2))
    assert telling_threshold(similarity_hw, 1.0, (6, 4), (0.4, 0.3)) == 0.5
