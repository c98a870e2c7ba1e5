"""Pictures to try as the first reference."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.ui.widgets.thumbnail import GAP, ThumbnailItem, ThumbnailList

CAPTION = "Or try one of these"
SIDE = 56


@dataclass(frozen=True, eq=False)
class Suggestion:
    """A picture file that makes a good reference.

    Attributes:
        thumb_rgb_hwc: H x W x 3 uint8, at least 112 px on the shorter side for sharp screens.
    """

    path: Path
    title: str
    thumb_rgb_hwc: npt.NDArray[np.uint8]


class Suggestions(QWidget):
    """A row of pictures under a caption; a click, Enter or Space uses one.

    Signals:
        chosen(Path): the file of the picture.
    """

    chosen = Signal(Path)

    def __init__(self) -> None:
        super().__init__()
        self._paths: dict[str, Path] = {}
        self._caption = QLabel(CAPTION)
        self._caption.setForegroundRole(self.palette().ColorRole.PlaceholderText)
        self._list = ThumbnailList(SIDE, with_title=False)
        self._list.setAccessibleName("Pictures to try as a reference")
        self._list.setFixedHeight(SIDE + 2 * GAP + 2)
        self._list.chosen.connect(self._on_chosen)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._caption)
        column.addWidget(self._list)
        self.setFocusProxy(self._list)
        self.hide()

    def set_items(self, items: Sequence[Suggestion]) -> None:
        """The pictures, in this order."""
        self._paths = {str(item.path): item.path for item in items}
        self._list.set_items(
            [
                ThumbnailItem(
                    str(item.path), item.title, item.thumb_rgb_hwc, f"{item.title}. Click to use it"
                )
                for item in items
            ]
        )

    @property
    def paths(self) -> tuple[Path, ...]:
        return tuple(self._paths.values())

    @Slot(str)
    def _on_chosen(self, key: str) -> None:
        self.chosen.emit(self._paths[key])
