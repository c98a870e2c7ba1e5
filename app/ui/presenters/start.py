"""The start page and the menu of samples."""

import contextlib
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject

from app.controllers.finder import read_thumbnail
from app.controllers.preferences import Preferences
from app.controllers.session import Change, Session
from app.controllers.swapping import Swapping
from app.document.document import Document
from app.jobs.queue import JobQueue
from app.jobs.slots import Job, Means, Slot
from app.resources import resource
from app.settings import Settings
from app.ui.main_window import MainWindow
from app.ui.panels.reference import Suggestion
from app.ui.presenters.documents import DocumentPresenter

SAMPLE_THUMBNAIL_PX = 320
TITLES = {
    "aitzgorri": "Rocks at Aitzgorri",
    "life": "A pond",
    "picosdeeuropa": "Picos de Europa",
    "sunset": "Sunset",
}
"""Of the sample photos, by the stem of their file."""
LAYOUT_TITLES = {
    "lake": "A lake",
    "coast": "A coast",
    "river": "A river",
    "village": "A village",
    "waterfall": "A waterfall",
    "bridge": "A bridge",
    "desert-road": "A desert road",
    "island": "An island",
}
"""Of the sample layouts, likewise."""
LAYOUTS_SHOWN = 4
"""On the start page, beside as many photos; the menu has all."""
Sample = tuple[Path, str, npt.NDArray[np.uint8]]


class StartPresenter(QObject):
    """Fills the start page; its thumbnails come from a thread, after the window is up."""

    def __init__(
        self,
        window: MainWindow,
        queue: JobQueue,
        session: Session,
        preferences: Preferences,
        documents: DocumentPresenter,
        swapping: Swapping,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._queue = queue
        self._session = session
        self._preferences = preferences
        self._looking: Job | None = None
        self._found: list[Sample] = []
        window.start.set_first_run(not preferences.value.welcome_seen)
        session.changed.connect(self._seen)
        window.reference.suggestion_chosen.connect(swapping.use_file)
        preferences.changed.connect(self._settings_changed)
        for path, title in (*_photos(), *_layouts()):
            action = window.menus.samples.addAction(title)
            action.triggered.connect(lambda _=False, path=path: documents.open_sample(path))
        queue.submit(Slot.LOOK, _read_samples, done=self._show_samples)
        self._look_for_recent()

    def _show_samples(self, samples: list[Sample]) -> None:
        photos = {path for path, _ in _photos()}
        self._found = [sample for sample in samples if sample[0] in photos]
        self._window.start.set_samples(samples)
        self._suggest(self._session.document)

    def _settings_changed(self, old: Settings, new: Settings) -> None:
        if old.recent_files != new.recent_files:
            self._look_for_recent()

    def _look_for_recent(self) -> None:
        """Find out which recent files are gone; a network drive may take its time over it."""
        paths = [Path(name) for name in self._preferences.value.recent_files]

        def work(means: Means) -> list[Path]:
            return [path for path in paths if not os.path.isfile(path)]

        if self._looking is not None:
            self._queue.cancel(self._looking)
        self._looking = self._queue.submit(Slot.LOOK, work, done=self._window.start.set_missing)

    def _seen(self, document: Document | None, why: Change) -> None:
        if document is not None and not self._preferences.value.welcome_seen:
            self._preferences.update(welcome_seen=True)
        if why is Change.OPEN:
            self._suggest(document)

    def _suggest(self, document: Document | None) -> None:
        """Offer the samples as references, all but the one that is the picture itself."""
        own = document.base.path if document else None
        self._window.reference.set_suggestions(
            [Suggestion(*sample) for sample in self._found if sample[0] != own]
        )


def _photos() -> list[tuple[Path, str]]:
    return [(resource("samples") / f"{stem}.jpg", title) for stem, title in TITLES.items()]


def _layouts() -> list[tuple[Path, str]]:
    folder = resource("samples/layouts")
    return [(folder / f"{stem}.png", title) for stem, title in LAYOUT_TITLES.items()]


def _read_samples(means: Means) -> list[Sample]:
    """What can be read of the samples: file, title, thumbnail."""
    found: list[Sample] = []
    for path, title in (*_photos(), *_layouts()[:LAYOUTS_SHOWN]):
        with contextlib.suppress(OSError, ValueError):
            small = resource("samples/small") / path.name
            found.append((path, title, read_thumbnail(small, SAMPLE_THUMBNAIL_PX)))
    return found
