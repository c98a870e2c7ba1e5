"""The bar above the canvas of the Paint workspace: how the tool in hand works, what is shown."""

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QLabel, QToolButton, QWidget

from app.ui.actions import DISPLAYS, Actions
from app.ui.tool_options import WORDS, ToolOptions
from app.ui.widgets.options import (
    ActionMenuButton,
    Choice,
    StrokeOptions,
    Switch,
    action_button,
    in_row,
    short_track,
)
from app.ui.widgets.size_slider import SizeScale, SizeSlider
from app.ui.widgets.slider import AmountSlider, Scale

PREFIX = "view.display_"
OVER = "over"
DISPLAY_WORDS = {
    "picture": "Picture",
    "layout": "Layout",
    "side_by_side": "Side by side",
    OVER: "Over",
}
DISPLAY = "display"
OPACITY = Scale(default=0.5, percent=True)

PEN = ("size", "tip", "stroke", "mirror")
OPTIONS: dict[str, tuple[str, ...]] = {
    "brush": PEN,
    "eraser": PEN,
    "fill": ("reach", "mirror"),
    "line": ("size", "mirror"),
    "rectangle": ("mirror",),
    "ellipse": ("mirror",),
    "polygon": ("mirror",),
    "lasso": ("mirror",),
}
HINTS = {
    "hand": "Drag to move the picture",
    "line": "Shift: round angles",
    "rectangle": "Shift: a square",
    "ellipse": "Shift: a circle",
    "polygon": "Click corner after corner, the first one again to close",
    "lasso": "Go around what is to be filled",
    "pick": "Click a label in the layout",
}


class PaintValues(Protocol):
    """How the tools paint: `app.controllers.painting.PaintSettings` is one."""

    @property
    def brush_px(self) -> float: ...

    @property
    def eraser_px(self) -> float: ...

    @property
    def square(self) -> bool: ...

    @property
    def smoothing(self) -> float: ...

    @property
    def pressure(self) -> bool: ...

    @property
    def curve(self) -> str: ...

    @property
    def mirror_across(self) -> bool: ...

    @property
    def mirror_down(self) -> bool: ...

    @property
    def contiguous(self) -> bool: ...


class OptionsBar(ToolOptions):
    """How the tool in hand paints, by the names of `PaintValues`, and what the canvas shows.

    Where room is short the displays go behind a button after the options of the stroke. The actions
    of the displays are made exclusive.

    Signals:
        display_wanted(str): show this, by a button or a key; also what is shown already.
        opacity_dragged(float): of the layout over the picture, 0..1.
    """

    display_wanted = Signal(str)
    opacity_dragged = Signal(float)

    OF_TOOLS = OPTIONS
    FOLDED = ("stroke", DISPLAY, WORDS, "opacity", "mirror", "tip", "reach")
    NAMED = frozenset({"stroke"})
    HINT_CHARACTERS = 6

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__("Stroke", parent)
        self._values: PaintValues | None = None
        self._size = short_track(SizeSlider("Size", SizeScale()))
        self._tip = Choice(
            "Tip",
            (("tip-round", "Round", "Round tip"), ("tip-square", "Square", "Square tip")),
        )
        self._reach = Choice(
            "Fill",
            (
                ("", "This area", "Fill as far as the label under the pen goes"),
                ("", "Everywhere", "Fill wherever the layout has that label"),
            ),
        )
        self._stroke = StrokeOptions()
        self._across = Switch("mirror-across", actions["tool.mirror_across"])
        self._down = Switch("mirror-down", actions["tool.mirror_down"])
        self._opacity = short_track(AmountSlider("Opacity of the layout", OPACITY, compact=True))
        self._opacity_words = QLabel("Opacity")
        self._displays = {name: actions[PREFIX + name] for name in DISPLAYS}
        self._group = QActionGroup(self)
        for name, action in self._displays.items():
            action.setIconText(DISPLAY_WORDS[name])
            self._group.addAction(action)
        self._shown = in_row(*map(_display_button, self._group.actions()), gap=2)
        self._shown_menu = ActionMenuButton("Display", self._group)
        opacity = in_row(self._opacity_words, self._opacity)
        options = {
            "size": in_row(QLabel("Size"), self._size),
            "tip": self._tip,
            "reach": self._reach,
            "stroke": self._stroke,
            "mirror": in_row(self._across, self._down, gap=2),
            "opacity": opacity,
        }
        self._arrange(options, opacity, self._shown, self._shown_menu)
        self._connect()
        self.set_tool("hand")
        self.set_display(DISPLAYS[0])

    def _connect(self) -> None:
        self._size.dragged.connect(self._on_size)
        self._tip.chosen.connect(self._on_tip)
        self._reach.chosen.connect(self._on_reach)
        self._stroke.changed.connect(self.changed)
        self._across.switched.connect(self._on_across)
        self._down.switched.connect(self._on_down)
        self._opacity.dragged.connect(self.opacity_dragged)
        self._group.triggered.connect(self._on_display)

    def set_tool(self, tool: str) -> None:
        """Show the options of this tool, by its name in `app.ui.actions.TOOLS`."""
        super().set_tool(tool)
        self.set_hint(HINTS.get(tool, ""))
        self._show_size()

    def set_values(self, values: PaintValues) -> None:
        """Show these options, without signals."""
        self._values = values
        self._show_size()
        self._tip.set_place(int(values.square))
        self._reach.set_place(int(not values.contiguous))
        self._stroke.set_values(values.smoothing, values.pressure, values.curve)
        self._across.setChecked(values.mirror_across)
        self._down.setChecked(values.mirror_down)

    def set_display(self, display: str) -> None:
        """What the canvas shows, of `app.ui.actions.DISPLAYS`; without signals.

        Raises:
            KeyError: there is no such display.
        """
        self._displays[display].setChecked(True)
        self._shown_menu.show_chosen(self._displays[display])
        self._fit()

    @property
    def _size_name(self) -> str:
        return "eraser_px" if self._tool == "eraser" else "brush_px"

    def _show_size(self) -> None:
        if self._values is not None:
            self._size.set_value(getattr(self._values, self._size_name))

    # Room

    @property
    def _names(self) -> tuple[str, ...]:
        over = self._displays[OVER].isChecked()
        return (*super()._names, "opacity") if over else super()._names

    def _others(self, folded: Sequence[str]) -> Sequence[QWidget]:
        return (self._shown_menu if DISPLAY in folded else self._shown,)

    def _fit(self) -> None:
        # In the row the display beside it says what it is of.
        self._opacity_words.hide()
        super()._fit()
        self._opacity_words.setVisible("opacity" in self._folded)

    # What the person does

    @Slot(float)
    def _on_size(self, diameter_px: float) -> None:
        self.changed.emit(self._size_name, diameter_px)

    @Slot(int)
    def _on_tip(self, place: int) -> None:
        self.changed.emit("square", place == 1)

    @Slot(int)
    def _on_reach(self, place: int) -> None:
        self.changed.emit("contiguous", place == 0)

    @Slot(bool)
    def _on_across(self, on: bool) -> None:
        self.changed.emit("mirror_across", on)

    @Slot(bool)
    def _on_down(self, on: bool) -> None:
        self.changed.emit("mirror_down", on)

    @Slot(QAction)
    def _on_display(self, action: QAction) -> None:
        display = action.objectName().removeprefix(PREFIX)
        self.set_display(display)
        self.display_wanted.emit(display)


def _display_button(action: QAction) -> QToolButton:
    button = action_button(action)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
    button.setAccessibleName(f"Show: {action.iconText()}")
    return button
