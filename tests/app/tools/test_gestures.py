import numpy as np
import pytest

from app.document.tiles import TiledArray
from app.tools import shapes
from app.tools.fill import fill
from app.tools.gestures import Dragged, Filled, Lasso
from app.tools.stroke import StrokeSample

EMPTY = TiledArray.filled(20, 30, 0)


def at(x_px, y_px) -> StrokeSample:
    return StrokeSample(x_px, y_px)


def painted(ids: TiledArray) -> int:
    return int((ids.to_array() == 1).sum())


def test_a_shape_spans_from_the_press_to_the_newest_place():
    gesture = Dragged(EMPTY, lambda a, b: shapes.rectangle(EMPTY, a, b, 1), shapes.squared)
    gesture.add(at(2, 2))
    gesture.add(at(25, 15))
    assert painted(gesture.add(at(8, 5))) == 6 * 3
    gesture.constrained = True
    assert painted(gesture.add(at(8, 5))) == 6 * 6
    assert painted(gesture.finish()) == 36


def test_a_shape_that_was_never_pressed_changes_nothing():
    gesture = Dragged(EMPTY, lambda a, b: shapes.rectangle(EMPTY, a, b, 1), shapes.squared)
    assert gesture.finish() is EMPTY


def test_filling_happens_once_where_the_press_was():
    calls = []

    def draw(x_px, y_px):
        calls.append((x_px, y_px))
        return fill(EMPTY, x_px, y_px, 1)

    gesture = Filled(draw)
    first = gesture.add(at(3, 3))
    assert gesture.add(at(9, 9)) is first
    assert gesture.finish() is first
    assert calls == [(3, 3)]
    assert painted(first) == 600


def test_a_fill_without_a_press_is_a_defect():
    with pytest.raises(AssertionError):
        Filled(lambda x_px, y_px: EMPTY).finish()


def test_a_lasso_goes_around_all_its_places():
    gesture = Lasso(EMPTY, lambda points: shapes.polygon(EMPTY, points, 1))
    for place in ((2, 2), (12, 2), (12, 12)):
        gesture.add(at(*place))
    assert np.array_equal(gesture.add(at(2, 12)).to_array(), gesture.finish().to_array())
    assert painted(gesture.finish()) == 100
