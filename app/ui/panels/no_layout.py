"""What the panel of the labels shows while there are none to paint with."""

from typing import Literal

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.ui.icons import ICON_PX, icon

MARGIN = 8
State = Literal["none", "empty", "busy", "ready"]
WORDS: dict[State, str] = {
    "none": "Open a photo or begin a layout first",
    "empty": "No layout yet",
    "busy": "Working",
}


def centred(words: str = "") -> QLabel:
    """Quiet words in the middle, over as many lines as they take."""
    label = QLabel(words)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setForegroundRole(label.palette().ColorRole.PlaceholderText)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


class NoLayout(QWidget):
    """Says why there is no layout, and offers two ways to one.

    Signals:
        from_photo_wanted(): a layout of the open photo.
        blank_wanted(): a layout of one label.
    """

    from_photo_wanted = Signal()
    blank_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._words = centred()
        self._from_photo = QPushButton(icon("layout-photo"), "Layout from photo")
        self._from_photo.setToolTip("Let a model find the labels of the open photo")
        self._blank = QPushButton(icon("layout"), "Blank layout")
        self._blank.setToolTip("Begin with one label everywhere")
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(MARGIN)
        column.addStretch()
        for part in (self._words, self._from_photo, self._blank):
            part.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            column.addWidget(part)
        column.addStretch()
        for button in (self._from_photo, self._blank):
            button.setIconSize(QSize(ICON_PX, ICON_PX))
            button.setAccessibleName(button.text())
        self._from_photo.clicked.connect(self._on_from_photo)
        self._blank.clicked.connect(self._on_blank)

    @property
    def text(self) -> str:
        """What it says."""
        return self._words.text()

    def set_state(self, state: State, text: str = "") -> None:
        """Say `text`, or what the state has to say; only "empty" offers anything."""
        self._words.setText(text or WORDS.get(state, ""))
        for button in (self._from_photo, self._blank):
            button.setVisible(state == "empty")

    @Slot()
    def _on_from_photo(self) -> None:
        self.from_photo_wanted.emit()

    @Slot()
    def _on_blank(self) -> None:
        self.blank_wanted.emit()
