"""Colour models, profiles, bit depths and rotation of pixels on their way in and out."""

import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

Pixels = npt.NDArray[Any]

CMS_ERRORS = (ImageCms.PyCMSError, OSError, ValueError, TypeError)


def profile_space(icc: bytes | None) -> str:
    """The colour space that an ICC profile is for: "RGB", "GRAY", "CMYK"...; "" if it is none."""
    if icc is None or len(icc) < 132 or icc[36:40] != b"acsp":
        return ""
    return icc[16:20].decode("latin-1").strip()


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
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=flags | ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except CMS_ERRORS:
        return None
    return None if converted is None else np.asarray(converted)


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
