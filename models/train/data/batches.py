"""Batches that are a function of (seed, step): every process draws the same, then takes its part.

So a resumed run sees the batches that an unbroken one would have seen, and several processes
together see what one process with their joint batch sees.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from models.errors import DataError
from models.image_io import to_bchw
from models.train.data.images import ImageEntry


class CropBatches:
    """Random square crops, resized to one size, flipped at random.

    Args:
        entries: the pictures.
        crop_px: side of the crops that the networks see.
        smallest: smallest crop as a share of the picture's shorter side; 1 for the whole side.
        batch: pictures a step over all processes.
        seed: of all draws.
        rank, world: which part of a batch this process takes.
        threads: pictures decoded at the same time, one step ahead.
    """

    def __init__(
        self,
        entries: Sequence[ImageEntry],
        *,
        crop_px: int,
        smallest: float,
        batch: int,
        seed: int,
        rank: int = 0,
        world: int = 1,
        threads: int = 1,
    ) -> None:
        if batch % (2 * world):
            raise DataError(
                f"A batch of {batch} cannot be shared by {world} processes: every process needs "
                "an even number of pictures."
            )
        self._entries = entries
        self._crop_px = crop_px
        self._smallest = smallest
        self._batch = batch
        self._world = world
        self.seed = seed
        share = batch // world
        self._mine = slice(rank * share, (rank + 1) * share)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="decode")

    def iterate(self, first_step: int) -> Iterator[Tensor]:
        """Batches B/world x 3 x S x S in [-1, 1] from `first_step` on, for ever."""
        step = first_step
        ahead = self._submit(step)
        while True:
            step, pending = step + 1, ahead
            ahead = self._submit(step)
            yield torch.cat([to_bchw(future.result()) for future in pending])

    @property
    def batch(self) -> int:
        """Pictures a step over all processes."""
        return self._batch

    def halve(self) -> bool:
        """Make the batches from the next `iterate` on half as large; False if they cannot be."""
        if self._batch % 4 or self._world > 1:
            return False
        self._batch //= 2
        self._mine = slice(0, self._batch)
        return True

    def close(self) -> None:
        """Stop decoding ahead."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _submit(self, step: int) -> list[Future[np.ndarray]]:
        rng = np.random.default_rng([self.seed, step])
        chosen = rng.integers(len(self._entries), size=self._batch)
        draws = rng.random((self._batch, 4))
        return [
            self._pool.submit(self._load, self._entries[int(i)], draw)
            for i, draw in zip(chosen[self._mine], draws[self._mine], strict=True)
        ]

    def _load(self, entry: ImageEntry, draw: np.ndarray) -> np.ndarray:
        image = entry.open()
        share = self._smallest + (1.0 - self._smallest) * draw[0]
        side = share * min(image.size)
        left = draw[1] * (image.width - side)
        top = draw[2] * (image.height - side)
        size = (self._crop_px, self._crop_px)
        image = image.resize(size, Image.Resampling.BICUBIC, (left, top, left + side, top + side))
        rgb_hwc = np.asarray(image)
        return rgb_hwc[:, ::-1] if draw[3] < 0.5 else rgb_hwc
