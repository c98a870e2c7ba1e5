"""What the list of edits does to the document."""

import itertools
import re
from collections.abc import Callable
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
from models.edits import CodeEdit

KIND_TITLES = {
    "swap_texture": "Swap texture",
    "adjust_texture": "Adjust texture",
    "clone_structure": "Clone",
    "edit_region": "Region",
    "paint_texture": "Paint texture",
    "render_layout": "Render layout",
}

COPY_END = re.compile(r" copy( \d+)?$")


def title_of(entry: EditEntry) -> str:
    """The edit's own name, or else that of its kind."""
    return entry.name or KIND_TITLES.get(entry.edit.kind, entry.edit.kind.replace("_", " "))


def named(entry: EditEntry) -> str:
    """It in the middle of a sentence."""
    return entry.name or title_of(entry).lower()


def _copy_name(document: Document, entry: EditEntry) -> str:
    """ "Clone copy", "Clone copy 2": a copy of a copy counts on."""
    taken = {title_of(other) for other in document.entries}
    stem = COPY_END.sub("", title_of(entry)) + " copy"
    names = itertools.chain([stem], (f"{stem} {number}" for number in itertools.count(2)))
    return next(name for name in names if name not in taken)


class EditList(QObject):
    """Every change is one step of the history. `uid` names an edit of the open document.

    Rows may speak a moment after their edit has gone; that is not listened to.
    """

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session

    def switch(self, uid: int, on: bool) -> None:
        """Switch an edit on or off."""
        self._push("Show" if on else "Hide", uid, lambda document: set_enabled(document, uid, on))

    def solo(self, uid: int) -> None:
        """Switch every other edit off; where they are off, all of them on."""
        if not self._has(uid):
            return
        document = self._session.settled()
        others = [entry for entry in document.entries if entry.uid != uid]
        on = not any(entry.edit.enabled for entry in others)
        name = named(document.entry(uid))
        document = set_enabled(document, uid, True)
        for entry in others:
            document = set_enabled(document, entry.uid, on)
        self._session.push("Show all edits" if on else f"Show only {name}", document)

    def drag_strength(self, uid: int, strength: float) -> None:
        """Show a strength (0..1) while its slider moves."""
        if self._has(uid):
            key = ("strength", uid)
            document = set_strength(self._session.settled(but=key), uid, strength)
            self._session.drag(document, "Change strength", key)

    def commit_strength(self, uid: int, strength: float) -> None:
        """Make a step of a strength; steps of one slider in a row are one."""
        if self._has(uid):
            self.drag_strength(uid, strength)
            self._session.commit()

    def drag_detail(self, uid: int, detail: float) -> None:
        """Show how much of the photo's own detail (0..1) an edit keeps, while its slider moves."""
        if self._keeps_detail(uid):
            key = ("detail", uid)
            document = self._session.settled(but=key)
            edit = replace(document.entry(uid).edit, detail=detail)
            self._session.drag(replace_edit(document, uid, edit), "Keep photo detail", key)

    def commit_detail(self, uid: int, detail: float) -> None:
        """Make a step of it; steps of one slider in a row are one."""
        if self._keeps_detail(uid):
            self.drag_detail(uid, detail)
            self._session.commit()

    def remove(self, uid: int) -> None:
        self._push("Delete", uid, lambda document: remove_edit(document, uid))

    def move(self, uid: int, index: int) -> None:
        """Put an edit at a place of the list; 0 is carried out first."""
        self._push("Move", uid, lambda document: move_edit(document, uid, index))

    def rename(self, uid: int, name: str) -> None:
        self._push("Rename", uid, lambda document: rename_edit(document, uid, name))

    def duplicate(self, uid: int) -> None:
        """Add the same edit once more, after it, under a name that no other has."""

        def doubled(document: Document) -> Document:
            entry = document.entry(uid)
            name, index = _copy_name(document, entry), document.index(uid) + 1
            return with_edit(document, entry.edit, name, index)

        self._push("Duplicate", uid, doubled)

    def use_model(self, model_id: str) -> None:
        """Have every edit of codes carried out by this model."""
        if self._session.document is None:
            return
        document = self._session.settled()
        for entry in document.entries:
            if isinstance(entry.edit, CodeEdit):
                edit = replace(entry.edit, model=model_id, checkpoint="")
                document = replace_edit(document, entry.uid, edit)
        self._session.push("Change model", document)

    def _push(self, verb: str, uid: int, change: Callable[[Document], Document]) -> None:
        if self._has(uid):
            document = self._session.settled()
            self._session.push(f"{verb} {named(document.entry(uid))}", change(document))

    def _keeps_detail(self, uid: int) -> bool:
        document = self._session.document
        return self._has(uid) and isinstance(document and document.entry(uid).edit, CodeEdit)

    def _has(self, uid: int) -> bool:
        document = self._session.document
        return document is not None and any(entry.uid == uid for entry in document.entries)
