"""What happens when something breaks that nobody foresaw: the work is saved, the person is told,
and a trace is kept.

A log of a few megabytes and the trace of a crash of the process itself are in `log_folder()`.
"""

import faulthandler
import logging
import logging.handlers
import os
import platform
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TextIO

import platformdirs
import PySide6
from PySide6.QtCore import (
    QCoreApplication,
    QMessageLogContext,
    QObject,
    Qt,
    QtMsgType,
    Signal,
    Slot,
    qInstallMessageHandler,
    qVersion,
)

from app import __version__
from app.errors import UserError
from models.errors import ModelsError

FOLDER_VARIABLE = "SCUMBLE_DATA"
LOG_BYTES = 1_000_000
LOGS_KEPT = 3
QUIET_SECONDS = 10.0
"""An error that comes again and again, as from a paint event, is told once: it counts as a new one
after so long without it."""
SENTENCE = "Scumble ran into an error that it did not expect."
LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}

log = logging.getLogger(__name__)
qt_log = logging.getLogger("qt")


@dataclass(frozen=True)
class CrashReport:
    """What the person is told.

    Attributes:
        sentence: what happened, and why the work could not be saved if so.
        saved: where the work was saved; None if there was nothing to save, or saving failed.
        text: the report to copy.
    """

    sentence: str
    saved: Path | None
    text: str


def log_folder() -> Path:
    """Where logs are kept; the variable SCUMBLE_DATA names another folder for all data."""
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named) / "logs"
    return platformdirs.user_log_path("scumble", appauthor=False)


def report_text(error: BaseException | None, extra: Mapping[str, str] | None = None) -> str:
    """A report to send: versions, what `extra` names, and the error with its traceback.

    The home folder and the name of the person are taken out.
    """
    facts = {
        "Scumble": __version__,
        "Python": platform.python_version(),
        "Qt": f"{qVersion()} (PySide6 {PySide6.__version__})",
        "torch": _version_of("torch"),
        "system": platform.platform(),
        **(extra or {}),
    }
    text = "".join(f"{name}: {value}\n" for name, value in facts.items())
    if error is not None:
        text += "\n" + "".join(traceback.format_exception(error))
    return _anonymous(text)


def install(
    save: Callable[[], Path | None],
    tell: Callable[[CrashReport], None],
    *,
    facts: Callable[[], Mapping[str, str]] | None = None,
    folder: Path | None = None,
) -> Callable[[], None]:
    """Catch everything that nothing else catches, on all threads. Call it on the GUI thread.

    After an unhandled exception `save` is called at once and `tell` when the event loop is next
    reached, since windows must not be opened in the middle of, say, painting. Both are called on
    the GUI thread, and may fail. Ctrl-C ends the event loop. Messages of Qt go to the log.

    Args:
        save: saves the open document; returns where, or None if there is nothing to save.
        tell: shows a report; it should not block.
        facts: more for the report, as for `report_text`.
        folder: for the logs, instead of `log_folder()`. If it cannot be used there are none.

    Returns:
        What puts everything back as it was.
    """
    hooks = _Hooks(save, tell, facts or dict)
    traces = _Traces(folder or log_folder())
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    sys.excepthook = hooks.exception
    threading.excepthook = hooks.exception_in_thread
    sys.unraisablehook = hooks.unraisable
    qt_before = qInstallMessageHandler(_qt_message)

    def uninstall() -> None:
        sys.excepthook, threading.excepthook, sys.unraisablehook = before
        qInstallMessageHandler(qt_before)
        traces.close()

    return uninstall


class _Hooks(QObject):
    """Takes what nobody caught. Lives on the GUI thread; the hooks are called on any."""

    _elsewhere = Signal(object)
    _reported = Signal(object)

    def __init__(
        self,
        save: Callable[[], Path | None],
        tell: Callable[[CrashReport], None],
        facts: Callable[[], Mapping[str, str]],
    ) -> None:
        super().__init__()
        self._save = save
        self._tell = tell
        self._facts = facts
        self._thread = threading.get_ident()
        self._saving = False
        self._telling = False
        self._last_s: dict[tuple[object, ...], float] = {}
        queued = Qt.ConnectionType.QueuedConnection
        self._elsewhere.connect(self._handle, queued)
        self._reported.connect(self._show, queued)

    def exception(self, kind: type[BaseException], error: BaseException, trace: Any) -> None:
        """`sys.excepthook`."""
        if isinstance(error, KeyboardInterrupt):
            QCoreApplication.quit()
            return
        sys.__excepthook__(kind, error, trace)
        _let_go()
        self._take(error if error.__traceback__ else error.with_traceback(trace))

    def exception_in_thread(self, args: threading.ExceptHookArgs) -> None:
        """`threading.excepthook`."""
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            self.exception(args.exc_type, args.exc_value, args.exc_traceback)

    def unraisable(self, args: Any) -> None:
        """`sys.unraisablehook`: an error in a destructor, say. Nothing was interrupted by it."""
        what = args.err_msg or "Exception ignored in"
        log.error("%s %s", what, type(args.object).__name__, exc_info=args.exc_value)

    def _take(self, error: BaseException) -> None:
        if threading.get_ident() == self._thread:
            self._handle(error)
        else:
            self._elsewhere.emit(error)

    @Slot(object)
    def _handle(self, error: BaseException) -> None:
        log.critical("An exception that nobody caught.", exc_info=error)
        if self._saving or self._is_repeated(error):
            return
        self._saving = True
        try:
            self._reported.emit(self._saved_and_described(error))
        finally:
            self._saving = False

    def _is_repeated(self, error: BaseException) -> bool:
        frames = traceback.extract_tb(error.__traceback__)[-1:]
        place = (type(error), *((frame.filename, frame.lineno) for frame in frames))
        now_s = time.monotonic()
        last_s = self._last_s.get(place)
        self._last_s[place] = now_s
        return last_s is not None and now_s - last_s < QUIET_SECONDS

    def _saved_and_described(self, error: BaseException) -> CrashReport:
        saved, sentence = None, SENTENCE
        facts: Mapping[str, str] = {}
        try:
            saved = self._save()
        except Exception as failure:
            log.exception("Saving after an error failed.")
            sentence += f" Your work could not be saved: {_words(failure)}"
        try:
            facts = self._facts()
        except Exception:
            log.exception("The facts for a report could not be had.")
        return CrashReport(sentence, saved, report_text(error, facts))

    @Slot(object)
    def _show(self, report: CrashReport) -> None:
        if self._telling:
            return
        self._telling = True
        try:
            self._tell(report)
        except Exception:
            log.exception("An error could not be told.")
        finally:
            self._telling = False


class _Traces:
    """The log file, and the file for a crash of the process itself. Without them if need be."""

    def __init__(self, folder: Path) -> None:
        self._root = logging.getLogger()
        self._level = self._root.level
        self._handler: logging.Handler | None = None
        self._faults: TextIO | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._open_log(folder / "scumble.log")
            self._open_faults(folder / "faults.txt")
        except OSError:
            log.info("No log can be kept in %s.", folder, exc_info=True)

    def close(self) -> None:
        self._root.setLevel(self._level)
        if self._handler is not None:
            self._root.removeHandler(self._handler)
            self._handler.close()
        if self._faults is not None:
            faulthandler.disable()
            self._faults.close()

    def _open_log(self, path: Path) -> None:
        self._handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=LOG_BYTES, backupCount=LOGS_KEPT, encoding="utf-8"
        )
        self._handler.setFormatter(
            logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s")
        )
        self._root.addHandler(self._handler)
        self._root.setLevel(logging.INFO)

    def _open_faults(self, path: Path) -> None:
        if path.exists() and path.stat().st_size > 0:
            kept = path.replace(path.with_name("faults-before.txt"))
            log.info("The program crashed the last time; its trace is in %s.", kept)
        self._faults = path.open("w", encoding="utf-8")
        faulthandler.enable(self._faults)


def _let_go() -> None:
    """Forget the last error, whose frames may hold on to a picture of a gigabyte."""
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        sys.__dict__.pop(name, None)


def _qt_message(kind: QtMsgType, context: QMessageLogContext, message: str | None) -> None:
    qt_log.log(LEVELS[kind], "%s: %s", context.category or "default", message)


@cache
def _version_of(package: str) -> str:
    """From the package's description; importing it might take seconds.

    To find that takes 10 ms, for each notice of an error.
    """
    # Slow to import, and needed by reports only.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _words(error: Exception) -> str:
    if isinstance(error, UserError | ModelsError):
        return str(error)
    return "".join(traceback.format_exception_only(error)).strip()


def _anonymous(text: str) -> str:
    """The text without the home folder, and without the person's name in other paths."""
    import getpass

    for home in {str(Path.home()), os.path.realpath(Path.home())} - {os.sep}:
        for spelling in {home, home.replace(os.sep, "/"), home.replace("\\", "\\\\")}:
            text = re.sub(re.escape(spelling) + r"(?![\w.-])", "~", text, flags=re.IGNORECASE)
    with suppress(KeyError, ImportError, OSError):
        name = re.escape(getpass.getuser())
        text = re.sub(rf"(?<=[/\\]){name}(?![\w.-])", "USER", text, flags=re.IGNORECASE)
    return text
