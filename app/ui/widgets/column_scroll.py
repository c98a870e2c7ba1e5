"""A column of widgets that scrolls where the window is too low for it."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

MINIMUM_HEIGHT = 48


class ColumnScroll(QScrollArea):
    """Looks as if its content stood there alone; a bar comes only where room is short."""

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(content)
        self._content = content

    def sizeHint(self) -> QSize:
        return self._content.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """As low as can be; wide enough that the bar hides nothing."""
        return QSize(self._content.minimumSizeHint().width() + self.bar, MINIMUM_HEIGHT)

    @property
    def bar(self) -> int:
        """The width of the scroll bar, whether it is there or not."""
        return self.verticalScrollBar().sizeHint().width()
