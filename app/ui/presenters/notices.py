"""Errors into notices: what happened, what was done, what can be done."""

import traceback
from collections.abc import Callable
from pathlib import Path

from app.controllers.notices import Action, Notice
from app.errors import UserError
from app.ui.files import reveal
from app.ui.widgets.notice import NoticeBar
from models.errors import ModelsError

DEFECT = "Something in Scumble went wrong; your picture and its history are as they were."
DEFECT_HINT = "Try again; a copied report helps to mend it."


class Teller:
    """Puts notices on the window.

    Args:
        bar: where they appear.
        report: makes the text of "Copy report" of an error, versions and machine included.
    """

    def __init__(self, bar: NoticeBar, report: Callable[[BaseException], str]) -> None:
        self._bar = bar
        self._report = report

    def info(self, text: str, *actions: Action, key: str = "") -> None:
        """Something was done."""
        self._bar.show_notice(Notice("info", text, actions=actions, key=key))

    def warning(self, text: str, hint: str = "", *actions: Action, key: str = "") -> None:
        """Something is not quite as wished."""
        self._bar.show_notice(Notice("warning", text, hint, actions=actions, key=key))

    def error(self, error: BaseException, *actions: Action, key: str = "") -> None:
        """Something was not done; the report has the traceback."""
        notice = Notice("error", *words_of(error), self._report(error), actions, key)
        self._bar.show_notice(notice)

    def reveal(self, path: Path) -> None:
        """Show a file in the file manager, or say where it is if there is none."""
        if not reveal(path):
            self.warning("No file manager could be opened.", f"The file is {path}.", key="reveal")


def words_of(error: BaseException) -> tuple[str, str]:
    """What happened and what to do, a sentence each; a defect of ours says that it is one."""
    if isinstance(error, UserError):
        return error.text, error.hint
    if isinstance(error, ModelsError):
        return str(error), ""
    if isinstance(error, MemoryError):
        return (
            "The memory is not enough for this.",
            "Close other programs, or choose a smaller working size.",
        )
    what = traceback.format_exception_only(error)[-1].strip()
    return f"{DEFECT} ({what})", DEFECT_HINT
