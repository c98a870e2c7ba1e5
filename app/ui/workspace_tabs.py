"""The tabs of the workspaces, at the top of the window."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from app.ui.actions import WORKSPACES, Actions

PREFIX = "view.workspace_"
TAB_STYLE = """
QToolButton { padding: 3px 14px; font-weight: 600; }
QToolButton[ring="true"]:focus { padding: 2px 13px; }
"""


class WorkspaceTabs(QWidget):
    """One tab for each workspace; the actions of the workspaces are made exclusive.

    Signals:
        chosen(str): this workspace is wanted, by a tab or by its key; also the one in use.
    """

    chosen = Signal(str)

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Workspaces")
        self._actions = {name: actions[PREFIX + name] for name in WORKSPACES}
        self._group = QActionGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for action in self._actions.values():
            self._group.addAction(action)
            row.addWidget(self._tab(action))
        self._group.triggered.connect(self._on_triggered)

    def _tab(self, action: QAction) -> QToolButton:
        tab = QToolButton()
        tab.setDefaultAction(action)
        tab.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        tab.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        tab.setAccessibleName(f"Workspace {action.text()}")
        tab.setStyleSheet(TAB_STYLE)
        return tab

    @property
    def current(self) -> str:
        """The workspace in use; empty for none."""
        return next((name for name, a in self._actions.items() if a.isChecked()), "")

    def set_current(self, name: str) -> None:
        """The workspace in use.

        Raises:
            KeyError: there is no such workspace.
        """
        self._actions[name].setChecked(True)

    @Slot(QAction)
    def _on_triggered(self, action: QAction) -> None:
        self.chosen.emit(action.objectName().removeprefix(PREFIX))
