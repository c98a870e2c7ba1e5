"""SPADE's scales and offsets, computed once for every different neighbourhood of labels.

The two convolutions of a normalisation see 5 x 5 labels (arXiv 1903.07291, equation 1), so its
gamma and beta are a table with one row for each pattern of labels. In evaluation mode the
normalisation before them is a scale and an offset for each channel, which the rows take in: a
normalised value is `x * scale + offset`.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from models.editing.label_patterns import (
    OUTSIDE,
    REACH,
    TAPS,
    Anatomy,
    Hashes,
    Ints,
    changed_box,
    find_patterns,
)
from models.networks.spade import Spade
from models.ops.batch_norm import EPSILON

CHUNK_BYTES = 2**21
"""Rows of the tables that are spread out at once: what a processor's cache holds."""
PRODUCT_BYTES = 2**26
"""Beyond this, products are not kept for each neighbourhood, but computed for each pattern."""
SPARE = 1.25
"""Rows that a table has room for, for each that is in use."""


class NormRows:
    """Rows of scales and offsets of one normalisation.

    Args:
        norm: in evaluation mode, on the device to compute on.
        edge_channel: whether the last channel of its label map is that of edges.
        dtype: of the large products.
    """

    def __init__(self, norm: Spade, *, edge_channel: bool, dtype: torch.dtype) -> None:
        shared = norm.mlp_shared[0]
        assert isinstance(shared, torch.nn.Conv2d)
        hidden, self._channels_in = shared.weight.shape[:2]
        self._edge_channel = edge_channel
        # One row for each tap and channel, and a last one for what lies outside of the map.
        lookup = shared.weight.permute(2, 3, 1, 0).reshape(-1, hidden)
        self._lookup = torch.cat([lookup, lookup.new_zeros(1, hidden)])
        self._lookup_bias = shared.bias
        weights = torch.cat([norm.mlp_gamma.weight, norm.mlp_beta.weight])
        self._products = weights.permute(2, 3, 1, 0).reshape(9, hidden, -1).to(dtype)
        assert norm.mlp_gamma.bias is not None
        assert norm.mlp_beta.bias is not None
        self._bias = torch.cat([norm.mlp_gamma.bias + 1, norm.mlp_beta.bias])
        self._mean = norm.param_free_norm.running_mean
        self._inverse = torch.rsqrt(norm.param_free_norm.running_var + EPSILON)

    @property
    def nbytes(self) -> int:
        return self._lookup.nbytes + self._products.nbytes

    @property
    def width(self) -> int:
        """Values in a row: the scales, then the offsets."""
        return self._bias.numel()

    def __call__(self, anatomy: Anatomy) -> Tensor:
        """Patterns -> P x width float32."""
        hidden = self._hidden(anatomy).to(self._products.dtype)
        taps = torch.from_numpy(anatomy.taps).to(hidden.device)
        rows = self._sums(hidden, taps).add_(self._bias)
        scale, offset = rows.chunk(2, 1)
        scale.mul_(self._inverse)
        offset.addcmul_(scale, self._mean, value=-1)
        return rows

    def _hidden(self, anatomy: Anatomy) -> Tensor:
        """The first convolution, as a sum of rows of its weight: I x hidden."""
        labels = anatomy.labels
        outside = len(self._lookup) - 1
        first = np.arange(len(TAPS)) * self._channels_in
        rows = [np.where(labels == OUTSIDE, outside, labels % self._channels_in + first)]
        if self._edge_channel:
            edges = first + self._channels_in - 1
            rows.append(np.where(labels >= self._channels_in, edges, outside))
        picks = torch.from_numpy(np.concatenate(rows, 1)).to(self._lookup.device)
        hidden = F.embedding_bag(picks, self._lookup, mode="sum")
        if self._lookup_bias is not None:
            hidden.add_(self._lookup_bias)
        # The second convolution sees zeros beyond the border.
        inside = torch.from_numpy(anatomy.is_inside).to(hidden.device)
        return hidden.relu_().mul_(inside[:, None])

    def _sums(self, hidden: Tensor, taps: Tensor) -> Tensor:
        """The second convolution, of both maps: P x width float32."""
        count = len(hidden)
        if count * self._products[:, 0].numel() * 4 <= PRODUCT_BYTES:
            products = torch.matmul(hidden, self._products).float().flatten(0, 1)
            first = torch.arange(len(TAPS), device=taps.device) * count
            return F.embedding_bag(taps + first, products, mode="sum")
        matrix = self._products.flatten(0, 1)
        step = max(1, CHUNK_BYTES // (matrix.shape[0] * hidden.element_size()))
        return torch.cat([(hidden[part].flatten(1) @ matrix).float() for part in taps.split(step)])


class Modulation:
    """Scales and offsets at one resolution, for all normalisations there.

    Args:
        dtype: that the rows are kept in.

    Attributes:
        labels: h x w, what the rows are of.
        index: h x w, the row of each pixel.
        tables: for each normalisation, rows x (2 * channels): scales, then offsets.
    """

    def __init__(self, dtype: torch.dtype) -> None:
        self._dtype = dtype
        self.labels: NDArray[np.int32] | None = None
        self.index = torch.empty(0)
        self.tables: list[Tensor] = []
        self._names: Hashes = np.empty(0, np.uint64)
        self._rows: Ints = np.empty(0, np.int64)

    @property
    def nbytes(self) -> int:
        arrays = [self._names, self._rows, *([] if self.labels is None else [self.labels])]
        return sum(part.nbytes for part in (self.index, *self.tables, *arrays))

    def follow(self, labels_hw: NDArray[np.int32], norms: Callable[[], list[NormRows]]) -> None:
        """Make the rows those of `labels_hw`; only neighbourhoods never seen are computed.

        Args:
            labels_hw: of the same size every time.
            norms: gives those of which there are tables, always in the same order; only asked when
                there are rows to compute.

        When it fails, everything is as before.
        """
        changed = changed_box(self.labels, labels_hw)
        if changed is None:
            return
        part = changed.grown(REACH, (labels_hw.shape[0], labels_hw.shape[1]))
        patterns = find_patterns(labels_hw, part)
        rows = self._look_up(patterns.names)
        if len(self._names) + np.count_nonzero(rows < 0) > self._room:
            self._drop_unused()
            rows = self._look_up(patterns.names)
        new = np.flatnonzero(rows < 0)
        if new.size:
            rows[new] = len(self._names) + np.arange(new.size)
            anatomy = patterns.anatomy(new)
            self._append(patterns.names[new], [norm(anatomy) for norm in norms()])
        found = torch.from_numpy(rows[patterns.index].astype(np.int32)).to(self.tables[0].device)
        if self.labels is None:
            self.index = found
        else:
            self.index[part.slices] = found
        self.labels = labels_hw

    @property
    def _room(self) -> int:
        return len(self.tables[0]) if self.tables else 0

    def _look_up(self, names: Hashes) -> Ints:
        """The row of each pattern, -1 for new ones."""
        rows = np.full(len(names), -1)
        places = np.searchsorted(self._names, names)
        inside = np.flatnonzero(places < len(self._names))
        known = inside[self._names[places[inside]] == names[inside]]
        rows[known] = self._rows[places[known]]
        return rows

    def _append(self, names: Hashes, rows: list[Tensor]) -> None:
        before = len(self._names)
        after = before + len(names)
        tables = self.tables
        if after > self._room:
            room = int(SPARE * after)
            tables = [new.new_empty(room, new.shape[1], dtype=self._dtype) for new in rows]
            for table, old in zip(tables, self.tables, strict=False):
                table[:before] = old[:before]
        for table, new in zip(tables, rows, strict=True):
            table[before:after] = new
        self.tables = tables
        self._set_names(
            np.concatenate([self._names, names]),
            np.concatenate([self._rows, np.arange(before, after)]),
        )

    def _set_names(self, names: Hashes, rows: Ints) -> None:
        order = np.argsort(names)
        self._names, self._rows = names[order], rows[order]

    def _drop_unused(self) -> None:
        """Forget the patterns that the map no longer has."""
        if self.labels is None:
            return
        kept, index = torch.unique(self.index, return_inverse=True)
        self.tables = [table[kept] for table in self.tables]
        self.index = index.to(torch.int32)
        place = np.full(len(self._names), -1)
        place[kept.cpu().numpy()] = np.arange(len(kept))
        rows = place[self._rows]
        self._set_names(self._names[rows >= 0], rows[rows >= 0])


class Scratch:
    """Memory that is used again and again while a picture is rendered.

    Taking fresh pages from the system costs as much as filling them with results.
    """

    def __init__(self) -> None:
        self._buffers: dict[str, Tensor] = {}

    def take(self, name: str, shape: tuple[int, ...], like: Tensor) -> Tensor:
        """A tensor of that shape, of whatever was in it; what had that name is overwritten."""
        count = math.prod(shape)
        buffer = self._buffers.get(name)
        if buffer is None or buffer.numel() < count:
            buffer = self._buffers[name] = like.new_empty(count)
        return buffer[:count].view(shape)


def modulated(
    x: Tensor, index: Tensor, table: Tensor, scratch: Scratch, out: Tensor | None = None
) -> Iterator[tuple[int, int, Tensor]]:
    """`x * scale + offset`, a few rows of pixels after the other, as (top, bottom, values).

    Args:
        x: h x w x C, or of half the size, then every value counts for 2 x 2 pixels.
        index: h x w, the row of the table of each pixel.
        table: rows x 2C.
        scratch: whose memory the values, (bottom - top) x w x C, lie in until the next ones.
        out: h x w x C that the values are written to instead, `x` itself where sizes agree.
    """
    height, width = index.shape
    channels = table.shape[1] // 2
    step = max(2, CHUNK_BYTES // (width * table.shape[1] * table.element_size()) // 2 * 2)
    if index.is_cuda:
        step = height
    for top in range(0, height, step):
        bottom = min(height, top + step)
        rows = scratch.take("rows", ((bottom - top) * width, 2 * channels), table)
        torch.index_select(table, 0, index[top:bottom].reshape(-1), out=rows)
        rows = rows.view(bottom - top, width, 2 * channels)
        target = rows[..., :channels] if out is None else out[top:bottom]
        if x.shape[0] == height:
            torch.addcmul(rows[..., channels:], x[top:bottom], rows[..., :channels], out=target)
        else:
            scale, offset, found = map(in_pairs, (*rows.split(channels, 2), target))
            half = x[top // 2 : bottom // 2, None, :, None]
            torch.addcmul(offset, half, scale, out=found)
        yield top, bottom, target


def in_pairs(x: Tensor) -> Tensor:
    """H x W x C -> H/2 x 2 x W/2 x 2 x C, the same memory."""
    return x.unflatten(1, (-1, 2)).unflatten(0, (-1, 2))
