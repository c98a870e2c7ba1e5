"""Every number of a Swapping Autoencoder training; see the recipe for the method."""

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from models.configs import (
    HIGHEST,
    HIGHEST_NUMBER,
    LOWEST_NUMBER,
    SwappingAutoencoderConfig,
)
from models.errors import DataError
from models.train.settings import check_settings, setting

DISCRIMINATORS = ("stylegan2", "patch")
# Below, the convolutions of PatchGAN and of the feature network run out of pixels.
SMALLEST_CROP_PX = 16
RATES = (1e-9, 1.0)
DECAYS = (0.0, 0.999999)
WEIGHTS = (0.0, 1e6)


@dataclass(frozen=True, kw_only=True)
class SwappingAutoencoderRecipe:
    """The defaults are the thesis' for 256 px: the preset `paper`.

    Raises:
        DataError: a value beyond its limits, or values that cannot be meant together.
    """

    structure_downsamplings: int = setting(
        4, "halvings of the picture up to the structure code", 1, HIGHEST["structure_downsamplings"]
    )
    texture_downsamplings: int = setting(
        2, "further halvings up to the texture code", 1, HIGHEST["texture_downsamplings"]
    )
    structure_channels: int = setting(8, "channels of the structure code", 1, 4096)
    texture_channels: int = setting(2048, "length of the texture code", 1, HIGHEST_NUMBER)
    encoder_scale: float = setting(1.0, "factor on the encoder's channels", LOWEST_NUMBER, 1024.0)
    encoder_steepness: float = setting(2.0, "growth of the encoder's channels per halving", 1, 16)
    generator_scale: float = setting(1.0, "factor on the generator's channels", 1 / 128, 64.0)
    generator_base_blocks: int = setting(
        2,
        "residual blocks at the structure code's size",
        1,
        HIGHEST["generator_base_blocks"],
    )
    crop_px: int = setting(256, "side of the training crops", SMALLEST_CROP_PX, HIGHEST_NUMBER)
    smallest_crop: float = setting(
        1.0, "smallest crop as a share of a picture's shorter side", 0.01, 1
    )
    batch: int = setting(
        64, "pictures a step over all processes; half are rebuilt, half swapped", 2, 2**20
    )
    images: int = setting(25_000_000, "pictures to train on in all", 1, 10**12)
    learning_rate: float = setting(0.002, "of encoder and generator (Adam)", *RATES)
    beta1: float = setting(0.0, "Adam's first decay for encoder and generator", *DECAYS)
    beta2: float = setting(0.99, "Adam's second decay", *DECAYS)
    discriminator_learning_rate: float = setting(0.002, "of the discriminators (Adam)", *RATES)
    ema: float = setting(0.999, "decay of the averaged weights, which are exported", 0, 1)
    image_discriminator: str = setting(
        "stylegan2", "stylegan2 (non-saturating loss, R1) or patch (hinge loss)"
    )
    discriminator_scale: float = setting(
        1.0, "factor on the stylegan2 discriminator's channels", 1e-6, 1024
    )
    l1: float = setting(1.0, "weight of the reconstruction's L1 distance", *WEIGHTS)
    gan_reconstruction: float = setting(
        0.5, "weight of the adversarial loss on reconstructions", *WEIGHTS
    )
    gan_swap: float = setting(0.5, "weight of the adversarial loss on swaps", *WEIGHTS)
    patch_gan: float = setting(
        1.0, "weight of the co-occurrence patch loss; 0 leaves it out", *WEIGHTS
    )
    perceptual: float = setting(
        0.0, "weight of the reconstruction's distance in features", *WEIGHTS
    )
    statistics: float = setting(
        0.0, "weight of feature statistics: swap and texture picture", *WEIGHTS
    )
    self_similarity: float = setting(
        0.0, "weight of self-similarity: swap and structure picture", *WEIGHTS
    )
    mean_colour: float = setting(
        0.0, "weight of the mean colour: swap and texture picture", *WEIGHTS
    )
    r1: float = setting(
        10.0, "gradient penalty of the image discriminator; 0 leaves both out", *WEIGHTS
    )
    patch_r1: float = setting(1.0, "gradient penalty of the co-occurrence discriminator", *WEIGHTS)
    r1_every: int = setting(16, "steps from one gradient penalty to the next", 1, 10**6)
    patch_crops: int = setting(8, "crops a picture for the co-occurrence discriminator", 1, 4096)
    patch_px: int = setting(64, "side that these crops are resized to (a power of two)", 4, 4096)
    patch_smallest: float = setting(1 / 8, "smallest such crop as a share of the side", 0.001, 1)
    patch_largest: float = setting(1 / 4, "largest such crop as a share of the side", 0.001, 1)
    patch_max_channels: int = setting(384, "cap on that discriminator's channels", 1, 16384)
    patch_scale: float = setting(4.0, "factor on that discriminator's channels", 1e-6, 1024)
    features: str = setting("", "SqueezeNet v1.0 weights (.npz or .pth) for losses on features")
    init: str = setting("", "a model (.safetensors) of the same shape to start from")
    seed: int = setting(0, "of every draw", 0, 2**63 - 1)
    principal_axes: int = setting(
        64, "principal directions stored with the weights", 1, HIGHEST_NUMBER
    )
    principal_px: int = setting(
        256, "side of the pictures that they are computed from", 1, HIGHEST_NUMBER
    )

    def __post_init__(self) -> None:
        check_settings(self)
        self._check_sides()
        self._check_channels()
        if self.batch % 2:
            raise DataError(f"batch must be an even number from 2 on, not {self.batch}.")
        if self.image_discriminator not in DISCRIMINATORS:
            raise DataError(
                f"image_discriminator is one of {', '.join(DISCRIMINATORS)}, "
                f"not {self.image_discriminator}."
            )
        if self.patch_smallest > self.patch_largest:
            raise DataError(
                f"patch_smallest, {self.patch_smallest:g}, is larger than patch_largest, "
                f"{self.patch_largest:g}."
            )
        if self.needs_features and not self.features:
            raise DataError(
                "This preset compares pictures in SqueezeNet's features: give the weights with "
                "--features FILE, or set perceptual, statistics and self_similarity to 0."
            )

    def _check_sides(self) -> None:
        cell = 2**self.structure_downsamplings
        smallest = (2 ** (self.texture_downsamplings + 1) - 1) * cell
        for name in ("crop_px", "principal_px"):
            value = getattr(self, name)
            if value % cell or value < smallest:
                raise DataError(
                    f"{name} must be a multiple of {cell} from {smallest} on, not {value}."
                )
        if self.patch_px.bit_count() != 1:
            raise DataError(f"patch_px must be a power of two, not {self.patch_px}.")

    def _check_channels(self) -> None:
        """Each network's narrowest layer has a channel; their rules are in `models.networks`."""
        crop_level = math.ceil(math.log2(self.crop_px))
        patch_level = int(math.log2(self.patch_px))
        narrowest = {"encoder_scale": round(self.encoder_steepness**5 * self.encoder_scale)}
        if self.image_discriminator == "stylegan2":
            narrowest["discriminator_scale"] = int(
                2 ** min(10, 15 - crop_level) * self.discriminator_scale
            )
        if self.patch_gan:
            narrowest["patch_scale"] = int(self.patch_scale * 2 ** (10 - patch_level))
        for name, channels in narrowest.items():
            if channels < 1:
                raise DataError(
                    f"{name} {getattr(self, name):g} leaves a layer without channels: "
                    "give a larger one."
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
