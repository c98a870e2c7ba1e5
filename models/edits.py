"""Edits: what is done to a picture, as small frozen values with a JSON form.

A *recipe* is a tuple of edits, applied in order. An edit holds everything that its result depends
on besides the pixels that it names by hash: model id, checkpoint hash, seed. Two equal edits on
equal inputs give the same picture, so an edit is also a cache key.

Adding an edit: a frozen dataclass here that extends `Edit` and sets `kind`, one line in `KINDS`,
and a stage for it in `models.engine`.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Self, cast

from models.errors import EditError

RECIPE_FORMAT = "scumble-recipe"
RECIPE_VERSION = 1
HEX_DIGITS = frozenset("0123456789abcdef")


def is_sha256(text: object) -> bool:
    """Whether `text` is a sha256 digest in lower-case hexadecimal."""
    return isinstance(text, str) and len(text) == 64 and set(text) <= HEX_DIGITS


def check_number(name: str, value: object, lowest: float, highest: float) -> None:
    """Raise `EditError` unless `value` is a number in [lowest, highest]."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise EditError(f"{name} must be a number, not {value!r}.")
    if not lowest <= value <= highest:
        raise EditError(f"{name} must lie between {lowest:g} and {highest:g}, not {value!r}.")


def check_text(name: str, value: object) -> None:
    """Raise `EditError` unless `value` is text, and not empty."""
    if not isinstance(value, str) or not value:
        raise EditError(f"{name} must be a name, not {value!r}.")


def check_flag(name: str, value: object) -> None:
    """Raise `EditError` unless `value` is True or False."""
    if not isinstance(value, bool):
        raise EditError(f"{name} must be true or false, not {value!r}.")


def check_seed(name: str, value: object) -> None:
    """Raise `EditError` unless `value` is a whole number in [0, 2 ** 63)."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise EditError(f"{name} must be a whole number from 0 to {2**63 - 1}, not {value!r}.")


@dataclass(frozen=True, kw_only=True)
class Edit:
    """What every edit has.

    Attributes:
        model: id of the model that carries it out, as the catalog lists it.
        checkpoint: sha256 of that model's weights; empty means "whatever the id stands for now".
        strength: 0..1, how much of the edit's result replaces its input.
        mask: sha256 of a grey picture that confines the edit, or None for everywhere.
        enabled: False leaves the picture as it was.
    """

    kind: ClassVar[str] = ""

    model: str
    checkpoint: str = ""
    strength: float = 1.0
    mask: str | None = None
    enabled: bool = True

    def __post_init__(self) -> None:
        check_text("model", self.model)
        if self.checkpoint != "" and not is_sha256(self.checkpoint):
            raise EditError(f"checkpoint must be a sha256 digest, not {self.checkpoint!r}.")
        check_number("strength", self.strength, 0.0, 1.0)
        if self.mask is not None and not is_sha256(self.mask):
            raise EditError(f"mask must be a sha256 digest, not {self.mask!r}.")
        check_flag("enabled", self.enabled)

    @property
    def pictures(self) -> tuple[str, ...]:
        """sha256 digests of the pictures that the edit reads, the mask excepted."""
        return ()

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The edit with these field values; `EditError` for a name it does not have."""
        known = {f.name for f in fields(cls)}
        if surplus := sorted(set(values) - known):
            raise EditError(f"A {cls.kind} edit has no field {', '.join(surplus)}.")
        try:
            return cls(**values)
        except TypeError as error:
            raise EditError(f"A {cls.kind} edit is incomplete: {error}.") from error


@dataclass(frozen=True, kw_only=True)
class SwapTexture(Edit):
    """Give the picture the texture code of a reference (thesis, section 4.4.3).

    Attributes:
        reference: sha256 of the reference picture.
        amount: 0 is the picture as the network sees it, 1 the reference's texture, up to 1.5.
        seed: seed of the generator's noise, which is the fine grain of its textures; None for none.
    """

    kind: ClassVar[str] = "swap_texture"

    reference: str
    amount: float = 1.0
    seed: int | None = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not is_sha256(self.reference):
            raise EditError(f"reference must be a sha256 digest, not {self.reference!r}.")
        check_number("amount", self.amount, 0.0, 1.5)
        if self.seed is not None:
            check_seed("seed", self.seed)

    @property
    def pictures(self) -> tuple[str, ...]:
        return (self.reference,)


@dataclass(frozen=True, kw_only=True)
class RenderLayout(Edit):
    """Render the document's layout (thesis, section 2.2).

    The style is a photo's (`reference`) or else a random one (`seed`); on the way to a second one,
    where there is one, by `blend`. Models without styles use none of it.

    Attributes:
        seed: of the random style.
        reference: sha256 of the photo whose style is taken over, or None.
        other_seed: of the random second style, or None for no such.
        other_reference: sha256 of the second style's photo, or None.
        blend: 0 is the first style, 1 the second; 0 where there is no second.
        mapping: (id in the layout's palette, id in the model's), for every label that the layout
            may have, where the two palettes are not the same.
    """

    kind: ClassVar[str] = "render_layout"

    seed: int = 0
    reference: str | None = None
    other_seed: int | None = None
    other_reference: str | None = None
    blend: float = 0.0
    mapping: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        check_seed("seed", self.seed)
        if self.other_seed is not None:
            check_seed("other_seed", self.other_seed)
        for name in ("reference", "other_reference"):
            value = getattr(self, name)
            if value is not None and not is_sha256(value):
                raise EditError(f"{name} must be a sha256 digest, not {value!r}.")
        check_number("blend", self.blend, 0.0, 1.0)
        # JSON gives lists.
        object.__setattr__(self, "mapping", _pairs(self.mapping))

    @property
    def pictures(self) -> tuple[str, ...]:
        named = (self.reference, self.other_reference)
        return tuple(dict.fromkeys(sha256 for sha256 in named if sha256 is not None))


def _pairs(value: object) -> tuple[tuple[int, int], ...]:
    """`mapping` as tuples; `EditError` unless it is pairs of label ids, none mapped twice."""
    if not isinstance(value, list | tuple):
        raise EditError(f"mapping must be pairs of label ids, not {value!r}.")
    pairs: list[tuple[int, int]] = []
    for pair in cast("Sequence[object]", value):
        match pair:
            case [int(before), int(after)] if 0 <= min(before, after) <= max(before, after) < 65536:
                pairs.append((before, after))
            case _:
                raise EditError(f"mapping must be pairs of label ids, not {pair!r}.")
    if len(dict(pairs)) < len(pairs):
        raise EditError("mapping names a label twice.")
    return tuple(pairs)


KINDS: dict[str, type[Edit]] = {edit.kind: edit for edit in (SwapTexture, RenderLayout)}


def recipe_to_json(edits: Sequence[Edit]) -> str:
    """The recipe as JSON text; `recipe_from_json` gives equal edits back."""
    return json.dumps(
        {
            "format": RECIPE_FORMAT,
            "version": RECIPE_VERSION,
            "edits": [{"kind": edit.kind, **asdict(edit)} for edit in edits],
        },
        indent=2,
    )


def recipe_from_json(text: str) -> tuple[Edit, ...]:
    """The edits of a recipe.

    Raises:
        EditError: not JSON, not a recipe, from a later version, an unknown kind, or a bad value.
    """
    try:
        values: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise EditError(f"This is not a recipe: the JSON cannot be read ({error}).") from error
    recipe = cast("dict[str, Any]", values) if isinstance(values, dict) else {}
    if recipe.get("format") != RECIPE_FORMAT:
        raise EditError("This is not a Scumble recipe.")
    if recipe.get("version") != RECIPE_VERSION:
        raise EditError(
            f"The recipe has version {recipe.get('version')}, and this program reads "
            f"{RECIPE_VERSION}: open it with the program that wrote it."
        )
    entries: object = recipe.get("edits")
    if not isinstance(entries, list):
        raise EditError("The recipe has no list of edits.")
    return tuple(_edit_from_json(entry) for entry in cast("list[object]", entries))


def _edit_from_json(entry: object) -> Edit:
    if not isinstance(entry, dict):
        raise EditError("An entry of the recipe is not an edit.")
    values = dict(cast("dict[str, Any]", entry))
    kind: object = values.pop("kind", None)
    if not isinstance(kind, str) or kind not in KINDS:
        raise EditError(f"The recipe has an edit of the unknown kind {kind!r}.")
    return KINDS[kind].from_dict(values)
