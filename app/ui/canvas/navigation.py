"""Where one looks: the place and the size of the document in the view."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.ui.canvas.transform import Point, ViewTransform


class Navigation(QObject):
    """Keeps the transform. A document that nobody zoomed stays fitted into its view.

    Signals:
        moved(bool): the document lies elsewhere; whether its size on the screen has changed, too.

    Attributes:
        transform: None without a document.
        fits: whether the document is kept fitted.
    """

    moved = Signal(bool)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.transform: ViewTransform | None = None
        self.fits = True

    def open(self, size_px: tuple[int, int], size_view: tuple[int, int], ratio: float) -> None:
        """Look at a document of this size; another size than before is fitted."""
        if self.transform is None or self.transform.document_px != size_px:
            self.fits = True
            self._move_to(ViewTransform(size_px, size_view, ratio).fitted())

    def close(self) -> None:
        """There is no document any more."""
        self.transform = None

    def resize(self, size_view: tuple[int, int], ratio: float) -> None:
        """The view has another size, or is on another screen."""
        if self.transform is not None:
            resized = self.transform.resized(size_view, ratio)
            self._move_to(resized.fitted() if self.fits else resized)

    def fit(self) -> None:
        """Show the whole document, also when the view's size changes later."""
        self.fits = True
        if self.transform is not None:
            self._move_to(self.transform.fitted())

    def zoom_to(self, zoom: float) -> None:
        """So many pixels of the screen for one of the document."""
        self._look(lambda transform: transform.zoomed_to(zoom))

    def step(self, direction: int) -> None:
        """To the next step of zoom, larger (1) or smaller (-1)."""
        self._look(ViewTransform.step_in if direction > 0 else ViewTransform.step_out)

    def zoom_at(self, point_view: Point, factor: float) -> None:
        """So many times the zoom; what is at the point stays there."""
        self._look(lambda transform: transform.zoomed_at(point_view, factor))

    def pan(self, dx_view: float, dy_view: float) -> None:
        """Move the document."""
        self._look(lambda transform: transform.panned(dx_view, dy_view))

    def _look(self, change: Callable[[ViewTransform], ViewTransform]) -> None:
        if self.transform is not None:
            self.fits = False
            self._move_to(change(self.transform))

    def _move_to(self, transform: ViewTransform) -> None:
        zoomed = self.transform is None or transform.zoom != self.transform.zoom
        self.transform = transform
        self.moved.emit(zoomed)
