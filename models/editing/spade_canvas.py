"""Layouts rendered by SPADE, one after the other, at one size.

What a picture costs depends on what changed since the last one:

- Scales and offsets depend on the labels alone (`models.editing.spade_modulation`). A style or a
  seed changes none of them, a stroke only those near it.
- In evaluation mode everything is local: a block is computed again only where its labels or its
  input changed, and as far around that as its convolutions reach. Its input is kept for that.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.api import CancelToken
from models.editing.spade_modulation import Scratch
from models.editing.spade_stages import BlockStage, FirstMap, Kept, Labels, LastConvolution
from models.image_io import padded_side_px
from models.networks.spade import SpadeNetwork


class SpadeCanvas:
    """Renders layouts of one size with one network, and keeps what the next picture can use.

    One thread at a time.

    Args:
        network: in evaluation mode, on `device`; its weights must not change afterwards.
        size_px: (height, width) of the layouts, any.
        edge_channel: whether the network's last channel is that of edges.
        device: where to compute.
        dtype: float32, or the half precision to compute in.
        budget_bytes: that may be kept between pictures; with 0 every picture starts from nothing.
    """

    def __init__(
        self,
        network: SpadeNetwork,
        size_px: tuple[int, int],
        *,
        edge_channel: bool,
        device: torch.device,
        dtype: torch.dtype,
        budget_bytes: int,
    ) -> None:
        self._budget_bytes = budget_bytes
        self._size_px = size_px
        self._cell_px = network.cell_px
        self._channels = network.semantic_channels
        self._edge_channel = edge_channel
        generator = network.G
        self._first = FirstMap(
            generator, channels=self._channels, edge_channel=edge_channel, dtype=dtype
        )
        self._blocks: list[BlockStage] = []
        step_px = self._cell_px
        for block, doubled in generator.blocks:
            step_px //= 2 if doubled else 1
            stage = BlockStage(
                block, step_px=step_px, doubled=doubled, edge_channel=edge_channel, dtype=dtype
            )
            self._blocks.append(stage)
        self._last = LastConvolution(generator.conv_img)

    @property
    def nbytes(self) -> int:
        """Kept now, never more than the budget."""
        return sum(part.nbytes for part in self._kept())

    @torch.inference_mode()
    def render(self, channels_hw: NDArray[Any], z: Tensor | None, token: CancelToken) -> Tensor:
        """The picture of a layout, 1 x 3 x H x W float32 in [-1, 1].

        Args:
            channels_hw: the network's channel of each pixel, H x W integers; the channel of edges
                is made here.
            z: style, 1 x Z; None is the mean style, and all there is without styles.
            token: asked between blocks.

        Raises:
            Cancelled: the token was set; what is kept stays right.
            ValueError: another size, a channel that the network does not have, or a style for a
                network without styles.
        """
        labels = self._labels(channels_hw)
        try:
            picture = self._render(labels, z, token)
        finally:
            self._make_room()
        return picture

    def _render(self, labels: Labels, z: Tensor | None, token: CancelToken) -> Tensor:
        token.raise_if_cancelled()
        scratch = Scratch()
        cells = np.ascontiguousarray(labels[:: self._cell_px, :: self._cell_px])
        x, changed = self._first.follow(cells, z)
        self._blocks[0].note(changed)
        for stage, after in zip(self._blocks, [*self._blocks[1:], self._last], strict=True):
            token.raise_if_cancelled()
            x, changed = stage.follow(x, labels, scratch)
            after.note(changed)
            self._make_room()
        token.raise_if_cancelled()
        picture = self._last.follow(x)
        height_px, width_px = self._size_px
        return picture[..., :height_px, :width_px].clone()

    def _labels(self, channels_hw: NDArray[Any]) -> Labels:
        """Channels, plus the number of channels at edges, on a canvas of whole cells."""
        if channels_hw.shape != self._size_px:
            raise ValueError(f"a layout of {channels_hw.shape} for a canvas of {self._size_px} px")
        highest = self._channels - self._edge_channel - 1
        if channels_hw.min() < 0 or channels_hw.max() > highest:
            raise ValueError(f"channels are 0 to {highest}")
        labels = channels_hw.astype(np.int32)
        if self._edge_channel:
            labels += self._channels * edges(labels)
        margins = [
            (0, padded_side_px(side_px, self._cell_px) - side_px) for side_px in self._size_px
        ]
        return np.pad(labels, margins, mode="edge")

    def _kept(self) -> Iterator[Kept]:
        for part in (self._first, *self._blocks, self._last):
            yield from part.kept()

    def _make_room(self) -> None:
        """Forget the largest maps, then weights, then tables, until the budget is kept."""
        parts = sorted(self._kept(), key=lambda part: (part.rank, -part.nbytes))
        used = sum(part.nbytes for part in parts)
        for part in parts:
            if used <= self._budget_bytes:
                return
            part.drop()
            used -= part.nbytes


def edges(labels_hw: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Where a label differs from its left, right, upper or lower neighbour's; both count."""
    found = np.zeros(labels_hw.shape, bool)
    down = labels_hw[1:] != labels_hw[:-1]
    across = labels_hw[:, 1:] != labels_hw[:, :-1]
    found[1:] |= down
    found[:-1] |= down
    found[:, 1:] |= across
    found[:, :-1] |= across
    return found
