"""Finds out when the window does not answer, for how long, and what it is busy with."""

import logging
import sys
import threading
import time
import traceback
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from PySide6.QtCore import QAbstractEventDispatcher, QObject, Qt, QTimer, Signal, Slot

BEATS_PER_THRESHOLD = 4
KEPT = 100
STACK_FRAMES = 40

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stall:
    """A time in which the GUI thread handled no event.

    Attributes:
        ms: how long at least; the truth is at most one beat more.
        cpu_ms: how much of it the thread computed. The rest it waited: for a disk, a lock, the
            interpreter that another thread held, or a processor.
        stack: where the thread was meanwhile, the innermost call last; empty if it was missed.
    """

    ms: float
    cpu_ms: float
    stack: str


class _Turn(NamedTuple):
    """What the GUI thread was last known to do: it came to the event loop at `since_s`.

    `wait_s` is how long it may rest there before a beat is due.
    """

    since_s: float
    cpu_s: float
    wait_s: float


class StallWatchdog(QObject):
    """Reports when the GUI thread stays away from its event loop for longer than a threshold.

    Beats of a timer and the dispatcher's own signals tell that the loop is alive; nested loops, of
    dialogs and menus, keep it so. (The dispatcher's signals alone would not do: on some platforms
    handlers run between `aboutToBlock` and `awake`, which elsewhere enclose the waiting.) Between
    two loops, as in tests that call handlers themselves, the time counts as well: call `reset`
    before what is to be measured. A daemon thread looks at the GUI thread's stack during a stall.

    Signals:
        stalled(Stall): one is over; sent from the event loop, not from within the next handler.
    """

    stalled = Signal(object)
    _found = Signal(object)

    def __init__(self, parent: QObject | None = None, threshold_ms: float = 100.0) -> None:
        """A watchdog that waits to be started.

        Args:
            parent: the Qt parent.
            threshold_ms: shorter times are no stalls. The loop is woken four times as often.
        """
        super().__init__(parent)
        self._threshold_s = threshold_ms / 1000
        beat_ms = max(1, round(threshold_ms / BEATS_PER_THRESHOLD))
        self._timer = QTimer(self, interval=beat_ms, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._found.connect(self._report, Qt.ConnectionType.QueuedConnection)
        self._stalls: deque[Stall] = deque(maxlen=KEPT)
        self._sampler: _Sampler | None = None
        self._turn = self._turn_now(0.0)

    @property
    def stalls(self) -> list[Stall]:
        """The stalls since the start or the last reset, at most the newest hundred."""
        return list(self._stalls)

    def worst(self) -> Stall | None:
        """The longest of `stalls`."""
        return max(self._stalls, key=lambda stall: stall.ms, default=None)

    def start(self) -> None:
        """Begin to watch. On the GUI thread, as all else here."""
        if self._sampler is None:
            dispatcher = QAbstractEventDispatcher.instance()
            dispatcher.awake.connect(self._awake)
            dispatcher.aboutToBlock.connect(self._about_to_block)
            self._timer.start()
            self.reset()
            self._sampler = _Sampler(self._threshold_s, threading.get_ident(), self._turn)
            self._sampler.start()

    def stop(self) -> None:
        """Watch no more; what was found is kept."""
        if self._sampler is not None:
            dispatcher = QAbstractEventDispatcher.instance()
            dispatcher.awake.disconnect(self._awake)
            dispatcher.aboutToBlock.disconnect(self._about_to_block)
            self._timer.stop()
            self._sampler.stop()
            self._sampler = None

    def reset(self) -> None:
        """Forget all stalls, and the time since the last event."""
        self._stalls.clear()
        self._begin(0.0)

    @Slot()
    def _beat(self) -> None:
        self._mark(0.0)

    @Slot()
    def _awake(self) -> None:
        self._mark(0.0)

    @Slot()
    def _about_to_block(self) -> None:
        self._mark(max(0, self._timer.remainingTime()) / 1000)

    def _mark(self, wait_s: float) -> None:
        """The loop is alive. Close the turn that ends here and begin the next."""
        turn = self._turn
        seconds = time.perf_counter() - turn.since_s - turn.wait_s
        if seconds > self._threshold_s and self._sampler is not None:
            stall = Stall(
                seconds * 1000,
                (time.thread_time() - turn.cpu_s) * 1000,
                self._sampler.stack_of(turn),
            )
            self._stalls.append(stall)
            self._found.emit(stall)
        self._begin(wait_s)

    def _begin(self, wait_s: float) -> None:
        self._turn = self._turn_now(wait_s)
        if self._sampler is not None:
            self._sampler.turn = self._turn

    @staticmethod
    def _turn_now(wait_s: float) -> _Turn:
        return _Turn(time.perf_counter(), time.thread_time(), wait_s)

    @Slot(object)
    def _report(self, stall: Stall) -> None:
        log.info(
            "The window did not answer for %.0f ms (%.0f ms of computing):\n%s",
            stall.ms,
            stall.cpu_ms,
            stall.stack,
        )
        self.stalled.emit(stall)


class _Look(NamedTuple):
    """The stack as it was at some moment of a turn, its outermost calls left out."""

    turn: _Turn
    depth: int
    stack: traceback.StackSummary


class _Sampler:
    """Looks at a thread's stack while a turn of it takes too long.

    Attributes:
        turn: the present one; set by the watched thread, and read by the sampler's.
    """

    def __init__(self, threshold_s: float, thread_id: int, turn: _Turn) -> None:
        self.turn = turn
        self._threshold_s = threshold_s
        self._thread_id = thread_id
        self._over = threading.Event()
        self._seen: _Look | None = None
        self._thread = threading.Thread(target=self._run, name="scumble watchdog", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def stack_of(self, turn: _Turn) -> str:
        """What was seen in that turn."""
        seen = self._seen
        return "".join(seen.stack.format()) if seen is not None and seen.turn is turn else ""

    def _run(self) -> None:
        pause_s = self._threshold_s / 2
        while not self._over.wait(pause_s):
            turn = self.turn
            busy_s = time.perf_counter() - turn.since_s - turn.wait_s
            # From half of the threshold on, so that a stall just above it is not missed.
            late = busy_s >= self._threshold_s / 2
            if late:
                self._look(turn)
            pause_s = self._threshold_s / (4 if late else 2)

    def _look(self, turn: _Turn) -> None:
        frame = sys._current_frames()[self._thread_id]
        calls = list(traceback.walk_stack(frame))
        # A look just after the handler's end shows the bare event loop: the deepest one counts.
        if self._seen is not None and self._seen.turn is turn and self._seen.depth > len(calls):
            return
        # Lines of source are looked up when asked for: reading files here would hold the GUI up.
        stack = traceback.StackSummary.extract(reversed(calls[:STACK_FRAMES]), lookup_lines=False)
        if self.turn is turn:
            self._seen = _Look(turn, len(calls), stack)
