"""Looking for a reference in a folder of pictures."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.icons import icon
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.thumbnail import ThumbnailItem, ThumbnailList

SIDE = 96


class FinderPanel(QWidget):
    """The pictures of a folder, with a filter by name. Reads no file itself.

    Attributes:
        filter: the field that the names are filtered by.

    Signals:
        folder_changed(Path): list this folder; also when `recursive` was switched.
        thumbnails_wanted(list): paths in view without a picture; each is asked for once.
        chosen(Path): use this one.
    """

    folder_changed = Signal(Path)
    thumbnails_wanted = Signal(list)
    chosen = Signal(Path)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder: Path | None = None
        self._files: dict[str, Path] = {}
        self._items: dict[str, ThumbnailItem] = {}
        self._busy = ""
        self._place = ElidedLabel("No folder chosen", where=Qt.TextElideMode.ElideMiddle)
        self._choose = QPushButton(icon("folder"), "Choose folder…")
        self.filter = QLineEdit()
        self._inside = QCheckBox("Include subfolders")
        self._grid = ThumbnailList(SIDE, twice=True)
        self._words = QLabel()
        self._use = QPushButton("Use as reference")
        self._name_parts()
        self._arrange()
        self._connect()
        self._tell()

    def _name_parts(self) -> None:
        self._choose.setIconSize(QSize(16, 16))
        self.filter.setPlaceholderText("Filter by name")
        self.filter.setAccessibleName("Filter by name")
        self.filter.setClearButtonEnabled(True)
        self.filter.addAction(
            QAction(icon("search"), "", self.filter), QLineEdit.ActionPosition.LeadingPosition
        )
        self._grid.setAccessibleName("Pictures in the folder")
        self._use.setDefault(True)

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._place, 1)
        top.addWidget(self._choose)
        middle = QHBoxLayout()
        middle.setSpacing(8)
        middle.addWidget(self.filter, 1)
        middle.addWidget(self._inside)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self._words, 1)
        foot.addWidget(self._use)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addLayout(top)
        column.addLayout(middle)
        column.addWidget(self._grid, 1)
        column.addLayout(foot)

    def _connect(self) -> None:
        self._choose.clicked.connect(self._choose_folder)
        self.filter.textChanged.connect(self._apply_filter)
        self._inside.toggled.connect(self._relist)
        self._grid.chosen.connect(self._on_use)
        self._grid.current_changed.connect(self._tell)
        self._grid.wanted.connect(self._on_wanted)
        self._use.clicked.connect(self._on_use)

    def sizeHint(self) -> QSize:
        return QSize(560, 480)

    def event(self, event: QEvent) -> bool:
        # Before the window that it belongs to takes the key for one of its commands.
        if event.type() == QEvent.Type.ShortcutOverride and _closes(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _closes(event):
            self.close()
        else:
            super().keyPressEvent(event)

    @property
    def folder(self) -> Path | None:
        return self._folder

    @property
    def recursive(self) -> bool:
        """Whether pictures in folders inside the folder are wanted, too."""
        return self._inside.isChecked()

    def set_folder(self, folder: Path) -> None:
        """Look into another folder; emits `folder_changed`."""
        self._folder = folder
        self._place.setText(str(folder))
        self._files = {}
        self._items = {}
        self._apply_filter()
        self.folder_changed.emit(folder)

    def set_files(self, files: Sequence[Path]) -> None:
        """The pictures of the folder, in the order to show them; can grow while it is listed."""
        self._files = {str(path): path for path in files}
        known = self._items
        self._items = {
            key: known.get(key) or ThumbnailItem(key, path.name, tip=self._tip(key))
            for key, path in self._files.items()
        }
        self._apply_filter()

    def set_thumbnail(self, path: Path, rgb_hwc: npt.NDArray[np.uint8] | None) -> None:
        """The picture of a file, H x W x 3 uint8; None: it cannot be read."""
        key = str(path)
        if key in self._files:
            item = replace(self._items[key], picture=rgb_hwc, failed=rgb_hwc is None)
            self._items[key] = item
            self._grid.replace_item(item)

    def set_busy(self, words: str) -> None:
        """What is under way, as "Listing the folder"; empty for nothing."""
        self._busy = words
        self._tell()

    def _tip(self, key: str) -> str:
        """The path below the folder; as text, since there may be thousands."""
        return key.removeprefix(str(self._folder)).lstrip("/\\")

    @Slot()
    def _apply_filter(self) -> None:
        words = self.filter.text().casefold().split()
        shown = [
            item
            for item in self._items.values()
            if all(word in item.title.casefold() for word in words)
        ]
        self._grid.set_items(shown)
        self._tell()

    @Slot()
    def _tell(self) -> None:
        shown = len(self._grid.items.items)
        if self._busy:
            words = self._busy
        elif self._folder is None:
            words = "Choose a folder to see its pictures"
        elif not self._files:
            words = "No pictures in this folder"
        elif shown < len(self._files):
            words = f"{shown} of {len(self._files)} pictures"
        else:
            words = f"{shown} picture{'' if shown == 1 else 's'}"
        self._words.setText(words)
        self._use.setEnabled(bool(self._grid.current_key))

    @Slot()
    def _choose_folder(self) -> None:
        dialog = QFileDialog(self, "Folder with pictures", str(self._folder or Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._on_folder)
        dialog.open()

    @Slot(str)
    def _on_folder(self, folder: str) -> None:
        self.set_folder(Path(folder))

    @Slot()
    def _relist(self) -> None:
        if self._folder is not None:
            self.set_folder(self._folder)

    @Slot(list)
    def _on_wanted(self, keys: list[str]) -> None:
        self.thumbnails_wanted.emit([self._files[key] for key in keys])

    @Slot()
    def _on_use(self) -> None:
        path = self._files.get(self._grid.current_key)
        if path is not None:
            self.chosen.emit(path)


def _closes(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Cancel)
