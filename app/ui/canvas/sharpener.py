"""Makes sharp tiles in slices of time between the frames."""

import time
from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.ui.canvas.comparison import Comparison
from app.ui.canvas.painter import Layer, SharpPainter
from app.ui.canvas.tiles import TILE_DEVICE, Cell
from app.ui.canvas.transform import Box, ViewTransform

# While something moves, one short slice follows each painted frame; at rest, long ones each other.
MOVING_SLICE_MS = 3.0
MOVING_PAUSE_MS = 10
RESTING_SLICE_MS = 8.0
MOVING_MS = 35

Task = tuple[Layer, Cell]


class Sharpener(QObject):
    """Makes the tiles that are wanted, the most urgent first, on the GUI thread.

    First come those in sight, then those of an incoming picture, which is shown when all are
    there, then those that the divider, a held key or the next motion will bring into sight.

    Signals:
        sharpened(): the view is to be painted again.
    """

    sharpened = Signal()

    def __init__(self, painter: SharpPainter, comparison: Comparison, parent: QObject) -> None:
        super().__init__(parent)
        self._painter = painter
        self._comparison = comparison
        self._picture = Box(0, 0, 0, 0)
        self._tasks: Iterator[Task] = iter(())
        self._woken = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._work)

    @property
    def is_idle(self) -> bool:
        """Whether all tiles are there."""
        return not self._timer.isActive()

    def wake(self, transform: ViewTransform, delay_ms: int = 0) -> None:
        """Something has changed: plan again, and start when nothing has changed for the delay."""
        self._woken = time.perf_counter()
        self._picture = transform.picture
        self._tasks = self._plan(transform)
        self._timer.start(delay_ms)

    def sleep(self) -> None:
        """Make no more tiles until `wake`."""
        self._timer.stop()

    @Slot()
    def _work(self) -> None:
        start = time.perf_counter()
        moving = (start - self._woken) * 1000 < MOVING_MS
        end = start + (MOVING_SLICE_MS if moving else RESTING_SLICE_MS) / 1000
        for layer, cell in self._tasks:
            self._painter.make(layer, self._picture, cell)
            if time.perf_counter() > end:
                self._timer.start(MOVING_PAUSE_MS if moving else 0)
                return

    def _plan(self, transform: ViewTransform) -> Iterator[Task]:
        visible = transform.visible
        yield from self._in_sight(visible)
        while (incoming := self._comparison.incoming) is not None:
            if not self._comparison.is_overdue:
                yield from self._missing(incoming, visible)
            self._comparison.adopt()
            self._painter.keep(self._comparison.layers)
            self.sharpened.emit()
        around = transform.view.grown(TILE_DEVICE).within(transform.picture)
        for part in (visible, around):
            for layer in self._comparison.layers:
                yield from self._missing(layer, part)

    def _in_sight(self, visible: Box) -> Iterator[Task]:
        found = False
        for layer, part in self._comparison.parts(visible):
            for task in self._missing(layer, part):
                found = True
                yield task
        if found:
            self.sharpened.emit()

    def _missing(self, layer: Layer, part: Box) -> Iterator[Task]:
        for cell in self._painter.missing(layer, self._picture, part):
            yield layer, cell
