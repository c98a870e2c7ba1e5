"""The title of a panel, with buttons that are large enough to hit."""

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QHBoxLayout, QToolButton, QWidget

from app.ui.icons import icon
from app.ui.widgets.elided_label import ElidedLabel

BUTTON_SIDE = 28
ICON_SIDE = 16
MARGIN = 8
Feature = QDockWidget.DockWidgetFeature


class DockTitle(QWidget):
    """For `dock.setTitleBarWidget`: name, a button that floats or docks, one that closes.

    Takes no presses of the mouse itself, so that the dock hears them: dragging the title moves the
    panel. A double-click does what the first button does.
    """

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self._dock = dock
        self._title = ElidedLabel()
        self._float = _button()
        self._close = _button()
        self._close.setIcon(icon("close"))
        row = QHBoxLayout(self)
        row.setContentsMargins(MARGIN, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._title, 1)
        row.addWidget(self._float)
        row.addWidget(self._close)
        self._float.clicked.connect(self._on_float)
        self._close.clicked.connect(dock.close)
        dock.windowTitleChanged.connect(self._tell)
        dock.topLevelChanged.connect(self._tell)
        dock.topLevelChanged.connect(self._on_moved)
        dock.featuresChanged.connect(self._tell)
        self._tell()

    @Slot()
    def _on_float(self) -> None:
        dock, focus = self._dock, QApplication.focusWidget()
        dock.setFloating(not dock.isFloating())
        if focus is not None and dock.isAncestorOf(focus):
            focus.activateWindow()
            focus.setFocus(Qt.FocusReason.OtherFocusReason)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not self._float.isHidden():
            self._on_float()

    @Slot(bool)
    def _on_moved(self, floats: bool) -> None:
        if not floats:
            # Beside others that it lies on, it would come to lie under them.
            self._dock.raise_()

    @Slot()
    def _tell(self) -> None:
        title, features = self._dock.windowTitle(), self._dock.features()
        self._title.setText(title)
        self._float.setVisible(bool(features & Feature.DockWidgetFloatable))
        self._close.setVisible(bool(features & Feature.DockWidgetClosable))
        floats = self._dock.isFloating()
        self._float.setIcon(icon("dock" if floats else "float"))
        self._float.setAccessibleName(f"Dock {title}" if floats else f"Float {title}")
        self._float.setToolTip(
            "Put back into the window (double-click the title)"
            if floats
            else "Float above the window (double-click the title)"
        )
        self._close.setAccessibleName(f"Close {title}")
        self._close.setToolTip("Close. View > Panels brings it back")


def _button() -> QToolButton:
    button = QToolButton()
    button.setIconSize(QSize(ICON_SIDE, ICON_SIDE))
    button.setFixedSize(BUTTON_SIDE, BUTTON_SIDE)
    # A click leaves the keyboard where it was.
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
