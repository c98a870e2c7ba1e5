"""Sliders out of photos: differences of texture codes, and the directions in which they spread.

A direction is what one deviation of its slider adds to a texture code (`models.values.Direction`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.errors import UserError

FEWEST_PHOTOS = 3
MOST_DIRECTIONS = 8
LEAST_SHARE = 1e-6
"""Of the variance; what is held by less is rounding."""
LEAST_LENGTH = 1e-4
"""Of a difference of codes of unit length; a shorter one is rounding."""

Code = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FoundDirection:
    """A direction in which the texture codes of photos spread.

    Attributes:
        values: T float32, of the length of one standard deviation.
        share: of the variance of the codes that lies along it, 0..1.
    """

    values: Code
    share: float


def attribute(with_it: Sequence[Code], without_it: Sequence[Code]) -> Code:
    """What an attribute adds to a texture code: the difference of two groups' mean codes.

    One deviation is the difference itself: 1 brings a photo from the one group's mean to the other.

    Args:
        with_it: codes of photos that have the attribute, at least one.
        without_it: codes of photos that have it not, at least one; or a model's mean code alone.

    Raises:
        UserError: the groups have the same mean.
    """
    difference = _rows(with_it).mean(axis=0) - _rows(without_it).mean(axis=0)
    if np.linalg.norm(difference) < LEAST_LENGTH:
        raise UserError(
            "Both groups have the same texture, so there is nothing between them.",
            "Choose photos that differ in what the slider shall change.",
        )
    return difference.astype(np.float32)


def principal_directions(
    codes: Sequence[Code], most: int = MOST_DIRECTIONS
) -> tuple[FoundDirection, ...]:
    """The directions in which texture codes spread most, the widest first (thesis, 4.4.6).

    Each points to where its largest part is positive, so that the same photos give the same
    sliders.

    Args:
        codes: of the photos.
        most: at most so many directions; fewer photos have fewer.

    Raises:
        UserError: fewer than three photos, or all of them with the same texture.
    """
    if len(codes) < FEWEST_PHOTOS:
        are = "One photo is" if len(codes) == 1 else f"{len(codes)} photos are"
        raise UserError(
            f"{are} too few to find sliders in.",
            f"At least {FEWEST_PHOTOS} are needed, and dozens are better.",
        )
    rows = _rows(codes)
    spread = rows - rows.mean(axis=0)
    variances, axes = _principal(spread)
    total = float((spread**2).sum()) / (len(rows) - 1)
    if total < LEAST_LENGTH**2:
        raise UserError(
            "These photos have the same texture, so there are no sliders in them.",
            "Choose a folder of different photos.",
        )
    return tuple(
        FoundDirection((axis * np.sqrt(variance)).astype(np.float32), float(variance) / total)
        for variance, axis in zip(variances[:most], axes[:most], strict=True)
        if variance / total >= LEAST_SHARE
    )


def _rows(codes: Sequence[Code]) -> Values:
    return np.stack([np.asarray(code, np.float64) for code in codes])


def _principal(spread: Values) -> tuple[Values, Values]:
    """Variances, falling, and axes of unit length as rows, of codes around their mean.

    The smaller of the two products of the table with itself is decomposed: both have the same
    variances, and a folder has fewer photos than a code has numbers.
    """
    count, length = spread.shape
    if count < length:
        variances, mixtures = np.linalg.eigh(spread @ spread.T / (count - 1))
        axes = mixtures.T @ spread
    else:
        variances, columns = np.linalg.eigh(spread.T @ spread / (count - 1))
        axes = columns.T
    order = np.argsort(variances)[::-1]
    variances, axes = np.maximum(variances[order], 0.0), axes[order]
    lengths = np.linalg.norm(axes, axis=1, keepdims=True)
    axes = axes / np.where(lengths > 0.0, lengths, 1.0)
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    return variances, np.where(largest < 0.0, -axes, axes)
