"""What a kind of edit of codes has to offer, and what it is given to work with.

The renderer does what all of them share (`models.engine.renderer`): it passes the codes on or
encodes the picture, decodes what the edit made of the codes, keeps the picture's own detail, and
puts the result into the picture where strength, mask and patches say so.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from models.configs import SwappingAutoencoderConfig
from models.editing.codes import Codes, level_in_cells, mean_in_cells
from models.edits import CodeEdit, Edit
from models.engine.coder import Coder
from models.engine.references import reference_size, spot_weight
from models.engine.stage import StageContext
from models.engine.weights import Brushed, Masks, Size, Weight, Window
from models.errors import RequestError
from models.image_io import pad_to_multiple, resize_rgb
from models.ops.cancelling import between_operations

Shift = tuple[int, int]
"""Whole pixels down and to the right, from a place to where something for it is taken."""


@dataclass(frozen=True)
class CodeWork:
    """The means of one edit of codes.

    Attributes:
        context: of the render.
        coder: encodes and decodes with the edit's model.
        masks: of the request.
        patches: of the edit.
        size_px: (height, width) of the picture.
        picture: the picture before the edit, 1 x 3 x H x W; made when it is asked for.
        picture_key: hash of all that it depends on.
    """

    context: StageContext
    coder: Coder
    masks: Masks
    patches: tuple[Brushed, ...]
    size_px: Size
    picture: Callable[[], Tensor]
    picture_key: str

    def level_of(self, patch: Brushed) -> Tensor:
        """How far the codes go for a patch: 1 x 1 x h x w at the cells, on the device."""
        level = torch.zeros(1, 1, *self.size_px)
        window = Window.whole(self.size_px)
        if patch.within is not None:
            window = patch.within.at(self.size_px)
        if not window.empty:
            level[:, :, window.rows, window.columns] = self.masks.window(
                patch.mask, self.size_px, window
            )
        return self._in_cells(level, level_in_cells)

    def share_of(self, weight: Weight) -> Tensor | float:
        """A weight at the cells: the mean of each, 1 x 1 x h x w; a number if it is even."""
        if weight.even:
            return weight.strength
        return self._in_cells(weight.whole(self.size_px), mean_in_cells)

    def texture_of(
        self, reference: str | None, spot: tuple[float, float, float] | None = None
    ) -> Tensor:
        """The texture code of a reference (None: of the picture), or of a spot of it: 1 x T."""
        if reference is None:
            key, size_px, image = self.picture_key, self.size_px, self.picture
            if spot is None:
                # As the first edit of a chain gets it: then it is there already.
                return self.coder.codes(key, image).texture
        else:
            key = reference
            size_px = reference_size(self.context.pictures[reference], min(self.size_px))

            def image() -> Tensor:
                return self.resized(reference, size_px)

        weight_hw = None if spot is None else spot_weight(size_px, spot)
        return self.coder.texture((key, size_px, spot), image, weight_hw)

    def resized(self, picture: str, size_px: Size) -> Tensor:
        """A picture of the request at (height, width): 1 x 3 x H x W on the device."""
        with between_operations(self.context.token):
            image = resize_rgb(self.context.pictures[picture].rgb_hwc, size_px)
        return image.to(self.context.device)

    def _in_cells(self, weight: Tensor, pool: Callable[[Tensor, int], Tensor]) -> Tensor:
        # Padded like the picture is: what is beyond its border is reflected in both.
        cell_px = self.coder.cell_px
        padded = pad_to_multiple(weight, cell_px, self.coder.min_side_px)
        return pool(padded, cell_px).to(self.context.device)


class CodeStage(Protocol):
    """One kind of edit of codes, without its strength, mask, seed and detail."""

    refusal: str
    """What a model of another family cannot do: "take over a texture"."""

    def reads_picture(self, edit: Any) -> bool:
        """Whether `change` may ask for the picture."""
        ...

    def patches(
        self, edit: Any, base_px: Size, context: StageContext
    ) -> tuple[Brushed, ...] | None:
        """The patches outside of which the edit changes no pixel; None: it may change all.

        Args:
            base_px: (height, width) of the base.
        """
        ...

    def encodes(self, edit: Any, size_px: Size, context: StageContext) -> Iterator[Size]:
        """The sizes of all pictures that `change` encodes, for a picture of (height, width)."""
        ...

    def change(self, edit: Any, codes: Codes, work: CodeWork) -> Codes:
        """What the edit makes of the codes; soft rims of its patches are in it."""
        ...

    def detail_from(
        self, edit: Any, size_px: Size, context: StageContext
    ) -> tuple[Shift | None, ...] | None:
        """Where each patch takes the picture's own detail from, in a picture of (height, width).

        A shift to another place of the picture; None: it brings none, and keeps the colours alone
        of the place where it is. None in place of all of them: every place keeps its own.
        """
        ...


def own_place(stage: object, edit: CodeEdit, size_px: Size, context: StageContext) -> None:
    """`CodeStage.detail_from` of edits that move nothing: every place keeps its own detail."""


def check_config(edit: Edit, stage: CodeStage, context: StageContext) -> SwappingAutoencoderConfig:
    """The config of the edit's model.

    Raises:
        RequestError: the model is of another family.
    """
    spec = context.spec(edit)
    if not isinstance(spec.config, SwappingAutoencoderConfig):
        raise RequestError(
            f"The model {spec.id!r} ({spec.family}) cannot {stage.refusal}: "
            "choose a swapping autoencoder."
        )
    return spec.config
