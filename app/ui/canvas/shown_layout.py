"""The layout that the canvas shows, and how."""

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter

from app.document.document import LabelMap
from app.document.palette import Palette
from app.document.rect import Rect
from app.ui.canvas.label_layer import LabelLayer
from app.ui.canvas.scene import paint_layout
from app.ui.canvas.transform import ViewTransform


class ShownLayout:
    """Keeps the layer of the open layout, from one version of the labels to the next.

    Attributes:
        layer: None without a layout.
        opacity: 0..1, where the layout lies over the picture.
    """

    def __init__(self) -> None:
        self.layer: LabelLayer | None = None
        self.opacity = 0.5
        self._patterns = False

    def show(self, labels: LabelMap | None, palette: Palette | None) -> Rect | None:
        """Show these labels, or none; where those that are shown have changed, None for nowhere."""
        if labels is None or palette is None:
            self.layer = None
            return None
        if self.layer is not None and self.layer.fits(labels.ids, palette):
            return self.layer.replace(labels.ids)
        self.layer = LabelLayer(labels.ids, palette)
        self.layer.set_patterns(self._patterns)
        return labels.ids.bounds

    def set_patterns(self, on: bool) -> None:
        """Hatch this layout, and those to come."""
        self._patterns = on
        if self.layer is not None:
            self.layer.set_patterns(on)

    def paint(
        self,
        painter: QPainter,
        transform: ViewTransform,
        dirty_view: QRect,
        *,
        over: bool,
        rough: bool,
    ) -> None:
        """Paint it into a pane, `over` the picture or alone; the painter is in view pixels."""
        if self.layer is not None:
            opacity = self.opacity if over else 1.0
            paint_layout(painter, self.layer, transform, dirty_view, opacity=opacity, rough=rough)
