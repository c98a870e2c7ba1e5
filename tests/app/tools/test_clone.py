import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.document.masks import empty_levels
from app.tools.clone import CloneAim, CloneSource, in_shares, reach
from app.tools.mask_brush import MaskStroke, SoftBrushSettings
from app.tools.stroke import StrokeSample

SOURCE = CloneSource(300, 80)


def aim(*, aligned: bool) -> CloneAim:
    made = CloneAim(aligned=aligned)
    made.set(SOURCE)
    return made


def test_there_is_nothing_to_clone_without_a_source():
    fresh = CloneAim()
    assert fresh.source is None
    assert fresh.source_at(5, 5) is None
    with pytest.raises(ValueError, match="no source"):
        fresh.begin(5, 5)


@pytest.mark.parametrize("aligned", [True, False])
def test_the_source_waits_until_a_stroke_begins_and_then_follows_the_hand(aligned):
    aimed = aim(aligned=aligned)
    assert aimed.source == SOURCE
    assert aimed.source_at(17, 900) == (300, 80)
    assert aimed.begin(100, 100) == (200, -20)
    assert aimed.source_at(100, 100) == (300, 80)
    assert aimed.source_at(110, 130) == (310, 110)


def test_aligned_strokes_keep_the_way_to_the_source():
    aimed = aim(aligned=True)
    way = aimed.begin(100, 100)
    aimed.end()
    assert aimed.source_at(500, 500) == (700, 480)
    assert aimed.begin(400, 20) == way


def test_other_strokes_begin_at_the_source_each():
    aimed = aim(aligned=False)
    aimed.begin(100, 100)
    aimed.end()
    assert aimed.source_at(500, 500) == (300, 80)
    assert aimed.begin(400, 20) == (-100, 60)
    # Even where the end of one was not told.
    assert aimed.begin(300, 80) == (0, 0)


@pytest.mark.parametrize("aligned", [True, False])
def test_another_source_begins_anew(aligned):
    aimed = aim(aligned=aligned)
    aimed.begin(100, 100)
    other = CloneSource(5, 6, "a" * 64)
    aimed.set(other)
    assert aimed.source == other
    assert aimed.source_at(1, 1) == (5, 6)
    assert aimed.begin(1, 1) == (4, 5)


def test_a_way_in_shares_of_the_shorter_side():
    assert in_shares(300, -150, 6000, 300) == (1, -0.5)
    assert in_shares(300, -150, 600, 900) == (0.5, -0.25)


numbers = st.floats(-90, 90)


@given(numbers, numbers, st.floats(1, 80), st.floats(1, 80))
def test_within_reach_is_what_has_a_source(dx, dy, width, height):
    ys, xs = np.mgrid[:60, :50] + 0.5
    there = (xs + dx >= 0) & (xs + dx < width) & (ys + dy >= 0) & (ys + dy < height)
    rect = reach(dx, dy, width, height)
    found = np.array([[rect.contains(x, y) for x in range(50)] for y in range(60)])
    assert np.array_equal(found, there)


def test_a_stroke_stays_within_reach():
    levels = empty_levels(200, 100)
    stroke = MaskStroke(levels, SoftBrushSettings(30), limit=reach(150, 0, 200, 100))
    stroke.add(StrokeSample(10, 50))
    painted = stroke.add(StrokeSample(190, 50)).to_array()
    assert painted[50, :50].all()
    assert not painted[:, 50:].any()
