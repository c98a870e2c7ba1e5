"""What a kind of edit has to offer, and what it is given to work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from models.api import CancelToken, Progress
from models.catalog import ModelSpec
from models.edits import Edit
from models.engine.memory import ByteCache
from models.errors import ModelsError
from models.values import Direction, Layout, Picture


@dataclass(frozen=True, kw_only=True)
class StageContext:
    """The means of one render.

    Attributes:
        device: where images are and networks run.
        dtype: what networks compute in; images stay float32.
        pictures: the pictures of the request by their hash.
        spec: the model of an edit, as the catalog has it.
        network: the network of an edit: on `device`, in eval mode.
        cache: finished values by everything that they depend on.
        token: asked before every step.
        progress: told every step.
        layout: of the request, or None.
        directions: of the request by their hash.
        extras: tensors that the model of an edit brings beside its network, by name.
        reduction: share of the wanted side that memory allows: 1, or less in a retreat.
        tile_px: side of the tiles in which pictures are encoded and decoded, in a retreat; None: at
            once.
    """

    device: torch.device
    dtype: torch.dtype
    pictures: Mapping[str, Picture]
    spec: Callable[[Edit], ModelSpec]
    network: Callable[[Edit], nn.Module]
    cache: ByteCache
    token: CancelToken
    progress: Progress
    layout: Layout | None = None
    directions: Mapping[str, Direction] = field(default_factory=dict[str, Direction])
    extras: Callable[[Edit], Mapping[str, Tensor]] = lambda edit: {}
    reduction: float = 1.0
    tile_px: int | None = None

    def step(self, words: str, share: float) -> None:
        """Say what comes next; `Cancelled` if it is no longer wanted."""
        self.token.raise_if_cancelled()
        self.progress(words, share)

    def span(self, low: float, high: float) -> "StageContext":
        """The means of a part of this work, which is its progress from `low` to `high`."""

        def report(words: str, share: float) -> None:
            self.progress(words, low + (high - low) * share)

        return replace(self, progress=report)

    def key(self, *parts: object) -> tuple[object, ...]:
        """A cache key: `parts`, and what every value depends on."""
        return (*parts, str(self.device), str(self.dtype), self.reduction)

    def cached(self, key: tuple[object, ...], make: Callable[[], Any]) -> Any:
        """The value of `key` (of which `tensor_bytes` knows the size), made when it is not there.

        A value enters the cache only when it is complete: an error or a cancellation in `make`
        leaves the cache as it was.
        """
        value = self.cache.get(key)
        if value is None:
            value = make()
            self.cache.put(key, value)
        return value


class Stage(Protocol):
    """One kind of edit, without its strength and its mask, which the renderer applies to all.

    Edits of codes have stages of another form (`models.engine.code_edits`).
    """

    def working_set_bytes(self, edit: Any, size_px: tuple[int, int], context: StageContext) -> int:
        """The most memory that `render` takes at once for an image of (height, width)."""
        ...

    def render(self, edit: Any, img_bchw: Tensor, input_key: str, context: StageContext) -> Tensor:
        """What the edit makes of the image.

        Args:
            edit: of the kind that the stage is registered for.
            img_bchw: 1 x 3 x H x W float32 in [-1, 1] on `context.device`; not to be written to.
            input_key: hash of all that the image depends on.

        Returns:
            1 x 3 x H x W float32, of exactly the input's size.
        """
        ...


def check_numbers(picture: Tensor, model: str) -> None:
    """Raise `ModelsError` if a model gave anything else."""
    if not torch.isfinite(picture).all():
        raise ModelsError(
            f"The model {model!r} gave values that are not numbers for this picture: "
            "try another precision, or another model."
        )
