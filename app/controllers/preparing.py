"""What the first stroke would have to wait for, done while the hand is still on its way."""

import numpy as np
from PySide6.QtCore import QObject

from app.controllers.preview import Preview
from app.controllers.regions import Model
from app.controllers.requests import look_request
from app.controllers.session import Session
from app.controllers.telling import telling
from app.document.document import Document, with_edit
from app.document.masks import empty_levels, mask_of
from app.document.rect import Rect
from app.jobs.queue import JobQueue
from app.jobs.slots import Means, Slot
from models.api import RenderRequest
from models.edits import ClonePatch, CloneStructure

WAY = 0.25
"""Of the edit that nobody sees: far enough to be another place, whatever the picture."""


class Preparing(QObject):
    """Has the engine encode and decode the open picture before a tool is put down.

    It renders an edit of one pixel and drops the result: a stroke after it costs what it changes.
    Once for each picture and model, beneath all that somebody waits for.
    """

    def __init__(
        self,
        queue: JobQueue,
        session: Session,
        preview: Preview,
        model: Model,
        parent: QObject | None = None,
    ) -> None:
        """`model` gives the id of the model for new edits; it raises when there is none."""
        super().__init__(parent)
        self._model = model
        self._queue = queue
        self._session = session
        self._preview = preview
        self._ready = ("", "")

    def prepare(self) -> None:
        """Make the engine ready to retouch the document; without a model or a document nothing."""
        document = self._session.document
        if document is not None:
            # Whoever paints is told that there is no model.
            with telling(lambda _error: None):
                self._prepare(document, self._model())

    def _prepare(self, document: Document, model: str) -> None:
        now = (document.base.picture.sha256, model)
        if now == self._ready:
            return
        self._ready = now
        tried = _with_a_pixel(document, model)
        for edit_px in dict.fromkeys((self._preview.dragged_px, self._preview.working_px)):
            self._render(look_request(tried, edit_px, dragged=True))

    def _render(self, request: RenderRequest) -> None:
        def work(means: Means) -> None:
            means.backend.render(request, means.token, means.progress)

        # Whoever paints is told what is wrong.
        self._queue.submit(Slot.STRIP, work, failed=lambda _error: None)


def _with_a_pixel(document: Document, model: str) -> Document:
    levels = empty_levels(document.width_px, document.height_px)
    middle = Rect(document.width_px // 2, document.height_px // 2, 1, 1)
    mask = mask_of(levels.patch(middle, np.full((1, 1), 255, np.uint8)))
    patch = ClonePatch(mask=mask.sha256, dx=WAY, dy=0.0)
    edit = CloneStructure(model=model, patches=(patch,), detail=1.0, seed=None)
    return with_edit(document, edit, masks=(mask,))
