"""The questions that must be answered: before work is thrown away."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from app.controllers.session import Session
from app.ui.main_window import MainWindow


def unless_unexported(
    window: MainWindow,
    session: Session,
    act: Callable[[], object],
    export: Callable[[], object] | None = None,
    export_layout: Callable[[], object] | None = None,
) -> None:
    """Do it; where the open picture's work would be thrown away by it, ask first.

    `export` is done when the person wants a file first; without it, the export dialog is opened.
    `export_layout` is offered for a document that is nothing but a layout.
    """
    if not session.unexported:
        act()
        return
    box = _box(
        window,
        "The work on this picture is in no file yet.",
        "If you go on without exporting it, it is gone."
        + (" A layout that is exported can be painted on later." if export_layout else ""),
    )
    first = box.addButton("Export…", QMessageBox.ButtonRole.AcceptRole)
    layout = None
    if export_layout is not None:
        layout = box.addButton("Export layout…", QMessageBox.ButtonRole.AcceptRole)
    discard = box.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole)
    box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(first)

    def answered() -> None:
        if box.clickedButton() is first:
            (export or window.actions_["file.export"].trigger)()
        elif export_layout is not None and box.clickedButton() is layout:
            export_layout()
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


def _box(window: MainWindow, text: str, more: str) -> QMessageBox:
    box = QMessageBox(window)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowModality(Qt.WindowModality.WindowModal)
    box.setText(text)
    box.setInformativeText(more)
    box.finished.connect(box.deleteLater)
    return box
