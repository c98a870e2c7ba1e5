"""From a document to a render request: the few lines between the program and its engine."""

import math
from collections.abc import Callable, Iterable

from app.document.document import Document
from models.api import RenderRequest
from models.edits import CodeEdit, Edit, RenderLayout
from models.values import Layout

LARGEST_LOCAL_AREA_PX = 24_000_000
"""Of a picture on the screen in which edits are in places: what lies beside them costs nothing."""
LARGEST_AREA_PX = 12_000_000
"""Of one that is changed everywhere, and has the photo's detail."""
LARGEST_DRAGGED_AREA_PX = 4_000_000
"""Of one that follows the hand."""

Lacks = Callable[[str], bool]
"""Whether the model of this id is not installed."""


def has_all(_model_id: str) -> bool:
    """The `Lacks` of a place where every model is thought to be there."""
    return False


def edits_on(document: Document, lacks: Lacks = has_all) -> tuple[Edit, ...]:
    """The edits that change anything.

    Without a layout there is none to render; edits whose model is not installed wait for it.
    """
    return tuple(
        edit
        for edit in document.edits
        if edit.enabled
        and edit.strength > 0.0
        and not edit.idle
        and (document.labels is not None or not isinstance(edit, RenderLayout))
        and not lacks(edit.model)
    )


def layout_of(document: Document) -> Layout | None:
    """The document's layout as the engine takes it."""
    labels = document.labels
    return Layout(labels.ids, labels.palette_id, labels.names) if labels else None


def request_of(
    document: Document,
    short_side_px: int | None,
    bits: int = 8,
    *,
    edit_px: int | None = None,
    lacks: Lacks = has_all,
) -> RenderRequest:
    """What the engine needs to make the document's picture.

    Edits that are off are left out, with the pictures that only they read: two documents that look
    the same make equal requests.

    Args:
        short_side_px: of the result; None or more than the picture's own is its own.
        bits: 8 or 16 bits a channel of the result.
        edit_px: the shorter side at which edits are carried out; None or more is the result's.
    """
    edits = edits_on(document, lacks)
    read = {sha256 for edit in edits for sha256 in edit.pictures}
    masks = {sha256 for edit in edits for sha256 in edit.masks}
    named = {sha256 for edit in edits for sha256 in edit.directions}
    own_px = min(document.width_px, document.height_px)
    side_px = None if short_side_px is None else min(short_side_px, own_px)
    smaller = edit_px is not None and edit_px < (own_px if side_px is None else side_px)
    sliders = (slider.direction for slider in document.sliders)
    return RenderRequest(
        base=document.base.picture,
        edits=edits,
        pictures=tuple(p.picture for p in document.references if p.picture.sha256 in read),
        masks=tuple(mask for mask in document.masks if mask.sha256 in masks),
        directions=tuple(direction for direction in sliders if direction.sha256 in named),
        layout=layout_of(document) if any(isinstance(e, RenderLayout) for e in edits) else None,
        short_side_px=side_px,
        edit_px=edit_px if smaller else None,
        bits=bits,
    )


def look_request(
    document: Document, edit_px: int, *, dragged: bool = False, lacks: Lacks = has_all
) -> RenderRequest:
    """The request for a picture to look at, with the edits carried out at `edit_px`.

    Where the photo, or its detail, shows through the edits the result is about as large as the
    photo; where it does not, a larger result would not be sharper.

    Args:
        edit_px: the shorter side at which edits are carried out.
        dragged: whether it has to follow a hand.
    """
    edits = edits_on(document, lacks)
    if not keeps_photo(edits):
        return request_of(document, edit_px, lacks=lacks)
    area_px = LARGEST_LOCAL_AREA_PX if are_local(edits) else LARGEST_AREA_PX
    area_px = min(area_px, LARGEST_DRAGGED_AREA_PX) if dragged else area_px
    own_px = min(document.width_px, document.height_px)
    scale = math.sqrt(area_px / (document.width_px * document.height_px))
    side_px = max(edit_px, int(own_px * min(1.0, scale)))
    return request_of(document, side_px, edit_px=edit_px, lacks=lacks)


def keeps_photo(edits: Iterable[Edit]) -> bool:
    """Whether anything of the photo's own pixels is left in the picture."""
    return all(
        edit.masks or edit.strength < 1.0 or (isinstance(edit, CodeEdit) and edit.detail > 0.0)
        for edit in edits
    )


def are_local(edits: Iterable[Edit]) -> bool:
    """Whether every edit is confined to a part of the picture."""
    return all(edit.masks for edit in edits)
