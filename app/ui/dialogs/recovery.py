"""What the person is asked at the start when an earlier one ended without being left."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QDialog, QLabel, QScrollArea, QWidget

from app.ui.dialogs.parts import (
    GAP_PX,
    INSET_PX,
    Note,
    as_dialog,
    button,
    chars_px,
    column,
    heading,
    named,
    quiet,
    row,
)
from app.ui.widgets.thumbnail import to_pixmap

THUMBNAIL_VIEW = 96
ROWS_SHOWN = 4
WORDS = "Scumble stopped unexpectedly. All steps of this work were kept:"
FOR_GOOD = "Discard it for good? It is in no other file."


@dataclass(frozen=True)
class Kept:
    """One that can be recovered.

    Attributes:
        folder: what it is known by.
        name: of the project or photo.
        when: of its last step, in words.
        thumb_rgb_hwc: a small picture, H x W x 3 uint8, or None.
    """

    folder: Path
    name: str
    when: str
    thumb_rgb_hwc: npt.NDArray[np.uint8] | None = None


class KeptRow(QWidget):
    """One of the list; discarding it is asked about.

    Signals:
        opened(), discarded(): what to do with it.
        grown(): it needs more or less room.
    """

    opened = Signal()
    discarded = Signal()
    grown = Signal()

    def __init__(self, kept: Kept) -> None:
        super().__init__()
        name = QLabel(kept.name)
        name.setTextFormat(Qt.TextFormat.PlainText)
        name.setMinimumWidth(chars_px(self, 32))
        open_it = named(button("Open", self.opened.emit), f"Open {kept.name}, {kept.when}")
        self._discard = named(button("Discard", self._ask), f"Discard {kept.name}, {kept.when}")
        self._note = Note()
        self._note.changed.connect(self.grown)
        words = column(name, quiet(kept.when), gap_px=0)
        above = row(self._thumbnail(kept), words, 0, open_it, self._discard, gap_px=INSET_PX)
        self.setLayout(column(above, self._note))

    def _thumbnail(self, kept: Kept) -> QLabel:
        picture = QLabel()
        picture.setFixedSize(QSize(THUMBNAIL_VIEW, THUMBNAIL_VIEW * 3 // 4))
        picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        if kept.thumb_rgb_hwc is not None:
            dpr = self.devicePixelRatioF()
            whole = to_pixmap(kept.thumb_rgb_hwc)
            fitted = whole.scaled(
                picture.size() * dpr,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            fitted.setDevicePixelRatio(dpr)
            picture.setPixmap(fitted)
        return picture

    def _ask(self) -> None:
        self._discard.setEnabled(False)
        self._note.say(
            "warning", FOR_GOOD, ("Discard it", self.discarded.emit), ("Keep", self._keep)
        )

    def _keep(self) -> None:
        self._discard.setEnabled(True)
        self._discard.setFocus()


class RecoveryDialog(QDialog):
    """Offers work of programs that have ended; what is left for later is on the start page.

    Signals:
        opened(Path): make this the document; the dialog closes.
        discarded(Path): delete it.
    """

    opened = Signal(Path)
    discarded = Signal(Path)

    def __init__(self, kept: Sequence[Kept], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = {each.folder: self._row(each) for each in kept}
        self._listed = QWidget()
        self._listed.setLayout(column(*self._rows.values(), 0, gap_px=INSET_PX))
        later = button("Later", self.reject)
        what = QLabel(WORDS)
        what.setWordWrap(True)
        self._area = self._scrolled(self._listed)
        parts = column(
            heading("Recover your work"), what, self._area, row(0, later), gap_px=INSET_PX
        )
        as_dialog(self, "Scumble", parts, fixed=False)
        self._fit()
        later.setDefault(True)
        self.setWindowModality(Qt.WindowModality.WindowModal)

    def drop(self, folder: Path) -> None:
        """List it no more; the dialog closes with the last one."""
        gone = self._rows.pop(folder, None)
        if gone is not None:
            gone.hide()
            gone.deleteLater()
        if self._rows:
            self._fit()
        else:
            self.reject()

    def keep_only(self, folders: Collection[Path]) -> None:
        """List no more what is not among these: another window has it."""
        for folder in self._rows.keys() - folders:
            self.drop(folder)

    def _row(self, kept: Kept) -> KeptRow:
        made = KeptRow(kept)
        made.opened.connect(lambda: self._open(kept.folder))
        made.discarded.connect(lambda: self._discarded(kept.folder))
        made.grown.connect(lambda: self._fit(made))
        return made

    def _open(self, folder: Path) -> None:
        self.accept()
        self.opened.emit(folder)

    def _discarded(self, folder: Path) -> None:
        self.drop(folder)
        self.discarded.emit(folder)

    def _scrolled(self, listed: QWidget) -> QScrollArea:
        area = QScrollArea()
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(listed)
        return area

    def _fit(self, wanted: KeptRow | None = None) -> None:
        """Have room for the first rows as they are, and this one in sight."""
        area, listed = self._area, self._listed
        rows = [*self._rows.values()][:ROWS_SHOWN]
        high = sum(made.sizeHint().height() + INSET_PX for made in rows)
        area.setMinimumSize(listed.sizeHint().width() + INSET_PX, high + GAP_PX)
        self.adjustSize()
        if wanted is not None:
            listed.adjustSize()
            area.ensureWidgetVisible(wanted)
