"""A pen on the canvas, as the system's events tell of it."""

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QInputDevice, QPointingDevice, QTabletEvent
from PySide6.QtWidgets import QApplication

Kind = QEvent.Type


class Pen:
    """Moves over a canvas; places are document pixels.

    Attributes:
        canvas: the widget.
    """

    def __init__(self, canvas) -> None:
        self.canvas = canvas
        self._device = QPointingDevice(
            "pen",
            7,
            QInputDevice.DeviceType.Stylus,
            QPointingDevice.PointerType.Pen,
            QInputDevice.Capability.Pressure | QInputDevice.Capability.Position,
            1,
            1,
        )

    def stroke(self, *samples: tuple[float, float, float]) -> None:
        """Press, go from place to place (x_px, y_px, pressure), and lift."""
        for place, sample in enumerate(samples):
            self.send(Kind.TabletMove if place else Kind.TabletPress, *sample)
        self.send(Kind.TabletRelease, *samples[-1][:2], 0.0)

    def send(self, kind: Kind, x_px: float, y_px: float, pressure: float) -> None:
        transform = self.canvas.transform
        x_view, y_view = transform.to_view((x_px, y_px))
        place = QPointF(x_view, y_view)
        far = QPointF(self.canvas.mapToGlobal(place.toPoint()))
        down = kind is not Kind.TabletRelease
        left = Qt.MouseButton.LeftButton
        event = QTabletEvent(
            kind, self._device, place, far, pressure, 0, 0, 0, 0, 0,
            Qt.KeyboardModifier.NoModifier, left, left if down else Qt.MouseButton.NoButton,
        )  # fmt: skip
        QApplication.sendEvent(self.canvas, event)
        assert event.isAccepted(), "else Qt sends a mouse event as well"
