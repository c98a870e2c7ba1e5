"""Photos with label maps: how they are found, and how they become batches.

A label map is the PNG beside a photo, in a folder or a shard (WebDataset's layout: files of one
stem belong together): palette or grey, its values the ids.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from models.errors import DataError
from models.image_io import to_bchw
from models.train.data.batches import Reading
from models.train.data.images import (
    IMAGE_SUFFIXES,
    Crop,
    ImageEntry,
    cut,
    read_sources,
    shard_files,
)
from models.train.data.labels import NO_CLASS

MODE_FILTER_PX = 7
# A photo and a map of another shape do not show the same.
SHAPES_MAY_DIFFER = 0.02
PHOTO_SUFFIXES = IMAGE_SUFFIXES - {".png"}
MIDDLE = Crop()
Pair = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]


@dataclass(frozen=True)
class LabelledEntry:
    """A photo and its label map.

    Attributes:
        photo, labels: the encoded pictures.
    """

    photo: ImageEntry
    labels: ImageEntry

    @property
    def name(self) -> str:
        return self.photo.name

    def open_ids(self) -> Image.Image:
        """The label map as 8-bit ids.

        Raises:
            DataError: the file cannot be read, or its values are colours.
        """
        try:
            with Image.open(io.BytesIO(self.labels.read_bytes())) as image:
                image.load()
                if image.mode not in ("P", "L"):
                    raise ValueError(f"values of the kind {image.mode}")
                return Image.fromarray(np.asarray(image))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise DataError(
                f"The label map {self.labels.name} in {self.labels.path} cannot be read as ids: "
                "mend or remove it."
            ) from error


@dataclass(frozen=True)
class LabelledPhotos:
    """Attributes:
    entries: the photos that have a label map.
    without: how many have none.
    """

    entries: tuple[LabelledEntry, ...]
    without: int


def find_labelled(sources: Sequence[Path]) -> LabelledPhotos:
    """Every photo of the folders (searched deep) and shards with the label map of its stem.

    In a folder as in a shard, NAME.png is the map of NAME.jpg (or another format) beside it.

    Raises:
        DataError: a source is missing or cannot be read, a shard is damaged, or no photo has a map.
    """
    pairs = [pair for source in read_sources(sources, _pairs_of) for pair in source]
    entries = tuple(LabelledEntry(photo, labels) for photo, labels in pairs if labels is not None)
    if not entries:
        raise DataError(
            f"No photos with label maps were found in {', '.join(map(str, sources))}: put the map "
            "NAME.png beside the photo NAME.jpg."
        )
    return LabelledPhotos(entries, len(pairs) - len(entries))


def _pairs_of(source: Path) -> list[tuple[ImageEntry, ImageEntry | None]]:
    if source.is_file():
        files = shard_files(source)
    else:
        found = sorted(path for path in source.rglob("*") if path.is_file())
        files = [(PurePosixPath(path.as_posix()), ImageEntry(path.stem, path)) for path in found]
    maps = {name.with_suffix(""): e for name, e in files if name.suffix.lower() == ".png"}
    return [
        (entry, maps.get(name.with_suffix("")))
        for name, entry in files
        if name.suffix.lower() in PHOTO_SUFFIXES
    ]


@dataclass(frozen=True)
class LabelledBatch:
    """Attributes:
    images: B x 3 x S x S in [-1, 1].
    ids: classes B x S x S, uint8.
    """

    images: Tensor
    ids: Tensor

    def to(self, device: torch.device) -> Self:
        """The batch on a device."""
        return type(self)(self.images.to(device), self.ids.to(device))


def labelled_crops(
    classes_of: npt.NDArray[np.integer], crop_px: int
) -> Reading[LabelledEntry, Pair, LabelledBatch]:
    """Photos with their label maps, both cut alike; `classes_of` as of `load_pair`."""

    def load(entry: LabelledEntry, crop: Crop) -> Pair:
        return load_pair(entry, classes_of, crop_px, crop)

    return Reading(load, stacked)


def load_pair(
    entry: LabelledEntry,
    classes_of: npt.NDArray[np.integer],
    size_px: int,
    crop: Crop = MIDDLE,
) -> Pair:
    """A square of photo and label map, resized: S x S x 3 and S x S.

    Args:
        classes_of: for every id the class, or `NO_CLASS`.
        crop: of both.

    Raises:
        DataError: a file cannot be read, photo and map differ in shape, or an id has no class.
    """
    photo, ids = entry.photo.open(), entry.open_ids()
    shapes = [image.width / image.height for image in (photo, ids)]
    if abs(shapes[0] / shapes[1] - 1.0) > SHAPES_MAY_DIFFER:
        raise DataError(
            f"The photo {entry.name} in {entry.photo.path} is {photo.width} x {photo.height} px, "
            f"and its label map {ids.width} x {ids.height}: they must have the same shape."
        )
    rgb_hwc = cut(photo, size_px, crop)
    ids_hw = cut(ids, size_px, crop, Image.Resampling.NEAREST)
    classes = classes_of[ids_hw]
    strangers = ids_hw[classes == NO_CLASS]
    if strangers.size:
        id = int(strangers.min())
        raise DataError(
            f"The label map {entry.name} in {entry.labels.path} has the id {id}, which is no "
            "class: give a table for all ids of the data with --labels."
        )
    return rgb_hwc, mode_filtered(classes.astype(np.uint8), MODE_FILTER_PX)


def load_batch(
    entries: Sequence[LabelledEntry], classes_of: npt.NDArray[np.integer], size_px: int
) -> LabelledBatch:
    """The middles of photos and label maps, resized to `size_px`; errors as of `load_pair`."""
    pairs = [load_pair(entry, classes_of, size_px) for entry in entries]
    return stacked(pairs)


def stacked(pairs: Sequence[Pair]) -> LabelledBatch:
    """Pairs of one size as a batch."""
    return LabelledBatch(
        torch.cat([to_bchw(rgb_hwc) for rgb_hwc, _ in pairs]),
        torch.from_numpy(np.stack([ids_hw for _, ids_hw in pairs])),
    )


def mode_filtered(ids_hw: npt.NDArray[np.uint8], side_px: int) -> npt.NDArray[np.uint8]:
    """The most frequent id in the square around every pixel: islands go, borders get smooth.

    Machine-made label maps are ragged, and what people paint is not.
    """
    present = np.unique(ids_hw)
    counts = [
        cv2.boxFilter((ids_hw == id).astype(np.float32), -1, (side_px, side_px), normalize=False)
        for id in present
    ]
    return present[np.argmax(np.stack(counts), axis=0)]
