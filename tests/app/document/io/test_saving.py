"""What is saved is what was given, as far as the format goes; after any failure, nothing."""

import os

import numpy as np
import pytest
from PIL import Image

from app.document.io import tiff
from app.document.io.images import encode_image, read_image, write_image
from app.document.io.metadata import ImageMetadata
from app.errors import UserError
from tests.app.document.io.files import (
    noise,
    rgb_profile,
    smooth,
)

SUFFIXES = [".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".PNG", ".Jpg"]
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".tif": "TIFF", ".webp": "WEBP"}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_extension_is_the_format(tmp_path, suffix):
    file = tmp_path / f"a{suffix}"
    write_image(file, smooth(24, 40))
    short = suffix.lower().replace("jpeg", "jpg").replace("tiff", "tif")
    with Image.open(file) as image:
        assert image.format == FORMATS[short]
    assert abs(read_image(file).rgb_hwc.astype(int) - smooth(24, 40)).max() < 20


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 5), (150, 7), (67, 701)])
def test_png_and_tiff_keep_every_bit(tmp_path, suffix, bits, channels, height, width):
    pixels = noise(height, width, channels, bits)
    alpha = pixels[..., 3] if channels == 4 else None
    file = tmp_path / f"a{suffix}"
    write_image(file, pixels[..., :3], alpha_hw=alpha)
    loaded = read_image(file)
    assert loaded.rgb_hwc.dtype == pixels.dtype
    assert np.array_equal(loaded.rgb_hwc, pixels[..., :3])
    assert (loaded.alpha_hw is None) == (alpha is None)
    if alpha is not None:
        assert loaded.alpha_hw is not None
        assert np.array_equal(loaded.alpha_hw, alpha)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_a_large_picture_goes_into_several_parts(tmp_path, suffix):
    pixels = noise(700, 600, 3, 16)
    write_image(tmp_path / f"a{suffix}", pixels)
    assert np.array_equal(read_image(tmp_path / f"a{suffix}").rgb_hwc, pixels)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_other_programs_read_the_same_pixels(tmp_path, suffix):
    pixels = noise(70, 90, 4)
    file = tmp_path / f"a{suffix}"
    write_image(file, pixels[..., :3], alpha_hw=pixels[..., 3])
    with Image.open(file) as image:
        assert image.mode == "RGBA"
        assert np.array_equal(np.asarray(image), pixels)


def test_a_photo_as_png_is_smaller_than_unfiltered(tmp_path):
    file = tmp_path / "a.png"
    write_image(file, smooth(300, 400))
    assert file.stat().st_size < 300 * 400 * 3 / 20


def test_webp_at_quality_100_keeps_every_bit(tmp_path):
    pixels = noise(24, 40, 4)
    pixels[:5, :, 3] = 0
    file = tmp_path / "a.webp"
    write_image(file, pixels[..., :3], alpha_hw=pixels[..., 3], quality=100)
    loaded = read_image(file)
    assert loaded.alpha_hw is not None
    assert np.array_equal(loaded.rgb_hwc, pixels[..., :3])
    assert np.array_equal(loaded.alpha_hw, pixels[..., 3])


def test_lossy_webp_keeps_alpha_and_jpeg_leaves_it_out(tmp_path):
    alpha = noise(24, 40, 1)[..., 0]
    write_image(tmp_path / "a.webp", smooth(24, 40), alpha_hw=alpha, quality=60)
    loaded = read_image(tmp_path / "a.webp")
    assert loaded.alpha_hw is not None
    assert np.array_equal(loaded.alpha_hw, alpha)
    write_image(tmp_path / "a.jpg", smooth(24, 40), alpha_hw=alpha)
    assert read_image(tmp_path / "a.jpg").alpha_hw is None


def test_16_bits_are_rounded_to_8_for_webp_and_jpeg(tmp_path):
    pixels = noise(24, 40, 3, 16)
    rounded = np.rint(pixels / 257).astype(np.uint8)
    write_image(tmp_path / "a.webp", pixels, quality=100)
    assert np.array_equal(read_image(tmp_path / "a.webp").rgb_hwc, rounded)
    write_image(tmp_path / "a.jpg", pixels)
    write_image(tmp_path / "b.jpg", rounded)
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b.jpg").read_bytes()


@pytest.mark.parametrize(("bits", "alpha_bits"), [(8, 16), (16, 8)])
def test_alpha_takes_the_bits_of_the_colours(tmp_path, bits, alpha_bits):
    alpha = np.array([[0, 2**alpha_bits - 1]], np.uint8 if alpha_bits == 8 else np.uint16)
    write_image(tmp_path / "a.png", noise(1, 2, 3, bits), alpha_hw=alpha)
    loaded = read_image(tmp_path / "a.png")
    assert loaded.alpha_hw is not None
    assert loaded.alpha_hw.tolist() == [[0, 2**bits - 1]]


def test_quality_decides_the_size_of_a_jpeg(tmp_path):
    for quality in (30, 80, 95):
        write_image(tmp_path / f"{quality}.jpg", noise(64, 64, 3), quality=quality)
    sizes = [(tmp_path / f"{quality}.jpg").stat().st_size for quality in (30, 80, 95)]
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize("name", ["a.gif", "a", "a.bmp", ".png", "png"])
def test_another_extension_is_refused_with_the_list(tmp_path, name):
    with pytest.raises(UserError) as caught:
        write_image(tmp_path / name, smooth(24, 40))
    assert name in str(caught.value)
    assert ".png .jpg .jpeg .tif .tiff .webp" in str(caught.value)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(("name", "side"), [("a.jpg", 65501), ("a.webp", 16384)])
def test_a_side_too_long_for_the_format_is_refused(tmp_path, name, side):
    with pytest.raises(UserError, match=r"px a side\. Save it as PNG"):
        write_image(tmp_path / name, np.zeros((1, side, 3), np.uint8))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("form", "suffix"), list(zip(["png", "jpeg", "tiff", "webp"], FORMATS, strict=True))
)
def test_the_bytes_of_a_file_can_be_had_without_one(tmp_path, form, suffix):
    pixels, alpha = smooth(24, 40), noise(24, 40, 1)[..., 0]
    options = {"alpha_hw": alpha, "quality": 80, "strip_place": True}
    metadata = ImageMetadata(icc=rgb_profile())
    write_image(tmp_path / f"a{suffix}", pixels, metadata, **options)
    expected = (tmp_path / f"a{suffix}").read_bytes()
    assert encode_image(form, pixels, metadata, **options) == expected
    assert encode_image(suffix, pixels, metadata, **options) == expected


def test_a_picture_too_large_for_a_format_is_refused_without_a_file_too():
    with pytest.raises(UserError, match=r"cannot be saved as WebP: .* px a side\. Save it as PNG"):
        encode_image("webp", np.zeros((1, 16384, 3), np.uint8))


@pytest.mark.parametrize("form", ["gif", ".gif", ""])
def test_bytes_of_an_unknown_format_are_a_defect(form):
    with pytest.raises(KeyError):
        encode_image(form, smooth(24, 40))


def test_a_tiff_that_would_pass_4_gib_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tiff, "MAX_FILE_BYTES", 1000)
    with pytest.raises(UserError, match="larger than a TIFF"):
        write_image(tmp_path / "a.tif", noise(24, 40, 3))


@pytest.mark.parametrize(
    ("pixels", "options"),
    [
        (np.zeros((4, 4, 3), np.float32), {}),
        (np.zeros((4, 4, 4), np.uint8), {}),
        (np.zeros((4, 4), np.uint8), {}),
        (np.zeros((0, 4, 3), np.uint8), {}),
        (np.zeros((4, 4, 3), np.uint8), {"alpha_hw": np.zeros((4, 5), np.uint8)}),
        (np.zeros((4, 4, 3), np.uint8), {"alpha_hw": np.zeros((4, 4), np.float32)}),
        (np.zeros((4, 4, 3), np.uint8), {"quality": 0}),
        (np.zeros((4, 4, 3), np.uint8), {"quality": 101}),
    ],
)
def test_a_wrong_call_is_a_defect_and_writes_nothing(tmp_path, pixels, options):
    with pytest.raises(ValueError, match=r"uint8|pixels|alpha|quality"):
        write_image(tmp_path / "a.png", pixels, **options)
    assert os.listdir(tmp_path) == []
