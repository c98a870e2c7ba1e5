"""Saving the work, its name in the title, and the question before work is thrown away."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from app.controllers.preferences import Preferences
from app.controllers.projects import Projects
from app.controllers.session import Change, Session
from app.document.document import Document
from app.document.io.steps import SUFFIX
from app.ui.files import ask_save, folder_beside
from app.ui.main_window import MainWindow
from app.ui.presenters.notices import Teller
from app.ui.presenters.picture import PicturePresenter
from app.ui.presenters.questions import ask_to_overwrite, ask_to_replace, unless_unsaved

NEEDS_DOCUMENT = ("file.save", "file.save_as")
SAVE_KEY = "save"
"""Of notices about the open document's file."""


class ProjectPresenter(QObject):
    """Save, Save as, the window's title, and who asks before work is lost."""

    def __init__(
        self,
        window: MainWindow,
        session: Session,
        projects: Projects,
        preferences: Preferences,
        picture: PicturePresenter,
        tell: Teller,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._projects = projects
        self._preferences = preferences
        self._tell = tell
        self._plan: Callable[[], None] | None = None
        window.actions_.on("file.save", self.save)
        window.actions_.on("file.save_as", self.save_as)
        session.changed.connect(self._document_changed)
        session.changed.connect(self._title)
        session.steps_changed.connect(self._title)
        projects.renamed.connect(self._title)
        projects.opened.connect(preferences.add_recent)
        projects.saved.connect(self._saved)
        projects.refused.connect(self._refused)
        projects.failed.connect(self._failed)
        projects.working.connect(partial(picture.work, "save"))
        self._document_changed(None, Change.OPEN)

    def open(self, path: Path) -> None:
        """Open a project; work that is in no file is asked about first."""
        self.guard(partial(self._projects.open_file, path))

    def save(self) -> None:
        """Write the project's file, or ask for one where there is none."""
        if self._session.document is None:
            return
        if self._projects.path is None:
            self.save_as()
        else:
            self._projects.save(self._projects.path, replace=False)

    def save_as(self) -> None:
        """Ask for a file and write the project there."""
        if self._session.document is None:
            return
        dialog = ask_save(
            self._window, "Save the project", self._proposed(), ("Project", (SUFFIX,)), self._chosen
        )
        dialog.rejected.connect(self._forget_plan)

    def guard(self, act: Callable[[], None], coming: str = "") -> None:
        """Do it; where work that is in no file would be thrown away by it, ask first.

        Args:
            coming: the name of what comes by itself, and not as the answer to a command.
        """
        # The newest wish counts: the document must not go while its question is open.
        self._forget_plan()
        when = f"before {coming} opens" if coming else "first"
        words = f"Save the work on {self._projects.name} {when}?"
        unless_unsaved(self._window, self._session, words, act, partial(self._save_then, act))

    @property
    def in_use(self) -> bool:
        """Whether the document is asked about or saved just now: nothing may replace it."""
        asked = QApplication.activeModalWidget() is not None
        return self._session.document is not None and (asked or self._projects.busy)

    def _save_then(self, act: Callable[[], None]) -> None:
        """Save, and do it once the file is there; nothing more if there is no file in the end."""
        self._plan = act
        self.save()

    def _chosen(self, path: Path) -> None:
        self._preferences.remember_folder("project", path.parent)
        if path.suffix.lower() == SUFFIX:
            self._projects.save(path)
            return
        # The system's dialog has asked about the name without the suffix.
        path = path.with_name(path.name + SUFFIX)
        save = partial(self._projects.save, path)
        if path.exists():
            ask_to_replace(self._window, path, save, self._forget_plan)
        else:
            save()

    def _proposed(self) -> Path:
        document, path = self._session.document, self._projects.path
        if path is not None:
            return path
        base = document.base if document else None
        default = folder_beside(base.path if base else None)
        stem = base.stem if base else ""
        return Path(self._preferences.last_folder("project") or default, f"{stem}{SUFFIX}")

    def _saved(self, path: Path) -> None:
        self._preferences.add_recent(path)
        self._tell.info(f"Saved {path.name}.", key=SAVE_KEY)
        if self._session.unsaved and self._projects.busy:
            # Of two saves the first: the plan is for the other.
            return
        plan, self._plan = self._plan, None
        if plan is not None and not self._session.unsaved:
            plan()

    def _refused(self, path: Path) -> None:
        def overwrite() -> None:
            # Another picture, which was on its way, may have come over the question.
            if self._projects.path == path:
                self._projects.save(path)

        ask_to_overwrite(self._window, path, overwrite, self.save_as, self._forget_plan)

    def _failed(self, error: Exception) -> None:
        self._forget_plan()
        save_as = ("Save as…", self.save_as)
        self._tell.error(error, save_as, key=SAVE_KEY)

    def _forget_plan(self) -> None:
        self._plan = None

    def _document_changed(self, document: Document | None, why: Change) -> None:
        if why is Change.OPEN:
            # What was to follow a save was to happen to the document before.
            self._forget_plan()
            self._window.notices.dismiss(SAVE_KEY)
            self._window.actions_.enable(document is not None, *NEEDS_DOCUMENT)

    def _title(self) -> None:
        name = self._projects.name + (" (recovered)" if self._projects.recovered else "")
        self._window.setWindowTitle(f"{name}[*] - Scumble" if name else "Scumble[*]")
        self._window.setWindowModified(self._session.unsaved)
