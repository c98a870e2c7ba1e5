"""Batches that are a function of (seed, step): every process draws the same, then takes its part.

So a resumed run sees the batches that an unbroken one would have seen, and several processes
together see what one process with their joint batch sees.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from models.errors import DataError
from models.image_io import to_bchw
from models.train.data.images import Crop, ImageEntry, cut

Entry = TypeVar("Entry")
Pixels = TypeVar("Pixels")
Batch = TypeVar("Batch")


@dataclass(frozen=True)
class Reading(Generic[Entry, Pixels, Batch]):
    """How entries become a batch.

    Attributes:
        load: decodes a crop of an entry; called on several threads.
        stack: makes a batch of what `load` gave.
        in_pairs: whether a step needs an even number of pictures.
    """

    load: Callable[[Entry, Crop], Pixels]
    stack: Callable[[Sequence[Pixels]], Batch]
    in_pairs: bool = False


def photo_crops(crop_px: int) -> Reading[ImageEntry, npt.NDArray[np.uint8], Tensor]:
    """Photos alone, in batches B x 3 x S x S in [-1, 1]; S is `crop_px`."""

    def load(entry: ImageEntry, crop: Crop) -> npt.NDArray[np.uint8]:
        return cut(entry.open(), crop_px, crop)

    def stack(photos: Sequence[npt.NDArray[np.uint8]]) -> Tensor:
        return torch.cat([to_bchw(rgb_hwc) for rgb_hwc in photos])

    return Reading(load, stack, in_pairs=True)


class CropBatches(Generic[Entry, Pixels, Batch]):
    """Random square crops, resized to one size, flipped at random.

    Args:
        entries: the pictures.
        reading: how they become batches.
        smallest: smallest crop as a share of the picture's shorter side; 1 for the whole side.
        batch: pictures a step over all processes.
        seed: of all draws.
        rank, world: which part of a batch this process takes.
        threads: pictures decoded at the same time, one step ahead.

    Raises:
        DataError: a batch that the processes cannot share.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        reading: Reading[Entry, Pixels, Batch],
        *,
        smallest: float,
        batch: int,
        seed: int,
        rank: int = 0,
        world: int = 1,
        threads: int = 1,
    ) -> None:
        self._least = 2 if reading.in_pairs else 1
        if batch % (self._least * world):
            number = "an even number of pictures" if reading.in_pairs else "as many as the others"
            raise DataError(
                f"A batch of {batch} cannot be shared by {world} processes: every process needs "
                f"{number}."
            )
        self._entries = entries
        self._reading = reading
        self._smallest = smallest
        self._batch = batch
        self._world = world
        self.seed = seed
        share = batch // world
        self._mine = slice(rank * share, (rank + 1) * share)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="decode")

    def iterate(self, first_step: int) -> Iterator[Batch]:
        """Batches of B/world pictures from `first_step` on, for ever."""
        step = first_step
        ahead = self._submit(step)
        while True:
            step, pending = step + 1, ahead
            ahead = self._submit(step)
            yield self._reading.stack([future.result() for future in pending])

    @property
    def batch(self) -> int:
        """Pictures a step over all processes."""
        return self._batch

    def halve(self) -> bool:
        """Make the batches from the next `iterate` on half as large; False if they cannot be."""
        if self._batch % (2 * self._least) or self._world > 1:
            return False
        self._batch //= 2
        self._mine = slice(0, self._batch)
        return True

    def close(self) -> None:
        """Stop decoding ahead."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _submit(self, step: int) -> list[Future[Pixels]]:
        rng = np.random.default_rng([self.seed, step])
        chosen = rng.integers(len(self._entries), size=self._batch)
        draws = rng.random((self._batch, 4))
        return [
            self._pool.submit(self._reading.load, self._entries[int(i)], self._crop(draw))
            for i, draw in zip(chosen[self._mine], draws[self._mine], strict=True)
        ]

    def _crop(self, draw: npt.NDArray[np.float64]) -> Crop:
        share = self._smallest + (1.0 - self._smallest) * draw[0]
        return Crop(share, (draw[1], draw[2]), flipped=bool(draw[3] < 0.5))
