"""The system's dialogs for files and folders, and its file manager."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from app.controllers.finder import PICTURE_SUFFIXES
from app.controllers.preferences import Preferences
from app.document.io.steps import SUFFIX
from app.resources import resource

PROJECT_SUFFIXES = (SUFFIX,)
MODEL_SUFFIXES = (".safetensors", ".pth", ".pt")


def filter_words(title: str, suffixes: tuple[str, ...]) -> str:
    """A file dialog's filter, such as "Pictures (*.png *.jpg)"."""
    # Cameras write .JPG; the dialogs of some systems tell the cases apart.
    both = [f"*{s}" for suffix in suffixes for s in (suffix, suffix.upper())]
    return f"{title} ({' '.join(both)})"


def pictures_folder() -> str:
    """Where the system keeps pictures; the home folder where there is no such place."""
    place = QStandardPaths.StandardLocation.PicturesLocation
    return existing_folder(QStandardPaths.writableLocation(place)) or str(Path.home())


def existing_folder(folder: str) -> str:
    """The folder itself, or "" if it is gone; a dialog would take its last part for a file."""
    return folder if folder and Path(folder).is_dir() else ""


def folder_beside(path: Path | None) -> str:
    """The folder of a document's photo; that for pictures if it is in none of the person's."""
    folder, samples = (path.parent if path else None), resource("samples")
    if folder is None or samples in (folder, folder.parent):
        return pictures_folder()
    return str(folder)


def ask_files(
    parent: QWidget,
    title: str,
    folder: str,
    filters: tuple[str, tuple[str, ...]],
    then: Callable[[list[Path]], None],
    *,
    several: bool = False,
) -> QFileDialog:
    """Open a dialog for existing files; `then` gets what was chosen."""
    every = f"{filter_words(*filters)};;All files (*)"
    dialog = QFileDialog(parent, title, existing_folder(folder) or pictures_folder(), every)
    dialog.setOption(QFileDialog.Option.HideNameFilterDetails)
    mode = QFileDialog.FileMode.ExistingFiles if several else QFileDialog.FileMode.ExistingFile
    dialog.setFileMode(mode)
    return _open(dialog, then)


def ask_reference(
    parent: QWidget,
    preferences: Preferences,
    then: Callable[[Path], object],
    title: str = "Choose a reference",
) -> QFileDialog:
    """Open a dialog for a picture to take from, where the last one was; `then` gets its path."""

    def chosen(paths: list[Path]) -> None:
        preferences.remember_folder("reference", paths[0].parent)
        then(paths[0])

    folder = preferences.last_folder("reference")
    return ask_files(parent, title, folder, ("Pictures", PICTURE_SUFFIXES), chosen)


def ask_save(
    parent: QWidget,
    title: str,
    path: Path,
    filters: tuple[str, tuple[str, ...]],
    then: Callable[[Path], None],
) -> QFileDialog:
    """Open a dialog for a file to write; `then` gets its path, with the first of the suffixes.

    Args:
        path: what is proposed.
    """
    # A bare name proposes no folder: least of all the one that the program runs in.
    proposed = str(path.parent) if path.is_absolute() else ""
    folder = existing_folder(proposed) or pictures_folder()
    dialog = QFileDialog(parent, title, folder, filter_words(*filters))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(filters[1][0].removeprefix("."))
    dialog.selectFile(path.name)
    return _open(dialog, lambda paths: then(paths[0]))


def ask_folder(
    parent: QWidget, title: str, folder: str, then: Callable[[list[Path]], None]
) -> QFileDialog:
    """Open a dialog for a folder; `then` gets a list with it."""
    dialog = QFileDialog(parent, title, existing_folder(folder) or str(Path.home()))
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return _open(dialog, then)


def _open(dialog: QFileDialog, then: Callable[[list[Path]], None]) -> QFileDialog:
    dialog.filesSelected.connect(lambda names: then([Path(name) for name in names]))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog


def reveal(path: Path) -> bool:
    """Show a file in the system's file manager: selected where it can do that, else its folder.

    Returns:
        whether there is a file manager that could be asked.
    """
    if sys.platform == "win32":
        subprocess.Popen(["explorer", "/select,", str(path)])
    elif sys.platform == "darwin":
        subprocess.Popen(["open", "-R", str(path)])
    elif not _reveal_by_dbus(path):
        folder = path if path.is_dir() else path.parent
        return QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
    return True


def _reveal_by_dbus(path: Path) -> bool:
    """Ask the desktop's file manager over D-Bus (org.freedesktop.FileManager1)."""
    from PySide6.QtDBus import QDBusConnection, QDBusMessage

    bus = QDBusConnection.sessionBus()
    if not bus.isConnected():
        return False
    service = "org.freedesktop.FileManager1"
    call = QDBusMessage.createMethodCall(
        service, "/org/freedesktop/FileManager1", service, "ShowItems"
    )
    call.setArguments([[QUrl.fromLocalFile(str(path)).toString()], ""])
    return bus.send(call) and bus.interface().isServiceRegistered(service).value()
