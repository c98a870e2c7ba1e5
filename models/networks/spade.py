"""SPADE: a label map, and a style, to a picture.

Source: Park et al., arXiv 1903.07291 = thesis, chapter 2: spatially-adaptive normalisation (2.2,
equation 2.1), generator and image encoder (2.2 and appendix). Layer sizes and key names are those
of the published weights.

Shapes: a label map enters as `semantics`, B x S x H x W float: one channel for each class, 1 where
it is, then the channel of unknown pixels and the channel of edges, where the model has them. A
style is a vector z, B x Z; the encoder gives its mean and log variance.
"""

import itertools
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.configs import HALVINGS
from models.errors import RequestError
from models.image_io import padded_side_px
from models.ops.batch_norm import ParameterFreeBatchNorm
from models.ops.spectral import SpectralConv2d

SLOPE = 0.2
ENCODER_PX = 256
"""Pictures are encoded at this size, whatever their own."""
PROBE_SEED = 20
Z_PROBE = 0.5


class Spade(nn.Module):
    """Spatially-adaptive normalisation: what is where decides scale and offset of every value.

    B x C x h x w and semantics B x S x H x W -> B x C x h x w: (1 + gamma) * norm(x) + beta, both
    maps by two convolutions from the label map, resized to h x w by its nearest pixels.

    Args:
        channels: of x.
        semantic_channels: of the label map.
        hidden_channels: between the two convolutions.
    """

    def __init__(self, channels: int, semantic_channels: int, hidden_channels: int) -> None:
        super().__init__()
        self.param_free_norm = ParameterFreeBatchNorm(channels)
        self.mlp_shared = nn.Sequential(
            nn.Conv2d(semantic_channels, hidden_channels, 3, padding=1), nn.ReLU()
        )
        self.mlp_gamma = nn.Conv2d(hidden_channels, channels, 3, padding=1)
        self.mlp_beta = nn.Conv2d(hidden_channels, channels, 3, padding=1)

    def forward(self, x: Tensor, semantics: Tensor) -> Tensor:
        hidden = self.mlp_shared(F.interpolate(semantics, size=x.shape[2:], mode="nearest"))
        return self.param_free_norm(x) * (1 + self.mlp_gamma(hidden)) + self.mlp_beta(hidden)


class SpadeBlock(nn.Module):
    """Residual block of two normalised convolutions; its shortcut has one where channels change."""

    def __init__(
        self, in_channels: int, out_channels: int, semantic_channels: int, hidden_channels: int
    ) -> None:
        super().__init__()
        middle = min(in_channels, out_channels)
        self.learned_shortcut = in_channels != out_channels
        self.conv_0 = SpectralConv2d(in_channels, middle, 3, padding=1)
        self.conv_1 = SpectralConv2d(middle, out_channels, 3, padding=1)
        self.norm_0 = Spade(in_channels, semantic_channels, hidden_channels)
        self.norm_1 = Spade(middle, semantic_channels, hidden_channels)
        if self.learned_shortcut:
            self.conv_s = SpectralConv2d(in_channels, out_channels, 1, bias=False)
            self.norm_s = Spade(in_channels, semantic_channels, hidden_channels)

    def forward(self, x: Tensor, semantics: Tensor) -> Tensor:
        shortcut = self.conv_s(self.norm_s(x, semantics)) if self.learned_shortcut else x
        y = self.conv_0(F.leaky_relu(self.norm_0(x, semantics), SLOPE))
        return shortcut + self.conv_1(F.leaky_relu(self.norm_1(y, semantics), SLOPE))


class SpadeGenerator(nn.Module):
    """Semantics B x S x H x W, and z B x Z with a style -> pictures B x 3 x H x W in [-1, 1].

    Any size is taken: sides that are no multiple of `cell_px` are computed on a larger canvas, the
    label map's border repeated to the right and below, and cut back.

    Args:
        semantic_channels: of the label map.
        base_channels: of the last blocks; the first have 16 times as many.
        hidden_channels: inside the normalisations.
        style_length: of z; 0 for a generator that starts from the label map instead.
        upsampling: "normal", "more" or "most" halvings between picture and first map.
        start_px: (height, width) of the first map when it is made of z; for other canvases it is
            stretched.

    Attributes:
        cell_px: pixels of the picture for one value of the first map.
    """

    def __init__(
        self,
        *,
        semantic_channels: int,
        base_channels: int,
        hidden_channels: int,
        style_length: int,
        upsampling: str,
        start_px: tuple[int, int],
    ) -> None:
        super().__init__()
        self.cell_px = 2 ** HALVINGS[upsampling]
        self._start_px = start_px
        self._doubled_middle = upsampling != "normal"
        wide = 16 * base_channels
        if style_length:
            self.fc = nn.Linear(style_length, wide * math.prod(start_px))
        else:
            self.fc = nn.Conv2d(semantic_channels, wide, 3, padding=1)

        def block(before: int, after: int) -> SpadeBlock:
            return SpadeBlock(before, after, semantic_channels, hidden_channels)

        self.head_0 = block(wide, wide)
        self.G_middle_0 = block(wide, wide)
        self.G_middle_1 = block(wide, wide)
        self.up_0 = block(wide, wide // 2)
        self.up_1 = block(wide // 2, wide // 4)
        self.up_2 = block(wide // 4, wide // 8)
        self.up_3 = block(wide // 8, wide // 16)
        last = wide // 16
        if upsampling == "most":
            self.up_4 = block(last, last // 2)
            last //= 2
        self.conv_img = nn.Conv2d(last, 3, 3, padding=1)

    @property
    def blocks(self) -> list[tuple[SpadeBlock, bool]]:
        """The blocks in order; with each, whether its input is doubled in size before."""
        middle = [(self.head_0, False), (self.G_middle_0, True)]
        middle.append((self.G_middle_1, self._doubled_middle))
        ups = [self.up_0, self.up_1, self.up_2, self.up_3]
        if hasattr(self, "up_4"):
            ups.append(self.up_4)
        return middle + [(up, True) for up in ups]

    def forward(self, semantics: Tensor, z: Tensor | None = None) -> Tensor:
        height_px, width_px = semantics.shape[2:]
        semantics = pad_to_cells(semantics, self.cell_px)
        x = self.first_map(semantics, z)
        for block, doubled in self.blocks:
            if doubled:
                x = F.interpolate(x, scale_factor=2.0, mode="nearest")
            x = block(x, semantics)
        picture = torch.tanh(self.conv_img(F.leaky_relu(x, SLOPE)))
        return picture[..., :height_px, :width_px]

    def first_map(self, semantics: Tensor, z: Tensor | None) -> Tensor:
        """The map that the first block starts from, for a canvas of whole cells.

        Args:
            semantics: B x S x H x W, sides multiples of `cell_px`.
            z: B x Z; None is the mean style, 0. Without styles it must be None.

        Raises:
            ValueError: z for a generator without styles.
        """
        cells = (semantics.shape[2] // self.cell_px, semantics.shape[3] // self.cell_px)
        if isinstance(self.fc, nn.Conv2d):
            if z is not None:
                raise ValueError("this generator has no styles")
            return self.fc(F.interpolate(semantics, size=cells, mode="nearest"))
        if z is None:
            z = semantics.new_zeros(semantics.shape[0], self.fc.in_features)
        x = self.fc(z).unflatten(1, (-1, *self._start_px))
        if cells != self._start_px:
            x = F.interpolate(x, size=cells, mode="bilinear", align_corners=False)
        return x


class StyleEncoder(nn.Module):
    """Pictures B x 3 x H x W in [-1, 1] -> mean and log variance of their styles, B x Z each.

    Args:
        base_channels: of the first layer.
        style_length: Z.
    """

    def __init__(self, *, base_channels: int, style_length: int) -> None:
        super().__init__()
        channels = [3, *(base_channels * factor for factor in (1, 2, 4, 8, 8, 8))]
        for number, (before, after) in enumerate(itertools.pairwise(channels), 1):
            conv = SpectralConv2d(before, after, 3, stride=2, padding=1, bias=False)
            layer = nn.Sequential(conv, nn.InstanceNorm2d(after))
            self.add_module(f"layer{number}", layer)
        side = ENCODER_PX // 2 ** (len(channels) - 1)
        self.fc_mu = nn.Linear(channels[-1] * side * side, style_length)
        self.fc_var = nn.Linear(channels[-1] * side * side, style_length)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        size = (ENCODER_PX, ENCODER_PX)
        x = image
        if x.shape[2:] != size:
            x = F.interpolate(x, size=size, mode="bilinear", align_corners=False)
        for number in range(1, 7):
            x = F.leaky_relu(self.get_submodule(f"layer{number}")(x), SLOPE)
        x = x.flatten(1)
        return self.fc_mu(x), self.fc_var(x)


class SpadeNetwork(nn.Module):
    """Generator and, where the model has styles, image encoder.

    Args: the fields of `models.configs.SpadeConfig`.

    Attributes:
        G: the generator.
        E: the image encoder, or None where there are no styles or the encoder is not at hand.
        compute_dtype: that the engine wants; a hint for its fast path.
    """

    def __init__(  # noqa: PLR0913 - the fields of the config, each by its name
        self,
        *,
        classes: int,
        unknown_channel: bool,
        edge_channel: bool,
        base_channels: int,
        hidden_channels: int,
        style_length: int,
        upsampling: str,
        crop_size: int,
        aspect_ratio: float,
        encoder: bool = True,
    ) -> None:
        super().__init__()
        self.semantic_channels = classes + unknown_channel + edge_channel
        self.style_length = style_length
        self.compute_dtype = torch.float32
        width = crop_size // 2 ** HALVINGS[upsampling]
        self.G = SpadeGenerator(
            semantic_channels=self.semantic_channels,
            base_channels=base_channels,
            hidden_channels=hidden_channels,
            style_length=style_length,
            upsampling=upsampling,
            # Python's rounding, which takes halves to the even side, as the published code does.
            start_px=(round(width / aspect_ratio), width),
        )
        self.E = (
            StyleEncoder(base_channels=base_channels, style_length=style_length)
            if style_length and encoder
            else None
        )

    @property
    def cell_px(self) -> int:
        """Pixels of the picture for one value of the generator's first map."""
        return self.G.cell_px

    def forward(self, semantics: Tensor, z: Tensor | None = None) -> Tensor:
        """See `SpadeGenerator`."""
        return self.G(semantics, z)

    def encode_style(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of the styles of pictures B x 3 x H x W in [-1, 1], B x Z each.

        Raises:
            ValueError: a model without styles.
            RequestError: a model whose encoder is not at hand.
        """
        if not self.style_length:
            raise ValueError("this network has no styles")
        if self.E is None:
            raise RequestError(
                "This model takes no style from a photo, for it came without its encoder; "
                "import it again with the file latest_net_E.pth beside latest_net_G.pth."
            )
        return self.E(image)

    def probe(self) -> Tensor:
        """A few numbers that depend on every weight: of a small picture, and of its style."""
        generator = torch.Generator().manual_seed(PROBE_SEED)
        weight = self.G.conv_img.weight
        labels = torch.randint(self.semantic_channels, (1, 2 * self.cell_px, self.cell_px),
                               generator=generator)  # fmt: skip
        semantics = F.one_hot(labels, self.semantic_channels).permute(0, 3, 1, 2).to(weight)
        z = torch.full((1, self.style_length), Z_PROBE).to(weight) if self.style_length else None
        picture = self.G(semantics, z)
        values = [F.adaptive_avg_pool2d(picture, 4).flatten()]
        if self.E is not None:
            values += [code[0, :8] for code in self.E(picture)]
        return torch.cat(values)


def pad_to_cells(semantics: Tensor, cell_px: int) -> Tensor:
    """The label map with its last row and column repeated up to whole cells."""
    height_px, width_px = semantics.shape[2:]
    below = padded_side_px(height_px, cell_px) - height_px
    right = padded_side_px(width_px, cell_px) - width_px
    if not (below or right):
        return semantics
    return F.pad(semantics, (0, right, 0, below), mode="replicate")
