"""The parser of EXIF blocks takes anything, and what it packs is what it parsed."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.document.io import exif
from tests.app.document.io.files import exif_block


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_block_packed_again_has_the_same_fields(order):
    parsed = exif.parse(exif_block(6, order=order))
    assert parsed.order == order
    assert parsed.orientation == 6
    assert parsed.interop[1].payload == b"R98\0"
    assert len(parsed.photo) == 12
    assert exif.parse(parsed.block()) == parsed


def test_the_first_directory_comes_first_and_tags_are_in_order():
    block = exif.parse(exif_block(6)).block()
    assert block[:8] == b"II*\0\x08\0\0\0"
    (entries,) = struct.unpack("<H", block[8:10])
    tags = [struct.unpack("<H", block[at : at + 2])[0] for at in range(10, 10 + 12 * entries, 12)]
    assert tags == sorted(tags)
    assert {34665, 34853} < set(tags)


def test_fields_that_describe_a_file_and_thumbnails_are_left_out():
    """256, a width, belongs to the file it was found in; the second directory is a thumbnail."""
    entry = struct.pack("<HHII", 256, 4, 1, 4000) + struct.pack("<HHIHH", 274, 3, 1, 3, 0)
    block = b"II*\0\x08\0\0\0" + struct.pack("<H", 2) + entry + struct.pack("<I", 8)
    assert set(exif.parse(block).main) == {274}


@pytest.mark.parametrize("data", [b"", b"II*\0", b"XX*\0\x08\0\0\0", b"II+\0\x08\0\0\0"])
def test_what_has_no_header_has_no_fields(data):
    assert exif.parse(data).empty


@given(st.binary(max_size=300))
def test_rubbish_is_never_an_error(data):
    for start in (b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"):
        parsed = exif.parse(start + data)
        assert exif.parse(parsed.block()) == parsed or parsed.empty
        assert 1 <= parsed.orientation <= 8


@given(st.integers(0, 400), st.binary(min_size=1, max_size=4))
def test_a_damaged_block_loses_fields_and_no_more(at, data):
    block = bytearray(exif_block(6))
    block[at : at + len(data)] = data
    parsed = exif.parse(bytes(block))
    assert exif.parse(parsed.block()) == parsed or parsed.empty


def test_many_fields_that_share_large_values_do_not_multiply():
    count = 60_000
    entries = b"".join(struct.pack("<HHII", i % 65536, 7, 700_000, 8) for i in range(1, count))
    photo = struct.pack("<H", count - 1) + entries
    main = struct.pack("<HHHII", 1, 34665, 4, 1, 26) + bytes(4)
    parsed = exif.parse(b"II*\0\x08\0\0\0" + main + photo)
    total = sum(len(entry.payload) for entry in parsed.photo.values())
    assert 0 < total <= exif.MAX_DIRECTORY_BYTES


@pytest.mark.parametrize(
    ("fields", "dpi"),
    [
        ({282: (300, 1), 283: (150, 1), 296: 2}, (300, 150)),
        ({282: (300, 1), 283: (150, 1)}, (300, 150)),
        ({282: (100, 1), 283: (50, 1), 296: 3}, (254, 127)),
        ({282: (300, 1), 283: (150, 1), 296: 1}, None),
        ({282: (300, 0), 283: (150, 1), 296: 2}, None),
        ({282: (300, 1), 296: 2}, None),
        ({282: (0, 1), 283: (0, 1), 296: 2}, None),
    ],
)
def test_the_resolution_is_read_in_its_unit(fields, dpi):
    form = exif.Exif()
    kinds = {282: exif.RATIONAL, 283: exif.RATIONAL, 296: exif.SHORT}
    main = {
        tag: form.number(kinds[tag], *(value if isinstance(value, tuple) else (value,)))
        for tag, value in fields.items()
    }
    assert exif.Exif(main=main).dpi_xy == dpi


def test_a_resolution_of_another_type_is_none():
    text = exif.Field(2, 4, b"300\0")
    main = {exif.X_RESOLUTION: text, exif.Y_RESOLUTION: exif.Field(2, 1, b"\0")}
    assert exif.Exif(main=main).dpi_xy is None
    single = {exif.X_RESOLUTION: exif.Field(2, 1, b"3"), exif.Y_RESOLUTION: text}
    assert exif.Exif(main=single).dpi_xy is None


def test_a_known_resolution_is_not_replaced():
    parsed = exif.parse(exif_block())
    assert parsed.with_dpi(72, 72) == parsed
    assert exif.Exif().with_dpi(72, 96).dpi_xy == (72, 96)
