"""Which class each label id of the data means: a palette's own ids, or a table. Never torch.

A class is a channel of the network; a palette says what the classes are called. Palettes are the
files in `resources/palettes/`, of which the trainer needs ids and colours alone.
"""

import colorsys
import csv
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.catalog import shipped_folder
from models.errors import DataError

IDS = 256
MOST_CLASSES = 255
NO_CLASS = -1
"""In a table: the data must not have this id."""
UNKNOWN_ID = 255
"""Of pixels that nobody labelled. A method says what becomes of them, if a table does not."""
DEFAULT_PALETTE = "landscape"
Rgb = tuple[int, int, int]


@dataclass(frozen=True)
class LabelTable:
    """Attributes:
    classes_of: for each of 256 ids the class, or `NO_CLASS`.
    classes: how many classes there are.
    """

    classes_of: tuple[int, ...]
    classes: int

    def with_unknown(self, number: int) -> tuple[int, ...]:
        """`classes_of`, where unknown pixels are `number` unless the table says what they are."""
        if self.classes_of[UNKNOWN_ID] != NO_CLASS:
            return self.classes_of
        return (*self.classes_of[:UNKNOWN_ID], number)


def palettes_folder() -> Path:
    """Where the shipped palettes are, in the wheel or in the source tree."""
    return shipped_folder().parent / "resources" / "palettes"


def palette_ids() -> tuple[str, ...]:
    """The shipped palettes."""
    return tuple(sorted(path.stem for path in palettes_folder().glob("*.toml")))


def choose_labels(labels: str | None, palette_id: str | None) -> tuple[str, str, LabelTable]:
    """What a person left unsaid of `labels` and `palette_id`.

    Args:
        labels: a palette's id, a CSV file, or None for the ids of `palette_id`.
        palette_id: what the classes are called, or None: the palette of `labels`, else landscape.

    Returns:
        The recipe's `labels`, the palette's id, and the table.

    Raises:
        DataError: no such palette or file, or more classes than the palette has labels.
    """
    ids = palette_ids()
    palette_id = palette_id or (labels if labels in ids else None) or DEFAULT_PALETTE
    labels = labels or palette_id
    own, table = _palette_table(palette_id), read_table(labels)
    if table.classes > own.classes:
        raise DataError(
            f"{labels} makes {table.classes} classes, and the palette {palette_id} has "
            f"{own.classes}: name another palette with --palette, or another table."
        )
    return labels if labels in ids else os.path.abspath(labels), palette_id, table


def read_table(labels: str) -> LabelTable:
    """The table of a palette's id, or of a CSV file with the columns id and class.

    Raises:
        DataError: there is neither, or the file cannot be meant.
    """
    if labels in palette_ids():
        return _palette_table(labels)
    path = Path(labels)
    if not os.path.isfile(path):
        raise DataError(
            f"{labels} is neither a palette ({', '.join(palette_ids())}) nor a table: give one "
            "of them with --labels."
        )
    classes_of = [NO_CLASS] * IDS
    for id, number in _rows(path):
        if classes_of[id] != NO_CLASS:
            raise DataError(f"The table {path} has the id {id} twice: leave one out.")
        classes_of[id] = number
    used = [number for number in classes_of if number != NO_CLASS]
    if not used:
        raise DataError(f"The table {path} has no rows below its head, id,class.")
    return LabelTable(tuple(classes_of), max(used) + 1)


def own_classes(classes: int) -> LabelTable:
    """The table for ids that are classes already."""
    return LabelTable(tuple(id if id < classes else NO_CLASS for id in range(IDS)), classes)


def class_colours(palette_id: str | None, count: int) -> tuple[Rgb, ...]:
    """A colour for each of `count` classes: the palette's, or evenly spread hues.

    Raises:
        DataError: the palette cannot be read.
    """
    spread = (colorsys.hsv_to_rgb(i * 0.618034 % 1.0, 0.6, 0.9) for i in range(count))
    colours = [(int(r * 255), int(g * 255), int(b * 255)) for r, g, b in spread]
    for label in _labels(palette_id) if palette_id else ():
        if label["id"] < count:
            red, green, blue = label["rgb"]
            colours[label["id"]] = (red, green, blue)
    return tuple(colours)


def _palette_table(palette_id: str) -> LabelTable:
    ids = [label["id"] for label in _labels(palette_id) if label["id"] != UNKNOWN_ID]
    return own_classes(max(ids) + 1)


def _labels(palette_id: str) -> list[dict[str, Any]]:
    if palette_id not in palette_ids():
        raise DataError(
            f"There is no palette {palette_id}; there are {', '.join(palette_ids()) or 'none'}."
        )
    path = palettes_folder() / f"{palette_id}.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))["label"]
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"The palette {path} cannot be read: install the program again.") from error


def _rows(path: Path) -> list[tuple[int, int]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [(int(row["id"]), int(row["class"])) for row in csv.DictReader(file)]
    except (OSError, KeyError, ValueError, TypeError, csv.Error) as error:
        raise DataError(
            f"The table {path} cannot be read: it must be a CSV file with the columns id and "
            "class, whole numbers."
        ) from error
    for id, number in rows:
        if not (0 <= id < IDS and 0 <= number < MOST_CLASSES):
            raise DataError(
                f"The table {path} has the row {id},{number}: ids end at {IDS - 1}, classes at "
                f"{MOST_CLASSES - 1}."
            )
    return rows
