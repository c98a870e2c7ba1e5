"""A picture from a base and a list of edits, step by step, nothing computed twice.

A change of the third edit finds the first two in the cache; a change of strength or mask finds even
the third edit's own result, since putting it into the picture comes after it and is cheap.

Edits of codes that follow each other pass their codes on (`models.engine.plan`). What such an edit
makes of the codes is decoded, and lies over the picture before it:

    after = before + weight * (decoded + detail * (before - decoded before) - before)

"decoded before" are the codes that the edit got: the picture as the network sees it. So with a
detail of 1 the edit is a difference that is added to the picture. Where the weight is 0 the picture
stays as it was, bit for bit. Edits that move things about keep the detail of where they take them
from (`models.engine.clone_structure`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from models.api import RenderRequest
from models.editing.codes import Codes, blended, from_elsewhere
from models.edits import PaintTexture
from models.engine.code_edits import CodeWork, Shift
from models.engine.code_memory import decode_bytes, encode_bytes
from models.engine.coder import Coder
from models.engine.plan import AnyStep, CodeStep, PictureStep, digest, encoded_sizes, plan
from models.engine.stage import StageContext, check_numbers
from models.engine.weights import NOWHERE, Brushed, Masks, Size, Window
from models.image_io import resize_rgb, short_side_size
from models.ops.cancelling import between_operations

BASE_BYTES_PER_PX = 4 * 3 * 4
"""Of a render without stages: the base, its resized form, the result, and its whole numbers."""
LAYER_BYTES_PER_PX = 3 * 4
"""Of each edit, while all of them wait to be put into the photo."""
MARGIN_PX = 4
"""Pixels around what a weight lets through that are made too: stretching reads neighbours."""
PART_PX = 64
"""Sides of what is decoded are multiples of that, so that not every stroke asks for a new part."""
COLOUR_PX = 32
"""Side of the squares whose mean is a colour, where colours are kept without what is finer."""

Part = tuple[str, float, float]
"""Of the work of a step: in words, and from which share of it to which."""
ENCODING: Part = ("encoding picture", 0.0, 0.2)
SEEING: Part = ("decoding", 0.2, 0.4)
CHANGING: Part = ("encoding reference", 0.4, 0.5)
DECODING: Part = ("decoding", 0.5, 1.0)


@dataclass(frozen=True)
class Moved:
    """Detail that patches bring along from other places of the picture.

    Attributes:
        detail: how much of it, 0..1.
        patches: where it goes.
        shifts: for each patch where it comes from, in pixels of the layer's picture; None: nowhere.
    """

    detail: float
    patches: tuple[Brushed, ...]
    shifts: tuple[Shift | None, ...]

    def put(
        self, masks: Masks, size_px: Size, window: Window, taken: Callable[[Shift | None], Tensor]
    ) -> Tensor:
        """What a window of a picture of (height, width) gets: 1 x 3 x h x w on the CPU.

        Args:
            taken: the detail of the window that lies at a shift from this one.
        """
        found = taken((0, 0)).cpu().clone()
        for patch, shift in zip(self.patches, self.shifts, strict=True):
            part = masks.bounds(patch.mask, size_px) & window
            if part.empty:
                continue
            there = (..., *part.within(window))
            level = masks.window(patch.mask, size_px, part)
            other = taken(shift).cpu()[there]
            found[there] = torch.lerp(found[there], other, level.expand_as(other))
        return found * self.detail


@dataclass(frozen=True)
class Layer:
    """What one edit puts over the picture before it: values + keep * before, by a weight.

    Attributes:
        values: 1 x 3 x h x w float32, of a part of the picture.
        window: that part.
        keep: share of the picture before it that stays in it, 0..1.
        moved: how detail that is finer than the values comes in, where it comes from elsewhere.
    """

    values: Tensor
    window: Window
    keep: float
    moved: Moved | None = None

    def over(self, before: Tensor, weight: Tensor | float) -> Tensor:
        """The layer over the same part of the picture; where the weight is 0, that, bit for bit.

        Args:
            before: of the size of `values`.
            weight: 1 x 1 x h x w, or a number.
        """
        raw = self.values if self.keep == 0.0 else self.values + self.keep * before
        if not isinstance(weight, Tensor):
            return torch.lerp(before, raw, weight)
        return torch.lerp(before, raw, weight.to(before.device).expand_as(before))


def target_size(request: RenderRequest) -> Size:
    """(height, width) that the request asks for."""
    size_px = (request.base.height_px, request.base.width_px)
    if request.short_side_px is None:
        return size_px
    return short_side_size(size_px, request.short_side_px)


def edit_size(request: RenderRequest, size_px: Size, reduction: float = 1.0) -> Size:
    """(height, width) at which edits are carried out for a result of that size, and no larger.

    Args:
        reduction: share of the wanted side that memory allows.
    """
    if request.edit_px is None:
        return size_px
    short_px = max(1, round(request.edit_px * reduction))
    return size_px if short_px >= min(size_px) else short_side_size(size_px, short_px)


def working_set_bytes(request: RenderRequest, size_px: Size, context: StageContext) -> int:
    """The most memory that `render` and `models.engine.lift` take at once, caches not counted.

    Args:
        size_px: (height, width) of the result.

    Raises:
        ModelsError: an edit without a stage, or one whose model cannot be had.
    """
    at_px = edit_size(request, size_px, context.reduction)
    most, as_map = 0, False
    steps = plan(request, "", Masks({}, context.cached), context)
    for step in steps:
        if isinstance(step, PictureStep):
            most = max(most, step.stage.working_set_bytes(step.edit, at_px, context))
        else:
            as_map |= isinstance(step.edit, PaintTexture) or step.edit.mask is not None
            decoding = decode_bytes(
                step.config, at_px, context.dtype, context.tile_px, as_map=as_map
            )
            most = max(most, decoding, _encoding_bytes(step, at_px, context))
    waiting = 0 if at_px == size_px else len(steps)
    layers = waiting * at_px[0] * at_px[1] * LAYER_BYTES_PER_PX
    return size_px[0] * size_px[1] * BASE_BYTES_PER_PX + layers + most


def _encoding_bytes(step: CodeStep, size_px: Size, context: StageContext) -> int:
    return max(
        encode_bytes(step.config, encoded_px, context.dtype, context.tile_px)
        for encoded_px in encoded_sizes(step, size_px, context)
    )


def render(request: RenderRequest, size_px: Size, context: StageContext) -> Tensor:
    """The picture of a request at (height, width): 1 x 3 x H x W float32 in about [-1, 1].

    Raises:
        ModelsError: an edit that cannot be carried out; the text says why.
        Cancelled: the token was set; caches hold finished values only.
    """
    rendering = Rendering(request, size_px, context)
    img_bchw = rendering.picture_after(len(rendering.steps))
    context.step("done", 1.0)
    return img_bchw


class Rendering:
    """One walk through the edits of a request, from the last one back to what is cached.

    Args:
        request: to render.
        size_px: (height, width) at which the edits are carried out.
        context: the means.

    Attributes:
        size_px: as given.
        masks: of the request.
        steps: the edits that change anything, in order.
        base_key: hash of the base and the size.
    """

    def __init__(self, request: RenderRequest, size_px: Size, context: StageContext) -> None:
        self._base = request.base
        self.size_px = size_px
        self._context = context
        masks = {mask.sha256: mask for mask in request.masks}
        self.masks = Masks(masks, context.cached)
        self.base_key = digest("base", request.base.sha256, size_px)
        self.steps = plan(request, self.base_key, self.masks, context)
        # The picture before the step that is being put in: its layer needs it too, and the cache
        # may have no room.
        self._before: tuple[int, Tensor] | None = None

    @property
    def last_key(self) -> str:
        """Key of the picture with all its edits."""
        return self.steps[-1].after if self.steps else self.base_key

    def picture_after(self, count: int) -> Tensor:
        """The picture with the first `count` steps carried out: 1 x 3 x H x W."""
        context = self._context
        if self._before is not None and self._before[0] == count:
            return self._before[1]
        if count == 0:
            return context.cached(context.key("picture", self.base_key), self._resized_base)
        step = self.steps[count - 1]
        if self._is_whole(step):
            return self.layer(count).values
        if self._window(step).empty:
            return self.picture_after(count - 1)
        return context.cached(context.key("picture", step.after), lambda: self._put_in(count))

    def layer(self, count: int) -> Layer:
        """What the step of that number, from 1, puts over the picture before it."""
        step = self.steps[count - 1]
        window = self._window(step)
        if window.empty:
            return Layer(torch.zeros(1, 3, 0, 0), NOWHERE, 0.0)
        if isinstance(step, CodeStep):
            return self._code_layer(count, step, window)
        key = self._context.key("raw", step.result)
        values = self._context.cached(key, lambda: self._run(count, step))
        return Layer(values[:, :, window.rows, window.columns], window, 0.0)

    def codes_of_all(self, coder: Coder) -> Codes:
        """The codes that a further edit of codes would get: passed on, or of the picture."""
        last = self.steps[-1] if self.steps else None
        count = len(self.steps)
        if isinstance(last, CodeStep) and self._coder(count, ENCODING).weights == coder.weights:
            return self._codes_after(count)
        return coder.codes(self.last_key, lambda: self.picture_after(count))

    def _resized_base(self) -> Tensor:
        with between_operations(self._context.token):
            return resize_rgb(self._base.rgb_hwc, self.size_px).to(self._context.device)

    def _window(self, step: AnyStep) -> Window:
        """What of a layer is made: what its weight lets through, and a little more."""
        bounds = step.weight.bounds(self.size_px)
        if bounds.empty:
            return NOWHERE
        low, high = (
            [(side + by) // PART_PX * PART_PX for side in sides]
            for sides, by in (
                ((bounds.top, bounds.left), -MARGIN_PX),
                ((bounds.bottom, bounds.right), MARGIN_PX + PART_PX - 1),
            )
        )
        grown = Window(low[0], high[0], low[1], high[1])
        return grown & Window.whole(self.size_px)

    def _is_whole(self, step: AnyStep) -> bool:
        """Whether nothing of the picture before a step is left."""
        detail = step.edit.detail if isinstance(step, CodeStep) else 0.0
        return step.weight.full and detail == 0.0

    def _put_in(self, count: int) -> Tensor:
        """The layer over the picture before it."""
        before = self.picture_after(count - 1)
        self._before = count - 1, before
        layer = self.layer(count)
        self._before = None
        part = before[:, :, layer.window.rows, layer.window.columns]
        weight = self.steps[count - 1].weight
        share = weight.strength if weight.even else weight.window(self.size_px, layer.window)
        picture = before.clone()
        picture[:, :, layer.window.rows, layer.window.columns] = layer.over(part, share)
        return picture

    def _run(self, count: int, step: PictureStep) -> Tensor:
        """A stage's own result, checked: of the input's size, and of numbers."""
        before = self.picture_after(count - 1)
        raw = step.stage.render(step.edit, before, step.before, self._part(count))
        if raw.shape != before.shape:
            raise TypeError(f"stage {step.edit.kind} made {raw.shape} of {before.shape}")
        check_numbers(raw, step.edit.model)
        return raw

    def _code_layer(self, count: int, step: CodeStep, window: Window) -> Layer:
        def decoded(key: str, codes: Callable[[int], Codes], part: Part) -> Tensor:
            coder = self._coder(count, part)
            return coder.decoded(key, lambda: codes(count), step.edit.seed, self.size_px, window)

        detail = step.edit.detail
        if detail == 0.0:
            return Layer(decoded(step.result, self._codes_made, DECODING), window, 0.0)
        shifts = step.stage.detail_from(step.edit, self.size_px, self._context)
        # In this order: the decoder keeps what it has done last, which is what the next stroke
        # goes on from.
        seen = decoded(step.codes_before, self._codes_before, SEEING)
        made = decoded(step.result, self._codes_made, DECODING)
        if shifts is None:
            return Layer(made - detail * seen, window, detail)
        before = self.picture_after(count - 1)
        moved = Moved(detail, step.weight.patches or (), shifts)
        residue = before[:, :, window.rows, window.columns] - seen

        def taken(shift: Shift | None) -> Tensor:
            if shift is None:
                return colours(residue)
            if shift == (0, 0):
                return residue
            # Not the residue of the source: the network makes something else of the same codes
            # where others are around them.
            at = (window.top + shift[0], window.left + shift[1])
            return from_elsewhere(before, window.size_px, at) - made

        kept = moved.put(self.masks, self.size_px, window, taken)
        return Layer(made + kept.to(made.device), window, 0.0, moved)

    def _codes_before(self, count: int) -> Codes:
        """What the codes step of that number gets."""
        step = self._code_step(count)
        if step.carried:
            return self._codes_after(count - 1)
        coder = self._coder(count, ENCODING)
        return coder.codes(step.before, lambda: self.picture_after(count - 1))

    def _codes_made(self, count: int) -> Codes:
        """What it makes of them."""
        step, context = self._code_step(count), self._context

        def make() -> Codes:
            before = self._codes_before(count)
            return step.stage.change(step.edit, before, self._work(count))

        return context.cached(context.key("made", step.result), make)

    def _codes_after(self, count: int) -> Codes:
        """What it passes on."""
        step = self._code_step(count)
        if step.weight.full:
            return self._codes_made(count)
        if self._window(step).empty:
            return self._codes_before(count)

        def make() -> Codes:
            share = self._work(count).share_of(step.weight)
            return blended(self._codes_before(count), self._codes_made(count), share)

        return self._context.cached(self._context.key("passed", step.codes_after), make)

    def _work(self, count: int) -> CodeWork:
        step = self._code_step(count)
        return CodeWork(
            context=self._context,
            coder=self._coder(count, CHANGING),
            masks=self.masks,
            patches=step.weight.patches or (),
            size_px=self.size_px,
            picture=lambda: self.picture_after(count - 1),
            picture_key=step.before,
        )

    def _coder(self, count: int, part: Part) -> Coder:
        """What encodes and decodes for a part of that step."""
        words, low, high = part
        step = self._code_step(count)
        return Coder(step.edit, step.config, self._part(count).span(low, high), words)

    def _code_step(self, count: int) -> CodeStep:
        step = self.steps[count - 1]
        assert isinstance(step, CodeStep)
        return step

    def _part(self, count: int) -> StageContext:
        """The context of one step: its progress is a part of the whole."""
        steps = len(self.steps)
        return self._context.span((count - 1) / steps, count / steps)


def colours(image: Tensor) -> Tensor:
    """1 x 3 x h x w without what is finer than `COLOUR_PX`: means of squares, interpolated."""
    kernel = (min(COLOUR_PX, image.shape[2]), min(COLOUR_PX, image.shape[3]))
    means = F.avg_pool2d(image, kernel, ceil_mode=True, count_include_pad=False)
    return F.interpolate(means, size=image.shape[2:], mode="bilinear", align_corners=False)
