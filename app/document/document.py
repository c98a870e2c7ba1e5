"""The document: one frozen value that holds all that a picture is made of.

Every operation is a function that gives a new document, or the very same one where nothing
changed. Documents share what they have in common, and are equal by value: pictures by their hash,
label maps by their tiles.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy.typing as npt

from app.document.io.metadata import ImageMetadata
from app.document.sliders import Slider
from app.document.tiles import TiledArray
from app.errors import UserError
from models.edits import Edit
from models.values import Mask, Picture, pixel_hash


@dataclass(frozen=True)
class Photo:
    """A picture and where it came from.

    Attributes:
        picture: the pixels.
        name: how the person knows it, mostly a file's name.
        path: the file that it was read from, or None.
        metadata: what an export carries again.
        alpha_hw: H x W of the picture's type, 0 is transparent, or None; read-only, a copy if it
            was not.
        alpha_sha256: `pixel_hash` of it, by which two photos' alphas are compared; "" for none.

    Raises:
        ValueError: alpha of another size than the picture.
    """

    picture: Picture
    name: str
    path: Path | None = None
    metadata: ImageMetadata = field(default_factory=ImageMetadata)
    alpha_hw: npt.NDArray[Any] | None = field(default=None, compare=False, repr=False)
    alpha_sha256: str = field(default="", init=False, repr=False)

    def __post_init__(self) -> None:
        alpha_hw = self.alpha_hw
        if alpha_hw is None:
            return
        if alpha_hw.shape != (self.picture.height_px, self.picture.width_px):
            raise ValueError(f"alpha {alpha_hw.shape} for {self.picture.rgb_hwc.shape}")
        if alpha_hw.flags.writeable:
            alpha_hw = alpha_hw.copy()
            alpha_hw.flags.writeable = False
        object.__setattr__(self, "alpha_hw", alpha_hw)
        object.__setattr__(self, "alpha_sha256", pixel_hash(alpha_hw))

    @property
    def stem(self) -> str:
        """What files that are made of it are called, without their extension."""
        return self.name if self.path is None else Path(self.name).stem

    @property
    def bits(self) -> int:
        """8 or 16 bits a channel."""
        return 8 * self.picture.rgb_hwc.itemsize


@dataclass(frozen=True)
class LabelMap:
    """What is where in the picture.

    Attributes:
        ids: the label of every pixel.
        palette_id: the palette that knows these labels.
        names: what they are called, by id, for messages; equality does not look at it.
    """

    ids: TiledArray
    palette_id: str
    names: tuple[tuple[int, str], ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class EditEntry:
    """An edit in a document.

    Attributes:
        uid: stays with the edit while its values change; unique in the document.
        edit: what is done.
        name: the person's own; empty for the usual one.
    """

    uid: int
    edit: Edit
    name: str = ""


@dataclass(frozen=True)
class Document:
    """All that the picture depends on; see the functions below for what can be done to it.

    Attributes:
        base: what the first edit works on. Its size is the document's.
        labels: a label map of that size, or None.
        entries: the edits, applied in order.
        references: pictures that edits may name, each once.
        masks: masks that edits name, each once.
        sliders: the directions of texture codes that edits name, each once.
        next_uid: the uid of the edit that is added next.

    Raises:
        ValueError: labels of another size than the base, or uids that are not unique.
    """

    base: Photo
    labels: LabelMap | None = None
    entries: tuple[EditEntry, ...] = ()
    references: tuple[Photo, ...] = ()
    masks: tuple[Mask, ...] = ()
    sliders: tuple[Slider, ...] = ()
    next_uid: int = 1

    def __post_init__(self) -> None:
        ids = self.labels.ids if self.labels else None
        if ids and (ids.width_px, ids.height_px) != (self.width_px, self.height_px):
            raise ValueError(f"labels {ids!r} on {self.width_px} x {self.height_px} px")
        uids = {entry.uid for entry in self.entries}
        if len(uids) < len(self.entries) or max(uids, default=0) >= self.next_uid:
            raise ValueError(f"uids {sorted(uids)}, the next {self.next_uid}")

    @property
    def width_px(self) -> int:
        return self.base.picture.width_px

    @property
    def height_px(self) -> int:
        return self.base.picture.height_px

    @property
    def edits(self) -> tuple[Edit, ...]:
        return tuple(entry.edit for entry in self.entries)

    def entry(self, uid: int) -> EditEntry:
        """The edit with this uid; KeyError if there is none."""
        return self.entries[self.index(uid)]

    def index(self, uid: int) -> int:
        """The place of an edit in the order, from 0; KeyError if there is none of this uid."""
        for index, entry in enumerate(self.entries):
            if entry.uid == uid:
                return index
        raise KeyError(uid)

    def reference(self, sha256: str) -> Photo | None:
        """The reference with these pixels, None if there is none."""
        return next((photo for photo in self.references if photo.picture.sha256 == sha256), None)

    def mask(self, sha256: str) -> Mask | None:
        """The mask with these levels, None if there is none."""
        return next((mask for mask in self.masks if mask.sha256 == sha256), None)

    def slider(self, sha256: str) -> Slider | None:
        """The slider along this direction, None if there is none."""
        return next((found for found in self.sliders if found.direction.sha256 == sha256), None)


def with_edit(
    doc: Document,
    edit: Edit,
    name: str = "",
    index: int | None = None,
    masks: Sequence[Mask] = (),
    sliders: Sequence[Slider] = (),
) -> Document:
    """The document with one more edit, its uid being `doc.next_uid`.

    Args:
        doc: before.
        edit: what is done.
        name: the person's own; empty for the usual one.
        index: its place, as of `list.insert`; None for the end.
        masks: that the edit names and the document may not have yet.
        sliders: likewise; one that the document has is replaced.
    """
    entry = EditEntry(doc.next_uid, edit, name)
    entries = _inserted(doc.entries, len(doc.entries) if index is None else index, entry)
    doc = replace(doc, entries=entries, next_uid=doc.next_uid + 1)
    return _holding(doc, masks, sliders)


def replace_edit(
    doc: Document,
    uid: int,
    edit: Edit,
    masks: Sequence[Mask] = (),
    sliders: Sequence[Slider] = (),
) -> Document:
    """The document with other values for an edit; KeyError for an unknown uid.

    Masks and sliders that no edit names any more are dropped.

    Args:
        doc: before.
        uid: of the edit.
        edit: what is done now.
        masks: that the edit names and the document may not have yet.
        sliders: likewise; one that the document has is replaced.
    """
    return _holding(_with_entry(doc, replace(doc.entry(uid), edit=edit)), masks, sliders)


def set_strength(doc: Document, uid: int, strength: float) -> Document:
    """The document with an edit of another strength, 0..1; KeyError for an unknown uid.

    Raises:
        models.errors.EditError: a strength beyond that.
    """
    return replace_edit(doc, uid, replace(doc.entry(uid).edit, strength=strength))


def set_enabled(doc: Document, uid: int, enabled: bool) -> Document:
    """The document with an edit switched on or off; KeyError for an unknown uid."""
    return replace_edit(doc, uid, replace(doc.entry(uid).edit, enabled=enabled))


def rename_edit(doc: Document, uid: int, name: str) -> Document:
    """The document with another name for an edit, "" for the usual; KeyError for an unknown uid."""
    return _with_entry(doc, replace(doc.entry(uid), name=name))


def remove_edit(doc: Document, uid: int) -> Document:
    """The document without an edit; KeyError for an unknown uid.

    Masks and sliders that no edit names any more go with it.
    """
    return _holding(replace(doc, entries=_without(doc.entries, doc.index(uid))), (), ())


def move_edit(doc: Document, uid: int, index: int) -> Document:
    """The document with an edit elsewhere in the order; KeyError for an unknown uid.

    Args:
        index: its place among the others, as of `list.insert`; so, where it stands afterwards.
    """
    old = doc.index(uid)
    entries = _inserted(_without(doc.entries, old), index, doc.entries[old])
    return doc if entries == doc.entries else replace(doc, entries=entries)


def with_reference(doc: Document, photo: Photo) -> Document:
    """The document with one more reference; pixels that it has already keep their first name."""
    if doc.reference(photo.picture.sha256):
        return doc
    return replace(doc, references=(*doc.references, photo))


def without_reference(doc: Document, sha256: str) -> Document:
    """The document without a reference; KeyError if it is unknown.

    Raises:
        UserError: an edit uses it, be it switched off.
    """
    photo = doc.reference(sha256)
    if photo is None:
        raise KeyError(sha256)
    if any(sha256 in edit.pictures for edit in doc.edits):
        raise UserError(
            f"{photo.name} cannot be removed: an edit uses it.",
            "Delete the edit first, or give it another reference.",
        )
    return replace(doc, references=tuple(p for p in doc.references if p is not photo))


def with_labels(doc: Document, labels: LabelMap | None) -> Document:
    """The document with another label map, or none; ValueError for one of another size."""
    return doc if labels == doc.labels else replace(doc, labels=labels)


def _with_entry(doc: Document, entry: EditEntry) -> Document:
    index = doc.index(entry.uid)
    if entry == doc.entries[index]:
        return doc
    return replace(doc, entries=_inserted(_without(doc.entries, index), index, entry))


def _holding(doc: Document, masks: Sequence[Mask], sliders: Sequence[Slider]) -> Document:
    """The document with those of its own and of these masks and sliders that its edits name."""
    its_masks = {mask.sha256: mask for mask in doc.masks}
    for mask in masks:
        its_masks.setdefault(mask.sha256, mask)
    its_sliders = {slider.direction.sha256: slider for slider in (*doc.sliders, *sliders)}
    named = {sha256 for edit in doc.edits for sha256 in edit.masks}
    directions = {sha256 for edit in doc.edits for sha256 in edit.directions}
    held = tuple(mask for sha256, mask in its_masks.items() if sha256 in named)
    kept = tuple(slider for sha256, slider in its_sliders.items() if sha256 in directions)
    if (held, kept) == (doc.masks, doc.sliders):
        return doc
    return replace(doc, masks=held, sliders=kept)


def _inserted(
    entries: tuple[EditEntry, ...], index: int, entry: EditEntry
) -> tuple[EditEntry, ...]:
    return (*entries[:index], entry, *entries[index:])


def _without(entries: tuple[EditEntry, ...], index: int) -> tuple[EditEntry, ...]:
    return entries[:index] + entries[index + 1 :]
