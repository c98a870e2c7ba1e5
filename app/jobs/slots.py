"""Kinds of work that run beside the GUI, and the rules by which they wait, replace and cancel.

Each slot runs on one of four lanes, a thread each: a photo has to open while the engine renders,
and while a folder on a drive that is gone does not answer; and no step waits for any of that until
it is safe on the disk.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from app.jobs.backend import Backend
from models.api import CancelToken, Progress
from models.errors import Cancelled


class Lane(Enum):
    """A thread that works: the engine's, the one for files that are wanted, the one that only
    looks around, and the one that keeps every step."""

    ENGINE = "engine"
    FILES = "files"
    LOOKS = "looks"
    JOURNAL = "journal"


class Slot(Enum):
    """A kind of work. `POLICIES` says how it is treated."""

    LOAD_MODEL = "load model"
    PREVIEW = "preview"
    FINAL = "final"
    SEE_LAYOUT = "see layout"
    EXPORT = "export"
    STRIP = "strip"
    SIMILARITY = "similarity"
    DIRECTIONS = "directions"
    LEARN = "learn"
    IMPORT_MODEL = "import model"
    TEST_DEVICE = "test device"
    VERIFY_MODEL = "verify model"
    OPEN = "open"
    REFERENCE = "reference"
    WRITE = "write"
    MANAGE = "manage"
    ESTIMATE = "estimate"
    LOOK = "look"
    JOURNAL = "journal"


@dataclass(frozen=True)
class Policy:
    """How the jobs of a slot are treated.

    Attributes:
        lane: the thread that runs them.
        priority: of all that waits in the lane, the lowest number runs first.
        queued: True: every job runs, in order. False: a newer one replaces the one that waits.
        cancels: running jobs of these slots are cancelled by a new job of this slot.
        epochal: a new epoch cancels all jobs of this slot.
        lasting: work that leaves something behind (a file): if it was done before a cancel could
            reach it, it counts as done. The value of other work is dropped then.
    """

    lane: Lane
    priority: int
    queued: bool = True
    cancels: frozenset[Slot] = frozenset()
    epochal: bool = False
    lasting: bool = False


POLICIES: dict[Slot, Policy] = {
    Slot.LOAD_MODEL: Policy(Lane.ENGINE, 0, queued=False),
    # A running preview goes on when a newer one comes, or a fast hand would never see a picture.
    Slot.PREVIEW: Policy(
        Lane.ENGINE, 1, queued=False, cancels=frozenset({Slot.FINAL}), epochal=True
    ),
    Slot.FINAL: Policy(Lane.ENGINE, 2, queued=False, cancels=frozenset({Slot.FINAL}), epochal=True),
    Slot.SEE_LAYOUT: Policy(Lane.ENGINE, 3, queued=False, cancels=frozenset({Slot.SEE_LAYOUT})),
    Slot.SIMILARITY: Policy(Lane.ENGINE, 4, queued=False, cancels=frozenset({Slot.SIMILARITY})),
    Slot.DIRECTIONS: Policy(Lane.ENGINE, 5),
    Slot.TEST_DEVICE: Policy(Lane.ENGINE, 6),
    Slot.VERIFY_MODEL: Policy(Lane.ENGINE, 7),
    Slot.IMPORT_MODEL: Policy(Lane.ENGINE, 8, lasting=True),
    Slot.EXPORT: Policy(Lane.ENGINE, 9),
    # Thumbnails are worth no waiting: whatever the artist does goes first.
    Slot.STRIP: Policy(Lane.ENGINE, 10, epochal=True),
    # A photo of a folder after another, for minutes: beneath all that is looked at.
    Slot.LEARN: Policy(Lane.ENGINE, 11),
    Slot.OPEN: Policy(Lane.FILES, 0, queued=False, cancels=frozenset({Slot.OPEN})),
    Slot.REFERENCE: Policy(Lane.FILES, 1),
    Slot.WRITE: Policy(Lane.FILES, 2, lasting=True),
    Slot.MANAGE: Policy(Lane.FILES, 3, lasting=True),
    Slot.ESTIMATE: Policy(Lane.LOOKS, 0, queued=False, cancels=frozenset({Slot.ESTIMATE})),
    Slot.LOOK: Policy(Lane.LOOKS, 1),
    Slot.JOURNAL: Policy(Lane.JOURNAL, 0, lasting=True),
}


class JobState(Enum):
    """Where a job is. The last three are its end."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True)
class Means:
    """What a job works with, on its worker thread.

    Attributes:
        token: to be asked now and then whether the work is still wanted.
        progress: to be told the stage in words and the share that is done; cheap to call.
        give_backend: makes the backend if there is none yet.
    """

    token: CancelToken
    progress: Progress
    give_backend: Callable[[], Backend]

    @property
    def backend(self) -> Backend:
        """The engine; the first use in a program may take seconds.

        Raises:
            RuntimeError: in the other lanes, which have none.
            Exception: whatever kept the backend from being made; the next job tries again.
        """
        return self.give_backend()


Work = Callable[[Means], Any]
"""Runs on a worker thread. It captures all that it needs, none of which may change meanwhile; its
value goes back to the GUI thread. `Cancelled` means called off, any other exception failed."""


@dataclass(eq=False)
class Job:
    """One piece of work on its way. Equal only to itself.

    Attributes:
        slot: what kind of work.
        work: what is run.
        stamp: increases with every job of a queue.
        token: cancelled when the work is not wanted any more; the only thing two threads share.
        state: written by the GUI thread only.
    """

    slot: Slot
    work: Work = field(repr=False)
    stamp: int
    token: CancelToken = field(default_factory=CancelToken, repr=False)
    state: JobState = JobState.PENDING

    @property
    def policy(self) -> Policy:
        """The rules of its slot."""
        return POLICIES[self.slot]

    @property
    def called_off(self) -> bool:
        """Whether it was cancelled, even if it still runs."""
        try:
            self.token.raise_if_cancelled()
        except Cancelled:
            return True
        return False


@dataclass(frozen=True)
class Outcome:
    """How a job ended: a value unless there is an error or it was cancelled.

    Attributes:
        value: what the work returned.
        error: what it raised.
        cancelled: whether it gave up because it was called off.
    """

    value: Any = None
    error: Exception | None = None
    cancelled: bool = False
