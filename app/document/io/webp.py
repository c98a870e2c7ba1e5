"""WebP by Pillow; its header is read here, since the decoder reserves the canvas on opening."""

import io
import warnings
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.WebPImagePlugin import WebPImageFile

from app.document.io import exif
from app.document.io.jpeg import EXIF_PREFIX, PILLOW_ERRORS
from app.document.io.metadata import ImageMetadata
from app.document.io.pixels import to_8_bit, with_alpha
from app.document.io.raw import RawImage, Refusal, SizeCheck, damaged

MAX_SIDE_PX = 16_383
LOSSLESS_QUALITY = 100


def read(file: BinaryIO, check_size: SizeCheck) -> RawImage:
    """The image of a WebP file, its first one if it is animated.

    Raises:
        Refusal: damaged, cut short, or `check_size` refuses it.
    """
    check_size(*_size(file.read(30)))
    file.seek(0)
    data = file.read()
    if len(data) < int.from_bytes(data[4:8], "little") + 8:
        raise damaged()
    try:
        # The class and not `Image.open`, which has a limit and a warning of its own.
        with warnings.catch_warnings(action="ignore"):
            image = WebPImageFile(io.BytesIO(data))
        samples = np.asarray(image)
    except PILLOW_ERRORS as error:
        raise damaged() from error
    alpha = samples[..., 3] if image.mode == "RGBA" else None
    info = image.info
    found = ImageMetadata(icc=info.get("icc_profile"), xmp=info.get("xmp"))
    fields = exif.parse(info.get("exif", b"").removeprefix(EXIF_PREFIX))
    return RawImage(samples[..., :3], "rgb", alpha, found.with_fields(fields))


def _size(start: bytes) -> tuple[int, int]:
    """Width and height in px as the first chunk has them (RFC 9649, section 2)."""
    kind = start[12:16]
    if len(start) < 30:
        raise damaged()
    if kind == b"VP8X":
        return 1 + int.from_bytes(start[24:27], "little"), 1 + int.from_bytes(start[27:], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(start[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        sides = (int.from_bytes(start[at : at + 2], "little") & 0x3FFF for at in (26, 28))
        return next(sides), next(sides)
    raise damaged()


def encode(
    rgb_hwc: npt.NDArray[Any],
    alpha_hw: npt.NDArray[Any] | None,
    metadata: ImageMetadata,
    quality: int,
) -> bytes:
    """A WebP file with profile, EXIF and XMP; at quality 100 without loss.

    Raises:
        Refusal: a side is longer than WebP can have.
    """
    if max(rgb_hwc.shape[:2]) > MAX_SIDE_PX:
        raise Refusal(f"a WebP file has at most {MAX_SIDE_PX:,} px a side", "Save it as PNG.")
    target = io.BytesIO()
    Image.fromarray(to_8_bit(with_alpha(rgb_hwc, alpha_hw))).save(
        target,
        "WEBP",
        quality=quality,
        lossless=quality == LOSSLESS_QUALITY,
        exact=True,
        icc_profile=metadata.icc or b"",
        exif=metadata.exif or b"",
        xmp=metadata.xmp or b"",
    )
    return target.getvalue()
