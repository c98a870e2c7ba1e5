"""TIFF (Adobe, revision 6.0): decoding by OpenImageIO, fields and encoding here.

Of a file with several pages the first is read. Refused with a reason: floating-point, signed and
32-bit samples, Lab, BigTIFF, camera raw files (which are TIFF inside, with a thumbnail in front).
"""

import mmap
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from app.document.io import exif, oiio, pixels
from app.document.io.exif import BYTE, LONG, SHORT, UNDEFINED, Directory, Field
from app.document.io.metadata import ImageMetadata
from app.document.io.raw import Model, RawImage, Refusal, SizeCheck, damaged

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

SUBFILE, EXTRA_SAMPLES, XMP, IPTC, ICC, DNG_VERSION = 254, 338, 700, 33723, 34675, 50706
WANTED = frozenset({SUBFILE, EXTRA_SAMPLES, XMP, IPTC, ICC, DNG_VERSION})
SEPARATED = 5
# PhotometricInterpretation: the model that the decoder hands over, and its channels. It expands
# palettes (3) and converts YCbCr (6).
MODELS: dict[int, tuple[Model, int]] = {
    0: ("grey", 1),
    1: ("grey", 1),
    2: ("rgb", 3),
    3: ("rgb", 3),
    SEPARATED: ("cmyk", 4),
    6: ("rgb", 3),
}
MAX_CHANNELS = 8
PREMULTIPLIED, UNASSOCIATED = 1, 2
STRIP_BYTES = 2**18
MAX_FILE_BYTES = 2**32 - 2**24


def read(path: Path, file: BinaryIO, check_size: SizeCheck) -> RawImage:
    """The first image of a TIFF file.

    A further channel is alpha if the file says so (`ExtraSamples` 1 or 2), else it is left out:
    programs store selections and spot colours there.

    Raises:
        Refusal: damaged, cut short, of a kind that is not read, or `check_size` refuses it.
    """
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        order, offset = _header(data)
        fields = exif.parse_directory(data, order, offset, WANTED)
        metadata = ImageMetadata(icc=_payload(fields, ICC), xmp=_payload(fields, XMP))
        metadata = replace(metadata, iptc=_payload(fields, IPTC)).with_fields(exif.parse(data))
        orientation_at = exif.value_position(data, order, offset, exif.ORIENTATION)
    reduced = _payload(fields, SUBFILE) in (b"\1\0\0\0", b"\0\0\0\1")
    if reduced or DNG_VERSION in fields:
        raise Refusal("it is a camera raw file", "Develop it and save it as a 16-bit TIFF first.")
    extra = max((_payload(fields, EXTRA_SAMPLES) or b"\0")[:2])
    # The decoder applies half of the orientation to some kinds of TIFF: it shall see none.
    upright = None
    if orientation_at is not None and metadata.fields.orientation != 1:
        upright = orientation_at, metadata.fields.number(SHORT, 1).payload
    with oiio.alias(path, ".tif", upright) as plain:
        return _decode(plain, metadata, extra, check_size)


def _header(data: mmap.mmap) -> tuple[str, int]:
    if data[2:4] in (b"+\0", b"\0+"):
        raise Refusal("it is a BigTIFF file", "Save it as an ordinary TIFF.")
    try:
        return exif.parse_header(data)
    except ValueError as error:
        raise damaged() from error


def _payload(fields: Directory, tag: int) -> bytes | None:
    entry = fields.get(tag)
    return None if entry is None else entry.payload


def _decode(path: Path, metadata: ImageMetadata, extra: int, check_size: SizeCheck) -> RawImage:
    reader = oiio.Reader(path)
    check_size(reader.spec.width, reader.spec.height)
    photometric = reader.spec.getattribute("tiff:PhotometricInterpretation")
    if photometric == SEPARATED:
        reader = oiio.Reader(path, raw_colour=True)
    model, colours = MODELS.get(photometric, (None, 0))
    _check_kind(reader.spec)
    if model is None or not colours <= reader.spec.nchannels <= MAX_CHANNELS:
        raise Refusal("its colours are of a rare kind", "Save it as RGB.")
    samples = reader.pixels()
    colour, alpha = samples[..., :colours], None
    if samples.shape[2] > colours and extra in (PREMULTIPLIED, UNASSOCIATED):
        alpha = samples[..., colours]
        if extra == PREMULTIPLIED:
            colour = pixels.unmultiplied(colour, alpha)
    return RawImage(colour, model, alpha, metadata)


def _check_kind(spec: Any) -> None:
    if str(spec.format) not in ("uint8", "uint16"):
        raise Refusal(f"its pixels are of the type {spec.format}", "Save it with 8 or 16 bits.")


def encode(
    rgb_hwc: npt.NDArray[Any], alpha_hw: npt.NDArray[Any] | None, metadata: ImageMetadata
) -> bytes:
    """A TIFF file of 8 or 16 bits, deflated, RGB or RGBA (alpha not multiplied in).

    It carries profile, EXIF, GPS, XMP and IPTC. Bytes are in the order of the EXIF block, whose
    text may depend on it.

    Raises:
        Refusal: it would be larger than a TIFF file can be.
    """
    fields = metadata.fields
    samples = pixels.with_alpha(rgb_hwc, alpha_hw)
    rows = max(1, STRIP_BYTES // samples[0].nbytes)
    strips = _strips(samples, rows, fields.order)
    end = 8 + sum(map(len, strips))
    if end > MAX_FILE_BYTES:
        raise Refusal("it is larger than a TIFF file can be", "Save it as PNG.")
    layout = _layout(samples, strips, rows, fields)
    directories = fields.packed({**layout, **_attached(metadata)}, end)
    return b"".join([exif.header(fields.order, end), *strips, directories])


def _strips(samples: npt.NDArray[Any], rows: int, order: str) -> list[bytes]:
    """Strips of differences to the pixel on the left (section 14), deflated, of even lengths."""
    strips: list[bytes] = []
    for first in range(0, len(samples), rows):
        strip = samples[first : first + rows].copy()
        strip[:, 1:] -= samples[first : first + rows, :-1]
        data = zlib.compress(strip.astype(f"{order}u{samples.itemsize}").tobytes(), 4)
        strips.append(data + b"\0" * (len(data) % 2))
    return strips


def _layout(
    samples: npt.NDArray[Any], strips: list[bytes], rows: int, form: exif.Exif
) -> Directory:
    height, width, channels = samples.shape
    lengths = [len(strip) for strip in strips]
    offsets = [8 + before for before in np.cumsum([0, *lengths[:-1]]).tolist()]
    layout = {
        256: form.number(LONG, width),
        257: form.number(LONG, height),
        258: form.number(SHORT, *[8 * samples.itemsize] * channels),
        259: form.number(SHORT, 8),
        262: form.number(SHORT, 2),
        273: form.number(LONG, *offsets),
        277: form.number(SHORT, channels),
        278: form.number(LONG, rows),
        279: form.number(LONG, *lengths),
        284: form.number(SHORT, 1),
        317: form.number(SHORT, 2),
    }
    if channels == 4:
        layout[EXTRA_SAMPLES] = form.number(SHORT, UNASSOCIATED)
    return layout


def _attached(metadata: ImageMetadata) -> Directory:
    blocks = {XMP: (BYTE, metadata.xmp), IPTC: (UNDEFINED, metadata.iptc)}
    blocks[ICC] = (UNDEFINED, metadata.icc)
    return {tag: Field(kind, len(data), data) for tag, (kind, data) in blocks.items() if data}
