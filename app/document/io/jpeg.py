"""JPEG by Pillow: it refuses a cut file and hands over CMYK as it is."""

import io
import struct
import warnings
from typing import Any, BinaryIO, cast

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from app.document.io import exif
from app.document.io.metadata import ImageMetadata
from app.document.io.pixels import to_8_bit
from app.document.io.raw import Model, RawImage, Refusal, SizeCheck, damaged

SIGNATURE = b"\xff\xd8\xff"
MAX_SIDE_PX = 65_500
FULL_CHROMA_QUALITY = 90
# Strips of this height stay in the processor's cache.
STRIP_ROWS = 32
APP1, APP13 = 0xE1, 0xED
MAX_SEGMENT_BYTES = 65_533
EXIF_PREFIX = b"Exif\0\0"
XMP_PREFIX = b"http://ns.adobe.com/xap/1.0/\0"
PHOTOSHOP_PREFIX = b"Photoshop 3.0\0"
IPTC_RESOURCE = 0x0404

MODELS: dict[str, Model] = {"L": "grey", "RGB": "rgb", "CMYK": "cmyk"}

# What Pillow's readers raise for a damaged file, in the words of its own `Image.open`.
PILLOW_ERRORS = (OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, struct.error)


def read(file: BinaryIO, check_size: SizeCheck) -> RawImage:
    """The image of a JPEG file; of several (MPO) the first.

    Raises:
        Refusal: damaged, cut short, or `check_size` refuses it.
    """
    try:
        # The class and not `Image.open`, which has a limit and a warning of its own.
        with warnings.catch_warnings(action="ignore"):
            image = _Image(file)
    except PILLOW_ERRORS as error:
        raise damaged() from error
    check_size(*image.size)
    try:
        samples = image.samples()
    except PILLOW_ERRORS as error:
        raise damaged() from error
    return RawImage(samples, MODELS[image.mode], None, _metadata(image.info))


class _Image(JpegImageFile):
    """A JPEG file that is decoded into memory of numpy's.

    Out of Pillow's own memory there is but one way, a copy that holds the interpreter, and so does
    giving it back: together 60 ms for 100 megapixels, in which the window does not answer.
    """

    _pixels_hwc: npt.NDArray[np.uint8]

    def load_prepare(self) -> None:
        """Called by Pillow before it decodes: the place for `im`, the picture's memory."""
        width_px, height_px = self.size
        # Pillow has a byte for grey, and four for anything else.
        pixels = np.empty((height_px, width_px, 1 if self.mode == "L" else 4), np.uint8)
        self.im = Image.core.map_buffer(pixels, self.size, "raw", 0, (self.mode, 0, 1))
        self._pixels_hwc = pixels

    def samples(self) -> npt.NDArray[np.uint8]:
        """H x W x 1, 3 or 4, decoded now; contiguous. Raises one of `PILLOW_ERRORS`."""
        self.load()
        if self.mode != "RGB":
            return self._pixels_hwc
        rgb_hwc = np.empty((*self._pixels_hwc.shape[:2], 3), np.uint8)
        for first in range(0, len(rgb_hwc), STRIP_ROWS):
            rows = slice(first, first + STRIP_ROWS)
            # Plane by plane is five times as fast as all three at once.
            for channel in range(3):
                rgb_hwc[rows, :, channel] = self._pixels_hwc[rows, :, channel]
        return rgb_hwc


def _metadata(info: dict[Any, Any]) -> ImageMetadata:
    fields = exif.parse(info.get("exif", b"").removeprefix(EXIF_PREFIX))
    if "jfif_density" in info and info.get("jfif_unit") in (1, 2):
        x, y = (density * exif.UNIT_PX[info["jfif_unit"] + 1] for density in info["jfif_density"])
        if x and y:
            fields = fields.with_dpi(x, y)
    resources = info.get("photoshop")
    iptc: bytes | None = None
    if isinstance(resources, dict):
        iptc = cast("dict[int, bytes]", resources).get(IPTC_RESOURCE)
    found = ImageMetadata(info.get("icc_profile"), None, info.get("xmp"), iptc or None)
    return found.with_fields(fields)


def encode(rgb_hwc: npt.NDArray[Any], metadata: ImageMetadata, quality: int) -> bytes:
    """A JPEG file; from quality 90 on the colours have the full resolution.

    Carries profile, EXIF, XMP and IPTC as far as each fits a segment of 64 KiB: an EXIF block that
    does not loses its maker note first.

    Raises:
        Refusal: a side is longer than JPEG can have.
    """
    if max(rgb_hwc.shape[:2]) > MAX_SIDE_PX:
        raise Refusal(f"a JPEG file has at most {MAX_SIDE_PX:,} px a side", "Save it as PNG.")
    block = _fitting_exif(metadata)
    dpi = metadata.fields.dpi_xy or (0, 0)
    target = io.BytesIO()
    Image.fromarray(to_8_bit(rgb_hwc)).save(
        target,
        "JPEG",
        quality=quality,
        subsampling=0 if quality >= FULL_CHROMA_QUALITY else 2,
        icc_profile=metadata.icc,
        exif=EXIF_PREFIX + block if block else b"",
        dpi=tuple(min(round(d), 65535) for d in dpi),
        extra=_segment(APP1, XMP_PREFIX, metadata.xmp) + _iptc_segment(metadata.iptc),
    )
    return target.getvalue()


def _fitting_exif(metadata: ImageMetadata) -> bytes:
    room = MAX_SEGMENT_BYTES - len(EXIF_PREFIX)
    lighter = metadata.with_fields(metadata.fields.without_maker_note())
    for block in (metadata.exif, lighter.exif):
        if block is not None and len(block) <= room:
            return block
    return b""


def _segment(marker: int, prefix: bytes, data: bytes | None) -> bytes:
    if not data or len(prefix) + len(data) > MAX_SEGMENT_BYTES:
        return b""
    return struct.pack(">BBH", 0xFF, marker, len(prefix) + len(data) + 2) + prefix + data


def _iptc_segment(iptc: bytes | None) -> bytes:
    if not iptc:
        return b""
    resource = struct.pack(">4sHHI", b"8BIM", IPTC_RESOURCE, 0, len(iptc)) + iptc
    return _segment(APP13, PHOTOSHOP_PREFIX, resource + b"\0" * (len(iptc) % 2))
