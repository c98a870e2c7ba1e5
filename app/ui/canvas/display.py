"""What of the document the canvas shows, and in which part of the view. Without Qt."""

from dataclasses import dataclass
from enum import StrEnum

GAP_VIEW = 2
"""Between the two halves."""


class Display(StrEnum):
    """What is shown of a document that has a layout; one without shows its picture."""

    PICTURE = "picture"
    LAYOUT = "layout"
    SIDE_BY_SIDE = "side_by_side"
    OVER = "over"


@dataclass(frozen=True)
class Pane:
    """A part of the view in which the document is shown once, at the height of the view.

    Attributes:
        shows: the picture, the layout, or the layout over the picture; never both beside.
        left_view: its first column.
        width_view: how many columns it has.
    """

    shows: Display
    left_view: int
    width_view: int


@dataclass(frozen=True)
class Arrangement:
    """Which panes there are.

    Attributes:
        display: as it was chosen.
        has_layout: whether there is a layout to show.
        other_held: a key is held that shows the other one: the layout in place of the picture,
            else the picture alone. Beside each other both are in sight already.
    """

    display: Display = Display.PICTURE
    has_layout: bool = False
    other_held: bool = False

    @property
    def shown(self) -> Display:
        """What is shown now."""
        if not self.has_layout:
            return Display.PICTURE
        if not self.other_held or self.display is Display.SIDE_BY_SIDE:
            return self.display
        return Display.LAYOUT if self.display is Display.PICTURE else Display.PICTURE

    def pane_width(self, width_view: int) -> int:
        """How wide each pane is in a view of this width; at least 1."""
        if self.shown is not Display.SIDE_BY_SIDE:
            return width_view
        return max(1, (width_view - GAP_VIEW) // 2)

    def panes(self, width_view: int) -> tuple[Pane, ...]:
        """All panes from left to right; each shows the same part of the document."""
        pane_view = self.pane_width(width_view)
        if self.shown is not Display.SIDE_BY_SIDE:
            return (Pane(self.shown, 0, pane_view),)
        return (
            Pane(Display.LAYOUT, 0, pane_view),
            Pane(Display.PICTURE, width_view - pane_view, pane_view),
        )
