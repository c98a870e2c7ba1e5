"""Words on one line, cut short with dots where there is no room."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from app.ui.theme import Theme


class ElidedLabel(QLabel):
    """A label that never makes its panel wider; the whole text is in the tooltip."""

    def __init__(
        self,
        text: str = "",
        *,
        faint: bool = False,
        where: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._faint = faint
        self._where = where
        self.setTextFormat(Qt.TextFormat.PlainText)

    def set_faint(self, faint: bool) -> None:
        """Whether it matters less than other words."""
        self._faint = faint
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.fontMetrics().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        painter = QPainter(self)
        if not self.isEnabled():
            painter.setPen(theme.disabled)
        else:
            painter.setPen(theme.faint if self._faint else theme.text)
        elided = self.fontMetrics().elidedText(self.text(), self._where, self.width())
        self.setToolTip(self.text() if elided != self.text() else "")
        painter.drawText(self.contentsRect(), self.alignment(), elided)
        painter.end()
