"""Profile, EXIF, XMP, IPTC and resolution go from every format to every one that has room."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, IptcImagePlugin, TiffImagePlugin

from app.document.io.images import ImageMetadata, read_image, write_image
from tests.app.document.io.files import (
    XMP,
    chunk,
    exif_block,
    iptc_record,
    noise,
    oiio_attribute,
    pillow_fields,
    png_chunks,
    raw_png,
    rgb_profile,
    saved_by_pillow,
    smooth,
)

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".tif": "TIFF", ".webp": "WEBP"}


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("source", FORMATS)
def test_the_profile_goes_from_any_format_to_any_byte_for_byte(tmp_path, source, suffix):
    profile = rgb_profile()
    file = tmp_path / f"in{source}"
    image = Image.fromarray(smooth(24, 40))
    file.write_bytes(saved_by_pillow(image, FORMATS[source], icc_profile=profile))
    output = tmp_path / f"out{suffix}"
    loaded = read_image(file)
    write_image(output, loaded.rgb_hwc, loaded.metadata)
    assert read_image(output).metadata.icc == profile
    with Image.open(output) as again:
        assert again.info["icc_profile"] == profile


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("source", FORMATS)
def test_exif_goes_from_any_format_to_any_field_for_field(tmp_path, source, suffix, order):
    file = tmp_path / f"in{source}"
    write_with_exif(file, exif_block(6, order=order))
    expected = pillow_fields(file)
    expected[0][274] = 1
    expected[34665] |= {40962: 24, 40963: 40}
    loaded = read_image(file)
    assert loaded.metadata.exif is not None
    output = tmp_path / f"out{suffix}"
    write_image(output, loaded.rgb_hwc, loaded.metadata)
    found = pillow_fields(output)
    assert without_offsets(found) == without_offsets(expected)
    assert found[0][315] == "Ann"
    assert found[34853][2] == (48.0, 51.0, 30.25)


def write_with_exif(path: Path, block: bytes) -> None:
    image = Image.fromarray(smooth(24, 40))
    if path.suffix == ".tif":
        # Pillow takes the fields of a TIFF only one by one, and forgets some; so a file of ours.
        write_image(path, np.asarray(image), ImageMetadata(exif=block))
        data = bytearray(path.read_bytes())
        at = data.index(struct.pack("<HHI" if block[:2] == b"II" else ">HHI", 274, 3, 1)) + 8
        data[at : at + 2] = struct.pack("<H" if block[:2] == b"II" else ">H", 6)
        path.write_bytes(data)
    else:
        path.write_bytes(saved_by_pillow(image, FORMATS[path.suffix], exif=b"Exif\0\0" + block))


def without_offsets(fields):
    """Where a directory lies in its file is not the same in two files."""
    photo = {tag: value for tag, value in fields[34665].items() if tag != 40965}
    return fields | {34665: photo}


def test_an_independent_reader_finds_the_fields_of_our_tiff(tmp_path):
    metadata = ImageMetadata(rgb_profile(), exif_block(), XMP % 1, iptc_record())
    write_image(tmp_path / "a.tif", noise(40, 50, 3, 16), metadata)
    expected = {
        "Make": "Maker",
        "Artist": "Ann",
        "ExposureTime": pytest.approx(0.004),
        "Exif:LensModel": "Lens 50",
        "GPS:LatitudeRef": "N",
        "IPTC:Provider": "Ann",
        "IPTC:Caption": "a caption",
    }
    assert {name: oiio_attribute(tmp_path / "a.tif", name) for name in expected} == expected


def test_text_in_utf_8_and_odd_values_survive_byte_for_byte(tmp_path):
    """Pillow would have written Änne as ?nne, and a signed rational as an unsigned one."""
    artist = "Änne 山".encode() + b"\0"
    bias = struct.pack("<ii", 1, 3)
    pointer = 8 + 2 + 2 * 12 + 4
    main = struct.pack("<HHHII", 2, 315, 2, len(artist), pointer)
    main += struct.pack("<HHII", 34665, 4, 1, pointer + len(artist)) + bytes(4)
    photo_at = pointer + len(artist) + 2 + 12 + 4
    photo = struct.pack("<HHHII", 1, 37380, 10, 1, photo_at) + bytes(4) + bias
    block = b"II*\0\x08\0\0\0" + main + artist + photo
    for suffix in FORMATS:
        file = tmp_path / f"a{suffix}"
        write_image(file, smooth(24, 40), ImageMetadata(exif=block))
        assert artist in file.read_bytes()
        assert read_image(file).metadata.fields.photo[37380] == (10, 1, bias)
        assert oiio_attribute(file, "Artist") == "Änne 山" or suffix == ".webp"


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("source", FORMATS)
def test_xmp_goes_from_any_format_to_any_with_its_orientation_reset(tmp_path, source, suffix):
    file, output = tmp_path / f"in{source}", tmp_path / f"out{suffix}"
    write_image(file, smooth(24, 40), ImageMetadata(xmp=XMP % 1))
    file.write_bytes(fix_png_sums(file.read_bytes().replace(XMP % 1, XMP % 6)))
    loaded = read_image(file)
    write_image(output, loaded.rgb_hwc, loaded.metadata)
    assert read_image(output).metadata.xmp == XMP % 1
    with Image.open(output) as image:
        image.load()
        is_tiff = isinstance(image, TiffImagePlugin.TiffImageFile)
        assert (image.tag_v2[700] if is_tiff else image.info["xmp"]) in (
            XMP % 1,
            (XMP % 1).decode(),
        )


def fix_png_sums(data: bytes) -> bytes:
    if not data.startswith(b"\x89PNG"):
        return data
    return data[:8] + b"".join(chunk(kind, body) for kind, body in png_chunks(data).items())


def test_compressed_xmp_in_a_png_is_read(tmp_path):
    body = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(XMP % 1)
    file = tmp_path / "a.png"
    file.write_bytes(raw_png((1, 1), 8, 0, b"\0\0", before=chunk(b"iTXt", body)))
    assert read_image(file).metadata.xmp == XMP % 1


@pytest.mark.parametrize("record", [iptc_record(), iptc_record() + b"\0"])
def test_iptc_goes_between_jpeg_and_tiff(tmp_path, record):
    write_image(tmp_path / "a.jpg", smooth(24, 40), ImageMetadata(iptc=record))
    loaded = read_image(tmp_path / "a.jpg")
    assert loaded.metadata.iptc == record
    write_image(tmp_path / "b.tif", loaded.rgb_hwc, loaded.metadata)
    assert read_image(tmp_path / "b.tif").metadata.iptc == record
    with Image.open(tmp_path / "a.jpg") as image:
        fields = IptcImagePlugin.getiptcinfo(image)
    assert fields is not None
    assert fields[2, 90] == b"Paris"


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_png_and_webp_cannot_carry_iptc(tmp_path, suffix):
    write_image(tmp_path / f"a{suffix}", smooth(24, 40), ImageMetadata(iptc=iptc_record()))
    assert read_image(tmp_path / f"a{suffix}").metadata.iptc is None


@pytest.mark.parametrize("source", [".png", ".jpg", ".tif"])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
def test_the_resolution_is_kept(tmp_path, source, suffix):
    file, output = tmp_path / f"in{source}", tmp_path / f"out{suffix}"
    image = Image.fromarray(smooth(24, 40))
    file.write_bytes(saved_by_pillow(image, FORMATS[source], dpi=(300, 150)))
    loaded = read_image(file)
    write_image(output, loaded.rgb_hwc, loaded.metadata)
    with Image.open(output) as again:
        again.load()
        assert again.info["dpi"] == pytest.approx((300, 150), rel=1e-4)
    assert loaded.metadata.fields.dpi_xy == pytest.approx((300, 150), rel=1e-4)


def test_the_resolution_of_jpeg_may_be_in_centimetres_or_absent(tmp_path):
    file = tmp_path / "a.jpg"
    Image.fromarray(smooth(24, 40)).save(file, dpi=(100, 50))
    data = file.read_bytes()
    file.write_bytes(data.replace(b"\1\0\x64\0\x32", b"\2\0\x64\0\x32", 1))
    assert read_image(file).metadata.fields.dpi_xy == pytest.approx((254, 127))
    file.write_bytes(data.replace(b"\1\0\x64\0\x32", b"\0\0\x64\0\x32", 1))
    assert read_image(file).metadata.exif is None
    file.write_bytes(data.replace(b"\1\0\x64\0\x32", b"\1\0\0\0\0", 1))
    assert read_image(file).metadata.exif is None


@pytest.mark.parametrize("suffix", FORMATS)
def test_place_and_device_are_stripped_and_the_rest_is_kept(tmp_path, suffix):
    file = tmp_path / f"a{suffix}"
    metadata = ImageMetadata(rgb_profile(), exif_block(1), XMP % 1, iptc_record())
    write_image(file, smooth(24, 40), metadata, strip_place=True)
    fields = pillow_fields(file)
    kept = {tag: fields[0][tag] for tag in (270, 306, 315, 33432)}
    assert kept == {270: "a view", 306: "2021:02:03 04:05:06", 315: "Ann", 33432: "(c) Ann"}
    assert fields[34853] == {}
    assert {271, 272, 316}.isdisjoint(fields[0])
    photo = fields[34665]
    assert set(photo) - {40965} == {33434, 36867, 37510, 40962, 40963}
    loaded = read_image(file).metadata
    assert loaded.icc == rgb_profile()
    assert loaded.xmp is None
    assert loaded.iptc is None
    private = [b"Maker", b"Model 7", b"Lens 50", b"Bob", b"S1\0", b"S2\0", b"serial", b"Paris"]
    private += [b"private owner", b"telephone", b"+02:00", b"GPS"]
    assert [word for word in private if word in file.read_bytes()] == []


def test_exif_that_is_too_long_for_a_jpeg_loses_its_maker_note_first(tmp_path):
    for size, expected in ((60_000, True), (70_000, False)):
        metadata = with_photo_field(37500, bytes(size))
        write_image(tmp_path / "a.jpg", smooth(24, 40), metadata)
        fields = read_image(tmp_path / "a.jpg").metadata.fields
        assert (37500 in fields.photo) == expected
        assert 315 in fields.main
        write_image(tmp_path / "a.png", smooth(24, 40), metadata)
        assert 37500 in read_image(tmp_path / "a.png").metadata.fields.photo
    write_image(tmp_path / "a.jpg", smooth(24, 40), with_photo_field(37510, bytes(70_000)))
    assert read_image(tmp_path / "a.jpg").metadata.exif is None


def with_photo_field(tag: int, data: bytes) -> ImageMetadata:
    fields = Image.Exif()
    fields[315] = "Ann"
    fields.get_ifd(34665)[tag] = data
    return ImageMetadata(exif=fields.tobytes()[6:])


def test_xmp_that_is_too_long_for_a_jpeg_is_left_out(tmp_path):
    metadata = ImageMetadata(xmp=(XMP % 1).ljust(70_000))
    write_image(tmp_path / "a.jpg", smooth(24, 40), metadata)
    assert read_image(tmp_path / "a.jpg").metadata.xmp is None
