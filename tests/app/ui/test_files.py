"""The system's dialogs for files and folders, and its file manager."""

from pathlib import Path

import pytest
from PySide6.QtCore import QStandardPaths
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from app.controllers.preferences import Preferences
from app.settings import Settings
from app.ui import files


@pytest.fixture
def parent(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    return parent


def test_both_cases_of_a_suffix_are_shown():
    assert files.filter_words("Pictures", (".jpg",)) == "Pictures (*.jpg *.JPG)"


def test_without_a_folder_of_pictures_it_is_the_home_folder(monkeypatch, tmp_path):
    place = tmp_path / "Pictures"
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda _place: str(place))
    assert files.pictures_folder() == str(Path.home())
    place.mkdir()
    assert files.pictures_folder() == str(place)


def test_a_folder_that_is_gone_is_not_taken_for_a_file(parent, tmp_path):
    dialog = files.ask_files(
        parent, "Open", str(tmp_path / "gone"), ("Pictures", (".png",)), lambda _paths: None
    )
    assert dialog.selectedFiles() == []
    assert Path(dialog.directory().path()) == Path(files.pictures_folder())
    dialog.close()


def test_a_folder_is_asked_for_where_the_last_one_was(parent, tmp_path):
    dialog = files.ask_folder(parent, "Export into", str(tmp_path), lambda _paths: None)
    assert Path(dialog.directory().path()) == tmp_path
    dialog.close()


def test_what_was_chosen_is_handed_over(parent, tmp_path):
    got = []
    dialog = files.ask_files(parent, "Open", str(tmp_path), ("Pictures", (".png",)), got.extend)
    dialog.filesSelected.emit([str(tmp_path / "a.png")])
    dialog.close()
    assert got == [tmp_path / "a.png"]


def test_a_name_alone_is_not_saved_beside_the_program(parent):
    dialog = files.ask_save(parent, "Save", Path("a.slider"), ("Sliders", (".slider",)), print)
    assert Path(dialog.directory().path()) == Path(files.pictures_folder())
    dialog.close()


def test_a_reference_is_asked_for_where_the_last_one_was(parent, queue, tmp_path):
    preferences, got = Preferences(Settings(), queue), []
    dialog = files.ask_reference(parent, preferences, got.append)
    dialog.filesSelected.emit([str(tmp_path / "a.png")])
    dialog.close()
    assert got == [tmp_path / "a.png"]
    dialog = files.ask_reference(parent, preferences, got.append)
    assert Path(dialog.directory().path()) == tmp_path
    dialog.close()


@pytest.mark.parametrize("there", [True, False])
def test_a_missing_file_manager_is_told(monkeypatch, tmp_path, there):
    opened = []

    def open_url(url):
        opened.append(Path(url.toLocalFile()))
        return there

    monkeypatch.setattr(files.sys, "platform", "linux")
    monkeypatch.setattr(files, "_reveal_by_dbus", lambda _path: False)
    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    assert files.reveal(tmp_path / "a.png") is there
    assert opened == [tmp_path]
