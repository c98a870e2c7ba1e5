"""Reference pictures on their way into the document: files, clipboards, browsers."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from app.controllers.pictures import OpenedPhoto, clipboard_name, opened, photo_of_image, read_photo
from app.controllers.session import Change, Session
from app.document.document import Document, Photo
from app.errors import UserError
from app.jobs.queue import JobQueue
from app.jobs.slots import Job, Means, Slot

Use = Callable[[Photo], None]
"""What becomes of a reference once it is read; called on the GUI thread, with a document open."""
AGAIN_MS = 50


class References(QObject):
    """Reads references on the file thread and hands each to who asked for it.

    One that comes while a stroke or a slider is on its way waits until the hand rests.

    Signals:
        reading(str): the name of a reference that is being read; empty when none is.
        loaded(str, object): hash and thumbnail (rgb_hwc uint8) of a reference that came in.
        failed(Exception): a reference could not be read; the document is as it was.
    """

    reading = Signal(str)
    loaded = Signal(str, object)
    failed = Signal(object)

    def __init__(self, queue: JobQueue, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._session = session
        self._reading: dict[Job, str] = {}
        self._arrived: list[tuple[Photo, Use]] = []
        self._again = QTimer(self, interval=AGAIN_MS)
        self._again.timeout.connect(self._hand_out)
        session.changed.connect(self._document_changed)

    def read_file(self, path: Path, use: Use) -> None:
        """A picture file."""
        self._read(path.name, lambda: opened(read_photo(path)), use)

    def read_image(self, image: QImage, use: Use) -> None:
        """Pixels from a clipboard or a browser."""
        name = clipboard_name()
        copy = QImage(image)
        self._read(name, lambda: opened(photo_of_image(copy, name)), use)

    def use_known(self, sha256: str, use: Use) -> None:
        """A reference that the document has already."""
        document = self._session.document
        photo = document.reference(sha256) if document else None
        if photo is not None:
            use(photo)

    def _read(self, name: str, read: Callable[[], OpenedPhoto], use: Use) -> None:
        if self._session.document is None:
            self.failed.emit(
                UserError("A reference needs a picture to act on.", "Open a picture first.")
            )
            return

        def work(means: Means) -> OpenedPhoto:
            return read()

        def ended() -> None:
            del self._reading[job]
            self.reading.emit(next(reversed(self._reading.values()), ""))

        def done(photo: OpenedPhoto) -> None:
            ended()
            self.loaded.emit(photo.photo.picture.sha256, photo.thumb_rgb_hwc)
            if self._session.document is not None:
                self._arrived.append((photo.photo, use))
                self._hand_out()

        def failed(error: Exception) -> None:
            ended()
            self.failed.emit(error)

        job = self._queue.submit(Slot.REFERENCE, work, done=done, failed=failed, cancelled=ended)
        self._reading[job] = name
        self.reading.emit(name)

    def _hand_out(self) -> None:
        history = self._session.history
        if history is not None and history.pending is not None:
            self._again.start()
            return
        self._again.stop()
        arrived, self._arrived = self._arrived, []
        for photo, use in arrived:
            use(photo)

    def _document_changed(self, document: Document | None, why: Change) -> None:
        if why is Change.OPEN:
            # What is still being read was meant for the picture before.
            self._queue.cancel_slot(Slot.REFERENCE)
            self._arrived.clear()
