"""The finder: pictures of a folder, listed and read by others."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QFileDialog, QLineEdit, QPushButton

from app.ui.panels.finder import FinderPanel

FOLDER = Path("/pictures")
FILES = [FOLDER / name for name in ("rock one.jpg", "rock two.png", "inside/sea.jpg")]
THUMB = np.zeros((64, 96, 3), np.uint8)


@pytest.fixture
def finder(qtbot) -> FinderPanel:
    made = FinderPanel()
    qtbot.addWidget(made)
    made.resize(560, 400)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def filled(finder: FinderPanel) -> FinderPanel:
    finder.set_folder(FOLDER)
    finder.set_files(FILES)
    return finder


def field(finder: FinderPanel) -> QLineEdit:
    found = finder.findChild(QLineEdit)
    assert isinstance(found, QLineEdit)
    return found


def button(finder: FinderPanel, words: str) -> QPushButton:
    return next(b for b in finder.findChildren(QPushButton) if b.text().startswith(words))


def shown(finder: FinderPanel) -> list[str]:
    return [item.title for item in finder._grid.items.items]


def test_it_says_where_to_begin(finder: FinderPanel):
    assert finder._words.text() == "Choose a folder to see its pictures"
    assert finder.folder is None
    assert not button(finder, "Use").isEnabled()


def test_a_folder_is_asked_for_and_listed(finder: FinderPanel, qtbot):
    with qtbot.waitSignal(finder.folder_changed) as told:
        finder.set_folder(FOLDER)
    assert told.args == [FOLDER]
    assert finder._words.text() == "No pictures in this folder"
    finder.set_files(FILES)
    assert finder._words.text() == "3 pictures"
    finder.set_files(FILES[:1])
    assert finder._words.text() == "1 picture"
    finder.set_busy("Listing the folder")
    assert finder._words.text() == "Listing the folder"
    finder.set_busy("")
    assert finder._words.text() == "1 picture"


def test_the_filter_takes_all_words(filled: FinderPanel):
    QTest.keyClicks(field(filled), "ROCK tw")
    assert shown(filled) == ["rock two.png"]
    assert filled._words.text() == "1 of 3 pictures"
    field(filled).clear()
    assert len(shown(filled)) == 3


def test_thumbnails_are_asked_for_and_survive_the_filter(filled: FinderPanel, qtbot):
    wanted: list[Path] = []
    filled.thumbnails_wanted.connect(wanted.extend)
    qtbot.waitUntil(lambda: bool(wanted))
    assert wanted == FILES
    filled.set_thumbnail(FILES[0], THUMB)
    filled.set_thumbnail(FILES[1], None)
    filled.set_thumbnail(FOLDER / "gone.jpg", THUMB)
    field(filled).setText("two")
    field(filled).setText("")
    items = filled._grid.items.items
    assert items[0].picture is THUMB
    assert items[1].failed
    assert items[2].tip == str(Path("inside") / "sea.jpg")


def test_choosing_by_button_keyboard_and_double_click(filled: FinderPanel, qtbot):
    grid = filled._grid
    where = grid.visualRect(grid.items.index(1)).center()
    with qtbot.assertNotEmitted(filled.chosen):
        QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=where)
    with qtbot.waitSignal(filled.chosen) as told:
        button(filled, "Use").click()
    assert told.args == [FILES[1]]
    with qtbot.waitSignal(filled.chosen):
        QTest.keyClick(grid, Qt.Key.Key_Return)
    with qtbot.waitSignal(filled.chosen):
        QTest.mouseDClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=where)


def test_subfolders_list_the_folder_again(filled: FinderPanel, qtbot):
    box = filled.findChild(QCheckBox)
    assert isinstance(box, QCheckBox)
    with qtbot.waitSignal(filled.folder_changed) as told:
        box.click()
    assert told.args == [FOLDER]
    assert filled.recursive


def test_subfolders_without_a_folder_list_nothing(finder: FinderPanel, qtbot):
    box = finder.findChild(QCheckBox)
    assert isinstance(box, QCheckBox)
    with qtbot.assertNotEmitted(finder.folder_changed):
        box.click()


def test_the_folder_dialog_does_not_block(finder: FinderPanel, qtbot, monkeypatch, tmp_path):
    opened: list[QFileDialog] = []
    monkeypatch.setattr(QFileDialog, "open", lambda self, *_: opened.append(self))
    button(finder, "Choose").click()
    with qtbot.waitSignal(finder.folder_changed) as told:
        opened[0].fileSelected.emit(str(tmp_path))
    assert told.args == [tmp_path]
    opened[0].close()
