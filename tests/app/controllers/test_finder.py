from pathlib import Path

import numpy as np
import pytest

from app.controllers import finder as module
from app.controllers.finder import Finder, read_thumbnail
from app.document.io.images import write_image


@pytest.fixture
def finder(queue) -> Finder:
    return Finder(queue)


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "pictures"
    (folder / "deeper").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    for name in ("b.png", "a.JPG", "deeper/c.tif", ".hidden/d.png", ".e.png"):
        path = folder / name
        write_image(path, np.full((40, 60, 3), 200, np.uint8))
    (folder / "notes.txt").write_text("no picture")
    return folder


def names(paths):
    return [path.name for path in paths]


def test_a_folder_lists_its_pictures_by_name(finder, folder, queue, heard, qtbot):
    found = heard(finder.found)
    finder.list_folder(folder, recursive=True)
    qtbot.waitUntil(lambda: queue.idle)
    paths, more = found.last
    assert (names(paths), more) == (["a.JPG", "b.png", "c.tif"], False)
    finder.list_folder(folder, recursive=False)
    qtbot.waitUntil(lambda: queue.idle)
    assert names(found.last[0]) == ["a.JPG", "b.png"]


def test_an_enormous_folder_is_cut(finder, folder, queue, heard, qtbot, monkeypatch):
    monkeypatch.setattr(module, "MOST_FILES", 1)
    found = heard(finder.found)
    finder.list_folder(folder, recursive=True)
    qtbot.waitUntil(lambda: queue.idle)
    assert (names(found.last[0]), found.last[1]) == (["a.JPG"], True)


def test_thumbnails_come_for_what_is_looked_at(finder, folder, queue, heard, qtbot):
    seen = heard(finder.thumbnail)
    finder.want([folder / "a.JPG", folder / "notes.txt"])
    finder.want([folder / "notes.txt", folder / "b.png"])
    qtbot.waitUntil(lambda: queue.idle)
    thumbs = dict(seen.values)
    assert thumbs[folder / "notes.txt"] is None
    assert thumbs[folder / "b.png"].shape == (40, 60, 3)


def test_a_folder_that_is_gone_is_empty(finder, tmp_path, queue, heard, qtbot):
    found = heard(finder.found)
    finder.list_folder(tmp_path / "none", recursive=True)
    qtbot.waitUntil(lambda: queue.idle)
    assert found.last == ([], False)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_thumbnails_are_upright_rgb_of_8_bits(tmp_path, dtype):
    path = tmp_path / "x.png"
    write_image(path, np.full((400, 900, 3), np.iinfo(dtype).max // 2, dtype))
    thumb = read_thumbnail(path, 160)
    assert thumb.shape == (71, 160, 3)
    assert abs(int(thumb[5, 5, 0]) - 127) <= 1
