"""Every number of a Swapping Autoencoder training; see the recipe for the method."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from models.configs import SwappingAutoencoderConfig
from models.errors import DataError
from models.train.settings import setting

DISCRIMINATORS = ("stylegan2", "patch")


@dataclass(frozen=True, kw_only=True)
class SwappingAutoencoderRecipe:
    """The defaults are the thesis' for 256 px: the preset `paper`.

    Raises:
        DataError: values that cannot be meant together.
    """

    structure_downsamplings: int = setting(4, "halvings of the picture up to the structure code")
    texture_downsamplings: int = setting(2, "further halvings up to the texture code")
    structure_channels: int = setting(8, "channels of the structure code")
    texture_channels: int = setting(2048, "length of the texture code")
    encoder_scale: float = setting(1.0, "factor on the encoder's channels")
    encoder_steepness: float = setting(2.0, "growth of the encoder's channels per halving")
    generator_scale: float = setting(1.0, "factor on the generator's channels")
    generator_base_blocks: int = setting(2, "residual blocks at the structure code's size")
    crop_px: int = setting(256, "side of the training crops")
    smallest_crop: float = setting(1.0, "smallest crop as a share of a picture's shorter side")
    batch: int = setting(64, "pictures a step over all processes; half are rebuilt, half swapped")
    images: int = setting(25_000_000, "pictures to train on in all")
    learning_rate: float = setting(0.002, "of encoder and generator (Adam)")
    beta1: float = setting(0.0, "Adam's first decay for encoder and generator")
    beta2: float = setting(0.99, "Adam's second decay")
    discriminator_learning_rate: float = setting(0.002, "of the discriminators (Adam)")
    ema: float = setting(0.999, "decay of the averaged weights, which are exported")
    image_discriminator: str = setting(
        "stylegan2", "stylegan2 (non-saturating loss, R1) or patch (hinge loss)"
    )
    discriminator_scale: float = setting(1.0, "factor on the stylegan2 discriminator's channels")
    l1: float = setting(1.0, "weight of the reconstruction's L1 distance")
    gan_reconstruction: float = setting(0.5, "weight of the adversarial loss on reconstructions")
    gan_swap: float = setting(0.5, "weight of the adversarial loss on swaps")
    patch_gan: float = setting(1.0, "weight of the co-occurrence patch loss; 0 leaves it out")
    perceptual: float = setting(0.0, "weight of the reconstruction's distance in features")
    statistics: float = setting(0.0, "weight of feature statistics: swap and texture picture")
    self_similarity: float = setting(0.0, "weight of self-similarity: swap and structure picture")
    mean_colour: float = setting(0.0, "weight of the mean colour: swap and texture picture")
    r1: float = setting(10.0, "gradient penalty of the image discriminator; 0 leaves both out")
    patch_r1: float = setting(1.0, "gradient penalty of the co-occurrence discriminator")
    r1_every: int = setting(16, "steps from one gradient penalty to the next")
    patch_crops: int = setting(8, "crops a picture for the co-occurrence discriminator")
    patch_px: int = setting(64, "side that these crops are resized to (a power of two)")
    patch_smallest: float = setting(1 / 8, "smallest such crop as a share of the side")
    patch_largest: float = setting(1 / 4, "largest such crop as a share of the side")
    patch_max_channels: int = setting(384, "cap on that discriminator's channels")
    patch_scale: float = setting(4.0, "factor on that discriminator's channels")
    features: str = setting("", "SqueezeNet v1.0 weights (.npz or .pth) for losses on features")
    init: str = setting("", "a model (.safetensors) of the same shape to start from")
    seed: int = setting(0, "of every draw")
    principal_axes: int = setting(64, "principal directions stored with the weights")
    principal_px: int = setting(256, "side of the pictures that they are computed from")

    def __post_init__(self) -> None:
        cell = 2**self.structure_downsamplings
        smallest = (2 ** (self.texture_downsamplings + 1) - 1) * cell
        for name in ("crop_px", "principal_px"):
            value = getattr(self, name)
            if value % cell or value < smallest:
                raise DataError(
                    f"{name} must be a multiple of {cell} from {smallest} on, not {value}."
                )
        if self.batch < 2 or self.batch % 2:
            raise DataError(f"batch must be an even number from 2 on, not {self.batch}.")
        if self.image_discriminator not in DISCRIMINATORS:
            raise DataError(
                f"image_discriminator is one of {', '.join(DISCRIMINATORS)}, "
                f"not {self.image_discriminator}."
            )
        if not 0.0 < self.smallest_crop <= 1.0:
            raise DataError(f"smallest_crop lies in 0..1, not {self.smallest_crop:g}.")
        if self.needs_features and not self.features:
            raise DataError(
                "This preset compares pictures in SqueezeNet's features: give the weights with "
                "--features FILE, or set perceptual, statistics and self_similarity to 0."
            )

    @property
    def needs_features(self) -> bool:
        return bool(self.perceptual or self.statistics or self.self_similarity)

    @property
    def steps(self) -> int:
        """Training steps until all images are seen."""
        return max(1, self.images // self.batch)

    @property
    def network_config(self) -> SwappingAutoencoderConfig:
        """The config of the network that this recipe trains."""
        return SwappingAutoencoderConfig(
            structure_downsamplings=self.structure_downsamplings,
            texture_downsamplings=self.texture_downsamplings,
            structure_channels=self.structure_channels,
            texture_channels=self.texture_channels,
            encoder_scale=self.encoder_scale,
            encoder_steepness=self.encoder_steepness,
            generator_scale=self.generator_scale,
            generator_base_blocks=self.generator_base_blocks,
        )


FAST = MappingProxyType(
    {
        "structure_downsamplings": 3,
        "texture_channels": 256,
        "encoder_scale": 0.75,
        "generator_scale": 0.375,
        "crop_px": 128,
        "smallest_crop": 0.5,
        "batch": 8,
        "images": 80_000,
        "beta1": 0.5,
        "discriminator_learning_rate": 4e-4,
        "ema": 0.998,
        "image_discriminator": "patch",
        "l1": 4.0,
        "patch_gan": 0.0,
        "perceptual": 6.0,
        "statistics": 6.0,
        "self_similarity": 6.0,
        "mean_colour": 1.0,
        "r1": 0.0,
    }
)
PRESETS: dict[str, MappingProxyType[str, Any]] = {"paper": MappingProxyType({}), "fast": FAST}
