"""Documents of the rows that `app.document.io.row_writer` made of them.

The rows may come from a file that somebody made: nothing in them is believed that is not checked.
"""

import base64
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from app.document.document import Document, EditEntry, LabelMap, Photo
from app.document.io.metadata import ImageMetadata
from app.document.io.raw import Refusal
from app.document.io.row_writer import Names
from app.document.masks import mask_of
from app.document.sliders import Slider
from app.document.tiles import TILE_PX, Tile, TiledArray
from models.edits import Edit
from models.recipe import recipe_from_json
from models.values import Direction, Mask, Picture

MAX_ARRAY_PIXELS = 100_000_000
MAX_ARRAY_BYTES = 4 * 2**30
"""Of all label maps and masks together. A history keeps to 256 MB beyond its newest state; a file
that says more was made to fill the memory."""
EARLIER = "Open an earlier copy of it."


class Payloads(Protocol):
    """Where a reader finds what is no plain value. All raise what reading a damaged file may."""

    def photo(self, sha256: str, alpha_sha256: str) -> tuple[Picture, npt.NDArray[Any] | None]:
        """Pixels and alpha of the photo with these hashes.

        What comes may have other hashes: see `PhotoReader.photo`.
        """
        ...

    def array(self, number: int, shape: tuple[int, int], dtype: np.dtype[Any]) -> Any:
        """The pixels of an array as `StoredArray.pixels_hw`, of this shape and type."""
        ...

    def direction(self, number: int) -> npt.NDArray[Any]:
        """The values of a slider."""
        ...


class RowReader:
    """Makes documents of the rows that `RowWriter` made, in the same order.

    What is not as it was written comes out as one of `DAMAGES` of `app.document.io.archive`.
    """

    def __init__(self) -> None:
        self._photos: list[Photo] = []
        self._arrays: list[TiledArray] = []
        self._masks: list[Mask] = []
        self._sliders: list[Slider] = []
        self._entries: list[EditEntry] = []
        self._names: list[Names] = []
        self._renamed: dict[str, str] = {}
        self._left_bytes = MAX_ARRAY_BYTES

    def documents(self, rows: Mapping[str, Any], payloads: Payloads) -> list[Document]:
        """The documents of these rows.

        Raises:
            Refusal: an edit names what is not there, or there is far too much.
        """
        for row in rows["photos"]:
            photo = _photo(row, payloads)
            self._photos.append(photo)
            self._renamed[text(row["sha256"])] = photo.picture.sha256
        for row in rows["arrays"]:
            self._arrays.append(self._array(row, payloads))
        for row in rows["masks"]:
            self._masks.append(_mask(self._arrays[whole(row["array"])], row["sha256"]))
        for row in rows["sliders"]:
            self._sliders.append(_slider(row, payloads.direction(len(self._sliders))))
        recipe = text(rows["recipe"])
        for written, found in self._renamed.items():
            if written != found:
                recipe = recipe.replace(written, found)
        edits = recipe_from_json(recipe)
        self._entries += [
            EditEntry(whole(row["uid"]), edit, text(row["name"]))
            for row, edit in zip(rows["entries"], edits, strict=True)
        ]
        self._names += [tuple((whole(a), text(b)) for a, b in names) for names in rows["names"]]
        return [self._document(row) for row in rows["documents"]]

    def _document(self, row: Mapping[str, Any]) -> Document:
        labels = row["labels"]
        document = Document(
            base=self._photos[whole(row["base"])],
            labels=None if labels is None else self._labels(labels),
            entries=tuple(self._entries[whole(n)] for n in row["entries"]),
            references=tuple(self._photos[whole(n)] for n in row["references"]),
            masks=tuple(self._masks[whole(n)] for n in row["masks"]),
            sliders=tuple(self._sliders[whole(n)] for n in row["sliders"]),
            next_uid=whole(row["next_uid"]),
        )
        for edit in document.edits:
            _check_parts(document, edit)
        return document

    def _labels(self, row: Mapping[str, Any]) -> LabelMap:
        ids = self._arrays[whole(row["array"])]
        return LabelMap(ids, text(row["palette"]), self._names[whole(row["names"])])

    def _array(self, row: Mapping[str, Any], payloads: Payloads) -> TiledArray:
        width_px, height_px = whole(row["width"]), whole(row["height"])
        dtype = np.dtype({8: np.uint8, 16: np.uint16}[row["bits"]])
        if not 0 < width_px * height_px <= MAX_ARRAY_PIXELS:
            raise ValueError(f"a layout or mask of {width_px} x {height_px} px")
        number, places = len(self._arrays), [whole(place) for place in row["tiles"]]
        shape = (height_px, width_px) if row["base"] is None else (TILE_PX * len(places), TILE_PX)
        self._left_bytes -= shape[0] * shape[1] * dtype.itemsize
        if self._left_bytes < 0:
            raise Refusal("it would fill the memory", EARLIER)
        if row["base"] is None:
            return TiledArray.from_array(payloads.array(number, shape, dtype))
        base = self._arrays[whole(row["base"])]
        if (base.height_px, base.width_px, base.dtype) != (height_px, width_px, dtype):
            raise ValueError("an array of another size than its base")
        stack = payloads.array(number, shape, dtype) if places else np.zeros(shape, dtype)
        return _with_tiles(base, places, stack)


def text(value: object) -> str:
    """The value if it is text, else a ValueError."""
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(f"{value!r} is no text")
    return value


def whole(value: object) -> int:
    """The value if it is a whole number from 0, else a ValueError."""
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is no whole number")
    return value


def _photo(row: Mapping[str, Any], payloads: Payloads) -> Photo:
    picture, alpha_hw = payloads.photo(text(row["sha256"]), text(row["alpha_sha256"]))
    path = row["path"]
    blocks = {name: base64.b64decode(block) for name, block in row["metadata"].items()}
    return Photo(
        picture,
        text(row["name"]),
        None if path is None else Path(text(path)),
        ImageMetadata(**blocks),
        alpha_hw,
    )


def _mask(levels: TiledArray, sha256: object) -> Mask:
    mask = mask_of(levels)
    if mask.sha256 != sha256:
        raise ValueError("a mask is not what was written")
    return mask


def _slider(row: Mapping[str, Any], values: npt.NDArray[Any]) -> Slider:
    direction, share = Direction.from_values(values), row["share"]
    if direction.sha256 != row["sha256"]:
        raise ValueError("a slider is not what was written")
    if share is not None and not (type(share) in (int, float) and math.isfinite(share)):
        raise ValueError(f"{share!r} is no share")
    return Slider(direction, text(row["name"]), text(row["model"]), text(row["weights"]), share)


def _check_parts(document: Document, edit: Edit) -> None:
    """Refuse an edit that names what the document does not have."""
    pictures = {photo.picture.sha256 for photo in (document.base, *document.references)}
    masks = {mask.sha256 for mask in document.masks}
    directions = {slider.direction.sha256 for slider in document.sliders}
    for what, named, there in (
        ("a picture", edit.pictures, pictures),
        ("a mask", edit.masks, masks),
        ("a slider", edit.directions, directions),
    ):
        if not there.issuperset(named):
            raise Refusal(f"{what} that an edit uses is missing in it", EARLIER)


def _with_tiles(base: TiledArray, places: list[int], stack: npt.NDArray[Any]) -> TiledArray:
    """The array with other tiles: those of `stack`, one below the other."""
    rows = [list(row) for row in base.tile_rows]
    changed: set[int] = set()
    for top, place in zip(range(0, len(stack), TILE_PX), places, strict=True):
        j, i = divmod(place, len(rows[0]))
        height_px, width_px = rows[j][i].shape
        rows[j][i] = _read_only(stack[top : top + height_px, :width_px])
        changed.add(j)
    kept = tuple(tuple(row) if j in changed else base.tile_rows[j] for j, row in enumerate(rows))
    return TiledArray(base.height_px, base.width_px, base.dtype, kept)


def _read_only(values: npt.NDArray[Any]) -> Tile:
    tile = values.copy()
    tile.flags.writeable = False
    return tile
