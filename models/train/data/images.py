"""Where training pictures come from: folders of images, and WebDataset-style tar shards.

Nothing is unpacked: a shard is indexed once, and its pictures are read where they lie.
"""

import csv
import io
import tarfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from models.errors import DataError

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"})
# Photos of a shard are JPEG; the PNG beside one is its label map.
SHARD_SUFFIXES = frozenset({".jpg", ".jpeg", ".webp"})
HELDOUT_ONE_IN = 25


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
        """The decoded picture as RGB.

        Raises:
            DataError: the bytes are not a whole image.
        """
        try:
            with Image.open(io.BytesIO(self.read_bytes())) as image:
                return image.convert("RGB")
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            raise DataError(
                f"The picture {self.name} in {self.path} cannot be read: mend or remove it."
            ) from error


def find_images(sources: Sequence[Path]) -> tuple[ImageEntry, ...]:
    """Every picture of the folders (searched deep) and shards, in a stable order.

    Raises:
        DataError: a source is missing, a shard is damaged, or there is no picture at all.
    """
    entries: list[ImageEntry] = []
    for source in sources:
        if source.is_dir():
            entries += [
                ImageEntry(path.stem, path)
                for path in sorted(source.rglob("*"))
                if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()
            ]
        elif source.is_file():
            entries += _index_shard(source)
        else:
            raise DataError(f"There is no training data at {source}.")
    if not entries:
        raise DataError(
            f"No pictures were found in {', '.join(map(str, sources))}: give a folder with "
            "images, or tar shards with .jpg files."
        )
    return tuple(entries)


def _index_shard(path: Path) -> list[ImageEntry]:
    total = path.stat().st_size
    entries: list[ImageEntry] = []
    try:
        with tarfile.open(path, "r:") as shard:
            for member in shard:
                if member.offset_data + member.size > total:
                    raise tarfile.ReadError("unexpected end of data")
                name = Path(member.name)
                if member.isfile() and name.suffix.lower() in SHARD_SUFFIXES:
                    entries.append(ImageEntry(name.stem, path, member.offset_data, member.size))
            ends = _is_closed(path, shard.offset)
    except tarfile.TarError as error:
        raise DataError(
            f"The shard {path} is damaged or cut off after {len(entries)} whole pictures: "
            "fetch it again."
        ) from error
    if not ends:
        raise DataError(
            f"The shard {path} is cut off after {len(entries)} whole pictures: fetch it again."
        )
    return entries


def _is_closed(path: Path, offset: int) -> bool:
    """Whether the archive ends with a block of zeros; tarfile takes any cut for an end."""
    with path.open("rb") as shard:
        shard.seek(offset)
        return shard.read(tarfile.BLOCKSIZE) == bytes(tarfile.BLOCKSIZE)


def split_images(
    entries: Sequence[ImageEntry], index: Path | None
) -> tuple[tuple[ImageEntry, ...], tuple[ImageEntry, ...]]:
    """Pictures to train on, and held-out pictures.

    Args:
        index: a CSV file with the columns `name` and `split` ("train", "heldout"); without one,
            one picture in 25 is held out, chosen by a hash of its name.

    Raises:
        DataError: the index cannot be read, or nothing is left to train on.
    """
    splits = {} if index is None else _read_index(index)
    train: list[ImageEntry] = []
    heldout: list[ImageEntry] = []
    for entry in entries:
        split = splits.get(entry.name)
        if split is None and index is None:
            out = zlib.crc32(entry.name.encode()) % HELDOUT_ONE_IN == 0
        else:
            out = split == "heldout"
        (heldout if out else train).append(entry)
    if not train:
        raise DataError("Every picture is held out: there is nothing to train on.")
    return tuple(train), tuple(heldout)


def _read_index(path: Path) -> dict[str, str]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return {row["name"]: row["split"] for row in csv.DictReader(file)}
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"The index {path} cannot be read: it must be a CSV file with the columns name and "
            "split."
        ) from error


def load_square(entry: ImageEntry, size_px: int) -> npt.NDArray[np.uint8]:
    """The middle of a picture, its shorter side resized to `size_px`: S x S x 3."""
    image = entry.open()
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    box = (left, top, left + side, top + side)
    return np.asarray(image.resize((size_px, size_px), Image.Resampling.BICUBIC, box))
