"""The slider for the width of a brush."""

from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSlider

from app.ui.widgets.number_field import NumberField
from app.ui.widgets.size_slider import UNITS, SizeScale, SizeSlider

SCALE = SizeScale()


@pytest.fixture
def slider(qtbot) -> Any:
    made: Any = SizeSlider("Size", SCALE)
    qtbot.addWidget(made)
    made.show()
    made.seen = []
    made.dragged.connect(made.seen.append)
    return made


def track(slider: SizeSlider) -> QSlider:
    found = slider.tab_stops[0]
    assert isinstance(found, QSlider)
    return found


def test_every_whole_size_has_a_place():
    for size in range(1, 1025):
        assert SCALE.to_value(SCALE.to_units(size)) == size


def test_sizes_beyond_the_ends_are_the_ends():
    assert SCALE.to_units(0) == 0
    assert SCALE.to_units(5000) == UNITS


def test_equal_ways_are_equal_factors():
    assert SCALE.to_value(UNITS // 2) == 32
    ways = [SCALE.to_units(2**k) for k in range(11)]
    steps = {b - a for a, b in pairwise(ways)}
    assert steps == {UNITS // 10}


def test_a_typed_size_is_kept_as_it_is(slider, qtbot):
    number = slider.findChild(NumberField)
    for size in ("1", "7", "333", "1000"):
        number.lineEdit().setText(f"{size} px")
        qtbot.keyClick(number, Qt.Key.Key_Return)
        assert slider.value == float(size)
        assert number.lineEdit().text() == f"{size} px"
    assert slider.seen == [1.0, 7.0, 333.0, 1000.0]


@pytest.mark.parametrize(("key", "end"), [(Qt.Key.Key_Right, 1024.0), (Qt.Key.Key_Left, 1.0)])
def test_arrow_keys_change_every_size_and_reach_the_ends(slider, qtbot, key, end):
    slider.set_value(32.0)
    for _ in range(80):
        before = slider.value
        qtbot.keyClick(track(slider), key)
        assert slider.value != before or before == end
    assert slider.value == end
    # A nudge is a tenth, or a pixel where that is more.
    for one, other in pairwise([32.0, *slider.seen]):
        assert abs(other - one) <= max(1, 0.13 * max(one, other))


def test_page_keys_double_and_halve(slider, qtbot):
    slider.set_value(20.0)
    qtbot.keyClick(track(slider), Qt.Key.Key_PageUp)
    assert slider.value == 40
    qtbot.keyClick(track(slider), Qt.Key.Key_PageDown)
    assert slider.value == 20


def test_a_size_from_outside_is_rounded_for_the_eye_and_says_nothing(slider):
    slider.set_value(33.6)
    assert slider.value == 34
    assert slider.seen == []
