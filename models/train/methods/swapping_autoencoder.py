"""A run of the Swapping Autoencoder: photos; the model has principal directions of its codes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from models.editing.pca import CodeStatistics, Principal
from models.image_io import to_bchw
from models.networks.swapping_autoencoder import SwappingAutoencoder
from models.train.data.batches import CropBatches, photo_crops
from models.train.data.images import ImageEntry, find_images, load_square
from models.train.methods.method import Extras, Found, Method, Part
from models.train.recipes import swapping_autoencoder as recipe_module
from models.train.settings.swapping_autoencoder import SwappingAutoencoderRecipe

PRINCIPAL_IMAGES = 4096


def find(sources: Sequence[Path]) -> Found:
    """Every picture."""
    return Found(find_images(sources))


def batches(
    recipe: SwappingAutoencoderRecipe, entries: Sequence[ImageEntry], part: Part
) -> CropBatches[ImageEntry, npt.NDArray[np.uint8], Tensor]:
    return CropBatches(
        entries,
        photo_crops(recipe.crop_px),
        smallest=recipe.smallest_crop,
        batch=recipe.batch,
        seed=recipe.seed,
        rank=part.rank,
        world=part.world,
        threads=part.threads,
    )


def shown(
    recipe: SwappingAutoencoderRecipe, entries: Sequence[ImageEntry], palette_id: str | None
) -> Tensor:
    return stack(entries, recipe.crop_px)


def extras(
    network: nn.Module, recipe: SwappingAutoencoderRecipe, entries: Sequence[ImageEntry]
) -> Extras:
    """Principal directions of both codes."""
    assert isinstance(network, SwappingAutoencoder)
    stride = -(-len(entries) // PRINCIPAL_IMAGES)
    directions = principal_directions(network, entries[::stride], recipe)
    return Extras(
        tensors={
            f"{code}.{name}": getattr(principal, name)
            for code, principal in directions.items()
            for name in ("mean", "axes", "deviations")
        },
        notes={"variance_of_the_axes": {code: p.share for code, p in directions.items()}},
    )


def principal_directions(
    network: SwappingAutoencoder, images: Sequence[ImageEntry], recipe: SwappingAutoencoderRecipe
) -> dict[str, Principal]:
    """Directions of the texture codes, and of the structure codes pooled over all places."""
    device = next(network.parameters()).device
    structures = CodeStatistics(recipe.structure_channels)
    textures = CodeStatistics(recipe.texture_channels)
    # One at a time: at the export's size a large batch would not fit where training just did.
    with torch.inference_mode():
        for entry in images:
            structure, texture = network.encode(stack([entry], recipe.principal_px).to(device))
            structures.add(structure.flatten(2).transpose(1, 2).flatten(0, 1))
            textures.add(texture)
    return {
        "texture": textures.principal(recipe.principal_axes),
        "structure": structures.principal(recipe.principal_axes),
    }


def stack(entries: Sequence[ImageEntry], size_px: int) -> Tensor:
    """The middles of pictures, N x 3 x S x S in [-1, 1]; `DataError` for one that is damaged."""
    return torch.cat([to_bchw(load_square(entry, size_px)) for entry in entries])


METHOD = Method(
    family=recipe_module.FAMILY,
    find=find,
    build=recipe_module.build,
    batches=batches,
    step=recipe_module.step,
    shown=shown,
    sample=recipe_module.sample,
    headline=lambda state: "",
    settle=None,
    extras=extras,
)
