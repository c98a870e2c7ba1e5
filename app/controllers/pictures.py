"""Pictures on their way in: files, clipboards, samples, empty ones. Read on the file thread."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QColorSpace, QImage

from app.controllers.session import Session
from app.document.document import Document, Photo
from app.document.history import History
from app.document.io.steps import Steps
from app.document.pyramid import Pyramid
from app.errors import UserError
from app.jobs.queue import JobQueue
from app.jobs.slots import Job, Means, Slot
from models.api import Progress
from models.values import Picture

THUMBNAIL_PX = 192
STRIP_ROWS = 64
HELD_MS = 50
"""So often it is looked whether what is held back may come in."""
SRGB = QColorSpace(QColorSpace.NamedColorSpace.SRgb)
Guard = Callable[[Callable[[], None], str], None]


@dataclass(frozen=True)
class OpenedPhoto:
    """A photo as it was read, ready to be shown.

    Attributes:
        photo: the pixels and what the file says.
        pyramid: the same for the screen.
        thumb_rgb_hwc: a small form, uint8, at most `THUMBNAIL_PX` on the longer side.
    """

    photo: Photo
    pyramid: Pyramid
    thumb_rgb_hwc: npt.NDArray[np.uint8]


def opened(photo: Photo) -> OpenedPhoto:
    """The photo with its forms for the screen. Takes a while; for worker threads."""
    pyramid = Pyramid.of(photo.picture.rgb_hwc, photo.metadata.icc)
    return OpenedPhoto(photo, pyramid, pyramid.thumbnail(THUMBNAIL_PX))


def read_photo(path: Path) -> Photo:
    """The photo in a file, for worker threads; `UserError` as `read_image` raises it."""
    from app.document.io.images import read_image

    image = read_image(path)
    picture = Picture.from_rgb(image.rgb_hwc)
    return Photo(picture, path.name, path.absolute(), image.metadata, image.alpha_hw)


def photo_of_image(image: QImage, name: str) -> Photo:
    """The photo of pixels from a clipboard or a browser, in sRGB; safe on any thread.

    Raises:
        UserError: no pixels, or more than can be opened.
    """
    check_image(image, name)
    if image.colorSpace().isValid() and image.colorSpace() != SRGB:
        image = image.convertedToColorSpace(SRGB)
    deep = image.pixelFormat().redSize() > 8
    form = QImage.Format.Format_RGBA64 if deep else QImage.Format.Format_RGBA8888
    dtype = np.uint16 if deep else np.uint8
    height_px, width_px = image.height(), image.width()
    rgba_hwc = np.empty((height_px, width_px, 4), dtype)
    # In strips, since Qt's conversion holds the interpreter: 40 ms for 24 megapixels.
    for first in range(0, height_px, STRIP_ROWS):
        strip = image.copy(0, first, width_px, min(STRIP_ROWS, height_px - first))
        converted = strip.convertToFormat(form)
        values = np.frombuffer(converted.constBits(), dtype).reshape(converted.height(), -1)
        rgba_hwc[first : first + STRIP_ROWS] = values[:, : 4 * width_px].reshape(-1, width_px, 4)
    alpha = np.array(rgba_hwc[..., 3]) if image.hasAlphaChannel() else None
    return Photo(Picture.from_rgb(rgba_hwc[..., :3]), name, alpha_hw=alpha)


def check_image(image: QImage, name: str) -> None:
    """Raise `UserError` unless the program can work on these pixels."""
    from app.document.io.images import MAX_MEGAPIXELS

    width_px, height_px = image.width(), image.height()
    if image.isNull():
        raise UserError(f"{name} has no pixels that can be read.", "Save it as a file first.")
    if width_px * height_px > MAX_MEGAPIXELS * 1e6:
        raise UserError(
            f"{name} is too large: {width_px} x {height_px} px.",
            f"Make it smaller first: at most {MAX_MEGAPIXELS:g} megapixels can be opened.",
        )


def plain_photo(width_px: int, height_px: int, colour: tuple[int, int, int]) -> Photo:
    """A new picture of one colour."""
    rgb_hwc = np.broadcast_to(np.array(colour, np.uint8), (height_px, width_px, 3))
    return Photo(Picture.from_rgb(rgb_hwc), "Untitled")


def clipboard_name() -> str:
    """A name for what has none, such as "Pasted 14.03.27"."""
    return f"Pasted {datetime.datetime.now():%H.%M.%S}"


class Pictures(QObject):
    """Opens documents.

    Signals:
        opened(OpenedPhoto): the session has this document now; emitted just before it is shown.
        file_opened(Path): the document is the photo of this file.
        reading(str): the name of what is being read; empty when done.
        progressed(str, float): the stage of reading in words, and the share that is done.
        failed(Exception): what could not be read; the open document is as it was.
    """

    opened = Signal(object)
    file_opened = Signal(object)
    reading = Signal(str)
    progressed = Signal(str, float)
    failed = Signal(object)

    def __init__(self, queue: JobQueue, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._session = session
        self._guard: Guard = lambda act, _name: act()
        self._in_use: Callable[[], bool] = lambda: False
        self._job: Job | None = None
        self._held: Callable[[], None] | None = None
        self._look = QTimer(self, interval=HELD_MS)
        self._look.timeout.connect(self._let_in)

    def set_guard(self, guard: Guard, in_use: Callable[[], bool] = lambda: False) -> None:
        """Have work that would be thrown away asked about.

        Args:
            guard: does what throws work away, or asks first; it gets the name of what comes. It is
                asked where the open document has changed, or was in use, while another was read.
            in_use: whether a question about the open document, or a save, is not finished. What
                has been read waits until it is.
        """
        self._guard, self._in_use = guard, in_use

    def open_file(self, path: Path) -> None:
        """Read a file and make it the document."""
        self._open(path.name, lambda: read_photo(path), then=lambda: self.file_opened.emit(path))

    def open_image(self, image: QImage) -> None:
        """Make pixels from elsewhere the document."""
        name = clipboard_name()
        copy = QImage(image)
        self._open(name, lambda: photo_of_image(copy, name))

    def new(self, width_px: int, height_px: int, colour: tuple[int, int, int]) -> None:
        """Make a picture of one colour the document."""
        self._open("New picture", lambda: plain_photo(width_px, height_px, colour), "New")

    def open_steps(
        self,
        name: str,
        load: Callable[[Progress], Steps],
        before: Callable[[], None],
        then: Callable[[], None],
        *,
        saved: bool,
    ) -> None:
        """Read a document with its history, on the file thread, and open it.

        Args:
            name: of what is being read, for the person.
            load: safe on any thread.
            before: called just before it is open.
            then: called when it is open.
            saved: whether the current document is in a file as it is.
        """

        def work(means: Means) -> tuple[History, OpenedPhoto]:
            history = load(means.progress).history()
            if not saved:
                history.mark_unsaved()
            photo = opened(history.document.base)
            means.token.raise_if_cancelled()
            return history, photo

        def done(value: tuple[History, OpenedPhoto]) -> None:
            history, photo = value
            before()
            self.opened.emit(photo)
            self._session.restore(history)
            then()

        self._submit(name, work, done)

    def open_made(
        self,
        name: str,
        make: Callable[[], Document],
        label: str,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        """Make a document, on the file thread, and open it.

        Args:
            name: of what is being read, for the person.
            make: safe on any thread.
            label: of the first step of its history.
            then: called when it is open.
        """

        def work(means: Means) -> tuple[Document, OpenedPhoto]:
            document = make()
            photo = opened(document.base)
            means.token.raise_if_cancelled()
            return document, photo

        def done(value: tuple[Document, OpenedPhoto]) -> None:
            document, photo = value
            self.opened.emit(photo)
            self._session.open(document, label)
            then()

        self._submit(name, work, done)

    def cancel(self) -> None:
        """Give up what is being read or held back; the open document stays."""
        self._drop_held()
        self._queue.cancel_slot(Slot.OPEN)

    def _open(
        self,
        name: str,
        read: Callable[[], Photo],
        label: str = "Open",
        then: Callable[[], None] = lambda: None,
    ) -> None:
        self.open_made(name, lambda: Document(base=read()), label, then)

    def _submit(
        self, name: str, work: Callable[[Means], object], done: Callable[..., None]
    ) -> None:
        def ended() -> None:
            if self._job is job:
                self._job = None
                self.reading.emit("")

        before = self._session.document

        def succeeded(value: object) -> None:
            ended()
            asks = partial(self._guard, partial(done, value), name)
            if self._in_use():
                self._held = asks
                self._look.start()
            elif self._session.document is before:
                done(value)
            else:
                asks()

        def failed(error: Exception) -> None:
            ended()
            self.failed.emit(error)

        job = self._queue.submit(
            Slot.OPEN,
            work,
            done=succeeded,
            failed=failed,
            cancelled=ended,
            progress=self.progressed.emit,
        )
        self._drop_held()
        self._job = job
        self.reading.emit(name)

    def _let_in(self) -> None:
        held = self._held
        if held is not None and not self._in_use():
            self._drop_held()
            held()

    def _drop_held(self) -> None:
        self._held = None
        self._look.stop()
