"""Where jobs wait for their worker thread."""

import threading
from collections.abc import Callable

from app.jobs.slots import Job


class Mailbox:
    """The pending jobs of one lane. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[Job] = []
        self._closed = False

    def put(self, job: Job) -> tuple[Job, ...]:
        """Let a job wait.

        Returns:
            The jobs that will never run because of it: those of its slot that it replaces, or, in
            a closed mailbox, the job itself.
        """
        with self._changed:
            if self._closed:
                return (job,)
            replaced: tuple[Job, ...] = ()
            if not job.policy.queued:
                replaced = self._remove(lambda other: other.slot is job.slot)
            self._waiting.append(job)
            self._changed.notify()
            return replaced

    def take(self) -> Job | None:
        """The next job by priority and then by age; waits for one. None once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if self._closed:
                return None
            # `min` keeps to the first of equals, which has waited longest.
            job = min(self._waiting, key=lambda job: job.policy.priority)
            self._waiting.remove(job)
            return job

    def drop(self, condition: Callable[[Job], bool]) -> tuple[Job, ...]:
        """Take out the jobs that fulfil the condition; they will never run."""
        with self._changed:
            return self._remove(condition)

    def close(self) -> tuple[Job, ...]:
        """End the waiting for good; the jobs that will never run."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            return self._remove(lambda job: True)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Those that wait now, the oldest first."""
        with self._changed:
            return tuple(self._waiting)

    def _remove(self, condition: Callable[[Job], bool]) -> tuple[Job, ...]:
        removed = tuple(job for job in self._waiting if condition(job))
        self._waiting = [job for job in self._waiting if job not in removed]
        return removed
