"""Panes of the canvas: the document in each, at the same place and size."""

from PySide6.QtCore import QPointF, QRect

from app.ui.canvas.display import Arrangement, Display, Pane
from app.ui.canvas.picture_view import PictureView


class PanedView(PictureView):
    """A picture view that is cut into panes. What each shows is a subclass's affair."""

    _arrangement = Arrangement()
    _pinned: Pane | None = None

    def pin(self, point_view: QPointF | None) -> None:
        """Until this is taken back by None, all places are of the pane in which this point is."""
        self._pinned = None if point_view is None else self._pane_at(point_view)

    def _panes(self) -> tuple[Pane, ...]:
        return self._arrangement.panes(self.width())

    def _pane_at(self, point_view: QPointF) -> Pane:
        panes = self._panes()
        return next((pane for pane in panes[::-1] if pane.left_view <= point_view.x()), panes[0])

    def _pane_size(self) -> tuple[int, int]:
        return self._arrangement.pane_width(self.width()), self.height()

    def _in_pane(self, point_view: QPointF) -> QPointF:
        return point_view - QPointF((self._pinned or self._pane_at(point_view)).left_view, 0)

    def _update_in_panes(self, *rects: QRect, layout_only: bool = False) -> None:
        """Paint these parts again in every pane, or in those that show the layout."""
        for pane in self._panes():
            if layout_only and pane.shows is Display.PICTURE:
                continue
            whole = self._pane_rect(pane)
            for rect in rects:
                part = rect.translated(pane.left_view, 0).intersected(whole)
                if not part.isEmpty():
                    self.update(part)

    def _pane_rect(self, pane: Pane) -> QRect:
        return QRect(pane.left_view, 0, pane.width_view, self.height())
