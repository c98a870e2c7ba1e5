"""Sliders: directions of the texture code that a document's edits name, beside the model's own."""

from dataclasses import dataclass

from models.values import Direction


@dataclass(frozen=True)
class Slider:
    """A direction of the texture code with what a person needs to know of it.

    Attributes:
        direction: where one standard deviation leads; its hash is what edits name.
        name: "Snow".
        model: id of the model whose texture codes these are.
        weights: sha256 of that model's file: with other weights the direction means nothing.
        share: of the variance of the texture codes that it was found in, 0..1; None for a
            direction between two groups of photos.
    """

    direction: Direction
    name: str
    model: str
    weights: str
    share: float | None = None
