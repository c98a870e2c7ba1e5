"""Image files in and out: `read_image`, `write_image`, `encode_image`.

Read are PNG, JPEG, TIFF and WebP, told apart by their content: 1 to 16 bits a sample, grey,
palette, RGB, CMYK, with or without alpha, rotated as their EXIF says. In memory a picture is
always upright RGB, of 8 or 16 bits.

Colour: an RGB profile is kept and goes into the output unchanged. A profile for grey or CMYK is
used to convert to sRGB and dropped (CMYK through a profile comes out with 8 bits; without one the
plain formula keeps the bits). A profile that is damaged or for something else is dropped.

What the formats cannot carry:
    PNG     IPTC; text chunks other than XMP are dropped.
    JPEG    alpha, 16 bits; EXIF, XMP or IPTC beyond 64 KiB each; it is never lossless.
    TIFF    carries all of it.
    WebP    16 bits, IPTC, sides beyond 16,383 px; lossless at quality 100 only.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from app.atomic import write_atomically
from app.document.io import jpeg, png, tiff, webp
from app.document.io.metadata import ImageMetadata
from app.document.io.pixels import (
    cmyk_to_rgb,
    grey_to_rgb,
    profile_space,
    rotated,
    to_8_bit,
    to_16_bit,
)
from app.document.io.raw import DAMAGED_HINT, RawImage, Refusal, SizeCheck
from app.errors import UserError

__all__ = [
    "FORMATS",
    "MAX_MEGAPIXELS",
    "ImageMetadata",
    "LoadedImage",
    "encode_image",
    "read_image",
    "write_image",
]

MAX_MEGAPIXELS = 100.0
FORMATS = {
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".webp": "webp",
}
DTYPES = ("uint8", "uint16")
NAMES = {"png": "PNG", "jpeg": "JPEG", "tiff": "TIFF", "webp": "WebP"}


@dataclass(frozen=True)
class LoadedImage:
    """A picture and what its file says beside the pixels.

    Attributes:
        rgb_hwc: H x W x 3, uint8 or uint16, full range, upright, contiguous, read-only. Colours
            are not multiplied by alpha: where a pixel is fully transparent, this is the colour
            that the file stores under it (mostly black or white), and the networks see it.
        metadata: profile, EXIF, XMP, IPTC, ready to be given to `write_image`.
        alpha_hw: H x W of the same type, 0 is transparent, or None. The networks never see it; an
            output of the same size can carry it again.
    """

    rgb_hwc: npt.NDArray[Any]
    metadata: ImageMetadata
    alpha_hw: npt.NDArray[Any] | None = None

    @property
    def bits(self) -> int:
        """8 or 16 bits a channel."""
        return 8 * self.rgb_hwc.itemsize


def read_image(
    path: str | os.PathLike[str], *, max_megapixels: float = MAX_MEGAPIXELS
) -> LoadedImage:
    """The picture in a file.

    Args:
        path: a PNG, JPEG, TIFF or WebP file, whatever its name.
        max_megapixels: a larger picture is refused before its pixels are decoded.

    Raises:
        UserError: the file is missing, protected, empty, a folder, no image, damaged, cut short,
            too large, or of a kind that is not read; a sentence names it and says what to do.
    """
    path = Path(path)

    def check_size(width_px: int, height_px: int) -> None:
        if width_px * height_px > max_megapixels * 1e6:
            megapixels = width_px * height_px / 1e6
            raise Refusal(
                f"it is {width_px} x {height_px} px, {megapixels:.0f} megapixels",
                f"Make it smaller first: at most {max_megapixels:g} can be opened.",
            )

    try:
        with open(_checked_file(path), "rb") as file:
            raw = _read_raw(path, file, check_size)
    except Refusal as refusal:
        raise UserError(f"{path.name} cannot be opened: {refusal.reason}.", refusal.hint) from None
    except OSError as error:
        raise _opening_failed(path, error) from error
    return _finished(raw)


def _checked_file(path: Path) -> Path:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise Refusal("it is a folder", "Name a file inside it.")
    if not stat.S_ISREG(mode):
        raise Refusal("it is not a file", "Name an image file.")
    return path


def _read_raw(path: Path, file: BinaryIO, check_size: SizeCheck) -> RawImage:
    start = file.read(16)
    file.seek(0)
    if not start:
        raise Refusal("it is empty (0 bytes)", DAMAGED_HINT)
    if start.startswith(png.SIGNATURE):
        return png.read(file, check_size)
    if start.startswith(jpeg.SIGNATURE):
        return jpeg.read(file, check_size)
    if start.startswith(tiff.SIGNATURES):
        return tiff.read(path, file, check_size)
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return webp.read(file, check_size)
    raise Refusal("it is not an image of a known kind", "Use a PNG, JPEG, TIFF or WebP file.")


def _opening_failed(path: Path, error: OSError) -> UserError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return UserError(f"There is no file {path}.", "Check its name and folder.")
    if isinstance(error, PermissionError):
        return UserError(
            f"{path.name} cannot be opened: you may not read it.", "Change its permissions."
        )
    return UserError(
        f"{path.name} cannot be opened: {error.strerror or error}.", "Check the disk that it is on."
    )


def _finished(raw: RawImage) -> LoadedImage:
    icc = raw.metadata.icc
    if raw.model == "rgb":
        rgb = raw.samples_hwc
    elif raw.model == "grey":
        rgb = grey_to_rgb(raw.samples_hwc[..., 0], icc)
    else:
        rgb = cmyk_to_rgb(raw.samples_hwc, icc)
    alpha = raw.alpha_hw
    if alpha is not None and alpha.dtype != rgb.dtype:
        alpha = to_8_bit(alpha)
    orientation = raw.metadata.fields.orientation
    metadata = ImageMetadata(
        icc if profile_space(icc) == "RGB" else None,
        raw.metadata.exif,
        raw.metadata.xmp,
        raw.metadata.iptc,
    )
    return LoadedImage(
        _read_only(rotated(rgb, orientation)),
        metadata.upright(),
        None if alpha is None else _read_only(rotated(alpha, orientation)),
    )


def _read_only(pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    kept = np.ascontiguousarray(pixels)
    kept.flags.writeable = False
    return kept


def write_image(
    path: str | os.PathLike[str],
    rgb_hwc: npt.NDArray[Any],
    metadata: ImageMetadata | None = None,
    *,
    alpha_hw: npt.NDArray[Any] | None = None,
    quality: int = 95,
    strip_place: bool = False,
) -> None:
    """Save a picture, whole or not at all: on any failure an existing file stays as it was.

    Args:
        path: its extension, .png .jpg .jpeg .tif .tiff .webp, is the format.
        rgb_hwc: H x W x 3, uint8 or uint16, full range; 16 bits stay in PNG and TIFF and are
            rounded to 8 in JPEG and WebP.
        metadata: what the file shall say, as `read_image` gave it; the picture's size in EXIF is
            brought up to date.
        alpha_hw: H x W uint8 or uint16, 0 is transparent; JPEG leaves it out.
        quality: 1 to 100, for JPEG and WebP.
        strip_place: leave out place and device: GPS, camera, lens, serial numbers, owner, maker
            note, time zone, and XMP and IPTC as a whole. Artist, copyright and date stay.

    Raises:
        UserError: another extension, a picture too large for the format, no such folder, no
            permission, a folder of that name, a full disk.
        ValueError: pixels of another type or shape, a quality out of range (a defect of ours).
    """
    path = Path(path)
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        raise UserError(
            f"{path.name} cannot be saved: its name does not end in the name of a format.",
            f"Use one of {' '.join(FORMATS)}.",
        )
    try:
        data = _encoded(form, rgb_hwc, metadata, alpha_hw, quality, strip_place)
    except Refusal as refusal:
        raise UserError(f"{path.name} cannot be saved: {refusal.reason}.", refusal.hint) from None
    write_atomically(path, data)


def encode_image(
    form: str,
    rgb_hwc: npt.NDArray[Any],
    metadata: ImageMetadata | None = None,
    *,
    alpha_hw: npt.NDArray[Any] | None = None,
    quality: int = 95,
    strip_place: bool = False,
) -> bytes:
    """The bytes that `write_image` would put into a file; the arguments are the same.

    Args:
        form: "png", "jpeg", "tiff", "webp", or one of the extensions.

    Raises:
        UserError: the picture is too large for the format.
        KeyError: there is no such format (a defect of ours).
        ValueError: as in `write_image`.
    """
    form = FORMATS[form.lower() if form.startswith(".") else f".{form}"]
    try:
        return _encoded(form, rgb_hwc, metadata, alpha_hw, quality, strip_place)
    except Refusal as refusal:
        words = f"The picture cannot be saved as {NAMES[form]}: {refusal.reason}."
        raise UserError(words, refusal.hint) from None


def _encoded(
    form: str,
    rgb_hwc: npt.NDArray[Any],
    metadata: ImageMetadata | None,
    alpha_hw: npt.NDArray[Any] | None,
    quality: int,
    strip_place: bool,
) -> bytes:
    _check_pixels(rgb_hwc, alpha_hw, quality)
    height_px, width_px, _ = rgb_hwc.shape
    metadata = (metadata or ImageMetadata()).for_output(
        width_px, height_px, strip_place=strip_place
    )
    if alpha_hw is not None:
        alpha_hw = to_8_bit(alpha_hw) if rgb_hwc.dtype == np.uint8 else to_16_bit(alpha_hw)
    if form == "png":
        return png.encode(rgb_hwc, alpha_hw, metadata)
    if form == "tiff":
        return tiff.encode(rgb_hwc, alpha_hw, metadata)
    if form == "webp":
        return webp.encode(rgb_hwc, alpha_hw, metadata, quality)
    return jpeg.encode(rgb_hwc, metadata, quality)


def _check_pixels(
    rgb_hwc: npt.NDArray[Any], alpha_hw: npt.NDArray[Any] | None, quality: int
) -> None:
    if rgb_hwc.dtype.name not in DTYPES or rgb_hwc.ndim != 3 or rgb_hwc.shape[2] != 3:
        raise ValueError(f"H x W x 3 of uint8 or uint16, not {rgb_hwc.dtype} {rgb_hwc.shape}")
    if 0 in rgb_hwc.shape:
        raise ValueError("a picture without pixels")
    if alpha_hw is not None and (
        alpha_hw.shape != rgb_hwc.shape[:2] or alpha_hw.dtype.name not in DTYPES
    ):
        raise ValueError(f"alpha is {alpha_hw.dtype} {alpha_hw.shape}, not the picture's size")
    if not 1 <= quality <= 100:
        raise ValueError(f"quality {quality}")
