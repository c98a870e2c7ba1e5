"""The menu's two commands for recipes."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from app.controllers.preferences import Preferences
from app.controllers.recipes import Recipes
from app.controllers.session import Change, Session
from app.document.document import Document
from app.ui.files import ask_files, ask_save, folder_beside
from app.ui.main_window import MainWindow
from app.ui.presenters.notices import Teller

FOLDER_KIND = "recipe"
RECIPE_FILES = ("Recipes", (".json",))


class RecipePresenter(QObject):
    """Save recipe and Load recipe."""

    def __init__(
        self,
        window: MainWindow,
        session: Session,
        recipes: Recipes,
        preferences: Preferences,
        tell: Teller,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._recipes = recipes
        self._preferences = preferences
        self._tell = tell
        window.actions_.on("edit.save_recipe", self.save_dialog)
        window.actions_.on("edit.load_recipe", self.load_dialog)
        recipes.saved.connect(self._saved)
        recipes.loaded.connect(self._loaded)
        recipes.failed.connect(partial(tell.error, key="recipe"))
        session.changed.connect(self._document_changed)
        self._document_changed(session.document, Change.OPEN)

    def save_dialog(self) -> None:
        """The edits into a file, to be replayed on other photos."""
        document = self._session.document
        if document is None or not document.entries:
            return
        name = f"{document.base.stem}-recipe.json"
        folder = self._preferences.last_folder(FOLDER_KIND) or folder_beside(document.base.path)
        ask_save(self._window, "Save a recipe", Path(folder, name), RECIPE_FILES, self._save)

    def load_dialog(self) -> None:
        """The edits of a recipe, after those that are there."""
        if self._session.document is None:
            return
        ask_files(
            self._window,
            "Load a recipe",
            self._preferences.last_folder(FOLDER_KIND) or self._preferences.last_folder("picture"),
            RECIPE_FILES,
            lambda paths: self._load(paths[0]),
        )

    def _save(self, path: Path) -> None:
        self._preferences.remember_folder(FOLDER_KIND, path.parent)
        self._recipes.save(path)

    def _load(self, path: Path) -> None:
        self._preferences.remember_folder(FOLDER_KIND, path.parent)
        self._recipes.load(path)

    def _saved(self, path: Path, names_files: bool) -> None:
        from app.document.io.recipes import files_folder

        show = ("Show in file manager", partial(self._tell.reveal, path))
        words = f"The recipe is in {path.name}"
        if names_files:
            words += f", what its edits use in the folder {files_folder(path).name} beside it"
        self._tell.info(f"{words}.", show, key="recipe")

    def _loaded(self, name: str, count: int) -> None:
        edits = "One edit" if count == 1 else f"{count} edits"
        self._tell.info(f"{edits} of {name} added.", key="recipe")

    def _document_changed(self, document: Document | None, why: Change) -> None:
        actions = self._window.actions_
        actions.enable(bool(document and document.entries), "edit.save_recipe")
        actions.enable(document is not None, "edit.load_recipe")
