"""Whether there is time for smooth filtering while the picture moves."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, QTimer, Signal, Slot

# So long after the last change, the motion has ended.
REST_MS = 30
SLOW_PAINT_MS = 9.0
ROUGH_FOR_S = 5.0


class Pace(QObject):
    """Falls back to rough painting for the frames of a motion when smooth ones take too long.

    Signals:
        rested(): the motion has ended, and what is on the screen was painted roughly.
    """

    rested = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._rough_until = 0.0
        self._is_rough_shown = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST_MS)
        self._timer.timeout.connect(self._rest)

    @property
    def is_rough(self) -> bool:
        """Whether the next frame is to be painted without filtering."""
        return self.is_moving and time.perf_counter() < self._rough_until

    @property
    def is_moving(self) -> bool:
        """Whether the picture has moved a moment ago."""
        return self._timer.isActive()

    def moved(self) -> None:
        """The picture is at another place, or larger or smaller."""
        self._timer.start()

    @contextmanager
    def frame(self) -> Iterator[bool]:
        """Around the painting of one frame; tells whether it is to be rough."""
        rough, start = self.is_rough, time.perf_counter()
        yield rough
        self._is_rough_shown |= rough
        took_ms = (time.perf_counter() - start) * 1000
        if self.is_moving and not rough and took_ms > SLOW_PAINT_MS:
            self._rough_until = time.perf_counter() + ROUGH_FOR_S

    @Slot()
    def _rest(self) -> None:
        if self._is_rough_shown:
            self._is_rough_shown = False
            self.rested.emit()
