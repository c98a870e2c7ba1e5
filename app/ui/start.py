"""What fills the canvas area while no picture is open: ways to begin."""

from collections.abc import Collection, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy.typing as npt
from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QLayout,
    QScrollArea,
    QSizePolicy,
    QWidget,
)

from app.ui import theme
from app.ui.dialogs.parts import GAP_PX, INSET_PX, TIGHT_PX, Note, chars_px, column, heading, row
from app.ui.widgets.targets import CARD_PX, RecentButton, SampleButton, Target, draw_card

RECENT_COLUMNS = 2
SAMPLE_COLUMNS = 4
WIDEST_PX = 3 * CARD_PX + 2 * INSET_PX
WIDEST_CHARS = 90
WELCOME_SCALE = 1.4
NBSP = "\N{NO-BREAK SPACE}"
STEP_GAP = 3 * NBSP + " "

WELCOME = "Paint labels and see a landscape, or give a photo the weather of another one."
STEPS = ("Start with a layout or a photo", "Paint, or drop a reference", "Compare and export")

Rgb = npt.NDArray[Any]


class Card(QWidget):
    """A panel on the surround of the canvas."""

    def paintEvent(self, event: QPaintEvent) -> None:
        draw_card(self, QPainter(self), lit=False, focused=False)


class Page(QWidget):
    """The ground of the start page: the same grey that is around a picture."""

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.Theme.of(self.palette()).surround)


class RecentCard(Card):
    """The files that were open before.

    Signals:
        chosen(Path): the file that was clicked.
    """

    chosen = Signal(Path)

    def __init__(self) -> None:
        super().__init__()
        self._buttons: list[RecentButton] = []
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(0)
        self._grid.setHorizontalSpacing(INSET_PX)
        title = heading("Recent")
        title.setContentsMargins(GAP_PX, 0, 0, 0)
        layout = column(title, self._grid, gap_px=TIGHT_PX)
        layout.setContentsMargins(GAP_PX, GAP_PX, GAP_PX, GAP_PX)
        self.setLayout(layout)

    def set_files(self, paths: Sequence[Path]) -> None:
        """The files, newest first; read down the columns."""
        _empty(self._grid)
        self._buttons = [RecentButton(path) for path in paths]
        rows = -(-len(paths) // RECENT_COLUMNS)
        for place, made in enumerate(self._buttons):
            made.clicked.connect(lambda _=False, path=made.path: self.chosen.emit(path))
            self._grid.addWidget(made, place % rows, place // rows)

    @property
    def buttons(self) -> list[RecentButton]:
        """One for each file."""
        return list(self._buttons)

    def set_missing(self, paths: Collection[Path]) -> None:
        """Which of the files are gone."""
        for made in self._buttons:
            made.set_missing(made.path in paths)


class RecoveryCard(Card):
    """Work that was kept when the program ended; discarding it is asked about.

    Signals:
        opened(), discarded(): what to do with it.
    """

    opened = Signal()
    discarded = Signal()

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = f"Work was kept when Scumble stopped unexpectedly: {words}."
        self._note = Note()
        layout = column(self._note)
        layout.setContentsMargins(INSET_PX, GAP_PX, GAP_PX, GAP_PX)
        self.setLayout(layout)
        self._offer()

    def _offer(self) -> None:
        self._note.say("info", self._words, ("Open", self._open), ("Discard", self._ask))

    def _open(self) -> None:
        self._offer()
        self.opened.emit()

    def _ask(self) -> None:
        words = "Discard it for good? It is in no other file."
        self._note.say("warning", words, ("Discard", self._discard), ("Keep", self._offer))

    def _discard(self) -> None:
        self._offer()
        self.discarded.emit()


class SampleCard(Card):
    """The third target: the sample photos and layouts, each a button.

    Signals:
        chosen(Path): the file that was clicked.
    """

    chosen = Signal(Path)

    def __init__(self) -> None:
        super().__init__()
        self._buttons: list[SampleButton] = []
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(TIGHT_PX)
        words = QLabel("Pick a sample")
        words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout = column(self._grid, words)
        layout.setStretch(0, 1)
        layout.setContentsMargins(GAP_PX, GAP_PX, GAP_PX, GAP_PX + TIGHT_PX)
        self.setLayout(layout)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_samples(self, samples: Sequence[tuple[Path, str, Rgb]]) -> None:
        """(file, title, thumbnail) of every sample."""
        _empty(self._grid)
        self._buttons = []
        for place, (path, title, rgb_hwc) in enumerate(samples):
            made = SampleButton(title, rgb_hwc)
            made.clicked.connect(lambda _=False, path=path: self.chosen.emit(path))
            self._grid.addWidget(made, place // SAMPLE_COLUMNS, place % SAMPLE_COLUMNS)
            self._buttons.append(made)

    @property
    def buttons(self) -> list[SampleButton]:
        """One for each sample."""
        return list(self._buttons)

    def sizeHint(self) -> QSize:
        return QSize(CARD_PX, CARD_PX)


def _empty(layout: QLayout) -> None:
    """Take out all widgets and delete them."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()


class StartPage(QScrollArea):
    """Three targets, the recent files, and what can be recovered. Files may be dropped anywhere
    upon it: it takes no drops, so that they reach the window.

    Signals:
        open_requested(), layout_requested(): one of the large targets.
        sample_chosen(Path), recent_chosen(Path): open this file.
        recovery_requested(Path), recovery_discarded(Path): open this work, or drop it.
    """

    open_requested = Signal()
    layout_requested = Signal()
    sample_chosen = Signal(Path)
    recent_chosen = Signal(Path)
    recovery_requested = Signal(Path)
    recovery_discarded = Signal(Path)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._welcome_words = QLabel()
        self._middle = QWidget()
        self.setAccessibleName("Start")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._open = Target("picture", "Open a photo", "or drop one here")
        self._layout = Target("layout", "Start a layout", "paint it, see the picture")
        self._samples = SampleCard()
        self._welcome = self._make_welcome()
        self._recoveries = column()
        self._offered: list[tuple[Path, str]] = []
        self._recent = RecentCard()
        self._lay_out()
        self._open.clicked.connect(self.open_requested)
        self._layout.clicked.connect(self.layout_requested)
        self._samples.chosen.connect(self.sample_chosen)
        self._recent.chosen.connect(self.recent_chosen)
        self.set_first_run(False)
        self.set_recent([])

    def set_samples(self, samples: Sequence[tuple[Path, str, Rgb]]) -> None:
        """(file, title, thumbnail H x W x 3 uint8) of photos and layouts to begin with."""
        self._samples.set_samples(samples)
        self._samples.setVisible(bool(samples))
        self._order_tabs()

    def set_recent(self, paths: Sequence[Path]) -> None:
        """The files that were open before, newest first. Does not look at the disk."""
        self._recent.set_files(paths)
        self._recent.setVisible(bool(paths))
        self._order_tabs()

    def set_missing(self, paths: Collection[Path]) -> None:
        """Which of the recent files are gone; they are greyed, and can be tried all the same."""
        self._recent.set_missing(paths)

    def _order_tabs(self) -> None:
        """Tab goes as one reads; Qt has what was made last at the end of the window."""
        for before, after in pairwise(
            [self._open, self._layout, *self._samples.buttons, *self._recent.buttons]
        ):
            QWidget.setTabOrder(before, after)

    def set_first_run(self, first: bool) -> None:
        """Whether to say what this program does, in one line and three steps."""
        self._welcome.setVisible(first)

    @property
    def recoveries(self) -> list[Path]:
        """The recoveries that are offered."""
        return [path for path, _ in self._offered]

    def set_recoveries(self, recoveries: Sequence[tuple[Path, str]]) -> None:
        """Offer work that was kept when the program ended: (folder, what and when)."""
        if list(recoveries) == self._offered:
            # One may be asked about just now.
            return
        _empty(self._recoveries)
        self._offered = list(recoveries)
        for path, words in recoveries:
            offer = RecoveryCard(words)
            offer.opened.connect(lambda path=path: self.recovery_requested.emit(path))
            offer.discarded.connect(lambda path=path: self.recovery_discarded.emit(path))
            self._recoveries.addWidget(offer)

    def _make_welcome(self) -> QWidget:
        layout = column()
        # A step stays on one line; where there is little room, the next one wraps.
        steps = [f"{place}. {step}".replace(" ", NBSP) for place, step in enumerate(STEPS, 1)]
        for label, words in ((self._welcome_words, WELCOME), (QLabel(), STEP_GAP.join(steps))):
            label.setText(words)
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            layout.addWidget(label)
        welcome = QWidget()
        welcome.setLayout(layout)
        return welcome

    def _fit_text(self) -> None:
        """Follow the text size of the program."""
        # By its own style sheet: the program's takes back what `setFont` did.
        points = self.font().pointSizeF() * WELCOME_SCALE
        self._welcome_words.setStyleSheet(f"font-size: {points:.1f}pt")
        self._middle.setMaximumWidth(max(WIDEST_PX, chars_px(self, WIDEST_CHARS)))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._fit_text()

    def _lay_out(self) -> None:
        targets = row(self._open, self._layout, self._samples, gap_px=INSET_PX)
        for place in range(3):
            targets.setStretch(place, 1)
        self._middle.setLayout(
            column(self._welcome, self._recoveries, targets, self._recent, gap_px=INSET_PX + GAP_PX)
        )
        page = Page()
        layout = column(0, row(self._middle), 0)
        layout.setContentsMargins(INSET_PX, INSET_PX, INSET_PX, INSET_PX)
        page.setLayout(layout)
        self.setWidget(page)
        self.viewport().setAutoFillBackground(False)
        self._fit_text()
