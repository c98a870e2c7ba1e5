"""Recipe of SPADE with styles.

Paper: Park et al., arXiv 1903.07291 = thesis, chapter 2. The terms of `paper`: hinge adversarial
loss on two scales (section 2.2; Lim and Ye, arXiv 1705.02894), feature matching with weight 10
(Wang et al., arXiv 1711.11585), perceptual loss with weight 10, and with styles the
Kullback-Leibler divergence with weight 0.05 (appendix); two time scales of learning (Heusel et al.,
arXiv 1706.08500), spectral normalisation, batch statistics over all processes.

The numbers are in `models.train.settings.spade`. Where `paper` differs from the thesis: averaged
weights (EMA) are exported, with batch statistics that are measured for them anew; where no VGG-19
is at hand, SqueezeNet stands in for it, as the run's first line says; discriminators and features
see pictures from a random row and column on, against the grid that their strides leave on flat
ground. The divergence is the sum over the whole batch, however many processes share it: where each
of several devices adds up its own part alone, an equal weight pulls less.

`fast` is for hours on a CPU: a narrow generator, crops of 128 px, an L1 term that settles colours
early, a smaller divergence.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer

from models.builders import build as build_network
from models.losses import gan_hinge
from models.losses.feature_matching import feature_matching_loss
from models.losses.kl import kl_loss
from models.losses.perceptual import perceptual_loss
from models.networks.multiscale_discriminator import MultiscaleDiscriminator
from models.networks.spade import SpadeNetwork
from models.networks.vgg import Features, VggFeatures, load_features
from models.train.data.labelled import LabelledBatch
from models.train.draws import Draws
from models.train.ema import Ema
from models.train.norms import measure_norms
from models.train.recipes.start import start_network
from models.train.settings.spade import SpadeRecipe
from models.train.updates import update

FAMILY = "spade"
# Purposes of `Draws.generator`.
STYLE, SHIFT = range(2)
SHIFT_PX = 8
"""Judges see pictures from a random one of so many first rows and columns on."""
SAMPLE_SEED = 0


@dataclass
class State:
    """What a run owns; the loop saves `modules` and `optimizers`."""

    recipe: SpadeRecipe
    fabric: Fabric
    network: SpadeNetwork
    discriminator: MultiscaleDiscriminator
    features: Features | None
    optimizer: Optimizer
    discriminator_optimizer: Optimizer
    ema: Ema

    @property
    def modules(self) -> dict[str, nn.Module]:
        """Modules whose state is saved, by name."""
        return {
            "network": self.network,
            "discriminator": self.discriminator,
            "ema": self.ema.network,
        }

    @property
    def optimizers(self) -> dict[str, Optimizer]:
        """Optimizers whose state is saved, by name."""
        return {"generator": self.optimizer, "discriminator": self.discriminator_optimizer}


def build(recipe: SpadeRecipe, fabric: Fabric) -> State:
    """Networks (the seed's random weights, or those of `init`), optimizers, the averaged copy.

    Raises:
        CheckpointError: `init` or the feature network cannot be used.
    """
    torch.manual_seed(recipe.seed)
    network = start_network(recipe.network_config, recipe.init, SpadeNetwork)
    discriminator = build_network(recipe.discriminator_config)
    assert isinstance(discriminator, MultiscaleDiscriminator)
    features = None
    if recipe.needs_features:
        features = load_features(Path(recipe.features)).to(fabric.device)
    network.to(fabric.device).train()
    discriminator.to(fabric.device).train()
    betas = (recipe.beta1, recipe.beta2)
    own = torch.optim.Adam(network.parameters(), recipe.learning_rate, betas=betas)
    judging = torch.optim.Adam(
        discriminator.parameters(), recipe.discriminator_learning_rate, betas=betas
    )
    return State(
        recipe=recipe,
        fabric=fabric,
        network=network,
        discriminator=discriminator,
        features=features,
        # Fabric's wrapper stands in for the optimizer in everything but its type.
        optimizer=cast(Optimizer, fabric.setup_optimizers(own)),
        discriminator_optimizer=cast(Optimizer, fabric.setup_optimizers(judging)),
        ema=Ema(network, recipe.ema),
    )


def one_hot(ids: Tensor, classes: int) -> Tensor:
    """Class ids B x H x W -> B x classes x H x W float32."""
    return F.one_hot(ids.long(), classes).permute(0, 3, 1, 2).float()


def step(state: State, batch: LabelledBatch, draws: Draws) -> dict[str, float]:
    """One step of generator and encoder, then one of the discriminators.

    Args:
        batch: this process' part: photos B x 3 x S x S in [-1, 1], class ids B x S x S.
        draws: the random numbers of this step.

    Returns:
        The value of each term before weighting, averaged over all processes.
    """
    semantics = one_hot(batch.ids, state.recipe.channels)
    losses, fake = _generator_step(state, batch.images, semantics, draws)
    losses["discriminator"] = _discriminator_step(state, batch.images, semantics, fake, draws)
    state.ema.update(state.network, draws.step)
    names = sorted(losses)
    values = torch.stack([losses[name].detach().float() for name in names])
    values = state.fabric.all_reduce(values, reduce_op="mean")
    assert isinstance(values, Tensor)
    return dict(zip(names, values.tolist(), strict=True))


def _generator_step(
    state: State, images: Tensor, semantics: Tensor, draws: Draws
) -> tuple[dict[str, Tensor], Tensor]:
    recipe, fabric = state.recipe, state.fabric
    count = images.shape[0]
    losses: dict[str, Tensor] = {}
    state.discriminator.requires_grad_(False)
    with fabric.autocast():
        z = None
        if recipe.style_length:
            mean, log_variance = (code.float() for code in state.network.encode_style(images))
            shape = (recipe.style_length,)
            noise = draws.normal(count * draws.world, shape, draws.generator(STYLE))
            z = mean + (0.5 * log_variance).exp() * noise.to(mean.device)
            # Losses are averaged over the processes, and this one is a sum.
            losses["kl"] = kl_loss(mean, log_variance) * draws.world
        fake = state.network(semantics, z).float()
        seen_semantics, seen_fake, seen_real = _shifted(draws, semantics, fake, images)
        of_fake, of_real = _judge(state.discriminator, seen_semantics, seen_fake, seen_real)
        losses["gan"] = _over_scales(of_fake, gan_hinge.generator_loss)
        losses["feature_matching"] = feature_matching_loss(of_fake, of_real)
        if state.features is not None:
            seen = [f.float() for f in state.features(seen_fake)]
            with torch.no_grad():
                wanted = [f.float() for f in state.features(seen_real)]
            losses["perceptual"] = perceptual_loss(seen, wanted)
        losses["l1"] = F.l1_loss(fake, images)
    # Each term but the adversarial one has its weight in the recipe, under its name.
    total = torch.stack([getattr(recipe, n, 1.0) * value for n, value in losses.items()]).sum()
    update(fabric, state.optimizer, total, [state.network])
    state.discriminator.requires_grad_(True)
    return losses, fake.detach()


def _shifted(draws: Draws, *pictures: Tensor) -> list[Tensor]:
    """The pictures without some of their first rows and columns, the same for all.

    Judges with strides see a grid; where it always lies alike, it shows in what they teach.
    """
    top, left = torch.randint(SHIFT_PX, (2,), generator=draws.generator(SHIFT)).tolist()
    return [picture[..., top:, left:] for picture in pictures]


def _discriminator_step(
    state: State, images: Tensor, semantics: Tensor, fake: Tensor, draws: Draws
) -> Tensor:
    semantics, fake, images = _shifted(draws, semantics, fake, images)
    with state.fabric.autocast():
        of_fake, of_real = _judge(state.discriminator, semantics, fake, images)
        losses = [
            gan_hinge.discriminator_loss(real[-1].float(), false[-1].float())
            for real, false in zip(of_real, of_fake, strict=True)
        ]
    loss = torch.stack(losses).mean()
    update(state.fabric, state.discriminator_optimizer, loss, [state.discriminator])
    return loss


def _judge(
    discriminator: MultiscaleDiscriminator, semantics: Tensor, fake: Tensor, real: Tensor
) -> tuple[list[list[Tensor]], list[list[Tensor]]]:
    """What the discriminators say of both: in one batch, so that they are treated alike."""
    pairs = torch.cat([torch.cat([semantics, fake], 1), torch.cat([semantics, real], 1)])
    answers = discriminator(pairs)
    count = fake.shape[0]
    return (
        [[layer[:count].float() for layer in scale] for scale in answers],
        [[layer[count:].float() for layer in scale] for scale in answers],
    )


def _over_scales(answers: list[list[Tensor]], loss: Callable[[Tensor], Tensor]) -> Tensor:
    return torch.stack([loss(layers[-1]) for layers in answers]).mean()


def measure_statistics(network: SpadeNetwork, batches: Iterable[LabelledBatch]) -> None:
    """Give the averaged weights the batch statistics that they themselves have.

    The running statistics of training belong to weights that moved on; these are plain means over
    `batches`, with styles of their photos.
    """

    def render(batch: LabelledBatch) -> None:
        z = network.encode_style(batch.images)[0] if network.E is not None else None
        network.G(one_hot(batch.ids, network.semantic_channels), z)

    measure_norms(network, render, batches)


def headline(state: State) -> str:
    """What a run says first: in whose features pictures are compared."""
    if state.features is None:
        return "No perceptual loss."
    stands_in = "" if isinstance(state.features, VggFeatures) else ", which stands in for VGG-19"
    return f"Perceptual loss in the features of {state.features.title}{stands_in}."


@torch.no_grad()
def sample(state: State, batch: LabelledBatch, colours: Tensor) -> Tensor:
    """Pictures of held-out label maps by the averaged network, as a grid.

    Args:
        batch: N photos with their class ids.
        colours: classes x 3 in [-1, 1], to show the label maps with.

    Returns:
        3 x 5S x NS: label map, photo, picture with the photo's own style, with the next photo's,
        with one random style for all.
    """
    network = state.ema.network
    assert isinstance(network, SpadeNetwork)
    return style_grid(network, batch, colours)


@torch.no_grad()
def style_grid(network: SpadeNetwork, batch: LabelledBatch, colours: Tensor) -> Tensor:
    """See `sample`."""
    semantics = one_hot(batch.ids, network.semantic_channels)
    rows = [colours[batch.ids.long()].permute(0, 3, 1, 2).to(batch.images), batch.images]
    if network.E is None:
        rows.append(network(semantics))
    else:
        own, _ = network.encode_style(batch.images)
        generator = torch.Generator().manual_seed(SAMPLE_SEED)
        random = torch.randn(1, own.shape[1], generator=generator).to(own).expand_as(own)
        rows += [network(semantics, z) for z in (own, own.roll(1, 0), random)]
    return torch.cat([torch.cat(list(row), 2) for row in rows], 1).clamp(-1.0, 1.0)
