"""The tools of retouching and how they work."""

from dataclasses import dataclass
from enum import StrEnum

from app.controllers.painting import CURVES
from app.tools.mask_brush import SoftBrushSettings
from app.tools.stroke import SMOOTHING_REACH_PX, PressureCurve


class RetouchKind(StrEnum):
    """What the hand does."""

    HAND = "hand"
    CLONE = "clone"
    REGION = "region"
    TEXTURE = "texture"
    ERASE = "erase"


class RegionMode(StrEnum):
    """What a press of the region tool does where no key is held."""

    PICK = "pick"
    ADD = "add"
    REMOVE = "remove"


@dataclass(frozen=True)
class RetouchSettings:
    """How the tools work.

    Attributes:
        size_px: the brush's width in document pixels, at full pressure.
        softness: 0..1, the share of the radius over which it fades out.
        opacity: 0..1.
        aligned: the clone brush keeps its distance from one stroke to the next.
        amount: of the texture, 0..1.5.
        mode: of the region tool.
        smoothing: 0 for none, 1 for the most.
        pressure: whether the pen's pressure decides the width.
        curve: what pressure counts, of `CURVES`.
    """

    size_px: float = 96.0
    softness: float = 0.5
    opacity: float = 1.0
    aligned: bool = True
    amount: float = 1.0
    mode: RegionMode = RegionMode.PICK
    smoothing: float = 0.2
    pressure: bool = True
    curve: str = "linear"

    def __post_init__(self) -> None:
        # A button gives the word.
        object.__setattr__(self, "mode", RegionMode(self.mode))

    def brush(self, zoom: float) -> SoftBrushSettings:
        """The soft brush, where a document pixel takes `zoom` pixels of the screen."""
        return SoftBrushSettings(
            diameter_px=self.size_px,
            softness=self.softness,
            opacity=self.opacity,
            curve=CURVES[self.curve] if self.pressure else PressureCurve.NONE,
            smoothing=self.smoothing,
            smoothing_reach_px=SMOOTHING_REACH_PX / zoom,
        )
