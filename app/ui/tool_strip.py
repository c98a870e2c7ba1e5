"""The strip at the left: the tools of painting, and the two labels in hand."""

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from app.document.palette import Label
from app.ui.actions import TOOLS, Actions
from app.ui.widgets.label_swatch import SwatchButton

ICON_SIDE = 20
MARGIN = 4
PRIMARY_SIDE = 32
GROUPS_END = ("hand", "fill", "lasso")
"""Room follows after these tools."""
GROUP_GAP = 8


class ToolStrip(QWidget):
    """One column of tools, one of which is in hand, and at its foot the label that they paint.

    The actions of the tools are made exclusive: choosing one lets go of the others.

    Signals:
        primary_clicked(): the label in hand was pressed: another one is looked for.
        secondary_clicked(): the same for the second label.
    """

    primary_clicked = Signal()
    secondary_clicked = Signal()

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Painting tools")
        self._primary = SwatchButton("Label in hand", PRIMARY_SIDE)
        self._secondary = SwatchButton("Second label")
        self._group = QActionGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(2)
        for name in TOOLS:
            self._group.addAction(actions[f"tool.{name}"])
            column.addWidget(_button(actions, f"tool.{name}"))
            if name in GROUPS_END:
                column.addSpacing(GROUP_GAP)
        column.addStretch()
        for part in (self._primary, _button(actions, "layout.swap"), self._secondary):
            column.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        self._primary.clicked.connect(self._on_primary)
        self._secondary.clicked.connect(self._on_secondary)

    def set_labels(self, primary: Label | None, secondary: Label | None, patterns: bool) -> None:
        """Show the label in hand and the second one, hatched or not; None for none."""
        self._primary.set_label(primary, patterns=patterns)
        self._secondary.set_label(secondary, patterns=patterns)

    @Slot()
    def _on_primary(self) -> None:
        self.primary_clicked.emit()

    @Slot()
    def _on_secondary(self) -> None:
        self.secondary_clicked.emit()


def _button(actions: Actions, name: str) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(actions[name])
    button.setIconSize(QSize(ICON_SIDE, ICON_SIDE))
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(actions[name].text().replace("&", ""))
    return button
