"""What is shown in which part of the view."""

import pytest

from app.ui.canvas.display import Arrangement, Display, Pane

PICTURE, LAYOUT, BESIDE, OVER = Display


@pytest.mark.parametrize("display", Display)
def test_without_a_layout_there_is_only_the_picture(display):
    for held in (False, True):
        arrangement = Arrangement(display, has_layout=False, other_held=held)
        assert arrangement.panes(100) == (Pane(PICTURE, 0, 100),)


@pytest.mark.parametrize(
    ("display", "held", "shown"),
    [
        (PICTURE, False, PICTURE),
        (PICTURE, True, LAYOUT),
        (LAYOUT, False, LAYOUT),
        (LAYOUT, True, PICTURE),
        (OVER, False, OVER),
        (OVER, True, PICTURE),
        (BESIDE, False, BESIDE),
        (BESIDE, True, BESIDE),
    ],
)
def test_a_held_key_shows_the_other(display, held, shown):
    assert Arrangement(display, has_layout=True, other_held=held).shown is shown


@pytest.mark.parametrize(("width", "pane", "right"), [(802, 400, 402), (801, 399, 402), (2, 1, 1)])
def test_halves_are_as_wide_as_each_other(width, pane, right):
    arrangement = Arrangement(BESIDE, has_layout=True)
    assert arrangement.panes(width) == (Pane(LAYOUT, 0, pane), Pane(PICTURE, right, pane))
