"""Whether SPADE's pictures show what the layout says, and look like photos.

As the paper measures it (arXiv 1903.07291, section 4): a segmenter reads the renders of held-out
layouts, and its agreement with them is pixel accuracy and mean IoU; the Frechet distance between
the features of photos and renders, here in SqueezeNet's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from models.configs import SpadeConfig
from models.networks.segmenter import Segmenter
from models.networks.spade import SpadeNetwork
from models.networks.squeezenet import SqueezeNetFeatures
from models.train.data.labelled import LabelledBatch, LabelledEntry, load_batch
from models.train.metrics.frechet import Moments, pooled
from models.train.metrics.segmenter import Confusion, read_classes
from models.train.recipes.spade import one_hot

FEATURE_LENGTH = 384
PHOTOS, OWN_STYLE, RANDOM_STYLE = "photos", "own_style", "random_style"


@dataclass(frozen=True, kw_only=True)
class SpadeReport:
    """Figures over held-out layouts; what was not asked for is None.

    Attributes:
        pictures: how many layouts were rendered, in the photo's own style and in a random one.
        accuracy, mean_iou: agreement of the segmenter with the layout, on "own_style" and
            "random_style" renders, and on the "photos" themselves, the most that can be hoped for.
        frechet_in_squeezenet: distance of the renders to the photos: of the pooled features of a
            fixed network. No FID, and of few pictures: compare it with equal numbers only.
    """

    pictures: int
    accuracy: dict[str, float] | None
    mean_iou: dict[str, float] | None
    frechet_in_squeezenet: dict[str, float] | None


def evaluate(  # noqa: PLR0913 - what is measured, and with what, each by its name
    network: SpadeNetwork,
    config: SpadeConfig,
    heldout: Sequence[LabelledEntry],
    classes_of: npt.NDArray[np.integer],
    *,
    segmenter: Segmenter | None,
    features: SqueezeNetFeatures | None,
    size_px: int,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> SpadeReport:
    """The figures of `network` (in eval mode) on the middles of photos, at `size_px` square.

    Args:
        config: of the network.
        classes_of: for every id of the label maps the class; as of `load_pair`.
        segmenter: of the same classes, for accuracy and IoU.
        features: for the Frechet distance.
        seed: of the random styles.
        progress: called with the number of pictures done, and of all.
    """
    generator = torch.Generator().manual_seed(seed)
    kinds = (PHOTOS, OWN_STYLE, RANDOM_STYLE)
    seen = {kind: Confusion(config.classes) for kind in kinds}
    moments = {kind: Moments(FEATURE_LENGTH) for kind in kinds}
    for done, entry in enumerate(heldout):
        batch = load_batch([entry], classes_of, size_px)
        pictures = dict(zip(kinds, _pictures(network, config, batch, generator), strict=True))
        for kind, picture in pictures.items():
            if segmenter is not None:
                seen[kind].add(batch.ids, read_classes(segmenter, picture))
            if features is not None:
                moments[kind].add(pooled(features, picture))
        progress(done + 1, len(heldout))
    return SpadeReport(
        pictures=len(heldout),
        accuracy={kind: seen[kind].accuracy for kind in kinds} if segmenter else None,
        mean_iou={kind: seen[kind].mean_iou for kind in kinds} if segmenter else None,
        frechet_in_squeezenet={
            kind: moments[kind].distance(moments[PHOTOS]) for kind in (OWN_STYLE, RANDOM_STYLE)
        }
        if features
        else None,
    )


@torch.inference_mode()
def _pictures(
    network: SpadeNetwork, config: SpadeConfig, batch: LabelledBatch, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """The photo, and its layout in its own and in a random style."""
    layout = semantics(batch.ids, config)
    random = torch.randn(1, config.style_length, generator=generator)
    if network.E is None:
        render = network(layout)
        return batch.images, render, render
    own, _ = network.encode_style(batch.images)
    return batch.images, network(layout, own), network(layout, random)


def semantics(ids: Tensor, config: SpadeConfig) -> Tensor:
    """Class ids B x H x W -> the label map that the network reads, its edges those of the ids."""
    layout = one_hot(ids, config.classes + config.unknown_channel)
    if config.edge_channel:
        layout = torch.cat([layout, _edges(ids)[:, None].float()], 1)
    return layout


def _edges(ids: Tensor) -> Tensor:
    """Whether an id differs from one of its four neighbours', B x H x W."""
    found = torch.zeros_like(ids, dtype=torch.bool)
    down, across = ids[:, 1:] != ids[:, :-1], ids[:, :, 1:] != ids[:, :, :-1]
    found[:, 1:] |= down
    found[:, :-1] |= down
    found[:, :, 1:] |= across
    found[:, :, :-1] |= across
    return found


@torch.inference_mode()
def contact_sheet(
    network: SpadeNetwork,
    config: SpadeConfig,
    batch: LabelledBatch,
    photos: Tensor,
    dice: int,
    colours: Tensor,
) -> Tensor:
    """Every layout in every style.

    Args:
        batch: N held-out layouts; their photos are not looked at.
        photos: P x 3 x S x S in [-1, 1], whose styles are taken.
        dice: random styles beside them.
        colours: of the classes, at least as many as ids, x 3 in [-1, 1].

    Returns:
        3 x (N + 1)S x (P + dice + 1)S: layouts down the left, style photos along the top (white
        over the random ones).
    """
    white = torch.ones_like(photos[:1])
    generator = torch.Generator().manual_seed(0)
    random = torch.randn(dice, config.style_length, generator=generator)
    styles = torch.cat([network.encode_style(photos)[0], random])
    rows = [torch.cat([white, photos, white.expand(dice, -1, -1, -1)])]
    shown = colours[batch.ids.long()].permute(0, 3, 1, 2)
    for ids, picture in zip(batch.ids, shown, strict=True):
        layout = semantics(ids[None], config)
        renders = [network(layout, style[None]) for style in styles]
        rows.append(torch.cat([picture[None], *renders]))
    return torch.cat([torch.cat(list(row), 2) for row in rows], 1).clamp(-1.0, 1.0)
