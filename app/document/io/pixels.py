"""Colour models, profiles, bit depths and rotation of pixels on their way in and out."""

import io
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

Pixels = npt.NDArray[Any]

CMS_ERRORS = (ImageCms.PyCMSError, OSError, ValueError, TypeError)
# Rows converted at a time come to about this many bytes.
STRIP_BYTES = 2**20


def profile_space(icc: bytes | None) -> str:
    """The colour space that an ICC profile is for: "RGB", "GRAY", "CMYK"...; "" if it is none."""
    if icc is None or len(icc) < 132 or icc[36:40] != b"acsp":
        return ""
    return icc[16:20].decode("latin-1").strip()


def profile_name(icc: bytes | None) -> str:
    """What an ICC profile calls itself, such as "Display P3"; "" if there is none or it is mute."""
    if icc is None:
        return ""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        return ImageCms.getProfileDescription(profile).strip()
    except CMS_ERRORS:
        return ""


def with_alpha(rgb_hwc: Pixels, alpha_hw: Pixels | None) -> Pixels:
    """H x W x 4 of colours and alpha; the colours themselves where there is none."""
    if alpha_hw is None:
        return rgb_hwc
    return np.concatenate([rgb_hwc, alpha_hw[..., None]], axis=2)


def to_8_bit(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """The nearest 8-bit values of full-range uint8 or uint16 ones."""
    if pixels.dtype == np.uint8:
        return pixels
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def to_16_bit(pixels: Pixels) -> npt.NDArray[np.uint16]:
    """The same values on the scale of 16 bits; exact."""
    return pixels if pixels.dtype == np.uint16 else pixels.astype(np.uint16) * np.uint16(257)


def grey_to_rgb(grey_hw: Pixels, icc: bytes | None) -> Pixels:
    """Grey as RGB of the same type; through its profile to sRGB if that is one for grey.

    The profile is applied as a curve of 256 points; 16-bit values lie on straight lines between.
    """
    levels = np.arange(256, dtype=np.uint8)[None]
    curve = None
    if profile_space(icc) == "GRAY":
        # The shortcut that littlecms takes by default is 7 levels off near black.
        curve = _to_srgb(Image.fromarray(levels), icc, ImageCms.Flags.NOOPTIMIZE)
    if curve is None:
        return np.repeat(grey_hw[..., None], 3, axis=2)
    if grey_hw.dtype == np.uint8:
        return curve[0][grey_hw]
    table = np.stack([_refined(curve[0, :, channel]) for channel in range(3)], axis=1)
    return table[grey_hw]


def _refined(curve: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint16]:
    """A curve over 256 levels as one over 65,536: straight between the middles of its steps."""
    steps = np.bincount(curve, minlength=256)
    values = np.flatnonzero(steps)
    middles = np.bincount(curve, weights=np.arange(256), minlength=256)[values] / steps[values]
    order = np.argsort(middles)
    every = np.interp(np.arange(65536) / 257, middles[order], values[order] * 257.0)
    return np.rint(every).astype(np.uint16)


def cmyk_to_rgb(cmyk_hwc: Pixels, icc: bytes | None) -> Pixels:
    """Ink as RGB: through its profile to 8-bit sRGB, else (1 - ink) * (1 - black) in its own type.

    Args:
        cmyk_hwc: H x W x 4, uint8 or uint16, 0 is no ink.
        icc: the file's profile; one that is not for CMYK, or is damaged, is not used.
    """
    if profile_space(icc) == "CMYK":
        picture = Image.frombytes(
            "CMYK", (cmyk_hwc.shape[1], cmyk_hwc.shape[0]), to_8_bit(cmyk_hwc).tobytes()
        )
        rgb = _to_srgb(picture, icc)
        if rgb is not None:
            return rgb
    full = np.iinfo(cmyk_hwc.dtype).max
    paper = full - cmyk_hwc.astype(np.uint32)
    return ((paper[..., :3] * paper[..., 3:] + full // 2) // full).astype(cmyk_hwc.dtype)


def _to_srgb(
    picture: Image.Image, icc: bytes | None, flags: ImageCms.Flags = ImageCms.Flags.NONE
) -> npt.NDArray[np.uint8] | None:
    try:
        converted = ImageCms.profileToProfile(
            picture,
            ImageCms.ImageCmsProfile(io.BytesIO(icc or b"")),
            _srgb_profile(),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=flags | ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except CMS_ERRORS:
        return None
    return None if converted is None else np.asarray(converted)


def to_srgb(rgb_hwc: npt.NDArray[np.uint8], icc: bytes | None) -> npt.NDArray[np.uint8]:
    """The colours of a picture as sRGB numbers.

    Args:
        rgb_hwc: H x W x 3, uint8, at least one pixel.
        icc: the profile that the numbers are in.

    Returns:
        the same array where there is no profile for RGB, where it is sRGB itself, or is damaged;
        else a new one, contiguous.
    """
    transform = _rgb_transform(icc) if profile_space(icc) == "RGB" else None
    if transform is None:
        return rgb_hwc
    converted = np.empty(rgb_hwc.shape, np.uint8)
    rows = max(1, STRIP_BYTES // rgb_hwc[0].nbytes)
    for first in range(0, len(rgb_hwc), rows):
        strip = Image.fromarray(np.ascontiguousarray(rgb_hwc[first : first + rows]))
        converted[first : first + rows] = np.asarray(transform.apply(strip))
    return converted


def _rgb_transform(icc: bytes | None) -> ImageCms.ImageCmsTransform | None:
    """What turns colours of this profile into sRGB, or None where that is nothing."""
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(icc or b"")),
            _srgb_profile(),
            "RGB",
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        lattice = _colour_lattice()
        off = np.asarray(transform.apply(Image.fromarray(lattice))).astype(np.int16) - lattice
    except CMS_ERRORS:
        return None
    # The makers of sRGB profiles round their curves differently.
    return None if abs(off).max() <= 1 else transform


def _colour_lattice() -> npt.NDArray[np.uint8]:
    """17 levels of each channel in all their combinations, and all greys."""
    levels = np.arange(17) * 255 // 16
    lattice = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    greys = np.repeat(np.arange(256)[None, :, None], 3, axis=2)
    return np.concatenate([lattice, greys], axis=1).astype(np.uint8)


def resized_grey(grey_hw: Pixels, size_px: tuple[int, int]) -> Pixels:
    """Grey of another size, for masks and alpha: linear, antialiased when it shrinks.

    Args:
        grey_hw: H x W, uint8 or uint16, full range.
        size_px: (height, width) of the result, which has the same type.
    """
    if grey_hw.shape == size_px:
        return grey_hw
    # Pillow rounds its 16-bit grey at every step; its floating-point one is exact enough.
    plain = np.ascontiguousarray(grey_hw if grey_hw.dtype == np.uint8 else np.float32(grey_hw))
    height_px, width_px = size_px
    resized = Image.fromarray(plain).resize((width_px, height_px), Image.Resampling.BILINEAR)
    return np.rint(np.asarray(resized)).astype(grey_hw.dtype)


def _srgb_profile() -> ImageCms.ImageCmsProfile:
    # Pillow's types leave out what this returns.
    return ImageCms.ImageCmsProfile(cast("Any", ImageCms).createProfile("sRGB"))


def unmultiplied(colour_hwc: Pixels, alpha_hw: Pixels) -> Pixels:
    """Colours that were multiplied by alpha, divided by it; where alpha is 0 they stay."""
    full = np.iinfo(colour_hwc.dtype).max
    alpha = alpha_hw.astype(np.uint32)[..., None]
    divided = (colour_hwc.astype(np.uint32) * full + alpha // 2) // np.maximum(alpha, 1)
    return np.where(alpha == 0, colour_hwc, np.minimum(divided, full)).astype(colour_hwc.dtype)


def rotated(pixels: Pixels, orientation: int) -> Pixels:
    """A view of H x W (x C) pixels as they are to be seen, by the Exif orientation 1 to 8."""
    turned = pixels.swapaxes(0, 1) if orientation >= 5 else pixels
    if orientation in (3, 4, 7, 8):
        turned = turned[::-1]
    return turned[:, ::-1] if orientation in (2, 3, 6, 7) else turned
