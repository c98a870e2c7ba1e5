"""The start page and the menu of samples."""

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
from app.jobs.slots import Means, Slot
from app.resources import resource
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
"""Of the sample pictures, by the stem of their file."""


class StartPresenter(QObject):
    """Fills the start page; its thumbnails come from the file thread, after the window is up."""

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
        self._found: list[tuple[Path, str, npt.NDArray[np.uint8]]] = []
        window.start.set_first_run(not preferences.value.welcome_seen)
        session.changed.connect(self._seen)
        window.reference.suggestion_chosen.connect(swapping.use_file)
        preferences.changed.connect(self._look_for_recent)
        self._look_for_recent()
        samples = resource("samples")
        for stem, title in TITLES.items():
            path = samples / f"{stem}.jpg"
            action = window.menus.samples.addAction(title)
            action.triggered.connect(lambda _=False, path=path: documents.open_path(path))
            queue.submit(
                Slot.THUMBNAIL,
                lambda means, path=path: read_thumbnail(path, SAMPLE_THUMBNAIL_PX),
                done=lambda thumb, path=path, title=title: self._add(path, title, thumb),
            )

    def _add(self, path: Path, title: str, thumb: npt.NDArray[np.uint8]) -> None:
        self._found.append((path, title, thumb))
        if len(self._found) == len(TITLES):
            self._window.start.set_samples(self._found)
            self._suggest(self._session.document)

    def _look_for_recent(self) -> None:
        """Find out which recent files are gone; a network drive may take its time over it."""
        paths = [Path(name) for name in self._preferences.value.recent_files]

        def work(means: Means) -> list[Path]:
            return [path for path in paths if not path.is_file()]

        self._queue.submit(Slot.THUMBNAIL, work, done=self._window.start.set_missing)

    def _seen(self, document: Document | None, why: Change) -> None:
        if document is not None and not self._preferences.value.welcome_seen:
            self._preferences.update(welcome_seen=True)
        self._suggest(document)

    def _suggest(self, document: Document | None) -> None:
        """Offer the samples as references, all but the one that is the picture itself."""
        own = document.base.path if document else None
        self._window.reference.set_suggestions(
            [Suggestion(*sample) for sample in self._found if sample[0] != own]
        )
