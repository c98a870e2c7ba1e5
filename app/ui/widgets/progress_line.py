"""A thin line that tells that something is under way, and how far it is."""

from PySide6.QtCore import QSize, QTimer, Slot
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QProgressBar, QWidget

from app.ui.theme import Theme

HEIGHT = 3
RESOLUTION = 1000
BUSY_PARTS = 8
BUSY_STEP_MS = 400


class ProgressLine(QProgressBar):
    """Empty, a share of its width, or a part that moves on every 400 ms where no share is known.

    The part steps rather than slides: something lives, nothing pulls the eye from the picture.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._part = 0
        self._still = False
        self._step = QTimer(self, interval=BUSY_STEP_MS)
        self._step.timeout.connect(self._advance)
        self.setFixedHeight(HEIGHT)
        self.setMinimumWidth(0)
        self.setTextVisible(False)
        self.setAccessibleName("Progress")
        self.clear()

    def sizeHint(self) -> QSize:
        return QSize(64, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, HEIGHT)

    @property
    def is_busy(self) -> bool:
        """Something is under way and nobody knows how far it is."""
        return self.maximum() == 0

    def clear(self) -> None:
        """Nothing is under way."""
        self._step.stop()
        self.setRange(0, RESOLUTION)
        self.setValue(0)
        self.setAccessibleDescription("Nothing is under way")
        self.update()

    def set_share(self, share: float) -> None:
        """How far it is, 0..1."""
        self._step.stop()
        self.setRange(0, RESOLUTION)
        self.setValue(round(min(1.0, max(0.0, share)) * RESOLUTION))
        self.setAccessibleDescription(f"{share:.0%}")
        self.update()

    def set_busy(self) -> None:
        """Something is under way, nobody knows how far."""
        if not self.is_busy:
            self._part = 0
            self.setRange(0, 0)
            self.setAccessibleDescription("Working")
        self._run()
        self.update()

    def set_still(self, still: bool) -> None:
        """Whether nothing may move: busy is then a line of half the strength."""
        self._still = still
        self._run()
        self.update()

    def _run(self) -> None:
        if self.is_busy and not self._still and self.isVisible():
            self._step.start()
        else:
            self._step.stop()

    @Slot()
    def _advance(self) -> None:
        self._part = (self._part + 1) % BUSY_PARTS
        self.update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._run()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._step.stop()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.window)
        if self.is_busy:
            painter.fillRect(self.rect(), theme.tint(theme.accent, 0.4))
            if not self._still:
                width = self.width() / BUSY_PARTS
                left = round(self._part * width)
                painter.fillRect(left, 0, round(width), HEIGHT, theme.accent)
        else:
            share = self.value() / RESOLUTION
            painter.fillRect(0, 0, round(self.width() * share), HEIGHT, theme.accent)
        painter.end()
