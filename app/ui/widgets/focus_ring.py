"""Whether a button shows that it has the keyboard: not when a click gave it."""

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

RING = "ring"
"""The property of buttons that the style sheet asks for."""


def shows_ring(button: QAbstractButton) -> bool:
    """Whether to draw the ring; for buttons that paint themselves."""
    return button.hasFocus() and button.property(RING) is not False


class FocusRing(QObject):
    """Notes at every button that gets the focus whether a click gave it; lives on the GUI thread.

    Qt's style sheets know who has the focus, not why.
    """

    def __init__(self, app: QApplication, parent: QObject) -> None:
        super().__init__(parent)
        app.focusChanged.connect(self._note)

    @Slot(QWidget, QWidget)
    def _note(self, before: QWidget | None, now: QWidget | None) -> None:
        if not isinstance(now, QAbstractButton):
            return
        old = now.property(RING)
        if before is None and old is not None:
            # The whole window got the keyboard back.
            return
        ring = QApplication.mouseButtons() == Qt.MouseButton.NoButton
        if ring != old:
            now.setProperty(RING, ring)
            now.style().unpolish(now)
            now.style().polish(now)
            now.update()
