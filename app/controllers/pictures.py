"""Pictures on their way in: files, clipboards, samples, empty ones. Read on the file thread."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColorSpace, QImage

from app.controllers.session import Session
from app.document.document import Document, Photo
from app.document.pyramid import Pyramid
from app.errors import UserError
from app.jobs.queue import JobQueue
from app.jobs.slots import Job, Means, Slot
from models.api import Picture

THUMBNAIL_PX = 192
SRGB = QColorSpace(QColorSpace.NamedColorSpace.SRgb)


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
    converted = image.convertToFormat(form)
    height_px, width_px = converted.height(), converted.width()
    values = np.frombuffer(converted.constBits(), np.uint16 if deep else np.uint8)
    rows = values.reshape(height_px, -1)[:, : 4 * width_px].reshape(height_px, width_px, 4)
    alpha = np.array(rows[..., 3]) if image.hasAlphaChannel() else None
    return Photo(Picture.from_rgb(rows[..., :3]), name, alpha_hw=alpha)


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
        reading(str): the name of what is being read; empty when done.
        failed(Exception): what could not be read; the open document is as it was.
    """

    opened = Signal(object)
    reading = Signal(str)
    failed = Signal(object)

    def __init__(self, queue: JobQueue, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._session = session
        self._job: Job | None = None

    def open_file(self, path: Path) -> None:
        """Read a file and make it the document."""
        self._open(path.name, lambda: opened(read_photo(path)))

    def open_image(self, image: QImage) -> None:
        """Make pixels from elsewhere the document."""
        name = clipboard_name()
        copy = QImage(image)
        self._open(name, lambda: opened(photo_of_image(copy, name)))

    def new(self, width_px: int, height_px: int, colour: tuple[int, int, int]) -> None:
        """Make a picture of one colour the document."""
        self._open("New picture", lambda: opened(plain_photo(width_px, height_px, colour)), "New")

    def open_rescue(self, path: Path, then: Callable[[], None]) -> None:
        """Make a rescued document the document; `then` is called when it is."""

        def load() -> Document:
            from app.document.io.rescue import load_rescue

            return load_rescue(path)

        def work(means: Means) -> tuple[Document, OpenedPhoto]:
            document = load()
            return document, opened(document.base)

        def done(value: tuple[Document, OpenedPhoto]) -> None:
            document, photo = value
            self._show(photo, document, "Rescue")
            # What was rescued is in no file of the artist's yet.
            if self._session.history is not None:
                self._session.history.mark_unsaved()
            then()

        self._submit(path.name, work, done)

    def cancel(self) -> None:
        """Give up what is being read; the open document stays."""
        self._queue.cancel_slot(Slot.OPEN)

    def _open(self, name: str, read: Callable[[], OpenedPhoto], label: str = "Open") -> None:
        def work(means: Means) -> OpenedPhoto:
            photo = read()
            means.token.raise_if_cancelled()
            return photo

        def done(photo: OpenedPhoto) -> None:
            self._show(photo, Document(base=photo.photo), label)

        self._submit(name, work, done)

    def _submit(
        self, name: str, work: Callable[[Means], object], done: Callable[..., None]
    ) -> None:
        def ended() -> None:
            if self._job is job:
                self._job = None
                self.reading.emit("")

        def succeeded(value: object) -> None:
            ended()
            done(value)

        def failed(error: Exception) -> None:
            ended()
            self.failed.emit(error)

        job = self._queue.submit(Slot.OPEN, work, done=succeeded, failed=failed, cancelled=ended)
        self._job = job
        self.reading.emit(name)

    def _show(self, photo: OpenedPhoto, document: Document, label: str) -> None:
        self.opened.emit(photo)
        self._session.open(document, label)
