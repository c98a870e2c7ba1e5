import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.document.rect import Rect
from app.tools.stroke import (
    CURVE_PIECES,
    NO_MIRROR,
    Mirror,
    PressureCurve,
    Reflection,
    Smoother,
    StrokeSample,
)

CURVES = [
    PressureCurve.DEFAULT,
    PressureCurve.NONE,
    PressureCurve(gamma=2),
    PressureCurve(0.1, 0.8, 0.5),
]


def smoothed(points, amount=0.5, reach_px=40.0):
    smoother = Smoother(amount, reach_px)
    way = [tip for point in points for tip in smoother.add(StrokeSample(*point))]
    return way, smoother.finish()


def split(points, parts):
    """The same way with `parts` - 1 more samples between any two."""
    points = np.array(points, float)
    inner = [a + (b - a) * k / parts for a, b in pairwise(points) for k in range(parts)]
    return [tuple(map(float, point)) for point in [*inner, points[-1]]]


def gap_px(way, points) -> float:
    """How far the points are, at most, from a way of straight pieces."""
    a = np.array([(s.x_px, s.y_px) for s in way])
    starts, runs = a[:-1], np.diff(a, axis=0)
    lengths = np.maximum((runs**2).sum(1), 1e-12)
    gaps = []
    for point in points:
        share = np.clip(((point - starts) * runs).sum(1) / lengths, 0, 1)
        gaps.append(np.hypot(*(starts + share[:, None] * runs - point).T).min())
    return max(gaps)


# Samples and curves


@pytest.mark.parametrize("values", [(math.nan, 0), (0, math.inf), (0, 0, math.nan)])
def test_a_sample_is_somewhere(values):
    with pytest.raises(ValueError, match="StrokeSample"):
        StrokeSample(*values)


def test_the_plain_curves():
    assert [PressureCurve.DEFAULT(p) for p in (-1, 0, 0.3, 1, 2)] == [0, 0, 0.3, 1, 1]
    assert [PressureCurve.NONE(p) for p in (-1, 0, 0.3, 1, 2)] == [1, 1, 1, 1, 1]


def test_a_curve_starts_and_ends_where_it_should():
    curve = PressureCurve(0.25, 0.75)
    assert [curve(p) for p in (0.2, 0.25, 0.5, 0.75, 0.9)] == [0, 0, 0.5, 1, 1]


@pytest.mark.parametrize("gamma", [0.5, 2, 3])
def test_gamma_bends_the_curve(gamma):
    curve = PressureCurve(gamma=gamma)
    for k in range(CURVE_PIECES + 1):
        assert curve(k / CURVE_PIECES) == pytest.approx((k / CURVE_PIECES) ** gamma)
    between = np.linspace(0.1, 1, 301)
    assert [curve(p) for p in between] == pytest.approx(between**gamma, abs=0.012)


@settings(deadline=None)
@given(st.sampled_from(CURVES), st.floats(-0.2, 1.2), st.floats(-0.2, 1.2))
def test_a_curve_never_falls_and_is_straight_between_its_cuts(curve, first, last):
    low, high = sorted((first, last))
    assert 0 <= curve(low) <= curve(high) <= 1
    cuts = curve.cuts(first, last)
    assert (cuts[0], cuts[-1]) == (0, 1)
    assert cuts == sorted(cuts)
    at = [curve(first + (last - first) * share) for share in cuts]
    for share in np.linspace(0, 1, 33):
        straight = np.interp(share, cuts, at)
        assert curve(first + (last - first) * share) == pytest.approx(straight, abs=1e-9)


def test_no_cuts_where_nothing_bends():
    assert PressureCurve.NONE.cuts(0.1, 0.9) == [0, 1]
    assert PressureCurve.DEFAULT.cuts(0.1, 0.9) == [0, 1]
    assert PressureCurve(gamma=2).cuts(0.5, 0.5) == [0, 1]
    assert PressureCurve(gamma=2).cuts(0.9, 0.99) == [0, pytest.approx(0.0375 / 0.09), 1]
    assert PressureCurve(0.25, 0.75).cuts(1, 0) == [0, 0.25, 0.75, 1]


@pytest.mark.parametrize(
    "values", [(0.5, 0.5), (-0.1, 1), (0, 1.1), (0.6, 0.5), (0, 1, 0.01), (0, 1, math.nan)]
)
def test_other_curves_are_refused(values):
    with pytest.raises(ValueError, match="PressureCurve"):
        PressureCurve(*values)


# Mirrors


def test_points_in_mirrors():
    assert NO_MIRROR.points(1, 2) == ((1, 2),)
    assert Mirror(x_px=10).points(1, 2) == ((1, 2), (19, 2))
    assert Mirror(y_px=10).points(1, 2) == ((1, 2), (1, 18))
    assert Mirror(0, 10.5).points(1, 2) == ((1, 2), (-1, 2), (1, 19), (-1, 19))


def test_axes_go_along_edges_or_middles_of_pixels():
    assert Mirror(10.2, 10.3) == Mirror(10, 10.5)
    assert Mirror(x_px=10.74).points(10.0, 0)[1] == (11, 0)


@pytest.mark.parametrize("twice", [(None, None), (9, None), (None, 12), (-3, 8)])
def test_a_reflected_mask_lies_in_its_reflected_rectangle(twice):
    reflection, rect = Reflection(*twice), Rect(2, -1, 5, 3)
    mask = np.random.default_rng(0).random((3, 5)) < 0.5
    image_rect, image = reflection.rect(rect), reflection.mask(mask)
    assert reflection.rect(image_rect) == rect
    for y in range(3):
        for x in range(5):
            image_x, image_y = reflection.point(rect.x_px + x + 0.5, rect.y_px + y + 0.5)
            row, column = image_y - 0.5 - image_rect.y_px, image_x - 0.5 - image_rect.x_px
            assert image[int(row), int(column)] == mask[y, x]


# Smoothing


@pytest.mark.parametrize(("amount", "reach_px"), [(-0.1, 9), (1.1, 9), (math.nan, 9), (0.5, 0)])
def test_other_smoothings_are_refused(amount, reach_px):
    with pytest.raises(ValueError, match="a smoothing of"):
        Smoother(amount, reach_px)


def test_without_smoothing_the_tip_is_the_hand():
    points = [(0, 0, 0.1, 5.0), (9, 3, 0.7, 6.0), (9, 3, 0.2, 7.0)]
    way, rest = smoothed(points, amount=0)
    assert way == [StrokeSample(*point) for point in points]
    assert rest == []


def test_nothing_is_behind_before_the_hand_moves():
    assert Smoother(0.5).finish() == []
    way, rest = smoothed([(3, 4)])
    assert way == [StrokeSample(3, 4)]
    assert rest == []


def test_on_a_straight_way_the_tip_comes_to_be_the_lag_behind_and_catches_up():
    way, rest = smoothed([(0, 10, 1, 0), (400, 10, 1, 50)], amount=0.5, reach_px=40)
    assert way[-1].x_px == pytest.approx(380, abs=1e-6)
    assert {s.y_px for s in way} == {10}
    assert (way[-1].t_ms, way[0].t_ms) == (50, 0)
    assert rest == [StrokeSample(400, 10, 1, 50)]


def test_a_tremor_is_taken_out_of_the_line():
    xs = np.arange(0, 300, 2.0)
    tremor = [(x, 50 + 4 * (-1) ** k) for k, x in enumerate(xs)]
    way, _ = smoothed(tremor, amount=0.5, reach_px=40)
    late = np.array([s.y_px for s in way if s.x_px > 60])
    assert np.ptp(late) < 0.15 * 8


def test_more_smoothing_is_smoother():
    corner = [(0, 0), (100, 0), (100, 100)]
    cut = [
        min(math.hypot(s.x_px - 100, s.y_px) for s in smoothed(corner, amount)[0])
        for amount in (0, 0.2, 0.5, 1)
    ]
    assert cut[0] == 0
    assert cut == sorted(cut)
    assert cut[-1] > 15


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), min_size=2, max_size=6),
    st.integers(2, 12),
    st.sampled_from([0.1, 0.5, 1.0]),
)
def test_the_way_does_not_depend_on_the_rate_of_events(points, parts, amount):
    few, rest = smoothed(points, amount)
    many, same_rest = smoothed(split(points, parts), amount)
    assert [(s.x_px, s.y_px) for s in rest] == [(s.x_px, s.y_px) for s in same_rest]
    assert math.dist((few[-1].x_px, few[-1].y_px), (many[-1].x_px, many[-1].y_px)) < 1e-6
    assert gap_px([*few, few[-1]], [(s.x_px, s.y_px) for s in many]) < 0.1


def test_pressure_does_not_depend_on_the_rate_of_events():
    points = [(0, 0, 0.1), (50, 0, 1.0), (90, 0, 0.3), (140, 0, 0.9), (160, 0, 0.0)]
    few, _ = smoothed(points)
    many, _ = smoothed(split(points, 20))
    xs = np.linspace(1, 140, 200)
    at = [np.interp(xs, [s.x_px for s in way], [s.pressure for s in way]) for way in (few, many)]
    assert np.abs(at[0] - at[1]).max() < 0.01


def test_a_tap_is_as_firm_as_it_was():
    smoother = Smoother(1)
    tap = [(5, 5, 0.1), (5, 5, 0.8), (5.2, 5, 0.1)]
    way = [tip for point in tap for tip in smoother.add(StrokeSample(*point))]
    assert max(s.pressure for s in way) == 0.8
    assert way[-1].pressure == pytest.approx(0.8, abs=0.01)
    assert smoother.finish() == [StrokeSample(5.2, 5, 0.1)]


def test_a_smoother_can_be_used_again():
    smoother = Smoother(0.5)
    smoother.add(StrokeSample(0, 0))
    smoother.add(StrokeSample(100, 0))
    smoother.finish()
    assert smoother.finish() == []
    assert smoother.add(StrokeSample(500, 500)) == [StrokeSample(500, 500)]
