"""Whatever nobody caught: the work is saved, the person is told once, and a trace is kept."""

import getpass
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import (
    QCoreApplication,
    QMessageLogger,
    QTimer,
    qInstallMessageHandler,
)
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget

from app import __version__, crash
from app.crash import CrashReport, install, log_folder, report_text
from app.errors import UserError


class Desk:
    """Saves and tells, and remembers it.

    Attributes:
        told: the reports, in order.
        order: "save" and "tell", as they were called.
        on_save, on_tell: called then.
    """

    def __init__(self) -> None:
        self.told: list[CrashReport] = []
        self.order: list[str] = []
        self.threads: set[int] = set()
        self.on_save: Callable[[], Path | None] = lambda: Path("recovery-1")
        self.on_tell: Callable[[], object] = lambda: None

    def save(self) -> Path | None:
        self.order.append("save")
        self.threads.add(threading.get_ident())
        return self.on_save()

    def tell(self, report: CrashReport) -> None:
        self.order.append("tell")
        self.threads.add(threading.get_ident())
        self.told.append(report)
        self.on_tell()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def faults(monkeypatch) -> list[object]:
    """The files that the fault handler was given. pytest's own stays in force."""
    given: list[object] = []
    monkeypatch.setattr(crash.faulthandler, "enable", given.append)
    monkeypatch.setattr(crash.faulthandler, "disable", lambda: given.append(None))
    return given


@pytest.fixture
def hooks(qtbot, desk, faults, tmp_path):
    """The hooks in force; the logs are in `tmp_path`."""
    uninstall = install(
        desk.save, desk.tell, facts=lambda: {"device": "CPU with 2 threads"}, folder=tmp_path
    )
    yield
    uninstall()


def fail(error: BaseException) -> None:
    """Let this exception reach `sys.excepthook` from an event handler."""

    def handler() -> None:
        raise error

    QTimer.singleShot(0, handler)


def paint_often(qtbot, widget: QWidget) -> None:
    for _ in range(5):
        widget.update()
        qtbot.wait(5)


def told(qtbot, desk: Desk, count: int = 1) -> CrashReport:
    qtbot.waitUntil(lambda: len(desk.told) >= count)
    return desk.told[-1]


@pytest.mark.logs
def test_the_work_is_saved_first_and_then_the_person_is_told(qtbot, hooks, desk, capfd):
    fail(KeyError("a defect"))
    report = told(qtbot, desk)
    assert desk.order == ["save", "tell"]
    assert report.saved == Path("recovery-1")
    assert report.sentence == "Scumble ran into an error that it did not expect."
    assert "KeyError: 'a defect'" in report.text
    assert "in handler" in report.text
    assert "device: CPU with 2 threads" in report.text
    assert "KeyError: 'a defect'" in capfd.readouterr().err


@pytest.mark.logs
def test_an_error_in_another_thread_is_handled_on_the_gui_thread(qtbot, hooks, desk):
    def work() -> None:
        raise ValueError("in a thread")

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join()
    assert desk.order == []
    assert "ValueError: in a thread" in told(qtbot, desk).text
    assert desk.threads == {threading.get_ident()}


def test_a_thread_may_leave(qtbot, hooks, desk):
    thread = threading.Thread(target=sys.exit, daemon=True)
    thread.start()
    thread.join()
    qtbot.wait(10)
    assert desk.order == []


@pytest.mark.logs
@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (UserError("The disk is full.", "Free some space."), "The disk is full. Free some space."),
        (OSError("no room"), "OSError: no room"),
    ],
)
def test_the_person_learns_that_saving_failed(qtbot, hooks, desk, failure, words):
    def no_save() -> Path:
        raise failure

    desk.on_save = no_save
    fail(KeyError("a defect"))
    report = told(qtbot, desk)
    assert report.saved is None
    assert report.sentence.endswith(f" Your work could not be saved: {words}")
    assert "KeyError" in report.text


@pytest.mark.logs
def test_nothing_to_save_is_no_failure(qtbot, hooks, desk):
    desk.on_save = lambda: None
    fail(KeyError("a defect"))
    report = told(qtbot, desk)
    assert (report.saved, report.sentence) == (None, crash.SENTENCE)


@pytest.mark.logs
def test_an_error_while_saving_that_escapes_too_does_not_save_again(qtbot, hooks, desk):
    def save_with_a_loop() -> Path | None:
        fail(RuntimeError("while saving"))
        QCoreApplication.processEvents()
        return None

    desk.on_save = save_with_a_loop
    fail(KeyError("a defect"))
    told(qtbot, desk)
    qtbot.wait(20)
    assert desk.order == ["save", "tell"]


@pytest.mark.logs
def test_telling_that_fails_is_only_logged(qtbot, hooks, desk, caplog):
    def no_tell() -> None:
        raise RuntimeError("no dialog")

    desk.on_tell = no_tell
    fail(KeyError("a defect"))
    told(qtbot, desk)
    qtbot.wait(20)
    assert desk.order == ["save", "tell"]
    assert "An error could not be told." in caplog.messages


@pytest.mark.logs
def test_a_second_error_while_telling_is_saved_but_not_told_on_top(qtbot, hooks, desk):
    def tell_with_a_loop() -> None:
        fail(RuntimeError("while telling"))
        qtbot.wait(30)

    desk.on_tell = tell_with_a_loop
    fail(KeyError("a defect"))
    qtbot.waitUntil(lambda: len(desk.order) >= 3)
    qtbot.wait(20)
    assert desk.order == ["save", "tell", "save"]


@pytest.mark.logs
def test_an_error_at_every_paint_is_told_once(qtbot, hooks, desk, monkeypatch):
    class Broken(QWidget):
        def paintEvent(self, event: QPaintEvent) -> None:
            raise KeyError("while painting")

    widget = Broken()
    qtbot.addWidget(widget)
    widget.show()
    paint_often(qtbot, widget)
    qtbot.wait(20)
    assert desk.order == ["save", "tell"]
    monkeypatch.setattr(crash, "QUIET_SECONDS", 0.0)
    paint_often(qtbot, widget)
    widget.hide()
    assert len(desk.told) > 1


@pytest.mark.logs
def test_different_errors_are_each_told(qtbot, hooks, desk):
    fail(KeyError("one"))
    told(qtbot, desk)
    fail(ValueError("two"))
    assert "ValueError: two" in told(qtbot, desk, 2).text


@pytest.mark.logs
def test_facts_that_cannot_be_had_are_left_out(qtbot, desk, faults, tmp_path):
    def no_facts() -> dict[str, str]:
        raise RuntimeError("no facts")

    uninstall = install(desk.save, desk.tell, facts=no_facts, folder=tmp_path)
    try:
        fail(KeyError("a defect"))
        assert "KeyError" in told(qtbot, desk).text
    finally:
        uninstall()


@pytest.mark.logs
def test_an_exception_without_a_traceback_is_told_too(qtbot, hooks, desk):
    sys.excepthook(ValueError, ValueError("bare"), None)
    assert "ValueError: bare" in told(qtbot, desk).text


def test_ctrl_c_ends_the_event_loop(qtbot, hooks, desk):
    app = QCoreApplication.instance()
    assert app is not None
    too_late = QTimer(singleShot=True, interval=5000)
    too_late.timeout.connect(lambda: app.exit(3))
    too_late.start()
    fail(KeyboardInterrupt())
    assert app.exec() == 0
    too_late.stop()
    assert desk.order == []


@pytest.mark.logs
def test_an_error_in_a_destructor_is_logged_and_not_told(qtbot, hooks, desk, caplog):
    class Bad:
        def __del__(self) -> None:
            raise ValueError("in a destructor")

    bad = Bad()
    del bad
    qtbot.wait(10)
    assert desk.order == []
    assert any("function" in message for message in caplog.messages)
    assert "ValueError: in a destructor" in caplog.text


@pytest.mark.logs
def test_messages_of_qt_go_to_the_log(hooks, caplog):
    QMessageLogger().warning("something is odd")
    QMessageLogger().critical("something is wrong")
    kept = [(r.name, r.levelno, r.getMessage()) for r in caplog.records]
    assert kept == [
        ("qt", logging.WARNING, "default: something is odd"),
        ("qt", logging.ERROR, "default: something is wrong"),
    ]


@pytest.mark.logs
def test_the_log_file_has_the_traceback(qtbot, hooks, desk, tmp_path):
    logging.getLogger("app.somewhere").info("opened a photo")
    fail(KeyError("a defect"))
    told(qtbot, desk)
    text = (tmp_path / "scumble.log").read_text(encoding="utf-8")
    assert "INFO MainThread app.somewhere: opened a photo" in text
    assert "CRITICAL" in text
    assert "KeyError: 'a defect'" in text


def test_everything_is_put_back(qtbot, desk, faults, tmp_path):
    def own_handler(kind, context, message) -> None:
        pass

    pytests = qInstallMessageHandler(own_handler)
    root = logging.getLogger()
    before = (
        sys.excepthook,
        threading.excepthook,
        sys.unraisablehook,
        root.level,
        tuple(root.handlers),
    )
    uninstall = install(desk.save, desk.tell, folder=tmp_path)
    assert sys.excepthook is not before[0]
    assert len(root.handlers) == len(before[4]) + 1
    uninstall()
    after = (
        sys.excepthook,
        threading.excepthook,
        sys.unraisablehook,
        root.level,
        tuple(root.handlers),
    )
    assert after == before
    assert qInstallMessageHandler(pytests) is own_handler
    assert len(faults) == 2
    assert faults[1] is None


def test_without_a_place_for_logs_the_hooks_work_all_the_same(qtbot, desk, faults, tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("a file, not a folder")
    uninstall = install(desk.save, desk.tell, folder=taken / "logs")
    assert faults == []
    uninstall()
    assert faults == []


def test_the_trace_of_the_last_crash_is_kept(qtbot, desk, faults, tmp_path):
    (tmp_path / "faults.txt").write_text("Segmentation fault")
    install(desk.save, desk.tell, folder=tmp_path)()
    assert (tmp_path / "faults-before.txt").read_text() == "Segmentation fault"
    install(desk.save, desk.tell, folder=tmp_path)()
    assert (tmp_path / "faults-before.txt").read_text() == "Segmentation fault"


def test_a_crash_of_the_process_leaves_a_trace(tmp_path):
    program = (
        "import os, sys; from pathlib import Path; from app import crash; "
        "crash.install(lambda: None, lambda report: None, folder=Path(sys.argv[1])); "
        "os.abort()"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        check=False,
        capture_output=True,
        timeout=60,
    )
    assert run.returncode != 0
    trace = (tmp_path / "faults.txt").read_text()
    assert "Aborted" in trace
    assert "<string>" in trace


def test_logs_are_where_the_system_wants_them_or_the_variable_says(monkeypatch, tmp_path):
    monkeypatch.delenv("SCUMBLE_DATA", raising=False)
    assert "scumble" in str(log_folder())
    monkeypatch.setenv("SCUMBLE_DATA", str(tmp_path))
    assert log_folder() == tmp_path / "logs"


def test_a_report_names_what_was_run(monkeypatch):
    lines = report_text(None, {"model": "landscapes"}).splitlines()
    assert lines[0] == f"Scumble: {__version__}"
    assert lines[-1] == "model: landscapes"
    names = [line.split(":")[0] for line in lines]
    assert names == ["Scumble", "Python", "Qt", "torch", "system", "model"]
    assert crash._version_of("no-such-package-here") == "not installed"


def test_a_report_names_neither_home_nor_person(monkeypatch, tmp_path):
    home = tmp_path / "home" / "anna"
    home.mkdir(parents=True)
    link = tmp_path / "link"
    link.symlink_to(home)
    monkeypatch.setenv("HOME", str(link))
    monkeypatch.setattr(getpass, "getuser", lambda: "anna")
    text = report_text(
        OSError(f"{link}/a.png and {home}/b.png and /media/anna/c.png and {home}bel/d.png")
    )
    assert "OSError: ~/a.png and ~/b.png and /media/USER/c.png and " in text
    assert "annabel/d.png" in text
    assert str(home) + "/" not in text


def test_a_person_without_a_name_is_fine(monkeypatch):
    def nameless() -> str:
        raise KeyError("no such user")

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert report_text(None).startswith("Scumble: ")


def test_a_report_is_quickly_made_and_needs_no_torch():
    program = (
        "import sys; from app.crash import report_text; report_text(None); "
        "print('torch' in sys.modules, 'OpenImageIO' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "SCUMBLE_DATA": "nowhere"},
    )
    assert run.stdout.split() == ["False", "False"]
    started = time.perf_counter()
    report_text(ValueError("x"))
    assert time.perf_counter() - started < 0.5


@pytest.mark.logs
@pytest.mark.qt_no_exception_capture
def test_the_frames_of_an_error_are_let_go(qapp, tmp_path, capsys):
    uninstall = install(lambda: None, lambda report: None, folder=tmp_path)
    try:
        raise ValueError("a defect")
    except ValueError as error:
        sys.last_value, sys.last_traceback = error, error.__traceback__
        sys.excepthook(type(error), error, error.__traceback__)
    uninstall()
    assert not hasattr(sys, "last_value")
    assert not hasattr(sys, "last_traceback")
