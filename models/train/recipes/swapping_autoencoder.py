"""Recipe of the Swapping Autoencoder.

Paper: Park et al., arXiv 2007.00653 = thesis, chapter 4. The terms of `paper`: reconstruction
(4.1), adversarial on reconstructions (4.2) and hybrids (4.3), co-occurrent patches (4.4); weights,
lazy R1, crops and optimiser of 4.3.4 and 4.4.8.

The numbers are in `models.train.settings.swapping_autoencoder`. Where `paper` differs from the
thesis: the hybrids of a step take their texture from the pictures
that are reconstructed in it (the thesis does not say how pairs are drawn).

`fast` is a departure, for hours on a CPU instead of weeks on eight GPUs: the adversarial terms
alone separate nothing in that time. Perceptual reconstruction (arXiv 1603.08155), feature
statistics of the texture picture (1703.06868), self-similarity of the structure picture
(1904.12785) and mean colour replace the co-occurrence discriminator; a small PatchGAN
(1611.07004) with hinge loss (1705.02894) replaces StyleGAN2's discriminator.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer

from models.builders import build as build_network
from models.configs import PatchCooccurrenceConfig, StyleGAN2DiscriminatorConfig
from models.losses import gan_hinge, gan_non_saturating
from models.losses.feature_statistics import feature_statistics_loss
from models.losses.perceptual import perceptual_loss
from models.losses.r1 import r1_penalty
from models.losses.self_similarity import self_similarity_loss
from models.networks.patch_cooccurrence import PatchCooccurrenceDiscriminator
from models.networks.patch_discriminator import PatchDiscriminator
from models.networks.squeezenet import SqueezeNetFeatures, load_squeezenet
from models.networks.swapping_autoencoder import SwappingAutoencoder
from models.ops.random_crops import crop, draw_crops
from models.train.draws import Draws
from models.train.ema import Ema
from models.train.recipes.start import start_network
from models.train.settings.swapping_autoencoder import SwappingAutoencoderRecipe
from models.train.updates import update

FAMILY = "swapping_autoencoder"
SIMILARITY_GRID = 16
SIMILARITY_QUERIES = 64
GRID_SEED = 0
# Purposes of `Draws.generator`.
NOISE, QUERIES, CROPS_FAKE, CROPS_REFERENCE, CROPS_REAL = range(5)


@dataclass
class State:
    """What a run owns; the loop saves `modules` and `optimizers`."""

    recipe: SwappingAutoencoderRecipe
    fabric: Fabric
    network: SwappingAutoencoder
    discriminator: nn.Module
    patch_discriminator: PatchCooccurrenceDiscriminator | None
    features: SqueezeNetFeatures | None
    optimizer: Optimizer
    discriminator_optimizer: Optimizer
    ema: Ema

    @property
    def modules(self) -> dict[str, nn.Module]:
        """Modules whose state is saved, by name."""
        named: dict[str, nn.Module] = {
            "network": self.network,
            "discriminator": self.discriminator,
            "ema": self.ema.network,
        }
        if self.patch_discriminator is not None:
            named["patch_discriminator"] = self.patch_discriminator
        return named

    @property
    def optimizers(self) -> dict[str, Optimizer]:
        """Optimizers whose state is saved, by name."""
        return {"generator": self.optimizer, "discriminator": self.discriminator_optimizer}


def build(recipe: SwappingAutoencoderRecipe, fabric: Fabric) -> State:
    """Networks (the seed's random weights, or those of `init`), optimizers, the averaged copy.

    Raises:
        CheckpointError: `init` or the feature network cannot be used.
    """
    torch.manual_seed(recipe.seed)
    network = start_network(recipe.network_config, recipe.init, SwappingAutoencoder)
    discriminator = _image_discriminator(recipe)
    patch = None
    if recipe.patch_gan:
        patch = build_network(
            PatchCooccurrenceConfig(
                patch_px=recipe.patch_px,
                max_channels=recipe.patch_max_channels,
                scale=recipe.patch_scale,
            )
        )
        assert isinstance(patch, PatchCooccurrenceDiscriminator)
    features = None
    if recipe.needs_features:
        features = load_squeezenet(Path(recipe.features)).to(fabric.device)
    judges = [m.to(fabric.device).train() for m in (discriminator, patch) if m is not None]
    network.to(fabric.device).train()
    # Lazy regularisation: an optimizer that rests every c-th step (StyleGAN2, appendix B).
    lazy = recipe.r1_every / (recipe.r1_every + 1) if recipe.r1 else 1.0
    own = torch.optim.Adam(
        network.parameters(), recipe.learning_rate, betas=(recipe.beta1, recipe.beta2)
    )
    judging = torch.optim.Adam(
        [p for module in judges for p in module.parameters()],
        recipe.discriminator_learning_rate * lazy,
        betas=(0.0, recipe.beta2**lazy),
    )
    return State(
        recipe=recipe,
        fabric=fabric,
        network=network,
        discriminator=discriminator,
        patch_discriminator=patch,
        features=features,
        # Fabric's wrapper stands in for the optimizer in everything but its type.
        optimizer=cast(Optimizer, fabric.setup_optimizers(own)),
        discriminator_optimizer=cast(Optimizer, fabric.setup_optimizers(judging)),
        ema=Ema(network, recipe.ema),
    )


def _image_discriminator(recipe: SwappingAutoencoderRecipe) -> nn.Module:
    if recipe.image_discriminator == "patch":
        return PatchDiscriminator()
    return build_network(
        StyleGAN2DiscriminatorConfig(size_px=recipe.crop_px, scale=recipe.discriminator_scale)
    )


def step(state: State, images: Tensor, draws: Draws) -> dict[str, float]:
    """One step of encoder and generator, then one of the discriminators.

    Args:
        images: this process' part of the batch, B x 3 x S x S in [-1, 1]. Pictures 0, 2, 4, ... are
            reconstructed and give their texture; 1, 3, 5, ... give the structure of the hybrids.
        draws: the random numbers of this step.

    Returns:
        The value of each term before weighting, averaged over all processes.
    """
    losses, fake = _generator_step(state, images, draws)
    losses |= _discriminator_step(state, images, fake, draws)
    state.ema.update(state.network, draws.step)
    names = sorted(losses)
    values = torch.stack([losses[name].detach().float() for name in names])
    values = state.fabric.all_reduce(values, reduce_op="mean")
    assert isinstance(values, Tensor)
    return dict(zip(names, values.tolist(), strict=True))


def _generator_step(state: State, images: Tensor, draws: Draws) -> tuple[dict[str, Tensor], Tensor]:
    recipe, fabric, network = state.recipe, state.fabric, state.network
    texture_source, structure_source = images[0::2], images[1::2]
    count = texture_source.shape[0]
    judges = [m for m in (state.discriminator, state.patch_discriminator) if m is not None]
    for judge in judges:
        judge.requires_grad_(False)
    with fabric.autocast():
        structure, texture = network.encode(images)
        fake = network.decode(
            torch.cat([structure[0::2], structure[1::2]]),
            torch.cat([texture[0::2], texture[0::2]]),
            _noise(network, structure, 2 * count * draws.world, draws),
        )
        reconstruction, hybrid = fake[:count], fake[count:]
        logits = state.discriminator(fake).float()
        gan = gan_hinge if recipe.image_discriminator == "patch" else gan_non_saturating
        losses = {
            "l1": F.l1_loss(reconstruction, texture_source),
            "gan_reconstruction": gan.generator_loss(logits[:count]),
            "gan_swap": gan.generator_loss(logits[count:]),
        }
        if state.features is not None:
            losses |= _feature_losses(state.features, fake, texture_source, structure_source, draws)
        if recipe.mean_colour:
            losses["mean_colour"] = F.l1_loss(hybrid.mean((2, 3)), texture_source.mean((2, 3)))
        if state.patch_discriminator is not None:
            logits = _patch_logits(state, texture_source, hybrid, draws, CROPS_FAKE)
            losses["patch_gan"] = gan_non_saturating.generator_loss(logits)
    weighted = [getattr(recipe, name) * value for name, value in losses.items()]
    update(fabric, state.optimizer, torch.stack(weighted).sum(), [network])
    for judge in judges:
        judge.requires_grad_(True)
    return losses, fake.detach()


def _feature_losses(
    features: SqueezeNetFeatures,
    fake: Tensor,
    texture_source: Tensor,
    structure_source: Tensor,
    draws: Draws,
) -> dict[str, Tensor]:
    count = texture_source.shape[0]
    of_fake = [f.float() for f in features(fake)]
    with torch.no_grad():
        of_real = [f.float() for f in features(torch.cat([texture_source, structure_source]))]
    queries = torch.randperm(SIMILARITY_GRID**2, generator=draws.generator(QUERIES))
    queries = queries[:SIMILARITY_QUERIES].to(fake.device)
    of_hybrid = [f[count:] for f in of_fake]
    of_texture = [f[:count] for f in of_real]
    return {
        "perceptual": perceptual_loss([f[:count] for f in of_fake], of_texture),
        "statistics": feature_statistics_loss(of_hybrid, of_texture),
        # conv1 sees edges and colours, not things: its similarities are texture.
        "self_similarity": self_similarity_loss(
            of_hybrid[1:], [f[count:] for f in of_real[1:]], queries, grid=SIMILARITY_GRID
        ),
    }


def _discriminator_step(
    state: State, images: Tensor, fake: Tensor, draws: Draws
) -> dict[str, Tensor]:
    recipe, fabric = state.recipe, state.fabric
    hinge = recipe.image_discriminator == "patch"
    gan = gan_hinge if hinge else gan_non_saturating
    texture_source, hybrid = images[0::2], fake[fake.shape[0] // 2 :]
    with fabric.autocast():
        logits = state.discriminator(torch.cat([images, fake])).float()
        losses = {
            "discriminator": gan.discriminator_loss(
                logits[: images.shape[0]], logits[images.shape[0] :]
            )
        }
        if state.patch_discriminator is not None:
            real = _patch_logits(state, texture_source, texture_source, draws, CROPS_REAL)
            false = _patch_logits(state, texture_source, hybrid, draws, CROPS_FAKE)
            losses["patch_discriminator"] = gan_non_saturating.discriminator_loss(real, false)
    total = torch.stack(list(losses.values())).sum()
    if recipe.r1 and draws.step % recipe.r1_every == 0:
        penalties = _penalties(state, images, draws)
        losses |= penalties
        # Half the weight, and once in `r1_every` steps (StyleGAN2, appendix B).
        weights = {"r1": recipe.r1, "patch_r1": recipe.patch_r1}
        for name, penalty in penalties.items():
            total = total + penalty * (weights[name] / 2 * recipe.r1_every)
    judges = [m for m in (state.discriminator, state.patch_discriminator) if m is not None]
    update(fabric, state.discriminator_optimizer, total, judges)
    return losses


def _penalties(state: State, images: Tensor, draws: Draws) -> dict[str, Tensor]:
    """R1 of both discriminators on real pictures and real patches, always in float32."""
    real = images.detach().requires_grad_()
    penalties = {"r1": r1_penalty(state.discriminator(real), real)}
    if state.patch_discriminator is not None:
        reference, query = _patches(state, images[0::2], images[0::2], draws, CROPS_REAL)
        reference, query = reference.requires_grad_(), query.requires_grad_()
        judge = state.patch_discriminator
        logits = judge(judge.features(reference, aggregate=True), judge.features(query))
        both = torch.autograd.grad(logits.sum(), [reference, query], create_graph=True)
        squares = [g.square().sum() / logits.shape[0] for g in both]
        penalties["patch_r1"] = squares[0] + squares[1]
    return penalties


def _patches(
    state: State, reference: Tensor, query: Tensor, draws: Draws, purpose: int
) -> tuple[Tensor, Tensor]:
    """Crops of the reference pictures and of the pictures in question, B x T x 3 x P x P."""
    recipe = state.recipe
    total = reference.shape[0] * draws.world * recipe.patch_crops
    mine = draws.part(total)
    span = (recipe.patch_smallest, recipe.patch_largest)
    return tuple(
        crop(
            pictures,
            draw_crops(total, span, draws.generator(use)).select(mine),
            recipe.patch_px,
        )
        for pictures, use in ((reference, CROPS_REFERENCE), (query, purpose))
    )  # pyright: ignore[reportReturnType] -- two entries in, two out


def _patch_logits(
    state: State, reference: Tensor, query: Tensor, draws: Draws, purpose: int
) -> Tensor:
    judge = state.patch_discriminator
    assert judge is not None
    of_reference, in_question = _patches(state, reference, query, draws, purpose)
    return judge(judge.features(of_reference, aggregate=True), judge.features(in_question)).float()


def _noise(
    network: SwappingAutoencoder, structure: Tensor, total: int, draws: Draws
) -> list[Tensor]:
    generator = draws.generator(NOISE)
    height, width = structure.shape[2:]
    half = total // 2

    def layer(scale: int) -> Tensor:
        shape = (1, height * scale, width * scale)
        # Reconstructions and hybrids are drawn apart: each process has a part of both.
        parts = [draws.normal(half, shape, generator) for _ in range(2)]
        return torch.cat(parts).to(structure.device)

    return [layer(scale) for scale in network.G.noise_scales]


@torch.no_grad()
def sample(state: State, images: Tensor) -> Tensor:
    """Swaps of every pair of pictures by the averaged network, as a grid.

    Args:
        images: N x 3 x S x S in [-1, 1].

    Returns:
        3 x (N + 1)S x (N + 1)S: structure pictures down the left, texture pictures along the top.
    """
    return swap_grid(state.ema.network, images)


@torch.no_grad()
def swap_grid(network: nn.Module, images: Tensor) -> Tensor:
    """See `sample`; for any network that encodes and decodes like a SwappingAutoencoder."""
    assert isinstance(network, SwappingAutoencoder)
    structure, texture = network.encode(images)
    white = torch.ones_like(images[0])
    rows = [torch.cat([white, *images], 2)]
    for i, image in enumerate(images):
        swapped = [network.decode(structure[i : i + 1], t[None], GRID_SEED)[0] for t in texture]
        rows.append(torch.cat([image, *swapped], 2))
    return torch.cat(rows, 1).clamp(-1.0, 1.0)
