"""How well a Swapping Autoencoder reconstructs and swaps, on pictures it was not trained on.

Measures of the thesis, section 4.4.4, in SqueezeNet's features instead of VGG's and Inception's:
self-similarity distance (structure) and single-image Frechet distance (texture, SIFID).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.image_io import to_bchw
from models.losses.self_similarity import self_similarity
from models.networks.squeezenet import SqueezeNetFeatures
from models.networks.swapping_autoencoder import SwappingAutoencoder
from models.train.data.images import ImageEntry, load_square
from models.train.metrics.frechet import Moments

TEXTURE_TAP = 1
STRUCTURE_TAPS = (2, 3)
NOISE_SEED = 0
# Two equal photos have no gap to close.
SMALLEST_DISTANCE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Report:
    """Figures over held-out pictures.

    Attributes:
        pictures: how many were reconstructed.
        pairs: how many pairs were swapped.
        psnr_db: mean peak signal-to-noise ratio of the reconstructions, without noise (which is
            grain that no reconstruction can guess); swaps are made with noise, as in use.
        nearer_texture: share of swaps whose features (mean and covariance, Frechet distance) are
            nearer to the texture photo than the structure photo's are.
        texture_gap_closed: mean of 1 - d(swap, texture) / d(structure, texture): 1 means the
            texture photo's statistics are met, 0 that nothing was taken over.
        structure_distance: mean self-similarity distance between swap and structure photo.
        unrelated_distance: the same between texture photo and structure photo, the scale of it.
        structure_kept: 1 - structure_distance / unrelated_distance.
    """

    pictures: int
    pairs: int
    psnr_db: float
    nearer_texture: float
    texture_gap_closed: float
    structure_distance: float
    unrelated_distance: float
    structure_kept: float


def evaluate(
    network: SwappingAutoencoder,
    features: SqueezeNetFeatures,
    heldout: Sequence[ImageEntry],
    *,
    size_px: int = 256,
    pairs: int = 64,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Report:
    """The figures of `network` (in eval mode) on `heldout`, at `size_px` square.

    Args:
        pairs: structure and texture photos are drawn at random, never the same one twice in a
            pair.
        progress: called with the number of pictures done, and of all.
    """
    rng = np.random.default_rng(seed)
    drawn = [rng.choice(len(heldout), 2, replace=False) for _ in range(pairs)]
    total = len(heldout) + pairs
    psnr: list[float] = []
    rows: list[tuple[float, float, float, float]] = []
    with torch.inference_mode():
        for done, entry in enumerate(heldout):
            image = _image(entry, size_px, features)
            psnr.append(peak_signal_to_noise(network.decode(*network.encode(image)), image))
            progress(done + 1, total)
        for done, (first, second) in enumerate(drawn):
            structure = _image(heldout[int(first)], size_px, features)
            texture = _image(heldout[int(second)], size_px, features)
            rows.append(_swap_distances(network, features, structure, texture))
            progress(len(heldout) + done + 1, total)
    to_texture, apart, to_structure, unrelated = np.array(rows).T
    return Report(
        pictures=len(heldout),
        pairs=pairs,
        psnr_db=float(np.mean(psnr)),
        nearer_texture=float(np.mean(to_texture < apart)),
        texture_gap_closed=float(np.mean(1.0 - to_texture / np.maximum(apart, SMALLEST_DISTANCE))),
        structure_distance=float(np.mean(to_structure)),
        unrelated_distance=float(np.mean(unrelated)),
        structure_kept=float(1.0 - np.mean(to_structure) / np.mean(unrelated)),
    )


def _image(entry: ImageEntry, size_px: int, features: SqueezeNetFeatures) -> Tensor:
    return to_bchw(load_square(entry, size_px)).to(features.offset.device)


def _swap_distances(
    network: SwappingAutoencoder, features: SqueezeNetFeatures, structure: Tensor, texture: Tensor
) -> tuple[float, float, float, float]:
    """Frechet: swap, structure to texture; self-similarity: swap, texture to structure."""
    hybrid = network.decode(network.encode(structure)[0], network.encode(texture)[1], NOISE_SEED)
    of_structure, of_texture, of_hybrid = (
        features(image.clamp(-1.0, 1.0)) for image in (structure, texture, hybrid)
    )
    return (
        frechet_distance(of_hybrid[TEXTURE_TAP], of_texture[TEXTURE_TAP]),
        frechet_distance(of_structure[TEXTURE_TAP], of_texture[TEXTURE_TAP]),
        self_similarity_distance(of_hybrid, of_structure),
        self_similarity_distance(of_texture, of_structure),
    )


def peak_signal_to_noise(image: Tensor, target: Tensor) -> float:
    """PSNR in dB of images in [-1, 1] (clipped to it); infinite for equal ones."""
    error = (image.clamp(-1.0, 1.0) - target).double().square().mean().item()
    return math.inf if error == 0.0 else 10.0 * math.log10(4.0 / error)


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """Frechet distance between the feature vectors of two maps 1 x C x H x W, over their places.

    As in Shaham et al., arXiv 1905.01164, section 3.
    """
    of_a, of_b = (Moments(x.shape[1]) for x in (a, b))
    of_a.add(a[0].flatten(1).T)
    of_b.add(b[0].flatten(1).T)
    return of_a.distance(of_b)


def self_similarity_distance(a: Sequence[Tensor], b: Sequence[Tensor]) -> float:
    """Mean |S(a) - S(b)| over the deeper layers and all pairs of places (thesis, 4.4.4)."""
    distances = [
        (self_similarity(a[tap]) - self_similarity(b[tap])).abs().mean() for tap in STRUCTURE_TAPS
    ]
    return float(torch.stack(distances).mean())
