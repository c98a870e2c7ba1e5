"""The row above the canvas: what the hand reaches for while the eye is on the picture."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from app.ui.actions import Actions
from app.ui.widgets.options import action_button

GROUPS = (
    ("file.open", "file.export"),
    ("edit.undo", "edit.redo"),
    ("view.zoom_out", "view.fit", "view.actual", "view.zoom_in"),
    ("view.split", "view.before"),
)
WITH_WORDS = {"file.export": "Export", "view.split": "Divider", "view.before": "Original"}


class ToolRow(QWidget):
    """Buttons for some of the actions, in groups."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Tools")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(4)
        for place, group in enumerate(GROUPS):
            if place:
                row.addSpacing(4)
                row.addWidget(self._line())
                row.addSpacing(4)
            for name in group:
                row.addWidget(self._button(actions, name))
        row.addStretch()

    def _button(self, actions: Actions, name: str) -> QToolButton:
        button = action_button(actions[name])
        if words := WITH_WORDS.get(name):
            actions[name].setIconText(words)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        return button

    def _line(self) -> QFrame:
        line = QFrame()
        line.setFrameShape(QFrame.Shape.VLine)
        line.setForegroundRole(self.palette().ColorRole.Mid)
        return line
