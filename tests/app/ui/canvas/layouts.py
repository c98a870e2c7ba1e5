"""Layouts and hands for the tests of the canvas."""

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QInputDevice, QMouseEvent, QPointingDevice, QTabletEvent
from PySide6.QtWidgets import QApplication

from app.document.document import LabelMap
from app.document.palette import Label, Palette
from app.document.tiles import TiledArray

SKY = (120, 200, 250)
SEA = (30, 60, 160)
PALETTE = Palette(
    "small",
    "Small",
    (Label(1, "sky", SKY, pattern="lines"), Label(2, "sea", SEA, pattern="columns"),
     Label(3, "sand", (220, 200, 150))),
)  # fmt: skip
NONE = Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton
Kind = QEvent.Type


def halves(width_px=400, height_px=200):
    """Sky on the left, sea on the right."""
    ids_hw = np.full((height_px, width_px), 1, np.uint8)
    ids_hw[:, width_px // 2 :] = 2
    return LabelMap(TiledArray.from_array(ids_hw), "small")


def mouse(view, kind, at, modifiers=NONE, button=LEFT):
    """One event of the mouse."""
    at = QPointF(*at)
    moves = kind == Kind.MouseMove
    buttons = Qt.MouseButton.NoButton if kind == Kind.MouseButtonRelease else button
    pressed = Qt.MouseButton.NoButton if moves else button
    event = QMouseEvent(kind, at, view.mapToGlobal(at), pressed, buttons, modifiers)
    QApplication.sendEvent(view, event)


def pen(view, kind, at, pressure=0.5, *, eraser=False, button=LEFT, modifiers=NONE):
    """One event of a pen; whether it was taken, so that no mouse event follows."""
    tip = QPointingDevice.PointerType.Eraser if eraser else QPointingDevice.PointerType.Pen
    device = QPointingDevice(
        "pen", 7, QInputDevice.DeviceType.Stylus, tip, QInputDevice.Capability.Pressure, 1, 3
    )
    at = QPointF(*at)
    pressed = Qt.MouseButton.NoButton if kind == Kind.TabletMove else button
    event = QTabletEvent(
        kind, device, at, view.mapToGlobal(at), pressure, 0, 0, 0, 0, 0, modifiers, pressed, button
    )
    event.setAccepted(False)
    QApplication.sendEvent(view, event)
    return event.isAccepted()


class Heard:
    """What the canvas said of the hand, in its order."""

    def __init__(self, view):
        self.all = []
        view.pressed.connect(
            lambda sample, shift, eraser: self.note("press", sample, shift, eraser)
        )
        view.dragged.connect(lambda sample, shift: self.note("drag", sample, shift))
        view.released.connect(lambda sample: self.note("release", sample))
        view.stroke_cancelled.connect(lambda: self.all.append(("cancel",)))
        view.picked.connect(lambda x_px, y_px: self.all.append(("pick", x_px, y_px)))
        view.size_dragged.connect(lambda size_px: self.all.append(("size", size_px)))
        view.finish_wanted.connect(lambda: self.all.append(("finish",)))

    def note(self, what, sample, *more):
        place = (round(sample.x_px, 6), round(sample.y_px, 6), round(sample.pressure, 3))
        self.all.append((what, place, *more))

    @property
    def words(self):
        return [said[0] for said in self.all]
