"""The window: where everything sits. It decides nothing; it says what the artist wants."""

from PySide6.QtCore import QByteArray, QEvent, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
)
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QHBoxLayout,
    QMainWindow,
    QMenuBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui.actions import CANVAS_ONLY, Actions
from app.ui.canvas.view import CanvasView
from app.ui.drop_zones import DropZones
from app.ui.menus import build_menus
from app.ui.panels.edits import EditsPanel
from app.ui.panels.history import HistoryPanel
from app.ui.panels.reference import ReferencePanel
from app.ui.start import StartPage
from app.ui.status_bar import StatusBar
from app.ui.tool_row import ToolRow
from app.ui.widgets.device_indicator import DeviceIndicator
from app.ui.widgets.dock_title import DockTitle
from app.ui.widgets.model_chooser import ModelChooser
from app.ui.widgets.notice import NoticeBar
from app.ui.widgets.progress_line import ProgressLine

GEOMETRY_KEY, STATE_KEY = "window/geometry", "window/docks"
STATE_VERSION = 1
FIRST_SIZE_VIEW = (1600, 1000)
DOCK_WIDTH_VIEW = 300
TITLE_VIEW = 40
"""Room for the title that the system puts above the window."""
RIGHT = Qt.DockWidgetArea.RightDockWidgetArea


class MainWindow(QMainWindow):
    """Menus, canvas, panels.

    Signals:
        close_requested(): the artist wants to leave; `leave` does it.
        closed(): the window is closing now.

    Attributes:
        actions_: the commands by id.
        leaving: whether closing is decided, so that `close` closes.
    """

    close_requested = Signal()
    closed = Signal()

    def __init__(self, layout_store: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = layout_store
        self.leaving = False
        self.setObjectName("window")
        self.setWindowTitle("Scumble")
        self.setAcceptDrops(True)
        self.actions_ = Actions(self)
        self.canvas = CanvasView()
        self.start = StartPage()
        self.reference = ReferencePanel()
        self.edits = EditsPanel()
        self.history = HistoryPanel()
        self.notices = NoticeBar()
        self.progress = ProgressLine()
        self.model_chooser = ModelChooser()
        self.device = DeviceIndicator()
        self.status = StatusBar()
        self.setStatusBar(self.status)
        self._menu_bar = QMenuBar()
        self.menus = build_menus(self._menu_bar, self.actions_)
        self._top = self._build_top()
        self.setMenuWidget(self._top)
        self.tools = ToolRow(self.actions_)
        self._stack = QStackedWidget()
        self.setCentralWidget(self._centre())
        self.zones = DropZones(self._stack)
        self.docks = {
            name: self._dock(name, title, panel)
            for name, title, panel in (
                ("reference", "Reference", self.reference),
                ("edits", "Edits", self.edits),
                ("history", "History", self.history),
            )
        }
        self._hidden: list[QDockWidget] = []
        # A hidden menu bar's shortcuts are dead unless the window has the actions itself.
        self.addActions(self.actions_.with_window_keys())
        self._fill_panel_menu()
        self.canvas.addAction(self.actions_[CANVAS_ONLY])
        self.actions_["view.hold"].setAutoRepeat(False)
        self._fit_screen()
        self.reset_layout()
        self._restore_layout()

    # What is in the middle

    def show_canvas(self, on: bool) -> None:
        """Have the canvas in the middle, or else the start page."""
        self._stack.setCurrentWidget(self.canvas if on else self.start)
        self.tools.setVisible(on)
        (self.canvas if on else self.start).setFocus()

    @property
    def canvas_shown(self) -> bool:
        return self._stack.currentWidget() is self.canvas

    # Panels

    def hide_panels(self, on: bool) -> None:
        """Have nothing but the picture, or everything as it was."""
        if on:
            self._hidden = [dock for dock in self.docks.values() if dock.isVisible()]
        for dock in self._hidden:
            dock.setVisible(not on)
        self._top.setVisible(not on)
        self.tools.setVisible(not on and self.canvas_shown)
        self.status.setVisible(not on)

    def reset_layout(self) -> None:
        """Put every panel where it was at first."""
        for dock in self.docks.values():
            dock.setFloating(False)
            self.addDockWidget(RIGHT, dock)
            dock.show()
        docks = list(self.docks.values())
        self.resizeDocks(docks, [DOCK_WIDTH_VIEW] * len(docks), Qt.Orientation.Horizontal)
        self.resizeDocks(docks, [366, 150, 128], Qt.Orientation.Vertical)

    def next_pane(self) -> None:
        """Give the keyboard to the next part of the window."""
        panes = [self._stack.currentWidget(), self.reference, self.edits, self.history, self.status]
        panes = [pane for pane in panes if pane.isVisible()]
        focus = QApplication.focusWidget()
        inside = [
            i
            for i, pane in enumerate(panes)
            if focus and (pane is focus or pane.isAncestorOf(focus))
        ]
        pane = panes[(inside[0] + 1) % len(panes) if inside else 0]
        chain = [part for part in (pane, *pane.findChildren(QWidget)) if _takes_tab(part)]
        if chain:
            chain[0].setFocus(Qt.FocusReason.TabFocusReason)

    def save_layout(self) -> None:
        """Remember where the window and its panels are."""
        if self.actions_["view.panels"].isChecked():
            self.actions_["view.panels"].trigger()
        self._store.setValue(GEOMETRY_KEY, self.saveGeometry())
        self._store.setValue(STATE_KEY, self.saveState(STATE_VERSION))

    # Closing

    def leave(self) -> None:
        """Close without another question."""
        self.leaving = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.leaving:
            event.accept()
            self.closed.emit()
        else:
            event.ignore()
            # A window cannot be closed while it is told that it shall be.
            QTimer.singleShot(0, self.close_requested.emit)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self.canvas.hold_before(False)
        super().changeEvent(event)

    # The key that acts while it is down

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        typed = QKeySequence(event.keyCombination()).toString()
        if typed in self.actions_.keys["view.hold"] and not event.isAutoRepeat():
            self.canvas.hold_before(False)
        super().keyReleaseEvent(event)

    # Drag and drop: anywhere on the window

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        mime = event.mimeData()
        if self.zones.accepts(mime):
            self.zones.begin(mime, self.canvas_shown)
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        position = self.zones.mapFrom(self, event.position().toPoint())
        event.setAccepted(self.zones.point_at(position))

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.zones.cancel()

    def dropEvent(self, event: QDropEvent) -> None:
        position = self.zones.mapFrom(self, event.position().toPoint())
        self.zones.finish(event.mimeData(), position)
        event.acceptProposedAction()

    # Building

    def _build_top(self) -> QWidget:
        # Not as the menu bar's corner: that one does not grow with its words.
        top = QWidget()
        row = QHBoxLayout(top)
        row.setContentsMargins(0, 2, 8, 2)
        row.setSpacing(8)
        row.addWidget(self._menu_bar)
        row.addStretch()
        row.addWidget(self.model_chooser)
        row.addWidget(self.device)
        return top

    def _centre(self) -> QWidget:
        self._stack.addWidget(self.start)
        self._stack.addWidget(self.canvas)
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.progress)
        column.addWidget(self.tools)
        column.addWidget(self._stack, 1)
        # Over the foot of the picture: one that comes or goes must not move it.
        self.notices.attach(self._stack)
        return centre

    def _dock(self, name: str, title: str, panel: QWidget) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        dock.setWidget(panel)
        dock.setTitleBarWidget(DockTitle(dock))
        dock.setAccessibleName(title)
        return dock

    def _fill_panel_menu(self) -> None:
        for dock in self.docks.values():
            self.menus.panels.addAction(dock.toggleViewAction())

    def _fit_screen(self) -> None:
        """Be as large as is good for the first time: all of a small screen, a part of a large."""
        room = self.screen().availableSize()
        wide, high = FIRST_SIZE_VIEW
        self.resize(min(wide, room.width()), min(high, room.height() - TITLE_VIEW))
        if room.width() <= wide or room.height() <= high:
            self.setWindowState(Qt.WindowState.WindowMaximized)

    def _restore_layout(self) -> None:
        geometry, state = self._store.value(GEOMETRY_KEY), self._store.value(STATE_KEY)
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        if isinstance(state, QByteArray):
            self.restoreState(state, STATE_VERSION)


def _takes_tab(widget: QWidget) -> bool:
    takes = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    return takes and widget.isVisible() and widget.isEnabled()
