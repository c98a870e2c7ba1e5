"""Events of dragging, in the forms that different versions of Qt for Python take."""

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent

Kind = type[QDragEnterEvent] | type[QDragMoveEvent] | type[QDropEvent]


def drag_event(kind: Kind, place: QPoint, mime: QMimeData):
    """A copying drag with the left button, over a place of the widget that it is sent to."""
    left, no_keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    rest = (Qt.DropAction.CopyAction, mime, left, no_keys)
    try:
        return kind(QPointF(place), *rest)
    except TypeError:
        # Before 6.12, two of the three kinds take whole pixels only.
        return kind(place, *rest)
