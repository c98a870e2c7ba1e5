"""Colours through profiles to the screen's sRGB, and grey at other sizes."""

import struct

import numpy as np
import pytest
from PIL import ImageCms

from app.document.io.pixels import profile_name, resized_grey, to_srgb
from tests.app.document.io.files import (
    green_ink_profile,
    linear_grey_profile,
    linear_rgb_profile,
    noise,
    rgb_profile,
    smooth,
)


@pytest.mark.parametrize(
    "icc",
    [None, b"", b"rubbish" * 30, rgb_profile(), linear_grey_profile(), green_ink_profile()],
    ids=["none", "empty", "rubbish", "sRGB", "for grey", "for ink"],
)
def test_numbers_that_are_srgb_or_unknown_are_the_same_array(icc):
    pixels = noise(13, 17, 3)
    assert to_srgb(pixels, icc) is pixels


@pytest.mark.parametrize("kept", [140, 200, 300])
def test_a_profile_that_is_damaged_inside_changes_nothing(kept):
    profile = linear_rgb_profile()
    pixels = noise(13, 17, 3)
    assert to_srgb(pixels, profile[:kept].ljust(len(profile), b"\xff")) is pixels


def test_linear_light_becomes_srgb():
    """IEC 61966-2-1: v = 1.055 l ^ (1 / 2.4) - 0.055, and 12.92 l below 0.0031308."""
    levels = np.arange(256)
    light = levels / 255
    expected = 255 * np.where(light > 0.0031308, 1.055 * light ** (1 / 2.4) - 0.055, 12.92 * light)
    greys = np.repeat(levels[None, :, None], 3, axis=2).astype(np.uint8)
    converted = to_srgb(greys, linear_rgb_profile())
    assert abs(converted[0, :, 1] - expected).max() <= 1
    assert (converted == converted[..., :1]).mean() > 0.9


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 300_000), (3000, 500)])
def test_pixels_are_converted_one_by_one_whatever_the_shape(height, width):
    """Pictures are converted in strips; every pixel stays in its place."""
    pixels = noise(height, width, 3)
    expected = to_srgb(np.ascontiguousarray(pixels.reshape(-1, 1, 3)[:4000]), linear_rgb_profile())
    converted = to_srgb(pixels, linear_rgb_profile())
    assert converted.shape == pixels.shape
    assert converted.flags.c_contiguous
    assert np.array_equal(converted.reshape(-1, 1, 3)[:4000], expected)
    last = to_srgb(np.ascontiguousarray(pixels[-1:, -1:]), linear_rgb_profile())
    assert np.array_equal(converted[-1:, -1:], last)


def test_a_view_is_converted_like_its_copy():
    pixels = noise(20, 30, 3)[::2, ::-1]
    copy = np.ascontiguousarray(pixels)
    profile = linear_rgb_profile()
    assert np.array_equal(to_srgb(pixels, profile), to_srgb(copy, profile))


def test_a_profile_with_a_size_that_lies_is_no_reason_to_fail():
    profile = bytearray(linear_rgb_profile())
    struct.pack_into(">I", profile, 0, 2**31)
    assert to_srgb(smooth(8, 8), bytes(profile)).shape == (8, 8, 3)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_keeps_its_values_at_its_own_size_and_its_extremes_at_others(dtype):
    largest = np.iinfo(dtype).max
    grey_hw = np.arange(largest + 1, dtype=dtype).reshape(16, -1)
    assert resized_grey(grey_hw, grey_hw.shape) is grey_hw
    opaque = resized_grey(np.full((8, 8), largest, dtype), (3, 5))
    assert opaque.dtype == dtype
    assert np.array_equal(opaque, np.full((3, 5), largest))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_that_shrinks_is_averaged(dtype):
    """A board of single pixels becomes the grey between its two."""
    largest = np.iinfo(dtype).max
    board = (np.indices((64, 64)).sum(0) % 2 * largest).astype(dtype)
    small = resized_grey(board, (8, 8))
    assert small.shape == (8, 8)
    assert abs(small[1:-1, 1:-1].astype(int) - largest / 2).max() <= largest / 100


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_that_grows_is_interpolated(dtype):
    """Pixel centres of the result lie at -1/4, 1/4, 3/4, 5/4 of the source's two."""
    largest = np.iinfo(dtype).max
    grown = resized_grey(np.array([[0, largest]], dtype), (1, 4))
    assert grown.tolist() == [[0, round(largest / 4), round(largest * 3 / 4), largest]]


def test_16_bit_grey_is_not_rounded_to_8():
    grown = resized_grey(np.array([[0, 65535]], np.uint16), (1, 500))
    assert len(np.unique(grown)) > 200
    assert (grown % 257 != 0).any()


def test_a_view_is_resized_like_its_copy():
    grey = noise(20, 30, 1)[..., 0]
    view = grey[::2, ::-1]
    assert np.array_equal(
        resized_grey(view, (4, 5)), resized_grey(np.ascontiguousarray(view), (4, 5))
    )


def test_a_profile_says_its_name():
    own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert "sRGB" in profile_name(own)
    assert [profile_name(icc) for icc in (None, b"", b"rubbish" * 30)] == ["", "", ""]
