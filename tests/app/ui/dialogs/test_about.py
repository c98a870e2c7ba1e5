"""About: versions and licences."""

import importlib.metadata
from email.message import Message
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel, QTextBrowser, QTreeWidget

import app
from app.ui.dialogs import about
from app.ui.dialogs.about import AboutDialog, libraries, library_licence, licence_text
from tests.app.ui.dialogs.look import check_controls, check_nothing_cut

MODELS = [("Landscapes", "CC BY-NC 4.0", "Scumble")]


@pytest.fixture
def dialog(shown):
    return shown(AboutDialog(MODELS))


def page(dialog, title):
    tabs = dialog._tabs
    (place,) = [n for n in range(tabs.count()) if tabs.tabText(n) == title]
    tabs.setCurrentIndex(place)
    return tabs.widget(place)


def test_controls_have_names_and_room(dialog):
    for place in range(dialog._tabs.count()):
        dialog._tabs.setCurrentIndex(place)
        check_controls(dialog)
        check_nothing_cut(dialog)


def test_the_first_page_names_the_version(dialog):
    words = "\n".join(label.text() for label in page(dialog, "About").findChildren(QLabel))
    assert app.__version__ in words
    assert "Python 3." in words


def test_the_licence_of_the_code_is_there_whole(dialog):
    (browser,) = page(dialog, "Licence").findChildren(QTextBrowser)
    assert "END OF TERMS AND CONDITIONS" in browser.toPlainText()


def test_the_models_are_listed(dialog):
    (table,) = page(dialog, "Models").findChildren(QTreeWidget)
    item = table.topLevelItem(0)
    assert tuple(item.text(place) for place in range(3)) == MODELS[0]


def test_the_declared_libraries_are_listed_with_version_and_licence():
    found = {name.lower(): (version, licence) for name, version, licence in libraries()}
    assert {"numpy", "torch", "pillow", "safetensors"} <= set(found)
    assert "pytest" not in found
    assert all(version and licence != "not stated" for version, licence in found.values())


def test_libraries_are_read_only_when_they_are_looked_at(shown, monkeypatch):
    read = []
    monkeypatch.setattr(about, "libraries", lambda: read.append(1) or [])
    dialog = shown(AboutDialog([]))
    assert read == []
    page(dialog, "Libraries")
    page(dialog, "About")
    page(dialog, "Libraries")
    assert read == [1]


def test_the_pictures_are_credited(dialog):
    (browser,) = page(dialog, "Pictures").findChildren(QTextBrowser)
    assert "Aitzol Berasategi" in browser.toPlainText()


def test_a_missing_list_of_pictures_is_said(dialog, monkeypatch, tmp_path):
    monkeypatch.setattr(about, "resource", lambda name: tmp_path / name)
    (browser,) = page(dialog, "Pictures").findChildren(QTextBrowser)
    assert "is missing" in browser.toPlainText()


def no_package(*_):
    raise importlib.metadata.PackageNotFoundError


def test_a_tree_that_is_not_installed_lists_no_libraries(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "requires", no_package)
    assert libraries() == []


def test_a_library_that_is_absent_is_left_out(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "requires", lambda _: ["no-such-library>=1", "numpy"])
    assert [name for name, _, _ in libraries()] == ["numpy"]


def test_the_licence_comes_from_the_installed_files_outside_a_tree(monkeypatch, tmp_path):
    monkeypatch.setattr(app, "__file__", str(tmp_path / "app" / "__init__.py"))
    assert "Apache" in licence_text()
    monkeypatch.setattr(importlib.metadata, "files", no_package)
    assert "apache.org" in licence_text()


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ([("License-Expression", "MIT"), ("License", "other")], "MIT"),
        ([("License", "BSD\nRedistribution and use ...")], "BSD"),
        (
            [("License", ""), ("Classifier", "License :: OSI Approved :: MIT License")],
            "MIT License",
        ),
        ([], "not stated"),
    ],
)
def test_a_library_s_licence_is_found_where_it_stands(fields, licence):
    metadata: Any = Message()
    for name, value in fields:
        metadata[name] = value
    assert library_licence(metadata) == licence
