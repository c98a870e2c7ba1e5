"""Results as files: what of the photo goes along with them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from app.cli.batch import check_written

if TYPE_CHECKING:
    import numpy.typing as npt

    from app.document.io.metadata import ImageMetadata

KEEP_16_BITS = frozenset({".png", ".tif", ".tiff"})
WITHOUT_ALPHA = frozenset({".jpg", ".jpeg"})


class Source(Protocol):
    """A photo, as far as its result has anything of it."""

    @property
    def metadata(self) -> "ImageMetadata": ...

    @property
    def alpha_hw(self) -> "npt.NDArray[Any] | None": ...


def bits_of(out: Path, bits: int) -> int:
    """The bits a channel of a file: those of the photo, where the format has them."""
    return bits if out.suffix.lower() in KEEP_16_BITS else 8


def write_result(
    out: Path, rgb_hwc: "npt.NDArray[Any]", photo: Source, *, strip_place: bool
) -> None:
    """Write a picture with the photo's profile, descriptions and alpha.

    Args:
        out: its extension is the format.
        rgb_hwc: H x W x 3, uint8 or uint16.
        photo: that it was made of; its alpha is stretched.
        strip_place: as in `app.document.io.images.write_image`.

    Raises:
        UserError: as `write_image`; `out` is as it was.
    """
    from app.document.io.images import write_image
    from app.document.io.pixels import resized_grey

    alpha_hw = None if out.suffix.lower() in WITHOUT_ALPHA else photo.alpha_hw
    if alpha_hw is not None:
        alpha_hw = resized_grey(alpha_hw, (rgb_hwc.shape[0], rgb_hwc.shape[1]))
    write_image(out, rgb_hwc, photo.metadata, alpha_hw=alpha_hw, strip_place=strip_place)
    check_written(out)
