"""The strips at the left: the tools of a workspace, one of which is in hand."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.document.palette import Label
from app.ui.actions import RETOUCH_TOOLS, TOOLS, Actions
from app.ui.widgets.label_swatch import SwatchButton
from app.ui.widgets.options import action_button

MARGIN = 4
PRIMARY_SIDE = 32
GROUPS_END = ("hand", "fill", "lasso")
RETOUCH_GROUPS_END = ("hand", "texture", "region")
"""Room follows after these tools."""
GROUP_GAP = 8


class ToolColumn(QWidget):
    """One column of tools, one of which is in hand.

    The actions of the tools are made exclusive: choosing one lets go of the others.
    """

    def __init__(
        self,
        name: str,
        actions: Actions,
        tools: Sequence[str],
        ends: Collection[str],
        parent: QWidget | None = None,
    ) -> None:
        """
        Args:
            name: what the strip is, for screen readers.
            tools: the ids of their actions, in order.
            ends: of those after which room follows.
        """
        super().__init__(parent)
        self.setAccessibleName(name)
        self._group = QActionGroup(self)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(2)
        for tool in tools:
            self._group.addAction(actions[tool])
            column.addWidget(action_button(actions[tool]))
            if tool in ends:
                column.addSpacing(GROUP_GAP)
        column.addStretch()


class ToolStrip(ToolColumn):
    """The tools of painting, and at the foot the labels that they paint.

    Signals:
        primary_clicked(): the label in hand was pressed: another one is looked for.
        secondary_clicked(): the same for the second label.
    """

    primary_clicked = Signal()
    secondary_clicked = Signal()

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        tools, ends = ([f"tool.{name}" for name in names] for names in (TOOLS, GROUPS_END))
        super().__init__("Painting tools", actions, tools, ends, parent)
        self._primary = SwatchButton("Label in hand", PRIMARY_SIDE)
        self._secondary = SwatchButton("Second label")
        for part in (self._primary, action_button(actions["layout.swap"]), self._secondary):
            self._column.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        self._primary.clicked.connect(self.primary_clicked)
        self._secondary.clicked.connect(self.secondary_clicked)

    def set_labels(self, primary: Label | None, secondary: Label | None, patterns: bool) -> None:
        """Show the label in hand and the second one, hatched or not; None for none."""
        self._primary.set_label(primary, patterns=patterns)
        self._secondary.set_label(secondary, patterns=patterns)


class RetouchStrip(ToolColumn):
    """The tools of retouching, and at the foot the switch of the mask."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        tools, ends = (
            [f"retouch.{name}" for name in names] for names in (RETOUCH_TOOLS, RETOUCH_GROUPS_END)
        )
        super().__init__("Retouching tools", actions, tools, ends, parent)
        self._column.addWidget(action_button(actions["retouch.mask"]))
