"""The dialog for a slider from examples: photos that have something, and photos without it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QStackedWidget, QWidget

from app.ui.dialogs.parts import (
    TIGHT_PX,
    as_dialog,
    button,
    chars_px,
    column,
    form,
    heading,
    named,
    quiet,
    row,
)
from app.ui.files import PICTURE_SUFFIXES
from app.ui.panels.reference_zone import local_files
from app.ui.theme import Theme
from app.ui.widgets.painting import draw_ring, fill_rounded
from app.ui.widgets.thumbnail import ThumbnailItem, ThumbnailList

TITLE = "Slider from photos"
THUMB_SIDE = 48
COLUMNS, ROWS = 4, 3
EXPLAINS = (
    "The slider is the difference between two groups of photos: those that have something, such as "
    "snow, and those that have it not. A few photos do; dozens are better."
)
OPTIONAL = "Drop photos without it, or leave this empty: the model's mean takes their place"
NEEDED = "Drop photos without it"

Thumb = npt.NDArray[np.uint8]


class PhotoGroup(QWidget):
    """One group of photos; they are dropped or browsed for. Delete takes one out.

    Signals:
        changed(): there are other photos in it.
        browse(): photos are to be chosen.
        wanted(list): paths whose thumbnails are to be shown.
    """

    changed = Signal()
    browse = Signal()
    wanted = Signal(list)

    def __init__(self, title: str, invitation: str) -> None:
        super().__init__()
        self._title = title
        self._thumbs: dict[Path, Thumb | None] = {}
        self._lit = False
        self.paths: list[Path] = []
        self._heading = heading(title)
        self._invitation = quiet(invitation)
        self._invitation.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._list = ThumbnailList(THUMB_SIDE, with_title=False)
        self._list.setAccessibleName(f"Photos {title.lower()}")
        self._page = QStackedWidget()
        self._page.addWidget(self._invitation)
        self._page.addWidget(self._list)
        cell = THUMB_SIDE + 8
        bar = self._list.verticalScrollBar().sizeHint().width()
        self._page.setFixedSize(QSize(COLUMNS * cell + bar + 4, ROWS * cell + 4))
        self._browse = button("Browse…", self.browse.emit, icon="open")
        self._browse.setAccessibleName(f"Browse for photos {title.lower()}")
        self._clear = button("Clear", self._empty, icon="close")
        self._clear.setAccessibleName(f"Clear photos {title.lower()}")
        buttons = row(self._browse, self._clear, 0)
        content = column(self._heading, self._page, buttons, gap_px=TIGHT_PX)
        # Room for the ring around the pictures.
        content.setContentsMargins(2, 2, 2, 2)
        self.setLayout(content)
        # The frame is the style sheet's.
        self._list.setStyleSheet("QListView { border: none; }")
        self._invitation.setMargin(TIGHT_PX)
        self.setAcceptDrops(True)
        self._list.removal_asked.connect(self._remove)
        self._list.wanted.connect(self._on_wanted)
        self._show()

    def add(self, paths: Sequence[Path]) -> None:
        """Put photos and folders of photos into the group, each once."""
        fresh = [path for path in dict.fromkeys(paths) if path not in self.paths]
        if fresh:
            self.paths += fresh
            self._show()
            self.changed.emit()

    def set_thumbnail(self, path: Path, thumb: Thumb | None) -> None:
        """The small form of a photo, H x W x 3 uint8; None: it cannot be read."""
        if path in self.paths:
            self._thumbs[path] = thumb
            self._list.replace_item(self._item(path))

    def _empty(self) -> None:
        self.paths.clear()
        self._show()
        self.changed.emit()

    @Slot(str)
    def _remove(self, key: str) -> None:
        self.paths.remove(Path(key))
        self._show()
        self.changed.emit()

    @Slot(list)
    def _on_wanted(self, keys: list[str]) -> None:
        photos = [Path(key) for key in keys if is_photo(Path(key))]
        if photos:
            self.wanted.emit(photos)

    def _show(self) -> None:
        self._heading.setText(f"{self._title} ({len(self.paths)})" if self.paths else self._title)
        self._list.set_items([self._item(path) for path in self.paths])
        self._page.setCurrentWidget(self._list if self.paths else self._invitation)
        self._clear.setEnabled(bool(self.paths))

    def _item(self, path: Path) -> ThumbnailItem:
        thumb, folder = self._thumbs.get(path), not is_photo(path)
        return ThumbnailItem(
            key=str(path),
            title=path.name,
            picture=thumb,
            tip=f"{path.name}. {'All of its photos. ' if folder else ''}Delete takes it out",
            mark="folder" if folder else "",
            failed=path in self._thumbs and thumb is None,
        )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if local_files(event.mimeData()):
            event.acceptProposedAction()
            self._light(True)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self._light(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._light(False)
        event.acceptProposedAction()
        self.add(local_files(event.mimeData()))

    def _light(self, lit: bool) -> None:
        self._lit = lit
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = Theme.of(self.palette())
        area = self._page.geometry().adjusted(-2, -2, 2, 2)
        fill_rounded(painter, area, theme.base)
        draw_ring(painter, area, theme.accent if self._lit else theme.line, 2 if self._lit else 1)
        painter.end()


class AttributesDialog(QDialog):
    """Asks for two groups of photos and a name.

    Signals:
        made(str, list, list): the slider is wanted: its name, photos with it, photos without.
        browsed(PhotoGroup): photos for this group are to be chosen.
        thumbnails_wanted(list): of these paths; `set_thumbnail` shows one.

    Attributes:
        having, lacking: the groups.
    """

    made = Signal(str, list, list)
    browsed = Signal(object)
    thumbnails_wanted = Signal(list)

    def __init__(self, has_mean: bool, parent: QWidget | None = None) -> None:
        """`has_mean`: the model knows its mean, which can stand for the second group."""
        super().__init__(parent)
        self._has_mean = has_mean
        self._name = named(QLineEdit(), "Name")
        self._name.setPlaceholderText("Snow")
        self.having = PhotoGroup("With it", "Drop photos that have it")
        self.lacking = PhotoGroup("Without it", OPTIONAL if has_mean else NEEDED)
        self._lacks = quiet()
        self._make = button("Make the slider", self._on_make)
        self._make.setDefault(True)
        explains = quiet(EXPLAINS)
        explains.setMinimumWidth(chars_px(self, 60))
        cancel = button("Cancel", self.reject)
        groups = row(self.having, self.lacking, gap_px=16)
        buttons = row(self._lacks, cancel, self._make)
        buttons.setStretch(0, 1)
        as_dialog(
            self, TITLE, column(explains, form(("Name", self._name)), groups, buttons, gap_px=12)
        )
        for group in (self.having, self.lacking):
            group.changed.connect(self._check)
            group.wanted.connect(self.thumbnails_wanted)
            group.browse.connect(lambda group=group: self.browsed.emit(group))
        self._name.textChanged.connect(self._check)
        self._check()

    def set_thumbnail(self, path: Path, thumb: Thumb | None) -> None:
        """The small form of a photo; None: it cannot be read."""
        for group in (self.having, self.lacking):
            group.set_thumbnail(path, thumb)

    @property
    def lacks(self) -> str:
        """What is still missing, in words; empty when the slider can be made."""
        if not self._name.text().strip():
            return "Give it a name."
        if not self.having.paths:
            return "Add photos that have it."
        if not self.lacking.paths and not self._has_mean:
            return "Add photos without it: this model has no mean to compare with."
        return ""

    @Slot()
    def _check(self) -> None:
        self._lacks.setText(self.lacks)
        self._make.setEnabled(not self.lacks)

    def _on_make(self) -> None:
        name = self._name.text().strip()
        self.made.emit(name, list(self.having.paths), list(self.lacking.paths))
        self.accept()


def is_photo(path: Path) -> bool:
    """Whether it is a picture by its name; if not, it is taken for a folder."""
    return path.suffix.lower() in PICTURE_SUFFIXES
