"""The GUI thread's end of all work that runs beside it."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt
from PySide6.QtCore import Slot as QtSlot

from app.jobs.backend import MakeBackend
from app.jobs.mailbox import Mailbox
from app.jobs.slots import Job, JobState, Lane, Means, Outcome, Slot
from app.jobs.worker import Worker

Value = TypeVar("Value")


@dataclass(frozen=True)
class _Callbacks:
    done: Callable[[Any], None] | None
    failed: Callable[[Exception], None] | None
    cancelled: Callable[[], None] | None
    progress: Callable[[str, float], None] | None


class JobQueue(QObject):
    """Runs work on a thread for each lane and brings the results back. For the GUI thread only.

    No method but `close` waits for anything. Every job ends exactly once, as DONE, CANCELLED or
    FAILED, with one callback. Jobs of one slot end in the order of their stamps, apart from those
    that are cancelled while they wait.
    """

    def __init__(self, make_backend: MakeBackend, parent: QObject | None = None) -> None:
        """A queue with its threads.

        Args:
            make_backend: called on the engine's thread when a job first asks for the backend.
            parent: the Qt parent.
        """
        super().__init__(parent)
        self._alive: dict[Job, _Callbacks] = {}
        self._mailboxes = {lane: Mailbox() for lane in Lane}
        self._workers = {
            lane: Worker(
                f"scumble {lane.value}", mailbox, make_backend if lane is Lane.ENGINE else None
            )
            for lane, mailbox in self._mailboxes.items()
        }
        self._stamp = 0
        self._closed = False
        queued = Qt.ConnectionType.QueuedConnection
        for worker in self._workers.values():
            worker.started_job.connect(self._job_started, queued)
            worker.finished_job.connect(self._job_finished, queued)
            worker.relay.progressed.connect(self._job_progressed)
            worker.start()

    @property
    def idle(self) -> bool:
        """Whether no job is on its way."""
        return not self._alive

    def next_stamp(self) -> int:
        """A stamp of its own, newer than those of all jobs so far."""
        self._stamp += 1
        return self._stamp

    def running(self, lane: Lane) -> Job | None:
        """The job that runs in the lane."""
        in_lane = (job for job in self._alive if job.policy.lane is lane)
        return next((job for job in in_lane if job.state is JobState.RUNNING), None)

    def pending(self, slot: Slot) -> int:
        """How many jobs of the slot have not begun."""
        in_slot = [job for job in self._alive if job.slot is slot]
        return sum(job.state is JobState.PENDING for job in in_slot)

    def submit(
        self,
        slot: Slot,
        work: Callable[[Means], Value],
        *,
        done: Callable[[Value], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
        cancelled: Callable[[], None] | None = None,
        progress: Callable[[str, float], None] | None = None,
    ) -> Job:
        """Have work done, by the policy of its slot.

        The callbacks are called on the GUI thread; what they raise goes to `sys.excepthook`. Those
        of jobs that this one replaces are called before `submit` returns, its own never are. After
        `close` nothing is run and nothing called.

        Args:
            slot: what kind of work it is.
            work: run on a worker thread, see `app.jobs.slots.Work`.
            done: called with its value.
            failed: called with what it raised; if None, that goes to `sys.excepthook`.
            cancelled: called if it was called off or replaced before it was done.
            progress: called with the stage in words and the share that is done; at most every
                30 ms.
        """
        job = Job(slot, work, self.next_stamp())
        if self._closed:
            job.state = JobState.CANCELLED
            return job
        mailbox = self._mailboxes[job.policy.lane]
        rivals = self._on_their_way(lambda other: other.slot in job.policy.cancels)
        self._alive[job] = _Callbacks(done, failed, cancelled, progress)
        replaced = mailbox.put(job)
        waiting = mailbox.jobs
        for other in rivals:
            if other not in waiting:
                other.token.cancel()
        for other in replaced:
            other.token.cancel()
            self._end(other, JobState.CANCELLED)
        return job

    def cancel(self, job: Job) -> None:
        """Call a job off. One that waits ends here and now, one that runs as soon as it notices."""
        if job not in self._alive:
            return
        job.token.cancel()
        if self._mailboxes[job.policy.lane].drop(lambda other: other is job):
            self._end(job, JobState.CANCELLED)

    def cancel_slot(self, slot: Slot) -> None:
        """Call off all jobs of a slot."""
        for job in self._on_their_way(lambda job: job.slot is slot):
            self.cancel(job)

    def bump_epoch(self) -> None:
        """Begin a new epoch: epochal jobs of earlier ones are called off."""
        for job in self._on_their_way(lambda job: job.policy.epochal):
            self.cancel(job)

    def restart_engine(self) -> None:
        """Call off what the engine does now; the jobs after it get a new backend."""
        self._workers[Lane.ENGINE].request_new_backend()
        waiting = self._mailboxes[Lane.ENGINE].jobs
        for job in self._on_their_way(lambda job: job.policy.lane is Lane.ENGINE):
            if job not in waiting:
                self.cancel(job)

    def close(self, timeout_ms: int = 1000) -> bool:
        """Call everything off and wait for the threads to end. No callback is called any more.

        Returns:
            Whether all threads have ended. If not, one is in a call that cannot be interrupted,
            and the process should end by `os._exit`.
        """
        self._closed = True
        for job in self._alive:
            job.token.cancel()
            job.state = JobState.CANCELLED
        self._alive.clear()
        for mailbox in self._mailboxes.values():
            mailbox.close()
        deadline = time.monotonic() + timeout_ms / 1000
        ended = [
            worker.wait(max(0.0, deadline - time.monotonic())) for worker in self._workers.values()
        ]
        return all(ended)

    @QtSlot(object)
    def _job_started(self, job: Job) -> None:
        if job in self._alive and job.state is JobState.PENDING:
            job.state = JobState.RUNNING

    @QtSlot(object, str, float)
    def _job_progressed(self, job: Job, words: str, share: float) -> None:
        callbacks = self._alive.get(job)
        if callbacks is not None and not job.called_off:
            # Of two reports that wait only the newer is left, and it may overtake the start.
            self._job_started(job)
            self._call(callbacks.progress, words, share)

    @QtSlot(object, object)
    def _job_finished(self, job: Job, outcome: Outcome) -> None:
        self._workers[job.policy.lane].relay.flush()
        if job not in self._alive:
            return
        unwanted = job.called_off and not job.policy.lasting
        if outcome.cancelled or unwanted:
            self._end(job, JobState.CANCELLED)
        elif outcome.error is not None:
            self._end(job, JobState.FAILED, outcome.error)
        else:
            self._end(job, JobState.DONE, outcome.value)

    def _end(self, job: Job, state: JobState, result: Any = None) -> None:
        callbacks = self._alive.pop(job)
        job.state = state
        if state is JobState.DONE:
            self._call(callbacks.done, result)
        elif state is JobState.CANCELLED:
            self._call(callbacks.cancelled)
        elif callbacks.failed is not None:
            self._call(callbacks.failed, result)
        else:
            error: Exception = result
            sys.excepthook(type(error), error, error.__traceback__)

    def _call(self, callback: Callable[..., None] | None, *args: Any) -> None:
        try:
            if callback is not None:
                callback(*args)
        except Exception as error:  # noqa: BLE001 - a listener's defect must not stop the others
            sys.excepthook(type(error), error, error.__traceback__)

    def _on_their_way(self, condition: Callable[[Job], bool]) -> tuple[Job, ...]:
        return tuple(job for job in self._alive if condition(job))
