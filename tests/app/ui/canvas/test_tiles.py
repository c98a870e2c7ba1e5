"""The grid of tiles and the store."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from app.ui.canvas.tiles import Store, cell_box, cells
from app.ui.canvas.transform import Box

SIDES = st.integers(1, 1500)
STARTS = st.integers(-2000, 2000)


@dataclass
class Weight:
    nbytes: int


@given(STARTS, STARTS, SIDES, SIDES, STARTS, STARTS, SIDES, SIDES)
def test_tiles_cover_a_part_once(x, y, width, height, part_x, part_y, part_width, part_height):
    picture = Box(x, y, x + width, y + height)
    part = Box(part_x, part_y, part_x + part_width, part_y + part_height)
    boxes = [cell_box(picture, cell) for cell in cells(picture, part)]
    wanted = part.within(picture)
    area = 0 if wanted.is_empty else wanted.width * wanted.height
    pieces = [box.within(wanted) for box in boxes]
    assert not any(piece.is_empty for piece in pieces)
    assert sum(piece.width * piece.height for piece in pieces) == area
    assert len(set(boxes)) == len(boxes)


def test_panning_keeps_the_grid():
    one = list(cells(Box(0, 0, 1000, 1000), Box(300, 300, 600, 600)))
    other = list(cells(Box(-40, 7, 960, 1007), Box(260, 307, 560, 607)))
    assert one == other == [(1, 1), (2, 1), (1, 2), (2, 2)]


def test_the_store_forgets_the_oldest():
    store = Store[str, Weight](100)
    for name in "abc":
        store.put(name, Weight(30))
    assert store.get("a") is not None
    store.put("d", Weight(30))
    assert [name in store for name in "abcd"] == [True, False, True, True]
    assert store.nbytes == 90
    assert store.get("b") is None


def test_the_store_keeps_the_newest_whatever_its_size():
    store = Store[str, Weight](100)
    store.put("a", Weight(30))
    store.put("b", Weight(300))
    assert "b" in store
    assert len(store) == 1


def test_the_store_replaces_and_drops():
    store = Store[str, Weight](100)
    store.put("a", Weight(30))
    store.put("a", Weight(50))
    store.put("b", Weight(10))
    assert store.nbytes == 60
    store.drop(lambda key: key == "a")
    assert store.nbytes == 10
    assert len(store) == 1
