"""Palettes: what the labels of a label map mean, how they look, which key picks them."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.errors import UserError

HIGHEST_ID = 65535
FIRST_LABEL = -1
NO_CHOICES: Mapping[int, int | None] = MappingProxyType({})
PATTERNS = (
    "",
    "lines",
    "columns",
    "cross",
    "diagonal",
    "back-diagonal",
    "lattice",
    "dots",
    "waves",
)
"""What a label's colour may be hatched with, "" for nothing: level and upright lines, both of
them, lines like / and like a backslash, both of them, dots, waves."""

# For a name that the other palette does not have, the names to look for there, the best first.
# Only what can stand for the thing in an outdoor picture.
NEXT_BEST: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "airplane": ("plane",),
        "apparel": ("clothes",),
        "building": ("house", "skyscraper"),
        "bush": ("plant", "vegetation", "tree"),
        "clouds": ("sky",),
        "dirt": ("earth", "ground", "terrain"),
        "dirt track": ("dirt", "path", "earth", "road", "terrain"),
        "earth": ("dirt", "ground", "terrain"),
        "field": ("grass", "terrain"),
        "flower": ("plant", "vegetation"),
        "fog": ("sky",),
        "grass": ("field", "terrain"),
        "gravel": ("earth", "path", "ground"),
        "ground": ("dirt", "earth", "terrain"),
        "guard rail": ("railing", "fence"),
        "hill": ("mountain",),
        "house": ("building",),
        "lake": ("water", "river", "sea"),
        "land": ("ground", "earth", "dirt", "terrain"),
        "leaves": ("plant", "tree", "vegetation"),
        "minibike": ("motorcycle",),
        "moss": ("grass", "plant", "vegetation"),
        "motorcycle": ("minibike",),
        "mountain": ("hill",),
        "mud": ("dirt", "earth", "ground", "terrain"),
        "palm": ("tree", "vegetation"),
        "parking": ("road", "pavement"),
        "path": ("dirt", "gravel", "earth", "road", "terrain"),
        "pavement": ("sidewalk", "road"),
        "plant": ("bush", "vegetation", "tree"),
        "rail track": ("railroad",),
        "railing": ("fence", "guard rail"),
        "railroad": ("rail track",),
        "rider": ("person",),
        "river": ("water", "lake", "sea"),
        "road": ("street", "pavement"),
        "rock": ("stone",),
        "runway": ("road",),
        "sand": ("earth", "dirt", "terrain"),
        "sea": ("water", "lake", "river"),
        "ship": ("boat",),
        "boat": ("ship",),
        "sidewalk": ("pavement", "road"),
        "sky": ("clouds",),
        "skyscraper": ("building", "house"),
        "stone": ("rock",),
        "straw": ("grass", "field", "terrain"),
        "swimming pool": ("water",),
        "terrain": ("grass", "earth", "dirt"),
        "tower": ("skyscraper", "building"),
        "trade name": ("signboard",),
        "traffic sign": ("street sign", "signboard"),
        "street sign": ("traffic sign", "signboard"),
        "signboard": ("traffic sign", "street sign", "banner"),
        "tree": ("vegetation",),
        "van": ("car",),
        "vegetation": ("tree", "plant", "bush"),
        "water": ("sea", "lake", "river"),
        "waterfall": ("water", "river"),
    }
)


@dataclass(frozen=True)
class Label:
    """One thing that can be painted.

    Attributes:
        id: its value in a label map, 0..65535.
        name: in plain words; case does not tell names apart.
        rgb: its colour on the screen and in pictures of layouts, 0..255 each.
        hotkey: the key that picks it, or None.
        pattern: what hatches its colour, so that colour alone need not tell it; of `PATTERNS`.
        aliases: other names that find it, such as the one in the data set that it comes from.
    """

    id: int
    name: str
    rgb: tuple[int, int, int]
    hotkey: str | None = None
    pattern: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Palette:
    """The labels that go together, in the order in which they are shown.

    Colours may repeat, as they do in published sets; ids, names and hotkeys may not. An alias may
    be another label's name or alias: names come first, then the earlier label.

    Attributes:
        id: what layouts and weights files call it.
        title: what people call it.
        labels: at least one.
        background: the label of empty canvases and of the eraser; the first label unless given.
        unknown: the label of pixels of which nothing is known, or None.

    Raises:
        ValueError: no labels, two that cannot be told apart, or a value that cannot be; the words
            complete "The palette is no good: ".
    """

    id: str
    title: str
    labels: tuple[Label, ...]
    background: int = FIRST_LABEL
    unknown: int | None = None

    def __post_init__(self) -> None:
        if not (self.id and self.title and self.labels):
            raise ValueError("it has no id, no title or no labels")
        for label in self.labels:
            _check_label(label)
        if self.background == FIRST_LABEL:
            object.__setattr__(self, "background", self.labels[0].id)
        for what, id in (("background", self.background), ("unknown", self.unknown)):
            if id is not None and self.by_id(id) is None:
                raise ValueError(f"its {what} is {id}, which is no label of it")
        hotkeys = (label.hotkey for label in self.labels if label.hotkey is not None)
        _refuse_twice("id", (str(label.id) for label in self.labels))
        _refuse_twice("name", (label.name.casefold() for label in self.labels))
        _refuse_twice("hotkey", (hotkey.casefold() for hotkey in hotkeys))

    @cached_property
    def names(self) -> tuple[tuple[int, str], ...]:
        """Id and name of every label."""
        return tuple((label.id, label.name) for label in self.labels)

    @property
    def highest_id(self) -> int:
        """The largest id of a label."""
        return max(self._by_id)

    def by_id(self, id: int) -> Label | None:
        """The label with this value, None if there is none."""
        return self._by_id.get(id)

    def by_name(self, name: str) -> Label | None:
        """The label of this name, else of this alias, in upper or lower case; None without one."""
        return self._by_name.get(name.casefold())

    def by_rgb(self, rgb: tuple[int, int, int]) -> Label:
        """The label whose colour is nearest, by the sum of squares; the first of several."""
        return min(
            self.labels,
            key=lambda label: sum((a - b) ** 2 for a, b in zip(label.rgb, rgb, strict=True)),
        )

    def search(self, text: str) -> tuple[Label, ...]:
        """The labels of which a name or alias holds every word of `text`, the best first.

        Better is the whole name, then its beginning, then the beginning of a word, then the rest;
        then names before aliases; among equals the palette's order holds. All for no words.
        """
        ranked = ((_best_rank(label, text.casefold()), label) for label in self.labels)
        found = ((rank, label) for rank, label in ranked if rank is not None)
        return tuple(label for _, label in sorted(found, key=lambda pair: pair[0]))

    def mapping_to(
        self, other: "Palette", choices: Mapping[int, int | None] = NO_CHOICES
    ) -> dict[int, int | None]:
        """For each id here the one in `other` that stands for it, None where nothing does.

        As chosen; else of the same name; else what has this name or one of the aliases; else
        the nearest thing of that palette, as `NEXT_BEST` has it; the unknown for the unknown.

        Raises:
            KeyError: a choice names an id that its palette does not have.
        """
        for id, chosen in choices.items():
            if self.by_id(id) is None or (chosen is not None and other.by_id(chosen) is None):
                raise KeyError(id)
        found = {label.id: other._standing_for(label) for label in self.labels}
        if self.unknown is not None:
            found[self.unknown] = other.unknown
        return found | dict(choices)

    def _standing_for(self, label: Label) -> int | None:
        """The id here that stands for another palette's label."""
        names = (label.name, *label.aliases)
        further = (name for known in names for name in NEXT_BEST.get(known.casefold(), ()))
        found = (self.by_name(name) for name in (*names, *further))
        return next((mine.id for mine in found if mine is not None), None)

    @cached_property
    def _by_id(self) -> dict[int, Label]:
        return {label.id: label for label in self.labels}

    @cached_property
    def _by_name(self) -> dict[str, Label]:
        backwards = self.labels[::-1]
        by_alias = {alias.casefold(): label for label in backwards for alias in label.aliases}
        return by_alias | {label.name.casefold(): label for label in backwards}


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
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"The palette {path.name} is no good: {error}.", "Mend the file, or choose another."
        ) from error


def _palette(table: dict[str, Any]) -> Palette:
    match table:
        case {"id": str(id), "title": str(title), "label": [*labels], **rest} if rest.keys() <= {
            "background",
            "unknown",
        } and _are_whole(rest.values()):
            found = tuple(_label(number, label) for number, label in enumerate(labels, 1))
            return Palette(id, title, found, **rest)
        case _:
            raise ValueError(
                "it needs an id, a title and label tables, may have the ids background and "
                "unknown, and nothing else"
            )


def _label(number: int, table: Any) -> Label:
    match table:
        case {"id": int(id), "name": str(name), "rgb": [int(r), int(g), int(b)], **rest} if (
            rest.keys() <= {"hotkey", "pattern", "aliases"} and _are_whole((id, r, g, b))
        ):
            match rest.get("hotkey"), rest.get("pattern", ""), rest.get("aliases", []):
                case [None | str() as hotkey, str(pattern), [*aliases]] if all(
                    isinstance(alias, str) for alias in aliases
                ):
                    return Label(id, name, (r, g, b), hotkey, pattern, tuple(aliases))
                case _:
                    pass
        case _:
            pass
    raise ValueError(
        f"label table {number} needs an id, a name and an rgb of three numbers, and may have a "
        "hotkey, a pattern and aliases"
    )


def _are_whole(values: Iterable[object]) -> bool:
    """Whether all are whole numbers, which true and false are to Python."""
    return all(isinstance(value, int) and not isinstance(value, bool) for value in values)


def _check_label(label: Label) -> None:
    if not label.name.strip():
        raise ValueError(f"label {label.id} has no name")
    if not 0 <= label.id <= HIGHEST_ID:
        raise ValueError(f"{label.name} has the id {label.id}, not one of 0 to {HIGHEST_ID}")
    if not all(0 <= part <= 255 for part in label.rgb):
        raise ValueError(f"{label.name} has a colour beyond 0 to 255")
    if label.pattern not in PATTERNS:
        known = ", ".join(PATTERNS[1:])
        raise ValueError(f"{label.name} has the pattern {label.pattern}, not one of {known}")


def _refuse_twice(what: str, values: Iterable[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"two labels have the {what} {value}")
        seen.add(value)


def _best_rank(label: Label, text: str) -> tuple[int, bool] | None:
    """How well the name or an alias meets a search, and whether it is an alias; None if none."""
    names = enumerate((label.name, *label.aliases))
    ranks = ((_rank(name.casefold(), text), number > 0) for number, name in names)
    return min(((rank, alias) for rank, alias in ranks if rank is not None), default=None)


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
