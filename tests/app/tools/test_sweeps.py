"""What tips pass over; what brushes make of it is tested with them."""

import math
from itertools import zip_longest

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.document.rect import Rect
from app.tools.area import Area, Ellipse, Union, painted
from app.tools.stroke import Point
from app.tools.sweeps import RoundSweeps, SquareSweeps, ThinLines, Tip, sweeps
from tests.app.tools.grids import (
    BOUNDS,
    drawn,
    empty,
    middles,
    pieces,
    points,
    tips,
    ways,
)

STEPS = 60
quick = settings(max_examples=30, deadline=None)


def steps(a: Tip, b: Tip, count=STEPS) -> np.ndarray:
    return np.linspace(a, b, count)


def sweep(a: Tip, b: Tip, *, square: bool = False) -> Area:
    (area,) = sweeps([(a, b)], square=square)
    return area


def thin(a: Point, b: Point) -> Area:
    return sweep(Tip(*a, 0.5), Tip(*b, 0.5))


@quick
@given(ways, st.sampled_from([RoundSweeps, SquareSweeps, ThinLines]))
def test_many_ways_are_the_union_of_each(tips_n23, kind):
    alone = [kind(tips_n23[i : i + 1]) for i in range(len(tips_n23))]
    assert np.array_equal(kind(tips_n23).mask(BOUNDS), Union(alone).mask(BOUNDS))


@quick
@given(*2 * [st.lists(st.tuples(tips, tips), max_size=3)], st.booleans())
def test_thin_and_broad_ways_may_come_together(broad, others, square):
    lines = [(a._replace(radius_px=0.4), b._replace(radius_px=0.7)) for a, b in others]
    mixed = [way for pair in zip_longest(broad, lines) for way in pair if way is not None]
    found = Union(list(sweeps(mixed, square=square))).mask(BOUNDS)
    alone = Union([sweep(*way, square=square) for way in mixed]).mask(BOUNDS)
    assert np.array_equal(found, alone)


def test_no_way_is_nothing():
    assert list(sweeps([])) == []


@quick
@given(tips, tips)
def test_a_round_sweep_is_all_that_its_discs_reach(a, b):
    xs, ys = middles()
    gaps = [np.hypot(xs - x, ys - y) - r for x, y, r in steps(a, b)]
    gap = np.min(gaps, axis=0)
    # Between two of the discs looked at, a rim lies a little further out than theirs.
    length = math.dist(a, b)
    mask = sweep(a, b).mask(BOUNDS)
    assert mask[gap <= 0].all()
    assert not mask[gap > length / STEPS + 1e-5].any()


@quick
@given(tips, tips)
def test_a_square_sweep_is_all_that_its_squares_reach(a, b):
    xs, ys = middles()
    inside = [
        (xs - x >= -r) & (xs - x < r) & (ys - y >= -r) & (ys - y < r) for x, y, r in steps(a, b)
    ]
    near = [np.maximum(np.abs(xs - x), np.abs(ys - y)) - r for x, y, r in steps(a, b)]
    mask = sweep(a, b, square=True).mask(BOUNDS)
    assert not mask[np.min(near, axis=0) > math.dist(a, b) / STEPS + 1e-5].any()
    missing = np.any(inside, axis=0) & ~mask
    # On a slope exactly a middle may fall to the other side.
    assert not (missing & (np.min(near, axis=0) < -1e-5)).any()


@quick
@given(tips)
def test_a_dab_is_the_one_that_the_labels_stamp(tip):
    plain = empty(BOUNDS.height_px, BOUNDS.width_px)
    stamped = plain.stamp(tip.x_px, tip.y_px, tip.radius_px, 1)
    assert painted(plain, sweep(tip, tip), 1) == stamped
    assert painted(plain, Ellipse(tip.x_px, tip.y_px, tip.radius_px, tip.radius_px), 1) == stamped


def test_a_square_dab_is_as_wide_as_it_says():
    for x in np.arange(10, 12, 0.125):
        for y in (10.0, 10.5, 10.75):
            mask = sweep(Tip(x, y, 4), Tip(x, y, 4), square=True).mask(BOUNDS)
            assert mask.sum() == 64
            assert mask[math.ceil(y - 4.5), math.ceil(x - 4.5)]


def test_tips_below_a_pixel_and_a_half_draw_lines_of_pixels():
    assert isinstance(sweep(Tip(0, 0, 0.7), Tip(9, 0, 0.75)), ThinLines)
    assert isinstance(sweep(Tip(0, 0, 0.75), Tip(9, 0, 0.75)), RoundSweeps)
    assert isinstance(sweep(Tip(0, 0, 0.75), Tip(9, 0, 0.75), square=True), SquareSweeps)


@quick
@given(points, points)
def test_a_thin_line_is_one_pixel_thick_and_has_no_gaps(a, b):
    flat = abs(b[0] - a[0]) >= abs(b[1] - a[1])
    assume(a != b)
    around = Rect(-60, -60, 180, 180)
    mask = thin(a, b).mask(around)
    assert pieces(mask, 8) <= 1
    assert mask.sum(0 if flat else 1).max() <= 1
    along = sorted((a[0], b[0]) if flat else (a[1], b[1]))
    passed = math.floor(along[1] - 0.5) - math.ceil(along[0] - 0.5) + 1
    assert passed - 1 <= mask.sum() <= passed + 2


def test_a_line_between_two_rows_goes_to_the_lower_as_a_dab_does():
    dab = empty(6, 6).stamp(3, 3, 0.5, 1)
    assert dab.value_at(3, 3) == 1
    assert drawn(painted(empty(6, 6), thin((1, 3), (5, 3)), 1))[3] == ".####."
    # Along the corners of pixels, and along the edges of their diamonds.
    assert drawn(painted(empty(4, 4), thin((0, 0), (4, 4)), 1)) == [
        "#...",
        ".#..",
        "..#.",
        "...#",
    ]
    assert painted(empty(4, 4), thin((0, 0.5), (3.5, 4)), 1).to_array().sum(0).max() == 1
