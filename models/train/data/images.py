"""Where training pictures come from: folders of images, and WebDataset-style tar shards.

Nothing is unpacked: a shard is indexed once, and its pictures are read where they lie.
"""

import csv
import io
import os
import tarfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from models.errors import DataError

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"})
# Photos of a shard are JPEG; the PNG beside one is its label map.
SHARD_SUFFIXES = frozenset({".jpg", ".jpeg", ".webp"})
HELDOUT_ONE_IN = 25
T = TypeVar("T")
SPLITS = ("train", "heldout", "skip")
EXIF_ORIENTATION = 0x0112
# Not `ImageOps.exif_transpose`: that writes the EXIF anew, and fails where the EXIF is odd.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class ImageEntry:
    """One encoded picture.

    Attributes:
        name: its stem, which an index file or the held-out rule refers to.
        path: the image file, or the shard that holds it.
        offset: first byte inside a shard, or None for a file of its own.
        size: bytes inside the shard.
    """

    name: str
    path: Path
    offset: int | None = None
    size: int = 0

    def read_bytes(self) -> bytes:
        """The encoded picture."""
        if self.offset is None:
            return self.path.read_bytes()
        with self.path.open("rb") as shard:
            shard.seek(self.offset)
            return shard.read(self.size)

    def open(self) -> Image.Image:
        """The decoded picture as RGB, 8 bits a channel, upright as its EXIF says.

        Raises:
            DataError: the file cannot be read, or is not a whole image of 8 or 16 bits a channel.
        """
        try:
            with Image.open(io.BytesIO(self.read_bytes())) as image:
                # Only then: of some formats, Pillow turns the pixels itself as it decodes them.
                image.load()
                turn = _turn(image)
                rgb = _to_rgb(image)
                return rgb if turn is None else rgb.transpose(turn)
        # Pillow's parsers of PNG and EXIF raise SyntaxError.
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise DataError(
                f"The picture {self.name} in {self.path} cannot be read: mend or remove it."
            ) from error


def _turn(image: Image.Image) -> Image.Transpose | None:
    """What makes the picture upright; None where it is, or where its EXIF is damaged."""
    try:
        return TURNS.get(image.getexif().get(EXIF_ORIENTATION, 1))
    except SyntaxError:
        return None


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "F":
        raise ValueError("floating-point pixels have no white that is known")
    if image.mode == "I" or image.mode.startswith("I;16"):
        # `convert` would clip: every level from 255 on would be white.
        levels = np.asarray(image).astype(np.int64).clip(0, 65535)
        image = Image.fromarray(((levels + 128) // 257).astype(np.uint8))
    if image.mode == "P":
        # Straight to RGB, Pillow warns where single entries of the palette are transparent.
        image = image.convert("RGBA")
    return image.convert("RGB")


def find_images(sources: Sequence[Path]) -> tuple[ImageEntry, ...]:
    """Every picture of the folders (searched deep) and shards, in a stable order.

    Raises:
        DataError: a source is missing or cannot be read, a shard is damaged, or there is no
            picture at all.
    """
    entries = tuple(e for found in read_sources(sources, _images_of) for e in found)
    if not entries:
        raise DataError(
            f"No pictures were found in {', '.join(map(str, sources))}: give a folder with "
            "images, or tar shards with .jpg files."
        )
    return entries


def read_sources(sources: Sequence[Path], read: Callable[[Path], T]) -> list[T]:
    """What `read` finds in each folder or shard.

    Raises:
        DataError: a source is missing or cannot be read; or what `read` raises.
    """
    found: list[T] = []
    for source in sources:
        # os.path and not Path: a name that is too long is no source either.
        if not os.path.exists(source):
            raise DataError(f"There is no training data at {source}.")
        try:
            if os.path.isdir(source):
                # A folder that cannot be listed is an error, not a folder without pictures.
                os.scandir(source).close()
            found.append(read(source))
        except OSError as error:
            raise DataError(f"{source} cannot be read: {error.strerror or error}.") from error
    return found


def _images_of(source: Path) -> list[ImageEntry]:
    if source.is_file():
        members = shard_files(source)
        return [entry for name, entry in members if name.suffix.lower() in SHARD_SUFFIXES]
    return [
        ImageEntry(path.stem, path)
        for path in sorted(source.rglob("*"))
        if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()
    ]


def shard_files(path: Path) -> list[tuple[PurePosixPath, ImageEntry]]:
    """Every file of a tar shard: its name with its folders, and where it lies.

    Raises:
        DataError: the shard is damaged or cut off.
        OSError: it cannot be read.
    """
    total = path.stat().st_size
    files: list[tuple[PurePosixPath, ImageEntry]] = []
    try:
        with tarfile.open(path, "r:") as shard:
            for member in shard:
                if member.offset_data + member.size > total:
                    raise tarfile.ReadError("unexpected end of data")
                name = PurePosixPath(member.name)
                if member.isfile():
                    entry = ImageEntry(name.stem, path, member.offset_data, member.size)
                    files.append((name, entry))
            ends = _is_closed(path, shard.offset)
    except tarfile.TarError as error:
        raise DataError(
            f"The shard {path} is damaged or cut off after {_pictures(files)} whole pictures: "
            "fetch it again."
        ) from error
    if not ends:
        raise DataError(
            f"The shard {path} is cut off after {_pictures(files)} whole pictures: fetch it again."
        )
    return files


def _pictures(files: list[tuple[PurePosixPath, ImageEntry]]) -> int:
    return sum(name.suffix.lower() in SHARD_SUFFIXES for name, _ in files)


def _is_closed(path: Path, offset: int) -> bool:
    """Whether the archive ends with a block of zeros; tarfile takes any cut for an end."""
    with path.open("rb") as shard:
        shard.seek(offset)
        return shard.read(tarfile.BLOCKSIZE) == bytes(tarfile.BLOCKSIZE)


class Named(Protocol):
    """What can be told apart by its name."""

    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


def split_images(entries: Sequence[N], index: Path | None) -> tuple[tuple[N, ...], tuple[N, ...]]:
    """Pictures to train on, and held-out pictures.

    Args:
        index: a CSV file with the columns `name` and `split` ("train", "heldout", or "skip" for
            neither); without one, one picture in 25 is held out, chosen by a hash of its name.

    Raises:
        DataError: the index cannot be read or names another split, or nothing is left to train on.
    """
    splits = {} if index is None else _read_index(index)
    parts: dict[str, list[N]] = {split: [] for split in SPLITS}
    for entry in entries:
        split = splits.get(entry.name, "train")
        if index is None and zlib.crc32(entry.name.encode()) % HELDOUT_ONE_IN == 0:
            split = "heldout"
        parts[split].append(entry)
    if not parts["train"]:
        raise DataError("Every picture is held out or skipped: there is nothing to train on.")
    return tuple(parts["train"]), tuple(parts["heldout"])


def _read_index(path: Path) -> dict[str, str]:
    try:
        # Spreadsheets put a byte order mark first.
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [(row["name"], row["split"]) for row in csv.DictReader(file)]
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"The index {path} cannot be read: it must be a CSV file with the columns name and "
            "split."
        ) from error
    splits = {name: (split or "").strip().lower() for name, split in rows}
    for name, split in splits.items():
        if split not in SPLITS:
            raise DataError(
                f"The index {path} has the split {split!r} for {name}: it must be "
                f"{', '.join(SPLITS[:-1])} or {SPLITS[-1]}."
            )
    return splits


@dataclass(frozen=True)
class Crop:
    """A square of a picture.

    Attributes:
        share: its side, as a share of the picture's shorter side.
        place: where it is, (across, down), 0..1.
        flipped: left to right.
    """

    share: float = 1.0
    place: tuple[float, float] = (0.5, 0.5)
    flipped: bool = False


def cut(
    image: Image.Image,
    size_px: int,
    crop: Crop,
    resampling: Image.Resampling = Image.Resampling.BICUBIC,
) -> npt.NDArray[np.uint8]:
    """The crop of a picture, resized: S x S, with 3 channels where the picture has them."""
    side = crop.share * min(image.size)
    left = crop.place[0] * (image.width - side)
    top = crop.place[1] * (image.height - side)
    box = (left, top, left + side, top + side)
    values = np.asarray(image.resize((size_px, size_px), resampling, box))
    return values[:, ::-1] if crop.flipped else values


def load_square(entry: ImageEntry, size_px: int) -> npt.NDArray[np.uint8]:
    """The middle of a picture, its shorter side resized to `size_px`: S x S x 3."""
    image = entry.open()
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    box = (left, top, left + side, top + side)
    return np.asarray(image.resize((size_px, size_px), Image.Resampling.BICUBIC, box))
