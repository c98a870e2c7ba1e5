"""From the newest document to pixels on the screen: small at once, at working size soon after."""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, QTimer, Signal

from app.controllers.pace import LADDER_PX, Pace
from app.controllers.requests import Lacks, edits_on, has_all, look_request
from app.controllers.session import Change, Session
from app.document.document import Document
from app.document.pyramid import Pyramid
from app.jobs.queue import JobQueue
from app.jobs.slots import Job, Means, Slot
from models.api import RenderRequest, RenderResult

SUBMIT_MS = 16
REST_MS = 300
"""The hand rests when a slider has not moved for this long."""
KEPT_BYTES = 96 * 2**20
"""Of finished pictures that undo and switches can show at once."""
WAITING = "waiting"
"""What is told of a render that other work keeps from beginning."""
FIRST_AUTO_PX = 512
"""The automatic working size until the engine has told its own."""


@dataclass(frozen=True)
class Rendered:
    """A picture that came back.

    Attributes:
        request: what was asked for.
        result: what the engine gave.
        pyramid: the same for the screen.
        final: whether edits were carried out at the working size.
    """

    request: RenderRequest
    result: RenderResult
    pyramid: Pyramid
    final: bool

    @property
    def nbytes(self) -> int:
        """The memory it takes."""
        return self.pyramid.nbytes + self.result.rgb_hwc.nbytes


def render_job(request: RenderRequest, icc: bytes | None, final: bool) -> Callable[..., Rendered]:
    """The work that renders a request and makes it ready for the screen."""

    def work(means: Means) -> Rendered:
        result = means.backend.render(request, means.token, means.progress)
        return Rendered(request, result, Pyramid.of(result.rgb_hwc, icc), final)

    return work


class Preview(QObject):
    """Keeps the picture up with the document.

    Signals:
        shown(Rendered | None): show this; None: the document's photo is all there is so far.
        working(str, float): the stage in words and the share that is done; "" when at rest.
        failed(Exception): a picture could not be made; what was shown stays.
    """

    shown = Signal(object)
    working = Signal(str, float)
    failed = Signal(object)

    def __init__(
        self,
        queue: JobQueue,
        session: Session,
        lacks: Lacks = has_all,
        parent: QObject | None = None,
    ) -> None:
        """`lacks` tells which models are not installed; their edits are left out."""
        super().__init__(parent)
        self._queue = queue
        self._session = session
        self._lacks = lacks
        self._pace = self._local_pace = Pace()
        self._measure_anew()
        self._chosen_px: int | None = None
        self._auto_px = FIRST_AUTO_PX
        self._kept: OrderedDict[RenderRequest, Rendered] = OrderedDict()
        self._last: RenderRequest | None = None
        self._shown_stamp = 0
        self._jobs: dict[Job, RenderRequest] = {}
        self._submitting = False
        self._asked_px: int | None = None
        self._dragged_px: int | None = None
        self._throttle = QTimer(self, singleShot=True, interval=SUBMIT_MS)
        self._throttle.timeout.connect(self._throttled)
        self._waiting = False
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._finalise)
        session.changed.connect(self._document_changed)

    @property
    def working_px(self) -> int:
        """The shorter side that pictures are worked on with, the document's own not considered."""
        return self._chosen_px or self._auto_px

    @property
    def dragged_px(self) -> int:
        """The shorter side of what follows a brush, the document's own not considered."""
        return self._local_pace.preview_px(self.working_px)

    def set_working_size(self, short_side_px: int | None) -> None:
        """Use another working size; None is the automatic one."""
        self._chosen_px = short_side_px
        self.again()

    def set_auto_size(self, short_side_px: int) -> None:
        """The engine's own choice, used where the person has made none."""
        changed = short_side_px != self._auto_px and self._chosen_px is None
        self._auto_px = short_side_px
        if changed:
            self.again()

    def forget(self) -> None:
        """Drop what was rendered and measured: the models or the device are others now."""
        self._kept.clear()
        self._measure_anew()
        self.again()

    def _measure_anew(self) -> None:
        self._pace = Pace()
        # Where the picture is encoded, a stroke costs what it covers: it can follow the hand at the
        # working size, and the rest of the picture stays as sharp as it was.
        self._local_pace = Pace(LADDER_PX[-1])

    def again(self) -> None:
        """Render the present document anew."""
        self._queue.bump_epoch()
        self._last = None
        self._want(dragging=False)

    def stop(self) -> bool:
        """Give up the renders on their way; what is shown stays. Whether there were any."""
        busy = bool(self._jobs) or self._rest.isActive()
        self._rest.stop()
        self._throttle.stop()
        self._waiting = False
        self._queue.cancel_slot(Slot.PREVIEW)
        self._queue.cancel_slot(Slot.FINAL)
        return busy

    def _document_changed(self, document: Document | None, why: Change) -> None:
        if why in (Change.JUMP, Change.OPEN):
            self._queue.bump_epoch()
        if why is Change.OPEN:
            self._kept.clear()
            # Its photo is all that is there so far, even if the same edits were shown before.
            self._show_at_once(None)
        self._want(dragging=why is Change.DRAG)

    def _want(self, *, dragging: bool) -> None:
        document = self._session.document
        self._rest.stop()
        if document is None or not self._changes(document):
            self.stop()
            self._show_at_once(None)
        elif (kept := self._kept.get(self._final_request(document))) is not None:
            self.stop()
            self._show_at_once(kept)
        elif dragging:
            self._queue.cancel_slot(Slot.FINAL)
            self._submit_preview()
            self._dragged_px = self._asked_px
            self._rest.start()
        else:
            # Later, a preview would come after the final picture, and cancel it.
            self._throttle.stop()
            self._waiting = False
            self._submit_preview(self._dragged_px)
            self._dragged_px = None
            self._finalise()

    def _show_at_once(self, rendered: Rendered | None) -> None:
        """Show what needs no work; whatever was asked for earlier is older than it."""
        self._shown_stamp = self._queue.next_stamp()
        self._last = rendered.request if rendered else None
        self.shown.emit(rendered)

    def _submit_preview(self, px: int | None = None) -> None:
        """Ask for a preview of the newest document, at most every `SUBMIT_MS`.

        What ends a drag has the size of that: it must not wait for another one to be encoded.
        """
        if self._throttle.isActive():
            self._waiting = True
            return
        self._throttle.start()
        document = self._session.document
        if document is not None and self._changes(document):
            own_px = min(document.width_px, document.height_px)
            pace = self._local_pace if self._is_local(document) else self._pace
            px = px or pace.preview_px(min(self.working_px, own_px))
            self._asked_px = px
            request = look_request(document, px, dragged=True, lacks=self._lacks)
            self._submit(Slot.PREVIEW, document, request, pace)

    def _is_local(self, document: Document) -> bool:
        """Whether the document differs from what is shown in places only."""
        shown = self._last.edits if self._last else ()
        differ = frozenset(shown).symmetric_difference(edits_on(document, self._lacks))
        return bool(differ) and all(edit.masks for edit in differ)

    def _throttled(self) -> None:
        if self._waiting:
            self._waiting = False
            self._submit_preview()

    def _finalise(self) -> None:
        """Ask for the picture at working size."""
        document = self._session.document
        if document is not None and self._changes(document):
            self._submit(Slot.FINAL, document, self._final_request(document))

    def _changes(self, document: Document) -> bool:
        return bool(edits_on(document, self._lacks))

    def _final_request(self, document: Document) -> RenderRequest:
        return look_request(document, self.working_px, lacks=self._lacks)

    def _submit(
        self, slot: Slot, document: Document, request: RenderRequest, pace: Pace | None = None
    ) -> None:
        """`pace` learns from the time that it takes."""
        if self._is_coming(request):
            return
        final = request == self._final_request(document)
        work = render_job(request, document.base.metadata.icc, final)

        def ended() -> None:
            self._jobs.pop(job, None)
            if not self._jobs and not self._submitting:
                self.working.emit("", 0.0)

        def done(rendered: Rendered) -> None:
            ended()
            if pace is not None:
                pace.note(_fineness(request), rendered.result.seconds)
            self._arrived(job, rendered)

        def failed(error: Exception) -> None:
            ended()
            self.failed.emit(error)

        at_rest, self._submitting = not self._jobs, True
        job = self._queue.submit(
            slot, work, done=done, failed=failed, cancelled=ended, progress=self.working.emit
        )
        self._submitting = False
        self._jobs[job] = request
        if at_rest:
            self.working.emit(WAITING, 0.0)

    def _is_coming(self, request: RenderRequest) -> bool:
        """Whether this is shown or on its way, and nothing comes after it but the same, finer."""
        coming = [] if self._last is None else [self._last]
        coming += [asked for job, asked in self._jobs.items() if not job.called_off]
        side_px, edit_px = request.short_side_px, request.edit_px
        while coming and coming[-1] != request:
            other = coming.pop()
            same = replace(other, short_side_px=side_px, edit_px=edit_px) == request
            if not same or _fineness(other) < _fineness(request):
                return False
        return bool(coming)

    def _arrived(self, job: Job, rendered: Rendered) -> None:
        if rendered.final:
            self._keep(rendered)
        if job.stamp >= self._shown_stamp:
            self._shown_stamp = job.stamp
            self._last = rendered.request
            self.shown.emit(rendered)

    def _keep(self, rendered: Rendered) -> None:
        """Hold a finished picture; the oldest go first."""
        self._kept[rendered.request] = rendered
        self._kept.move_to_end(rendered.request)
        total = sum(other.nbytes for other in self._kept.values())
        while total > KEPT_BYTES and len(self._kept) > 1:
            total -= self._kept.popitem(last=False)[1].nbytes


def _fineness(request: RenderRequest) -> float:
    """The shorter side at which edits are carried out, in px."""
    return request.edit_px or request.short_side_px or math.inf
