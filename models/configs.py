"""One frozen dataclass per network: every number that its shape depends on, never torch.

A config is stored in a checkpoint's header as `{"type": ..., fields}`; `config_to_dict` and
`config_from_dict` are that form. Builders turn a config into flat keyword arguments.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any

from models.errors import CheckpointMismatch


@dataclass(frozen=True, kw_only=True)
class SwappingAutoencoderConfig:
    """Encoder and generator of the Swapping Autoencoder (thesis, section 4.4.7).

    Attributes:
        structure_downsamplings: halvings of the image up to the structure code (4: 16 px a cell).
        texture_downsamplings: further halvings of the texture branch.
        structure_channels: channels of the structure code.
        texture_channels: length of the texture code.
        encoder_scale: factor on the encoder's channel counts.
        encoder_steepness: growth of the encoder's channels per halving; level i has
            min(texture_channels, round(steepness ** (5 + i) * scale)).
        generator_scale: factor on the generator's channel counts.
        generator_base_blocks: residual blocks at the structure code's resolution.
    """

    structure_downsamplings: int = 4
    texture_downsamplings: int = 2
    structure_channels: int = 8
    texture_channels: int = 2048
    encoder_scale: float = 1.0
    encoder_steepness: float = 2.0
    generator_scale: float = 1.0
    generator_base_blocks: int = 2


@dataclass(frozen=True, kw_only=True)
class StyleGAN2DiscriminatorConfig:
    """Image discriminator of the Swapping Autoencoder: StyleGAN2's without minibatch deviation.

    Attributes:
        size_px: side of the training crops; a power of two, or 3/4 of one (768).
        scale: factor on the channel counts above 8 px.
    """

    size_px: int = 256
    scale: float = 1.0


@dataclass(frozen=True, kw_only=True)
class PatchCooccurrenceConfig:
    """Co-occurrence patch discriminator (thesis, figure 4.10).

    Attributes:
        patch_px: side to which every crop is resized; a power of two.
        max_channels: cap on the channel counts.
        scale: factor on the channel counts.
    """

    patch_px: int = 128
    max_channels: int = 384
    scale: float = 4.0


@dataclass(frozen=True, kw_only=True)
class SpadeConfig:
    """Generator and image encoder of SPADE (thesis, chapter 2); the defaults are the published.

    Attributes:
        classes: labels that the model knows, unknown ones not counted.
        unknown_channel: whether unknown pixels (255) have a channel, after the classes.
        edge_channel: whether the borders between instances have a channel, the last one.
        base_channels: of the generator's last blocks and the encoder's first layer.
        hidden_channels: inside the normalisations.
        style_length: numbers in a style; 0 for a model without styles.
        encoder: whether a model with styles has its image encoder; without, it takes no style
            from a photo.
        upsampling: "normal", "more" or "most": 5, 6 or 7 doublings.
        crop_size: width of the pictures that it was trained on, px.
        aspect_ratio: their width over their height.
    """

    classes: int
    unknown_channel: bool = False
    edge_channel: bool = False
    base_channels: int = 64
    hidden_channels: int = 128
    style_length: int = 0
    encoder: bool = True
    upsampling: str = "normal"
    crop_size: int = 256
    aspect_ratio: float = 1.0


@dataclass(frozen=True, kw_only=True)
class MultiscaleDiscriminatorConfig:
    """SPADE's discriminator.

    Attributes:
        in_channels: of label map and picture together.
        base_channels: of the first layer.
        layers: convolutions before the last one.
        scales: discriminators, each on half the size of the one before.
    """

    in_channels: int
    base_channels: int = 64
    layers: int = 4
    scales: int = 2


@dataclass(frozen=True, kw_only=True)
class SegmenterConfig:
    """The network that reads a layout out of a photo.

    Attributes:
        classes: labels that it tells apart.
        base_channels: of its finest maps.
        crop_size: shorter side of the photos that it was trained on, px.
    """

    classes: int
    base_channels: int = 32
    crop_size: int = 256


Config = (
    SwappingAutoencoderConfig
    | StyleGAN2DiscriminatorConfig
    | PatchCooccurrenceConfig
    | SpadeConfig
    | MultiscaleDiscriminatorConfig
    | SegmenterConfig
)

HIGHEST_NUMBER = 65536
LOWEST_NUMBER = 1 / 65536
HIGHEST: dict[str, int] = {
    "structure_downsamplings": 12,
    "texture_downsamplings": 12,
    "generator_base_blocks": 64,
    "layers": 16,
    "scales": 16,
}
"""No file can make the program build a network without end."""
MAY_BE_ZERO = frozenset({"style_length"})
HALVINGS = {"normal": 5, "more": 6, "most": 7}
"""SPADE's, from the picture to the first feature map, by the published option's words."""
WORDS: dict[str, tuple[str, ...]] = {"upsampling": tuple(HALVINGS)}

CONFIGS: dict[str, type[Config]] = {
    config.__name__: config
    for config in (
        SwappingAutoencoderConfig,
        StyleGAN2DiscriminatorConfig,
        PatchCooccurrenceConfig,
        SpadeConfig,
        MultiscaleDiscriminatorConfig,
        SegmenterConfig,
    )
}


def config_to_dict(config: Config) -> dict[str, Any]:
    """`{"type": class name, field: value, ...}`, ready for JSON."""
    return {"type": type(config).__name__, **asdict(config)}


def config_from_dict(values: dict[str, Any]) -> Config:
    """The config that `config_to_dict` wrote.

    Raises:
        CheckpointMismatch: an unknown type, a field that the type does not have, a missing or
            mistyped value.
    """
    rest = dict(values)
    name = rest.pop("type", None)
    config = CONFIGS.get(name) if isinstance(name, str) else None
    if config is None:
        raise CheckpointMismatch(
            f"The weights are for a network of the unknown type {name!r}; "
            "a newer version of the program may know it."
        )
    types = {f.name: f.type for f in fields(config)}
    if lacking := sorted(set(types) - set(rest)):
        raise CheckpointMismatch(f"The settings of the {name} lack {', '.join(lacking)}.")
    for key, value in rest.items():
        wanted = types.get(key)
        if wanted is None:
            raise CheckpointMismatch(f"A {name} has no setting {key!r}.")
        if not _is_possible(key, value, wanted):
            raise CheckpointMismatch(f"The setting {key!r} of a {name} cannot be {value!r}.")
    return config(**rest)


def _is_possible(key: str, value: object, wanted: object) -> bool:
    if wanted is str:
        return value in WORDS[key]
    if wanted is bool:
        return type(value) is bool
    if not (type(value) is int or (type(value) is float and wanted is float)):
        return False
    lowest_fits = value >= LOWEST_NUMBER or (value == 0 and key in MAY_BE_ZERO)
    return lowest_fits and value <= HIGHEST.get(key, HIGHEST_NUMBER)
