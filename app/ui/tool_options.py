"""What the bars above the canvas have in common: the options of the tool, as room allows."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.options import Fold

GAP = 12
MARGIN = 8
TOP = 4


class ToolOptions(QWidget):
    """The options of one tool side by side, and words; some go behind a button for want of room.

    Signals:
        changed(str, object): an option, by its name, and what it is to be.
        done(): Enter was pressed on a number: the keyboard may go back to the canvas.

    Attributes:
        OF_TOOLS: which options each tool has; a tool that is not named has none.
        FOLDED: what goes behind the button where room is short, the first first.
        HINT_CHARACTERS: room for so many is kept for the words.
    """

    changed = Signal(str, object)
    done = Signal()

    OF_TOOLS: ClassVar[Mapping[str, tuple[str, ...]]]
    FOLDED: ClassVar[tuple[str, ...]]
    HINT_CHARACTERS: ClassVar[int]

    def __init__(self, fold: str, parent: QWidget | None) -> None:
        """`fold` is written on the button."""
        super().__init__(parent)
        self.setAccessibleName("Options of the tool")
        self._tool = ""
        self._options: dict[str, QWidget] = {}
        self._folded: set[str] = set()
        self._fold = Fold(fold)
        self._hint = ElidedLabel(faint=True)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(MARGIN, TOP, MARGIN, TOP)
        self._row.setSpacing(GAP)

    def _arrange(self, options: dict[str, QWidget], *others: QWidget) -> None:
        """Have these options, by their names in `OF_TOOLS`, and behind the words what is always."""
        self._options = options
        for part in (*options.values(), self._fold):
            self._row.addWidget(part)
        self._row.addWidget(self._hint, 1)
        for part in others:
            self._row.addWidget(part)

    def set_tool(self, tool: str) -> None:
        """Show the options of this tool."""
        self._tool = tool
        self._fit()

    def set_hint(self, words: str) -> None:
        """Say what the hand can do."""
        self._hint.setText(words)

    # Room

    def _others(self, *, least: bool) -> Sequence[QWidget]:
        """What else takes room, or the `least` that will do."""
        return ()

    def _fit(self) -> None:
        """As much beside each other as there is room for."""
        names = self.OF_TOOLS.get(self._tool, ())
        folded: tuple[str, ...] = ()
        for name in (name for name in self.FOLDED if name in names):
            if self.width() >= self._wanted(folded):
                break
            folded = (*folded, name)
        for name, part in self._options.items():
            part.setVisible(name in names)
        self._put_away(set(folded))

    def _put_away(self, folded: set[str]) -> None:
        """Have these options behind the button, in their order, and the others in the row."""
        if folded != self._folded:
            self._folded = folded
            for place, (name, part) in enumerate(self._options.items()):
                shown = not part.isHidden()
                if name in folded:
                    self._fold.keep(part)
                elif self._row.indexOf(part) < 0:
                    self._row.insertWidget(self._place_of(place), part)
                    part.setVisible(shown)
        self._fold.setVisible(bool(folded))

    def _place_of(self, place: int) -> int:
        """Where an option goes in the row: after those before it that are there."""
        before = list(self._options.values())[:place]
        return sum(self._row.indexOf(part) >= 0 for part in before)

    def _wanted(self, folded: Sequence[str], *, least: bool = False) -> int:
        """The width with these options behind the button."""
        names = self.OF_TOOLS.get(self._tool, ())
        parts = [self._options[name] for name in names if name not in folded]
        parts += [self._fold] if set(folded) & set(names) else []
        parts += self._others(least=least)
        hint = self.HINT_CHARACTERS * self.fontMetrics().averageCharWidth()
        widths = sum(part.sizeHint().width() for part in parts)
        return widths + hint + GAP * len(parts) + 2 * MARGIN

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._height)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._wanted(self.FOLDED, least=True), self._height)

    @property
    def _height(self) -> int:
        """The same for every tool: the picture must not jump when another one is taken."""
        parts = (*self._options.values(), *self._others(least=False))
        return max(part.sizeHint().height() for part in parts) + 2 * TOP

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.done.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()
