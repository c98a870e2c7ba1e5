"""How large a preview may be on this machine, by the clock."""

import math

LADDER_PX = (96, 128, 192, 256, 320, 384, 512, 640, 768, 1024)
"""Shorter sides of previews."""
START_PX = 256
SLOW_SECONDS = 0.15
"""Beyond it a preview drags behind the hand, and the next one is a step smaller."""
FAST_SECONDS = 0.08
"""If the next size up would take less than this, it is taken."""
WORTH = 0.8
"""A smaller size has to take less than this share of the time of the next larger one."""
HEAVIER = 1.5
"""Beyond this share of what a size took, the work is another, and smaller sizes are tried again."""


class Pace:
    """Chooses the size of previews.

    The size changes only when a measured time is clearly off, since each size encodes the picture
    anew. A single slow render (the first encoding, another program) does not count: it takes two
    in a row. A size that is smaller and hardly quicker is given up again: what a local edit costs
    hardly depends on the size.
    """

    def __init__(self, start_px: int = START_PX) -> None:
        """`start_px`, of `LADDER_PX`, is the first size, where the work is no smaller."""
        self._rung = LADDER_PX.index(start_px)
        self._asked_px = start_px
        self._slow = 0
        self._took: dict[int, float] = {}
        self._floor = 0

    def preview_px(self, working_px: int) -> int:
        """The shorter side of the next preview, at most the working size."""
        self._asked_px = min(LADDER_PX[self._rung], working_px)
        return self._asked_px

    def note(self, short_side_px: float, seconds: float) -> None:
        """Learn from a picture that took `seconds`; one of another size tells nothing."""
        if short_side_px != self._asked_px:
            return
        self._slow = self._slow + 1 if seconds > SLOW_SECONDS else 0
        if self._slow >= 2:
            self._slow = 0
            self._step_down(sum(px < short_side_px for px in LADDER_PX), seconds)
        elif short_side_px == LADDER_PX[self._rung] and self._rung + 1 < len(LADDER_PX):
            growth = (LADDER_PX[self._rung + 1] / short_side_px) ** 2
            if seconds * growth < FAST_SECONDS:
                self._rung += 1

    def _step_down(self, rung: int, seconds: float) -> None:
        """Take the next smaller size, or go back to a larger one that took hardly longer.

        Args:
            rung: of the size that is too slow, or the next larger one.
        """
        if seconds > HEAVIER * self._took.get(self._floor, math.inf):
            self._floor = 0
        self._took[rung] = seconds
        if seconds > WORTH * self._took.get(rung + 1, math.inf):
            self._rung = self._floor = rung + 1
        else:
            self._rung = max(rung - 1, self._floor)
