"""Painting labels: what the hand does on the canvas becomes steps of the document."""

import itertools
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.controllers.labels import Labels
from app.controllers.session import Change, Session
from app.document.document import Document, with_labels
from app.document.palette import Label
from app.document.tiles import TiledArray
from app.errors import UserError
from app.tools import shapes
from app.tools.brush import BrushSettings, BrushStroke
from app.tools.fill import fill
from app.tools.gestures import Dragged, Filled, Gesture, Lasso
from app.tools.stroke import SMOOTHING_REACH_PX, Mirror, Point, PressureCurve, StrokeSample

SMALLEST_PX, LARGEST_PX = 1.0, 1024.0
SIZE_STEP = 1.2
"""Factor of one press of a size key."""
CLOSING_VIEW = 8.0
"""A click so near to a polygon's first point closes it, in pixels of the screen."""
CURVES = {
    "soft": PressureCurve(gamma=0.6),
    "linear": PressureCurve.DEFAULT,
    "firm": PressureCurve(gamma=1.8),
}


class ToolKind(StrEnum):
    """What the pen does."""

    HAND = "hand"
    BRUSH = "brush"
    ERASER = "eraser"
    FILL = "fill"
    LINE = "line"
    RECTANGLE = "rectangle"
    ELLIPSE = "ellipse"
    POLYGON = "polygon"
    LASSO = "lasso"
    PICK = "pick"


WITH_SIZE = frozenset({ToolKind.BRUSH, ToolKind.ERASER, ToolKind.LINE})
"""Tools whose width is the brush's, or the eraser's own."""
VERBS = {
    ToolKind.BRUSH: "Paint",
    ToolKind.FILL: "Fill with",
    ToolKind.LINE: "Line of",
    ToolKind.RECTANGLE: "Rectangle of",
    ToolKind.ELLIPSE: "Ellipse of",
    ToolKind.POLYGON: "Polygon of",
    ToolKind.LASSO: "Lasso of",
}


@dataclass(frozen=True)
class PaintSettings:
    """How the tools paint.

    Attributes:
        brush_px, eraser_px: widths in document pixels, at full pressure.
        square: an upright square tip in place of a round one.
        smoothing: 0 for none, 1 for the most.
        pressure: whether the pen's pressure decides the width.
        curve: what pressure counts, of `CURVES`.
        mirror_across, mirror_down: whether all is repeated at the upright, the level middle.
        contiguous: whether filling ends where the label ends.
    """

    brush_px: float = 32.0
    eraser_px: float = 48.0
    square: bool = False
    smoothing: float = 0.2
    pressure: bool = True
    curve: str = "linear"
    mirror_across: bool = False
    mirror_down: bool = False
    contiguous: bool = True


class Painting(QObject):
    """The tool in hand and what it does to the document's layout.

    A stroke or a shape is one step of the history, named after its label. While it is on its way
    the document is the session's drag.

    Signals:
        tool_changed(ToolKind)
        settings_changed(PaintSettings)
        guides_changed(object, bool): points of the polygon in the making, and whether it closes.
        refused(Exception): there is nothing to paint on; nothing was changed.
        size_changed(float): the width of the tool in hand, in document pixels; 0 for none.

    Attributes:
        tool: in hand.
        settings: of all tools.
    """

    tool_changed = Signal(object)
    settings_changed = Signal(object)
    guides_changed = Signal(object, bool)
    refused = Signal(object)
    size_changed = Signal(float)

    def __init__(self, session: Session, labels: Labels, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._labels = labels
        self.tool = ToolKind.BRUSH
        self.settings = PaintSettings()
        self._zoom = 1.0
        self._gesture: Gesture | None = None
        self._doing: tuple[str, int, int] = ("", 0, 0)
        self._stroke_numbers = itertools.count(1)
        self._last_end: StrokeSample | None = None
        self._corners: list[Point] = []
        self._own = False
        session.changed.connect(self._document_changed)

    @property
    def size_px(self) -> float:
        """The width of the tool in hand at full pressure; 0 where it has none."""
        if self.tool not in WITH_SIZE:
            return 0.0
        eraser = self.tool is ToolKind.ERASER
        return self.settings.eraser_px if eraser else self.settings.brush_px

    # Choosing

    def choose_tool(self, tool: ToolKind) -> None:
        """Take a tool in hand; what is on its way is given up."""
        self.cancel()
        self.tool = tool
        self.tool_changed.emit(tool)
        self.size_changed.emit(self.size_px)

    def change(self, **values: Any) -> None:
        """Use other settings, by the names of `PaintSettings`."""
        settings = replace(self.settings, **values)
        if settings != self.settings:
            self.settings = settings
            self.settings_changed.emit(settings)
            self.size_changed.emit(self.size_px)

    def set_size(self, diameter_px: float) -> None:
        """Another width for the tool in hand, if it has one."""
        if self.tool in WITH_SIZE:
            name = "eraser_px" if self.tool is ToolKind.ERASER else "brush_px"
            self.change(**{name: min(max(diameter_px, SMALLEST_PX), LARGEST_PX)})

    def step_size(self, steps: int) -> None:
        """The next larger widths, or smaller ones for a negative number."""
        wanted = self.size_px * SIZE_STEP**steps
        # Small widths grow by whole pixels, or they would stay where they are.
        moved = self.size_px + steps
        self.set_size(max(wanted, moved) if steps > 0 else min(wanted, moved))

    def set_zoom(self, zoom: float) -> None:
        """Say how many pixels of the screen a document pixel takes: smoothing feels the same."""
        self._zoom = zoom

    # The hand

    def press(self, sample: StrokeSample, *, shift: bool = False, eraser: bool = False) -> None:
        """The pen is put down.

        Args:
            sample: where.
            shift: the brush goes straight from where the last stroke ended; shapes are regular.
            eraser: the pen was turned around.
        """
        document = self._session.document
        if document is None or self.tool is ToolKind.HAND:
            return
        if document.labels is None:
            self.refused.emit(
                UserError(
                    "There is no layout to paint on yet.",
                    "Begin with a layout of the photo, or a blank one, in the panel Labels.",
                )
            )
        elif self.tool is ToolKind.PICK:
            self.pick_at(sample.x_px, sample.y_px)
        elif self.tool is ToolKind.POLYGON and not eraser:
            self._add_corner(sample)
        else:
            self._begin(document, sample, shift=shift, eraser=eraser)

    def drag(self, sample: StrokeSample, *, shift: bool = False) -> None:
        """The pen moves while it is down; `shift` makes shapes regular."""
        gesture = self._gesture
        if gesture is None:
            if self.tool is ToolKind.PICK:
                self.pick_at(sample.x_px, sample.y_px)
            return
        if isinstance(gesture, Dragged):
            gesture.constrained = shift
        self._last_end = sample
        self._show(gesture.add(sample))

    def release(self, sample: StrokeSample) -> None:
        """The pen is lifted: what it did is a step."""
        gesture = self._gesture
        if gesture is None:
            return
        self._last_end = sample
        self._show(gesture.finish())
        self._gesture = None
        self._labels.note_used(self._doing[1])
        self._own = True
        self._session.commit()
        self._own = False

    def cancel(self) -> None:
        """Give up what is on its way."""
        self._forget_corners()
        if self._gesture is not None:
            self._gesture = None
            self._session.drop()

    def pick_at(self, x_px: float, y_px: float) -> None:
        """Take the label of a place in hand."""
        document = self._session.document
        if document is not None and document.labels is not None:
            ids = document.labels.ids
            column, row = int(x_px // 1), int(y_px // 1)
            if ids.bounds.contains(column, row):
                self._labels.choose(ids.value_at(column, row))

    def finish_polygon(self) -> bool:
        """Close the polygon in the making; False where there is none."""
        corners, document = self._corners, self._session.document
        if len(corners) < 3 or document is None or document.labels is None:
            return False
        self._forget_corners()
        self._name_step(self._labels.primary, ToolKind.POLYGON)
        settled = self._session.settled()
        assert settled.labels is not None
        ids = shapes.polygon(settled.labels.ids, corners, self._doing[1], self._mirror(settled))
        self._show(ids)
        self._labels.note_used(self._doing[1])
        self._session.commit()
        return True

    # What becomes of it

    def _begin(
        self, document: Document, sample: StrokeSample, *, shift: bool, eraser: bool
    ) -> None:
        self.cancel()
        tool = ToolKind.ERASER if eraser else self.tool
        label = self._labels.primary
        if tool is ToolKind.ERASER:
            background = self._labels.palette.by_id(self._labels.palette.background)
            assert background is not None, "a palette has its background"
            label = background
        document = self._session.settled()
        assert document.labels is not None
        self._name_step(label, tool)
        gesture = self._gesture_of(tool, document, document.labels.ids, label.id)
        if isinstance(gesture, Dragged):
            gesture.constrained = shift
        self._gesture = gesture
        if shift and tool in (ToolKind.BRUSH, ToolKind.ERASER) and self._last_end is not None:
            gesture.add(self._last_end)
        self._last_end = sample
        self._show(gesture.add(sample))

    def _name_step(self, label: Label, tool: ToolKind) -> None:
        verb = VERBS.get(tool)
        words = f"{verb} {label.name}" if verb else "Erase"
        self._doing = (words, label.id, next(self._stroke_numbers))

    def _gesture_of(
        self, tool: ToolKind, document: Document, ids: TiledArray, value: int
    ) -> Gesture:
        mirror, settings = self._mirror(document), self.settings
        if tool is ToolKind.FILL:
            contiguous = settings.contiguous
            return Filled(lambda x, y: fill(ids, x, y, value, mirror, contiguous=contiguous))
        if tool is ToolKind.LASSO:
            return Lasso(ids, lambda points: shapes.polygon(ids, points, value, mirror))
        if tool is ToolKind.LINE:
            width_px = settings.brush_px
            return Dragged(
                ids, lambda a, b: shapes.line(ids, a, b, width_px, value, mirror), shapes.snapped
            )
        if tool in (ToolKind.RECTANGLE, ToolKind.ELLIPSE):
            draw = shapes.rectangle if tool is ToolKind.RECTANGLE else shapes.ellipse
            return Dragged(ids, lambda a, b: draw(ids, a, b, value, mirror), shapes.squared)
        return BrushStroke(ids, value, self._brush(tool), mirror)

    def _brush(self, tool: ToolKind) -> BrushSettings:
        settings = self.settings
        eraser = tool is ToolKind.ERASER
        return BrushSettings(
            diameter_px=settings.eraser_px if eraser else settings.brush_px,
            square=settings.square,
            curve=CURVES[settings.curve] if settings.pressure else PressureCurve.NONE,
            smoothing=settings.smoothing,
            smoothing_reach_px=SMOOTHING_REACH_PX / self._zoom,
        )

    def _mirror(self, document: Document) -> Mirror:
        return Mirror(
            document.width_px / 2 if self.settings.mirror_across else None,
            document.height_px / 2 if self.settings.mirror_down else None,
        )

    def _show(self, ids: TiledArray) -> None:
        document = self._session.document
        if document is None or document.labels is None:
            return
        words, _, number = self._doing
        labels = replace(document.labels, ids=ids)
        self._own = True
        self._session.drag(with_labels(document, labels), words, ("stroke", number))
        self._own = False

    # The polygon

    def _add_corner(self, sample: StrokeSample) -> None:
        place = (sample.x_px, sample.y_px)
        if len(self._corners) >= 3 and self._is_near(place, self._corners[0]):
            self.finish_polygon()
            return
        self._corners = [*self._corners, place]
        self.guides_changed.emit(tuple(self._corners), len(self._corners) >= 3)

    def _is_near(self, a: Point, b: Point) -> bool:
        reach_px = CLOSING_VIEW / self._zoom
        return max(abs(a[0] - b[0]), abs(a[1] - b[1])) <= reach_px

    def _forget_corners(self) -> None:
        if self._corners:
            self._corners = []
            self.guides_changed.emit((), False)

    def _document_changed(self, document: Document | None, why: Change) -> None:
        # Whatever else changes the document ends the stroke: its next sample would undo that.
        if not self._own:
            self._gesture = None
            if why is not Change.STEP:
                self._forget_corners()
        if why is Change.OPEN:
            self._last_end = None
