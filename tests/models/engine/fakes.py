"""A library of models without files, a network that does as it is told, and a toy kind of edit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.api import CancelToken
from models.catalog import IoSpec, ModelSpec, WeightsSpec
from models.configs import Config, SwappingAutoencoderConfig
from models.editing.decoder_canvas import DecoderCanvas
from models.editing.tiles import encode_tiled
from models.edits import Edit
from models.engine.memory import ByteCache
from models.engine.stage import StageContext
from models.values import Picture

TINY = SwappingAutoencoderConfig(
    structure_downsamplings=2,
    texture_downsamplings=1,
    structure_channels=4,
    texture_channels=16,
    encoder_scale=1 / 16,
    generator_scale=1 / 32,
)


def make_spec(model_id="fake", *, config: Config = TINY, sha256="a" * 64, path=None) -> ModelSpec:
    return ModelSpec(
        id=model_id,
        title="A fake",
        family="swapping_autoencoder",
        config=config,
        weights=WeightsSpec("fake.safetensors", sha256, 1, "CC0-1.0", "tests", 0),
        io=IoSpec(4, 12),
        path=path or Path("fake.safetensors"),
        shipped=True,
    )


class FakeNetwork(nn.Module):
    """Structure: mean colour of 4 x 4 px; texture: mean colour. Decoding adds the two.

    Attributes:
        calls: "encode" and "decode" in order, with the shape of what came in.
        errors: raised by the next calls, one each; None lets a call pass.
    """

    cell_px = 4
    min_side_px = 12

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, tuple[int, ...]]] = []
        self.errors: list[Exception | None] = []
        self.noises: list[object] = []

    def encode(self, img_bchw: Tensor) -> tuple[Tensor, Tensor]:
        self._note("encode", img_bchw)
        return F.avg_pool2d(img_bchw, 4), img_bchw.mean((2, 3))

    def decode(self, structure: Tensor, texture: Tensor, noise: object = "zero") -> Tensor:
        self._note("decode", structure)
        self.noises.append(noise)
        picture = F.interpolate(structure, scale_factor=4.0) * 0.5
        if texture.dim() == 2:
            return picture + texture[:, :, None, None]
        return picture + F.interpolate(texture, size=picture.shape[2:], mode="bilinear")

    def probe(self) -> Tensor:
        return self.encode(torch.zeros(1, 3, 12, 12))[1]

    def names(self) -> list[str]:
        return [name for name, _ in self.calls]

    def _note(self, name: str, tensor: Tensor) -> None:
        self.calls.append((name, tuple(tensor.shape)))
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error


class FakeCanvas:
    """The decoder of a `FakeNetwork`: keeps nothing.

    Attributes:
        nbytes: what it says it keeps.
    """

    nbytes = 0

    def __init__(self, network, cells_hw, **means):
        self.network = network

    def decode(self, structure, texture, noise, token, part, progress):
        token.raise_if_cancelled()
        picture = self.network.decode(structure, texture, "zero" if noise is None else noise)
        return picture[(..., *part.slices)].clone()


def canvas_of(network, cells_hw, **means):
    """The canvas of a network, real or not."""
    if isinstance(network, FakeNetwork):
        return FakeCanvas(network, cells_hw, **means)
    return DecoderCanvas(network, cells_hw, **means)


def codes_in_tiles(network, image, **means):
    """A `FakeNetwork` has no layers to go through in tiles."""
    if isinstance(network, FakeNetwork):
        return network.encode(image)
    return encode_tiled(network, image, **means)


@dataclass(frozen=True, kw_only=True)
class Brighten(Edit):
    """A toy edit."""

    kind: ClassVar[str] = "brighten"

    by: float = 0.25


@dataclass
class BrightenStage:
    """Adds `by`; remembers what it was asked; can be given something to do instead."""

    asked: list[tuple[float, tuple[int, int], str]] = field(default_factory=list)
    instead: Callable[[Brighten, Tensor, StageContext], Tensor | None] | None = None
    bytes_per_px: int = 0

    def working_set_bytes(
        self, edit: Brighten, size_px: tuple[int, int], context: StageContext
    ) -> int:
        return self.bytes_per_px * size_px[0] * size_px[1]

    def render(
        self, edit: Brighten, img_bchw: Tensor, input_key: str, context: StageContext
    ) -> Tensor:
        height_px, width_px = img_bchw.shape[2:]
        self.asked.append((edit.by, (height_px, width_px), str(context.device)))
        context.step(f"brightening by {edit.by:g}", 0.5)
        if self.instead is not None:
            result = self.instead(edit, img_bchw, context)
            if result is not None:
                return result
        return img_bchw + edit.by


def make_context(*pictures: Picture, network: nn.Module | None = None, **changes) -> StageContext:
    means = {
        "device": torch.device("cpu"),
        "dtype": torch.float32,
        "pictures": {picture.sha256: picture for picture in pictures},
        "spec": lambda edit: make_spec(edit.model),
        "network": lambda edit: network,
        "cache": ByteCache(2**24),
        "token": CancelToken(),
        "progress": lambda words, share: None,
    }
    return StageContext(**{**means, **changes})


def random_picture(height_px=24, width_px=32, seed=0, dtype: type = np.uint8) -> Picture:
    largest = np.iinfo(dtype).max
    values = np.random.default_rng(seed).integers(0, largest, (height_px, width_px, 3))
    return Picture.from_rgb(values.astype(dtype))
