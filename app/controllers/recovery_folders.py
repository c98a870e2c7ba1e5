"""Folders of work that is in no file: who has one in hand, and what there is of others.

Several windows, each a program of its own, may look at the same folders. Whoever writes one holds
the lock in it; whoever looks holds it for a moment.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLockFile

from app.controllers.finder import read_thumbnail
from app.document.io.steps import Steps
from app.errors import UserError

if TYPE_CHECKING:
    from app.document.io.recovery import About, Found

LOCK = "lock"
LOCK_MS = 500
"""So long whoever wants a folder waits for those that only look at it."""
THUMBNAIL_PX = 192

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Offer:
    """Work that can be recovered, and that no running program has in hand.

    Attributes:
        found: what it is.
        thumb_rgb_hwc: a small picture, uint8, or None.
    """

    found: "Found"
    thumb_rgb_hwc: npt.NDArray[np.uint8] | None


def lock_of(folder: Path, wait_ms: int = 0) -> QLockFile | None:
    """The lock of a recovery folder; None if it is gone, or another program holds the lock.

    The system's own locks would do, but for network drives; this one knows its process by number
    and name.
    """
    lock = QLockFile(str(folder / LOCK))
    lock.setStaleLockTime(0)
    return lock if lock.tryLock(wait_ms) else None


class Writer:
    """The recovery folder of one document, with its lock; for the thread of `Slot.JOURNAL`.

    Args:
        folder: made at the first step.
        lock: of the folder, if it is there already.
    """

    def __init__(self, folder: Path, lock: QLockFile | None = None) -> None:
        from app.document.io.recovery import Recovery

        self.recovery = Recovery(folder)
        self._lock = lock

    def keep(self, steps: Steps, about: "About") -> int:
        """As `Recovery.keep`; what the journal takes then."""
        if self._lock is None:
            # Before anything is listed there. If the folder cannot be made, `keep` will say so.
            with suppress(OSError):
                self.recovery.folder.mkdir(parents=True, exist_ok=True)
            self._lock = lock_of(self.recovery.folder, LOCK_MS)
        self.recovery.keep(steps, about)
        return self.recovery.journal_bytes

    def release(self) -> None:
        """Let go of the folder; another program may have it."""
        self.recovery.close()
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def remove(self) -> None:
        """Delete the folder, if that can be done."""
        from app.document.io.recovery import remove_recovery

        self.release()
        try:
            remove_recovery(self.recovery.folder)
        except UserError as error:
            log.info("A recovery could not be deleted: %s", error)


def offer_of(folder: Path) -> Offer | None:
    """What a folder offers, None if there is nothing, or a program is at it."""
    from app.document.io.recovery import THUMBNAIL, found, is_old, remove_recovery

    lock = lock_of(folder)
    if lock is None:
        return None
    there = found(folder)
    lock.unlock()
    if there is None:
        # One of today may be about to be filled by another window.
        if is_old(folder):
            with suppress(UserError):
                remove_recovery(folder)
        return None
    try:
        return Offer(there, read_thumbnail(folder / THUMBNAIL, THUMBNAIL_PX))
    except (OSError, ValueError):
        return Offer(there, None)


def taken(there: "Found") -> "tuple[QLockFile, Found]":
    """The lock of what was found, and what is there now.

    Raises:
        UserError: another window has it, or had it, and it is no more.
    """
    from app.document.io.recovery import found

    lock, now = lock_of(there.folder, LOCK_MS), found(there.folder)
    if lock is not None and now is not None:
        return lock, now
    if lock is not None:
        lock.unlock()
    elif there.folder.exists():
        raise _in_use(there)
    raise UserError(
        f"{there.about.name} is not there any more: another window saved or discarded it."
    )


def discard(there: "Found") -> None:
    """Delete what was found; no work if it is gone already.

    Raises:
        UserError: another window has it, or the folder is protected.
    """
    from app.document.io.recovery import remove_recovery

    lock = lock_of(there.folder, LOCK_MS)
    if lock is None and there.folder.exists():
        raise _in_use(there)
    if lock is not None:
        lock.unlock()
    remove_recovery(there.folder)


def _in_use(there: "Found") -> UserError:
    words = f"{there.about.name} is open in another window of Scumble."
    return UserError(words, "Go on with it there.")
