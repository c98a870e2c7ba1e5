"""The line at the foot of the window."""

import pytest

from app.ui.status_bar import StatusBar


@pytest.fixture
def bar(qtbot):
    bar = StatusBar()
    qtbot.addWidget(bar)
    bar.show()
    return bar


def test_without_a_picture_there_is_no_zoom_and_no_size(bar):
    bar.set_zoom(42.0)
    assert not bar.zoom.isVisible()
    bar.set_picture_size(1536, 1024)
    assert (bar.zoom.text(), bar.picture_size.text()) == ("42 %", "1536 x 1024 px")
    assert bar.zoom.isVisible()
    assert bar.picture_size.isVisible()
    bar.set_picture_size(0, 0)
    assert not bar.zoom.isVisible()
    assert not bar.picture_size.isVisible()


@pytest.mark.parametrize(
    ("percent", "words"), [(100.0, "100 %"), (9.96, "10.0 %"), (3.14, "3.1 %")]
)
def test_small_zooms_have_a_decimal(bar, percent, words):
    bar.set_zoom(percent)
    assert bar.zoom.text() == words


def test_a_working_size_of_the_artist_s_own_is_listed(bar):
    bar.set_working_size(None, 384)
    assert bar.working_size.currentText() == "Working size: Auto (384)"
    bar.set_working_size(640, 384)
    assert bar.working_size.currentData() == 640


def test_work_is_told_after_a_moment_and_can_be_stopped(bar, qtbot):
    bar.set_work("decoding")
    assert not bar.stop.isVisible()
    qtbot.waitUntil(bar.stop.isVisible)
    assert bar.work.text() == "working: decoding"
    bar.set_work("")
    assert not bar.stop.isVisible()
    assert bar.work.text() == ""
