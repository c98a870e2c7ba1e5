"""Before and after, at any zoom: the part of the canvas that shows pictures."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QHideEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QWidget

from app.document.pyramid import Pyramid
from app.ui.canvas.comparison import MODES, Compare, Comparison
from app.ui.canvas.input import CanvasInput
from app.ui.canvas.navigation import Navigation
from app.ui.canvas.overlay import FocusRing, paint_ring, paint_sentences
from app.ui.canvas.pace import REST_MS, Pace
from app.ui.canvas.painter import SharpPainter
from app.ui.canvas.scene import (
    divider_rect,
    divider_share,
    divider_view,
    paint_ground,
    paint_marks,
    paint_pictures,
    visible_view,
)
from app.ui.canvas.sharpener import Sharpener
from app.ui.canvas.transform import ViewTransform
from app.ui.theme import Theme

MIN_SIZE_VIEW = (160, 120)


class PictureView(QWidget):
    """Shows the document's picture before and after the edits.

    A pyramid may have another size than the document: it is stretched over it. GUI thread only;
    pyramids are made elsewhere. What is shown beside or over the pictures is a subclass's affair.

    Signals:
        pixel_hovered(object): (x_px, y_px) of the document under the pointer, or None.
        zoom_changed(float): percent; 100 is one pixel of the screen for one of the document.
        compare_changed(str): "after", "before" or "split".
        divider_moved(float): the divider's place, 0 to 1 of the picture in sight.
    """

    pixel_hovered = Signal(object)
    zoom_changed = Signal(float)
    compare_changed = Signal(str)
    divider_moved = Signal(float)

    # Events come before the constructor is done, too.
    _takers: tuple[Callable[[QEvent], bool], ...] = ()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._surround: QColor | None = None
        self._pointer: QPointF | None = None
        self._hovered: tuple[int, int] | None = None
        self._lit = False
        self._said = ("", "")
        self._ring = FocusRing()
        self._navigation = Navigation(self)
        self._navigation.moved.connect(self._moved)
        self._comparison = Comparison()
        self._painter = SharpPainter()
        self._sharpener = Sharpener(self._painter, self._comparison, self)
        self._sharpener.sharpened.connect(self._sharpened)
        self._pace = Pace(self)
        self._pace.rested.connect(self.update)
        self._hands = self._listening()
        self._takers = (self._hands.handle,)
        self.setMinimumSize(*MIN_SIZE_VIEW)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Canvas")
        self._describe()

    def _listening(self) -> CanvasInput:
        hands = CanvasInput(self, self._divider_view)
        hands.panned.connect(self._navigation.pan)
        hands.zoomed.connect(self._zoom_at)
        hands.stepped.connect(self._navigation.step)
        hands.fit_wanted.connect(self.zoom_to_fit)
        hands.divider_dragged.connect(self._drag_divider)
        hands.divider_nudged.connect(self._nudge_divider)
        hands.divider_reset.connect(partial(self.set_divider, 0.5))
        hands.divider_lit.connect(self._light_divider)
        hands.pointed.connect(self._point)
        return hands

    def set_document_size(self, width_px: int, height_px: int) -> None:
        """Say how large the document is; another size than before is fitted into the view.

        Without a width or a height there is no document, and nothing is shown.
        """
        if 0 in (width_px, height_px):
            self._navigation.close()
            self._sharpener.sleep()
            self._hover()
            self.update()
        else:
            size_px = (width_px, height_px)
            self._navigation.open(size_px, self._pane_size(), self.devicePixelRatioF())

    def set_before(self, pyramid: Pyramid | None) -> None:
        """Show another original, at once; None takes it away."""
        self._comparison.set_before(pyramid)
        self._pictures_changed()

    def set_after(self, pyramid: Pyramid | None) -> None:
        """Show another result as soon as it is sharp; None leaves the original alone."""
        self._comparison.set_after(pyramid)
        if not self.isVisible():
            self._comparison.adopt_newest()
        self._pictures_changed()

    def set_no_picture(self, title: str, why: str) -> None:
        """Say this where there is neither an original nor a result; no title says nothing."""
        if (title, why) != self._said:
            self._said = (title, why)
            self._describe()
            self.update()

    def set_surround(self, colour: QColor) -> None:
        """Paint this around the picture, not the theme's colour."""
        self._surround = colour
        self.update()

    @property
    def compare(self) -> Compare:
        """Which picture is shown, or both."""
        return self._comparison.mode

    def set_compare(self, mode: str) -> None:
        """Show "after", "before" or "split".

        Raises:
            ValueError: another word.
        """
        if mode not in MODES:
            raise ValueError(f"no way to compare: {mode}")
        if mode != self._comparison.mode:
            self._comparison.mode = mode
            self._compare_changed()
            self.compare_changed.emit(mode)

    def hold_before(self, held: bool) -> None:
        """Show the original while a key is held, whatever the mode."""
        if held != self._comparison.held:
            self._comparison.held = held
            self._compare_changed()

    @property
    def divider(self) -> float:
        """The divider's place, 0 (left) to 1 (right) of the picture in sight."""
        return self._comparison.share

    def set_divider(self, share: float) -> None:
        """Move the divider; beyond 0 and 1 it stops."""
        share = min(max(share, 0.0), 1.0)
        if share == self._comparison.share:
            return
        before = self._divider_place()
        self._comparison.share = share
        # The pictures change between the two places, too.
        self.update(before.united(self._divider_place()))
        self._wake()
        self.divider_moved.emit(share)

    @property
    def zoom_percent(self) -> float:
        """Pixels of the screen for 100 of the document."""
        return 100.0 if self._transform is None else 100 * self._transform.zoom

    @property
    def fits(self) -> bool:
        """Whether the picture is kept fitted into the view."""
        return self._navigation.fits

    @property
    def is_sharp(self) -> bool:
        """Whether nothing is left to be made for this view of the pictures."""
        return self._sharpener.is_idle

    @Slot()
    def zoom_to_fit(self) -> None:
        """Show the whole picture, also when the view's size changes later."""
        self._navigation.fit()

    @Slot()
    def zoom_to_100(self) -> None:
        """One pixel of the screen for one of the document."""
        self._navigation.zoom_to(1.0)

    @Slot()
    def zoom_in(self) -> None:
        """To the next larger step."""
        self._navigation.step(1)

    @Slot()
    def zoom_out(self) -> None:
        """To the next smaller step."""
        self._navigation.step(-1)

    @property
    def _transform(self) -> ViewTransform | None:
        return self._navigation.transform

    def _pane_size(self) -> tuple[int, int]:
        """The size of that part of the view in which the document lies."""
        return self.width(), self.height()

    def _in_pane(self, point_view: QPointF) -> QPointF:
        """A point of the view as the transform counts."""
        return point_view

    @Slot(QPointF, float)
    def _zoom_at(self, point: QPointF, factor: float) -> None:
        self._navigation.zoom_at(self._in_pane(point).toTuple(), factor)

    @Slot(bool)
    def _moved(self, zoomed: bool) -> None:
        if zoomed:
            self._comparison.adopt_newest()
            self._painter.keep(self._comparison.layers)
        self._wake(REST_MS if zoomed else 0)
        self._pace.moved()
        self.update()
        self._hover()
        if zoomed:
            self._describe()
            self.zoom_changed.emit(self.zoom_percent)

    def _pictures_changed(self) -> None:
        kept = (*self._comparison.layers, self._comparison.incoming)
        self._painter.keep([layer for layer in kept if layer is not None])
        self._compare_changed()

    def _compare_changed(self) -> None:
        self._wake()
        self._describe()
        self.update()

    @Slot()
    def _sharpened(self) -> None:
        self._describe()
        self.update()

    def _wake(self, delay_ms: int = 0) -> None:
        if self._transform is not None and self.isVisible():
            self._sharpener.wake(self._transform, delay_ms)

    def _describe(self) -> None:
        self.setAccessibleDescription(self._description())

    def _description(self) -> str:
        return f"Shows {self._words()} at {self.zoom_percent:.0f} %"

    def _words(self) -> str:
        """What is shown."""
        if self._lacks_picture:
            return ". ".join(filter(None, self._said)).removesuffix(".")
        shown = self._comparison.shown
        return "before and after" if shown == "split" else shown

    @Slot(object)
    def _point(self, position: QPointF | None) -> None:
        self._pointer = position
        self._hover()

    def _hover(self) -> None:
        hovered = None
        if self._transform is not None and self._pointer is not None:
            hovered = self._transform.pixel_at(self._in_pane(self._pointer).toTuple())
        if hovered != self._hovered:
            self._hovered = hovered
            self.pixel_hovered.emit(hovered)

    def _divider_view(self) -> float | None:
        return self._transform and divider_view(self._comparison, self._transform)

    @Slot(float)
    def _drag_divider(self, x_view: float) -> None:
        if self._transform is not None:
            self.set_divider(divider_share(self._transform, x_view))

    @Slot(float)
    def _nudge_divider(self, share: float) -> None:
        self.set_divider(round(self.divider + share, 4))

    @Slot(bool)
    def _light_divider(self, lit: bool) -> None:
        self._lit = lit
        self.update(self._divider_place())

    def _divider_place(self) -> QRect:
        """What the divider and its words cover; empty without one."""
        x_view, metrics = self._divider_view(), QFontMetricsF(self.font())
        return QRect() if x_view is None else divider_rect(x_view, self.height(), metrics)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's hook."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), self._surround or Theme.of(self.palette()).surround)
        if self._transform is not None:
            with self._pace.frame() as rough:
                self._paint_document(painter, event.region(), rough=rough)
        if self._ring.is_seen and self.hasFocus():
            paint_ring(painter, QRectF(self.rect()), Theme.of(self.palette()).accent)

    def _paint_document(self, painter: QPainter, dirty: QRegion, *, rough: bool) -> None:
        """Paint what lies on the surround."""
        self._paint_pictures(painter, dirty.boundingRect(), rough=rough)
        self._paint_comparison(painter)

    @property
    def _lacks_picture(self) -> bool:
        return bool(self._said[0]) and not self._comparison.layers

    def _paint_pictures(self, painter: QPainter, dirty_view: QRect, *, rough: bool) -> None:
        if self._transform is not None and self._lacks_picture:
            paint_ground(painter, self._transform, Theme.of(self.palette()).base)
        elif self._transform is not None:
            pictures = (self._painter, self._comparison, self._transform)
            paint_pictures(painter, *pictures, dirty_view, rough=rough)

    def _paint_comparison(self, painter: QPainter) -> None:
        if self._transform is not None and self._lacks_picture:
            picture, pane = visible_view(self._transform), QRectF(0, 0, *self._pane_size())
            paint_sentences(painter, *self._said, picture, pane, Theme.of(self.palette()))
        elif self._transform is not None:
            paint_marks(painter, self._comparison, self._transform, lit=self._lit)

    def event(self, event: QEvent) -> bool:
        """Qt's hook."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._size_changed()
        return any(take(event) for take in self._takers) or super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Qt's hook: a frame for the keyboard; a click needs none to know where it was."""
        self._ring.note(event.reason())
        super().focusInEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's hook."""
        self._size_changed()
        super().resizeEvent(event)

    def _size_changed(self) -> None:
        ratio = self.devicePixelRatioF()
        self._painter.fit(self.width() * ratio, self.height() * ratio)
        self._navigation.resize(self._pane_size(), ratio)

    def showEvent(self, event: QShowEvent) -> None:
        """Qt's hook."""
        self._wake()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Qt's hook."""
        self._sharpener.sleep()
        self._comparison.adopt_newest()
        super().hideEvent(event)
