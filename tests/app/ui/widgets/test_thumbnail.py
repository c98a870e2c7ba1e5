"""Arrays on the screen, and lists of small pictures."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from app.ui.widgets.thumbnail import (
    PixmapCache,
    ThumbnailItem,
    ThumbnailList,
    to_image,
    to_pixmap,
)

MIME = "application/x-test"


def picture(value: int = 100) -> np.ndarray:
    return np.full((30, 40, 3), value, np.uint8)


def items(count: int, *, pictures: bool = False) -> list[ThumbnailItem]:
    return [
        ThumbnailItem(f"{i}", f"Name {i}", picture(i) if pictures else None) for i in range(count)
    ]


@pytest.fixture
def grid(qtbot) -> ThumbnailList:
    made = ThumbnailList(64, mime=MIME)
    qtbot.addWidget(made)
    made.resize(300, 200)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_pixels_arrive_and_are_a_copy(qapp):
    rgb_hwc = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    image = to_image(rgb_hwc)
    rgb_hwc[:] = 0
    assert (image.width(), image.height()) == (3, 2)
    assert image.pixelColor(2, 1) == QColor(15, 16, 17)
    flipped = to_image(np.arange(18, dtype=np.uint8).reshape(2, 3, 3)[:, ::-1])
    assert flipped.pixelColor(0, 1) == QColor(15, 16, 17)
    assert to_pixmap(picture(), 2.0).deviceIndependentSize().width() == 20


def test_pixmaps_are_made_once_for_an_array(qapp):
    cache = PixmapCache(2)
    one, other = picture(), picture()
    assert cache.of(one).cacheKey() == cache.of(one).cacheKey()
    assert cache.of(one).cacheKey() != cache.of(other).cacheKey()


def test_only_missing_pictures_in_view_are_wanted_and_once(grid: ThumbnailList, qtbot):
    asked: list[str] = []
    grid.wanted.connect(asked.extend)
    grid.set_items([*items(500), ThumbnailItem("x", "Failed", failed=True)])
    qtbot.waitUntil(lambda: bool(asked))
    assert asked[0] == "0"
    assert 4 <= len(asked) < 40
    seen = len(asked)
    grid.verticalScrollBar().setValue(grid.verticalScrollBar().maximum())
    qtbot.waitUntil(lambda: len(asked) > seen)
    assert "499" in asked
    assert "x" not in asked
    assert len(asked) == len(set(asked))


def test_pictures_arrive_or_fail(grid: ThumbnailList):
    grid.set_items(items(3))
    before = grid.grab().toImage()
    grid.replace_item(ThumbnailItem("0", "Name 0", picture()))
    grid.replace_item(ThumbnailItem("1", "Name 1", failed=True))
    grid.replace_item(ThumbnailItem("gone", "Gone", picture()))
    shown = grid.items.items
    assert shown[0].picture is not None
    assert shown[1].failed
    assert not shown[2].failed
    assert grid.grab().toImage() != before


def test_click_enter_and_delete(grid: ThumbnailList):
    chosen: list[str] = []
    removed: list[str] = []
    moved: list[str] = []
    grid.chosen.connect(chosen.append)
    grid.removal_asked.connect(removed.append)
    grid.current_changed.connect(moved.append)
    grid.set_items(items(3, pictures=True))
    where = grid.visualRect(grid.items.index(1)).center()
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=where)
    QTest.keyClick(grid, Qt.Key.Key_Right)
    QTest.keyClick(grid, Qt.Key.Key_Return)
    QTest.keyClick(grid, Qt.Key.Key_Delete)
    assert chosen == ["1", "2"]
    assert removed == ["2"]
    assert moved == ["1", "2"]


def test_where_two_clicks_choose_one_only_marks(qtbot):
    grid = ThumbnailList(64, twice=True)
    qtbot.addWidget(grid)
    grid.resize(300, 200)
    grid.show()
    grid.set_items(items(2))
    chosen: list[str] = []
    grid.chosen.connect(chosen.append)
    where = grid.visualRect(grid.items.index(1)).center()
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert chosen == []
    assert grid.current_key == "1"
    QTest.mouseDClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert chosen == ["1"]


def test_a_new_list_keeps_the_place(grid: ThumbnailList):
    grid.set_items(items(4))
    grid.select("2")
    grid.set_items(items(6)[1:])
    assert grid.current_key == "2"
    grid.set_items(list(reversed(items(6))))
    assert grid.current_key == "2"
    assert [item.key for item in grid.items.items] == ["5", "4", "3", "2", "1", "0"]
    grid.select("no such")
    assert grid.current_key == "2"


def test_the_active_one_is_ringed_and_marks_are_drawn(grid: ThumbnailList):
    grid.set_items([ThumbnailItem("a", "A", picture(), mark="check")])
    before = grid.grab().toImage()
    grid.set_active("a")
    assert grid.grab().toImage() != before


def test_what_is_dragged_is_the_key(grid: ThumbnailList):
    data = grid.mime_data(ThumbnailItem("sha", "A"))
    assert bytes(data.data(MIME).data()) == b"sha"
    assert grid.dragEnabled()
    assert not ThumbnailList(32).dragEnabled()
