"""The questions that must be answered: before work, or a file, is thrown away."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from app.controllers.session import Session
from app.ui.main_window import MainWindow


def unless_unsaved(
    window: MainWindow,
    session: Session,
    words: str,
    act: Callable[[], object],
    save: Callable[[], object],
) -> None:
    """Do it; where the open document's work would be thrown away by it, ask first.

    Args:
        window: over which it is asked.
        session: with the document.
        words: the question.
        act: what is done if there is nothing to lose, or the person does not mind.
        save: done when the person wants a file first; it does `act` itself, then.
    """
    if not session.unsaved:
        act()
        return
    box = _box(window, words, "If you go on without saving it, it is gone.")
    first = box.addButton("Save", QMessageBox.ButtonRole.AcceptRole)
    discard = box.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole)
    box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(first)

    def answered() -> None:
        if box.clickedButton() is first:
            save()
        elif box.clickedButton() is discard:
            act()

    box.finished.connect(answered)
    box.open()


def ask_to_leave_an_export(window: MainWindow, act: Callable[[], object]) -> None:
    """Do it only if the person does not mind that a file is not written."""
    box = _box(window, "An export is not finished yet.", "If you leave now, there will be no file.")
    leave = box.addButton("Leave", QMessageBox.ButtonRole.DestructiveRole)
    box.setDefaultButton(box.addButton("Wait", QMessageBox.ButtonRole.RejectRole))
    box.finished.connect(lambda: act() if box.clickedButton() is leave else None)
    box.open()


def ask_to_replace(
    window: MainWindow, path: Path, act: Callable[[], object], give_up: Callable[[], object]
) -> None:
    """Do it only if the person wants this file replaced."""
    box = _box(window, f"There is a file {path.name} already.", "Replacing it cannot be undone.")
    replace = box.addButton("Replace", QMessageBox.ButtonRole.DestructiveRole)
    box.setDefaultButton(box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole))
    box.finished.connect(lambda: act() if box.clickedButton() is replace else give_up())
    box.open()


def ask_to_overwrite(
    window: MainWindow,
    path: Path,
    overwrite: Callable[[], object],
    save_as: Callable[[], object],
    give_up: Callable[[], object],
) -> None:
    """Ask what becomes of a project's file that another program has changed."""
    words = f"{path.name} was changed by another program since it was opened."
    box = _box(window, words, "If you overwrite it, what is in it now is gone.")
    first = box.addButton("Overwrite", QMessageBox.ButtonRole.DestructiveRole)
    other = box.addButton("Save as…", QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole))

    def answered() -> None:
        clicked = box.clickedButton()
        (overwrite if clicked is first else save_as if clicked is other else give_up)()

    box.finished.connect(answered)
    box.open()


def _box(window: MainWindow, text: str, more: str) -> QMessageBox:
    box = QMessageBox(window)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowModality(Qt.WindowModality.WindowModal)
    box.setText(text)
    box.setInformativeText(more)
    box.finished.connect(box.deleteLater)
    return box
