"""A number that is typed over, not into."""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QFocusEvent, QValidator
from PySide6.QtWidgets import QDoubleSpinBox, QWidget


class NumberField(QDoubleSpinBox):
    """Selects all of its number when the mouse gives it the focus, and at a double-click.

    Point and comma both begin the decimals, whatever the locale has.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setGroupSeparatorShown(False)
        self.lineEdit().installEventFilter(self)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() == Qt.FocusReason.MouseFocusReason:
            # The press that gave the focus has yet to set the caret.
            QTimer.singleShot(0, self, self.selectAll)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonDblClick:
            self.selectAll()
            return True
        return super().eventFilter(watched, event)

    def validate(self, text: str, place: int) -> tuple[QValidator.State, str, int]:
        """Qt's hook; puts the locale's point for the one that was typed."""
        return super().validate(self._with_point(text), place)

    def valueFromText(self, text: str) -> float:
        """Qt's hook."""
        return super().valueFromText(self._with_point(text))

    def _with_point(self, text: str) -> str:
        point = self.locale().decimalPoint()
        return text.replace(",", point).replace(".", point)
