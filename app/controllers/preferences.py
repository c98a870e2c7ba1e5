"""The settings while the program runs: changed at once, written a moment later."""

import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.errors import UserError
from app.jobs.queue import JobQueue
from app.jobs.slots import Means, Slot
from app.settings import MAX_RECENT_FILES, Settings, save_settings

SAVE_DELAY_MS = 400

log = logging.getLogger(__name__)


class Preferences(QObject):
    """The settings in use.

    Signals:
        changed(Settings, Settings): before and after.
        failed(Exception): they could not be written.

    Attributes:
        value: the settings.
    """

    changed = Signal(object, object)
    failed = Signal(object)

    def __init__(self, value: Settings, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.value = value
        self._written = value
        self._queue = queue
        self._timer = QTimer(self, singleShot=True, interval=SAVE_DELAY_MS)
        self._timer.timeout.connect(self._save)

    def update(self, **changes: Any) -> None:
        """Change settings by name."""
        self.set(replace(self.value, **changes))

    def set(self, value: Settings) -> None:
        """Use other settings; they are saved on the file thread."""
        old, self.value = self.value, value
        if value != old:
            self._timer.start()
            self.changed.emit(old, value)

    def add_recent(self, path: Path) -> None:
        """Put a file at the head of the recent ones."""
        others = [name for name in self.value.recent_files if name != str(path)]
        self.update(recent_files=(str(path), *others)[:MAX_RECENT_FILES])

    def remember_folder(self, kind: str, folder: Path) -> None:
        """Note the last folder of a kind of file: "picture", "reference", "export", "model"."""
        self.update(last_folders={**self.value.last_folders, kind: str(folder)})

    def last_folder(self, kind: str) -> str:
        """The folder to begin in; empty for the system's own choice."""
        folder = self.value.last_folders.get(kind, "")
        return folder if os.path.isdir(folder) else ""

    def flush(self) -> None:
        """Write now, on this thread, what is not written yet: for the end of the program, when
        there is nobody left to tell that it failed."""
        self._timer.stop()
        if self.value != self._written:
            try:
                save_settings(self.value)
            except UserError:
                log.info("The settings could not be saved.", exc_info=True)

    def _save(self) -> None:
        value = self.value

        def work(means: Means) -> None:
            save_settings(value)

        def done(_: None) -> None:
            self._written = value

        self._queue.submit(Slot.MANAGE, work, done=done, failed=self.failed.emit)
