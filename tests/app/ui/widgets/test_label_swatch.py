"""The colour and the pattern of a label."""

from itertools import combinations

import numpy as np
import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from app.document.palette import PATTERNS, Label
from app.ui.canvas.hatches import PERIOD_VIEW, ink_on
from app.ui.theme import DARK, LIGHT, contrast
from app.ui.widgets.label_swatch import SwatchButton, draw_swatch, label_words

GREY = (128, 128, 128)


def drawn(label: Label, *, patterns: bool = True, side: int = 40, ratio: int = 1) -> np.ndarray:
    """The inside of a swatch, H x W x 3."""
    device = side * ratio
    image = QImage(device, device, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor("magenta"))
    painter = QPainter(image)
    draw_swatch(painter, QRect(0, 0, side, side), label, DARK, patterns=patterns)
    painter.end()
    bgr = np.frombuffer(image.constBits(), np.uint8).reshape(device, device, 4)[..., 2::-1]
    edge = 4 * ratio
    return bgr[edge:-edge, edge:-edge].astype(int)


def test_without_patterns_it_is_the_colour_alone(qapp):
    for rgb in ((0, 0, 0), (255, 255, 255), (12, 200, 77)):
        inside = drawn(Label(1, "a", rgb, pattern="cross"), patterns=False)
        assert (inside == rgb).all()


def test_each_pattern_can_be_told_from_each_other(qapp):
    pictures = {name: drawn(Label(1, "a", GREY, pattern=name)) for name in PATTERNS}
    assert (pictures[""] == GREY).all()
    for one, other in combinations(PATTERNS, 2):
        apart = np.abs(pictures[one] - pictures[other]).max(axis=2) > 40
        assert apart.mean() > 0.08, (one, other)


@pytest.mark.parametrize("name", PATTERNS[1:])
def test_the_colour_rules_a_pattern(qapp, name: str):
    inside = drawn(Label(1, "a", (40, 90, 220), pattern=name))
    plain = (inside == (40, 90, 220)).all(axis=2).mean()
    assert 0.2 < plain < 0.95


def test_a_swatch_has_the_pattern_of_the_layout(qapp):
    """The lines are eight pixels apart in both, and as strong."""
    inside = drawn(Label(1, "a", (40, 90, 220), pattern="lines"))
    rows = np.flatnonzero((inside[:, 16] != (40, 90, 220)).any(axis=1))
    assert (np.diff(rows) == PERIOD_VIEW // 2).all()
    assert len(rows) == 4
    ink = ink_on((40, 90, 220))
    alpha, white = ink >> 24, ink & 255
    wanted = np.array((40, 90, 220)) * (255 - alpha) / 255 + white
    assert np.abs(inside[rows[0], 16] - wanted).max() <= 1


@pytest.mark.parametrize("name", PATTERNS[1:])
@pytest.mark.parametrize("side", [16, 22, 28])
def test_small_swatches_show_each_pattern(qapp, name: str, side: int):
    inside = drawn(Label(1, "a", GREY, pattern=name), side=side)
    assert (inside != GREY).any(axis=2).mean() > 0.05


def test_on_screens_with_small_pixels_patterns_are_as_wide(qapp):
    inside = drawn(Label(1, "a", GREY, pattern="columns"), ratio=2)
    columns = np.flatnonzero((inside[32] != GREY).any(axis=1))
    assert np.diff(columns).tolist() == [1, 15] * 3 + [1]


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_a_colour_like_the_ground_still_has_an_edge(qapp, theme):
    ground = theme.base
    image = QImage(24, 24, QImage.Format.Format_RGB32)
    image.fill(ground)
    painter = QPainter(image)
    rgb = (ground.red(), ground.green(), ground.blue())
    draw_swatch(painter, QRect(2, 2, 20, 20), Label(1, "a", rgb), theme, patterns=False)
    painter.end()
    assert contrast(image.pixelColor(2, 12), ground) > 3


def test_all_that_is_known_of_a_label_is_told():
    label = Label(9, "water", GREY, hotkey="5", aliases=("sea", "lake"))
    assert label_words(label) == "water. also sea, lake. key 5. Id 9"
    assert label_words(Label(3, "plant", GREY)) == "plant. Id 3"


def test_a_swatch_is_pressed_with_mouse_and_keyboard_and_says_its_label(qtbot):
    button = SwatchButton("Label in hand")
    qtbot.addWidget(button)
    pressed = []
    button.clicked.connect(lambda: pressed.append(button.label))
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert pressed == []
    assert button.accessibleName() == "Label in hand: none"
    water = Label(9, "water", (0, 0, 200))
    button.set_label(water, patterns=False)
    assert button.accessibleName() == "Label in hand: water"
    assert "Id 9" in button.toolTip()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.keyClick(button, Qt.Key.Key_Return)
    assert pressed == [water, water]
    middle = button.grab().toImage().pixelColor(button.width() // 2, button.height() // 2)
    assert (middle.red(), middle.green(), middle.blue()) == water.rgb
