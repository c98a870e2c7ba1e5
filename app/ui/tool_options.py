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
WORDS = "words"
MORE = "More"


class ToolOptions(QWidget):
    """The options of one tool side by side, and words; some go behind a button for want of room.

    Signals:
        changed(str, object): an option, by its name, and what it is to be.
        done(): Enter was pressed on a number: the keyboard may go back to the canvas.

    Attributes:
        OF_TOOLS: which options each tool has; a tool that is not named has none.
        FOLDED: what gives way where room is short, the first first: options go behind the button,
            `WORDS` are cut shorter than `HINT_CHARACTERS`.
        NAMED: what the button's own name tells; with other options behind it, it is called "More".
        HINT_CHARACTERS: room for so many is kept for the words.
    """

    changed = Signal(str, object)
    done = Signal()

    OF_TOOLS: ClassVar[Mapping[str, tuple[str, ...]]]
    FOLDED: ClassVar[tuple[str, ...]]
    NAMED: ClassVar[frozenset[str]]
    HINT_CHARACTERS: ClassVar[int]

    def __init__(self, fold: str, parent: QWidget | None) -> None:
        """`fold` is written on the button."""
        super().__init__(parent)
        self.setAccessibleName("Options of the tool")
        self._tool = ""
        self._options: dict[str, QWidget] = {}
        self._folded: set[str] = set()
        self._rest: tuple[QWidget, ...] = ()
        self._order: list[QWidget] = []
        self._fold_words = fold
        self._fold = Fold(fold, MORE)
        self._hint = ElidedLabel(faint=True)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(MARGIN, TOP, MARGIN, TOP)
        self._row.setSpacing(GAP)

    def _arrange(self, options: dict[str, QWidget], *others: QWidget) -> None:
        """Have these options, by their names in `OF_TOOLS`, and others behind the words.

        What is an option and stands behind the words is among both.
        """
        self._options = options
        first = [part for part in options.values() if part not in others]
        self._order = [*first, self._fold, self._hint, *others]
        self._rest = tuple(part for part in others if part not in options.values())
        for part in self._order:
            self._row.addWidget(part, int(part is self._hint))

    def set_tool(self, tool: str) -> None:
        """Show the options of this tool."""
        self._tool = tool
        self._fit()

    def set_hint(self, words: str) -> None:
        """Say what the hand can do."""
        self._hint.setText(words)

    # Room

    @property
    def _names(self) -> tuple[str, ...]:
        """The options that there are now."""
        return self.OF_TOOLS.get(self._tool, ())

    def _others(self, _folded: Sequence[str]) -> Sequence[QWidget]:
        """What there is beside the options and the words, with these given way."""
        return ()

    def _fit(self) -> None:
        """As much beside each other as there is room for."""
        names = self._names
        folded: tuple[str, ...] = ()
        for name in self.FOLDED:
            if self.width() >= self._wanted(folded, names):
                break
            folded = (*folded, name)
        for name, part in self._options.items():
            part.setVisible(name in names)
        others = self._others(folded)
        for part in self._rest:
            part.setVisible(part in others)
        self._put_away(set(folded) & set(names))

    def _put_away(self, folded: set[str]) -> None:
        """Have these options behind the button, in their order, and the others in the row."""
        if folded != self._folded:
            self._folded = folded
            for name, part in self._options.items():
                shown = not part.isHidden()
                if name in folded:
                    self._fold.keep(part)
                elif self._row.indexOf(part) < 0:
                    self._row.insertWidget(self._place_of(part), part)
                    part.setVisible(shown)
        self._fold.set_words(self._fold_words if folded <= self.NAMED else MORE)
        self._fold.setVisible(bool(folded))

    def _place_of(self, part: QWidget) -> int:
        """Where an option goes in the row: after those before it that are there."""
        before = self._order[: self._order.index(part)]
        return sum(self._row.indexOf(part) >= 0 for part in before)

    def _wanted(self, folded: Sequence[str], names: Sequence[str]) -> int:
        """The width of these options, with what is folded given way."""
        parts = [self._options[name] for name in names if name not in folded]
        parts += [self._fold] if set(folded) & set(names) else []
        parts += self._others(folded)
        characters = 0 if WORDS in folded else self.HINT_CHARACTERS
        widths = sum(part.sizeHint().width() for part in parts)
        words = characters * self.fontMetrics().averageCharWidth()
        return widths + words + GAP * len(parts) + 2 * MARGIN

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._height)

    def minimumSizeHint(self) -> QSize:
        """The same for every tool: the window must not grow when another one is taken."""
        widths = [self._wanted(self.FOLDED, names) for names in self.OF_TOOLS.values()]
        return QSize(max(widths), self._height)

    @property
    def _height(self) -> int:
        """The same for every tool: the picture must not jump when another one is taken."""
        parts = (*self._options.values(), *self._rest)
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
