"""The areas by themselves; what tools make of them is tested with the tools."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.document.rect import Rect
from app.tools.area import (
    Box,
    Ellipse,
    Polygon,
    Rim,
    RoundSweep,
    SquareSweep,
    ThinLine,
    Tip,
    Union,
    painted,
    pixel,
    sweep,
)
from app.tools.stroke import Mirror
from tests.app.tools.grids import drawn, empty, pieces

BOUNDS = Rect(0, 0, 48, 40)
STEPS = 60
# On a grid of 1/8 pixels, rims that touch a pixel's middle touch it exactly.
places = st.integers(-160, 560).map(lambda eighths: eighths / 8)
radii = st.integers(6, 160).map(lambda eighths: eighths / 8)
tips = st.builds(Tip, places, places, radii)
points = st.tuples(places, places)
areas = st.one_of(
    st.builds(RoundSweep, tips, tips),
    st.builds(SquareSweep, tips, tips),
    st.builds(ThinLine, points, points),
    st.builds(Box, places, places, places, places),
    st.builds(Ellipse, places, places, radii, radii),
    st.builds(Ellipse, places, places, st.floats(0, 2), st.floats(0, 2)),
    st.lists(points, max_size=6).map(lambda some: Polygon(np.array(some).reshape(-1, 2))),
)
quick = settings(max_examples=30, deadline=None)


def middles():
    ys, xs = np.mgrid[: BOUNDS.height_px, : BOUNDS.width_px] + 0.5
    return xs, ys


def steps(a: Tip, b: Tip, count=STEPS) -> np.ndarray:
    return np.linspace(a, b, count)


@quick
@given(areas)
def test_no_pixel_lies_outside_the_box(area):
    around = Rect(-60, -60, 180, 180)
    rows, columns = np.nonzero(area.mask(around))
    assert all(area.box.contains(x - 60, y - 60) for y, x in zip(rows, columns, strict=True))


@quick
@given(areas, st.builds(Rect, *4 * [st.integers(0, 30)]))
def test_a_mask_is_the_part_of_a_larger_mask(area, rect):
    whole = area.mask(Rect(0, 0, 60, 60))
    part = whole[rect.y_px : rect.bottom_px, rect.x_px : rect.right_px]
    assert np.array_equal(area.mask(rect), part)


@quick
@given(areas, areas)
def test_a_union_is_that_of_the_pixels(a, b):
    union = Union([a, b])
    assert np.array_equal(union.mask(BOUNDS), a.mask(BOUNDS) | b.mask(BOUNDS))
    assert union.box.covers(a.box)
    assert union.box.covers(b.box)


@quick
@given(areas, areas)
def test_a_rim_is_what_is_not_in_the_hole_or_lies_beside_the_outside(area, hole):
    mask, hole_mask = area.mask(Rect(-1, -1, 50, 42)), hole.mask(BOUNDS)
    beside = np.zeros(hole_mask.shape, bool)
    for dx, dy in ((0, 1), (2, 1), (1, 0), (1, 2)):
        beside |= ~mask[dy : dy + 40, dx : dx + 48]
    rim = Rim(area, hole)
    assert rim.box == area.box
    assert np.array_equal(rim.mask(BOUNDS), mask[1:-1, 1:-1] & (~hole_mask | beside))


@quick
@given(tips, tips)
def test_a_round_sweep_is_all_that_its_discs_reach(a, b):
    xs, ys = middles()
    gaps = [np.hypot(xs - x, ys - y) - r for x, y, r in steps(a, b)]
    gap = np.min(gaps, axis=0)
    # Between two of the discs looked at, a rim lies a little further out than theirs.
    length = math.dist(a, b)
    mask = RoundSweep(a, b).mask(BOUNDS)
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
    mask = SquareSweep(a, b).mask(BOUNDS)
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
            mask = SquareSweep(Tip(x, y, 4), Tip(x, y, 4)).mask(BOUNDS)
            assert mask.sum() == 64
            assert mask[math.ceil(y - 4.5), math.ceil(x - 4.5)]


def test_tips_below_a_pixel_and_a_half_draw_lines_of_pixels():
    assert isinstance(sweep(Tip(0, 0, 0.7), Tip(9, 0, 0.75)), ThinLine)
    assert isinstance(sweep(Tip(0, 0, 0.75), Tip(9, 0, 0.75)), RoundSweep)
    assert isinstance(sweep(Tip(0, 0, 0.75), Tip(9, 0, 0.75), square=True), SquareSweep)


@quick
@given(points, points)
def test_a_thin_line_is_one_pixel_thick_and_has_no_gaps(a, b):
    flat = abs(b[0] - a[0]) >= abs(b[1] - a[1])
    assume(a != b)
    around = Rect(-60, -60, 180, 180)
    mask = ThinLine(a, b).mask(around)
    assert pieces(mask, 8) <= 1
    assert mask.sum(0 if flat else 1).max() <= 1
    along = sorted((a[0], b[0]) if flat else (a[1], b[1]))
    passed = math.floor(along[1] - 0.5) - math.ceil(along[0] - 0.5) + 1
    assert passed - 1 <= mask.sum() <= passed + 2


def test_a_line_between_two_rows_goes_to_the_lower_as_a_dab_does():
    dab = empty(6, 6).stamp(3, 3, 0.5, 1)
    assert dab.value_at(3, 3) == 1
    assert drawn(painted(empty(6, 6), ThinLine((1, 3), (5, 3)), 1))[3] == ".####."
    # Along the corners of pixels, and along the edges of their diamonds.
    assert drawn(painted(empty(4, 4), ThinLine((0, 0), (4, 4)), 1)) == [
        "#...",
        ".#..",
        "..#.",
        "...#",
    ]
    assert painted(empty(4, 4), ThinLine((0, 0.5), (3.5, 4)), 1).to_array().sum(0).max() == 1


def test_boxes_hold_the_middles_between_their_edges():
    assert Box(0, 0, 2, 3).box == Rect(0, 0, 2, 3)
    assert Box(0.5, 0.6, 2.5, 2.6).box == Rect(0, 1, 2, 2)
    assert Box(3, 3, 1, 1).box.is_empty
    assert pixel(-0.5, 7.9).box == Rect(-1, 7, 1, 1)


# Polygons


def star(*corners):
    return Polygon(np.array(corners, float))


@quick
@given(st.lists(points, min_size=3, max_size=7))
def test_a_polygon_is_what_its_line_goes_around(corners):
    """Compared with the sum of the angles under which a pixel sees the edges."""
    xs, ys = middles()
    rays = np.array([(x - xs) + 1j * (y - ys) for x, y in corners])
    assume((np.abs(rays) > 0).all())
    following = np.roll(rays, -1, axis=0)
    turns = np.angle(following / rays).sum(0) / (2 * math.pi)
    # Middles on an edge may fall to either side.
    on_edge = (np.abs(np.abs(np.angle(following / rays)) - math.pi) < 1e-9).any(0)
    mask = Polygon(np.array(corners)).mask(BOUNDS)
    assert np.array_equal(mask[~on_edge], (np.abs(turns) > 0.5)[~on_edge])


@quick
@given(st.tuples(points, points, points), points)
def test_polygons_that_share_an_edge_share_no_pixel_and_leave_none(triangle, middle):
    """The three triangles around a point inside make the whole."""
    a, b, c = (np.array(corner) for corner in triangle)
    weights = np.abs(np.array([*middle, 300.0])) + 1
    inside = (np.array([a, b, c]) * weights[:, None]).sum(0) / weights.sum()
    parts = [Polygon(np.array(t)).mask(BOUNDS) for t in ((a, b, inside), (b, c, inside))]
    parts.append(Polygon(np.array((c, a, inside))).mask(BOUNDS))
    assert np.sum(parts, axis=0).max() <= 1
    assert np.array_equal(np.any(parts, axis=0), Polygon(np.array((a, b, c))).mask(BOUNDS))


def test_loops_of_a_lasso_are_filled():
    pentagram = star((24, 2), (35, 36), (6, 15), (42, 15), (13, 36))
    mask = pentagram.mask(BOUNDS)
    assert mask[20, 24]
    assert pieces(~mask, 4) == 1
    eight = star((4, 4), (40, 30), (40, 4), (4, 30)).mask(BOUNDS)
    assert eight[17, 6]
    assert eight[17, 38]
    assert not eight[5, 22]


def test_less_than_a_triangle_is_nothing():
    for corners in ([], [(3, 3)], [(3, 3), (20, 20)]):
        polygon = Polygon(np.array(corners, float).reshape(-1, 2))
        assert polygon.box.is_empty
        assert not polygon.mask(BOUNDS).any()


# Painting


@quick
@given(areas, st.integers(0, 96), st.integers(0, 80))
def test_a_mirrored_area_is_exactly_mirrored(area, twice_x, twice_y):
    plain = empty(BOUNDS.height_px, BOUNDS.width_px)
    mirror = Mirror(twice_x / 2, twice_y / 2)
    around = Rect(-100, -100, 300, 300)
    wide = area.mask(around)
    ys, xs = np.mgrid[: BOUNDS.height_px, : BOUNDS.width_px]
    expected = np.zeros(xs.shape, bool)
    for columns in (xs, twice_x - 1 - xs):
        for rows in (ys, twice_y - 1 - ys):
            expected |= wide[rows + 100, columns + 100]
    assert np.array_equal(painted(plain, area, 1, mirror).to_array() == 1, expected)


@quick
@given(areas)
def test_painting_twice_changes_nothing_more(area):
    once = painted(empty(BOUNDS.height_px, BOUNDS.width_px), area, 1)
    assert painted(once, area, 1) is once


def test_labels_beyond_the_type_are_refused_wherever_they_are_painted():
    for area in (pixel(3, 3), pixel(300, 3), Union([])):
        with pytest.raises(ValueError, match="256 in an array of uint8"):
            painted(empty(9, 9), area, 256)
