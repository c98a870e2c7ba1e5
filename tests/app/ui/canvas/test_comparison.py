"""Before and after, and who waits."""

import pytest

from app.ui.canvas.comparison import Comparison
from app.ui.canvas.transform import Box
from tests.app.ui.canvas.pictures import plain

VIEW = Box(100, 0, 300, 100)


@pytest.fixture
def comparison():
    comparison = Comparison()
    comparison.set_before(plain(4, 4, (0, 0, 0)))
    comparison.set_after(plain(4, 4, (255, 255, 255)))
    comparison.adopt()
    return comparison


def shown(comparison):
    return list(comparison.parts(VIEW))


def test_nothing_is_shown_at_first():
    assert shown(Comparison()) == []
    assert Comparison().layers == ()


def test_without_a_result_the_original_is_shown(comparison):
    comparison.set_after(None)
    for mode in ("after", "before", "split"):
        comparison.mode = mode
        assert shown(comparison) == [(comparison.before, VIEW)]
        assert comparison.divider(VIEW) is None


def test_modes(comparison):
    assert shown(comparison) == [(comparison.after, VIEW)]
    comparison.mode = "before"
    assert shown(comparison) == [(comparison.before, VIEW)]
    comparison.mode = "split"
    comparison.share = 0.25
    assert comparison.divider(VIEW) == 150
    assert shown(comparison) == [
        (comparison.before, Box(100, 0, 150, 100)),
        (comparison.after, Box(150, 0, 300, 100)),
    ]


def test_a_held_key_shows_the_original(comparison):
    for mode in ("after", "before", "split"):
        comparison.mode, comparison.held = mode, True
        assert shown(comparison) == [(comparison.before, VIEW)]


def test_a_result_without_an_original_is_shown(comparison):
    comparison.set_before(None)
    comparison.mode = "split"
    assert shown(comparison) == [(comparison.after, VIEW)]


def test_a_new_result_waits_and_the_newest_waits_behind_it(comparison):
    old = comparison.after
    one, two, three = (plain(4, 4, (value, 0, 0)) for value in (1, 2, 3))
    for pyramid in (one, two, three):
        comparison.set_after(pyramid)
    assert comparison.after is old
    comparison.adopt()
    assert comparison.after.pyramid is one
    comparison.adopt()
    assert comparison.after.pyramid is three
    assert comparison.incoming is None


def test_the_newest_can_be_shown_at_once(comparison):
    one, two = (plain(4, 4, (value, 0, 0)) for value in (1, 2))
    comparison.set_after(one)
    comparison.set_after(two)
    comparison.adopt_newest()
    assert comparison.after.pyramid is two
    comparison.adopt_newest()
    assert comparison.after.pyramid is two


def test_taking_the_result_away_takes_those_that_wait(comparison):
    comparison.set_after(plain(4, 4, (1, 0, 0)))
    comparison.set_after(plain(4, 4, (2, 0, 0)))
    comparison.set_after(None)
    comparison.adopt_newest()
    assert comparison.after is None


def test_waiting_has_an_end(comparison, monkeypatch):
    now = [10.0]
    monkeypatch.setattr("app.ui.canvas.comparison.time.perf_counter", lambda: now[0])
    comparison.set_after(plain(4, 4, (1, 0, 0)))
    assert not comparison.is_overdue
    now[0] += 0.3
    assert comparison.is_overdue
