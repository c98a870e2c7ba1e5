"""Edits: what is done to a picture, as small frozen values with a JSON form (`models.recipe`).

A *recipe* is a tuple of edits, applied in order. An edit holds everything that its result depends
on besides the pixels, masks and directions that it names by hash: model id, checkpoint hash, seed.
Two equal edits on equal inputs give the same picture, so an edit is also a cache key.

Adding an edit: a frozen dataclass here that extends `Edit` and sets `kind`, one line in `KINDS`,
and a stage for it in `models.engine`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self, TypeVar, cast

from models.checks import (
    amounts_along,
    check_digest,
    check_flag,
    check_number,
    check_seed,
    check_text,
    id_pairs,
    is_sha256,
    round_spot,
    shown,
)
from models.errors import EditError

HIGHEST_AMOUNT = 1.5
DEVIATIONS = 6.0
FARTHEST = 100.0
LONGEST_NAMES = 100
TEXTURE_AXIS = "texture:"
STRUCTURE_AXIS = "structure:"


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
            raise EditError(f"checkpoint must be a sha256 digest, not {shown(self.checkpoint)}.")
        check_number("strength", self.strength, 0.0, 1.0)
        if self.mask is not None and not is_sha256(self.mask):
            raise EditError(f"mask must be a sha256 digest, not {shown(self.mask)}.")
        check_flag("enabled", self.enabled)

    @property
    def pictures(self) -> tuple[str, ...]:
        """sha256 digests of the pictures that the edit reads, masks excepted."""
        return ()

    @property
    def masks(self) -> tuple[str, ...]:
        """sha256 digests of the masks that the edit reads, each once."""
        return () if self.mask is None else (self.mask,)

    @property
    def directions(self) -> tuple[str, ...]:
        """sha256 digests of the directions that the edit reads (`models.values.Direction`)."""
        return ()

    @property
    def idle(self) -> bool:
        """Whether its numbers ask for nothing: sliders at rest, nothing brushed yet."""
        return False

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The edit with these field values; `EditError` for a name it does not have."""
        known = {f.name for f in fields(cls)}
        if surplus := sorted(set(values) - known):
            raise EditError(f"A {cls.kind} edit has no field {', '.join(surplus)[:LONGEST_NAMES]}.")
        try:
            return cls(**values)
        except TypeError as error:
            raise EditError(f"A {cls.kind} edit is incomplete: {error}.") from error


@dataclass(frozen=True, kw_only=True)
class CodeEdit(Edit):
    """An edit of the codes that a Swapping Autoencoder makes of the picture (thesis, 4.4).

    Edits of codes that follow each other in the list, with the same model, pass their codes on: the
    picture is encoded once, before the first.

    Attributes:
        seed: seed of the generator's noise, which is the fine grain of its textures; None for none.
        detail: 0..1, how much of the picture's own detail is kept: of that part of it, times this,
            which the network cannot say in its codes (the picture minus its reconstruction).
    """

    seed: int | None = 0
    detail: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.seed is not None:
            check_seed("seed", self.seed)
        check_number("detail", self.detail, 0.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class SwapTexture(CodeEdit):
    """Give the picture the texture code of a reference (thesis, section 4.4.3).

    Attributes:
        reference: sha256 of the reference picture.
        amount: 0 is the picture as the network sees it, 1 the reference's texture, up to 1.5.
    """

    kind: ClassVar[str] = "swap_texture"

    reference: str
    amount: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_digest("reference", self.reference)
        check_number("amount", self.amount, 0.0, HIGHEST_AMOUNT)

    @property
    def pictures(self) -> tuple[str, ...]:
        return (self.reference,)


@dataclass(frozen=True, kw_only=True)
class AdjustTexture(CodeEdit):
    """Move the picture's texture code along directions (thesis, 4.4.6; GANSpace, 2004.02546).

    Attributes:
        amounts: (direction, how far in standard deviations, -6..6), each direction once. A
            direction is the sha256 of a `models.values.Direction`, or "texture:N", the model's own
            N-th principal direction, from 0.
    """

    kind: ClassVar[str] = "adjust_texture"

    amounts: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        # JSON gives lists.
        object.__setattr__(self, "amounts", amounts_along(TEXTURE_AXIS, self.amounts, DEVIATIONS))

    @property
    def idle(self) -> bool:
        return not any(amount for _, amount in self.amounts)

    @property
    def directions(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.amounts if is_sha256(name))


@dataclass(frozen=True, kw_only=True)
class ClonePatch:
    """One brushed place of a `CloneStructure`, and where its structure comes from.

    Attributes:
        mask: sha256 of the brushed mask; its soft rim blends the codes.
        dx, dy: from a brushed place to its source, to the right and down, in shares of the shorter
            side of the picture, -100..100.
        source: sha256 of the picture to take from, scaled to the picture's shorter side; None for
            the picture itself, as it is before this edit.
    """

    mask: str
    dx: float
    dy: float
    source: str | None = None

    def __post_init__(self) -> None:
        check_digest("mask", self.mask)
        check_number("dx", self.dx, -FARTHEST, FARTHEST)
        check_number("dy", self.dy, -FARTHEST, FARTHEST)
        if self.source is not None:
            check_digest("source", self.source)


@dataclass(frozen=True, kw_only=True)
class CloneStructure(CodeEdit):
    """Replace the structure code by that of another place (thesis, section 4.4.5).

    The detail that is kept is that of the source, moved with it; of another picture it is left
    there, and the colours of the place are kept instead.

    Attributes:
        patches: painted one over the other, the last one on top.
    """

    kind: ClassVar[str] = "clone_structure"

    patches: tuple[ClonePatch, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "patches", _parts("patches", self.patches, ClonePatch))

    @property
    def idle(self) -> bool:
        return not self.patches

    @property
    def pictures(self) -> tuple[str, ...]:
        return _once(patch.source for patch in self.patches)

    @property
    def masks(self) -> tuple[str, ...]:
        return _once((self.mask, *(patch.mask for patch in self.patches)))


@dataclass(frozen=True, kw_only=True)
class EditRegion(CodeEdit):
    """Move the structure code of a region along principal directions (thesis, section 4.4.6).

    Attributes:
        region: sha256 of the region's mask; its soft rim blends the codes.
        amounts: ("structure:N", how far in standard deviations, -6..6), each direction once; N is
            the number of the model's principal direction of structure codes, from 0.
    """

    kind: ClassVar[str] = "edit_region"

    region: str
    amounts: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        check_digest("region", self.region)
        object.__setattr__(self, "amounts", amounts_along(STRUCTURE_AXIS, self.amounts, DEVIATIONS))
        if any(is_sha256(name) for name, _ in self.amounts):
            raise EditError(f"amounts of a region name {STRUCTURE_AXIS}0, {STRUCTURE_AXIS}1, ...")

    @property
    def idle(self) -> bool:
        return not any(amount for _, amount in self.amounts)

    @property
    def masks(self) -> tuple[str, ...]:
        return _once((self.mask, self.region))


@dataclass(frozen=True, kw_only=True)
class TexturePatch:
    """One brushed place of a `PaintTexture`, and whose texture it takes on.

    Attributes:
        mask: sha256 of the brushed mask; its soft rim blends the codes.
        reference: sha256 of the picture whose texture it is; None for the picture itself, as it is
            before this edit.
        spot: (x, y, radius) of the round place of the reference whose texture is taken, x and y in
            shares of its width and height, the radius of its shorter side; None for all of it.
        amount: 0 is the texture that was there, 1 the reference's, up to 1.5.
    """

    mask: str
    reference: str | None = None
    spot: tuple[float, float, float] | None = None
    amount: float = 1.0

    def __post_init__(self) -> None:
        check_digest("mask", self.mask)
        if self.reference is not None:
            check_digest("reference", self.reference)
        if self.spot is not None:
            object.__setattr__(self, "spot", round_spot(self.spot))
        check_number("amount", self.amount, 0.0, HIGHEST_AMOUNT)


@dataclass(frozen=True, kw_only=True)
class PaintTexture(CodeEdit):
    """Textures where they were brushed: the texture code as a map (thesis, section 4.4.7).

    Attributes:
        patches: painted one over the other, the last one on top.
    """

    kind: ClassVar[str] = "paint_texture"

    patches: tuple[TexturePatch, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "patches", _parts("patches", self.patches, TexturePatch))

    @property
    def idle(self) -> bool:
        return not self.patches

    @property
    def pictures(self) -> tuple[str, ...]:
        return _once(patch.reference for patch in self.patches)

    @property
    def masks(self) -> tuple[str, ...]:
        return _once((self.mask, *(patch.mask for patch in self.patches)))


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
            if value is not None:
                check_digest(name, value)
        check_number("blend", self.blend, 0.0, 1.0)
        # JSON gives lists.
        object.__setattr__(self, "mapping", id_pairs(self.mapping))

    @property
    def pictures(self) -> tuple[str, ...]:
        return _once((self.reference, self.other_reference))


def _once(digests: Iterable[str | None]) -> tuple[str, ...]:
    """Those that are there, each once, in their order."""
    return tuple(dict.fromkeys(sha256 for sha256 in digests if sha256 is not None))


Part = TypeVar("Part", ClonePatch, TexturePatch)


def _parts(name: str, value: object, part: type[Part]) -> tuple[Part, ...]:
    """Patches as they are, or from their JSON form; `EditError` for anything else."""
    if not isinstance(value, list | tuple):
        raise EditError(f"{name} must be a list, not {shown(value)}.")
    return tuple(_part(name, item, part) for item in cast("Sequence[object]", value))


def _part(name: str, item: object, part: type[Part]) -> Part:
    if isinstance(item, part):
        return item
    if not isinstance(item, dict):
        raise EditError(f"{name} must be a list of patches, not of {shown(item)}.")
    values = cast("dict[str, Any]", item)
    if surplus := sorted(set(values) - {f.name for f in fields(part)}):
        raise EditError(f"A patch has no field {', '.join(map(str, surplus))[:LONGEST_NAMES]}.")
    try:
        return part(**values)
    except TypeError as error:
        raise EditError(f"A patch is incomplete: {error}.") from error


KINDS: dict[str, type[Edit]] = {
    edit.kind: edit
    for edit in (
        SwapTexture,
        AdjustTexture,
        CloneStructure,
        EditRegion,
        PaintTexture,
        RenderLayout,
    )
}
