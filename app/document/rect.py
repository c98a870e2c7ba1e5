"""Rectangles on the grid of a picture's pixels."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Rect:
    """Whole pixels: columns from `x_px` up to but without `right_px`, rows likewise.

    Without a width or a height it holds no pixel, wherever it lies.
    """

    x_px: int
    y_px: int
    width_px: int
    height_px: int

    @classmethod
    def spanning(cls, x_px: int, y_px: int, right_px: int, bottom_px: int) -> Self:
        """The rectangle between these edges; empty where they lie the wrong way round."""
        return cls(x_px, y_px, max(0, right_px - x_px), max(0, bottom_px - y_px))

    @property
    def right_px(self) -> int:
        return self.x_px + self.width_px

    @property
    def bottom_px(self) -> int:
        return self.y_px + self.height_px

    @property
    def is_empty(self) -> bool:
        return self.width_px <= 0 or self.height_px <= 0

    def contains(self, x_px: int, y_px: int) -> bool:
        """Whether the pixel lies inside."""
        return self.x_px <= x_px < self.right_px and self.y_px <= y_px < self.bottom_px

    def covers(self, other: "Rect") -> bool:
        """Whether every pixel of `other` lies inside."""
        return other.is_empty or self.intersection(other) == other

    def intersection(self, other: "Rect") -> "Rect":
        """The pixels in both."""
        return Rect.spanning(
            max(self.x_px, other.x_px),
            max(self.y_px, other.y_px),
            min(self.right_px, other.right_px),
            min(self.bottom_px, other.bottom_px),
        )

    def union(self, other: "Rect") -> "Rect":
        """The smallest rectangle around both; an empty one counts for nothing."""
        if self.is_empty or other.is_empty:
            return other if self.is_empty else self
        return Rect.spanning(
            min(self.x_px, other.x_px),
            min(self.y_px, other.y_px),
            max(self.right_px, other.right_px),
            max(self.bottom_px, other.bottom_px),
        )

    def moved(self, dx_px: int, dy_px: int) -> "Rect":
        """The same size, elsewhere."""
        return Rect(self.x_px + dx_px, self.y_px + dy_px, self.width_px, self.height_px)

    def grown(self, by_px: int) -> "Rect":
        """With so many more pixels on every side; fewer if negative."""
        return Rect.spanning(
            self.x_px - by_px, self.y_px - by_px, self.right_px + by_px, self.bottom_px + by_px
        )
