"""The window: where everything sits. It decides nothing; it says what the artist wants."""

from itertools import pairwise

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
from app.ui.options_bar import OptionsBar
from app.ui.panels.edits import EditsPanel
from app.ui.panels.history import HistoryPanel
from app.ui.panels.labels import LabelsPanel
from app.ui.panels.reference import ReferencePanel
from app.ui.panels.retouch import RetouchPanel
from app.ui.panels.sliders import SlidersPanel
from app.ui.panels.style import StylePanel
from app.ui.retouch_options import RetouchOptions
from app.ui.start import StartPage
from app.ui.status_bar import StatusBar
from app.ui.tool_row import ToolRow
from app.ui.tool_strip import RetouchStrip, ToolStrip
from app.ui.widgets.device_indicator import DeviceIndicator
from app.ui.widgets.dock_title import DockTitle
from app.ui.widgets.model_chooser import ModelChooser
from app.ui.widgets.notice import NoticeBar
from app.ui.widgets.progress_line import ProgressLine
from app.ui.workspace_tabs import WorkspaceTabs

GEOMETRY_KEY, STATE_KEY, WORKSPACE_KEY = "window/geometry", "window/docks", "window/workspace"
STATE_VERSION = 4
FIRST_WORKSPACE = "edit"
DOCKS: dict[str, dict[str, int]] = {
    "paint": {"labels": 490, "style": 400, "edits": 400, "history": 400},
    "edit": {"reference": 366, "sliders": 366, "retouch": 366, "edits": 300, "history": 300},
}
"""The panels of each workspace from top to bottom, with their first heights in view pixels."""
SHARED_PLACES = {
    "paint": (("style", "edits", "history"),),
    "edit": (("reference", "sliders", "retouch"), ("edits", "history")),
}
"""Panels of a workspace that lie on one another at first, the uppermost before the others."""
FIRST_SIZE_VIEW = (1600, 1000)
DOCK_WIDTH_VIEW, DOCK_CHARACTERS = 300, 40
"""How wide panels are at first: at least so much, and for so many characters."""
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
        workspace: what the window is laid out for, a key of `DOCKS`.
        leaving: whether closing is decided, so that `close` closes.
    """

    close_requested = Signal()
    closed = Signal()

    def __init__(self, layout_store: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = layout_store
        self.leaving = False
        self.workspace = FIRST_WORKSPACE
        self._layouts: dict[str, QByteArray] = {}
        self.setObjectName("window")
        self.setWindowTitle("Scumble")
        self.setAcceptDrops(True)
        self.actions_ = Actions(self)
        self.canvas = CanvasView()
        self.start = StartPage()
        self.labels = LabelsPanel()
        self.style_panel = StylePanel()
        self.reference = ReferencePanel()
        self.sliders = SlidersPanel()
        self.retouch = RetouchPanel()
        self.edits = EditsPanel()
        self.history = HistoryPanel()
        self.notices = NoticeBar()
        self.progress = ProgressLine()
        self.model_chooser = ModelChooser()
        self.device = DeviceIndicator()
        self.status = StatusBar()
        self.setStatusBar(self.status)
        self.tabs = WorkspaceTabs(self.actions_)
        self._menu_bar = QMenuBar()
        self.menus = build_menus(self._menu_bar, self.actions_)
        self._top = self._build_top()
        self.setMenuWidget(self._top)
        self.tools = ToolRow(self.actions_)
        self.tool_strip = ToolStrip(self.actions_)
        self.retouch_strip = RetouchStrip(self.actions_)
        self.options = OptionsBar(self.actions_)
        self.retouch_options = RetouchOptions()
        self._stack = QStackedWidget()
        self.setCentralWidget(self._centre())
        self.zones = DropZones(self._stack)
        self.docks = {
            name: self._dock(name, title, panel)
            for name, title, panel in (
                ("labels", "Labels", self.labels),
                ("style", "Style", self.style_panel),
                ("reference", "Reference", self.reference),
                ("sliders", "Sliders", self.sliders),
                ("retouch", "Retouch", self.retouch),
                ("edits", "Edits", self.edits),
                ("history", "History", self.history),
            )
        }
        self._panels = QByteArray()
        # A hidden menu bar's shortcuts are dead unless the window has the actions itself.
        self.addActions(self.actions_.with_window_keys())
        self._fill_panel_menu()
        self.canvas.addAction(self.actions_[CANVAS_ONLY])
        self.actions_["view.hold"].setAutoRepeat(False)

    # What is in the middle

    def show_canvas(self, on: bool) -> None:
        """Have the canvas in the middle, or else the start page."""
        self._stack.setCurrentWidget(self.canvas if on else self.start)
        self._show_tools()
        (self.canvas if on else self.start).setFocus()

    @property
    def canvas_shown(self) -> bool:
        return self._stack.currentWidget() is self.canvas

    # Panels

    def hide_panels(self, on: bool) -> None:
        """Have nothing but the picture, or everything as it was."""
        if on:
            self._panels = self.saveState(STATE_VERSION)
            for dock in self.docks.values():
                dock.hide()
        else:
            self.restoreState(self._panels, STATE_VERSION)
        self._top.setVisible(not on)
        self.status.setVisible(not on)
        self._show_tools()

    def _show_tools(self) -> None:
        """The rows and the strip of tools beside the canvas, where they are of use."""
        shown = self.canvas_shown and not self.actions_["view.panels"].isChecked()
        self.tools.setVisible(shown)
        beside: dict[str, tuple[QWidget, ...]] = {
            "paint": (self.tool_strip, self.options),
            "edit": (self.retouch_strip, self.retouch_options),
        }
        for workspace, parts in beside.items():
            for part in parts:
                part.setVisible(shown and self.workspace == workspace)

    def set_workspace(self, name: str) -> None:
        """Lay the window out for another kind of work, as it was left there."""
        if name == self.workspace:
            return
        self._show_all_panels()
        self._layouts[self.workspace] = self.saveState(STATE_VERSION)
        self.workspace = name
        self._lay_out()

    def reset_layout(self) -> None:
        """Put every panel of the workspace where it was at first."""
        self._layouts.pop(self.workspace, None)
        self._lay_out()

    def _lay_out(self) -> None:
        """Have the panels of the workspace, and no others, where they were left."""
        state = self._layouts.get(self.workspace)
        if state is None or not self.restoreState(state, STATE_VERSION):
            self._arrange()
        for name, dock in self.docks.items():
            mine = name in DOCKS[self.workspace]
            dock.toggleViewAction().setVisible(mine)
            if not mine:
                dock.hide()
        self.tabs.set_current(self.workspace)
        self.actions_.set_place(self.workspace)
        self._show_tools()

    def _arrange(self) -> None:
        heights = DOCKS[self.workspace]
        docks = [self.docks[name] for name in heights]
        for dock in self.docks.values():
            dock.setFloating(False)
            self.removeDockWidget(dock)
        # The others, too: Qt would add what a saved state does not know, and in sight.
        for name, dock in self.docks.items():
            self.addDockWidget(RIGHT, dock)
            dock.setVisible(name in heights)
        for names in SHARED_PLACES[self.workspace]:
            shared = [self.docks[name] for name in names]
            for under, over in pairwise(shared):
                self.tabifyDockWidget(under, over)
            shared[0].raise_()
        width = max(DOCK_WIDTH_VIEW, DOCK_CHARACTERS * self.fontMetrics().averageCharWidth())
        self.resizeDocks(docks, [width] * len(docks), Qt.Orientation.Horizontal)
        self.resizeDocks(docks, list(heights.values()), Qt.Orientation.Vertical)

    def _show_all_panels(self) -> None:
        if self.actions_["view.panels"].isChecked():
            self.actions_["view.panels"].trigger()

    def next_pane(self) -> None:
        """Give the keyboard to the next part of the window."""
        panels = [dock.widget() for dock in self.docks.values()]
        beside = (self.tool_strip, self.retouch_strip, self.options, self.retouch_options)
        panes = [self._stack.currentWidget(), *beside, *panels, self.status]
        # One that lies under another is visible to Qt, but not to the person.
        panes = [pane for pane in panes if not pane.visibleRegion().isEmpty()]
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

    def restore_layout(self) -> None:
        """Be where the window and its panels were left; called once, when it is dressed."""
        self._fit_screen()
        geometry, workspace = self._store.value(GEOMETRY_KEY), self._store.value(WORKSPACE_KEY)
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        for name in DOCKS:
            state = self._store.value(f"{STATE_KEY}/{name}")
            if isinstance(state, QByteArray):
                self._layouts[name] = state
        # A list, or what else a broken file may hold, is no key.
        if isinstance(workspace, str) and workspace in DOCKS:
            self.workspace = workspace
        self._lay_out()

    def save_layout(self) -> None:
        """Remember where the window and its panels are."""
        self._show_all_panels()
        self._layouts[self.workspace] = self.saveState(STATE_VERSION)
        self._store.setValue(GEOMETRY_KEY, self.saveGeometry())
        self._store.setValue(WORKSPACE_KEY, self.workspace)
        for name, state in self._layouts.items():
            self._store.setValue(f"{STATE_KEY}/{name}", state)
        # The program ends without the event loop that would write it.
        self._store.sync()

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
            self._let_go()
        super().changeEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab. Qt also asks for it when what has the keyboard is hidden: the picture gets it then.

        What happens to stand next may be a choice that the next key would change.
        """
        focus = QApplication.focusWidget()
        if focus is not None and not focus.isVisible():
            (self.canvas if self.canvas_shown else self.start).setFocus()
            return True
        return super().focusNextPrevChild(forward)

    # The key that acts while it is down

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        typed = QKeySequence(event.keyCombination()).toString()
        if typed in self.actions_.keys["view.hold"] and not event.isAutoRepeat():
            self._let_go()
        super().keyReleaseEvent(event)

    def _let_go(self) -> None:
        self.canvas.hold_before(False)
        self.canvas.hold_other(False)

    # Drag and drop: anywhere on the window

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        mime = event.mimeData()
        if self.zones.accepts(mime):
            self.zones.begin(mime, self.canvas_shown, self.workspace == "paint")
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
        # As wide as one another: the tabs stay in the middle when the words at the right change.
        left, right = QHBoxLayout(), QHBoxLayout()
        left.addWidget(self._menu_bar)
        left.addStretch()
        right.addStretch()
        right.addWidget(self.model_chooser)
        right.addWidget(self.device)
        row.addLayout(left, 1)
        row.addWidget(self.tabs)
        row.addLayout(right, 1)
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
        column.addWidget(self.options)
        column.addWidget(self.retouch_options)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.tool_strip)
        middle.addWidget(self.retouch_strip)
        middle.addWidget(self._stack, 1)
        column.addLayout(middle, 1)
        # Over the foot of the picture: one that comes or goes must not move it.
        self.notices.attach(self._stack)
        return centre

    def _dock(self, name: str, title: str, panel: QWidget) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        # Tab goes through what comes first first.
        dock.setTitleBarWidget(DockTitle(dock))
        dock.setWidget(panel)
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


def _takes_tab(widget: QWidget) -> bool:
    takes = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    return takes and widget.isVisible() and widget.isEnabled()
