"""What the present picture looks like along one slider: five small pictures."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer, Signal

from app.controllers.requests import Lacks, has_all, request_of
from app.controllers.session import Change, Session
from app.controllers.sliders import Sliders
from app.document.document import Document
from app.jobs.queue import JobQueue
from app.jobs.slots import Job, Means, Slot
from models.api import RenderRequest

STOPS = (-2.0, -1.0, 0.0, 1.0, 2.0)
"""Standard deviations, as in the figures of GANSpace and of the thesis."""
STRIP_SHORT_SIDE_PX = 128
REST_MS = 300
"""The strip follows when the document has not changed for this long."""


@dataclass(frozen=True, eq=False)
class Stop:
    """One place of a slider.

    Attributes:
        value: in standard deviations.
        rgb_hwc: the picture there, uint8; None while it is being rendered.
    """

    value: float
    rgb_hwc: npt.NDArray[np.uint8] | None = None


EMPTY = tuple(Stop(value) for value in STOPS)


class SliderStrip(QObject):
    """Renders the strip of one slider, while somebody sees it.

    Signals:
        changed(str, tuple[Stop, ...]): the slider's key and its pictures so far.
    """

    changed = Signal(str, object)

    def __init__(
        self,
        queue: JobQueue,
        session: Session,
        sliders: Sliders,
        lacks: Lacks = has_all,
        parent: QObject | None = None,
    ) -> None:
        """`lacks` tells which models are not installed; their edits are left out."""
        super().__init__(parent)
        self._queue = queue
        self._session = session
        self._sliders = sliders
        self._lacks = lacks
        self._key = ""
        self._watched = False
        self._stops = EMPTY
        self._shown: dict[float, RenderRequest] = {}
        self._jobs: list[Job] = []
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._render)
        session.changed.connect(self._document_changed)
        sliders.changed.connect(self._rest.start)

    @property
    def key(self) -> str:
        """The slider whose strip it is; empty for none."""
        return self._key

    def show(self, key: str) -> None:
        """Make the strip of this slider; of none when empty."""
        if key != self._key:
            self._cancel()
            self._key = key
            self._forget()
            self._render()

    def set_watched(self, on: bool) -> None:
        """Keep it up with the document, or let it be while nobody sees it."""
        self._watched = on
        if on:
            self._rest.start()
        else:
            self._rest.stop()
            self._cancel()

    def _forget(self) -> None:
        self._stops = EMPTY
        self._shown.clear()
        if self._key:
            self.changed.emit(self._key, self._stops)

    def _cancel(self) -> None:
        for job in tuple(self._jobs):
            self._queue.cancel(job)
        self._jobs.clear()

    def _document_changed(self, document: Document | None, why: Change) -> None:
        # What the hand does goes first; the strip follows when it rests.
        self._cancel()
        if why is Change.OPEN:
            self._forget()
        self._rest.start()

    def _render(self) -> None:
        self._cancel()
        document = self._session.document
        if not self._watched or not self._key or document is None:
            return
        # The middle first: around it the hand is mostly.
        for value in sorted(STOPS, key=abs):
            there = self._sliders.at(document, self._key, value)
            if there is not None:
                # The old picture stays until the new one comes: an empty one would only flicker.
                request = request_of(there, STRIP_SHORT_SIDE_PX, lacks=self._lacks)
                if self._shown.get(value) != request:
                    self._submit(value, request)

    def _submit(self, value: float, request: RenderRequest) -> None:
        def work(means: Means) -> npt.NDArray[np.uint8]:
            return means.backend.render(request, means.token, means.progress).rgb_hwc

        def done(rgb_hwc: npt.NDArray[np.uint8]) -> None:
            ended()
            self._shown[value] = request
            self._stops = tuple(
                Stop(value, rgb_hwc) if stop.value == value else stop for stop in self._stops
            )
            self.changed.emit(self._key, self._stops)

        def ended() -> None:
            if job in self._jobs:
                self._jobs.remove(job)

        def failed(_error: Exception) -> None:
            # The picture itself says what is wrong; a slider without pictures still works.
            ended()

        job = self._queue.submit(Slot.STRIP, work, done=done, failed=failed, cancelled=ended)
        self._jobs.append(job)
