"""The canvas: the document's picture and its layout, and the tool that paints on them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Signal, Slot
from PySide6.QtGui import QPainter, QRegion
from PySide6.QtWidgets import QWidget

from app.document.document import LabelMap
from app.document.palette import Palette
from app.document.rect import Rect
from app.document.tiles import TiledArray
from app.ui.canvas.display import Display
from app.ui.canvas.marks import Marks
from app.ui.canvas.paned_view import PanedView
from app.ui.canvas.pen import CanvasTool, PenInput
from app.ui.canvas.shown_layout import ShownLayout
from app.ui.canvas.shown_mask import ShownMask
from app.ui.canvas.steering import KeyCross
from app.ui.canvas.transform import Point, ViewTransform
from app.ui.theme import Theme

# What filtering and rounding change around changed labels.
EDGE_VIEW = 3
WORDS = {
    Display.LAYOUT: "the layout",
    Display.SIDE_BY_SIDE: "the layout beside {}",
    Display.OVER: "the layout over {}",
}

SourceOf = Callable[[Point | None], Point | None]


class CanvasView(PanedView):
    """Shows the document's picture, its layout, or both, and where the hand paints.

    Without a tool the left button moves the picture. GUI thread only.

    Signals:
        display_changed(str): one of `Display`.
        pressed(StrokeSample, bool, bool): a stroke begins, while Shift is held, with the eraser
            end of the pen, or with Alt where the tool erases then. Places are document pixels and
            may lie outside.
        dragged(StrokeSample, bool): it goes on, while Shift is held.
        released(StrokeSample): it ends.
        stroke_cancelled(): it is given up, or what the guides show is.
        finish_wanted(): Enter, while guides are shown and no cross.
        picked(float, float): Ctrl and a click at this place, in document pixels.
        sourced(float, float): Alt or Ctrl and a click, with a tool that has sources.
        size_dragged(float): the hand changes the size of the tool to this diameter, in document
            pixels.
    """

    display_changed = Signal(str)
    pressed = Signal(object, bool, bool)
    dragged = Signal(object, bool)
    released = Signal(object)
    stroke_cancelled = Signal()
    finish_wanted = Signal()
    picked = Signal(float, float)
    sourced = Signal(float, float)
    size_dragged = Signal(float)

    _spoken = ""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = ShownLayout()
        self._mask = ShownMask()
        self._source_of: SourceOf | None = None
        self._marks = Marks()
        self._moving = False
        self._hands.moving.connect(self._picture_moving)
        self._cross = KeyCross(lambda: self._transform, self._pointer_px, self)
        self._cross.steered.connect(self._steered)
        self._cross.panned.connect(self._navigation.pan)
        self._cross.finish_wanted.connect(self.finish_wanted)
        self._pen = PenInput(self, self)
        self._connect()
        self._takers = (self._steer, self._pen.handle, self._hands.handle)

    def _connect(self) -> None:
        pen = self._pen
        for hand in (pen, self._cross):
            hand.pressed.connect(self.pressed)
            hand.dragged.connect(self.dragged)
            hand.released.connect(self.released)
            hand.cancelled.connect(self.stroke_cancelled)
            hand.sourced.connect(self.sourced)
        pen.picked.connect(self.picked)
        pen.size_dragged.connect(self.size_dragged)
        pen.pointed.connect(self._point)

    # What is shown

    def set_layout(self, labels: LabelMap | None, palette: Palette | None) -> None:
        """Show these labels in the palette's colours; only what has changed is painted again.

        Either of them None takes the layout away.
        """
        changed_px = self._layout.show(labels, palette)
        self._arrange(has_layout=self._layout.layer is not None)
        if changed_px is not None:
            self._update_labels(changed_px)

    @property
    def display(self) -> Display:
        """What is shown of a document with a layout."""
        return self._arrangement.display

    def set_display(self, display: str) -> None:
        """Show one of `Display`, as far as there is a layout.

        Raises:
            ValueError: another word.
        """
        chosen = Display(display)
        if chosen is not self.display:
            self._arrange(display=chosen)
            self.display_changed.emit(chosen.value)

    def hold_other(self, held: bool) -> None:
        """While a key is held: the layout for the picture, or the picture for what covers it."""
        self._arrange(other_held=held)

    def set_layout_opacity(self, opacity: float) -> None:
        """How much the layout covers the picture that it lies over, 0..1."""
        opacity = min(max(opacity, 0.0), 1.0)
        if opacity != self._layout.opacity:
            self._layout.opacity = opacity
            self.update()

    def set_patterns(self, on: bool) -> None:
        """Hatch the labels with their patterns."""
        self._layout.set_patterns(on)
        self.update()

    def set_mask(self, masks: Sequence[TiledArray]) -> None:
        """Veil the picture in red where these masks are, at once where they have changed."""
        shown = self._mask.is_shown
        changed = self._mask.show(masks)
        if shown != self._mask.is_shown:
            self.update()
        elif changed is not None:
            self._update_mask(changed)

    # What the hand does

    def set_tool(self, tool: CanvasTool | None) -> None:
        """Take a tool in hand; None is the hand that moves the picture."""
        before, source = self._moving_rect(), self._source_rect()
        self._marks.tool = tool
        self._pen.set_tool(tool)
        self._cross.set_on(tool is not None, tool.alt if tool is not None else "")
        self._hands.set_left_moves(tool is None)
        self._update_in_panes(before, self._moving_rect(), source, self._source_rect())
        self._speak()

    def set_source(self, source_of: SourceOf | None, radius_px: float = 0.0) -> None:
        """Mark the place that the tool takes from, or take the mark away.

        Args:
            source_of: tells that place for where the hand is, None for no hand; in document
                pixels, or None.
            radius_px: of that place; 0 for a point.
        """
        before = self._source_rect()
        self._source_of = source_of
        self._marks.source_radius_px = radius_px
        self._follow()
        self._update_in_panes(before, self._source_rect())

    def set_guides(self, points_px: Sequence[Point], closed: bool) -> None:
        """Show the corners of a polygon in the making, in document pixels; none hide it."""
        self._marks.set_guides(points_px, closed)
        self._cross.set_finishes(bool(points_px))
        self.update()

    def set_mirror(self, x_px: float | None, y_px: float | None) -> None:
        """Show the upright and the level axis of mirrored painting, or hide them."""
        if (x_px, y_px) != self._marks.mirror_px:
            self._marks.mirror_px = (x_px, y_px)
            self.update()

    # The surface that pen and mouse work on

    @property
    def transform(self) -> ViewTransform | None:
        """Where the document lies in each pane; None without one."""
        return self._transform

    def place_px(self, point_view: QPointF) -> Point | None:
        """What place of the document is at a point of the view; None without a document."""
        transform = self._transform
        return None if transform is None else transform.to_doc(self._in_pane(point_view).toTuple())

    def moves_picture(self, point_view: QPointF) -> bool:
        """Whether a press here moves the picture or the divider."""
        return self._hands.takes(point_view)

    # Panes

    def _arrange(self, **changes: Any) -> None:
        arrangement = replace(self._arrangement, **changes)
        if arrangement == self._arrangement:
            return
        shown, width_view = self._arrangement.shown, self._pane_size()[0]
        self._arrangement = arrangement
        if arrangement.shown is not shown:
            self._comparison.divisible = arrangement.shown is Display.PICTURE
            if self._pane_size()[0] != width_view:
                self._navigation.resize(self._pane_size(), self.devicePixelRatioF())
            self._compare_changed()
            self._follow()

    def _update_labels(self, changed_px: Rect) -> None:
        transform = self._transform
        if transform is not None:
            self._update_in_panes(_covered(transform, changed_px), layout_only=True)

    def _update_mask(self, changed: Rect) -> None:
        transform = self._transform
        if transform is not None:
            # Counted in the mask's own pixels: it may have another size than the document.
            self._update_in_panes(_covered(transform, changed, self._mask.size_px))

    # Painting

    def _paint_document(self, painter: QPainter, dirty: QRegion, *, rough: bool) -> None:
        panes = self._panes()
        for pane in panes:
            whole = self._pane_rect(pane)
            part = dirty.intersected(whole).boundingRect()
            if not part.isEmpty():
                painter.save()
                painter.setClipRect(whole)
                painter.translate(pane.left_view, 0)
                self._paint_pane(painter, pane.shows, part.translated(-pane.left_view, 0), rough)
                painter.restore()
        for left, right in pairwise(panes):
            start = left.left_view + left.width_view
            gap = QRect(start, 0, right.left_view - start, self.height())
            painter.fillRect(gap, Theme.of(self.palette()).strong_line)

    def _paint_pane(self, painter: QPainter, shows: Display, dirty: QRect, rough: bool) -> None:
        transform = self._transform
        assert transform is not None, "only a document is painted"
        if shows is not Display.LAYOUT:
            self._paint_pictures(painter, dirty, rough=rough)
            self._mask.paint(painter, transform, dirty)
        if shows is not Display.PICTURE:
            over = shows is Display.OVER
            self._layout.paint(painter, transform, dirty, over=over, rough=rough)
        if shows is not Display.LAYOUT:
            self._paint_comparison(painter)
        self._marks.paint(painter, transform)

    # What follows the hand

    def _steer(self, event: QEvent) -> bool:
        return not self._pen.busy and self._cross.handle(event)

    def _pointer_px(self) -> Point | None:
        return None if self._pointer is None else self.place_px(self._pointer)

    @Slot(object)
    def _point(self, position: QPointF | None) -> None:
        super()._point(position)
        self._follow()

    @Slot(bool)
    def _moved(self, zoomed: bool) -> None:
        super()._moved(zoomed)
        self._follow()

    @Slot(bool)
    def _picture_moving(self, moving: bool) -> None:
        self._moving = moving
        self._follow()

    @Slot(object)
    def _steered(self, place_px: Point | None) -> None:
        self._marks.crossed = place_px is not None
        self._follow()
        self._speak()

    def _follow(self) -> None:
        """Have the footprint where the hand is."""
        before, source = self._moving_rect(), self._source_rect()
        place = self._place_of_footprint()
        self._marks.place_px = place
        self._marks.source_px = None if self._source_of is None else self._source_of(place)
        after, other_source = self._moving_rect(), self._source_rect()
        if after != before:
            self._update_in_panes(before, after)
        if other_source != source:
            self._update_in_panes(source, other_source)

    def _place_of_footprint(self) -> Point | None:
        if self._cross.at_px is not None:
            return self._cross.at_px
        if self._moving:
            return None
        return self._pointer_px() if self._pen.sizing is None else self.place_px(self._pen.sizing)

    def _moving_rect(self) -> QRect:
        transform = self._transform
        return QRect() if transform is None else self._marks.moving_rect(transform)

    def _source_rect(self) -> QRect:
        transform = self._transform
        return QRect() if transform is None else self._marks.source_rect(transform)

    # What is said

    def _speak(self) -> None:
        words = [self._marks.tool.words] if self._marks.tool and self._marks.tool.words else []
        if self._cross.at_px is not None:
            words.append("cross at {:.0f}, {:.0f}".format(*map(math.floor, self._cross.at_px)))
        self._spoken = "".join(f"; {part}" for part in words)
        self._describe()

    def _description(self) -> str:
        return super()._description() + self._spoken

    def _words(self) -> str:
        return WORDS.get(self._arrangement.shown, "{}").format(super()._words())


def _covered(
    transform: ViewTransform, changed: Rect, size_px: tuple[int, int] | None = None
) -> QRect:
    """Where a part is seen that is counted in pixels of `size_px`, or else the document's."""
    width, height = transform.document_px
    own_width, own_height = size_px or (width, height)
    across, down = width / own_width, height / own_height
    left, top = transform.to_view((changed.x_px * across, changed.y_px * down))
    right, bottom = transform.to_view((changed.right_px * across, changed.bottom_px * down))
    rect = QRectF(left, top, right - left, bottom - top).toAlignedRect()
    return rect.adjusted(-EDGE_VIEW, -EDGE_VIEW, EDGE_VIEW, EDGE_VIEW)
