import threading
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QColor, QColorSpace, QImage

from app.controllers.pictures import Pictures, photo_of_image
from app.controllers.session import Session
from app.document.document import Document
from app.document.io.images import write_image
from app.errors import UserError
from app.jobs.slots import Slot


@pytest.fixture
def empty(qapp) -> Session:
    return Session()


@pytest.fixture
def pictures(queue, empty) -> Pictures:
    return Pictures(queue, empty)


@pytest.fixture
def file(tmp_path, photo):
    path = tmp_path / "meadow.png"
    write_image(path, photo.picture.rgb_hwc)
    return path


def test_a_file_is_shown_before_it_is_the_document(
    pictures, empty, queue, file, photo, heard, qtbot
):
    order = []
    pictures.opened.connect(lambda shown: order.append(("opened", empty.document)))
    empty.changed.connect(lambda document, why: order.append(("changed", document)))
    opened, reading = heard(pictures.opened), heard(pictures.reading)
    pictures.open_file(file)
    qtbot.waitUntil(lambda: queue.idle)
    assert [name for name, _ in order] == ["opened", "changed"]
    assert order[0][1] is None
    assert empty.document.base.picture == photo.picture
    assert empty.document.base.path == file
    assert opened.last.pyramid.width_px == 96
    assert reading.values == ["meadow.png", ""]
    assert not empty.unsaved


def test_a_bad_file_leaves_the_open_document(pictures, empty, queue, file, tmp_path, heard, qtbot):
    pictures.open_file(file)
    qtbot.waitUntil(lambda: queue.idle)
    before, failed = empty.document, heard(pictures.failed)
    (tmp_path / "cut.png").write_bytes(file.read_bytes()[:90])
    pictures.open_file(tmp_path / "cut.png")
    qtbot.waitUntil(lambda: bool(failed.values))
    assert isinstance(failed.last, UserError)
    assert empty.document is before


def test_of_two_files_in_a_row_the_newer_is_opened(pictures, empty, queue, file, tmp_path, qtbot):
    other = tmp_path / "other.png"
    write_image(other, np.zeros((5, 7, 3), np.uint8))
    pictures.open_file(file)
    pictures.open_file(other)
    qtbot.waitUntil(lambda: queue.idle)
    assert empty.document.width_px == 7


def test_a_new_picture(pictures, empty, queue, qtbot):
    pictures.new(30, 20, (9, 8, 7))
    qtbot.waitUntil(lambda: queue.idle)
    assert (empty.document.width_px, empty.document.height_px) == (30, 20)
    assert (empty.document.base.picture.rgb_hwc == (9, 8, 7)).all()
    assert empty.history.states[0].label == "New"


def test_pixels_of_a_clipboard(pictures, empty, queue, qtbot):
    image = QImage(6, 4, QImage.Format.Format_ARGB32)
    image.fill(QColor(10, 20, 30, 128))
    pictures.open_image(image)
    qtbot.waitUntil(lambda: queue.idle)
    assert empty.document.base.picture.rgb_hwc[0, 0].tolist() == [10, 20, 30]
    assert (empty.document.base.alpha_hw == 128).all()
    assert empty.document.base.path is None


@pytest.mark.parametrize("width_px", [1, 3, 5, 8])
def test_rows_of_any_width_keep_their_pixels(width_px):
    image = QImage(width_px, 2, QImage.Format.Format_RGB888)
    for x in range(width_px):
        image.setPixelColor(x, 0, QColor(x, 0, 0))
        image.setPixelColor(x, 1, QColor(0, x, 0))
    rgb_hwc = photo_of_image(image, "x").picture.rgb_hwc
    assert rgb_hwc[0, :, 0].tolist() == list(range(width_px))
    assert rgb_hwc[1, :, 1].tolist() == list(range(width_px))


def test_sixteen_bits_stay():
    image = QImage(2, 2, QImage.Format.Format_RGBX64)
    image.fill(QColor.fromRgba64(1000, 2000, 3000))
    photo = photo_of_image(image, "x")
    assert photo.bits == 16
    assert photo.picture.rgb_hwc[0, 0].tolist() == [1000, 2000, 3000]


@pytest.mark.parametrize("saved", [True, False])
def test_a_document_comes_with_its_history(pictures, empty, session, swapped, queue, qtbot, saved):
    steps = swapped.steps()
    called = []

    def before() -> None:
        called.append(empty.document)

    pictures.open_steps(
        "a", lambda progress: steps, before, lambda: called.append(empty.document), saved=saved
    )
    qtbot.waitUntil(lambda: queue.idle)
    assert [state.document for state in empty.history.states] == [
        state.document for state in steps.states
    ]
    assert called == [None, empty.document]
    assert empty.unsaved is not saved


def test_what_is_read_can_be_given_up(pictures, empty, queue, file, heard, qtbot):
    reading = heard(pictures.reading)
    hold = threading.Event()
    queue.submit(Slot.WRITE, lambda means: hold.wait(10))
    pictures.open_file(file)
    pictures.cancel()
    hold.set()
    qtbot.waitUntil(lambda: queue.idle)
    assert empty.document is None
    assert reading.values == ["meadow.png", ""]


@pytest.mark.parametrize("image", [QImage(), QImage(20000, 5001, QImage.Format.Format_Mono)])
def test_a_clipboard_without_pixels_or_with_too_many_is_told(pictures, image, heard, qtbot):
    failed = heard(pictures.failed)
    pictures.open_image(image)
    qtbot.waitUntil(lambda: bool(failed.values))
    assert isinstance(failed.last, UserError)


def test_pixels_of_another_colour_space_come_in_as_srgb():
    image = QImage(2, 2, QImage.Format.Format_RGB32)
    image.fill(QColor(200, 100, 50))
    image.setColorSpace(QColorSpace(QColorSpace.NamedColorSpace.DisplayP3))
    expected = image.convertedToColorSpace(QColorSpace(QColorSpace.NamedColorSpace.SRgb))
    colour = expected.pixelColor(0, 0)
    rgb = photo_of_image(image, "x").picture.rgb_hwc[0, 0].tolist()
    assert rgb == [colour.red(), colour.green(), colour.blue()]
    assert rgb != [200, 100, 50]


def test_work_done_while_a_picture_is_read_is_asked_about(
    pictures, empty, queue, file, photo, qtbot, monkeypatch
):
    asked: list = []
    pictures.set_guard(lambda act, _name: asked.append(act))
    pictures.open_file(file)
    qtbot.waitUntil(lambda: queue.idle)
    first = empty.document
    may_go_on = threading.Event()
    monkeypatch.setattr(
        "app.controllers.pictures.read_photo", lambda _: may_go_on.wait(5) and photo
    )
    pictures.open_file(file)
    empty.push("Work", replace(first, references=(photo,)))
    may_go_on.set()
    qtbot.waitUntil(lambda: queue.idle)
    assert len(asked) == 1
    assert empty.document.references == (photo,)
    asked[0]()
    assert empty.document == Document(base=photo)
    pictures.open_file(file)
    qtbot.waitUntil(lambda: queue.idle)
    assert len(asked) == 1, "nothing was done meanwhile"
