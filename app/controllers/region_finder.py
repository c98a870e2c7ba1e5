"""Asking the engine what is like a place of the picture."""

from PySide6.QtCore import QObject, Signal

from app.document.document import Photo
from app.jobs.queue import JobQueue
from app.jobs.slots import Job, Means, Slot
from models.api import SimilarityRequest, SimilarityResult


class RegionFinder(QObject):
    """One question at a time; a newer one takes the place of an older.

    Signals:
        found(SimilarityResult, SimilarityRequest, Photo): the answer, to what, and of which base.
        failed(Exception): there is none.
        working(str, float): the stage in words; "" at rest.
    """

    found = Signal(object, object, object)
    failed = Signal(object)
    working = Signal(str, float)

    def __init__(self, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._job: Job | None = None

    def look(self, request: SimilarityRequest, base: Photo) -> None:
        """Ask; `base` is the document's, for who has to know whether it still is."""

        def work(means: Means) -> SimilarityResult:
            return means.backend.similarity(request, means.token, means.progress)

        def ended() -> None:
            # One that was replaced ends when the newer one is on its way already.
            if self._job is job:
                self._job = None
                self.working.emit("", 0.0)

        def done(result: SimilarityResult) -> None:
            ended()
            self.found.emit(result, request, base)

        def failed(error: Exception) -> None:
            ended()
            self.failed.emit(error)

        job = self._queue.submit(
            Slot.SIMILARITY,
            work,
            done=done,
            failed=failed,
            cancelled=ended,
            progress=self.working.emit,
        )
        self._job = job
        self.working.emit("looking for the region", 0.0)

    def stop(self) -> None:
        """Give up looking."""
        if self._job is not None:
            self._queue.cancel(self._job)
