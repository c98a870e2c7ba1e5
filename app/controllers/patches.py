"""Brushed places of edits: which edit a stroke goes into, and what the document becomes by it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import floor

from app.document.document import Document, EditEntry, replace_edit, with_edit
from app.document.masks import empty_levels, levels_of, mask_of
from app.document.rect import Rect
from app.document.tiles import TiledArray
from app.tools.mask_brush import MaskStroke, SoftBrushSettings
from app.tools.stroke import StrokeSample
from models.edits import ClonePatch as Clone
from models.edits import CloneStructure, Edit, EditRegion, PaintTexture
from models.edits import TexturePatch as Texture
from models.values import Mask

FULL = 255
Make = Callable[[Sequence[TiledArray]], Document]


@dataclass(frozen=True)
class Canvas:
    """What a stroke works on.

    Attributes:
        levels: of the masks that it paints.
        make: gives the document that has other levels in their place.
        limit: a stroke leaves document pixels outside as they are; None for no limit.
        ended: gives the document of a stroke that has ended.
    """

    levels: tuple[TiledArray, ...]
    make: Make
    limit: Rect | None = None
    ended: Callable[[Document], Document] = lambda document: document


class ScaledStroke:
    """A stroke in document pixels on a mask that may have another size than the document."""

    def __init__(
        self,
        levels: TiledArray,
        document: Document,
        settings: SoftBrushSettings,
        *,
        erase: bool = False,
        limit: Rect | None = None,
    ) -> None:
        self._across = levels.width_px / document.width_px
        self._down = levels.height_px / document.height_px
        scale = (self._across * self._down) ** 0.5
        own = replace(
            settings,
            diameter_px=settings.diameter_px * scale,
            smoothing_reach_px=settings.smoothing_reach_px * scale,
        )
        self._stroke = MaskStroke(levels, own, erase=erase, limit=self._scaled(limit))

    def add(self, sample: StrokeSample) -> TiledArray:
        """The levels after the hand went here."""
        x_px, y_px = sample.x_px * self._across, sample.y_px * self._down
        return self._stroke.add(replace(sample, x_px=x_px, y_px=y_px))

    def finish(self) -> TiledArray:
        """The levels when the hand is lifted."""
        return self._stroke.finish()

    def _scaled(self, limit: Rect | None) -> Rect | None:
        if limit is None:
            return None
        return Rect.spanning(
            round(limit.x_px * self._across),
            round(limit.y_px * self._down),
            round(limit.right_px * self._across),
            round(limit.bottom_px * self._down),
        )


class CanvasStroke:
    """One stroke on all masks of a canvas.

    Attributes:
        changed: whether it has changed any level so far.
        missed: whether the hand has been over the document, but only outside the canvas's limit.
    """

    def __init__(
        self,
        canvas: Canvas,
        document: Document,
        settings: SoftBrushSettings,
        *,
        erase: bool = False,
    ) -> None:
        self._canvas = canvas
        self._strokes = tuple(
            ScaledStroke(levels, document, settings, erase=erase, limit=canvas.limit)
            for levels in canvas.levels
        )
        self._limit = canvas.limit
        self._bounds = Rect(0, 0, document.width_px, document.height_px)
        self._within: set[bool] = set()
        self.changed = False

    @property
    def missed(self) -> bool:
        return self._within == {False}

    def add(self, sample: StrokeSample) -> Document:
        """The document after the hand went here."""
        place = floor(sample.x_px), floor(sample.y_px)
        if self._limit is not None and self._bounds.contains(*place):
            self._within.add(self._limit.contains(*place))
        return self._made([stroke.add(sample) for stroke in self._strokes])

    def finish(self) -> Document:
        """The document when the hand is lifted."""
        made = self._made([stroke.finish() for stroke in self._strokes])
        return self._canvas.ended(made)

    def _made(self, levels: list[TiledArray]) -> Document:
        before = self._canvas.levels
        self.changed = any(new is not old for new, old in zip(levels, before, strict=True))
        return self._canvas.make(levels)


def entry_for(document: Document, selected: int | None, kind: type[Edit]) -> EditEntry | None:
    """The edit of a kind that tools act on: the selected one, or else the last of the list."""
    chosen = next((entry for entry in document.entries if entry.uid == selected), None)
    for entry in (chosen, *document.entries[-1:]):
        if entry is not None and isinstance(entry.edit, kind):
            return entry
    return None


def patch_canvas(
    document: Document,
    entry: EditEntry | None,
    edit: CloneStructure | PaintTexture,
    patch: Clone | Texture,
    limit: Rect | None = None,
) -> Canvas:
    """Where a stroke of the clone brush or the texture brush goes.

    Into the last patch of the edit if that paints the same, else into a new patch.

    Args:
        entry: of the edit; None for a new one.
        patch: what is painted, whatever its mask.
        limit: where the source has pixels.
    """
    kept, levels = edit.patches, empty_levels(document.width_px, document.height_px)
    if kept and replace(kept[-1], mask=patch.mask) == patch:
        levels = _levels(document, kept[-1].mask)
        kept = kept[:-1]

    def make(painted: Sequence[TiledArray]) -> Document:
        mask = mask_of(painted[0])
        # What is painted is to be seen.
        patches = (*kept, replace(patch, mask=mask.sha256))
        changed = replace(edit, patches=patches, enabled=True)
        if entry is None:
            return with_edit(document, changed, masks=(mask,))
        return replace_edit(document, entry.uid, changed, masks=(mask,))

    return Canvas((levels,), make, limit)


def mask_canvas(document: Document, entry: EditEntry) -> Canvas:
    """The masks that an eraser takes away from: of all patches, or the edit's own.

    An edit of the whole picture gets a mask of its own, full at first.
    """
    edit = entry.edit
    names = masks_of(edit)
    if not names:
        size_px = (document.height_px, document.width_px)
        return Canvas(
            (TiledArray.filled(*size_px, FULL),),
            lambda painted: _renamed(document, entry, {"": mask_of(painted[0])}),
        )
    levels = tuple(_levels(document, name) for name in names)

    def make(painted: Sequence[TiledArray]) -> Document:
        masks = {name: mask_of(new) for name, new in zip(names, painted, strict=True)}
        return _renamed(document, entry, masks)

    return Canvas(levels, make, ended=lambda document: _without_empty(document, entry.uid))


def masks_of(edit: Edit) -> tuple[str, ...]:
    """The masks that tell where an edit was brushed, each once; else the mask of the edit."""
    if isinstance(edit, CloneStructure | PaintTexture):
        return tuple(dict.fromkeys(patch.mask for patch in edit.patches))
    if isinstance(edit, EditRegion):
        return (edit.region,)
    return () if edit.mask is None else (edit.mask,)


def shown_masks(document: Document, entry: EditEntry) -> tuple[TiledArray, ...]:
    """The levels of these masks."""
    return tuple(_levels(document, name) for name in masks_of(entry.edit))


def _renamed(document: Document, entry: EditEntry, masks: dict[str, Mask]) -> Document:
    """The document whose edit names these masks in place of the old ones; "" is its missing one."""
    edit = entry.edit
    if isinstance(edit, CloneStructure | PaintTexture):
        patches = tuple(replace(p, mask=masks[p.mask].sha256) for p in edit.patches)
        edit = replace(edit, patches=patches)
    else:
        edit = replace(edit, mask=masks[edit.mask or ""].sha256)
    return replace_edit(document, entry.uid, edit, masks=tuple(masks.values()))


def _without_empty(document: Document, uid: int) -> Document:
    """The document without those patches of an edit that have been erased altogether."""
    edit = document.entry(uid).edit
    if not isinstance(edit, CloneStructure | PaintTexture):
        return document
    kept = tuple(patch for patch in edit.patches if _any(document, patch.mask))
    return replace_edit(document, uid, replace(edit, patches=kept))


def _levels(document: Document, sha256: str) -> TiledArray:
    mask = document.mask(sha256)
    if mask is None:
        return empty_levels(document.width_px, document.height_px)
    return levels_of(mask)


def _any(document: Document, sha256: str) -> bool:
    return any(tile.any() for tile in _levels(document, sha256).tiles)
