"""What the list of edits does to the document."""

from dataclasses import replace

from PySide6.QtCore import QObject

from app.controllers.session import Session
from app.document.document import (
    Document,
    EditEntry,
    move_edit,
    remove_edit,
    rename_edit,
    replace_edit,
    set_enabled,
    set_strength,
    with_edit,
)

KIND_TITLES = {"swap_texture": "Swap texture"}


def title_of(entry: EditEntry) -> str:
    """The edit's own name, or else that of its kind."""
    return entry.name or KIND_TITLES.get(entry.edit.kind, entry.edit.kind.replace("_", " "))


class EditList(QObject):
    """Every change is one step of the history. `uid` names an edit of the open document."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session

    @property
    def _document(self) -> Document:
        history = self._session.history
        assert history is not None, "an edit without a document"
        return history.current

    def switch(self, uid: int, on: bool) -> None:
        """Switch an edit on or off."""
        self._push("Show" if on else "Hide", uid, set_enabled(self._document, uid, on))

    def drag_strength(self, uid: int, strength: float) -> None:
        """Show a strength (0..1) while its slider moves."""
        self._session.drag(set_strength(self._document, uid, strength))

    def commit_strength(self, uid: int, strength: float) -> None:
        """Make a step of a strength; steps of one slider in a row are one."""
        self._session.drag(set_strength(self._document, uid, strength))
        self._session.commit("Change strength", ("strength", uid))

    def remove(self, uid: int) -> None:
        self._push("Delete", uid, remove_edit(self._document, uid))

    def move(self, uid: int, index: int) -> None:
        """Put an edit at a place of the list; 0 is carried out first."""
        self._push("Move", uid, move_edit(self._document, uid, index))

    def rename(self, uid: int, name: str) -> None:
        self._push("Rename", uid, rename_edit(self._document, uid, name))

    def duplicate(self, uid: int) -> None:
        """Add the same edit once more, after it."""
        entry = self._document.entry(uid)
        index = self._document.index(uid) + 1
        document = with_edit(self._document, entry.edit, entry.name, index)
        self._push("Duplicate", uid, document)

    def use_model(self, model_id: str) -> None:
        """Have every edit carried out by this model."""
        history = self._session.history
        if history is None:
            return
        document = history.current
        for entry in document.entries:
            edit = replace(entry.edit, model=model_id, checkpoint="")
            document = replace_edit(document, entry.uid, edit)
        self._session.push("Change model", document)

    def _push(self, verb: str, uid: int, document: Document) -> None:
        title = title_of(self._document.entry(uid)).lower()
        self._session.push(f"{verb} {title}", document)
