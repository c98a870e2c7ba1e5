"""Pictures for the tests of the canvas."""

import numpy as np
from PySide6.QtGui import QImage, QPainter

from app.document.pyramid import Pyramid


def noise(width_px, height_px, seed=0):
    """Every pixel another colour."""
    shape = (height_px, width_px, 3)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def plain(width_px, height_px, rgb):
    """One colour."""
    return Pyramid.of(np.full((height_px, width_px, 3), rgb, np.uint8))


def blank(width, height):
    """An image to paint on, and its painter."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(0)
    return image, QPainter(image)


def pixels(image):
    """The colours of a QImage as `rgb_hwc` int."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    shape = (image.height(), image.bytesPerLine() // 4, 4)
    bgrx_hwc = np.frombuffer(image.constBits(), np.uint8).reshape(shape)
    return bgrx_hwc[:, : image.width(), 2::-1].astype(int)
