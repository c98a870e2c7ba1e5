"""Texture swaps: references on their way in, and the numbers of the active swap."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from app.controllers.references import References
from app.controllers.session import Change, Session
from app.controllers.telling import telling
from app.document.document import (
    Document,
    EditEntry,
    Photo,
    replace_edit,
    with_edit,
    with_reference,
    without_reference,
)
from app.errors import UserError
from app.jobs.queue import JobQueue
from models.edits import SwapTexture

LARGEST_SEED = 2**31


class Swapping(QObject):
    """Makes and changes `SwapTexture` edits.

    The active swap is the one that is selected in the list of edits, or else the last one. A
    reference goes to the active swap; where there is none, it makes one.

    Signals:
        reading(str): the name of a reference that is being read; empty when none is.
        loaded(str, object): hash and thumbnail (rgb_hwc uint8) of a reference that came in.
        active_changed(EditEntry | None): another swap is active, or it has other numbers.
        failed(Exception): a reference could not be read; the document is as it was.
    """

    reading = Signal(str)
    loaded = Signal(str, object)
    active_changed = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        queue: JobQueue,
        session: Session,
        model: Callable[[], str],
        parent: QObject | None = None,
    ) -> None:
        """`model` gives the id of the model for new swaps; it raises when there is none."""
        super().__init__(parent)
        self._session = session
        self._model = model
        self._selected: int | None = None
        self._references = References(queue, session, self)
        self._references.reading.connect(self.reading)
        self._references.loaded.connect(self.loaded)
        self._references.failed.connect(self.failed)
        session.changed.connect(self._document_changed)

    @property
    def active(self) -> EditEntry | None:
        """The swap that sliders and references act on."""
        document = self._session.document
        swaps = [e for e in document.entries if isinstance(e.edit, SwapTexture)] if document else []
        chosen = [entry for entry in swaps if entry.uid == self._selected]
        return next(iter(chosen or swaps[-1:]), None)

    def select(self, uid: int | None) -> None:
        """Make an edit of the list the active one."""
        self._selected = uid
        self.active_changed.emit(self.active)

    def use_file(self, path: Path) -> None:
        """Take over the texture of a picture file."""
        self._references.read_file(path, self._apply)

    def use_image(self, image: QImage) -> None:
        """Take over the texture of pixels from a clipboard or a browser."""
        self._references.read_image(image, self._apply)

    def use_known(self, sha256: str) -> None:
        """Take over the texture of a reference that the document has already."""
        self._references.use_known(sha256, self._apply)

    def forget(self, sha256: str) -> None:
        """Take a reference out of the document; refused while an edit uses it."""
        if self._session.document is None:
            return
        try:
            document = without_reference(self._session.settled(), sha256)
            self._session.push("Remove reference", document)
        except UserError as error:
            self.failed.emit(error)

    def drag_amount(self, amount: float) -> None:
        """Show an amount (0..1.5) while the slider moves."""
        if (entry := self.active) is not None:
            key = ("amount", entry.uid)
            document = self._session.settled(but=key)
            edit = replace(document.entry(entry.uid).edit, amount=amount)
            document = replace_edit(document, entry.uid, edit)
            self._session.drag(document, "Change amount", key)

    def commit_amount(self, amount: float) -> None:
        """Make a step of an amount; steps of one slider in a row are one."""
        self.drag_amount(amount)
        self._session.commit()

    def switch_grain(self, on: bool) -> None:
        """Have fine grain in the result, or not."""
        self._change("Grain on" if on else "Grain off", seed=0 if on else None)

    def roll_grain(self) -> None:
        """Another grain."""
        self._change("New grain", seed=random.randrange(1, LARGEST_SEED))

    def _change(self, label: str, **values: object) -> None:
        if (entry := self.active) is not None:
            document = self._session.settled()
            edit = replace(document.entry(entry.uid).edit, **values)
            self._session.push(label, replace_edit(document, entry.uid, edit))

    def _apply(self, photo: Photo) -> None:
        document = self._session.settled()
        entry = self.active
        sha256 = photo.picture.sha256
        with telling(self.failed.emit):
            document = with_reference(document, photo)
            if entry is None:
                edit = SwapTexture(model=self._model(), reference=sha256)
                self._session.push("Swap texture", with_edit(document, edit))
            else:
                edit = replace(entry.edit, reference=sha256, enabled=True)
                self._session.push("Change reference", replace_edit(document, entry.uid, edit))

    def _document_changed(self, document: Document | None, why: Change) -> None:
        if why is Change.OPEN:
            self._selected = None
        self.active_changed.emit(self.active)
