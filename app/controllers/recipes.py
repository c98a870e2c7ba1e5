"""Recipes: the document's edits into a file, and those of a file after the document's own."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.controllers.session import Session
from app.errors import UserError
from app.jobs.queue import JobQueue
from app.jobs.slots import Means, Slot

if TYPE_CHECKING:
    from app.document.io.recipes import Recipe


class Recipes(QObject):
    """Reads and writes recipes on the file thread.

    Signals:
        saved(Path, bool): the edits are in this file, and what they name, if they name anything,
            in the folder beside it.
        loaded(str, int): so many edits of the file of this name are in the document now.
        failed(Exception): nothing was saved or loaded; file and document are as they were.
    """

    saved = Signal(object, bool)
    loaded = Signal(str, int)
    failed = Signal(object)

    def __init__(self, queue: JobQueue, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._session = session

    def save(self, path: Path) -> None:
        """Write the edits of the open document, with all that they name."""
        document = self._session.document
        if document is None:
            return

        def work(means: Means) -> None:
            from app.document.io.recipes import save_recipe

            save_recipe(path, document)

        def done(_: None) -> None:
            edits = document.edits
            self.saved.emit(path, any(e.pictures or e.masks or e.directions for e in edits))

        self._queue.submit(Slot.WRITE, work, done=done, failed=self.failed.emit)

    def load(self, path: Path) -> None:
        """Put the edits of a recipe after those of the open document, as one step.

        Another document that is opened meanwhile does not get them.
        """

        def work(means: Means) -> "Recipe":
            from app.document.io.recipes import load_recipe

            recipe = load_recipe(path)
            if not recipe.edits:
                raise UserError(f"{path.name} has no edits.", "Choose another recipe.")
            return recipe

        def done(recipe: "Recipe") -> None:
            from app.document.io.recipes import with_recipe

            if self._session.history is not history or history is None:
                return
            document = with_recipe(self._session.settled(), recipe)
            self._session.push(f"Recipe {path.stem}", document)
            self.loaded.emit(path.name, len(recipe.edits))

        history = self._session.history
        if history is not None:
            self._queue.submit(Slot.REFERENCE, work, done=done, failed=self.failed.emit)
