"""Pictures of a folder: their names, and thumbnails of those that are looked at."""

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from app.jobs.queue import JobQueue
from app.jobs.slots import Job, Means, Slot

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")
MOST_FILES = 5000
THUMBNAIL_PX = 160


class Finder(QObject):
    """Lists and reads on the thread that looks around: no photo waits for it.

    Signals:
        found(list[Path], bool): the pictures below the folder by name, and whether there are more
            than `MOST_FILES`.
        thumbnail(Path, array | None): rgb_hwc uint8, or None for a file that cannot be read.
    """

    found = Signal(object, bool)
    thumbnail = Signal(object, object)

    def __init__(self, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._listing: Job | None = None
        self._reading: dict[Path, Job] = {}

    def list_folder(self, folder: Path, *, recursive: bool) -> None:
        """Find the pictures in a folder, and in the folders in it when `recursive`."""
        self.stop()

        def work(means: Means) -> tuple[list[Path], bool]:
            return pictures_in(folder, recursive, means)

        def done(value: tuple[list[Path], bool]) -> None:
            self.found.emit(*value)

        def failed(error: Exception) -> None:
            self.found.emit([], False)

        self._listing = self._queue.submit(Slot.LOOK, work, done=done, failed=failed)

    def want(self, paths: list[Path]) -> None:
        """Read the thumbnails of these files too."""
        for path in paths:
            if path not in self._reading:
                self._reading[path] = self._submit(path)

    def stop(self) -> None:
        """Give up what is on its way."""
        if self._listing is not None:
            self._queue.cancel(self._listing)
        for job in self._reading.values():
            self._queue.cancel(job)
        self._reading.clear()

    def _submit(self, path: Path) -> Job:
        def done(thumb: npt.NDArray[np.uint8] | None) -> None:
            self._reading.pop(path, None)
            self.thumbnail.emit(path, thumb)

        def failed(error: Exception) -> None:
            done(None)

        def work(means: Means) -> npt.NDArray[np.uint8]:
            return read_thumbnail(path, THUMBNAIL_PX)

        return self._queue.submit(Slot.LOOK, work, done=done, failed=failed)


def pictures_in(folder: Path, recursive: bool, means: Means) -> tuple[list[Path], bool]:
    """The picture files in a folder (and below it), by name; at most `MOST_FILES`, and if there
    are more. Hidden files, hidden folders and links to folders are left out.

    Raises:
        Cancelled: it is no longer wanted.
    """
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        means.token.raise_if_cancelled()
        means.progress(f"looking into {os.path.basename(place)}", 0.0)
        inner = sorted(name for name in folders if not name.startswith("."))
        folders[:] = inner if recursive else []
        found += [
            Path(place, name)
            for name in sorted(names)
            if os.path.splitext(name)[1].lower() in PICTURE_SUFFIXES and not name.startswith(".")
        ]
        if len(found) > MOST_FILES:
            return found[:MOST_FILES], True
    return found, False


def read_thumbnail(path: Path, side_px: int) -> npt.NDArray[np.uint8]:
    """A small form of a picture file: rgb_hwc uint8, at most `side_px` on a side, upright.

    A JPEG is decoded at a fraction of its size, so a folder of photos fills in quickly.

    Raises:
        OSError, ValueError: it cannot be read.
    """
    from PIL import Image, ImageOps

    with Image.open(path) as image:
        image.draft("RGB", (side_px, side_px))
        upright = ImageOps.exif_transpose(image)
        if upright.mode.startswith("I"):
            # 16-bit grey: Pillow would clip it.
            values = np.asarray(upright, dtype=np.float32)
            upright = Image.fromarray((values / 257).astype(np.uint8))
        small = upright.convert("RGB")
        small.thumbnail((side_px, side_px))
        return np.asarray(small)
