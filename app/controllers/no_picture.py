"""What is said where a layout has no picture yet."""

from dataclasses import dataclass

from app.controllers.label_maps import is_ground, layout_entry
from app.controllers.models import RENDERS_LAYOUTS, Models
from app.controllers.requests import edits_on
from app.document.document import Document
from models.errors import CheckpointMissing


@dataclass(frozen=True)
class NoPicture:
    """Words for the place of a picture that is not there.

    Attributes:
        title: a few words; empty where the document has a picture of its own.
        why: one sentence: what makes the picture, or what keeps it from being made.
    """

    title: str = ""
    why: str = ""


def no_picture(document: Document | None, models: Models, trouble: str) -> NoPicture:
    """What to say before the first picture of a layout is there.

    Args:
        document: that is open.
        models: those that could render it.
        trouble: why the last try failed, in a sentence; empty where none did.
    """
    if document is None or not is_ground(document):
        return NoPicture()
    entry = layout_entry(document)
    if entry is None:
        return NoPicture("No picture", "No edit renders the layout: undo brings it back.")
    if entry.edit not in edits_on(document):
        return NoPicture("No picture", "The edit that renders the layout is off: switch it on.")
    spec = models.find(entry.edit.model)
    if spec is None and len(models.catalog):
        return NoPicture("No picture yet", _lack(entry.edit.model, models))
    if trouble:
        return NoPicture("No picture yet", trouble)
    painter = spec.title if spec else "A model"
    return NoPicture("The picture comes here", f"{painter} paints it from the layout.")


def _lack(model_id: str, models: Models) -> str:
    """What to do about a model that is not there."""
    try:
        models.current_of_or_raise(RENDERS_LAYOUTS)
    except CheckpointMissing as error:
        return str(error)
    return f"The model {model_id!r} is not installed: choose another at the top right."
