"""Documents as rows of plain values: what project files and journals have in common.

Whatever documents are made of gets a number, the same thing the same number, so that it is written
once however many documents share it. A label map or mask that differs from an earlier one in a few
tiles is written as those tiles.
"""

import base64
import dataclasses
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from app.document.document import Document, EditEntry, LabelMap, Photo
from app.document.io.metadata import ImageMetadata
from app.document.masks import levels_of
from app.document.sliders import Slider
from app.document.tiles import TILE_PX, TiledArray
from models.recipe import recipe_to_json
from models.values import LabelIds, Mask

RECENT_ARRAYS = 8
"""A new array is compared with as many earlier ones of its size."""

Thing = TypeVar("Thing")
Names = tuple[tuple[int, str], ...]
Row = dict[str, Any]


class Numbers(Generic[Thing]):
    """Numbers of things, from 0. Goes by identity, so it keeps the things."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, Thing]] = {}
        self._next = 0

    def find(self, thing: Thing) -> int | None:
        """Its number, None if it has none."""
        known = self._known.get(id(thing))
        return None if known is None else known[0]

    def add(self, thing: Thing) -> int:
        """Give it the next number."""
        number = self._next
        self._known[id(thing)] = (number, thing)
        self._next += 1
        return number

    def keep(self, things: Iterable[Thing]) -> None:
        """Forget all others; their numbers are not given again."""
        used = {id(thing) for thing in things}
        self._known = {key: value for key, value in self._known.items() if key in used}


@dataclass(frozen=True)
class StoredArray:
    """A label map or mask as it is written.

    Attributes:
        array: all of it.
        base: number of an earlier array of the same size and type, or None.
        places: the tiles in which it is another than that, numbered row by row.
    """

    array: TiledArray
    base: int | None = None
    places: tuple[int, ...] = ()

    @property
    def row(self) -> Row:
        return {
            "width": self.array.width_px,
            "height": self.array.height_px,
            "bits": 8 * self.array.dtype.itemsize,
            "base": self.base,
            "tiles": list(self.places),
        }

    @property
    def pixels_hw(self) -> npt.NDArray[Any]:
        """What is written of it: the whole, or the tiles that changed, one below the other."""
        if self.base is None:
            return self.array.to_array()
        stack = np.zeros((TILE_PX * len(self.places), TILE_PX), self.array.dtype)
        across = len(self.array.tile_rows[0])
        for top, place in zip(range(0, len(stack), TILE_PX), self.places, strict=True):
            tile = self.array.tile_rows[place // across][place % across]
            stack[top : top + tile.shape[0], : tile.shape[1]] = tile
        return stack


@dataclass(frozen=True)
class Fresh:
    """What some documents have that was not written before, in the order of their numbers.

    Attributes:
        photos, arrays, sliders: what has more to it than a row.
        rows: by the name of their table, in plain values; the recipe of new edits among them.
    """

    photos: tuple[Photo, ...]
    arrays: tuple[StoredArray, ...]
    sliders: tuple[Slider, ...]
    rows: dict[str, Any]


class RowWriter:
    """Makes rows of documents, and remembers what has been written."""

    def __init__(self) -> None:
        self._photos = Numbers[Photo]()
        self._arrays = Numbers[LabelIds]()
        self._masks = Numbers[Mask]()
        self._sliders = Numbers[Slider]()
        self._entries = Numbers[EditEntry]()
        self._names = Numbers[Names]()
        self._recent: deque[tuple[int, TiledArray]] = deque(maxlen=RECENT_ARRAYS)

    def fresh(self, documents: Sequence[Document]) -> Fresh:
        """The rows of these documents and of all in them that is new."""
        new = _New()
        rows = [self._document(document, new) for document in documents]
        return Fresh(
            tuple(new.photos),
            tuple(new.arrays),
            tuple(new.sliders),
            {
                "photos": [_photo_row(photo) for photo in new.photos],
                "arrays": [array.row for array in new.arrays],
                "masks": new.masks,
                "sliders": [_slider_row(slider) for slider in new.sliders],
                "entries": [{"uid": entry.uid, "name": entry.name} for entry in new.entries],
                "recipe": recipe_to_json([entry.edit for entry in new.entries]),
                "names": new.names,
                "documents": rows,
            },
        )

    def keep(self, documents: Sequence[Document]) -> None:
        """Forget what is in none of these documents."""
        masks = [mask for document in documents for mask in document.masks]
        labels = [document.labels for document in documents if document.labels is not None]
        self._photos.keep(p for doc in documents for p in (doc.base, *doc.references))
        self._arrays.keep([*(mask.levels for mask in masks), *(each.ids for each in labels)])
        self._masks.keep(masks)
        self._sliders.keep(slider for document in documents for slider in document.sliders)
        self._entries.keep(entry for document in documents for entry in document.entries)
        self._names.keep(each.names for each in labels)

    def _document(self, document: Document, new: "_New") -> Row:
        labels = document.labels
        return {
            "base": self._photo(document.base, new),
            "labels": None if labels is None else self._labels(labels, new),
            "entries": [self._entry(entry, new) for entry in document.entries],
            "references": [self._photo(photo, new) for photo in document.references],
            "masks": [self._mask(mask, new) for mask in document.masks],
            "sliders": [self._slider(slider, new) for slider in document.sliders],
            "next_uid": document.next_uid,
        }

    def _photo(self, photo: Photo, new: "_New") -> int:
        number = self._photos.find(photo)
        if number is None:
            number = self._photos.add(photo)
            new.photos.append(photo)
        return number

    def _labels(self, labels: LabelMap, new: "_New") -> Row:
        names = self._names.find(labels.names)
        if names is None:
            names = self._names.add(labels.names)
            new.names.append([list(name) for name in labels.names])
        array = self._array(labels.ids, labels.ids, new)
        return {"array": array, "palette": labels.palette_id, "names": names}

    def _entry(self, entry: EditEntry, new: "_New") -> int:
        number = self._entries.find(entry)
        if number is None:
            number = self._entries.add(entry)
            new.entries.append(entry)
        return number

    def _mask(self, mask: Mask, new: "_New") -> int:
        number = self._masks.find(mask)
        if number is None:
            number = self._masks.add(mask)
            array = self._array(mask.levels, levels_of(mask), new)
            new.masks.append({"sha256": mask.sha256, "array": array})
        return number

    def _slider(self, slider: Slider, new: "_New") -> int:
        number = self._sliders.find(slider)
        if number is None:
            number = self._sliders.add(slider)
            new.sliders.append(slider)
        return number

    def _array(self, key: LabelIds, array: TiledArray, new: "_New") -> int:
        """The number of an array, which is known by `key`."""
        number = self._arrays.find(key)
        if number is None:
            number = self._arrays.add(key)
            new.arrays.append(self._stored(array))
            self._recent.appendleft((number, array))
        return number

    def _stored(self, array: TiledArray) -> StoredArray:
        """The array as a change of that recent one of which it changes the fewest tiles."""
        alike = [
            (len(places), base, places)
            for base, other in self._recent
            if other.bounds == array.bounds and other.dtype == array.dtype
            for places in [_changed_places(other, array)]
        ]
        count, base, places = min(alike, default=(0, -1, ()))
        if base < 0 or count == sum(map(len, array.tile_rows)):
            return StoredArray(array)
        return StoredArray(array, base, places)


@dataclass
class _New:
    """What is written for the first time."""

    photos: list[Photo] = field(default_factory=list[Photo])
    arrays: list[StoredArray] = field(default_factory=list[StoredArray])
    masks: list[Row] = field(default_factory=list[Row])
    sliders: list[Slider] = field(default_factory=list[Slider])
    entries: list[EditEntry] = field(default_factory=list[EditEntry])
    names: list[list[Any]] = field(default_factory=list[list[Any]])


def _changed_places(old: TiledArray, new: TiledArray) -> tuple[int, ...]:
    """The tiles of `new` that it does not share with `old`, numbered row by row."""
    across = len(new.tile_rows[0])
    rows = enumerate(zip(old.tile_rows, new.tile_rows, strict=True))
    return tuple(
        j * across + i
        for j, (old_row, new_row) in rows
        if old_row is not new_row
        for i, (old_tile, new_tile) in enumerate(zip(old_row, new_row, strict=True))
        if old_tile is not new_tile
    )


def _photo_row(photo: Photo) -> Row:
    blocks = {each.name: getattr(photo.metadata, each.name) for each in _BLOCKS}
    return {
        "name": photo.name,
        "path": None if photo.path is None else str(photo.path),
        "sha256": photo.picture.sha256,
        "alpha_sha256": photo.alpha_sha256,
        "metadata": {
            name: base64.b64encode(block).decode("ascii")
            for name, block in blocks.items()
            if block is not None
        },
    }


_BLOCKS = dataclasses.fields(ImageMetadata)


def _slider_row(slider: Slider) -> Row:
    return {
        "sha256": slider.direction.sha256,
        "name": slider.name,
        "model": slider.model,
        "weights": slider.weights,
        "share": slider.share,
    }
