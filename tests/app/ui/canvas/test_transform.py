"""From view to document and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ui.canvas.transform import MAX_ZOOM, MIN_ZOOM, Box, ViewTransform

SIZES = st.tuples(st.integers(1, 12000), st.integers(1, 12000))
VIEWS = st.tuples(st.integers(1, 4000), st.integers(1, 3000))
RATIOS = st.sampled_from([1.0, 1.25, 1.5, 2.0])
POINTS = st.tuples(st.floats(0, 800), st.floats(0, 600))


def shown(document_px=(3000, 2000), size_view=(800, 600), ratio=1.0):
    return ViewTransform(document_px, size_view, ratio).fitted()


def test_fit_shows_all_in_the_middle():
    transform = shown()
    picture = transform.picture
    assert (picture.left, picture.width) == (16, 768)
    assert picture.top + picture.bottom == 600
    assert transform.visible == picture


def test_fit_is_in_device_pixels():
    assert shown(ratio=2.0).zoom == pytest.approx(2 * shown().zoom)
    assert shown(ratio=2.0).picture.width == 2 * shown().picture.width


def test_small_pictures_are_enlarged_to_fit():
    assert shown((64, 64)).zoom == pytest.approx(568 / 64)


def test_a_view_smaller_than_its_margin_still_shows_something():
    assert not ViewTransform((100, 100), (8, 8)).fitted().visible.is_empty


@given(SIZES, RATIOS, st.floats(0.3, 0.7), st.floats(0.3, 0.7), st.floats(1.0, 50.0))
def test_zoom_keeps_what_is_under_the_pointer(document_px, ratio, across, down, factor):
    transform = ViewTransform(document_px, (800, 600), ratio).fitted()
    point = (800 * across, 600 * down)
    zoomed = transform.zoomed_at(point, factor)
    # Painting rounds to whole device pixels: the corner, and the far edge.
    slack = 1.0 / transform.zoom + max(document_px) / min(transform.picture[2:])
    if transform.pixel_at(point):
        assert zoomed.to_doc(point) == pytest.approx(transform.to_doc(point), abs=slack)


def test_many_notches_do_not_drift():
    transform = shown()
    point = (333.3, 222.2)
    there = transform.to_doc(point)
    for factor in [1.19] * 20 + [1 / 1.19] * 20:
        transform = transform.zoomed_at(point, factor)
    assert transform.zoom == pytest.approx(shown().zoom)
    assert transform.to_doc(point) == pytest.approx(there, abs=1.0)


@given(SIZES, VIEWS, RATIOS, POINTS)
def test_places_go_there_and_back(document_px, size_view, ratio, point):
    transform = ViewTransform(document_px, size_view, ratio).fitted().zoomed_at(point, 3.0)
    assert transform.to_view(transform.to_doc(point)) == pytest.approx(point, abs=1e-6)


@given(SIZES, VIEWS, RATIOS, st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(0.01, 100))
def test_the_picture_cannot_be_lost(document_px, size_view, ratio, dx, dy, factor):
    transform = ViewTransform(document_px, size_view, ratio).fitted()
    moved = transform.panned(dx, dy).zoomed_at((dx, dy), factor).panned(dy, dx)
    assert MIN_ZOOM <= moved.zoom <= MAX_ZOOM
    visible = moved.visible
    for seen, extent, side in (
        (visible.width, moved.picture.width, size_view[0] * ratio),
        (visible.height, moved.picture.height, size_view[1] * ratio),
    ):
        assert seen >= min(48 * ratio, extent, side) - 1.5


@given(SIZES, VIEWS, RATIOS, VIEWS, RATIOS)
def test_resizing_never_loses_the_picture(document_px, size_view, ratio, other_view, other_ratio):
    transform = ViewTransform(document_px, size_view, ratio).fitted()
    resized = transform.resized(other_view, other_ratio)
    assert (resized.size_view, resized.ratio) == (other_view, other_ratio)
    assert not resized.visible.is_empty


def test_resizing_keeps_the_middle_and_the_size_on_the_desk():
    transform = shown().zoomed_to(1.0)
    resized = transform.resized((1000, 500), 2.0)
    assert resized.zoom == 2.0
    assert resized.to_doc((500, 250)) == pytest.approx(transform.to_doc((400, 300)))


def test_steps_are_those_that_people_know():
    transform = shown().zoomed_to(0.9)
    assert transform.step_in().zoom == 1.0
    assert transform.step_in().step_in().zoom == 1.5
    assert transform.step_out().zoom == pytest.approx(0.6667)
    assert shown().zoomed_to(99.0).zoom == MAX_ZOOM
    assert shown().zoomed_to(99.0).step_in().zoom == MAX_ZOOM
    assert shown().zoomed_to(0.0).step_out().zoom == MIN_ZOOM


def test_pixels_end_at_the_edge():
    transform = ViewTransform((10, 10), (100, 100), zoom=4.0, x=20.0, y=20.0)
    assert transform.pixel_at((20, 20)) == (0, 0)
    assert transform.pixel_at((59.9, 59.9)) == (9, 9)
    assert transform.pixel_at((60, 40)) is None
    assert transform.pixel_at((40, 19.9)) is None


def test_boxes():
    box = Box(2, 3, 5, 9)
    assert (box.width, box.height) == (3, 6)
    assert box.within(Box(4, 0, 9, 4)) == Box(4, 3, 5, 4)
    assert box.within(Box(5, 0, 9, 9)).is_empty
    assert box.grown(2) == Box(0, 1, 7, 11)
