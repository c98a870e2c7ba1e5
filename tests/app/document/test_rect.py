import pytest

from app.document.rect import Rect

NOTHING = Rect(7, 8, 0, 3)


def test_edges():
    rect = Rect(2, 3, 10, 20)
    assert (rect.right_px, rect.bottom_px) == (12, 23)
    assert Rect.spanning(2, 3, 12, 23) == rect
    assert rect.moved(-2, 4) == Rect(0, 7, 10, 20)


@pytest.mark.parametrize(
    ("rect", "empty"), [(Rect(0, 0, 1, 1), False), (NOTHING, True), (Rect(0, 0, 3, -1), True)]
)
def test_emptiness(rect, empty):
    assert rect.is_empty is empty


def test_a_rectangle_holds_its_first_pixel_and_not_the_one_behind_its_last():
    rect = Rect(2, 3, 10, 20)
    assert rect.contains(2, 3)
    assert rect.contains(11, 22)
    assert not rect.contains(12, 22)
    assert not rect.contains(11, 23)
    assert not rect.contains(1, 3)


def test_covering():
    rect = Rect(2, 3, 10, 20)
    assert rect.covers(rect)
    assert rect.covers(Rect(3, 4, 5, 5))
    assert rect.covers(Rect(90, 90, 0, 0))
    assert not rect.covers(Rect(3, 4, 10, 5))


def test_intersection():
    assert Rect(0, 0, 4, 4).intersection(Rect(2, 1, 4, 2)) == Rect(2, 1, 2, 2)
    assert Rect(0, 0, 4, 4).intersection(Rect(9, 9, 4, 4)).is_empty


def test_a_union_leaves_empty_ones_out():
    rect = Rect(0, 0, 4, 4)
    assert rect.union(Rect(6, 1, 1, 9)) == Rect(0, 0, 7, 10)
    assert rect.union(NOTHING) == rect
    assert NOTHING.union(rect) == rect


def test_growing():
    assert Rect(2, 3, 10, 20).grown(3) == Rect(-1, 0, 16, 26)
    assert Rect(2, 3, 10, 20).grown(-2) == Rect(4, 5, 6, 16)
    assert Rect(2, 3, 10, 20).grown(-6).is_empty
