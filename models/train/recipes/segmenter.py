"""Recipe of the segmenter: photos with label maps, and their cross entropy.

No paper's, but common practice: label smoothing (Szegedy et al., arXiv 1512.00567, section 7), rare
labels weigh more, up to a cap; colours and scale are changed at random; AdamW (Loshchilov and
Hutter, arXiv 1711.05101) with a warm-up and a cosine down to 0 (arXiv 1608.03983); the averaged
weights (EMA) are exported. The label maps may be machine-made and ragged, so that the loss looks at
every second pixel of both directions only, which ones is drawn anew at each step.

The numbers are in `models.train.settings.segmenter`. `fast` is for an hour on a CPU.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer

from models.networks.segmenter import FINEST_PX, Segmenter, enlarged
from models.train.data.labelled import LabelledBatch
from models.train.draws import Draws
from models.train.ema import Ema
from models.train.norms import measure_norms
from models.train.recipes.start import start_network
from models.train.settings.segmenter import SegmenterRecipe
from models.train.updates import update

FAMILY = "segmenter"
UNKNOWN = 255
"""Pixels with this id are not looked at."""
LOSS_EVERY_PX = 2
SHARES_MOMENTUM = 0.01
LEAST_SHARE = 1e-6
# Purposes of `Draws.generator`.
COLOURS, PLACES = 0, 1
LUMA = (0.299, 0.587, 0.114)


class LabelShares(nn.Module):
    """How frequent each label is in the training's pictures, measured as it goes.

    Attributes:
        shares: of all pixels, one for each class; running means.
    """

    shares: Tensor

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.register_buffer("shares", torch.full((classes,), 1.0 / classes))

    def update(self, shares: Tensor, step: int) -> None:
        """Take in the shares of step number `step` (from 0)."""
        self.shares.lerp_(shares, max(1.0 / (step + 1), SHARES_MOMENTUM))

    def weights(self, power: float, highest: float) -> Tensor:
        """What a pixel of each label weighs: its rarity to a power, 1 on the average.

        Args:
            power: 0 for equal weights.
            highest: cap, as a multiple of a label's weight that is as frequent as the mean.
        """
        rarity = 1.0 / (self.shares.clamp_min(LEAST_SHARE) * len(self.shares))
        weights = rarity.pow(power).clamp_max(highest)
        return weights / (weights * self.shares).sum()


@dataclass
class State:
    """What a run owns; the loop saves `modules` and `optimizers`."""

    recipe: SegmenterRecipe
    fabric: Fabric
    network: Segmenter
    shares: LabelShares
    optimizer: Optimizer
    ema: Ema

    @property
    def modules(self) -> dict[str, nn.Module]:
        """Modules whose state is saved, by name."""
        return {"network": self.network, "shares": self.shares, "ema": self.ema.network}

    @property
    def optimizers(self) -> dict[str, Optimizer]:
        """Optimizers whose state is saved, by name."""
        return {"segmenter": self.optimizer}


def build(recipe: SegmenterRecipe, fabric: Fabric) -> State:
    """Network (the seed's random weights, or those of `init`), optimizer, the averaged copy.

    Raises:
        CheckpointError: `init` cannot be used.
    """
    torch.manual_seed(recipe.seed)
    network = (
        start_network(recipe.network_config, recipe.init, Segmenter)
        .to(fabric.device)
        .to(memory_format=torch.channels_last)
        .train()
    )
    matrices = [p for p in network.parameters() if p.dim() > 1]
    vectors = [p for p in network.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices}, {"params": vectors, "weight_decay": 0.0}],
        recipe.learning_rate,
        weight_decay=recipe.weight_decay,
    )
    return State(
        recipe=recipe,
        fabric=fabric,
        network=network,
        shares=LabelShares(recipe.classes).to(fabric.device),
        # Fabric's wrapper stands in for the optimizer in everything but its type.
        optimizer=cast(Optimizer, fabric.setup_optimizers(optimizer)),
        ema=Ema(network, recipe.ema),
    )


def step(state: State, batch: LabelledBatch, draws: Draws) -> dict[str, float]:
    """One step of the network.

    Args:
        batch: this process' part: photos B x 3 x S x S in [-1, 1], class ids B x S x S; pixels of
            the id 255 do not count.
        draws: the random numbers of this step.

    Returns:
        The weighted cross entropy and the share of pixels that were right, averaged over all
        processes.
    """
    recipe, fabric = state.recipe, state.fabric
    ids = _thinned(batch.ids, draws).long()
    state.shares.update(_label_shares(ids, recipe.classes, fabric), draws.step)
    images = jittered(batch.images, recipe.jitter, draws)
    with fabric.autocast():
        logits = state.network.coarse(images.contiguous(memory_format=torch.channels_last))
    logits = enlarged(logits.float(), FINEST_PX // LOSS_EVERY_PX)
    weights = state.shares.weights(recipe.balance, recipe.highest_weight)
    # Divided by a number that is the same in every process, so that means of means are means.
    loss = F.cross_entropy(
        logits,
        ids,
        weights,
        ignore_index=UNKNOWN,
        label_smoothing=recipe.smoothing,
        reduction="sum",
    ) / ids.numel()  # fmt: skip
    for group in state.optimizer.param_groups:
        group["lr"] = learning_rate(recipe, draws.step)
    update(fabric, state.optimizer, loss, [state.network])
    state.ema.update(state.network, draws.step)
    right = (logits.argmax(1) == ids).float().mean()
    values = fabric.all_reduce(torch.stack([loss.detach(), right]), reduce_op="mean")
    assert isinstance(values, Tensor)
    return dict(zip(("cross_entropy", "accuracy"), values.tolist(), strict=True))


def learning_rate(recipe: SegmenterRecipe, step: int) -> float:
    """Of step number `step` (from 0): up in a line, then down in a cosine that ends at 0."""
    if step < recipe.warmup:
        return recipe.learning_rate * (step + 1) / (recipe.warmup + 1)
    gone = (step - recipe.warmup) / max(1, recipe.steps - recipe.warmup)
    return recipe.learning_rate * 0.5 * (1.0 + math.cos(math.pi * min(1.0, gone)))


def _thinned(ids: Tensor, draws: Draws) -> Tensor:
    """Every second pixel of both directions; the same ones in the whole batch."""
    generator = draws.generator(PLACES)
    down, across = torch.randint(LOSS_EVERY_PX, (2,), generator=generator).tolist()
    return ids[:, down::LOSS_EVERY_PX, across::LOSS_EVERY_PX]


def _label_shares(ids: Tensor, classes: int, fabric: Fabric) -> Tensor:
    """The share of each class in the labelled pixels of all processes."""
    counts = torch.bincount(ids.flatten(), minlength=UNKNOWN + 1)[:classes].float()
    counts = fabric.all_reduce(counts, reduce_op="sum")
    assert isinstance(counts, Tensor)
    return counts / counts.sum().clamp_min(1.0)


def jittered(images: Tensor, strength: float, draws: Draws) -> Tensor:
    """Photos with other light: brightness, contrast, colourfulness and the channels' balance.

    Args:
        images: B x 3 x S x S in [-1, 1].
        strength: 0 changes nothing; with s, contrast and colourfulness are times 1 - s to 1 + s,
            each channel is times 1 - s/3 to 1 + s/3, and s is the most that brightness moves.
    """
    count = images.shape[0]
    uniform = torch.rand(count * draws.world, 6, generator=draws.generator(COLOURS))
    drawn = (2.0 * uniform[draws.part(len(uniform))] - 1.0).to(images) * strength
    contrast, colour, brightness = drawn[:, :3].T[..., None, None]
    balance = torch.diag_embed(1.0 + drawn[:, 3:] / 3.0)
    grey = torch.tensor(LUMA).to(images).expand(3, 3)
    colourfulness = torch.lerp(grey, torch.eye(3).to(images), 1.0 + colour)
    matrix = (1.0 + contrast) * (balance @ colourfulness)
    changed = torch.baddbmm(brightness.expand(-1, 3, 1), matrix, images.flatten(2))
    return changed.view_as(images).clamp(-1.0, 1.0)


def measure_statistics(network: Segmenter, batches: Iterable[LabelledBatch]) -> None:
    """Give the averaged weights the batch statistics that they themselves have.

    The running statistics of training belong to weights that moved on; these are plain means over
    `batches`.
    """
    measure_norms(network, lambda batch: network.coarse(batch.images), batches)


@torch.no_grad()
def sample(state: State, batch: LabelledBatch, colours: Tensor) -> Tensor:
    """Layouts of held-out photos by the averaged network, as a grid.

    Args:
        batch: N photos with their class ids.
        colours: classes x 3 in [-1, 1], to show the label maps with.

    Returns:
        3 x 3S x NS: photo, label map, the network's layout.
    """
    network = state.ema.network
    read = network(batch.images).argmax(1)
    maps = [colours[ids.long()].permute(0, 3, 1, 2).to(batch.images) for ids in (batch.ids, read)]
    rows = [batch.images, *maps]
    return torch.cat([torch.cat(list(row), 2) for row in rows], 1).clamp(-1.0, 1.0)
