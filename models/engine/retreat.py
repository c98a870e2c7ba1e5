"""The way back from too little memory: what is tried, in which order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import torch

from models.errors import OutOfMemory
from models.ops.memory import is_out_of_memory

Made = TypeVar("Made")

SMALLEST_LONG_SIDE_PX = 128
TILES_PX = (1024, 256)
"""Sides of the tiles that are tried for pictures that are larger."""


@dataclass(frozen=True)
class Attempt:
    """One way to do a render: where, how large (height, width), and in which tiles, if any."""

    device: torch.device
    size_px: tuple[int, int]
    tile_px: int | None = None


def attempts(
    devices: tuple[torch.device, ...], size_px: tuple[int, int], *, in_tiles: bool
) -> Iterator[Attempt]:
    """The ways to do a render of (height, width), best first.

    Args:
        devices: where it may go, best first.
        size_px: that is wanted.
        in_tiles: whether tiles are of any use to it.
    """
    for device in devices:
        smaller = size_px
        while True:
            yield Attempt(device, smaller)
            for tile_px in TILES_PX if in_tiles else ():
                if tile_px < max(smaller):
                    yield Attempt(device, smaller, tile_px)
            if max(smaller) // 2 < SMALLEST_LONG_SIDE_PX:
                break
            smaller = (max(1, smaller[0] // 2), max(1, smaller[1] // 2))


def making_room(
    work: Callable[[torch.device], Made],
    devices: tuple[torch.device, ...],
    drop_caches: Callable[[], None],
) -> tuple[torch.device, Made]:
    """Work that is small beside a render: again without caches, then on the next device.

    Returns:
        where it was done, and what came of it.

    Raises:
        OutOfMemory: it failed everywhere for want of memory.
    """
    for device in devices:
        for _ in range(2):
            try:
                return device, work(device)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            drop_caches()
    raise OutOfMemory("The memory is not enough for this: close other programs.")
