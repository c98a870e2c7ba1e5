"""From the picture at the size of its edits to the finished one, at the size that is wanted.

Edits are carried out at a size that networks like and machines bear, and put into the base at its
own: each edit's layer is stretched and laid over the base there, in order, with the weights of that
size. So the base keeps its own detail wherever an edit leaves it, and where no edit acts the whole
numbers are the base's, bit for bit, whatever the bits.

Only what some edit acts on is touched, in bands of rows. At the end it is counted: how many pixels
lie outside of every edit, and how many of them are not the base's all the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from models.api import RenderRequest
from models.engine.code_edits import Shift
from models.engine.renderer import Layer, Rendering, edit_size
from models.engine.stage import StageContext
from models.engine.stretching import Stretching
from models.engine.weights import Size, Window, hull
from models.image_io import resize_rgb, to_bchw, to_rgb_hwc
from models.ops.cancelling import between_operations

BAND_PX = 1 << 19
"""Pixels that are put together at a time: 6 MB for each of some float32 images."""

Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Finished:
    """A finished picture.

    Attributes:
        rgb_hwc: H x W x 3, uint8 or uint16.
        outside_px: pixels in which no edit acts.
        changed_outside_px: how many of them are not the base's; 0 unless the sizes are the same.
    """

    rgb_hwc: Pixels
    outside_px: int
    changed_outside_px: int


def finish(request: RenderRequest, size_px: Size, context: StageContext) -> Finished:
    """The finished picture of a request at (height, width).

    Raises:
        ModelsError: an edit that cannot be carried out; the text says why.
        Cancelled: the token was set; caches hold finished values only.
    """
    rendering = Rendering(request, edit_size(request, size_px, context.reduction), context)
    finisher = Finisher(request, size_px, rendering, context)
    rgb_hwc = finisher.numbers()
    outside, changed = finisher.counted(rgb_hwc)
    context.step("done", 1.0)
    return Finished(rgb_hwc, outside, changed)


class Finisher:
    """Puts the layers of a rendering into its base.

    Args:
        request: that is rendered.
        size_px: (height, width) of the result.
        rendering: of the request, at the size of its edits.
        context: of the render.
    """

    def __init__(
        self, request: RenderRequest, size_px: Size, rendering: Rendering, context: StageContext
    ) -> None:
        self._request = request
        self._size_px = size_px
        self._rendering = rendering
        self._context = context
        base = request.base
        self._own_size = (base.height_px, base.width_px) == size_px
        self._stretching = Stretching(rendering.size_px, size_px)
        self._windows = [step.weight.bounds(size_px) for step in rendering.steps]

    def numbers(self) -> Pixels:
        """The finished whole numbers, H x W x 3."""
        rendering, bits = self._rendering, self._request.bits
        if rendering.size_px == self._size_px:
            with between_operations(self._context.token):
                return to_rgb_hwc(rendering.picture_after(len(rendering.steps)), bits)
        # Before the base is copied: memory is needed for one at a time.
        layers = [on_cpu(rendering.layer(number + 1)) for number in range(len(rendering.steps))]
        rgb_hwc = self._base_numbers().copy()
        for window in self._bands():
            self._context.step("putting into the photo", 0.95)
            self._put_in(window, layers, rgb_hwc)
        return rgb_hwc

    def counted(self, rgb_hwc: Pixels) -> tuple[int, int]:
        """Pixels outside of every edit, and how many of these are not the base's."""
        if any(step.weight.even for step in self._rendering.steps):
            return 0, 0
        own = self._base_numbers() if self._own_size else rgb_hwc
        outside = changed = 0
        for window in bands(Window.whole(self._size_px)):
            self._context.token.raise_if_cancelled()
            touched = self._touched(window)
            outside += touched.size - int(np.count_nonzero(touched))
            before, after = own[window.rows], rgb_hwc[window.rows]
            if not same(before, after):
                differs = (before != after).any(2)
                changed += int(np.count_nonzero(differs & ~touched))
        return outside, changed

    def _base_numbers(self) -> Pixels:
        """The base in whole numbers, at the size and with the bits of the result."""
        base = self._request.base
        bits = 8 * base.rgb_hwc.dtype.itemsize
        if self._own_size and bits == self._request.bits:
            return base.rgb_hwc
        key = self._context.key("numbers", base.sha256, self._size_px, self._request.bits)
        return self._context.cached(key, lambda: to_rgb_hwc(self._base_image(), self._request.bits))

    def _base_image(self) -> Tensor:
        """The base at the size of the result: 1 x 3 x H x W float32, on the CPU."""
        if self._own_size:
            return to_bchw(self._request.base.rgb_hwc)
        with between_operations(self._context.token):
            key = self._context.key("base", self._request.base.sha256, self._size_px)
            return self._context.cached(
                key, lambda: resize_rgb(self._request.base.rgb_hwc, self._size_px)
            )

    def _base_part(self, window: Window) -> Tensor:
        if self._own_size:
            return to_bchw(self._request.base.rgb_hwc[window.rows, window.columns])
        return self._base_image()[:, :, window.rows, window.columns].clone()

    def _bands(self) -> Iterator[Window]:
        """What any edit acts on, in pieces."""
        yield from bands(hull(self._windows))

    def _put_in(self, window: Window, layers: list[Layer], rgb_hwc: Pixels) -> None:
        """Every layer over the base in one piece; numbers change where some weight is not 0."""
        image = self._base_part(window)
        touched = torch.zeros(window.size_px, dtype=torch.bool)
        for step, layer, bounds in zip(self._rendering.steps, layers, self._windows, strict=True):
            part = bounds & window
            if part.empty or layer.window.empty:
                continue
            there = part.within(window)
            weight = step.weight.window(self._size_px, part)
            touched[there] |= weight[0, 0] > 0.0
            stretched = self._stretched(layer, part)
            image[(..., *there)] = stretched.over(image[(..., *there)], weight)
        numbers = to_rgb_hwc(image, self._request.bits)
        target = rgb_hwc[window.rows, window.columns]
        np.copyto(target, numbers, where=touched.numpy()[..., None])

    def _stretched(self, layer: Layer, part: Window) -> Layer:
        """The layer in `part` of the result."""
        values = self._stretching(layer.values, layer.window, part)
        if layer.moved is not None:
            taken = partial(self._finer, part)
            values += layer.moved.put(self._rendering.masks, self._size_px, part, taken)
        return Layer(values, part, layer.keep)

    def _finer(self, window: Window, shift: Shift | None) -> Tensor:
        """What of the base is finer than edits are, in the window at a shift from this one.

        Args:
            shift: in pixels of the size at which edits are carried out; None: nothing is taken.
        """
        found = torch.zeros(1, 3, *window.size_px)
        if shift is None:
            return found
        scale = min(self._size_px) / min(self._rendering.size_px)
        down_px, right_px = (round(side_px * scale) for side_px in shift)
        source = window.moved(down_px, right_px) & Window.whole(self._size_px)
        if not source.empty:
            coarse = self._rendering.picture_after(0).cpu()
            held = Window.whole(self._rendering.size_px)
            finer = self._base_part(source) - self._stretching(coarse, held, source)
            found[(..., *source.moved(-down_px, -right_px).within(window))] = finer
        return found

    def _touched(self, window: Window) -> npt.NDArray[np.bool_]:
        """Where some weight is not 0, in a window of the result."""
        touched = np.zeros(window.size_px, bool)
        for step, bounds in zip(self._rendering.steps, self._windows, strict=True):
            part = bounds & window
            if not part.empty:
                touched[part.within(window)] |= step.weight.touched(self._size_px, part)
        return touched


def on_cpu(layer: Layer) -> Layer:
    return replace(layer, values=layer.values.cpu())


def same(before: Pixels, after: Pixels) -> bool:
    """Whether two arrays, each in one piece, are the same: by eight bytes at a time."""
    first, second = (values.reshape(-1).view(np.uint8) for values in (before, after))
    whole = len(first) // 8 * 8
    eights = (values[:whole].view(np.uint64) for values in (first, second))
    return np.array_equal(next(eights), next(eights)) and np.array_equal(
        first[whole:], second[whole:]
    )


def bands(window: Window) -> Iterator[Window]:
    """A window in bands of rows of about `BAND_PX` pixels."""
    if window.empty:
        return
    rows = max(1, BAND_PX // (window.right - window.left))
    for top in range(window.top, window.bottom, rows):
        yield Window(top, min(top + rows, window.bottom), window.left, window.right)
