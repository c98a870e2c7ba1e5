"""Project files, `.scumble`: a document with its history, and everything that it is made of.

A zip archive (`app.document.io.archive`):

    manifest.json         what it is, its version, the size and hash of every other member
    thumbnail.png         for file managers
    originals/*, photos/* the photo and the references, each once, exactly their pixels
    arrays/N.png          layouts (label ids) and masks (levels), in shades of grey; of one that
                          differs from another in a few tiles those tiles, one below the other
    sliders.safetensors   directions of texture codes
    thumbs.safetensors    small pictures of states, as far as there are any
    recipe.json           every edit of every state, as a recipe
    document.json         the rest: names, sizes, the order of things, the states of the history

Saving and loading take up to seconds: they are for worker threads.
"""

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors import numpy as tensors

from app.document.document import Document, Photo
from app.document.history import State
from app.document.io import png
from app.document.io.archive import DAMAGES, MAX_TEXT_BYTES, Archive, write_archive
from app.document.io.metadata import ImageMetadata
from app.document.io.migrations import VERSION, migrated
from app.document.io.opening import opening
from app.document.io.photo_files import FOLDERS, PhotoFile, PhotoReader, Pixels, photo_file
from app.document.io.pixels import to_8_bit
from app.document.io.raw import Refusal, damaged
from app.document.io.row_reader import EARLIER, RowReader, text, whole
from app.document.io.row_writer import Fresh, RowWriter
from app.document.io.steps import Steps
from app.errors import UserError

FORM = "scumble-project"
DOCUMENT, RECIPE, THUMBNAIL = "document.json", "recipe.json", "thumbnail.png"
SLIDERS, THUMBS = "sliders.safetensors", "thumbs.safetensors"
THUMBNAIL_PX = 256

Progress = Callable[[str, float], None]


def save_project(
    steps: Steps,
    path: Path,
    *,
    encode: Callable[[Photo], PhotoFile] = photo_file,
    thumbnail_hwc: npt.NDArray[np.uint8] | None = None,
    progress: Progress = lambda words, share: None,
) -> Steps:
    """Write a project, whole or not at all: on any failure an existing file stays as it was.

    Of a history that is too large for a file, which takes a hundred thousands of brush strokes,
    the oldest steps are left out.

    Args:
        encode: gives a photo's file, for callers that have it already.
        thumbnail_hwc: a small picture of the document, H x W x 3; None: of its photo.
        progress: told the stage in words and the share that is done.

    Returns:
        the steps that were written.

    Raises:
        UserError: the folder is missing, the target is protected, the disk is full.
    """
    steps, fresh, texts = _fitted(steps)

    def members() -> Iterator[tuple[str, bytes]]:
        yield THUMBNAIL, thumbnail_png(steps.document, thumbnail_hwc)
        yield from _photos(fresh, encode, progress)
        for number, array in enumerate(fresh.arrays):
            if array.base is None or array.places:
                yield _array_name(number), png.encode_grey(array.pixels_hw)
        if fresh.sliders:
            yield SLIDERS, _sliders(fresh)
        if thumbs := _thumbs(steps):
            yield THUMBS, tensors.save(thumbs)
        yield from texts

    write_archive(path, FORM, VERSION, members())
    return steps


def load_project(path: Path, progress: Progress = lambda words, share: None) -> Steps:
    """The document with its history: equal to what was saved, with the same pixels.

    Args:
        progress: told the stage in words and the share that is done.

    Raises:
        UserError: there is no such file, it is no project or of a later version, it is damaged or
            incomplete, or was made to do harm; a sentence says which.
    """
    with opening(path, DAMAGES):
        try:
            with Archive(path, FORM, VERSION) as archive:
                return _steps(archive, progress)
        except UserError as error:
            # About a photo in it, by a name that nobody knows.
            raise damaged() from error


def thumbnail_png(document: Document, picture_hwc: npt.NDArray[np.uint8] | None = None) -> bytes:
    """A small PNG of a document's picture, H x W x 3; of its photo if that is None."""
    rgb_hwc = document.base.picture.rgb_hwc if picture_hwc is None else picture_hwc
    step = -(-max(rgb_hwc.shape) // THUMBNAIL_PX)
    return png.encode(to_8_bit(rgb_hwc[::step, ::step]), None, ImageMetadata())


def _fitted(steps: Steps) -> tuple[Steps, Fresh, list[tuple[str, bytes]]]:
    """The steps without the oldest, if need be, what is written of them, and the JSON members."""
    while True:
        fresh, texts = _texts(steps)
        if len(steps.states) == 1 or max(len(data) for _, data in texts) <= MAX_TEXT_BYTES:
            return steps, fresh, texts
        first = min(steps.index, -(-len(steps.states) // 2))
        newer = steps.states[first:] if first else steps.states[:-1]
        steps = Steps(newer, steps.index - first, steps.thumbs)


def _texts(steps: Steps) -> tuple[Fresh, list[tuple[str, bytes]]]:
    # From the current one outwards: so its arrays are whole pictures, and others what differs.
    count, here = len(steps.states), steps.index
    order = [*range(here, -1, -1), *range(here + 1, count)]
    fresh = RowWriter().fresh([steps.states[place].document for place in order])
    rows = dict(fresh.rows)
    recipe = rows.pop("recipe")
    rows["index"] = here
    rows["states"] = [
        {"label": state.label, "document": place}
        for state, place in zip(steps.states, np.argsort(order).tolist(), strict=True)
    ]
    packed = json.dumps(rows, separators=(",", ":"))
    return fresh, [(RECIPE, recipe.encode("ascii")), (DOCUMENT, packed.encode("ascii"))]


def _photos(
    fresh: Fresh, encode: Callable[[Photo], PhotoFile], progress: Progress
) -> Iterator[tuple[str, bytes]]:
    pixels = {(p.picture.sha256, p.alpha_sha256): p for p in fresh.photos}
    for place, photo in enumerate(pixels.values()):
        progress(f"writing {photo.name}", place / len(pixels))
        file = encode(photo)
        yield file.name, file.data
    progress("writing", 1.0)


def _array_name(number: int) -> str:
    return f"arrays/{number}.png"


def _sliders(fresh: Fresh) -> bytes:
    values = {str(i): slider.direction.values for i, slider in enumerate(fresh.sliders)}
    return tensors.save(values)


def _thumbs(steps: Steps) -> dict[str, npt.NDArray[np.uint8]]:
    """By the state's place."""
    thumbs = [steps.thumbs.get(state.serial) for state in steps.states]
    return {
        str(place): np.ascontiguousarray(thumb)
        for place, thumb in enumerate(thumbs)
        if thumb is not None
    }


def _steps(archive: Archive, progress: Progress) -> Steps:
    progress("reading", 0.0)
    rows: dict[str, Any] = archive.values(DOCUMENT)
    rows["recipe"] = archive.read(RECIPE).decode("ascii")
    rows = migrated(rows, archive.version)
    documents = RowReader().documents(rows, _Members(archive, len(rows["photos"]), progress))
    states = tuple(
        State(text(row["label"]), documents[whole(row["document"])], number)
        for number, row in enumerate(rows["states"])
    )
    return Steps(states, whole(rows["index"]), _thumbs_of(archive, len(states)))


def _thumbs_of(archive: Archive, states: int) -> dict[int, npt.NDArray[np.uint8]]:
    """The pictures of so many states; none if they are damaged, for the work is more than they."""
    try:
        found = _tensors(archive, THUMBS)
    except DAMAGES:
        return {}
    thumbs = ((place, found.get(str(place))) for place in range(states))
    return {place: thumb for place, thumb in thumbs if thumb is not None and _is_small(thumb)}


def _is_small(rgb_hwc: npt.NDArray[Any]) -> bool:
    sized = rgb_hwc.shape[2:] == (3,) and 0 < rgb_hwc.size <= 3 * THUMBNAIL_PX**2
    return sized and rgb_hwc.dtype == np.uint8


def _tensors(archive: Archive, name: str) -> dict[str, npt.NDArray[Any]]:
    try:
        return tensors.load(archive.read(name))
    except SafetensorError as error:
        raise ValueError(f"{name} cannot be read") from error


class _Members:
    """What a project has beside its rows."""

    def __init__(self, archive: Archive, photos: int, progress: Progress) -> None:
        self._archive = archive
        self._photos = PhotoReader(self._photo_file)
        self._progress = progress
        self._done, self._all = 0, photos
        self._sliders: dict[str, npt.NDArray[Any]] | None = None

    def photo(self, sha256: str, alpha_sha256: str) -> Pixels:
        self._progress("reading photos", self._done / self._all)
        self._done += 1
        return self._photos.photo(sha256, alpha_sha256)

    def array(self, number: int, shape: tuple[int, int], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        return _grey(self._archive.read(_array_name(number)), shape, dtype)

    def direction(self, number: int) -> npt.NDArray[Any]:
        if self._sliders is None:
            self._sliders = _tensors(self._archive, SLIDERS)
        return self._sliders[str(number)]

    def _photo_file(self, stem: str) -> PhotoFile:
        for name in self._archive.names:
            folder, _, file = name.partition("/")
            if folder in FOLDERS and file.partition(".")[0] == stem:
                return PhotoFile(name, self._archive.read(name))
        raise Refusal("a picture is missing in it", EARLIER)


def _grey(data: bytes, shape: tuple[int, int], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """The values that `png.encode_grey` wrote; a ValueError for others than of this kind."""

    def check(width_px: int, height_px: int) -> None:
        if (height_px, width_px) != shape:
            raise ValueError(f"{width_px} x {height_px} px for {shape}")

    grey = png.read(BytesIO(data), check)
    if grey.model != "grey" or grey.samples_hwc.dtype != dtype:
        raise ValueError("an array is of another kind")
    return grey.samples_hwc[..., 0]
