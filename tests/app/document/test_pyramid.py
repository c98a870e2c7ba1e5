"""Pictures prepared for the screen."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from app.document.io.pixels import to_8_bit, to_srgb
from app.document.pyramid import Pyramid


@pytest.fixture
def rgb_hwc():
    return np.random.default_rng(0).integers(0, 256, (300, 701, 3), np.uint8)


def bgr(pixels):
    return pixels[..., 2::-1].astype(int)


def test_the_full_size_has_the_very_values(rgb_hwc):
    pyramid = Pyramid.of(rgb_hwc)
    assert (pyramid.width_px, pyramid.height_px) == (701, 300)
    assert pyramid.value_at(700, 299) == tuple(rgb_hwc[299, 700])
    np.testing.assert_array_equal(bgr(pyramid.levels[0].bgrx_hwc), rgb_hwc)
    assert (pyramid.levels[0].bgrx_hwc[..., 3] == 255).all()


@pytest.mark.parametrize("place", [(-1, 0), (701, 0), (0, -1), (0, 300)])
def test_there_are_no_values_outside(rgb_hwc, place):
    with pytest.raises(IndexError, match="outside"):
        Pyramid.of(rgb_hwc).value_at(*place)


def test_levels_halve_down_to_256(rgb_hwc):
    pyramid = Pyramid.of(rgb_hwc)
    assert [level.bgrx_hwc.shape[:2] for level in pyramid.levels] == [
        (300, 701),
        (150, 351),
        (75, 176),
    ]
    means = rgb_hwc[:, :700].reshape(150, 2, 350, 2, 3).mean(axis=(1, 3))
    assert abs(bgr(pyramid.levels[1].bgrx_hwc[:, :350]) - means).max() <= 0.5
    assert pyramid.nbytes == 4 * (300 * 701 + 150 * 351 + 75 * 176)


def test_a_small_picture_has_one_level():
    assert len(Pyramid.of(np.zeros((1, 256, 3), np.uint8)).levels) == 1


def test_nothing_of_it_changes(rgb_hwc):
    before = rgb_hwc[0, 0].tolist()
    pyramid = Pyramid.of(rgb_hwc)
    rgb_hwc[:] = 0
    assert pyramid.value_at(0, 0) == tuple(before)
    for level in pyramid.levels:
        with pytest.raises(ValueError, match="read-only"):
            level.bgrx_hwc[0, 0, 0] = 1


def test_16_bits_are_rounded():
    rgb_hwc = np.arange(65536, dtype=np.uint16)[:-1].reshape(-1, 257, 1).repeat(3, axis=2)
    shown = Pyramid.of(rgb_hwc).levels[0].bgrx_hwc
    np.testing.assert_array_equal(bgr(shown), to_8_bit(rgb_hwc))


def test_a_profile_is_applied(rgb_hwc):
    lab = io.BytesIO(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()).getvalue()
    assert Pyramid.of(rgb_hwc, lab).value_at(5, 5) == tuple(rgb_hwc[5, 5])


def test_another_profile_gives_other_numbers(rgb_hwc, monkeypatch):
    def swapped(pixels, icc):
        assert pixels.dtype == np.uint8
        assert icc == b"profile"
        return pixels[..., ::-1]

    monkeypatch.setattr("app.document.pyramid.to_srgb", swapped)
    pyramid = Pyramid.of(rgb_hwc.astype(np.uint16) * 257, b"profile")
    assert pyramid.value_at(5, 5) == tuple(rgb_hwc[5, 5, ::-1])


def test_a_damaged_profile_is_not_used(rgb_hwc):
    assert to_srgb(rgb_hwc, b"damaged") is rgb_hwc
    assert Pyramid.of(rgb_hwc, b"damaged").value_at(1, 2) == tuple(rgb_hwc[2, 1])


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((4, 4), np.uint8), ((4, 4, 4), np.uint8), ((0, 4, 3), np.uint8), ((4, 4, 3), np.float32)],
)
def test_what_is_no_picture_is_refused(shape, dtype):
    with pytest.raises(ValueError, match=r"not an H|neither"):
        Pyramid.of(np.zeros(shape, dtype))


def test_a_thumbnail_is_the_whole_picture(rgb_hwc):
    thumbnail = Pyramid.of(rgb_hwc).thumbnail(64)
    assert thumbnail.shape == (27, 64, 3)
    assert thumbnail.flags.c_contiguous
    assert abs(thumbnail.mean(axis=(0, 1)) - rgb_hwc.mean(axis=(0, 1))).max() < 2


def test_a_thumbnail_has_a_pixel_at_least():
    assert Pyramid.of(np.full((1, 900, 3), 7, np.uint8)).thumbnail(16).shape == (1, 16, 3)


def test_a_crop_at_full_size_is_exact(rgb_hwc):
    crop = Pyramid.of(rgb_hwc).crop((10, 20, 110, 70), (100, 50))
    np.testing.assert_array_equal(bgr(crop), rgb_hwc[20:70, 10:110])


def test_above_400_percent_pixels_are_squares(rgb_hwc):
    crop = Pyramid.of(rgb_hwc).crop((10, 20, 12, 21), (10, 5))
    np.testing.assert_array_equal(bgr(crop), rgb_hwc[20:21, 10:12].repeat(5, 0).repeat(5, 1))


def test_up_to_400_percent_it_is_smooth():
    steps = np.zeros((1, 4, 3), np.uint8)
    steps[:, 2:] = 200
    crop = Pyramid.of(steps).crop((0, 0, 4, 1), (12, 3))
    assert len(np.unique(crop[..., 0])) > 2


@pytest.mark.parametrize("size", [(450, 200), (300, 120), (101, 50), (7, 3)])
def test_shrunk_pictures_are_means_and_do_not_shift(size):
    ramp = np.linspace(0, 255, 701)[None, :, None].repeat(300, 0).repeat(3, 2)
    crop = Pyramid.of(np.rint(ramp).astype(np.uint8)).crop((0, 0, 701, 300), size)
    expected = (np.arange(size[0]) + 0.5) / size[0] * 255
    edge = slice(1, -1)
    assert abs(crop[1, edge, 0].astype(float) - expected[edge]).max() < 3


def test_fine_patterns_become_grey():
    checks = (np.indices((512, 512)).sum(axis=0) % 2 * 255).astype(np.uint8)
    crop = Pyramid.of(checks[..., None].repeat(3, 2)).crop((0, 0, 512, 512), (200, 200))
    assert abs(crop[5:-5, 5:-5, :3].astype(int) - 127).max() < 12


@pytest.mark.parametrize("box", [(-1, 0, 4, 4), (0, 0, 702, 4), (0, 0, 4, 301), (5, 5, 5, 6)])
def test_boxes_lie_inside(rgb_hwc, box):
    with pytest.raises(ValueError, match="not a box"):
        Pyramid.of(rgb_hwc).crop(box, (4, 4))


def test_pillow_and_numpy_look_at_the_same_memory(rgb_hwc):
    level = Pyramid.of(rgb_hwc).levels[0]
    assert level.image.mode == "RGBX"
    np.testing.assert_array_equal(np.asarray(level.image), level.bgrx_hwc)
    assert isinstance(level.image, Image.Image)
