"""What is read is what was in the file: pixels, alpha, rotation, colour."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageOps

from app.document.io.images import read_image, write_image
from tests.app.document.io.files import (
    chunk,
    exif_block,
    green_ink_profile,
    linear_grey_profile,
    noise,
    pillow_fields,
    raw_png,
    raw_tiff,
    rgb_profile,
    saved_by_pillow,
    smooth,
    write_oiio,
)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_png_and_tiff_are_read_exactly(tmp_path, suffix, bits, channels):
    pixels = noise(13, 17, channels, bits)
    loaded = read_image(write_oiio(tmp_path / f"a{suffix}", pixels))
    colours = pixels[..., :1] if channels < 3 else pixels[..., :3]
    assert loaded.rgb_hwc.dtype == pixels.dtype
    assert loaded.bits == bits
    assert np.array_equal(loaded.rgb_hwc, np.broadcast_to(colours, (13, 17, 3)))
    assert (loaded.alpha_hw is not None) == (channels in (2, 4))
    if loaded.alpha_hw is not None:
        assert np.array_equal(loaded.alpha_hw, pixels[..., -1])
        assert not loaded.alpha_hw.flags.writeable
    assert loaded.rgb_hwc.flags.c_contiguous
    assert not loaded.rgb_hwc.flags.writeable


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_webp_is_read_exactly_with_the_colours_under_transparency(tmp_path, mode):
    pixels = noise(13, 17, len(mode))
    pixels[:5, :, -1] = 0
    file = tmp_path / "a.webp"
    Image.fromarray(pixels).save(file, lossless=True, exact=True)
    loaded = read_image(file)
    assert np.array_equal(loaded.rgb_hwc, pixels[..., :3])
    if mode == "RGBA":
        assert loaded.alpha_hw is not None
        assert np.array_equal(loaded.alpha_hw, pixels[..., 3])
    else:
        assert loaded.alpha_hw is None


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_is_read_as_pillow_reads_it(tmp_path, mode, progressive):
    file = tmp_path / "a.jpg"
    Image.fromarray(smooth(40, 50)).convert(mode).save(file, progressive=progressive)
    with Image.open(file) as image:
        assert np.array_equal(read_image(file).rgb_hwc, np.asarray(image.convert("RGB")))


def test_a_multi_picture_jpeg_gives_its_first_picture(tmp_path):
    file = tmp_path / "a.jpg"
    first, second = (Image.fromarray(smooth(40, 50)).rotate(angle) for angle in (0, 180))
    first.save(file, "MPO", save_all=True, append_images=[second])
    with Image.open(file) as image:
        assert np.array_equal(read_image(file).rgb_hwc, np.asarray(image))


@pytest.mark.parametrize("transparency", [None, 2, b"\x05\x80\xff"])
def test_a_palette_png_becomes_its_colours(tmp_path, transparency):
    image = Image.fromarray(noise(13, 17, 3)).quantize(11)
    file = tmp_path / "a.png"
    image.save(file, **({} if transparency is None else {"transparency": transparency}))
    with Image.open(file) as again:
        expected = np.asarray(again.convert("RGBA"))
    loaded = read_image(file)
    assert np.array_equal(loaded.rgb_hwc, expected[..., :3])
    assert (loaded.alpha_hw is None) == (transparency is None)
    if loaded.alpha_hw is not None:
        assert np.array_equal(loaded.alpha_hw, expected[..., 3])


def test_a_palette_index_without_a_colour_is_black(tmp_path):
    file = tmp_path / "a.png"
    palette = chunk(b"PLTE", bytes([10, 20, 30])) + chunk(b"tRNS", b"\xff" * 300)
    file.write_bytes(raw_png((2, 1), 4, 3, b"\0\x05", before=palette))
    assert read_image(file).rgb_hwc.tolist() == [[[10, 20, 30], [0, 0, 0]]]


@pytest.mark.parametrize(("depth", "packed"), [(1, 0b0110_0000), (2, 0b0001_1011), (4, 0x0F)])
def test_grey_of_few_bits_is_stretched_to_eight(tmp_path, depth, packed):
    per_byte = 8 // depth
    values = [(packed >> (8 - depth * (i + 1))) & (2**depth - 1) for i in range(per_byte)]
    file = tmp_path / "a.png"
    file.write_bytes(raw_png((per_byte, 1), depth, 0, bytes([0, packed])))
    grey = read_image(file).rgb_hwc[0, :, 0]
    assert grey.tolist() == [value * 255 // (2**depth - 1) for value in values]


def test_one_transparent_colour_of_a_16_bit_png_becomes_alpha(tmp_path):
    colours = np.array([[1, 2, 3], [1, 2, 4], [60000, 5, 6]], ">u2")
    file = tmp_path / "a.png"
    key = chunk(b"tRNS", struct.pack(">3H", 1, 2, 3))
    file.write_bytes(raw_png((3, 1), 16, 2, b"\0" + colours.tobytes(), before=key))
    loaded = read_image(file)
    assert loaded.alpha_hw is not None
    assert np.array_equal(loaded.rgb_hwc[0], colours)
    assert loaded.alpha_hw.tolist() == [[0, 65535, 65535]]


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (9, 11)])
def test_an_interlaced_png_is_read_exactly(tmp_path, size):
    """The passes are cut out of the picture as the table in PNG, section 8.1, has them."""
    width, height = size
    pixels = noise(height, width, 3)
    steps = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2)]
    rows = b""
    for x, y, dx, dy in [*steps, (0, 1, 1, 2)]:
        part = pixels[y::dy, x::dx]
        rows += b"".join(b"\0" + row.tobytes() for row in part if part.shape[1])
    file = tmp_path / "a.png"
    file.write_bytes(raw_png(size, 8, 2, rows, interlace=1))
    assert np.array_equal(read_image(file).rgb_hwc, pixels)


def by_formula(cmyk):
    full = np.iinfo(cmyk.dtype).max
    paper = 1 - cmyk.astype(np.float64) / full
    return np.rint(paper[..., :3] * paper[..., 3:] * full).astype(cmyk.dtype)


def test_cmyk_jpeg_without_profile_goes_by_the_formula(tmp_path):
    ink = np.dstack([smooth(40, 50), np.full((40, 50), 60, np.uint8)])
    file = tmp_path / "a.jpg"
    Image.frombytes("CMYK", (50, 40), ink.tobytes()).save(file, quality=100, subsampling=0)
    with Image.open(file) as image:
        decoded = np.asarray(image)
    assert abs(decoded.astype(int) - ink).max() <= 4
    assert np.array_equal(read_image(file).rgb_hwc, by_formula(decoded))


@pytest.mark.parametrize("bits", [8, 16])
def test_cmyk_tiff_without_profile_goes_by_the_formula_in_its_own_bits(tmp_path, bits):
    ink = noise(13, 17, 4, bits)
    file = tmp_path / "a.tif"
    file.write_bytes(raw_tiff(ink, {262: (3, 5)}))
    loaded = read_image(file)
    assert loaded.bits == bits
    assert np.array_equal(loaded.rgb_hwc, by_formula(ink))
    assert loaded.alpha_hw is None


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_cmyk_goes_through_its_profile_which_is_then_dropped(tmp_path, form):
    """Any ink of the profile is L* 60, a* -40, b* 30, which sRGB writes as 63, 163, 92 or so."""
    file = tmp_path / "a"
    image = Image.new("CMYK", (20, 10), (255, 255, 255, 255))
    file.write_bytes(saved_by_pillow(image, form, icc_profile=green_ink_profile()))
    loaded = read_image(file)
    assert abs(loaded.rgb_hwc.astype(int) - lab_to_srgb(60, -40, 30)).max() <= 3
    assert loaded.metadata.icc is None


def lab_to_srgb(lightness, a, b):
    """CIE 15 and IEC 61966-2-1, with the D50 primaries of sRGB."""
    fy = (lightness + 16) / 116
    f = np.array([fy + a / 500, fy, fy - b / 200])
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * [0.9642, 1, 0.8249]
    to_rgb = [[3.1339, -1.6169, -0.4906], [-0.9788, 1.9161, 0.0335], [0.0719, -0.2290, 1.4052]]
    linear = np.clip(np.array(to_rgb) @ xyz, 0, 1)
    return 255 * np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)


def test_cmyk_of_16_bits_with_a_profile_comes_out_with_8_and_its_alpha_too(tmp_path):
    ink = np.full((3, 4, 5), 65535, np.uint16)
    ink[..., 4] = 32896
    plain = tmp_path / "plain.tif"
    plain.write_bytes(raw_tiff(ink, {262: (3, 5), 338: (3, 2)}))
    loaded = read_image(plain)
    assert loaded.alpha_hw is not None
    assert loaded.alpha_hw.tolist() == [[32896] * 4] * 3
    profiled = tmp_path / "profiled.tif"
    profiled.write_bytes(with_long_tag(plain.read_bytes(), 34675, green_ink_profile()))
    loaded = read_image(profiled)
    assert loaded.alpha_hw is not None
    assert loaded.bits == 8
    assert loaded.alpha_hw.tolist() == [[128] * 4] * 3
    assert loaded.rgb_hwc[0, 0, 1] > loaded.rgb_hwc[0, 0, 0] + 60


def with_long_tag(tiff, tag, data):
    """The little-endian TIFF with one more field (type UNDEFINED) at the end of its directory."""
    (at,) = struct.unpack("<I", tiff[4:8])
    (entries,) = struct.unpack("<H", tiff[at : at + 2])
    new_at = len(tiff) + len(data)
    table = tiff[at + 2 : at + 2 + 12 * entries] + struct.pack(
        "<HHII", tag, 7, len(data), len(tiff)
    )
    directory = struct.pack("<H", entries + 1) + table + bytes(4)
    return tiff[:4] + struct.pack("<I", new_at) + tiff[8:] + data + directory


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF"])
def test_grey_goes_through_its_profile_which_is_then_dropped(tmp_path, form):
    """Half the light, 127.5 of 255, is 0.735 in sRGB (IEC 61966-2-1): 188."""
    file = tmp_path / "a"
    image = Image.new("L", (16, 16), 128)
    file.write_bytes(saved_by_pillow(image, form, icc_profile=linear_grey_profile()))
    loaded = read_image(file)
    assert abs(loaded.rgb_hwc.astype(int) - 188).max() <= 1
    assert loaded.metadata.icc is None


def test_grey_of_16_bits_keeps_its_bits_through_its_profile(tmp_path):
    grey = np.arange(0, 65536, 97).astype(np.uint16).reshape(-1, 1, 1)
    profile = linear_grey_profile()
    array = np.frombuffer(profile, np.uint8)
    file = write_oiio(tmp_path / "a.tif", grey, ICCProfile=(f"uint8[{len(profile)}]", array))
    loaded = read_image(file)
    light = grey[:, 0, 0] / 65535
    expected = np.where(light > 0.0031308, 1.055 * light ** (1 / 2.4) - 0.055, 12.92 * light)
    far_from_black = light > 0.02
    error = abs(loaded.rgb_hwc[:, 0, 1] / 65535 - expected)[far_from_black]
    assert loaded.bits == 16
    assert error.max() < 1 / 255
    assert (np.diff(loaded.rgb_hwc[:, 0, 1].astype(int)) >= 0).all()
    assert len(np.unique(loaded.rgb_hwc[:, 0, 1])) > 600
    assert loaded.metadata.icc is None


def test_a_grey_picture_with_an_rgb_profile_keeps_it(tmp_path):
    file = tmp_path / "a.jpg"
    Image.new("L", (16, 16), 128).save(file, icc_profile=rgb_profile())
    loaded = read_image(file)
    assert loaded.metadata.icc == rgb_profile()
    assert (loaded.rgb_hwc == 128).all()


@pytest.mark.parametrize("profile", [b"rubbish" * 30, linear_grey_profile(), b"short"])
def test_a_profile_that_is_not_for_rgb_is_dropped_from_an_rgb_picture(tmp_path, profile):
    file = tmp_path / "a.jpg"
    Image.new("RGB", (16, 16), (10, 20, 30)).save(file, icc_profile=profile)
    assert read_image(file).metadata.icc is None


def test_a_cmyk_profile_that_is_damaged_inside_is_not_used(tmp_path):
    file = tmp_path / "a.jpg"
    profile = green_ink_profile()[:140].ljust(2000, b"\xff")
    Image.new("CMYK", (16, 16), (0, 0, 0, 255)).save(file, icc_profile=profile, quality=100)
    assert (read_image(file).rgb_hwc == 0).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_pictures_are_turned_upright_and_say_so(tmp_path, form, orientation):
    file = tmp_path / "a"
    image = Image.fromarray(smooth(24, 40))
    fields = Image.Exif()
    fields[274] = orientation
    file.write_bytes(saved_by_pillow(image, form, exif=fields))
    loaded = read_image(file)
    with Image.open(file) as again:
        assert np.array_equal(loaded.rgb_hwc, np.asarray(ImageOps.exif_transpose(again)))
    assert loaded.rgb_hwc.shape[:2] == ((24, 40) if orientation < 5 else (40, 24))
    output = tmp_path / f"out.{form.lower()}"
    write_image(output, loaded.rgb_hwc, loaded.metadata)
    assert pillow_fields(output)[0][274] == 1


def test_alpha_is_turned_with_the_picture(tmp_path):
    pixels = noise(5, 9, 4)
    file = tmp_path / "a.png"
    fields = Image.Exif()
    fields[274] = 6
    Image.fromarray(pixels).save(file, exif=fields)
    loaded = read_image(file)
    assert loaded.alpha_hw is not None
    assert np.array_equal(loaded.alpha_hw, np.rot90(pixels[..., 3], -1))


def test_a_rotated_ycbcr_tiff_is_turned_once(tmp_path):
    file = tmp_path / "a.tif"
    image = Image.fromarray(smooth(24, 40))
    image.convert("YCbCr").save(file, compression="jpeg", quality=100, tiffinfo={274: 6})
    expected = np.rot90(smooth(24, 40), -1).astype(int)
    assert abs(read_image(file).rgb_hwc - expected).max() < 20


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_turns_nothing(tmp_path, orientation):
    file = tmp_path / "a.png"
    fields = Image.Exif()
    fields[274] = orientation
    Image.fromarray(smooth(24, 40)).save(file, exif=fields)
    assert np.array_equal(read_image(file).rgb_hwc, smooth(24, 40))


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp", "a.txt", "a", "ä?b=c%d"])
@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_the_content_decides_and_not_the_name(tmp_path, form, name):
    data = saved_by_pillow(Image.fromarray(smooth(24, 40)), form)
    (tmp_path / name).write_bytes(data)
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(read_image(tmp_path / name).rgb_hwc, np.asarray(image))


def test_colours_multiplied_by_alpha_are_divided_again(tmp_path):
    pixels = np.array([[[50, 100, 25, 128], [7, 8, 9, 0], [200, 10, 0, 100]]], np.uint8)
    loaded = read_image(write_oiio(tmp_path / "a.tif", pixels, associated=True))
    assert loaded.rgb_hwc.tolist() == [[[100, 199, 50], [7, 8, 9], [255, 26, 0]]]
    assert loaded.alpha_hw is not None
    assert loaded.alpha_hw.tolist() == [[128, 0, 100]]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("extra", "is_alpha"), [(0, False), (2, True)])
def test_a_fourth_tiff_channel_is_alpha_only_if_the_file_says_so(tmp_path, order, extra, is_alpha):
    pixels = noise(5, 9, 4, 16)
    file = tmp_path / "a.tif"
    file.write_bytes(raw_tiff(pixels, {338: (3, extra)}, order))
    loaded = read_image(file)
    assert np.array_equal(loaded.rgb_hwc, pixels[..., :3])
    assert (loaded.alpha_hw is not None) == is_alpha


def test_white_may_be_zero_in_a_grey_tiff(tmp_path):
    grey = noise(5, 9, 1)
    file = tmp_path / "a.tif"
    file.write_bytes(raw_tiff(grey, {262: (3, 0)}))
    assert np.array_equal(read_image(file).rgb_hwc[..., :1], 255 - grey)


def test_of_several_pages_the_first_is_read(tmp_path):
    file = tmp_path / "a.tif"
    first, second = Image.new("RGB", (5, 4), (1, 2, 3)), Image.new("RGB", (7, 6))
    first.save(file, save_all=True, append_images=[second])
    assert read_image(file).rgb_hwc[0, 0].tolist() == [1, 2, 3]


@pytest.mark.parametrize("size", [(1, 1), (30000, 10), (10, 30000)])
@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_extreme_sides_are_no_reason_to_refuse(tmp_path, form, size):
    if form == "WEBP":
        size = (min(size[0], 16383), min(size[1], 16383))
    file = tmp_path / "a"
    file.write_bytes(saved_by_pillow(Image.new("RGB", size, (200, 100, 50)), form))
    assert read_image(file).rgb_hwc.shape == (size[1], size[0], 3)
    output = tmp_path / f"out.{form.lower()}"
    write_image(output, read_image(file).rgb_hwc)
    assert read_image(output).rgb_hwc.shape == (size[1], size[0], 3)


def test_a_block_in_either_byte_order_is_understood(tmp_path):
    for order in "<>":
        file = tmp_path / "a.webp"
        Image.fromarray(smooth(24, 40)).save(file, lossless=True, exif=exif_block(8, order=order))
        assert np.array_equal(read_image(file).rgb_hwc, np.rot90(smooth(24, 40)))
