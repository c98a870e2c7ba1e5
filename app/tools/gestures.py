"""What lies between press and release, besides a brush's stroke: shapes, fills, a lasso."""

from collections.abc import Callable
from typing import Protocol

from app.document.tiles import TiledArray
from app.tools.stroke import Point, StrokeSample


class Gesture(Protocol):
    """A stroke or a shape between press and release."""

    def add(self, sample: StrokeSample) -> TiledArray:
        """The labels after the hand went here."""
        ...

    def finish(self) -> TiledArray:
        """The labels when the hand is lifted."""
        ...


class Dragged:
    """A shape between the place of the press and that of the hand.

    Attributes:
        constrained: whether the shape is a square, a circle, a line at a round angle.
    """

    def __init__(
        self,
        ids: TiledArray,
        draw: Callable[[Point, Point], TiledArray],
        constrain: Callable[[Point, Point], Point],
    ) -> None:
        self.constrained = False
        self._ids = ids
        self._draw = draw
        self._constrain = constrain
        self._start: Point | None = None

    def add(self, sample: StrokeSample) -> TiledArray:
        place = (sample.x_px, sample.y_px)
        start = self._start = self._start or place
        self._ids = self._draw(start, self._constrain(start, place) if self.constrained else place)
        return self._ids

    def finish(self) -> TiledArray:
        return self._ids


class Filled:
    """What is filled from the place of the press; where the hand goes then changes nothing."""

    def __init__(self, draw: Callable[[float, float], TiledArray]) -> None:
        self._draw = draw
        self._ids: TiledArray | None = None

    def add(self, sample: StrokeSample) -> TiledArray:
        if self._ids is None:
            self._ids = self._draw(sample.x_px, sample.y_px)
        return self._ids

    def finish(self) -> TiledArray:
        assert self._ids is not None, "a press comes before the release"
        return self._ids


class Lasso:
    """What the hand goes around."""

    def __init__(self, ids: TiledArray, draw: Callable[[list[Point]], TiledArray]) -> None:
        self._ids = ids
        self._draw = draw
        self._points: list[Point] = []

    def add(self, sample: StrokeSample) -> TiledArray:
        self._points.append((sample.x_px, sample.y_px))
        return self._draw(self._points)

    def finish(self) -> TiledArray:
        return self._draw(self._points)
