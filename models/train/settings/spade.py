"""Every number of a SPADE training; see the recipe for the method."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from models.configs import (
    HALVINGS,
    HIGHEST_NUMBER,
    WORDS,
    MultiscaleDiscriminatorConfig,
    SpadeConfig,
)
from models.errors import DataError
from models.train.settings import check_settings, setting

RATES = (1e-9, 1.0)
DECAYS = (0.0, 0.999999)
WEIGHTS = (0.0, 1e6)


@dataclass(frozen=True, kw_only=True)
class SpadeRecipe:
    """The defaults are the thesis' for 256 px, with styles: the preset `paper`.

    Raises:
        DataError: a value beyond its limits, or values that cannot be meant together.
    """

    labels: str = setting("", "how the data's label ids become classes: the palette's id, or a map")
    classes: int = setting(182, "labels that the model knows", 1, 255)
    unknown_channel: int = setting(0, "1 for a channel of its own for the id 255, unknown", 0, 1)
    base_channels: int = setting(64, "channels of the generator's last blocks", 1, 1024)
    hidden_channels: int = setting(128, "channels inside the normalisations", 1, 4096)
    style_length: int = setting(256, "numbers in a style; 0 leaves styles out", 0, 4096)
    upsampling: str = setting("normal", "normal, more or most doublings of the first map")
    canvas_px: int = setting(
        256, "side of the pictures that the model is made for", 32, HIGHEST_NUMBER
    )
    crop_px: int = setting(256, "side of the training crops", 32, HIGHEST_NUMBER)
    smallest_crop: float = setting(
        0.9, "smallest crop as a share of a picture's shorter side", 0.01, 1
    )
    discriminator_channels: int = setting(64, "channels of the discriminators' first layer", 1, 512)
    discriminator_layers: int = setting(4, "convolutions of each before its last", 1, 8)
    batch: int = setting(32, "pictures a step over all processes", 1, 2**20)
    images: int = setting(25_000_000, "pictures to train on in all", 1, 10**12)
    learning_rate: float = setting(1e-4, "of generator and encoder (Adam)", *RATES)
    discriminator_learning_rate: float = setting(4e-4, "of the discriminators (Adam)", *RATES)
    beta1: float = setting(0.0, "Adam's first decay", *DECAYS)
    beta2: float = setting(0.9, "Adam's second decay", *DECAYS)
    ema: float = setting(0.9999, "decay of the averaged weights, which are exported", 0, 1)
    feature_matching: float = setting(10.0, "weight of feature matching", *WEIGHTS)
    perceptual: float = setting(10.0, "weight of the distance in fixed features", *WEIGHTS)
    kl: float = setting(0.05, "weight of the styles' Kullback-Leibler divergence", *WEIGHTS)
    l1: float = setting(0.0, "weight of the L1 distance to the photo", *WEIGHTS)
    features: str = setting("", "weights of the fixed network: VGG-19 or SqueezeNet v1.0")
    init: str = setting("", "a model (.safetensors) of the same shape to start from")
    seed: int = setting(0, "of every draw", 0, 2**63 - 1)

    def __post_init__(self) -> None:
        check_settings(self)
        if self.upsampling not in WORDS["upsampling"]:
            raise DataError(
                f"upsampling is one of {', '.join(WORDS['upsampling'])}, not {self.upsampling}."
            )
        cell = 2 ** HALVINGS[self.upsampling]
        for name in ("crop_px", "canvas_px"):
            value = getattr(self, name)
            if value % cell:
                raise DataError(f"{name} must be a multiple of {cell}, not {value}.")
        if self.needs_features and not self.features:
            raise DataError(
                "The perceptual loss needs a fixed network: give the weights of VGG-19 or "
                "SqueezeNet with --features FILE, or set perceptual to 0."
            )

    @property
    def needs_features(self) -> bool:
        return bool(self.perceptual)

    @property
    def channels(self) -> int:
        """Channels of a label map."""
        return self.classes + self.unknown_channel

    @property
    def steps(self) -> int:
        """Training steps until all images are seen."""
        return max(1, self.images // self.batch)

    @property
    def network_config(self) -> SpadeConfig:
        """The config of the network that this recipe trains."""
        return SpadeConfig(
            classes=self.classes,
            unknown_channel=bool(self.unknown_channel),
            base_channels=self.base_channels,
            hidden_channels=self.hidden_channels,
            style_length=self.style_length,
            upsampling=self.upsampling,
            crop_size=self.canvas_px,
        )

    @property
    def discriminator_config(self) -> MultiscaleDiscriminatorConfig:
        return MultiscaleDiscriminatorConfig(
            in_channels=self.channels + 3,
            base_channels=self.discriminator_channels,
            layers=self.discriminator_layers,
        )


FAST = MappingProxyType(
    {
        "base_channels": 16,
        "hidden_channels": 48,
        "style_length": 64,
        "upsampling": "more",
        "crop_px": 128,
        "discriminator_channels": 32,
        "batch": 8,
        "images": 40_000,
        "learning_rate": 2e-4,
        "ema": 0.999,
        "kl": 0.0025,
        "l1": 2.0,
    }
)
PRESETS: dict[str, MappingProxyType[str, Any]] = {"paper": MappingProxyType({}), "fast": FAST}
