"""What a network computed for a picture, kept in the engine's cache for the next one of that size.

The next picture mostly differs by a stroke or a style (`models.editing.decoder_canvas`,
`models.editing.spade_canvas`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, cast

from torch import Tensor, nn

from models.engine.memory import ByteCache
from models.errors import Cancelled


class Canvas(Protocol):
    """What knows how much it keeps."""

    @property
    def nbytes(self) -> int: ...


Kind = TypeVar("Kind", bound=Canvas)


@dataclass(frozen=True)
class KeptCanvas(Generic[Kind]):
    """A canvas in the engine's cache, and the network that it was made with."""

    canvas: Kind
    network: nn.Module

    @property
    def nbytes(self) -> int:
        """Of the canvas alone: the network is kept for itself."""
        return self.canvas.nbytes


def with_canvas(
    cache: ByteCache,
    key: tuple[object, ...],
    network: nn.Module,
    make: Callable[[], Kind],
    work: Callable[[Kind], Tensor],
) -> Tensor:
    """What `work` makes with the canvas of that key, which is kept afterwards.

    A failure in the middle ends the canvas; being called off, which happens at every other stroke,
    leaves it right.

    Args:
        network: whose canvas it has to be.
        make: a new canvas, where there is none of this network.
    """
    kept = cast("KeptCanvas[Kind] | None", cache.get(key))
    if kept is None or kept.network is not network:
        kept = KeptCanvas(make(), network)
    # Outside of the cache while its size changes.
    cache.drop(key)
    try:
        picture = work(kept.canvas)
    except Cancelled:
        _put(cache, key, kept)
        raise
    _put(cache, key, kept)
    return picture


def _put(cache: ByteCache, key: tuple[object, ...], kept: KeptCanvas[Kind]) -> None:
    """Keep a canvas, unless there is nothing in it: it would hold its network for nothing."""
    if kept.nbytes:
        cache.put(key, kept)
