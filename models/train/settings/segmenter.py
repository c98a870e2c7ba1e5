"""Every number of a segmenter's training; see the recipe for the method."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from models.configs import HIGHEST_NUMBER, SegmenterConfig
from models.errors import DataError
from models.train.settings import check_settings, setting

CELL_PX = 32
RATES = (1e-9, 1.0)


@dataclass(frozen=True, kw_only=True)
class SegmenterRecipe:
    """The defaults are for a night on a GPU: the preset `full`.

    Raises:
        DataError: a value beyond its limits, or values that cannot be meant together.
    """

    labels: str = setting("", "how the data's label ids become classes: the palette's id, or a map")
    classes: int = setting(14, "labels that the model tells apart", 2, 255)
    base_channels: int = setting(32, "channels of the network's finest maps", 4, 1024)
    canvas_px: int = setting(
        256, "shorter side of the photos that the model is made for", 32, HIGHEST_NUMBER
    )
    crop_px: int = setting(256, "side of the training crops", 32, HIGHEST_NUMBER)
    smallest_crop: float = setting(
        0.5, "smallest crop as a share of a picture's shorter side", 0.01, 1
    )
    jitter: float = setting(0.3, "strength of the random changes of colour", 0, 1)
    batch: int = setting(32, "pictures a step over all processes", 1, 2**20)
    images: int = setting(1_200_000, "pictures to train on in all", 1, 10**12)
    learning_rate: float = setting(2e-3, "the highest, after the warm-up (AdamW)", *RATES)
    warmup: int = setting(100, "steps until the highest learning rate", 0, 10**9)
    weight_decay: float = setting(0.01, "of the convolutions' weights", 0, 10)
    ema: float = setting(0.998, "decay of the averaged weights, which are exported", 0, 1)
    smoothing: float = setting(0.05, "share of certainty that each pixel's label gives away", 0, 1)
    balance: float = setting(0.3, "power of a label's rarity in its weight; 0 for equal ones", 0, 1)
    highest_weight: float = setting(3.0, "cap on a rare label's weight", 1, 1e6)
    init: str = setting("", "a model (.safetensors) of the same shape to start from")
    seed: int = setting(0, "of every draw", 0, 2**63 - 1)

    def __post_init__(self) -> None:
        check_settings(self)
        for name in ("crop_px", "canvas_px"):
            value = getattr(self, name)
            if value % CELL_PX:
                raise DataError(f"{name} must be a multiple of {CELL_PX}, not {value}.")

    @property
    def steps(self) -> int:
        """Training steps until all images are seen."""
        return max(1, self.images // self.batch)

    @property
    def network_config(self) -> SegmenterConfig:
        """The config of the network that this recipe trains."""
        return SegmenterConfig(
            classes=self.classes, base_channels=self.base_channels, crop_size=self.canvas_px
        )


FAST = MappingProxyType({"crop_px": 128, "images": 120_000})
PRESETS: dict[str, MappingProxyType[str, Any]] = {"full": MappingProxyType({}), "fast": FAST}
