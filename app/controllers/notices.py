"""What the program tells the person beside the picture, without a box that must be answered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["info", "warning", "error"]
Action = tuple[str, Callable[[], None]]


@dataclass(frozen=True)
class Notice:
    """One message.

    Attributes:
        kind: an info goes away by itself, a warning and an error stay until they are dismissed.
        text: one sentence that says what happened.
        hint: one sentence that says what to do; empty where there is nothing to do.
        report: text for "Copy report"; empty where there is nothing to report.
        actions: label and what a click on it calls, on the GUI thread. The notice is then gone.
        key: a newer notice with the same key takes the place of the older one; empty for none.
    """

    kind: Kind
    text: str
    hint: str = ""
    report: str = ""
    actions: tuple[Action, ...] = ()
    key: str = ""
