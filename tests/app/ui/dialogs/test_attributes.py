"""The dialog for a slider from examples."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.ui.dialogs.attributes import AttributesDialog
from tests.app.ui.dialogs.look import check_controls, check_nothing_cut, control, named
from tests.app.ui.drags import drag_event

RED, BLUE, FOLDER = Path("/x/red.png"), Path("/x/blue.JPG"), Path("/x/winter")


@pytest.fixture
def dialog(shown):
    return shown(AttributesDialog(True))


@pytest.fixture
def made(dialog):
    log = []
    dialog.made.connect(lambda *values: log.append(values))
    return log


def drop(group, *paths):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    for kind in (QDragEnterEvent, QDropEvent):
        QApplication.sendEvent(group, drag_event(kind, QPoint(30, 60), mime))


def test_two_groups_and_a_name_make_a_slider(dialog, made):
    drop(dialog.having, RED, FOLDER, RED)
    drop(dialog.lacking, BLUE)
    control(dialog, "Name").setText("  Warm ")
    named(dialog, "Make the slider").click()
    assert made == [("Warm", [RED, FOLDER], [BLUE])]
    assert not dialog.isVisible()


def test_what_is_missing_is_said(dialog, made):
    make = named(dialog, "Make the slider")
    assert (make.isEnabled(), dialog.lacks) == (False, "Give it a name.")
    control(dialog, "Name").setText("Warm")
    assert (make.isEnabled(), dialog.lacks) == (False, "Add photos that have it.")
    dialog.having.add([RED])
    assert (make.isEnabled(), dialog.lacks) == (True, "")
    control(dialog, "Clear photos with it").click()
    assert not make.isEnabled()


def test_a_model_without_a_mean_needs_both_groups(shown):
    dialog = shown(AttributesDialog(False))
    control(dialog, "Name").setText("Warm")
    dialog.having.add([RED])
    assert "no mean" in dialog.lacks
    dialog.lacking.add([BLUE])
    assert dialog.lacks == ""


def test_photos_can_be_taken_out_with_the_keyboard(dialog):
    dialog.having.add([RED, BLUE])
    pictures = control(dialog, "Photos with it")
    pictures.select(str(RED))
    QTest.keyClick(pictures, Qt.Key.Key_Delete)
    assert dialog.having.paths == [BLUE]


def test_thumbnails_are_asked_for_photos_and_shown(dialog, qtbot):
    wanted = []
    dialog.thumbnails_wanted.connect(wanted.extend)
    dialog.having.add([RED, FOLDER])
    qtbot.waitUntil(lambda: bool(wanted))
    assert wanted == [RED]
    thumb = np.full((60, 90, 3), 100, np.uint8)
    dialog.set_thumbnail(RED, thumb)
    dialog.set_thumbnail(Path("/x/gone.png"), thumb)
    pictures = control(dialog, "Photos with it")
    assert [item.picture is thumb for item in pictures.items.items] == [True, False]
    dialog.set_thumbnail(RED, None)
    assert pictures.items.items[0].failed


def test_browsing_names_the_group(dialog):
    browsed = []
    dialog.browsed.connect(browsed.append)
    control(dialog, "Browse for photos without it").click()
    assert browsed == [dialog.lacking]


def test_controls_can_be_reached_and_nothing_is_cut(dialog):
    dialog.having.add([RED])
    dialog.lacking.add([BLUE])
    QApplication.processEvents()
    check_controls(dialog)
    check_nothing_cut(dialog)
