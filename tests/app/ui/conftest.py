"""The whole program in a window of its own, with a scripted engine and folders of its own."""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QObject, QPoint, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from app.document.io.images import write_image
from app.settings import FOLDER_VARIABLE, Settings
from models.catalog import USER_FOLDER_VARIABLE
from tests.app.fakes import MakeFakes
from tests.app.ui.drags import drag_event
from tests.app.ui.dress import undress


@pytest.fixture(autouse=True)
def undressed(qapp):
    """Every test begins in Qt's own dress, whatever wore the program's before."""
    undress(qapp)
    yield
    undress(qapp)


@pytest.fixture(autouse=True)
def own_folders(monkeypatch, tmp_path):
    """Nothing of the person who runs the tests is read or written."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "config"))
    monkeypatch.setenv("SCUMBLE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv(USER_FOLDER_VARIABLE, str(tmp_path / "models"))


@pytest.fixture(autouse=True)
def waits_for_nothing(monkeypatch):
    """Workers do not stand back behind the other tests, and no test cuts the power off."""
    monkeypatch.setattr("app.jobs.worker.NICE", 0)
    monkeypatch.setattr("os.fsync", lambda _file: None)


@dataclass
class Files:
    """Pictures on disk."""

    meadow: Path
    sunset: Path
    folder: Path


@pytest.fixture
def files(tmp_path) -> Files:
    folder = tmp_path / "pictures"
    folder.mkdir()
    y, x = np.mgrid[0:200, 0:300]
    meadow = np.stack([x * 255 // 300, 60 + y // 2, 40 + 0 * x], axis=2).astype(np.uint8)
    write_image(folder / "meadow.png", meadow)
    write_image(folder / "sunset.png", np.full((80, 120, 3), (220, 150, 60), np.uint8))
    return Files(folder / "meadow.png", folder / "sunset.png", folder)


class Driver:
    """Does with a program what an artist does.

    Attributes:
        program: the program.
        make: its engines.
    """

    def __init__(self, program, make: MakeFakes, qtbot) -> None:
        self.program = program
        self.make = make
        self.qtbot = qtbot

    @property
    def window(self):
        return self.program.window

    @property
    def document(self):
        return self.program.session.document

    @property
    def backend(self):
        return self.make.made[-1]

    def wait(self, condition: Callable[[], bool] = lambda: True) -> None:
        """Until nothing is on its way and the condition holds."""
        self.qtbot.waitUntil(lambda: self.program.queue.idle and bool(condition()), timeout=15000)

    def open(self, path: Path) -> None:
        self.program.documents.open_path(path)
        self.wait(lambda: self.document is not None and self.document.base.path == path)

    def choose(self, action_id: str) -> None:
        self.window.actions_[action_id].trigger()

    def press(self, keys: str, widget=None) -> None:
        """Type keys such as "Ctrl+Z" where the keyboard is."""
        # The offscreen platform leaves no window active when a dialog has closed.
        self.window.activateWindow()
        self.qtbot.waitUntil(self.window.isActiveWindow)
        self.qtbot.keySequence(widget or self.window, keys)

    def drop(self, path: Path, role: str) -> None:
        """Drag a file over the window and let it fall on the zone for `role`."""
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path))])
        middle = self.window.rect().center()
        self._drag(QDragEnterEvent, middle, mime)
        place = self.zone(role)
        self._drag(QDragMoveEvent, place, mime)
        self._drag(QDropEvent, place, mime)

    def zone(self, role: str) -> QPoint:
        """The middle of a drop zone, in the window's coordinates."""
        zones = self.window.zones
        roles = [zone.role for zone in zones.zones]
        width = zones.width() // len(roles)
        place = QPoint(width * roles.index(role) + width // 2, zones.height() // 2)
        return zones.mapTo(self.window, place)

    def _drag(self, kind, place, mime) -> None:
        event = drag_event(kind, place, mime)
        QApplication.sendEvent(self.window, event)

    def dialog(self, kind):
        """The open dialog of this class."""
        (dialog,) = [found for found in self.window.findChildren(kind) if found.isVisible()]
        return dialog

    def notices(self) -> list[str]:
        return [notice.text for notice in self.window.notices.notices]


def delete_now(parts: Iterable[QObject]) -> None:
    for part in parts:
        part.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def orphans() -> Iterator[QObject]:
    """Parts of programs that no other part owns."""
    for found in gc.get_objects():
        kind = type(found)
        if issubclass(kind, QObject) and kind.__module__.startswith("app."):
            # What Qt has deleted already has no parent to tell of.
            with suppress(RuntimeError):
                if found.parent() is None:
                    yield found


@pytest.fixture
def start(qapp, make, qtbot):
    """A function that starts the program with these settings."""
    from app.main import Program

    started = []

    def begin(settings: Settings | None = None, make_backend=None) -> Driver:
        program = Program(qapp, settings or Settings(), make_backend or make)
        started.append(program)
        program.window.showNormal()
        program.window.resize(1280, 720)
        program.window.show()
        qtbot.waitExposed(program.window)
        return Driver(program, make, qtbot)

    yield begin
    for program in started:
        program.window.leaving = True
        assert program.close()
        program.window.close()
    # Connections hold functions, on Qt's side where Python does not look, and these hold the
    # program: all former windows would be kept, styled and counted to the end of the run.
    delete_now([program.window for program in started])
    delete_now([*orphans(), *(program.watchdog for program in started)])


@pytest.fixture
def driver(start) -> Driver:
    """The running program with its start page, after everything that starts with it is done."""
    driver = start()
    driver.wait()
    return driver
