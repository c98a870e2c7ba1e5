"""Regions of like structure, and the directions along which they can be moved (thesis, 4.4.6)."""

import torch
from torch import Tensor

from models.editing.pca import CodeStatistics, Principal
from models.networks.swapping_autoencoder import unit_length

ALIKE = 0.95
"""Cosine from which two structure codes count as the same in `is_flat`."""
FLAT_SHARE = 0.95
"""Share of the picture that must be like the place for it to have no region of its own."""


def similarity_to(structure: Tensor, cell_yx: tuple[int, int]) -> Tensor:
    """Cosine of the structure code at one cell with that at every cell: h x w, -1..1.

    Args:
        structure: 1 x S x h x w, of any length.
    """
    code = unit_length(structure.float())
    return (code * code[:, :, cell_yx[0], cell_yx[1], None, None]).sum(1)[0].clamp(-1.0, 1.0)


def is_flat(similarity_hw: Tensor) -> bool:
    """Whether nearly all of the picture is like the place: then no region can be told."""
    return bool((similarity_hw > ALIKE).float().mean() > FLAT_SHARE)


def own_directions(structure: Tensor) -> Principal:
    """Principal directions of one picture's structure codes, all of its places pooled.

    For models that bring none. The same picture gives the same directions.
    """
    statistics = CodeStatistics(structure.shape[1])
    statistics.add(structure[0].flatten(1).T)
    return statistics.principal(structure.shape[1])


def step_along(axes: Tensor, deviations: Tensor, amounts: dict[int, float]) -> Tensor:
    """sum of amount * deviation * axis: C.

    Args:
        axes: K x C.
        deviations: K.
        amounts: by the axis' number, below K, in standard deviations.
    """
    step = torch.zeros(axes.shape[1])
    for number, amount in amounts.items():
        step += amount * deviations[number].cpu() * axes[number].cpu()
    return step
