"""The finder: references looked up in a folder by their thumbnails."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt

from app.controllers.finder import Finder
from app.controllers.preferences import Preferences
from app.controllers.swapping import Swapping
from app.resources import resource
from app.ui.main_window import MainWindow
from app.ui.panels.finder import FinderPanel

GAP_VIEW = 16


class FinderPresenter(QObject):
    """Opens the finder beside the window and gives what is chosen to the swap."""

    def __init__(
        self,
        window: MainWindow,
        finder: Finder,
        swapping: Swapping,
        preferences: Preferences,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._finder = finder
        self._swapping = swapping
        self._preferences = preferences
        self._panel: FinderPanel | None = None
        window.reference.find_requested.connect(self.open)
        finder.found.connect(self._found)
        finder.thumbnail.connect(self._thumbnail)

    def open(self) -> None:
        """Show the finder, in the folder that was looked through last."""
        if self._panel is None:
            self._panel = self._make()
        self._panel.show()
        self._panel.raise_()
        self._panel.activateWindow()
        self._panel.filter.setFocus()

    def _make(self) -> FinderPanel:
        panel = FinderPanel(self._window)
        panel.setWindowFlag(Qt.WindowType.Tool)
        panel.setWindowTitle("Find a reference")
        panel.folder_changed.connect(self._look_into)
        panel.thumbnails_wanted.connect(self._finder.want)
        panel.chosen.connect(self._swapping.use_file)
        self._panel = panel
        folder = self._preferences.last_folder("reference")
        # The samples show at once what the finder is for.
        panel.set_folder(Path(folder) if folder else resource("samples"))
        self._place(panel)
        return panel

    def _place(self, panel: FinderPanel) -> None:
        """Beside the reference panel, not over it."""
        own = self._window.reference
        corner = own.mapToGlobal(own.rect().topLeft())
        panel.resize(panel.sizeHint())
        panel.move(max(0, corner.x() - panel.width() - GAP_VIEW), corner.y())

    def _look_into(self, folder: Path) -> None:
        if folder != resource("samples"):
            self._preferences.remember_folder("reference", folder)
        if self._panel is not None:
            self._panel.set_busy("Looking for pictures…")
            self._finder.list_folder(folder, recursive=self._panel.recursive)

    def _found(self, paths: list[Path], more: bool) -> None:
        if self._panel is not None:
            self._panel.set_busy(f"Only the first {len(paths)} are shown" if more else "")
            self._panel.set_files(paths)

    def _thumbnail(self, path: Path, thumb: Any) -> None:
        if self._panel is not None:
            self._panel.set_thumbnail(path, thumb)
