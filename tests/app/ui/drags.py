"""Events of dragging, in the forms that different versions of Qt for Python take."""

from typing import Any

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt


def drag_event(kind: Any, place: QPoint, mime: QMimeData):
    """A copying drag with the left button over a place of the widget that it is sent to.

    Args:
        kind: QDragEnterEvent, QDragMoveEvent or QDropEvent.
    """
    left, no_keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    rest = (Qt.DropAction.CopyAction, mime, left, no_keys)
    try:
        return kind(QPointF(place), *rest)
    except TypeError:
        # Before 6.12, two of the three kinds take whole pixels only.
        return kind(place, *rest)
