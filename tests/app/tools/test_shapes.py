import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.tools.brush import BrushSettings, BrushStroke
from app.tools.shapes import ellipse, line, polygon, rectangle, snapped, squared
from app.tools.stroke import Mirror, StrokeSample
from tests.app.tools.grids import drawn, empty, pieces

places = st.integers(-100, 500).map(lambda eighths: eighths / 8)
points = st.tuples(places, places)
quick = settings(max_examples=40, deadline=None)


# Lines


@quick
@given(points, points, st.sampled_from([0.5, 1.0, 1.5, 7.0]))
def test_a_line_is_the_stroke_of_a_round_brush(a, b, width_px):
    stroke = BrushStroke(empty(50, 50), 1, BrushSettings(width_px))
    stroke.add(StrokeSample(*a))
    stroke.add(StrokeSample(*b))
    assert line(empty(50, 50), a, b, width_px, 1) == stroke.finish()


def test_a_line_in_mirrors():
    assert drawn(line(empty(6, 8), (0.5, 0.5), (2.5, 2.5), 1, 1, Mirror(4, 3))) == [
        "#......#",
        ".#....#.",
        "..#..#..",
        "..#..#..",
        ".#....#.",
        "#......#",
    ]


# Rectangles


def test_a_rectangle_drawn_by_hand():
    expected = [".......", "..###..", "..###..", "......."]
    for a, b in [((2, 1), (5, 3)), ((5, 3), (2, 1)), ((1.6, 3.4), (5.4, 0.6))]:
        assert drawn(rectangle(empty(4, 7), a, b, 1)) == expected


def test_the_rim_of_a_rectangle_drawn_by_hand():
    ids = empty(7, 9)
    assert drawn(rectangle(ids, (1.5, 1.5), (7.5, 5.5), 1, filled=False)) == [
        ".........",
        ".#######.",
        ".#.....#.",
        ".#.....#.",
        ".#.....#.",
        ".#######.",
        ".........",
    ]
    broad = rectangle(ids, (2, 2), (7, 5), 1, filled=False, width_px=2)
    assert drawn(broad)[3] == ".##...##."
    assert broad.to_array().sum() == 7 * 5 - 3


def test_the_thinnest_rectangles():
    assert drawn(rectangle(empty(3, 6), (1.6, 1.6), (4.2, 1.9), 1))[1] == "..##.."
    assert rectangle(empty(3, 6), (1.6, 1.6), (4.2, 1.9), 1).to_array().sum() == 2
    assert np.argwhere(rectangle(empty(9, 9), (3, 4), (3, 4), 1).to_array()).tolist() == [[4, 3]]
    rim = rectangle(empty(9, 9), (4.5, 4.5), (4.5, 4.5), 1, filled=False)
    assert rim == rectangle(empty(9, 9), (3.5, 3.5), (5.5, 5.5), 1)


@quick
@given(points, points)
def test_a_rectangle_holds_the_middles_between_its_corners(a, b):
    painted = rectangle(empty(50, 50), a, b, 1).to_array() == 1
    ys, xs = np.mgrid[:50, :50] + 0.5
    (left, right), (top, bottom) = (sorted(pair) for pair in zip(a, b, strict=True))
    inside = (xs >= left) & (xs < right) & (ys >= top) & (ys < bottom)
    assert (painted >= inside).all()
    if right - left >= 1 and bottom - top >= 1:
        assert np.array_equal(painted, inside)


# Ellipses


def test_an_ellipse_drawn_by_hand():
    assert drawn(ellipse(empty(6, 10), (1, 1), (9, 5), 1)) == [
        "..........",
        "..######..",
        ".########.",
        ".########.",
        "..######..",
        "..........",
    ]


def test_an_ellipse_in_a_square_is_a_dab():
    assert ellipse(empty(40, 40), (5, 25), (30, 0), 1) == empty(40, 40).stamp(17.5, 12.5, 12.5, 1)


def test_the_thinnest_ellipses_are_lines_of_pixels():
    assert drawn(ellipse(empty(3, 8), (1, 1.1), (7, 1.3), 1))[1] == ".######."
    assert drawn(ellipse(empty(8, 3), (1.1, 1), (1.3, 7), 1))[3] == ".#."
    assert np.argwhere(ellipse(empty(9, 9), (3, 4), (3, 4), 1).to_array()).tolist() == [[4, 3]]


@quick
@given(points, points, st.sampled_from([0.0, 1.0, 2.5]))
def test_the_rim_of_an_ellipse_is_closed(a, b, width_px):
    ids = empty(100, 100)
    a, b = ((x + 20, y + 20) for x, y in (a, b))
    rim = ellipse(ids, a, b, 1, filled=False, width_px=width_px).to_array() == 1
    assert pieces(rim, 8) == 1
    middle_x, middle_y = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
    radii = abs(b[0] - a[0]) / 2, abs(b[1] - a[1]) / 2
    half = max(width_px, 1) / 2
    if min(radii) - half >= 1.5:
        assert pieces(~rim, 4) == 2
        assert not rim[math.floor(middle_y), math.floor(middle_x)]
    ys, xs = np.mgrid[:100, :100] + 0.5
    outer = ((xs - middle_x) / (radii[0] + half + 2)) ** 2
    outer = outer + ((ys - middle_y) / (radii[1] + half + 2)) ** 2
    assert not rim[outer > 1].any()


# Polygons


def test_a_polygon_drawn_by_hand():
    assert drawn(polygon(empty(6, 8), [(1, 1), (7, 1), (1, 5)], 1)) == [
        "........",
        ".#####..",
        ".####...",
        ".##.....",
        ".#......",
        "........",
    ]


def test_a_lasso_around_all_covers_all():
    around = [(-300, -300), (800, -200), (700, 900), (-400, 500)]
    assert polygon(empty(130, 200), around, 4) == empty(130, 200).fill(empty(130, 200).bounds, 4)


def test_a_lasso_around_nothing_catches_nothing():
    ids = empty(20, 20)
    for caught in ([], [(3, 3)], [(3, 3), (9, 9)], [(3, 3), (9, 3), (5, 3)]):
        assert polygon(ids, caught, 1) is ids
    assert polygon(ids, [(30, 3), (90, 3), (50, 30)], 1) is ids


def test_a_polygon_in_a_mirror():
    mirrored = polygon(empty(6, 8), [(0, 0), (4, 0), (0, 4)], 1, Mirror(x_px=4)).to_array()
    assert np.array_equal(mirrored, mirrored[:, ::-1])
    assert mirrored[0].tolist() == [1, 1, 1, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_places_that_are_none_are_refused(wrong):
    ids, a, b = empty(9, 9), (1.0, 1.0), (2.0, wrong)
    for draw in (
        lambda: line(ids, a, b, 3, 1),
        lambda: rectangle(ids, a, b, 1),
        lambda: ellipse(ids, b, a, 1),
        lambda: polygon(ids, [a, a, b], 1),
    ):
        with pytest.raises(ValueError, match="a shape through"):
            draw()


# Shift


@pytest.mark.parametrize(
    ("b", "corner"),
    [
        ((9, 4), (9, 9)),
        ((9, -2), (9, -7)),
        ((0, 4), (-2, 4)),
        ((-3, -9), (-9, -9)),
        ((2, 1), (2, 2)),
    ],
)
def test_squares_take_the_longer_side(b, corner):
    assert squared((1, 1), b) == corner


@pytest.mark.parametrize(
    ("b", "degrees"),
    [((20, 11), 0), ((20, 13), 15), ((10.1, 30), 90), ((-9, 10), 180), ((12, 8), -45)],
)
def test_lines_snap_to_the_nearest_15_degrees(b, degrees):
    a = (10.0, 10.0)
    x, y = snapped(a, b)
    assert math.dist(a, (x, y)) == pytest.approx(math.dist(a, b))
    assert math.degrees(math.atan2(y - 10, x - 10)) == pytest.approx(degrees)


def test_lines_snap_to_other_steps_and_stay_when_they_have_no_length():
    assert snapped((0, 0), (10, 4), 90) == (pytest.approx(math.hypot(10, 4)), 0)
    assert snapped((3, 4), (3, 4)) == (3, 4)
