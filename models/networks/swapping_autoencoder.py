"""Swapping Autoencoder: one encoder to a structure and a texture code, one generator back.

Source: Park et al., arXiv 2007.00653 = thesis, chapter 4 (section 4.4.7 for the architecture).
State dicts are compatible with the published files: `E` and `G` and the attribute names below are
theirs. Shapes: image B x 3 x H x W in [-1, 1]; structure code B x S x H/c x W/c with c = 2 **
structure_downsamplings, of unit length at each position; texture code B x T, of unit length.
"""

import math
from collections import OrderedDict
from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.errors import RequestError
from models.ops.equalized import ConvLayer, EqualLinear
from models.ops.modconv import ModulatedConv2d, StyledConv, spread
from models.ops.noise import canvas_noise

Noise = str | int | Sequence[Tensor]
RESIDUAL_GAIN = 1.0 / math.sqrt(2.0)


def unit_length(code: Tensor) -> Tensor:
    """The code with unit length over its channels (dimension 1)."""
    return code * torch.rsqrt(code.square().sum(1, keepdim=True) + 1e-8)


class DownBlock(nn.Module):
    """Residual block that halves the size, with reflected borders (figure 4.9, left)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv1 = ConvLayer(in_channels, in_channels, 3, reflect=(1, 1))
        self.conv2 = ConvLayer(
            in_channels, out_channels, 3, stride=2, blur=(1, 2, 1), reflect=(2, 1)
        )
        # Sides are even, so that the zeros at the right and the bottom are never read.
        self.skip = ConvLayer(
            in_channels, out_channels, 1, stride=2, blur=(1, 2, 1), pad=1, tail="nothing"
        )

    def forward(self, x: Tensor) -> Tensor:
        skip = self.skip(x, RESIDUAL_GAIN)
        return skip.add_(self.conv2(self.conv1(x), RESIDUAL_GAIN))


class Encoder(nn.Module):
    """Image -> structure code and texture code."""

    def __init__(
        self,
        *,
        structure_downsamplings: int,
        texture_downsamplings: int,
        structure_channels: int,
        texture_channels: int,
        scale: float,
        steepness: float,
    ) -> None:
        super().__init__()
        count = structure_downsamplings + texture_downsamplings
        # Python's rounding is the published networks' (2.5 -> 2).
        channels = [
            min(texture_channels, round(steepness ** (5 + i) * scale)) for i in range(count + 1)
        ]
        self.FromRGB = ConvLayer(3, channels[0], 1)
        self.DownToSpatialCode = nn.Sequential(
            OrderedDict(
                (f"ResBlockDownBy{2**i}", DownBlock(channels[i], channels[i + 1]))
                for i in range(structure_downsamplings)
            )
        )
        middle = channels[structure_downsamplings]
        self.ToSpatialCode = nn.Sequential(
            ConvLayer(middle, middle, 1),
            ConvLayer(middle, structure_channels, 1, tail="bias"),
        )
        self.DownToGlobalCode = nn.Sequential(
            OrderedDict(
                (
                    f"ConvLayerDownBy{2**i}",
                    ConvLayer(channels[i], channels[i + 1], 3, stride=2, blur=(1,)),
                )
                for i in range(structure_downsamplings, count)
            )
        )
        self.ToGlobalCode = nn.Sequential(EqualLinear(channels[count], texture_channels))

    def features(self, image: Tensor) -> Tensor:
        """The activations that both codes are read from, at the structure code's resolution."""
        return self.DownToSpatialCode(self.FromRGB(image))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        middle = self.features(image)
        structure = self.ToSpatialCode(middle).float()
        texture = self.DownToGlobalCode(middle).float().mean((2, 3))
        return unit_length(structure), unit_length(self.ToGlobalCode(texture).float())


class StructureModulation(nn.Module):
    """structure * scale(texture) + bias(texture), per channel."""

    def __init__(self, structure_channels: int, texture_channels: int) -> None:
        super().__init__()
        self.scale = EqualLinear(texture_channels, structure_channels)
        self.bias = EqualLinear(texture_channels, structure_channels)

    def forward(self, structure: Tensor, texture: Tensor) -> Tensor:
        size_hw = structure.shape[2:]
        scale = spread(self.scale, texture, size_hw)
        return structure * scale + spread(self.bias, texture, size_hw)


class HeadBlock(nn.Module):
    """Residual block at the structure code's resolution."""

    def __init__(self, in_channels: int, out_channels: int, texture_channels: int) -> None:
        super().__init__()
        self.conv1 = StyledConv(in_channels, out_channels, texture_channels)
        self.conv2 = StyledConv(out_channels, out_channels, texture_channels)
        if in_channels != out_channels:
            self.skip = ConvLayer(in_channels, out_channels, 1, tail="nothing")
        self.changes = in_channels != out_channels

    def forward(self, x: Tensor, texture: Tensor, noise: Iterator[Tensor | None]) -> Tensor:
        skip = self.skip(x, RESIDUAL_GAIN) if self.changes else x * RESIDUAL_GAIN
        x = self.conv1(x, texture, next(noise))
        return skip.add_(self.conv2(x, texture, next(noise), RESIDUAL_GAIN))


class UpBlock(nn.Module):
    """Residual block that doubles the size; its shortcut is bilinear."""

    def __init__(self, in_channels: int, out_channels: int, texture_channels: int) -> None:
        super().__init__()
        self.conv1 = StyledConv(in_channels, out_channels, texture_channels, upsample=True)
        self.conv2 = StyledConv(out_channels, out_channels, texture_channels)
        if in_channels != out_channels:
            self.skip = ConvLayer(in_channels, out_channels, 1)
        self.changes = in_channels != out_channels

    def forward(self, x: Tensor, texture: Tensor, noise: Iterator[Tensor | None]) -> Tensor:
        skip = self.skip(x, RESIDUAL_GAIN) if self.changes else x * RESIDUAL_GAIN
        skip = F.interpolate(skip, scale_factor=2.0, mode="bilinear", align_corners=False)
        x = self.conv1(x, texture, next(noise))
        return skip.add_(self.conv2(x, texture, next(noise), RESIDUAL_GAIN))


class ToRGB(nn.Module):
    """Modulated 1 x 1 convolution to three channels; no tanh, the caller clamps."""

    def __init__(self, in_channels: int, texture_channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(1, 3, 1, 1))
        self.conv = ModulatedConv2d(in_channels, 3, 1, texture_channels, demodulate=False)
        # In every published file, read by nothing.
        self.upsample = nn.Module()
        self.upsample.register_buffer("kernel", blur_constant())

    def forward(self, x: Tensor, texture: Tensor) -> Tensor:
        return self.conv(x, texture, bias=self.bias.flatten())


def blur_constant() -> Tensor:
    """The [1, 3, 3, 1] kernel of gain 4 that StyleGAN2 up-samples with."""
    line = torch.tensor([1.0, 3.0, 3.0, 1.0])
    return torch.outer(line, line) / 16.0


class Generator(nn.Module):
    """Structure code and texture code -> image (figure 4.9, right)."""

    def __init__(
        self,
        *,
        structure_downsamplings: int,
        structure_channels: int,
        texture_channels: int,
        scale: float,
        base_blocks: int,
    ) -> None:
        super().__init__()
        ups = structure_downsamplings
        channels = [int(min(512, 128 * 2 ** (ups - j)) * scale) for j in range(ups + 1)]
        self.SpatialCodeModulation = StructureModulation(structure_channels, texture_channels)
        self.blocks: list[str] = []
        before = structure_channels
        for i in range(base_blocks):
            after = max(structure_channels, round((i + 1) / base_blocks * channels[0]))
            self._add(f"HeadResnetBlock{i}", HeadBlock(before, after, texture_channels))
            before = after
        for j in range(1, ups + 1):
            # The number is a name only: the real size depends on the structure code's.
            self._add(
                f"UpsamplingResBlock{2 ** (3 + j)}", UpBlock(before, channels[j], texture_channels)
            )
            before = channels[j]
        self.ToRGB = ToRGB(before, texture_channels)
        self.noise_scales = (1,) * (2 * base_blocks) + tuple(
            2**j for j in range(1, ups + 1) for _ in range(2)
        )

    def _add(self, name: str, block: nn.Module) -> None:
        self.add_module(name, block)
        self.blocks.append(name)

    def forward(
        self,
        structure: Tensor,
        texture: Tensor,
        noise: Sequence[Tensor | None],
        dtype: torch.dtype = torch.float32,
    ) -> Tensor:
        structure, texture = unit_length(structure), unit_length(texture)
        x = self.SpatialCodeModulation(structure, texture).to(dtype)
        x = x.contiguous(memory_format=torch.channels_last)
        maps = iter(noise)
        for name in self.blocks:
            x = self.get_submodule(name)(x, texture, maps)
        # In bfloat16 the result would have fewer levels than eight bits have.
        return self.ToRGB(x.float(), texture)


class SwappingAutoencoder(nn.Module):
    """Encoder `E` and generator `G` with the calls that editing needs.

    Args: the fields of `models.configs.SwappingAutoencoderConfig`, where they are explained.

    Attributes:
        compute_dtype: what activations are computed in; parameters and codes stay float32.
        cell_px: side of the square of pixels that one position of the structure code stands for.
        min_side_px: shortest side of an image that can be encoded (a 7 x 7 structure code: two
            unpadded convolutions of stride 2 follow).
    """

    def __init__(
        self,
        *,
        structure_downsamplings: int,
        texture_downsamplings: int,
        structure_channels: int,
        texture_channels: int,
        encoder_scale: float,
        encoder_steepness: float,
        generator_scale: float,
        generator_base_blocks: int,
    ) -> None:
        super().__init__()
        self.E = Encoder(
            structure_downsamplings=structure_downsamplings,
            texture_downsamplings=texture_downsamplings,
            structure_channels=structure_channels,
            texture_channels=texture_channels,
            scale=encoder_scale,
            steepness=encoder_steepness,
        )
        self.G = Generator(
            structure_downsamplings=structure_downsamplings,
            structure_channels=structure_channels,
            texture_channels=texture_channels,
            scale=generator_scale,
            base_blocks=generator_base_blocks,
        )
        self.compute_dtype = torch.float32
        self.cell_px = 2**structure_downsamplings
        self.min_side_px = (2 ** (texture_downsamplings + 1) - 1) * self.cell_px

    def encode(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """The codes of an image.

        Args:
            image: B x 3 x H x W in [-1, 1], sides multiples of `cell_px` and at least
                `min_side_px`.

        Returns:
            structure B x S x H/cell x W/cell and texture B x T, float32, of unit length.

        Raises:
            RequestError: sides that the network cannot take.
        """
        self.check_size((image.shape[-2], image.shape[-1]))
        image = image.to(self.compute_dtype).contiguous(memory_format=torch.channels_last)
        return self.E(image)

    def check_size(self, size_px: tuple[int, int]) -> None:
        """Whether a picture of (height, width) can be encoded.

        Raises:
            RequestError: it cannot; the sentence says which sides can be.
        """
        height, width = size_px
        if min(height, width) < self.min_side_px or height % self.cell_px or width % self.cell_px:
            raise RequestError(
                f"A picture of {width} x {height} px cannot be encoded: both sides must be "
                f"multiples of {self.cell_px} px and at least {self.min_side_px} px."
            )

    def decode(self, structure: Tensor, texture: Tensor, noise: Noise = "zero") -> Tensor:
        """The image of a structure and a texture code.

        Args:
            structure: B x S x h x w, of any length (it is normalised again).
            texture: B x T, or a map 1 x T x h' x w' of any size for a texture that varies in
                space.
            noise: "zero"; a seed, for noise that is tied to canvas positions; or one map
                B x 1 x H x W per layer, in the generator's order.

        Returns:
            B x 3 x h * cell x w * cell, float32, about [-1, 1], not clamped.

        Raises:
            RequestError: noise of another kind, or a wrong number of maps.
        """
        maps = self._noise_maps(noise, (structure.shape[2], structure.shape[3]), structure.device)
        return self.G(structure, texture, maps, self.compute_dtype).float()

    def probe(self) -> Tensor:
        """A fixed small computation that notices any change of weights: 1-D float32.

        A fixed picture of the smallest legal size is encoded and decoded without noise; the answer
        is some values of both codes and of the decoded picture.
        """
        side = self.min_side_px
        parameter = next(self.parameters())
        y = torch.arange(side, dtype=torch.float32, device=parameter.device)
        x = y[None, :]
        image = torch.stack([torch.sin(0.11 * (k + 1) * x + 0.07 * y[:, None]) for k in range(3)])
        with torch.no_grad():
            structure, texture = self.encode(image[None])
            decoded = self.decode(structure, texture)
        parts = [
            t.flatten()[:: max(1, t.numel() // 16)][:16] for t in (structure, texture, decoded)
        ]
        return torch.cat(parts)

    def _noise_maps(
        self, noise: Noise, cells_hw: tuple[int, int], device: torch.device
    ) -> Sequence[Tensor | None]:
        scales = self.G.noise_scales
        if isinstance(noise, int):
            return [
                canvas_noise(noise, i, (cells_hw[0] * s, cells_hw[1] * s), device=device)
                for i, s in enumerate(scales)
            ]
        if isinstance(noise, str):
            if noise != "zero":
                raise RequestError(f"Noise is 'zero', a seed or maps, not {noise!r}.")
            return [None] * len(scales)
        if len(noise) != len(scales):
            raise RequestError(f"There are {len(noise)} noise maps for {len(scales)} layers.")
        return noise
