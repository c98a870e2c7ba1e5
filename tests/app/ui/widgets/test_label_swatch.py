"""The colour and the pattern of a label."""

from itertools import combinations

import numpy as np
import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from app.document.palette import PATTERNS, Label
from app.ui.theme import DARK, LIGHT, contrast
from app.ui.widgets.label_swatch import SwatchButton, draw_swatch, ink_on, label_words

GREY = (128, 128, 128)


def drawn(label: Label, theme=DARK, *, patterns: bool = True) -> np.ndarray:
    """The inside of a swatch, H x W x 3."""
    image = QImage(40, 40, QImage.Format.Format_RGB888)
    image.fill(QColor("magenta"))
    painter = QPainter(image)
    draw_swatch(painter, QRect(0, 0, 40, 40), label, theme, patterns=patterns)
    painter.end()
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(40, -1)[:, :120]
    return pixels.reshape(40, 40, 3)[4:-4, 4:-4].astype(int)


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


@pytest.mark.parametrize("value", range(0, 256, 15))
def test_the_ink_shows_on_every_grey(value: int):
    ground = QColor(value, value, value)
    ink = ink_on(ground)
    assert contrast(QColor(ink.red(), ink.green(), ink.blue()), ground) > 4.5


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
