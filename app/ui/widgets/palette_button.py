"""Which palette a layout has its labels from."""

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QPushButton

from app.ui.icons import pixmap
from app.ui.theme import Theme

ARROW_SIDE = 16


class PaletteButton(QPushButton):
    """The palette in use; opens the list of all.

    A button and not a field with a list, so that neither wheel nor arrow key changes a layout.

    Signals:
        wanted(str): id of another palette; the one in use stays shown until `set_current`.
    """

    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._current = ""
        self._group = QActionGroup(self)
        self._menu = QMenu(self)
        self.setMenu(self._menu)
        # As the other choosers have it, in the colour of the theme.
        self.setStyleSheet("QPushButton::menu-indicator { image: none; }")
        self.setToolTip("The labels of the layout. Another palette takes over what it has")
        self._group.triggered.connect(self._on_triggered)
        self.set_current("", "No palette")

    def set_palettes(self, palettes: Sequence[tuple[str, str]]) -> None:
        """Id and title of every palette that there is."""
        for action in self._group.actions():
            self._group.removeAction(action)
        self._menu.clear()
        for palette_id, title in palettes:
            action = self._menu.addAction(title)
            action.setData(palette_id)
            action.setCheckable(True)
            self._group.addAction(action)
        self._check()

    def set_current(self, palette_id: str, title: str) -> None:
        """The palette in use."""
        self._current = palette_id
        self.setText(title)
        self.setAccessibleName(f"Palette: {title}")
        self._check()

    def _check(self) -> None:
        for action in self._group.actions():
            action.setChecked(action.data() == self._current)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        theme = Theme.of(self.palette())
        painter = QPainter(self)
        arrow = pixmap("chevron-down", theme.faint, ARROW_SIDE, self.devicePixelRatioF())
        painter.drawPixmap(self.width() - ARROW_SIDE - 8, (self.height() - ARROW_SIDE) // 2, arrow)
        painter.end()

    @Slot(QAction)
    def _on_triggered(self, action: QAction) -> None:
        # It is not in use before the layout has its labels.
        self._check()
        if action.data() != self._current:
            self.wanted.emit(action.data())
