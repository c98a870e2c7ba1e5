"""The steps from labels to a picture, each with what it keeps of the last time.

Every step is told what changed in its input (`note`) as soon as that has changed, and remembers it
until it has followed: the work may be called off between any two steps, and what is kept is right.

Maps are height x width x channels here: their rows are what the tables of scales and offsets have.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from models.editing.label_patterns import REACH as PATTERN_REACH
from models.editing.label_patterns import Box, changed_box, joined
from models.editing.spade_block import REACH as BLOCK_REACH
from models.editing.spade_block import BlockConvolutions, block_norms, run_block
from models.editing.spade_modulation import Modulation, NormRows, Scratch
from models.networks.spade import SLOPE, SpadeBlock, SpadeGenerator

Labels = NDArray[np.int32]

WHOLE_SHARE = 0.7
"""A part of a map that is larger than this share of it is computed as the whole map."""
MAPS, WEIGHTS, TABLES = range(3)
"""What is kept, in the order in which it goes when memory is short. Maps help only where little
changes; tables help every picture and take the least memory."""


@dataclass(frozen=True)
class Kept:
    """Something kept from picture to picture.

    Attributes:
        rank: MAPS, WEIGHTS or TABLES.
        nbytes: its size.
        drop: forgets it.
    """

    rank: int
    nbytes: int
    drop: Callable[[], None]


class FirstMap:
    """The map that the first block starts from: of the labels, or of a style."""

    def __init__(
        self, generator: SpadeGenerator, *, channels: int, edge_channel: bool, dtype: torch.dtype
    ) -> None:
        self._generator = generator
        self._channels = channels
        self._edge_channel = edge_channel
        self._dtype = dtype
        self._x: Tensor | None = None
        self._source: Tensor | None = None

    def follow(self, labels_hw: Labels, z: Tensor | None) -> tuple[Tensor, Box | None]:
        """The map and where it changed.

        Args:
            labels_hw: one label for each cell.
            z: 1 x Z, or None.

        Raises:
            ValueError: a style for a generator without styles.
        """
        source = self._source_of(labels_hw, z)
        changed = self._changed(source, Box(0, 0, *labels_hw.shape))
        if self._x is None or changed is not None:
            x = self._map(source, labels_hw.shape)
            self._x = x[0].permute(1, 2, 0).to(self._dtype).contiguous()
            self._source = source
        return self._x, changed

    def kept(self) -> Iterator[Kept]:
        if self._x is not None and self._source is not None:
            yield Kept(MAPS, self._x.nbytes + self._source.nbytes, self._drop)

    def _drop(self) -> None:
        self._x = self._source = None

    def _source_of(self, labels_hw: Labels, z: Tensor | None) -> Tensor:
        """What the map is made of: a style, 1 x Z, or the labels."""
        fc = self._generator.fc
        if isinstance(fc, nn.Linear):
            return fc.weight.new_zeros(1, fc.in_features) if z is None else z.to(fc.weight)
        if z is not None:
            raise ValueError("this generator has no styles")
        return torch.from_numpy(labels_hw)

    def _changed(self, source: Tensor, whole: Box) -> Box | None:
        if self._source is None:
            return whole
        if torch.equal(source, self._source):
            return None
        if isinstance(self._generator.fc, nn.Linear):
            return whole
        moved = changed_box(self._source.numpy(), source.numpy())
        return None if moved is None else moved.grown(1, (whole.height, whole.width))

    def _map(self, source: Tensor, cells: tuple[int, ...]) -> Tensor:
        """1 x C x h x w."""
        fc = self._generator.fc
        if isinstance(fc, nn.Conv2d):
            return fc(self._semantics(source).to(fc.weight))
        # Of the label map only its size is asked.
        size_px = [side * self._generator.cell_px for side in cells]
        return self._generator.first_map(
            source.new_zeros(1, 1, 1, 1).expand(1, 1, *size_px), source
        )

    def _semantics(self, labels_hw: Tensor) -> Tensor:
        """Labels -> 1 x S x h x w."""
        channels = labels_hw.long() % self._channels
        semantics = F.one_hot(channels, self._channels).permute(2, 0, 1)[None]
        if self._edge_channel:
            semantics[0, -1] = labels_hw >= self._channels
        return semantics


class BlockStage:
    """One block of the generator."""

    def __init__(
        self,
        block: SpadeBlock,
        *,
        step_px: int,
        doubled: bool,
        edge_channel: bool,
        dtype: torch.dtype,
    ) -> None:
        self._block = block
        self._step_px = step_px
        self._doubled = doubled
        self._edge_channel = edge_channel
        self._dtype = dtype
        self._modulation = Modulation(dtype)
        self._norms: list[NormRows] | None = None
        self._convolutions: BlockConvolutions | None = None
        self._output: Tensor | None = None
        self._labels: Labels | None = None
        self._stale: Box | None = None

    def note(self, changed: Box | None) -> None:
        """The input has changed there since the last `follow`."""
        if changed is not None:
            self._stale = joined(self._stale, changed.doubled() if self._doubled else changed)

    def follow(self, x: Tensor, labels_px: Labels, scratch: Scratch) -> tuple[Tensor, Box | None]:
        """The output and where it changed.

        Args:
            x: the input.
            labels_px: of the whole canvas.
            scratch: for intermediate maps.
        """
        labels = np.ascontiguousarray(labels_px[:: self._step_px, :: self._step_px])
        size = (labels.shape[0], labels.shape[1])
        changed = self._changed(labels, size)
        if self._output is not None and changed is None:
            return self._output, None
        self._modulation.follow(labels, self._get_norms)
        part = whole = Box(0, 0, *size)
        if self._output is not None and changed and changed.area <= WHOLE_SHARE * whole.area:
            part = changed
        result = run_block(x, part, self._modulation, self._get_convolutions(), scratch)
        if self._output is None or part == whole:
            self._output = result
        else:
            self._output[part.slices] = result
        self._labels, self._stale = labels, None
        return self._output, changed

    def kept(self) -> Iterator[Kept]:
        if self._output is not None and self._labels is not None:
            yield Kept(MAPS, self._output.nbytes + self._labels.nbytes, self._drop_output)
        if self._norms is not None:
            yield Kept(WEIGHTS, sum(norm.nbytes for norm in self._norms), self._drop_norms)
        if self._convolutions is not None:
            yield Kept(WEIGHTS, self._convolutions.nbytes, self._drop_convolutions)
        if self._modulation.nbytes:
            yield Kept(TABLES, self._modulation.nbytes, self._drop_modulation)

    def _changed(self, labels: Labels, size: tuple[int, int]) -> Box | None:
        moved = changed_box(self._labels, labels)
        if moved is not None:
            moved = moved.grown(PATTERN_REACH, size)
        changed = joined(self._stale, moved)
        return None if changed is None else changed.grown(BLOCK_REACH, size)

    def _get_norms(self) -> list[NormRows]:
        if self._norms is None:
            self._norms = block_norms(
                self._block, edge_channel=self._edge_channel, dtype=self._dtype
            )
        return self._norms

    def _get_convolutions(self) -> BlockConvolutions:
        if self._convolutions is None:
            self._convolutions = BlockConvolutions(self._block, self._dtype)
        return self._convolutions

    def _drop_output(self) -> None:
        self._output = self._labels = None

    def _drop_norms(self) -> None:
        self._norms = None

    def _drop_convolutions(self) -> None:
        self._convolutions = None

    def _drop_modulation(self) -> None:
        self._modulation = Modulation(self._dtype)


class LastConvolution:
    """From the last block's output to the picture, in float32."""

    def __init__(self, conv: nn.Conv2d) -> None:
        self._conv = conv
        self._picture: Tensor | None = None
        self._stale: Box | None = None

    def note(self, changed: Box | None) -> None:
        """The input has changed there since the last `follow`."""
        self._stale = joined(self._stale, changed)

    def follow(self, x: Tensor) -> Tensor:
        """The picture, 1 x 3 x H x W; the next call changes it."""
        size = (x.shape[0], x.shape[1])
        whole = part = Box(0, 0, *size)
        if self._picture is not None:
            if self._stale is None:
                return self._picture
            part = self._stale.grown(1, size)
        read = part.grown(1, size)
        inputs = F.leaky_relu(x[read.slices].permute(2, 0, 1)[None].float(), SLOPE)
        rows, columns = part.within(read).slices
        result = torch.tanh(self._conv(inputs)[..., rows, columns])
        if self._picture is None or part == whole:
            self._picture = result
        else:
            self._picture[(..., *part.slices)] = result
        self._stale = None
        return self._picture

    def kept(self) -> Iterator[Kept]:
        if self._picture is not None:
            yield Kept(MAPS, self._picture.nbytes, self._drop)

    def _drop(self) -> None:
        self._picture = None
