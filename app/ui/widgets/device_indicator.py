"""What computes, and how long the last picture took."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import (
    QSizePolicy,
    QStyle,
    QStyleOptionToolButton,
    QStylePainter,
    QToolButton,
    QWidget,
)

from app.ui.icons import ICON_PX, icon

CHARACTERS_LEFT = 6


class DeviceIndicator(QToolButton):
    """Reads "CPU with 2 threads · 0.41 s"; a click is for whoever shows the devices.

    Where there is no room the words are cut short; the tooltip has them all.

    Signals:
        clicked(): of QToolButton.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._device = ""
        self._seconds: float | None = None
        self.setIcon(icon("device"))
        self.setIconSize(QSize(ICON_PX, ICON_PX))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._tell()

    def set_device(self, words: str) -> None:
        """The device as the person knows it; empty while nobody knows."""
        self._device = words
        self._tell()

    def set_seconds(self, seconds: float | None) -> None:
        """How long the last render took; None before the first."""
        self._seconds = seconds
        self._tell()

    def _tell(self) -> None:
        device = self._device or "Device"
        took = "" if self._seconds is None else seconds_words(self._seconds)
        self.setText(f"{device} · {took}" if took else device)
        last = f", last render {took}" if took else ""
        self.setAccessibleName(f"Device: {device}{last}")
        self.setToolTip(f"Renders on {device}{last}. Click to choose another device")

    def _words_width(self) -> int:
        return self.fontMetrics().horizontalAdvance(self.text())

    def minimumSizeHint(self) -> QSize:
        whole = self.sizeHint()
        spare = self._words_width() - CHARACTERS_LEFT * self.fontMetrics().averageCharWidth()
        return QSize(whole.width() - max(0, spare), whole.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt's hook."""
        option = QStyleOptionToolButton()
        self.initStyleOption(option)
        missing = self.sizeHint().width() - self.width()
        if missing > 0:
            room = self._words_width() - missing
            option.text = self.fontMetrics().elidedText(
                self.text(), Qt.TextElideMode.ElideMiddle, room
            )
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ToolButton, option)
        painter.end()


def seconds_words(seconds: float) -> str:
    """A time with two digits that matter: "0.041 s", "0.41 s", "4.1 s", "41 s"."""
    decimals = 3 if seconds < 0.1 else 2 if seconds < 1 else 1 if seconds < 10 else 0
    return f"{seconds:.{decimals}f} s"
