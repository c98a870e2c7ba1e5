"""The thin line of progress."""

import pytest

from app.ui.theme import Theme
from app.ui.widgets.progress_line import BUSY_PARTS, HEIGHT, ProgressLine


@pytest.fixture
def line(qtbot) -> ProgressLine:
    made = ProgressLine()
    qtbot.addWidget(made)
    made.resize(80, HEIGHT)
    made.show()
    return made


def accent_columns(line: ProgressLine) -> int:
    accent = Theme.of(line.palette()).accent
    image = line.grab().toImage()
    return sum(image.pixelColor(x, 1) == accent for x in range(image.width()))


def test_it_shows_the_share(line: ProgressLine):
    assert line.height() == HEIGHT
    assert accent_columns(line) == 0
    line.set_share(0.25)
    assert accent_columns(line) == 20
    assert line.accessibleDescription() == "25%"
    line.set_share(7)
    assert accent_columns(line) == 80
    line.clear()
    assert accent_columns(line) == 0


def test_busy_moves_by_steps_only_while_it_is_seen(line: ProgressLine):
    line.set_busy()
    assert line.is_busy
    assert line._step.isActive()
    assert accent_columns(line) == 80 // BUSY_PARTS
    before = line.grab().toImage()
    line._advance()
    assert line.grab().toImage() != before
    line.hide()
    assert not line._step.isActive()
    line.show()
    assert line._step.isActive()
    line.set_share(0.5)
    assert not line._step.isActive()
    assert not line.is_busy


def test_nothing_moves_where_motion_is_not_wanted(line: ProgressLine):
    line.set_still(True)
    line.set_busy()
    assert not line._step.isActive()
    assert accent_columns(line) == 0
    line.set_still(False)
    assert line._step.isActive()
