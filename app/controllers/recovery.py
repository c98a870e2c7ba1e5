"""Every step on the disk as soon as it is made, and what is left there by programs that ended."""

import logging
import threading
import weakref
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLockFile, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from app.controllers.projects import Projects
from app.controllers.recovery_folders import Offer, Writer, discard, offer_of, taken
from app.controllers.session import Change, Session
from app.document.document import Document, Photo
from app.document.io.fingerprints import Fingerprint, fingerprint
from app.document.io.photo_files import PhotoFile, photo_file
from app.document.io.steps import Steps
from app.errors import UserError
from app.jobs.queue import JobQueue
from app.jobs.slots import JobState, Means, Slot
from models.api import Progress

if TYPE_CHECKING:
    from app.document.io.recovery import About, Found

FOLD_MS = 60_000
"""After so long without a step the journal becomes a project."""
FOLD_BYTES = 64 * 2**20
"""And as soon as it takes so much."""
FLUSH_SECONDS = 20.0
"""So long a program that is about to end waits for the disk."""
SHOW_MS = 3_000
"""After so long the list of what can be recovered gets a picture of how it looks."""

log = logging.getLogger(__name__)

Thumbnail = Callable[[], npt.NDArray[np.uint8] | None]


class Recoveries(QObject):
    """Keeps the open document's steps, and offers those of programs that have ended.

    Steps are written on a thread of their own, in order; nobody waits for it. GUI thread only.

    Signals:
        found(tuple[Offer, ...]): what can be recovered, the newest first.
        recovered(str): the session has a document again, of this name.
        failed(Exception): something could not be kept, opened or deleted; it is as it was.
    """

    found = Signal(object)
    recovered = Signal(str)
    failed = Signal(object)

    def __init__(
        self, queue: JobQueue, session: Session, projects: Projects, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._queue = queue
        self._session = session
        self._projects = projects
        self._writer: Writer | None = None
        self._next_writer: Writer | None = None
        self._unwanted: list[Writer] = []
        self._asked: set[Path] = set()
        # Of folders that were opened; each goes with what it was held for.
        self._locks = weakref.WeakValueDictionary[Path, QLockFile]()
        self._flushed: weakref.ref[Document] | None = None
        self._holds_work = False
        self._given_up = False
        self._told = False
        self._rest = QTimer(self, singleShot=True, interval=FOLD_MS)
        self._rest.timeout.connect(self.fold)
        self._calm = QTimer(self, singleShot=True, interval=SHOW_MS)
        self._calm.timeout.connect(self._show)
        session.changed.connect(self._document_changed)
        session.steps_changed.connect(self._steps_changed)
        projects.set_encoder(self._encoded)
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication)
        app.applicationStateChanged.connect(self._state_changed)

    # The open document

    def flush(self, seconds: float = FLUSH_SECONDS) -> Path | None:
        """Have all that is shown on the disk before this returns.

        For a program that is about to end, since it waits for the disk.

        Returns:
            the folder; None where there is no work to lose.

        Raises:
            UserError: the disk is full or does not answer; earlier steps are kept.
        """
        steps = self._session.steps()
        if steps is None or not self._session.unsaved:
            return None
        writer = self._writer = self._writer or self._new_writer()
        if self._flushed is not None and self._flushed() is steps.document:
            return writer.recovery.folder
        about, ended, errors = self._about(), threading.Event(), list[Exception]()

        def work(means: Means) -> None:
            try:
                writer.keep(steps, about)
            except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
                errors.append(error)
            finally:
                ended.set()

        self._holds_work = True
        job = self._queue.submit(Slot.JOURNAL, work)
        if job.state is JobState.CANCELLED or not ended.wait(seconds):
            raise UserError("The last steps could not be kept: the disk does not answer in time.")
        if errors:
            raise errors[0]
        self._flushed = weakref.ref(steps.document)
        return writer.recovery.folder

    def fold(self) -> None:
        """Make a project of the journal, beside the other work."""
        self._stop_waiting()
        self._with_thumbnail(lambda writer, thumbnail: writer.recovery.fold(thumbnail()))

    def give_up(self) -> None:
        """The person has decided: what is in no file is not wanted."""
        self._given_up = True

    def finish(self) -> None:
        """Before the threads end: keep what is not given up."""
        if not self._given_up:
            try:
                self.flush(seconds=2.0)
            except UserError:
                log.info("The last steps could not be kept.", exc_info=True)

    def end(self) -> None:
        """After the threads have ended: delete what nobody wants, let go of the rest."""
        self._stop_waiting()
        writer, self._writer = self._writer, None
        if writer is not None and (self._given_up or not self._session.unsaved):
            self._unwanted.append(writer)
        elif writer is not None:
            writer.release()
        for each in self._unwanted:
            each.remove()

    # What other programs have left

    def look(self) -> None:
        """Find out what can be recovered."""
        own = self._writer.recovery.folder if self._writer else None

        def work(means: Means) -> tuple[Offer, ...]:
            from app.document.io.recovery import drop_leftovers, recoveries, recovery_folder

            drop_leftovers(recovery_folder())
            folders = [folder for folder in recoveries(recovery_folder()) if folder != own]
            return tuple(filter(None, map(offer_of, folders)))

        self._queue.submit(Slot.MANAGE, work, done=self.found.emit, failed=self.failed.emit)

    def open(self, found: "Found") -> None:
        """Make what was found the document; its folder goes on being used.

        A second click, while it is being opened, does nothing.
        """
        folder, lock = found.folder, self._locks.get(found.folder)
        if folder in self._asked or (lock is not None and lock.isLocked()):
            return

        def done(there: "tuple[QLockFile, Found]") -> None:
            self._asked.remove(folder)
            self._open(*there)

        def failed(error: Exception) -> None:
            self._asked.remove(folder)
            self._not_there(error)

        self._asked.add(folder)
        self._queue.submit(Slot.MANAGE, lambda means: taken(found), done=done, failed=failed)

    def discard(self, found: "Found") -> None:
        """Delete what was found."""
        self._queue.submit(
            Slot.MANAGE,
            lambda means: discard(found),
            done=lambda _: self.look(),
            failed=self._not_there,
        )

    # Inside

    def _open(self, lock: QLockFile, found: "Found") -> None:
        self._locks[found.folder] = lock
        project, known = found.about.project, dict[Path, Fingerprint | None]()

        def load(progress: Progress) -> Steps:
            from app.document.io.recovery import load_recovery

            if project is not None:
                known[project] = found.about.fingerprint or fingerprint(project)
            try:
                return load_recovery(found.folder)[0]
            except Exception:
                lock.unlock()
                raise

        def before() -> None:
            self._next_writer = Writer(found.folder, lock)

        def then() -> None:
            self.recovered.emit(self._projects.name)
            self.look()

        self._projects.open_steps(
            found.about.name, load, project, known, recovered=True, before=before, then=then
        )

    def _not_there(self, error: Exception) -> None:
        self.failed.emit(error)
        self.look()

    def _document_changed(self, document: Document | None, why: Change) -> None:
        if why is not Change.OPEN:
            return
        old, self._writer, self._next_writer = self._writer, self._next_writer, None
        self._holds_work = self._writer is not None
        self._stop_waiting()
        if old is not None:
            self._unwanted.append(old)
            done = partial(self._unwanted.remove, old)
            self._queue.submit(Slot.JOURNAL, lambda means: old.remove(), done=lambda _: done())
        if document is not None:
            self._queue.submit(Slot.JOURNAL, _get_ready)

    def _steps_changed(self) -> None:
        history = self._session.history
        if history is None:
            return
        if history.is_state_saved(history.states[history.index]):
            self._clear()
            return
        writer = self._writer = self._writer or self._new_writer()
        steps, about = Steps.of(history), self._about()
        self._holds_work = True
        self._queue.submit(
            Slot.JOURNAL,
            lambda means: writer.keep(steps, about),
            done=self._kept,
            failed=self._keeping_failed,
        )
        self._rest.start()
        self._calm.start()

    def _clear(self) -> None:
        """Nothing can be lost now; what was kept would only bring back what is in a file."""
        writer = self._writer
        self._stop_waiting()
        if writer is not None and self._holds_work:
            self._holds_work = False
            self._queue.submit(Slot.JOURNAL, lambda means: writer.recovery.clear())

    def _show(self) -> None:
        self._with_thumbnail(lambda writer, thumbnail: writer.recovery.show(thumbnail()))

    def _with_thumbnail(self, act: Callable[[Writer, Thumbnail], None]) -> None:
        """Do something with the work that is kept, and what is shown of it, beside other work."""
        writer, thumbnail = self._writer, self._projects.thumbnail()
        if writer is not None and self._holds_work:
            self._queue.submit(
                Slot.JOURNAL, lambda means: act(writer, thumbnail), failed=self._keeping_failed
            )

    def _stop_waiting(self) -> None:
        self._rest.stop()
        self._calm.stop()

    def _kept(self, journal_bytes: int) -> None:
        self._told = False
        if journal_bytes > FOLD_BYTES:
            self.fold()

    def _keeping_failed(self, error: Exception) -> None:
        # Once: every step fails on a full disk.
        if not self._told:
            self._told = True
            self.failed.emit(error)

    def _state_changed(self, state: Qt.ApplicationState) -> None:
        if state is not Qt.ApplicationState.ApplicationActive:
            self.fold()
        elif self._session.document is None:
            # Another window may have taken what is offered here, or have left something.
            self.look()

    def _new_writer(self) -> Writer:
        from app.document.io.recovery import new_folder, recovery_folder

        return Writer(new_folder(recovery_folder()))

    def _about(self) -> "About":
        from app.document.io.recovery import About

        return About(self._projects.name, self._projects.path, self._projects.file_fingerprint)

    def _encoded(self, photo: Photo) -> PhotoFile:
        writer = self._writer
        return photo_file(photo) if writer is None else writer.recovery.encoded(photo)


def _get_ready(means: Means) -> None:
    """Load what the first step needs, so that neither it nor the GUI waits for that."""
    import app.document.io.images
    import app.document.io.recovery  # noqa: F401
