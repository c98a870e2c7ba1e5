"""Pictures decoded by the Swapping Autoencoder, one after the other, at one size.

What a picture costs depends on what changed since the last one. The generator is local, but for
the texture: a changed cell of the structure code, or of a texture map, changes a rectangle of each
layer that grows by what the convolutions reach. The layers' outputs are kept, what is compared are
the codes, and only those rectangles are computed again. Noise belongs to positions of the canvas.

Often only a part of the picture is asked for: what a soft mask lets through. Then of every layer
only that is computed which this part needs; the rest is remembered as stale.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from models.api import CancelToken
from models.editing.decoder_layers import Codes, Layer, layers_of, needs, values
from models.editing.label_patterns import Box
from models.editing.windows import (
    Boxes,
    overlap,
    pieces,
    places,
    stretched_reach,
    together,
    whole_of,
    without,
)
from models.networks.swapping_autoencoder import SwappingAutoencoder

WINDOW_BYTES = 2**27
"""Of a layer's widest map in what is computed at once, at most."""

Told = Callable[[float], object]
"""Called with the share that is done, 0..1."""


@dataclass
class Place:
    """A layer, what is kept of its output, and what of that is not right any more.

    A layer that is not kept has stale places too: those that the next layer has not been told of.
    """

    layer: Layer
    output: Tensor | None = None
    stale: Boxes = field(default=())

    @property
    def nbytes(self) -> int:
        """Of the whole output, kept or not."""
        height, width = self.layer.size_hw
        return height * width * self.layer.channels * self.layer.dtype.itemsize

    def note(self, changed: Box) -> None:
        """The input has changed there."""
        self.stale = together((*self.stale, self.layer.touches(changed)))

    def note_all(self) -> None:
        """The whole output is stale."""
        self.stale = (whole_of(self.layer.size_hw),)

    def wanted(self, part: Box) -> Boxes:
        """What is to be computed for `part` of the output to be right."""
        shared = (overlap(box, part) for box in self.stale)
        return together([box for box in shared if box is not None])

    def done(self, part: Box) -> None:
        """`part` is right, and the next layer knows."""
        left = [rest for box in self.stale for rest in without(box, part)]
        self.stale = together(left)

    def write(self, part: Box, found: Tensor) -> None:
        """Keep what was computed for `part`."""
        assert self.output is not None
        self.output[(..., *part.slices)] = found


class DecoderCanvas:
    """Decodes codes of one size with one network, and keeps what the next picture can use.

    One thread at a time.

    Args:
        network: in evaluation mode; its device and `compute_dtype` are the canvas's, its weights
            must not change afterwards.
        cells_hw: height and width of the structure codes.
        budget_bytes: that may be kept between pictures: codes and picture first, then the maps
            from the smallest to the largest. With 0 every picture starts from nothing.
        window_px: pixels of a layer's output that are computed at once, at most; None: as many as
            are worth their memory.
    """

    def __init__(
        self,
        network: SwappingAutoencoder,
        cells_hw: tuple[int, int],
        *,
        budget_bytes: int,
        window_px: int | None = None,
    ) -> None:
        self._budget_bytes = budget_bytes
        self._window_px = window_px
        self._cells_hw = cells_hw
        self._dtype = network.compute_dtype
        self._places = [Place(layer) for layer in layers_of(network, cells_hw)]
        self._codes: Codes | None = None

    @property
    def nbytes(self) -> int:
        """Kept now, never more than the budget."""
        codes = 0 if self._codes is None else _code_bytes(self._codes)
        return codes + sum(place.nbytes for place in self._places if place.output is not None)

    @torch.inference_mode()
    def decode(
        self,
        structure: Tensor,
        texture: Tensor,
        noise: int | None,
        token: CancelToken,
        part: Box,
        progress: Told = lambda share: None,
    ) -> Tensor:
        """A part of the picture of these codes, as `SwappingAutoencoder.decode` gives it.

        Args:
            structure: 1 x S x h x w of the canvas's size, of any length.
            texture: 1 x T, or a map 1 x T x h' x w' of any size.
            noise: a seed, or None for no noise.
            token: asked between convolutions.
            part: rows and columns in px.
            progress: told the share that is done after every window.

        Returns:
            1 x 3 x its size, float32, about [-1, 1], not clamped, of new memory.

        Raises:
            Cancelled: the token was set; what is kept stays right.
            ValueError: a structure code of another size, or several pictures at once.
        """
        if structure.shape[0] != 1 or structure.shape[2:] != self._cells_hw:
            raise ValueError(f"a code of {tuple(structure.shape)} for {self._cells_hw} cells")
        token.raise_if_cancelled()
        codes = Codes(structure, texture, noise)
        kept = self._plan(codes)
        if not kept:
            self._forget()
            return self._from_nothing(codes, token, part, progress)
        self._follow(codes, kept)
        return self._update(token, part, progress)

    def _forget(self) -> None:
        self._codes = None
        for place in self._places:
            place.output = None

    def _plan(self, codes: Codes) -> set[int]:
        """Which layers' outputs the budget allows to keep; without the picture, none."""
        last = len(self._places) - 1
        order = [last, *sorted(range(last), key=lambda number: self._places[number].nbytes)]
        left = self._budget_bytes - _code_bytes(codes)
        kept: set[int] = set()
        for number in order:
            left -= self._places[number].nbytes
            if left < 0:
                break
            kept.add(number)
        return kept

    def _follow(self, codes: Codes, kept: set[int]) -> None:
        """Note what is stale with these codes, and make room for what will be kept."""
        before = self._codes
        if before is None or not self._note_changes(before, codes):
            for place in self._places:
                place.note_all()
        self._codes = Codes(
            _kept(codes.structure, None if before is None else before.structure),
            _kept(codes.texture, None if before is None else before.texture),
            codes.seed,
        )
        for number, place in enumerate(self._places):
            if number not in kept:
                place.output = None
            elif place.output is None:
                place.output = self._empty(place.layer)
                place.note_all()

    def _note_changes(self, before: Codes, after: Codes) -> bool:
        """Note what differs; False when everything does."""
        if before.seed != after.seed:
            return False
        texture = _differing(before.texture, after.texture)
        if texture is None:
            return False
        structure = (before.structure != after.structure).any(1)[0]
        for box in places(structure):
            self._places[0].note(box)
        for box in places(texture):
            for place in self._places:
                layer = place.layer
                place.note(stretched_reach(box, texture.shape, layer.input_hw))
        return True

    def _update(self, token: CancelToken, part: Box, progress: Told) -> Tensor:
        """Compute what is stale of what `part` of the picture needs."""
        needed = needs([place.layer for place in self._places], part)
        works = [
            box.area * place.layer.width**2 for place, box in zip(self._places, needed, strict=True)
        ]
        for number, (place, box) in enumerate(zip(self._places, needed, strict=True)):
            done, most = sum(works[:number]), sum(works[: number + 1])
            after = self._places[number + 1 : number + 2]
            for stale in place.wanted(box):
                for piece in pieces(stale, self._most(place.layer)):
                    if place.output is not None:
                        place.write(piece, self._compute(number, piece, token))
                    for other in after:
                        other.note(piece)
                    place.done(piece)
                    # What is stale may overlap.
                    done = min(most, done + piece.area * place.layer.width**2)
                    progress(done / sum(works))
        picture = self._places[-1].output
        assert picture is not None
        return picture[(..., *part.slices)].clone(memory_format=torch.contiguous_format)

    def _compute(self, number: int, part: Box, token: CancelToken) -> Tensor:
        assert self._codes is not None
        return values(
            [place.layer for place in self._places],
            number,
            part,
            self._codes,
            token,
            lambda before: self._places[before].output,
        )

    def _from_nothing(self, codes: Codes, token: CancelToken, part: Box, progress: Told) -> Tensor:
        """`part` of the picture, a window after the other, with nothing kept."""
        layers = [place.layer for place in self._places]
        picture = codes.structure.new_empty(1, 3, part.height, part.width, dtype=torch.float32)
        done = 0
        for piece in pieces(part, self._most(layers[-1])):
            found = values(layers, len(layers) - 1, piece, codes, token)
            picture[(..., *piece.within(part).slices)] = found
            done += piece.area
            progress(done / part.area)
        return picture

    def _empty(self, layer: Layer) -> Tensor:
        assert self._codes is not None
        return torch.empty(
            (1, layer.channels, *layer.size_hw),
            dtype=layer.dtype,
            device=self._codes.structure.device,
            memory_format=torch.channels_last,
        )

    def _most(self, layer: Layer) -> int:
        """Pixels of a layer's output that are computed at once."""
        most = max(1, WINDOW_BYTES // (layer.width * self._dtype.itemsize))
        return most if self._window_px is None else min(most, self._window_px)


def _kept(code: Tensor, before: Tensor | None) -> Tensor:
    """A copy that stays when the caller writes to the code; the last one where nothing changed."""
    return before if before is not None and torch.equal(code, before) else code.clone()


def _code_bytes(codes: Codes) -> int:
    return codes.structure.nbytes + codes.texture.nbytes


def _differing(before: Tensor, after: Tensor) -> Tensor | None:
    """Where two textures differ, h x w; None when they do everywhere or cannot be compared.

    A code counts as a map that is the same everywhere.
    """
    if before.dim() == after.dim() == 2:
        return torch.zeros(1, 1, dtype=torch.bool) if torch.equal(before, after) else None
    first, second = (
        code[:, :, None, None] if code.dim() == 2 else code for code in (before, after)
    )
    sizes = {code.shape[2:] for code in (before, after) if code.dim() == 4}
    if len(sizes) > 1:
        return None
    differs = (first != second).any(1)[0]
    return None if bool(differs.all()) else differs
