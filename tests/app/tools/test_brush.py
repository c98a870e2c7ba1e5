import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.document.rect import Rect
from app.document.tiles import TILE_PX, TiledArray, changed_rect
from app.tools.brush import BrushSettings, BrushStroke
from app.tools.stroke import Mirror, PressureCurve, StrokeSample
from tests.app.tools.grids import changed, drawn, empty, pieces, shared

HEIGHT, WIDTH = 90, 120
quick = settings(max_examples=30, deadline=None)
places = st.integers(-320, 1280).map(lambda eighths: eighths / 8)
pressures = st.integers(0, 16).map(lambda part: part / 16)
samples = st.builds(StrokeSample, places, places, pressures)
strokes = st.lists(samples, min_size=1, max_size=5)
brushes = st.builds(
    BrushSettings,
    st.sampled_from([0.3, 1.0, 1.4, 1.5, 2.0, 5.0, 24.0, 61.0]),
    st.booleans(),
    st.sampled_from([PressureCurve.NONE, PressureCurve.DEFAULT, PressureCurve(0.1, 0.9, 2.0)]),
    st.sampled_from([0.0, 0.1, 1.0]),
)


def stroked(way, brush, mirror=None, ids=None, value=1):
    ids = empty(HEIGHT, WIDTH) if ids is None else ids
    stroke = BrushStroke(ids, value, brush, mirror or Mirror())
    for sample in way:
        stroke.add(sample)
    return stroke.finish()


def hand(*places_px, pressure=1.0):
    return [StrokeSample(x, y, pressure) for x, y in places_px]


def split(way, parts):
    """The same way with `parts` - 1 more samples between any two."""
    rows = np.array([(s.x_px, s.y_px, s.pressure) for s in way])
    inner = [a + (b - a) * k / parts for a, b in pairwise(rows) for k in range(parts)]
    return [StrokeSample(*map(float, row)) for row in [*inner, rows[-1]]]


def test_a_dab_drawn_by_hand():
    assert drawn(stroked(hand((3.5, 3.5)), BrushSettings(5), ids=empty(7, 7))) == [
        ".......",
        "..###..",
        ".#####.",
        ".#####.",
        ".#####.",
        "..###..",
        ".......",
    ]


def test_a_stroke_drawn_by_hand():
    brush = BrushSettings(3)
    assert drawn(stroked(hand((2.5, 2.5), (8.5, 2.5), (8.5, 5.5)), brush, ids=empty(8, 11))) == [
        "...........",
        ".#########.",
        ".#########.",
        ".#########.",
        ".......###.",
        ".......###.",
        ".......###.",
        "...........",
    ]


def test_a_square_tip_drawn_by_hand():
    assert drawn(stroked(hand((3, 3), (6, 3)), BrushSettings(4, square=True), ids=empty(6, 9))) == [
        ".........",
        ".#######.",
        ".#######.",
        ".#######.",
        ".#######.",
        ".........",
    ]


def test_a_thin_stroke_drawn_by_hand():
    assert drawn(stroked(hand((1.9, 1.1), (6.1, 3.9)), BrushSettings(1), ids=empty(5, 8))) == [
        "........",
        ".##.....",
        "...##...",
        ".....##.",
        "........",
    ]


def test_a_tap_of_a_thin_brush_is_the_pixel_that_it_lies_in():
    for x, y in [(3.0, 3.0), (3.99, 3.01), (3.5, 3.99)]:
        tapped = stroked(hand((x, y)), BrushSettings(1), ids=empty(9, 9))
        assert np.argwhere(tapped.to_array()).tolist() == [[3, 3]]


def test_each_sample_is_seen_at_once():
    stroke = BrushStroke(empty(HEIGHT, WIDTH), 1, BrushSettings(10))
    first = stroke.add(StrokeSample(20, 20))
    assert stroke.ids is first
    assert first.value_at(20, 20) == 1
    second = stroke.add(StrokeSample(60, 20))
    assert second.value_at(63, 20) == 1
    assert stroke.add(StrokeSample(60, 20)) is second
    assert stroke.finish() is second


def test_nothing_is_painted_by_no_sample_or_outside_or_by_the_same_label():
    ids = empty(HEIGHT, WIDTH)
    assert BrushStroke(ids, 1, BrushSettings()).finish() is ids
    assert stroked(hand((-50, -50), (-50, 300)), BrushSettings(20), ids=ids) is ids
    assert stroked(hand((10, 10), (80, 80)), BrushSettings(20), ids=ids, value=0) is ids


def test_a_stroke_from_outside_comes_in_where_it_should():
    painted = stroked(hand((-200, 40), (-100, 40), (10, 40)), BrushSettings(9)).to_array()
    assert painted[36:44, :10].all()
    assert not painted[:, 16:].any()


def test_all_of_16_bits_can_be_painted():
    ids = TiledArray.filled(40, 40, 700, np.uint16)
    painted = stroked(hand((5, 5), (30, 30)), BrushSettings(6), ids=ids, value=65535)
    assert painted.dtype == np.uint16
    assert set(np.unique(painted.to_array())) == {700, 65535}


def test_labels_beyond_the_type_are_refused():
    with pytest.raises(ValueError, match="256 in an array of uint8"):
        stroked(hand((5, 5)), BrushSettings(), value=256)


@pytest.mark.parametrize(
    "values",
    [
        {"diameter_px": 0},
        {"diameter_px": float("nan")},
        {"smallest": 1.1},
        {"smoothing": 2},
        {"smoothing_reach_px": 0},
    ],
)
def test_other_settings_are_refused(values):
    with pytest.raises(ValueError, match=r"BrushSettings|smoothing"):
        BrushSettings(**values)


# What all strokes have in common


@quick
@given(strokes, brushes, st.integers(2, 5))
def test_further_samples_on_the_way_change_nothing(way, brush, parts):
    # Middles that lie on a slope by less than a float can tell may fall to either side.
    differs = changed(stroked(way, brush), stroked(split(way, parts), brush))
    assert differs.sum() == 0


@quick
@given(strokes, brushes, st.integers(0, 2 * WIDTH), st.integers(0, 2 * HEIGHT))
def test_a_mirrored_stroke_is_exactly_mirrored(way, brush, twice_x, twice_y):
    room = 200
    wide = TiledArray.filled(HEIGHT + 2 * room, WIDTH + 2 * room, 0)
    moved = [StrokeSample(s.x_px + room, s.y_px + room, s.pressure) for s in way]
    alone = np.pad(stroked(moved, brush, ids=wide).to_array(), 3 * room)
    ys, xs = np.mgrid[:HEIGHT, :WIDTH]
    expected = np.zeros(xs.shape, np.uint8)
    for columns in (xs, twice_x - 1 - xs):
        for rows in (ys, twice_y - 1 - ys):
            expected |= alone[rows + 4 * room, columns + 4 * room]
    mirrored = stroked(way, brush, Mirror(twice_x / 2, twice_y / 2))
    assert np.array_equal(mirrored.to_array(), expected)


@quick
@given(strokes, brushes)
def test_a_stroke_hangs_together_and_keeps_within_reach(way, brush):
    room = 200
    moved = [StrokeSample(s.x_px + room, s.y_px + room, s.pressure) for s in way]
    wide = TiledArray.filled(HEIGHT + 2 * room, WIDTH + 2 * room, 0)
    painted = stroked(moved, brush, ids=wide)
    assert pieces(painted.to_array(), 8) == 1
    reach = max(brush.radius_px(), 1)
    rect = changed_rect(wide, painted)
    assert rect is not None
    assert rect.x_px >= min(s.x_px for s in moved) - reach - 1
    assert rect.right_px <= max(s.x_px for s in moved) + reach + 1
    assert rect.y_px >= min(s.y_px for s in moved) - reach - 1
    assert rect.bottom_px <= max(s.y_px for s in moved) + reach + 1


@quick
@given(strokes, brushes)
def test_only_tiles_that_changed_are_copied(way, brush):
    ids = empty(HEIGHT, WIDTH).fill(Rect(0, 0, WIDTH, 50), 1)
    painted = stroked(way, brush, ids=ids)
    differs = changed(ids, painted)
    rows, columns = range(0, HEIGHT, TILE_PX), range(0, WIDTH, TILE_PX)
    alike = [not differs[y : y + TILE_PX, x : x + TILE_PX].any() for y in rows for x in columns]
    assert shared(ids, painted) == alike


# Pressure


def widths(ids: TiledArray) -> np.ndarray:
    return ids.to_array().sum(0)


def test_pressure_varies_the_width_along_the_way():
    way = [StrokeSample(20, 45, 0), StrokeSample(100, 45, 1)]
    across = widths(stroked(way, BrushSettings(40, smallest=0.25)))
    for x in (30, 50, 70, 90):
        share = 0.25 + 0.75 * (x + 0.5 - 20) / 80
        # The slope of the rims makes it broader than the disc in that place.
        assert 40 * share <= across[x] + 1 <= 40 * share * 1.1 + 2
    assert (np.diff(across[20:100].astype(int)) >= 0).all()


def test_the_curve_decides_how_wide():
    way = [StrokeSample(20, 45, 0.5), StrokeSample(100, 45, 0.5)]
    assert [
        widths(stroked(way, BrushSettings(40, curve=curve, smallest=0)))[60]
        for curve in (PressureCurve.NONE, PressureCurve.DEFAULT, PressureCurve(gamma=2))
    ] == [40, 20, 10]


def test_a_tap_is_as_wide_as_its_firmest_moment():
    tap = [StrokeSample(60, 45, pressure) for pressure in (0.1, 0.9, 0.2)]
    for smoothing in (0.0, 1.0):
        brush = BrushSettings(40, smoothing=smoothing, smallest=0)
        assert widths(stroked(tap, brush)).max() == 36


def test_without_pressure_a_stroke_of_no_smallest_width_is_a_thin_line():
    brush = BrushSettings(40, smallest=0)
    painted = stroked(hand((10, 10), (100, 60), pressure=0), brush)
    assert painted == stroked(hand((10, 10), (100, 60)), BrushSettings(1))


# Smoothing


def zigzag():
    return hand(*((10 + 2 * k, 45 + 5 * (-1) ** k) for k in range(50)))


def test_smoothing_makes_a_trembling_line_even():
    raw, smooth = (stroked(zigzag(), BrushSettings(6, smoothing=s)) for s in (0, 0.4))
    assert widths(raw)[50:90].min() >= 12
    assert widths(smooth)[50:90].max() <= 9


def test_a_smoothed_stroke_ends_where_the_hand_is():
    stroke = BrushStroke(empty(HEIGHT, WIDTH), 1, BrushSettings(6, smoothing=0.5))
    stroke.add(StrokeSample(10, 45))
    behind = stroke.add(StrokeSample(100, 45))
    assert behind.value_at(90, 45) == 0
    assert stroke.finish().value_at(102, 45) == 1


def test_a_smoothed_stroke_does_not_depend_on_the_rate_of_events():
    way = hand((10, 10), (100, 20), (60, 80), (15, 60))
    brush = BrushSettings(16, smoothing=0.5)
    few, many = stroked(way, brush), stroked(split(way, 25), brush)
    # Of 3,000 pixels; all of them on the rim.
    assert changed(few, many).sum() <= 12


# Speed


@pytest.mark.parametrize(("diameter_px", "limit_ms"), [(64, 2), (400, 8)])
def test_a_sample_is_painted_quickly(diameter_px, limit_ms):
    """0.2 ms and 0.8 ms; the limits leave room for a busy machine and for coverage.

    The median, in processor time, at 2048 x 2048 px.
    """
    stroke = BrushStroke(TiledArray.filled(2048, 2048, 0), 1, BrushSettings(diameter_px))
    taken = []
    for k in range(120):
        angle = k / 20
        sample = StrokeSample(1024 + 700 * np.cos(angle), 1024 + 700 * np.sin(angle), 0.8)
        start = time.process_time()
        stroke.add(sample)
        taken.append(time.process_time() - start)
    assert np.median(taken) < limit_ms / 1000


def test_a_thin_line_swells_into_a_broad_stroke():
    """Pixel by pixel at no pressure, twelve pixels at full pressure, and no gap where they meet."""
    ids = TiledArray.filled(20, 100, 0)
    stroke = BrushStroke(ids, 1, BrushSettings(12, smallest=0.0))
    stroke.add(StrokeSample(4.5, 10.5, 0.0))
    stroke.add(StrokeSample(90.5, 10.5, 1.0))
    widths = (stroke.finish().to_array() == 1).sum(axis=0)
    assert widths[4:8].tolist() == [1, 1, 1, 1]
    assert widths[90] >= 11
    assert (widths[4:91] > 0).all()
    assert (np.diff(widths[4:85].astype(int)) >= 0).all()
