"""Photos as files inside of projects and recovery folders: exactly their pixels.

Where the file that a photo was read from still holds these pixels, its own bytes are kept, under
"originals": of a JPEG of 24 megapixels that is 6 MB after 0.4 s, where a PNG would be 35 MB after
4 s. Else a PNG is made, under "photos".
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from app.document.document import Photo
from app.document.io.raw import Refusal
from app.errors import UserError
from models.values import Picture, pixel_hash

FOLDERS = ORIGINALS, PHOTOS = ("originals", "photos")
SUFFIXES = (
    (b"\x89PNG", ".png"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"II*\0", ".tif"),
    (b"MM\0*", ".tif"),
    (b"RIFF", ".webp"),
)
"""By how a file of that kind begins; of BigTIFF and others the bytes are not kept."""
SPARE_BYTES = 2**20
MAX_PIXELS = 2_000_000_000
"""Of all photos of a project together."""

Pixels = tuple[Picture, npt.NDArray[Any] | None]


@dataclass(frozen=True)
class PhotoFile:
    """A photo as it is kept.

    Attributes:
        name: its folder, its pixels' hashes, the kind of file.
        data: the file.
    """

    name: str
    data: bytes


def stem(sha256: str, alpha_sha256: str) -> str:
    """The name of a photo's file without suffix, by its hashes."""
    return "-".join(part[:32] for part in (sha256, alpha_sha256) if part)


def photo_file(photo: Photo) -> PhotoFile:
    """The photo as a file; `read_photo` gives the same pixels. Takes up to seconds.

    Raises:
        UserError: the picture is too large for a PNG file.
    """
    from app.document.io.images import encode_image

    name = stem(photo.picture.sha256, photo.alpha_sha256)
    original = _original(photo)
    if original is not None:
        return PhotoFile(f"{ORIGINALS}/{name}{_suffix(original)}", original)
    rgb_hwc = photo.picture.rgb_hwc
    data = encode_image("png", rgb_hwc, photo.metadata, alpha_hw=photo.alpha_hw)
    return PhotoFile(f"{PHOTOS}/{name}.png", data)


def _original(photo: Photo) -> bytes | None:
    """What the photo's own file holds, if that is these pixels still."""
    most_bytes = 2 * photo.picture.rgb_hwc.nbytes + SPARE_BYTES
    try:
        if photo.path is None or photo.path.stat().st_size > most_bytes:
            return None
        data = photo.path.read_bytes()
        picture, alpha_hw = _decoded(data)
    except (OSError, ValueError, UserError):
        return None
    same = picture.sha256 == photo.picture.sha256
    return data if same and _alpha_hash(alpha_hw) == photo.alpha_sha256 else None


class PhotoReader:
    """Reads photos that `photo_file` made, each once.

    Args:
        find: gives the file whose name is given, without folder and suffix; raises what reading a
            damaged file may.
    """

    def __init__(self, find: Callable[[str], PhotoFile]) -> None:
        self._find = find
        self._read: dict[str, Pixels] = {}
        self._left_pixels = MAX_PIXELS

    def photo(self, sha256: str, alpha_sha256: str) -> Pixels:
        """Pixels and alpha of the photo with these hashes.

        A photographer's own file may come out a little different: JPEG does not say to the last
        bit how it is decoded, nor colour profiles how they are applied.

        Raises:
            Refusal: it is too large, alone or with all before it.
            UserError, ValueError: it is damaged, or has other pixels than were written.
        """
        name = stem(sha256, alpha_sha256)
        if name not in self._read:
            self._read[name] = self._pixels(name, sha256, alpha_sha256)
        return self._read[name]

    def _pixels(self, name: str, sha256: str, alpha_sha256: str) -> Pixels:
        file = self._find(name)
        if self._left_pixels <= 0:
            raise Refusal("it would fill the memory", "Open an earlier copy of it.")
        picture, alpha_hw = _decoded(file.data)
        self._left_pixels -= picture.width_px * picture.height_px
        same = (picture.sha256, _alpha_hash(alpha_hw)) == (sha256, alpha_sha256)
        if not same and not file.name.startswith(ORIGINALS):
            raise ValueError(f"the pixels of {name} are not what was written")
        return picture, alpha_hw


def _alpha_hash(alpha_hw: npt.NDArray[Any] | None) -> str:
    return "" if alpha_hw is None else pixel_hash(alpha_hw)


def _suffix(data: bytes) -> str:
    """Of a kind of file; ValueError for one that is not kept."""
    for start, suffix in SUFFIXES:
        if data.startswith(start):
            return suffix
    raise ValueError("no file of a kind that is kept")


def _decoded(data: bytes) -> Pixels:
    # Some decoders want a file with a name.
    from app.document.io.images import read_image

    with tempfile.TemporaryDirectory(prefix="scumble-") as folder:
        copy = Path(folder, f"photo{_suffix(data)}")
        copy.write_bytes(data)
        image = read_image(copy)
    return Picture.from_rgb(image.rgb_hwc), image.alpha_hw
