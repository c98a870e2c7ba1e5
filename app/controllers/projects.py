"""Projects: opened, saved, and which file the open document belongs to."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from app.controllers.pictures import Pictures
from app.controllers.preview import Rendered
from app.controllers.session import Change, Session
from app.document.document import Document, Photo
from app.document.io.fingerprints import Fingerprint, fingerprint
from app.document.io.photo_files import PhotoFile, photo_file
from app.document.io.steps import SUFFIX, Steps
from app.errors import UserError
from app.jobs.queue import JobQueue
from app.jobs.slots import Job, Means, Slot
from models.api import Progress

THUMBNAIL_PX = 256

Encode = Callable[[Photo], PhotoFile]
Known = dict[Path, Fingerprint | None]
"""How the files of a document looked when they were last read or written. Each document has its
own, and the file thread adds to it as part of the job that reads or writes."""


def is_project(path: Path) -> bool:
    """Whether a file is a project by its name."""
    return path.suffix.lower() == SUFFIX


class Projects(QObject):
    """The project that the open document is. GUI thread only.

    Signals:
        renamed(): the document has another name or file, or another way of having come.
        opened(Path): the session has the document of this project now.
        saved(Path): the work is in this file now.
        working(str, float): the stage of saving in words and the share that is done; "" at rest.
        refused(Path): nothing was saved, for another program has changed the document's file.
        failed(Exception): nothing was saved; an existing file is as it was.

    Attributes:
        path: the file that the document belongs to, or None.
        recovered: whether it came back after the program had ended, and is in no file since then.
    """

    renamed = Signal()
    opened = Signal(object)
    saved = Signal(object)
    working = Signal(str, float)
    refused = Signal(object)
    failed = Signal(object)

    def __init__(
        self, queue: JobQueue, session: Session, pictures: Pictures, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._queue = queue
        self._session = session
        self._pictures = pictures
        self._encode: Encode = photo_file
        self._shown: Rendered | None = None
        self._coming: tuple[Path | None, bool, Known] = (None, False, {})
        self._known: Known = {}
        self._jobs: set[Job] = set()
        self.path: Path | None = None
        self.recovered = False
        session.changed.connect(self._document_changed)

    @property
    def name(self) -> str:
        """What the document is called; "" where none is open."""
        document = self._session.document
        if document is None:
            return ""
        return document.base.name if self.path is None else self.path.name

    @property
    def file_fingerprint(self) -> Fingerprint | None:
        """Of the document's file as it was last read or written; None if that is not known."""
        return None if self.path is None else self._known.get(self.path)

    @property
    def busy(self) -> bool:
        """Whether a file is on its way."""
        return bool(self._jobs)

    def set_encoder(self, encode: Encode) -> None:
        """`encode` gives a photo's file, on any thread; it may have it already."""
        self._encode = encode

    def note_shown(self, rendered: Rendered | None) -> None:
        """Know what the screen shows: it becomes the file's thumbnail."""
        self._shown = rendered

    def thumbnail(self) -> Callable[[], npt.NDArray[np.uint8] | None]:
        """What makes a small picture of the document, on any thread; None for its photo's."""
        shown = self._shown
        return lambda: None if shown is None else shown.pyramid.thumbnail(THUMBNAIL_PX)

    def open_file(self, path: Path) -> None:
        """Open a project with its history."""
        project, known = path.absolute(), Known()

        def load(progress: Progress) -> Steps:
            from app.document.io.project import load_project

            # First, so that what is written meanwhile is noticed.
            known[project] = fingerprint(project)
            return load_project(path, progress)

        self.open_steps(path.name, load, project, known, then=lambda: self.opened.emit(path))

    def open_steps(
        self,
        name: str,
        load: Callable[[Progress], Steps],
        path: Path | None,
        known: Known,
        *,
        recovered: bool = False,
        before: Callable[[], None] = lambda: None,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        """Make a document with its history the document.

        Args:
            name: of what is being read, for the person.
            load: safe on any thread.
            path: the file that it belongs to.
            known: how that file looked, as soon as `load` has returned.
            recovered: whether it is in no file as it is.
            before: called just before it is open, unless that fails.
            then: called when it is open.
        """

        def coming() -> None:
            before()
            self._coming = (path, recovered, known)

        self._pictures.open_steps(name, load, coming, then, saved=not recovered)

    def save(self, path: Path, *, replace: bool = True) -> None:
        """Write the document with its history; the file is replaced at the very end.

        Args:
            path: of the file.
            replace: False: not if it is another one than was last read or written here.
        """
        history = self._session.history
        if history is None:
            return
        document, known = self._session.settled(), self._known
        steps, encode, thumbnail = Steps.of(history), self._encode, self.thumbnail()

        def work(means: Means) -> bool:
            from app.document.io.project import save_project

            if not replace and fingerprint(path) not in (None, known.get(path)):
                return False
            save_project(
                steps, path, encode=encode, thumbnail_hwc=thumbnail(), progress=means.progress
            )
            known[path] = fingerprint(path)
            return True

        def done(written: bool) -> None:
            is_open = self._session.history is history
            if written and is_open:
                self.path, self.recovered = path, False
                history.mark_saved(document)
                self.renamed.emit()
            self._end(job)
            if written:
                self.saved.emit(path)
            elif is_open:
                self.refused.emit(path)
            else:
                words = f"{path.name} was not saved: another program has changed it."
                self.failed.emit(UserError(words))

        def failed(error: Exception) -> None:
            self._end(job)
            self.failed.emit(error)

        job = self._queue.submit(
            Slot.WRITE,
            work,
            done=done,
            failed=failed,
            cancelled=lambda: self._end(job),
            progress=self.working.emit,
        )
        self._jobs.add(job)
        self.working.emit(f"saving {path.name}", 0.0)

    def _end(self, job: Job) -> None:
        self._jobs.discard(job)
        if not self._jobs:
            self.working.emit("", 0.0)

    def _document_changed(self, document: Document | None, why: Change) -> None:
        if why is Change.OPEN:
            self.path, self.recovered, self._known = self._coming
            self._coming = (None, False, {})
            self._shown = None
            self.renamed.emit()
