"""Recipes on the disk: the edits of a picture, to be replayed on others.

    NAME.json                   the edits as a recipe (`models.recipe`), their names, and which
                                files hold what they name
    NAME.files/originals/*      references, each once: the photographer's own file,
    NAME.files/photos/*         or a PNG of exactly the pixels
    NAME.files/masks/*          masks, in shades of grey
    NAME.files/sliders/*        directions of texture codes

The folder is only there where edits name anything. All of it is checked by hash.
"""

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.atomic import write_atomically, writing_failed
from app.document.document import Document, Photo, with_edit, with_reference
from app.document.io import png, slider_files
from app.document.io.images import read_image
from app.document.io.opening import opening, read_at_most
from app.document.io.photo_files import FOLDERS, MAX_PIXELS, photo_file
from app.document.io.raw import Refusal, damaged
from app.document.masks import mask_of
from app.document.sliders import Slider
from app.document.tiles import TiledArray
from app.errors import UserError
from models.edits import Edit
from models.errors import EditError
from models.recipe import recipe_from_json, recipe_to_json
from models.values import Mask, Picture

SUFFIX = ".json"
MASKS = "masks"
SLIDERS = "sliders"
OURS = re.compile(r"[0-9a-f]{32}(-[0-9a-f]{32})?\.(png|jpg|tif|webp|slider)")
"""Names of the files in the folders above: by what is in them, so that none is written over."""
MAX_TEXT_BYTES = 16 * 2**20
MAX_MASK_PIXELS = 100_000_000
DAMAGES = (ValueError, TypeError, LookupError, AttributeError, RuntimeError)


@dataclass(frozen=True)
class Recipe:
    """Edits with all that they name.

    Attributes:
        edits: in their order.
        names: of each edit, the person's own; empty for the usual one.
        photos, masks, sliders: what the edits name, each once.
    """

    edits: tuple[Edit, ...]
    names: tuple[str, ...]
    photos: tuple[Photo, ...] = ()
    masks: tuple[Mask, ...] = ()
    sliders: tuple[Slider, ...] = ()


def recipe_of(document: Document) -> Recipe:
    """The document's edits."""
    photos = {p.picture.sha256: p for p in (document.base, *document.references)}
    masks = {mask.sha256: mask for mask in document.masks}
    sliders = {slider.direction.sha256: slider for slider in document.sliders}
    edits = document.edits
    return Recipe(
        edits,
        tuple(entry.name for entry in document.entries),
        tuple(photos[sha256] for sha256 in _named(edits, "pictures")),
        tuple(masks[sha256] for sha256 in _named(edits, "masks")),
        tuple(sliders[sha256] for sha256 in _named(edits, "directions")),
    )


def with_recipe(document: Document, recipe: Recipe) -> Document:
    """The document with the edits of a recipe after its own.

    Masks are stretched over the picture, and ways to sources are shares of its shorter side: that
    is how edits name places.
    """
    for photo in recipe.photos:
        document = with_reference(document, photo)
    for edit, name in zip(recipe.edits, recipe.names, strict=True):
        document = with_edit(document, edit, name, masks=recipe.masks, sliders=recipe.sliders)
    return document


def replayed(recipe: Recipe, base: Photo) -> Document:
    """The document of a photo with the edits of a recipe."""
    return with_recipe(Document(base), recipe)


def files_folder(path: Path) -> Path:
    """The folder with what the edits of a recipe name."""
    return path.with_suffix(".files")


def save_recipe(path: Path, document: Document) -> None:
    """Write the document's edits as a recipe. Takes up to seconds where there are references.

    On any failure an existing recipe stays as it was.

    Args:
        path: NAME.json.

    Raises:
        UserError: another extension, no such folder, no permission, a full disk; or a reference
            that is too large for a PNG file.
    """
    if path.suffix.lower() != SUFFIX:
        raise UserError(f"{path.name} cannot be saved: a recipe's name ends in {SUFFIX}.")
    recipe = recipe_of(document)
    values: dict[str, Any] = json.loads(recipe_to_json(recipe.edits))
    values["names"] = list(recipe.names)
    folder = files_folder(path)
    values["pictures"] = [_save_photo(folder, photo) for photo in recipe.photos]
    values["masks"] = [_save_mask(folder, mask) for mask in recipe.masks]
    values["sliders"] = _save_sliders(folder, recipe.sliders) if recipe.sliders else None
    write_atomically(path, json.dumps(values, indent=2).encode("ascii"))
    named = {row["file"] for row in (*values["pictures"], *values["masks"])}
    _remove_others(folder, {*named, values["sliders"]})


def load_recipe(path: Path) -> Recipe:
    """The recipe in a file, with all that its edits name. Waits for the disk.

    Raises:
        UserError: there is no such file; it is no recipe, of a later version, or damaged; it names
            a file that is missing, is not what was saved, or lies outside of its folder.
    """
    with opening(path, DAMAGES) as file:
        text = read_at_most(file, MAX_TEXT_BYTES).decode()
        edits = _edits(text)
        return _Reader(files_folder(path), json.loads(text)).recipe(text, edits)


def _named(edits: tuple[Edit, ...], kind: str) -> tuple[str, ...]:
    """Hashes of the "pictures", "masks" or "directions" of edits, each once, in their order."""
    return tuple(dict.fromkeys(sha256 for edit in edits for sha256 in getattr(edit, kind)))


# Saving


def _save_photo(folder: Path, photo: Photo) -> dict[str, str]:
    file = photo_file(photo)
    _save(folder, file.name, file.data)
    return {
        "sha256": photo.picture.sha256,
        "alpha_sha256": photo.alpha_sha256,
        "name": photo.name,
        "file": file.name,
        "file_sha256": hashlib.sha256(file.data).hexdigest(),
    }


def _save_mask(folder: Path, mask: Mask) -> dict[str, str]:
    name = f"{MASKS}/{mask.sha256[:32]}.png"
    _save(folder, name, png.encode_grey(mask.grey_hw))
    return {"sha256": mask.sha256, "file": name}


def _save_sliders(folder: Path, sliders: Sequence[Slider]) -> str:
    digest = hashlib.sha256(repr(sliders).encode()).hexdigest()
    name = f"{SLIDERS}/{digest[:32]}{slider_files.SUFFIX}"
    _make(folder)
    _make(folder / SLIDERS)
    slider_files.write_sliders(folder / name, sliders)
    return name


def _save(folder: Path, name: str, data: bytes) -> None:
    path = folder / name
    _make(folder)
    _make(path.parent)
    write_atomically(path, data)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise writing_failed(folder, error) from error


def _remove_others(folder: Path, names: Collection[str | None]) -> None:
    """Remove what an earlier recipe of that name had; files of other names are left alone."""
    with suppress(OSError):
        for part in (*FOLDERS, MASKS, SLIDERS):
            for path in folder.glob(f"{part}/*"):
                if OURS.fullmatch(path.name) and f"{part}/{path.name}" not in names:
                    path.unlink()


# Loading


def _edits(text: str) -> tuple[Edit, ...]:
    try:
        return recipe_from_json(text)
    except EditError as error:
        words = str(error).removesuffix(".")
        raise Refusal(words[0].lower() + words[1:], "") from error


class _Reader:
    """Reads what the edits of a recipe name.

    Args:
        folder: where it is.
        values: of the recipe's file.
    """

    def __init__(self, folder: Path, values: Mapping[str, Any]) -> None:
        self._folder = folder
        self._values = values
        self._left_pixels = MAX_PIXELS

    def recipe(self, text: str, edits: tuple[Edit, ...]) -> Recipe:
        """The recipe of this text with these edits."""
        pictures = [(sha256, self._photo(row)) for sha256, row in self._rows(edits, "pictures")]
        masks = [self._mask(sha256, row) for sha256, row in self._rows(edits, "masks")]
        sliders = self._sliders(_named(edits, "directions"))
        for written, photo in pictures:
            if photo.picture.sha256 != written:
                text = text.replace(written, photo.picture.sha256)
                edits = _edits(text)
        names = self._values.get("names", [""] * len(edits))
        if len(names) != len(edits) or not all(isinstance(name, str) for name in names):
            raise ValueError(f"names {names!r}")
        photos = tuple(photo for _, photo in pictures)
        return Recipe(edits, tuple(names), photos, tuple(masks), sliders)

    def _rows(self, edits: tuple[Edit, ...], kind: str) -> Iterator[tuple[str, Mapping[str, str]]]:
        """What the edits name, and where it is."""
        rows = {row["sha256"]: row for row in self._values.get(kind, [])}
        for sha256 in _named(edits, kind):
            if sha256 not in rows:
                raise _lacking({"pictures": "reference", "masks": "mask"}[kind], sha256)
            yield sha256, rows[sha256]

    def _photo(self, row: Mapping[str, str]) -> Photo:
        """A picture with the pixels that were saved, or as its unchanged file is decoded here.

        JPEG does not say to the last bit how it is decoded, nor colour profiles how they are
        applied.
        """
        name = _text(row["name"])
        path = self._file(f"the reference {name}", row["file"])
        image = read_image(path)
        picture = Picture.from_rgb(image.rgb_hwc)
        self._count(picture.width_px * picture.height_px)
        photo = Photo(picture, name, path, image.metadata, image.alpha_hw)
        if picture.sha256 != row["sha256"] and _file_hash(path) != row["file_sha256"]:
            raise _changed(f"the reference {name}", path)
        return photo

    def _mask(self, sha256: str, row: Mapping[str, str]) -> Mask:
        path = self._file("a mask", row["file"])
        with opening(path, DAMAGES) as file:
            grey = png.read(file, self._check_mask_size)
            if grey.model != "grey" or grey.samples_hwc.dtype != "uint8":
                raise damaged()
        mask = mask_of(TiledArray.from_array(grey.samples_hwc[..., 0]))
        if mask.sha256 != sha256:
            raise _changed("a mask", path)
        return mask

    def _sliders(self, named: tuple[str, ...]) -> tuple[Slider, ...]:
        if not named:
            return ()
        name = self._values.get("sliders")
        if name is None:
            raise _lacking("slider", named[0])
        path = self._file("a slider", name)
        read = slider_files.read_sliders(path, None)
        there = {slider.direction.sha256: slider for slider in read}
        if not there.keys() >= set(named):
            raise _changed("a slider", path)
        return tuple(there[sha256] for sha256 in named)

    def _file(self, what: str, name: object) -> Path:
        """The path of a file of the folder, which has to be there."""
        parts = re.split(r"[/\\]", _text(name))
        if ".." in parts or not parts[0] or any(":" in part for part in parts):
            raise Refusal(
                f"it names a file outside of its folder, {name!r}",
                "Do not trust where it came from.",
            )
        path = self._folder.joinpath(*parts)
        if not path.exists():
            raise Refusal(
                f"{what} is missing, there is no file {self._folder.name}/{'/'.join(parts)}",
                f"Copy the folder {self._folder.name} to where the recipe is.",
            )
        return path

    def _check_mask_size(self, width_px: int, height_px: int) -> None:
        if width_px * height_px > MAX_MASK_PIXELS:
            raise Refusal(f"it is {width_px} x {height_px} px", "Make the recipe again.")
        self._count(width_px * height_px)

    def _count(self, pixels: int) -> None:
        self._left_pixels -= pixels
        if self._left_pixels < 0:
            raise Refusal("it would fill the memory", "Do not trust where it came from.")


def _file_hash(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _lacking(what: str, sha256: str) -> Refusal:
    return Refusal(
        f"an edit uses the {what} {sha256[:12]}, which the recipe does not have",
        "Save it again where it was made.",
    )


def _changed(what: str, path: Path) -> Refusal:
    return Refusal(
        f"{what} is not what was saved, see {path.parent.name}/{path.name}",
        "Copy the recipe again from where it came from.",
    )


def _text(value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(f"{value!r} is no text")
    return value
