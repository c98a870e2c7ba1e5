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
    Union,
    painted,
    pixel,
)
from app.tools.stroke import Mirror
from app.tools.sweeps import RoundSweeps, SquareSweeps, ThinLines
from tests.app.tools.grids import BOUNDS, empty, middles, pieces, places, points, radii, ways

areas = st.one_of(
    *(st.builds(kind, ways) for kind in (RoundSweeps, SquareSweeps, ThinLines)),
    st.builds(Box, places, places, places, places),
    st.builds(Ellipse, places, places, radii, radii),
    st.builds(Ellipse, places, places, st.floats(0, 2), st.floats(0, 2)),
    st.lists(points, max_size=6).map(lambda some: Polygon(np.array(some).reshape(-1, 2))),
)
quick = settings(max_examples=30, deadline=None)


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
