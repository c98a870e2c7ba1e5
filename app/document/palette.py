"""Palettes: what the labels of a label map mean, how they look, which key picks them."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.errors import UserError

HIGHEST_ID = 65535
NO_CHOICES: Mapping[int, int | None] = MappingProxyType({})


@dataclass(frozen=True)
class Label:
    """One thing that can be painted.

    Attributes:
        id: its value in a label map, 0..65535.
        name: in plain words; case does not tell names apart.
        rgb: its colour on the screen and in pictures of layouts, 0..255 each.
        hotkey: the key that picks it, or None.
    """

    id: int
    name: str
    rgb: tuple[int, int, int]
    hotkey: str | None = None


@dataclass(frozen=True)
class Palette:
    """The labels that go together, in the order in which they are shown.

    Colours may repeat, as they do in published sets; ids, names and hotkeys may not.

    Raises:
        ValueError: no labels, two that cannot be told apart, or a value that cannot be; the words
            complete "The palette is no good: ".
    """

    id: str
    title: str
    labels: tuple[Label, ...]

    def __post_init__(self) -> None:
        if not (self.id and self.title and self.labels):
            raise ValueError("it has no id, no title or no labels")
        for label in self.labels:
            if not label.name.strip():
                raise ValueError(f"label {label.id} has no name")
            if not 0 <= label.id <= HIGHEST_ID:
                raise ValueError(
                    f"{label.name} has the id {label.id}, not one of 0 to {HIGHEST_ID}"
                )
            if not all(0 <= part <= 255 for part in label.rgb):
                raise ValueError(f"{label.name} has a colour beyond 0 to 255")
        hotkeys = (label.hotkey for label in self.labels if label.hotkey is not None)
        _refuse_twice("id", (str(label.id) for label in self.labels))
        _refuse_twice("name", (label.name.casefold() for label in self.labels))
        _refuse_twice("hotkey", (hotkey.casefold() for hotkey in hotkeys))

    def by_id(self, id: int) -> Label | None:
        """The label with this value, None if there is none."""
        return next((label for label in self.labels if label.id == id), None)

    def by_name(self, name: str) -> Label | None:
        """The label of this name, in upper or lower case; None if there is none."""
        return next((x for x in self.labels if x.name.casefold() == name.casefold()), None)

    def by_rgb(self, rgb: tuple[int, int, int]) -> Label:
        """The label whose colour is nearest, by the sum of squares; the first of several."""
        return min(
            self.labels,
            key=lambda label: sum((a - b) ** 2 for a, b in zip(label.rgb, rgb, strict=True)),
        )

    def search(self, text: str) -> tuple[Label, ...]:
        """The labels whose names hold every word of `text`, the best first; all for no words.

        Better is the whole name, then its beginning, then the beginning of a word, then the rest;
        among equals the palette's order holds.
        """
        ranked = ((_rank(label.name.casefold(), text.casefold()), label) for label in self.labels)
        found = ((rank, label) for rank, label in ranked if rank is not None)
        return tuple(label for _, label in sorted(found, key=lambda pair: pair[0]))

    def mapping_to(
        self, other: "Palette", choices: Mapping[int, int | None] = NO_CHOICES
    ) -> dict[int, int | None]:
        """For each id here the one in `other`: as chosen, else of the same name, else None.

        Raises:
            KeyError: a choice names an id that its palette does not have.
        """
        for id, chosen in choices.items():
            if self.by_id(id) is None or (chosen is not None and other.by_id(chosen) is None):
                raise KeyError(id)
        same = {label.id: other.by_name(label.name) for label in self.labels}
        return {id: label.id if label else None for id, label in same.items()} | dict(choices)


def load_palette(path: Path) -> Palette:
    """The palette in a TOML file: `id`, `title`, and `[[label]]` tables as `Label` has fields.

    Raises:
        UserError: the file cannot be read, or is no good as a palette.
    """
    try:
        with path.open("rb") as file:
            return _palette(tomllib.load(file))
    except OSError as error:
        raise UserError(
            f"{path.name} cannot be read: {error.strerror or error}.", "Choose another palette."
        ) from error
    except ValueError as error:
        raise UserError(
            f"The palette {path.name} is no good: {error}.", "Mend the file, or choose another."
        ) from error


def _palette(table: dict[str, Any]) -> Palette:
    match table:
        case {"id": str(id), "title": str(title), "label": [*labels], **rest} if not rest:
            return Palette(id, title, tuple(_label(n, x) for n, x in enumerate(labels, 1)))
        case _:
            raise ValueError("it needs an id, a title and label tables, and nothing else")


def _label(number: int, table: Any) -> Label:
    match table:
        case {"id": int(id), "name": str(name), "rgb": [int(r), int(g), int(b)], **rest} if (
            rest.keys() <= {"hotkey"} and isinstance(rest.get("hotkey", ""), str)
        ):
            return Label(id, name, (r, g, b), rest.get("hotkey"))
        case _:
            raise ValueError(
                f"label table {number} needs an id, a name and an rgb of three numbers, and may "
                "have a hotkey"
            )


def _refuse_twice(what: str, values: Iterable[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"two labels have the {what} {value}")
        seen.add(value)


def _rank(name: str, text: str) -> int | None:
    """How well a name meets the words of a search, 0 best; None if not at all."""
    if name == text.strip():
        return 0
    ranks = [_word_rank(name, word) for word in text.split()]
    return None if None in ranks else 1 + sum(rank for rank in ranks if rank is not None)


def _word_rank(name: str, word: str) -> int | None:
    if name.startswith(word):
        return 0
    if any(part.startswith(word) for part in name.replace("-", " ").split()):
        return 1
    return 2 if word in name else None
