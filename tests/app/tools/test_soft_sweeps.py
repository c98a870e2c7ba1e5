import numpy as np
import pytest

from app.document.rect import Rect
from app.tools.soft_sweeps import depths, falloff, soft_sweeps, thinned
from app.tools.sweeps import Tip

DAB = [Tip(50, 50, 10), Tip(50, 50, 10)]


def test_what_lies_far_away_has_no_depths():
    sweeps = list(soft_sweeps(DAB, 0.5))
    assert depths(sweeps, Rect(100, 100, 20, 20)) is None
    near = depths(sweeps, Rect(47, 47, 6, 6))
    assert near is not None
    assert (near > 1).all()


def test_the_corners_of_a_box_are_no_part_of_it():
    """Near enough for a circle around the rectangle, and yet outside."""
    outside = depths(list(soft_sweeps(DAB, 0.5)), Rect(61, 30, 12, 60))
    assert outside is not None
    assert not outside.any()


def test_two_tips_in_one_place_are_the_larger_one():
    for tips in (Tip(50, 50, 4), Tip(50, 50, 10)), (Tip(50, 50, 10), Tip(50, 50, 4)):
        sweeps = list(soft_sweeps(list(tips), 0.5))
        assert sweeps == list(soft_sweeps(DAB, 0.5))


def test_a_way_is_cut_where_its_rim_gets_thin():
    sweeps = list(soft_sweeps([Tip(0, 0, 1), Tip(30, 0, 4)], 0.5))
    assert [(sweep.a, sweep.b) for sweep in sweeps] == [
        (Tip(0, 0, 1), Tip(10, 0, 2)),
        (Tip(10, 0, 2), Tip(30, 0, 4)),
    ]
    assert len(list(soft_sweeps([Tip(0, 0, 2), Tip(30, 0, 4)], 0.5))) == 1


def test_the_falloff_is_smooth_at_both_ends():
    shares = falloff(np.array([0, 1e-3, 0.25, 0.5, 0.75, 0.999, 1, 7], np.float32))
    assert shares.tolist() == pytest.approx([0, 0, 0.15625, 0.5, 0.84375, 1, 1, 1], abs=4e-6)


def test_places_that_a_straight_way_passes_are_left_out():
    line = [Tip(float(x), 2.0 * x, 5.0) for x in range(20)]
    assert thinned(line, 1e-9) == [line[0], line[-1]]
    assert thinned(line[:2], 1.0) == line[:2]
    assert thinned(line[:1], 1.0) == line[:1]
    assert thinned([line[0], line[0], line[0]], 0.1) == [line[0], line[0]]


def test_corners_and_changes_of_the_radius_are_kept():
    corner = [Tip(0, 0, 5), Tip(5, 0.1, 5), Tip(10, 0, 5), Tip(10, 10, 5)]
    assert thinned(corner, 0.2) == [corner[0], corner[2], corner[3]]
    swelling = [Tip(0, 0, 5), Tip(5, 0, 9), Tip(10, 0, 5)]
    assert thinned(swelling, 0.2) == swelling
    there_and_back = [Tip(0, 0, 5), Tip(9, 0, 5), Tip(1, 0, 5)]
    assert thinned(there_and_back, 0.2) == there_and_back
