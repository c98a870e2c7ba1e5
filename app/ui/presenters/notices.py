"""Errors into notices: what happened, what was done, what can be done."""

import traceback
from collections.abc import Callable

from app.controllers.notices import Action, Notice
from app.errors import UserError
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
        """Something was not done. A defect of ours says so and has its traceback in the report."""
        if isinstance(error, UserError):
            text, hint = error.text, error.hint
        elif isinstance(error, ModelsError):
            text, hint = str(error), ""
        elif isinstance(error, MemoryError):
            text = "The memory is not enough for this."
            hint = "Close other programs, or choose a smaller working size."
        else:
            text = f"{DEFECT} ({traceback.format_exception_only(error)[-1].strip()})"
            hint = DEFECT_HINT
        notice = Notice("error", text, hint, self._report(error), actions, key)
        self._bar.show_notice(notice)
