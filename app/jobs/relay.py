"""Progress on its way from a worker thread to the GUI thread."""

import threading

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtCore import Slot as QtSlot

from app.jobs.slots import Job

EVERY_MS = 30


class ProgressRelay(QObject):
    """Hands over the first report at once and later ones at most every 30 ms, the latest only.

    Lives on the GUI thread. However often a worker reports, at most one event waits in the queue.

    Signals:
        progressed(Job, str, float): the stage in words and the share that is done; GUI thread.
    """

    progressed = Signal(object, str, float)
    _posted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._latest: tuple[Job, str, float] | None = None
        self._pause = QTimer(self, singleShot=True, interval=EVERY_MS)
        self._pause.timeout.connect(self.flush)
        self._posted.connect(self._arrived, Qt.ConnectionType.QueuedConnection)

    def report(self, job: Job, words: str, share: float) -> None:
        """Note how far a job is. For the worker thread; returns at once."""
        with self._lock:
            announced = self._latest is not None
            self._latest = (job, words, float(share))
        if not announced:
            self._posted.emit()

    @QtSlot()
    def flush(self) -> None:
        """Hand over what waits. On the GUI thread."""
        with self._lock:
            latest, self._latest = self._latest, None
        if latest is not None:
            self._pause.start()
            self.progressed.emit(*latest)

    @QtSlot()
    def _arrived(self) -> None:
        if not self._pause.isActive():
            self.flush()
