"""After a defect the document is saved first, then the artist is told; at the next start it is
offered."""

import weakref
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog

from app.controllers.pictures import Pictures
from app.controllers.session import Session
from app.crash import CrashReport
from app.document.document import Document
from app.jobs.queue import JobQueue
from app.jobs.slots import Means, Slot
from app.ui.main_window import MainWindow
from app.ui.presenters.notices import Teller
from app.ui.presenters.questions import unless_unexported


class RescuePresenter(QObject):
    """Saves the open document when something breaks, and brings it back."""

    def __init__(
        self,
        window: MainWindow,
        queue: JobQueue,
        session: Session,
        pictures: Pictures,
        tell: Teller,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._queue = queue
        self._session = session
        self._pictures = pictures
        self._tell = tell
        self._dialog: QDialog | None = None
        self._saved: tuple[weakref.ref[Document], Path] | None = None
        self._opened: Path | None = None
        session.steps_changed.connect(self._settle)
        window.start.rescue_requested.connect(self._open)
        window.start.rescue_discarded.connect(self._discard)
        self._offer()

    def save(self) -> Path | None:
        """Put what is shown into a folder of its own, once; None when there is no work to lose."""
        from app.document.io.rescue import rescue_folder, save_rescue

        document = self._session.document
        if document is None or not self._session.unexported:
            return None
        if self._saved is None or self._saved[0]() is not document:
            path = save_rescue(document, rescue_folder())
            self._saved = weakref.ref(document), path
        return self._saved[1]

    def tell(self, report: CrashReport) -> None:
        """Say what happened and where the document is."""
        from app.ui.dialogs.crash import CrashDialog

        if self._dialog is not None:
            return
        dialog = CrashDialog(report.sentence, report.saved, report.text, self._window)
        dialog.quit_requested.connect(self._window.leave)
        dialog.revealed.connect(self._tell.reveal)
        dialog.finished.connect(self._closed)
        self._dialog = dialog
        # Not modal: the picture behind it may be looked at, and exported, first.
        dialog.show()

    def _closed(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None

    def _offer(self) -> None:
        def work(means: Means) -> list[tuple[Path, str]]:
            from app.document.io.rescue import list_rescues, rescue_folder, rescue_words

            return [(path, rescue_words(path)) for path in list_rescues(rescue_folder())]

        self._queue.submit(Slot.MANAGE, work, done=self._window.start.set_rescues)

    def _open(self, path: Path) -> None:
        read = partial(self._pictures.open_rescue, path, partial(self._hold, path))
        unless_unexported(self._window, self._session, read)

    def _hold(self, path: Path) -> None:
        """Keep the files of what was opened until the work is in a file, or given up."""
        self._opened = path

    def _settle(self) -> None:
        if self._opened is not None and not self._session.unexported:
            path, self._opened = self._opened, None
            self._discard(path)

    def _discard(self, path: Path) -> None:
        def work(means: Means) -> None:
            from app.document.io.rescue import remove_rescue

            remove_rescue(path)

        self._queue.submit(Slot.MANAGE, work, done=lambda _: self._offer(), failed=self._tell.error)
