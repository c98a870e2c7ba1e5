"""Documents put aside when the program fails: written whole or not at all, read back identical.

A rescue is a folder, `rescue-20270314-150926`:

    recipe.json         everything but pixels, and the hashes of all pixels
    base.tif            the photo with its profile, EXIF and alpha, as any program opens it
    references/01.tif   the references, in their order
    arrays.npz          the labels and the masks, if there are any

It is made under another name and renamed when the disk has all of it. Saving and loading take
seconds: they are for worker threads, or for a program that is about to end.
"""

import base64
import contextlib
import dataclasses
import datetime
import hashlib
import io
import json
import os
import re
import secrets
import shutil
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from platformdirs import user_data_path

from app.atomic import flush_folder, write_atomically, writing_failed
from app.document.document import Document, EditEntry, LabelMap, Photo
from app.document.io.metadata import ImageMetadata
from app.document.tiles import TiledArray
from app.errors import UserError
from models.api import Mask, Picture, pixel_hash
from models.errors import ModelsError
from models.recipe import recipe_from_json, recipe_to_json

FORMAT = "scumble-rescue"
VERSION = 1
FOLDER_VARIABLE = "SCUMBLE_DATA"
NAME = re.compile(r"rescue-(\d{8}-\d{6})(?:-(\d+))?")
LEFTOVER_SECONDS = 24 * 3600

RECIPE, BASE, ARRAYS, LABELS = "recipe.json", "base.tif", "arrays.npz", "labels"

# What reading a damaged rescue can come to.
DAMAGES = (
    *(OSError, EOFError, ValueError, TypeError, LookupError, AttributeError, RecursionError),
    *(zipfile.BadZipFile, zlib.error, UserError, ModelsError),
)


def rescue_folder() -> Path:
    """Where rescues are kept; the variable SCUMBLE_DATA names another folder for all data."""
    override = os.environ.get(FOLDER_VARIABLE)
    data = Path(override) if override else user_data_path("scumble", appauthor=False)
    return data / "rescue"


def save_rescue(document: Document, folder: Path) -> Path:
    """Put a document aside, whole or not at all.

    Args:
        folder: where the rescue goes, mostly `rescue_folder()`; it is made if it is missing.

    Returns:
        the new folder of the rescue.

    Raises:
        UserError: the disk is full, or the folder cannot be written to.
    """
    part = folder / f".rescue-{secrets.token_hex(6)}.part"
    try:
        _drop_leftovers(folder)
        (part / "references").mkdir(parents=True)
        _write(document, part)
        saved = _renamed(part, folder / f"rescue-{datetime.datetime.now():%Y%m%d-%H%M%S}")
        flush_folder(folder)
    except OSError as error:
        raise writing_failed(folder / RECIPE, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return saved


def load_rescue(path: Path) -> Document:
    """The document that was put aside in this folder: equal to it, with the same pixels.

    Raises:
        UserError: it is damaged or incomplete, or a later version wrote it.
    """
    try:
        values = _recipe(path)
        return _document(path, values)
    except _Later:
        raise UserError(
            f"{path.name} was written by a later version of Scumble.", "Open it with that one."
        ) from None
    except DAMAGES as error:
        raise UserError(
            f"{path.name} is damaged and cannot be opened.",
            f"What is left of its pictures is in the folder {path}.",
        ) from error


def list_rescues(folder: Path) -> tuple[Path, ...]:
    """The rescues in a folder, the newest first; none where there is no such folder."""
    try:
        found = [path for path in folder.iterdir() if NAME.fullmatch(path.name) and path.is_dir()]
    except OSError:
        return ()
    return tuple(sorted(found, key=_age, reverse=True))


def rescue_words(path: Path) -> str:
    """A rescue in words: the photo's name and when it was put aside."""
    found = NAME.fullmatch(path.name)
    if found is None:
        return path.name
    try:
        when = datetime.datetime.strptime(found[1], "%Y%m%d-%H%M%S")
        return f"{_recipe(path)['base']['name']}, {when.day} {when:%B %Y, %H:%M}"
    except (*DAMAGES, _Later):
        return path.name


def remove_rescue(path: Path) -> None:
    """Delete a rescue; one that is gone already is none.

    Raises:
        UserError: the folder is protected or in use.
        ValueError: the folder's name is not that of a rescue (a defect of ours).
    """
    if not NAME.fullmatch(path.name):
        raise ValueError(f"{path} is no rescue")
    # Renamed first: what is half deleted shall not be listed.
    part = path.with_name(f".rescue-{secrets.token_hex(6)}.part")
    try:
        os.rename(path, part)
    except FileNotFoundError:
        return
    except OSError as error:
        raise UserError(
            f"{path.name} cannot be deleted: {error.strerror or error}.",
            "Close the programs that use it, or delete the folder by hand.",
        ) from error
    shutil.rmtree(part, ignore_errors=True)


class _Later(Exception):
    """A later version wrote it."""


def _age(path: Path) -> tuple[str, int]:
    found = NAME.fullmatch(path.name)
    return (found[1], int(found[2] or 1)) if found else ("", 0)


def _drop_leftovers(folder: Path) -> None:
    """Delete what programs that were killed while they saved have left, a day later."""
    for part in folder.glob(".rescue-*.part"):
        with contextlib.suppress(OSError):
            if part.stat().st_mtime < time.time() - LEFTOVER_SECONDS:
                shutil.rmtree(part)


def _renamed(part: Path, wanted: Path) -> Path:
    target, number = wanted, 1
    while True:
        try:
            return part.rename(target)
        except OSError:
            if not target.exists():
                raise
        number += 1
        target = wanted.with_name(f"{wanted.name}-{number}")


def _reference_file(number: int) -> str:
    return f"references/{number + 1:02}.tif"


def _write(document: Document, part: Path) -> None:
    # Imported late: listing the rescues, when the window opens, needs no image library.
    from app.document.io.images import write_image

    files = [(BASE, document.base)]
    files += [(_reference_file(i), photo) for i, photo in enumerate(document.references)]
    for name, photo in files:
        write_image(part / name, photo.picture.rgb_hwc, photo.metadata, alpha_hw=photo.alpha_hw)
    arrays: dict[str, Any] = {mask.sha256: mask.grey_hw for mask in document.masks}
    if document.labels is not None:
        arrays[LABELS] = document.labels.ids.to_array()
    if arrays:
        packed = io.BytesIO()
        np.savez_compressed(packed, **arrays)
        write_atomically(part / ARRAYS, packed.getvalue())
    values = _values(document)
    head = {"format": FORMAT, "version": VERSION, "sha256": _digest(values)}
    text = json.dumps({**head, "document": values}, indent=2)
    write_atomically(part / RECIPE, text.encode("ascii"))


def _digest(values: Any) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode("ascii")).hexdigest()


def _values(document: Document) -> dict[str, Any]:
    labels = document.labels
    return {
        "base": _photo_values(document.base),
        "references": [_photo_values(photo) for photo in document.references],
        "labels": None
        if labels is None
        else {"palette": labels.palette_id, "sha256": pixel_hash(labels.ids.to_array())},
        "masks": [mask.sha256 for mask in document.masks],
        "entries": [{"uid": entry.uid, "name": entry.name} for entry in document.entries],
        "recipe": recipe_to_json(document.edits),
        "next_uid": document.next_uid,
    }


def _photo_values(photo: Photo) -> dict[str, Any]:
    blocks = {
        field.name: getattr(photo.metadata, field.name)
        for field in dataclasses.fields(photo.metadata)
    }
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


def _recipe(path: Path) -> Any:
    """What `_values` gave; `_Later` or one of `DAMAGES` otherwise."""
    text: Any = json.loads((path / RECIPE).read_bytes())
    if text["format"] != FORMAT:
        raise ValueError(text["format"])
    if text["version"] > VERSION:
        raise _Later
    if text["sha256"] != _digest(text["document"]):
        raise ValueError("the recipe is not what was written")
    return text["document"]


def _document(path: Path, values: Any) -> Document:
    photos = [_photo(path / BASE, values["base"])]
    photos += [
        _photo(path / _reference_file(number), photo)
        for number, photo in enumerate(values["references"])
    ]
    labels, masks = _arrays(path, values)
    edits = recipe_from_json(values["recipe"])
    entries = zip(values["entries"], edits, strict=True)
    return Document(
        base=photos[0],
        labels=labels,
        entries=tuple(EditEntry(entry["uid"], edit, entry["name"]) for entry, edit in entries),
        references=tuple(photos[1:]),
        masks=masks,
        next_uid=values["next_uid"],
    )


def _photo(file: Path, values: Any) -> Photo:
    from app.document.io.images import read_image

    image = read_image(file, max_megapixels=float("inf"))
    blocks = {name: base64.b64decode(text) for name, text in values["metadata"].items()}
    where = values["path"]
    photo = Photo(
        Picture.from_rgb(image.rgb_hwc),
        values["name"],
        None if where is None else Path(where),
        ImageMetadata(**blocks),
        image.alpha_hw,
    )
    if (photo.picture.sha256, photo.alpha_sha256) != (values["sha256"], values["alpha_sha256"]):
        raise ValueError(f"the pixels of {file.name} are not what was written")
    return photo


def _arrays(path: Path, values: Any) -> tuple[LabelMap | None, tuple[Mask, ...]]:
    if not values["labels"] and not values["masks"]:
        return None, ()
    with np.load(io.BytesIO((path / ARRAYS).read_bytes()), allow_pickle=False) as arrays:
        masks = tuple(Mask.from_grey(arrays[name]) for name in values["masks"])
        ids = arrays[LABELS] if values["labels"] else None
    if [mask.sha256 for mask in masks] != values["masks"]:
        raise ValueError("a mask is not what was written")
    if ids is None:
        return None, masks
    if pixel_hash(ids) != values["labels"]["sha256"]:
        raise ValueError("the labels are not what was written")
    return LabelMap(TiledArray.from_array(ids), values["labels"]["palette"]), masks
