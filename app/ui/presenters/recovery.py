"""After a defect the work is made safe first, then the artist is told; at the next start all that
was kept is offered."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog

from app.controllers.recovery import Recoveries
from app.controllers.recovery_folders import Offer
from app.crash import CrashReport
from app.ui.dialogs.recovery import Kept, RecoveryDialog
from app.ui.main_window import MainWindow
from app.ui.presenters.notices import Teller
from app.ui.presenters.projects import SAVE_KEY, ProjectPresenter


class RecoveryPresenter(QObject):
    """Makes the open document safe when something breaks, and brings back what was kept."""

    def __init__(
        self,
        window: MainWindow,
        recoveries: Recoveries,
        projects: ProjectPresenter,
        tell: Teller,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._recoveries = recoveries
        self._projects = projects
        self._tell = tell
        self._dialog: QDialog | None = None
        self._question: RecoveryDialog | None = None
        self._offers: dict[Path, Offer] = {}
        self._offered = False
        recoveries.found.connect(self._found)
        recoveries.recovered.connect(self._recovered)
        recoveries.failed.connect(self._failed)
        window.start.recovery_requested.connect(self._open)
        window.start.recovery_discarded.connect(self._discard)
        recoveries.look()

    def save(self) -> Path | None:
        """Have all that is shown on the disk; None when there is no work to lose."""
        return self._recoveries.flush()

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
        # Not modal: the picture behind it may be looked at, and saved, first.
        dialog.show()

    def _closed(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None

    def _found(self, offers: Sequence[Offer]) -> None:
        self._offers = {offer.found.folder: offer for offer in offers}
        self._window.start.set_recoveries(
            [(folder, offer.found.words) for folder, offer in self._offers.items()]
        )
        if self._question is not None:
            self._question.keep_only(self._offers.keys())
        elif offers and not self._offered:
            self._ask(offers)
        self._offered = True

    def _ask(self, offers: Sequence[Offer]) -> None:
        dialog = self._question = RecoveryDialog([_kept(offer) for offer in offers], self._window)
        dialog.opened.connect(self._open)
        dialog.discarded.connect(self._discard)
        dialog.finished.connect(self._answered)
        dialog.open()

    def _answered(self) -> None:
        if self._question is not None:
            self._question.deleteLater()
            self._question = None

    def _open(self, folder: Path) -> None:
        offer = self._offers[folder]
        self._projects.guard(lambda: self._recoveries.open(offer.found))

    def _discard(self, folder: Path) -> None:
        self._recoveries.discard(self._offers[folder].found)

    def _recovered(self, name: str) -> None:
        words = f"{name} was recovered with all its steps; it is not saved yet."
        # Until it is: what is told of saving takes its place.
        self._tell.warning(words, "", ("Save", self._projects.save), key=SAVE_KEY)

    def _failed(self, error: Exception) -> None:
        self._tell.error(error, key="recovery")


def _kept(offer: Offer) -> Kept:
    found = offer.found
    return Kept(found.folder, found.about.name, found.when, offer.thumb_rgb_hwc)
