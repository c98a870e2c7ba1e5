"""Workspaces: the same canvas with the tools and panels of one kind of work."""

from functools import partial

from PySide6.QtCore import QObject

from app.controllers.models import RENDERS_LAYOUTS, SWAPS_TEXTURE
from app.controllers.session import Change, Session
from app.controllers.styling import Styling
from app.document.document import Document
from app.ui.actions import WORKSPACES
from app.ui.main_window import MainWindow
from app.ui.presenters.models import ModelsPresenter
from app.ui.presenters.painting import PaintingPresenter
from app.ui.presenters.retouching import RetouchPresenter

FAMILIES = {"paint": RENDERS_LAYOUTS, "edit": SWAPS_TEXTURE}
"""The models that are chosen from in each workspace."""


class WorkspacePresenter(QObject):
    """Switches workspaces. Nothing that was made is lost or asked about."""

    def __init__(
        self,
        window: MainWindow,
        session: Session,
        painting: PaintingPresenter,
        retouching: RetouchPresenter,
        styling: Styling,
        models: ModelsPresenter,
    ) -> None:
        super().__init__(window)
        self._window = window
        # Who has the canvas in each workspace.
        self._hands = {"paint": painting, "edit": retouching}
        self._styling = styling
        self._models = models
        for name in WORKSPACES:
            window.actions_.on(f"view.workspace_{name}", partial(self.choose, name))
        session.changed.connect(self._document_changed)
        self._show()

    def choose(self, name: str) -> None:
        """Go to a workspace."""
        self._window.set_workspace(name)
        self._show()

    def _show(self) -> None:
        name = self._window.workspace
        for other in WORKSPACES:
            self._window.actions_[f"view.workspace_{other}"].setChecked(other == name)
        for workspace, hand in self._hands.items():
            if workspace != name:
                hand.set_active(False)
        self._hands[name].set_active(True)
        self._styling.set_watched(name == "paint")
        self._models.set_family(FAMILIES[name])

    def _document_changed(self, document: Document | None, why: Change) -> None:
        # A layout is for painting; a photo leaves the artist where the artist is.
        if why is Change.OPEN and document is not None and document.labels is not None:
            self.choose("paint")
