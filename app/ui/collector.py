"""Python's search for unused cycles, on the GUI thread alone.

Objects of Qt that only a cycle holds must die on the thread they live on. Python looks for cycles
on whatever thread has just made many objects, a worker's too, and the process then dies with them.
"""

import gc

from PySide6.QtCore import QObject, QTimer

LOOK_MS = 200


class Collector(QObject):
    """Looks for cycles now and then, as often as Python itself would; from `start` to `stop`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_on = False
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        """Keep Python from looking by itself."""
        if not self._timer.isActive():
            self._was_on = gc.isenabled()
            gc.disable()
            self._timer.start()

    def stop(self) -> None:
        """Let Python look by itself again, if it did before."""
        if self._timer.isActive():
            self._timer.stop()
            if self._was_on:
                gc.enable()

    def look(self) -> None:
        """Collect the oldest generation that has grown beyond Python's own threshold, if any."""
        counts, thresholds = gc.get_count(), gc.get_threshold()
        for generation in (2, 1, 0):
            if counts[generation] > thresholds[generation] > 0:
                gc.collect(generation)
                return
