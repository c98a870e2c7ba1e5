"""A thread that runs jobs, one after the other."""

import logging
import os
import sys
import threading
import traceback
from contextlib import suppress

from PySide6.QtCore import QObject, Signal

from app.jobs.backend import Backend, MakeBackend
from app.jobs.mailbox import Mailbox
from app.jobs.relay import ProgressRelay
from app.jobs.slots import Job, Means, Outcome
from models.errors import Cancelled

NICE = 10
"""How far workers stand back, in the system's own measure: a busy engine must leave the GUI its
share of a small machine, where the pen must not wait. A tenth of a busy program's share is left to
the engine itself. The threads that torch starts inherit it."""

log = logging.getLogger(__name__)


class Worker(QObject):
    """Takes jobs from a mailbox until that is closed.

    The object lives on the GUI thread; its signals come from the worker's own thread, so connect
    them queued. The thread is a daemon: one that hangs in foreign code keeps no program from
    ending.

    Signals:
        started_job(Job): the work begins. Left out for a job that was cancelled before.
        finished_job(Job, Outcome): it has ended, whichever way.

    Attributes:
        relay: hands over the progress of the running job.
    """

    started_job = Signal(object)
    finished_job = Signal(object, object)

    def __init__(self, name: str, mailbox: Mailbox, make_backend: MakeBackend | None) -> None:
        """A worker that waits to be started.

        Args:
            name: of the thread.
            mailbox: where its jobs come from.
            make_backend: called on the worker's thread when a job first asks for the backend;
                None: its jobs have none.
        """
        super().__init__()
        self.relay = ProgressRelay()
        self._mailbox = mailbox
        self._make_backend = make_backend
        self._backend: Backend | None = None
        self._renew = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait until the thread has ended; False if it has not by then."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def request_new_backend(self) -> None:
        """Before the next job drop the backend; it is made anew when asked for."""
        self._renew.set()

    def _run(self) -> None:
        stand_back()
        while self._serve_one():
            pass
        self._drop_backend()

    def _serve_one(self) -> bool:
        """Run the next job. A function of its own, so that nothing of the job is held while
        waiting for another."""
        job = self._mailbox.take()
        if job is None:
            return False
        if self._renew.is_set():
            self._renew.clear()
            self._drop_backend()
        if job.called_off:
            self.finished_job.emit(job, Outcome(cancelled=True))
            return True
        self.started_job.emit(job)
        self.finished_job.emit(job, self._outcome(job))
        return True

    def _outcome(self, job: Job) -> Outcome:
        def progress(words: str, share: float) -> None:
            self.relay.report(job, words, share)

        try:
            return Outcome(job.work(Means(job.token, progress, self._give_backend)))
        except Cancelled:
            return Outcome(cancelled=True)
        except Exception as error:  # noqa: BLE001 - errors go to the GUI thread as values
            return Outcome(error=_without_locals(error))
        except BaseException as error:  # noqa: BLE001 - nothing may end this thread
            failure = RuntimeError(f"The work raised {error!r}.")
            return Outcome(error=_without_locals(failure.with_traceback(error.__traceback__)))

    def _give_backend(self) -> Backend:
        if self._backend is None:
            if self._make_backend is None:
                raise RuntimeError("Jobs of this lane have no backend.")
            self._backend = self._make_backend()
        return self._backend

    def _drop_backend(self) -> None:
        backend, self._backend = self._backend, None
        if backend is not None:
            try:
                backend.forget()
            except Exception:
                # It may be as broken as it likes: it goes.
                log.info("A backend that was given up could not clear its caches.", exc_info=True)


def stand_back() -> None:
    """Give the calling thread less weight than the GUI's, where the system can do so."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


def _without_locals(error: Exception) -> Exception:
    """The error with its traceback, but without the pictures that the frames hold on to."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        traceback.clear_frames(link.__traceback__)
        link = link.__cause__ or link.__context__
    return error
