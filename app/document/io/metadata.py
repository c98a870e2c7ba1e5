"""What an image file says beside its pixels, and how an output is given the same."""

import re
from dataclasses import dataclass, replace
from typing import Self

from app.document.io.exif import Exif, parse

XMP_ORIENTATION = re.compile(
    rb"""(tiff:Orientation(?:\s*=\s*["']|\s*>\s*))[2-8](?=["'\s<])""", re.IGNORECASE
)


@dataclass(frozen=True)
class ImageMetadata:
    """Colour profile and descriptions, as bytes that go into a file again unchanged.

    Attributes:
        icc: an RGB colour profile, or None: the numbers are sRGB, or nobody knows.
        exif: an EXIF block (from "II" or "MM"), without thumbnail, its orientation set to 1.
            The resolution is in it, also where the file stored it elsewhere.
        xmp: an XMP packet, its orientation set to 1.
        iptc: an IPTC-IIM record.
    """

    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None

    @property
    def fields(self) -> Exif:
        """The EXIF block, parsed; empty where there is none."""
        return parse(self.exif or b"")

    def with_fields(self, fields: Exif) -> Self:
        """The same with another EXIF block."""
        return replace(self, exif=None if fields.empty else fields.block())

    def upright(self) -> Self:
        """The same, for pixels that have been rotated as EXIF and XMP said."""
        xmp = None if self.xmp is None else XMP_ORIENTATION.sub(rb"\g<1>1", self.xmp)
        return replace(self.with_fields(self.fields.upright()), xmp=xmp)

    def for_output(self, width_px: int, height_px: int, *, strip_place: bool) -> Self:
        """What an output of this size carries.

        With `strip_place`, EXIF loses place and device (see `exif`), and XMP and IPTC go as a
        whole: both have too many places where a place can stand.
        """
        fields = self.fields.upright().with_size(width_px, height_px)
        if not strip_place:
            return self.upright().with_fields(fields)
        fields = fields.without_place_and_device()
        return replace(self.with_fields(fields), xmp=None, iptc=None)
