"""Before and after: which picture is shown in which part of the view."""

import time
from collections.abc import Iterator
from typing import Literal

from app.document.pyramid import Pyramid
from app.ui.canvas.painter import Layer
from app.ui.canvas.transform import Box

Compare = Literal["after", "before", "split"]
MODES: tuple[Compare, ...] = ("after", "before", "split")

MAX_WAIT_MS = 250.0


class Comparison:
    """The two pictures and the way they are compared.

    A new *after* waits as `incoming` while its tiles are made, so that it comes at once and
    whole; one that is newer still waits behind it, in place of any that waited there.

    Attributes:
        share: where the divider is, 0 (left) to 1 (right) of the visible part of the picture.
        held: the original is shown, whatever the mode.
        divisible: whether there can be a divider now; without it the result is shown.
    """

    def __init__(self) -> None:
        self.mode: Compare = "after"
        self.share = 0.5
        self.held = False
        self.divisible = True
        self.before: Layer | None = None
        self.after: Layer | None = None
        self.incoming: Layer | None = None
        self._next: Layer | None = None
        self._since = 0.0

    @property
    def shown(self) -> Compare:
        """The mode as it is now: without an *after*, or while held, the original."""
        if self.held or self.after is None:
            return "before"
        if self.before is None or (self.mode == "split" and not self.divisible):
            return "after"
        return self.mode

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Both pictures, as far as they are there."""
        return tuple(layer for layer in (self.before, self.after) if layer is not None)

    @property
    def is_overdue(self) -> bool:
        """Whether the incoming picture has waited long enough."""
        return (time.perf_counter() - self._since) * 1000 > MAX_WAIT_MS

    def divider(self, visible: Box) -> int | None:
        """The column of device pixels that the divider is on; None where there is none."""
        if self.shown != "split" or visible.is_empty:
            return None
        return visible.left + round(self.share * visible.width)

    def parts(self, visible: Box) -> Iterator[tuple[Layer, Box]]:
        """What is painted where."""
        divider = self.divider(visible)
        left, right = visible, visible
        if divider is not None:
            left, right = visible._replace(right=divider), visible._replace(left=divider)
        if self.shown != "after" and self.before is not None:
            yield self.before, left
        if self.shown != "before" and self.after is not None:
            yield self.after, right

    def set_before(self, pyramid: Pyramid | None) -> None:
        """Show another original at once."""
        self.before = None if pyramid is None else Layer(pyramid)

    def set_after(self, pyramid: Pyramid | None) -> None:
        """Let another result wait, or take the result away at once."""
        if pyramid is None:
            self.after = self.incoming = self._next = None
        elif self.incoming is None:
            self.incoming, self._since = Layer(pyramid), time.perf_counter()
        else:
            self._next = Layer(pyramid)

    def adopt(self) -> None:
        """Show the incoming picture; the next one moves up."""
        self.after, self.incoming, self._next = self.incoming, self._next, None
        self._since = time.perf_counter()

    def adopt_newest(self) -> None:
        """Show the newest picture now, with whatever is there of it."""
        while self.incoming is not None:
            self.adopt()
