"""A canvas with a document of 400 x 200 px: red before, blue after."""

import pytest

from app.ui.canvas.view import CanvasView
from tests.app.ui.canvas.pictures import plain

RED = (200, 0, 0)
BLUE = (0, 0, 200)


@pytest.fixture
def empty(qtbot):
    view = CanvasView()
    qtbot.addWidget(view)
    view.resize(800, 600)
    view.show()
    qtbot.waitExposed(view)
    return view


@pytest.fixture
def view(empty, qtbot):
    empty.set_document_size(400, 200)
    empty.set_before(plain(400, 200, RED))
    empty.set_after(plain(400, 200, BLUE))
    qtbot.waitUntil(lambda: empty.is_sharp)
    return empty
