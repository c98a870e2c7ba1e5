"""From a document to a render request: the few lines between the program and its engine."""

from app.document.document import Document
from models.api import Layout, RenderRequest
from models.edits import Edit, RenderLayout


def edits_on(document: Document) -> tuple[Edit, ...]:
    """The edits that change anything. Without a layout there is none to render."""
    return tuple(
        edit
        for edit in document.edits
        if edit.enabled
        and edit.strength > 0.0
        and (document.labels is not None or not isinstance(edit, RenderLayout))
    )


def layout_of(document: Document) -> Layout | None:
    """The document's layout as the engine takes it."""
    labels = document.labels
    return Layout(labels.ids, labels.palette_id, labels.names) if labels else None


def request_of(document: Document, short_side_px: int | None, bits: int = 8) -> RenderRequest:
    """What the engine needs to make the document's picture.

    Edits that are off are left out, with the pictures that only they read: two documents that look
    the same make equal requests.

    Args:
        short_side_px: of the result; None or more than the picture's own is its own.
        bits: 8 or 16 bits a channel of the result.
    """
    edits = edits_on(document)
    read = {sha256 for edit in edits for sha256 in edit.pictures}
    masks = {edit.mask for edit in edits}
    own_px = min(document.width_px, document.height_px)
    return RenderRequest(
        base=document.base.picture,
        edits=edits,
        pictures=tuple(p.picture for p in document.references if p.picture.sha256 in read),
        masks=tuple(mask for mask in document.masks if mask.sha256 in masks),
        layout=layout_of(document) if any(isinstance(e, RenderLayout) for e in edits) else None,
        short_side_px=None if short_side_px is None else min(short_side_px, own_px),
        bits=bits,
    )
