"""Where an edit acts, and how much: strength, mask, and what its patches cover.

Everything here is exact about nothing: a weight is 0 where, and only where, an edit may change no
pixel, at whatever size it is asked for. Weights are computed on the CPU, since the masks are there.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from models.image_io import to_mask
from models.values import Mask

RIM = 4.0
"""A patch's pixels are all its own from 1 / RIM of its mask's height on; below, they fade."""

Size = tuple[int, int]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Window:
    """A rectangle of an image, in whole pixels: rows top..bottom, columns left..right."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def rows(self) -> slice:
        return slice(self.top, self.bottom)

    @property
    def columns(self) -> slice:
        return slice(self.left, self.right)

    @property
    def size_px(self) -> Size:
        return max(0, self.bottom - self.top), max(0, self.right - self.left)

    @property
    def empty(self) -> bool:
        return 0 in self.size_px

    def __and__(self, other: "Window") -> "Window":
        return Window(
            max(self.top, other.top),
            min(self.bottom, other.bottom),
            max(self.left, other.left),
            min(self.right, other.right),
        )

    def hull(self, other: "Window") -> "Window":
        """The smallest window that holds both."""
        if self.empty or other.empty:
            return other if self.empty else self
        return Window(
            min(self.top, other.top),
            max(self.bottom, other.bottom),
            min(self.left, other.left),
            max(self.right, other.right),
        )

    def moved(self, down_px: int, right_px: int) -> "Window":
        return Window(
            self.top + down_px, self.bottom + down_px, self.left + right_px, self.right + right_px
        )

    def within(self, other: "Window") -> tuple[slice, slice]:
        """Its rows and columns, counted from the corner of a window that holds it."""
        return (
            slice(self.top - other.top, self.bottom - other.top),
            slice(self.left - other.left, self.right - other.left),
        )

    @classmethod
    def whole(cls, size_px: Size) -> "Window":
        return cls(0, size_px[0], 0, size_px[1])


NOWHERE = Window(0, 0, 0, 0)


@dataclass(frozen=True)
class Within:
    """A rectangle in the picture, in shares of its shorter side; it may reach beyond it."""

    top: float
    bottom: float
    left: float
    right: float

    def at(self, size_px: Size) -> Window:
        """The part of it that lies in a picture of (height, width)."""
        edges = (round(share * min(size_px)) for share in (self.top, self.bottom))
        top, bottom = (min(max(edge, 0), size_px[0]) for edge in edges)
        edges = (round(share * min(size_px)) for share in (self.left, self.right))
        left, right = (min(max(edge, 0), size_px[1]) for edge in edges)
        return Window(top, bottom, left, right)


@dataclass(frozen=True)
class Brushed:
    """Where one patch of an edit acts.

    Attributes:
        mask: sha256 of what was brushed.
        within: beyond it the patch has nothing to give; None: it has everywhere.
    """

    mask: str
    within: Within | None = None


class Masks:
    """The masks of a request, at every size that is asked for.

    Args:
        masks: by their hash.
        cached: keeps what is dear to make: (key, how to make it) -> value.
    """

    def __init__(
        self,
        masks: Mapping[str, Mask],
        cached: Callable[[tuple[object, ...], Callable[[], Tensor]], Tensor],
    ) -> None:
        self._masks = masks
        self._cached = cached
        self._levels: dict[str, npt.NDArray[np.uint8]] = {}
        self._bounds: dict[tuple[str, Size], Window] = {}

    def window(self, sha256: str, size_px: Size, window: Window) -> Tensor:
        """1 x 1 x h x w float32 in [0, 1]: the mask in a window of a picture of (height, width)."""
        levels = self._own(sha256)
        if levels.shape == size_px:
            part = levels[window.rows, window.columns]
            return to_mask(part, (part.shape[0], part.shape[1]))
        return self._stretched(sha256, size_px)[:, :, window.rows, window.columns]

    def touched(self, sha256: str, size_px: Size, window: Window) -> Bools:
        """h x w: where the mask is not 0 in a window of a picture of (height, width)."""
        levels = self._own(sha256)
        if levels.shape == size_px:
            return levels[window.rows, window.columns] > 0
        return (self.window(sha256, size_px, window)[0, 0] > 0.0).numpy()

    def bounds(self, sha256: str, size_px: Size) -> Window:
        """The smallest window of a picture of (height, width) outside of which the mask is 0."""
        key = sha256, size_px
        if key not in self._bounds:
            levels = self._own(sha256)
            if levels.shape != size_px:
                levels = (self._stretched(sha256, size_px)[0, 0] > 0.0).numpy().view(np.uint8)
            self._bounds[key] = nonzero_bounds(levels)
        return self._bounds[key]

    def _own(self, sha256: str) -> npt.NDArray[np.uint8]:
        # Once a render: a mask that is kept in tiles is put together for it.
        if sha256 not in self._levels:
            self._levels[sha256] = self._masks[sha256].grey_hw
        return self._levels[sha256]

    def _stretched(self, sha256: str, size_px: Size) -> Tensor:
        return self._cached(("mask", sha256, size_px), lambda: to_mask(self._own(sha256), size_px))


def nonzero_bounds(levels_hw: npt.NDArray[np.uint8]) -> Window:
    """The smallest window that holds every value but 0."""
    import cv2

    left, top, width, height = cv2.boundingRect(np.ascontiguousarray(levels_hw))
    return Window(top, top + height, left, left + width) if width else NOWHERE


@dataclass(frozen=True)
class Weight:
    """Where, and how much, an edit's result replaces its input.

    Attributes:
        masks: of the request.
        strength: 0..1.
        mask: sha256 of the edit's mask, or None for everywhere.
        patches: of which the edit acts on; None: on everything.
    """

    masks: Masks
    strength: float
    mask: str | None
    patches: tuple[Brushed, ...] | None = None

    @property
    def full(self) -> bool:
        """Whether it is 1 everywhere."""
        return self.strength == 1.0 and self.mask is None and self.patches is None

    @property
    def even(self) -> bool:
        """Whether it is the same everywhere."""
        return self.mask is None and self.patches is None

    def bounds(self, size_px: Size) -> Window:
        """A window of a picture of (height, width) outside of which the weight is 0."""
        bounds = Window.whole(size_px)
        if self.mask is not None:
            bounds = self.masks.bounds(self.mask, size_px)
        if self.patches is not None:
            bounds &= hull(self._patch_bounds(patch, size_px) for patch in self.patches)
        return NOWHERE if bounds.empty else bounds

    def window(self, size_px: Size, window: Window) -> Tensor:
        """1 x 1 x h x w float32 in [0, 1]: the weight in a window of a picture of that size."""
        weight = torch.full((1, 1, *window.size_px), self.strength)
        if self.mask is not None:
            weight *= self.masks.window(self.mask, size_px, window)
        if self.patches is not None:
            weight *= self._coverage(size_px, window)
        return weight

    def touched(self, size_px: Size, window: Window) -> Bools:
        """h x w: where `window` is not 0, without computing it."""
        touched = np.full(window.size_px, self.strength > 0.0)
        if self.mask is not None:
            touched &= self.masks.touched(self.mask, size_px, window)
        if self.patches is None:
            return touched
        brushed = np.zeros(window.size_px, bool)
        for patch in self.patches:
            part = self._patch_bounds(patch, size_px) & window
            if not part.empty:
                brushed[part.within(window)] |= self.masks.touched(patch.mask, size_px, part)
        return touched & brushed

    def whole(self, size_px: Size) -> Tensor:
        """The weight of all of a picture of (height, width)."""
        return self.window(size_px, Window.whole(size_px))

    def _coverage(self, size_px: Size, window: Window) -> Tensor:
        """min(1, RIM * the highest mask of all patches)."""
        highest = torch.zeros(1, 1, *window.size_px)
        for patch in self.patches or ():
            part = self._patch_bounds(patch, size_px) & window
            if part.empty:
                continue
            there = (..., *part.within(window))
            levels = self.masks.window(patch.mask, size_px, part)
            highest[there] = torch.maximum(highest[there], levels)
        return highest.mul_(RIM).clamp_(max=1.0)

    def _patch_bounds(self, patch: Brushed, size_px: Size) -> Window:
        bounds = self.masks.bounds(patch.mask, size_px)
        return bounds if patch.within is None else bounds & patch.within.at(size_px)


def hull(windows: Iterable[Window]) -> Window:
    """The smallest window that holds all of them."""
    found = NOWHERE
    for window in windows:
        found = found.hull(window)
    return found
