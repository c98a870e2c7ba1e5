"""A training from data to exported model, for the command line and for a window."""

import json
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import torch
from lightning_fabric import Fabric
from torch import Tensor

from models import checkpoint
from models.builders import build
from models.editing.pca import CodeStatistics, Principal
from models.errors import DataError
from models.header import id_from_name
from models.image_io import to_bchw
from models.networks.squeezenet import load_squeezenet
from models.networks.swapping_autoencoder import SwappingAutoencoder
from models.train import loop
from models.train.data.batches import CropBatches
from models.train.data.images import ImageEntry, find_images, load_square, split_images
from models.train.journal import (
    MODEL,
    NOTES,
    RECIPE,
    Journal,
    read_json,
    read_state,
    save_picture,
)
from models.train.metrics.swapping_autoencoder import Report, evaluate
from models.train.recipes import swapping_autoencoder as recipe_module
from models.train.settings.swapping_autoencoder import SwappingAutoencoderRecipe

PRECISIONS = {"32": "32-true", "bf16": "bf16-mixed", "fp16": "16-mixed"}
# Set by `fabric run`, which has been told device and processes, and has launched them.
FABRIC_RUN = "LT_CLI_USED"
SAMPLE_PICTURES = 6
PRINCIPAL_IMAGES = 4096
# What a resumed run may have otherwise than it began.
MAY_CHANGE = frozenset(
    {"features", "init", "images", "learning_rate", "discriminator_learning_rate"}
)
# Settings that name files of the trainer's machine: no part of an exported model.
PATHS = ("features", "init")


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Where to train. `fabric run` has its own options for it, which then count instead.

    Attributes:
        device: "auto", "cpu" or "cuda".
        processes: processes on this machine (GPUs, with "cuda").
        nodes: machines; each is started with `torchrun` or `fabric run`.
        precision: "32", "bf16" or "fp16".
        threads: pictures decoded at a time in each process.
    """

    device: str = "auto"
    processes: int = 1
    nodes: int = 1
    precision: str = "32"
    threads: int = 2

    def fabric(self) -> Fabric:
        """The Fabric for this machine.

        Raises:
            DataError: the device does not exist.
        """
        if os.environ.get(FABRIC_RUN):
            return Fabric()
        there = torch.cuda.device_count() if torch.cuda.is_available() else 0
        # Of the accelerators, the recipes count on CUDA alone.
        device = self.device if self.device != "auto" else "cuda" if there else "cpu"
        if device == "cuda" and self.processes > there:
            raise DataError(
                f"{self.processes} CUDA devices are wanted and {there} are here: give fewer "
                "--processes, or --device cpu."
            )
        spread = self.processes * self.nodes > 1 or "WORLD_SIZE" in os.environ
        return Fabric(
            accelerator=device,
            devices=self.processes,
            num_nodes=self.nodes,
            strategy="ddp" if spread else "auto",
            precision=PRECISIONS[self.precision],  # pyright: ignore[reportArgumentType] -- its literals
        )


@dataclass(frozen=True, kw_only=True)
class Data:
    """What to train on.

    Attributes:
        sources: folders of pictures, and tar shards.
        index: CSV with the columns name and split, or None for the built-in rule.
    """

    sources: tuple[Path, ...]
    index: Path | None = None

    def split(self) -> tuple[tuple[ImageEntry, ...], tuple[ImageEntry, ...]]:
        """Pictures to train on, and held-out ones."""
        return split_images(self.all(), self.index)

    def to_json(self) -> dict[str, Any]:
        """Absolute paths, for the run's notes."""
        index = None if self.index is None else str(self.index.resolve())
        return {"sources": [str(source.resolve()) for source in self.sources], "index": index}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """What `to_json` wrote."""
        index = values["index"]
        return cls(
            sources=tuple(Path(source) for source in values["sources"]),
            index=None if index is None else Path(index),
        )

    def all(self) -> tuple[ImageEntry, ...]:
        """Every picture."""
        return find_images(self.sources)


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What the exported model says of itself."""

    model_id: str
    title: str
    licence: str = "not stated"
    source: str = "trained with `scumble train`"

    @classmethod
    def named(cls, name: str) -> Self:
        """An identity whose id is made of the name."""
        return cls(model_id=id_from_name(name) or "model", title=name)

    def changed(self, *, name: str | None, licence: str | None, source: str | None) -> Self:
        """This identity, with what is not None put in place of what was."""
        base = self if name is None else self.named(name)
        return replace(base, licence=licence or self.licence, source=source or self.source)


def train(
    recipe: SwappingAutoencoderRecipe,
    data: Data,
    *,
    machine: Machine,
    schedule: loop.Schedule,
    journal: Journal,
    resume: bool,
    identity: Identity,
) -> Path | None:
    """Train until the recipe's images are seen (or the schedule stops it), then export.

    Args:
        journal: of the run's folder.

    Returns:
        `model.safetensors` in that folder: averaged weights with principal directions of the codes;
        None in processes other than the first.

    Raises:
        DataError: data, run folder or device cannot be used.
        CheckpointError: the feature network cannot be used.
    """
    fabric = machine.fabric()
    if not os.environ.get(FABRIC_RUN):
        fabric.launch()
    train_images, heldout = data.split()
    state = recipe_module.build(recipe, fabric)
    batches = CropBatches(
        train_images,
        crop_px=recipe.crop_px,
        smallest=recipe.smallest_crop,
        batch=recipe.batch,
        seed=recipe.seed,
        rank=fabric.global_rank,
        world=fabric.world_size,
        threads=machine.threads,
    )
    notes = {
        "data": data.to_json(),
        "identity": asdict(identity),
        "precision": machine.precision,
    }
    _start(fabric, journal, recipe, notes, resume=resume)
    if fabric.is_global_zero:
        journal.say(f"{len(train_images)} pictures to train on, {len(heldout)} held out.")
    shown = _stack((heldout or train_images)[:SAMPLE_PICTURES], recipe.crop_px).to(fabric.device)
    try:
        outcome = loop.run(
            state,
            fabric=fabric,
            step=recipe_module.step,
            sample=lambda s: recipe_module.sample(s, shown),
            batches=batches,
            schedule=schedule,
            journal=journal,
        )
    finally:
        batches.close()
        journal.close()
    if not fabric.is_global_zero:
        return None
    if not outcome.finished:
        journal.say(f"Stopped after {outcome.step} steps; --resume goes on from there.")
    path = journal.out / MODEL
    network = state.ema.network
    assert isinstance(network, SwappingAutoencoder)
    write_model(path, network, recipe, train_images, outcome.step, identity, journal.say)
    return path


def _start(
    fabric: Fabric,
    journal: Journal,
    recipe: SwappingAutoencoderRecipe,
    notes: dict[str, Any],
    *,
    resume: bool,
) -> None:
    """Start the journal in the first process; what is wrong there ends all of them."""
    problem = ""
    if fabric.is_global_zero:
        try:
            journal.start(recipe, notes, resume=resume, may_change=MAY_CHANGE)
        except DataError as error:
            problem = str(error)
    problem = fabric.broadcast(problem)
    if problem:
        raise DataError(problem)


def export(out: Path, path: Path, say: Callable[[str], None]) -> None:
    """Write the model of a run, as it was last saved, to `path`.

    Raises:
        DataError: there is no such run, nothing was saved yet, or its data is gone.
    """
    recipe = noted_recipe(out)
    data, identity, _ = noted_run(out)
    content = read_state(out)
    if content is None:
        raise DataError(f"The run in {out} has saved no state yet: train it a little longer.")
    network = build(recipe.network_config).eval()
    assert isinstance(network, SwappingAutoencoder)
    try:
        network.load_state_dict(content["modules"]["ema"])
        step = int(content["step"])
    except (RuntimeError, KeyError, ValueError, TypeError) as error:
        raise DataError(f"The state in {out} does not belong to its recipe.") from error
    images, _ = data.split()
    write_model(path, network, recipe, images, step, identity, say)


def noted_run(out: Path) -> tuple[Data, Identity, str]:
    """The data, the names and the precision of a run; `DataError` where there is none."""
    notes = read_json(out, NOTES)
    try:
        return (
            Data.from_json(notes["data"]),
            Identity(**notes["identity"]),
            str(notes["precision"]),
        )
    except (KeyError, TypeError) as error:
        raise DataError(f"The notes in {out} are damaged: {NOTES} lacks something.") from error


def noted_recipe(out: Path) -> SwappingAutoencoderRecipe:
    """The recipe of a run.

    Raises:
        DataError: there is no such run, or another version of the program wrote it.
    """
    try:
        return SwappingAutoencoderRecipe(**read_json(out, RECIPE))
    except TypeError as error:
        raise DataError(f"The recipe in {out} is of another version of the program.") from error


def write_model(
    path: Path,
    network: SwappingAutoencoder,
    recipe: SwappingAutoencoderRecipe,
    images: Sequence[ImageEntry],
    step: int,
    identity: Identity,
    say: Callable[[str], None],
) -> None:
    """A weights file of ours: float16, principal directions of both codes, how it was made."""
    say("Computing the principal directions of the codes.")
    stride = -(-len(images) // PRINCIPAL_IMAGES)
    directions = principal_directions(network, images[::stride], recipe)
    made = {k: v for k, v in asdict(recipe).items() if k not in PATHS}
    checkpoint.save(
        path,
        network.to("cpu"),
        model_id=identity.model_id,
        title=identity.title,
        family=recipe_module.FAMILY,
        config=recipe.network_config,
        licence=identity.licence,
        source=identity.source,
        step=step,
        ema=True,
        training={
            "recipe": made,
            "pictures": len(images),
            "started_from": Path(recipe.init).stem,
            "variance_of_the_axes": {code: p.share for code, p in directions.items()},
        },
        extras={
            f"{code}.{name}": getattr(principal, name)
            for code, principal in directions.items()
            for name in ("mean", "axes", "deviations")
        },
    )
    say(f"Wrote {path}.")


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
            structure, texture = network.encode(_stack([entry], recipe.principal_px).to(device))
            structures.add(structure.flatten(2).transpose(1, 2).flatten(0, 1))
            textures.add(texture)
    return {
        "texture": textures.principal(recipe.principal_axes),
        "structure": structures.principal(recipe.principal_axes),
    }


def measure(
    model: Path,
    pictures: Sequence[ImageEntry],
    features: Path,
    *,
    pairs: int,
    size_px: int,
    seed: int,
    progress: Callable[[int, int], None],
) -> Report:
    """The held-out figures of a weights file.

    Raises:
        DataError: fewer than two pictures, or one that cannot be read.
        CheckpointError: the model or the feature network cannot be used.
    """
    network = load_network(model)
    if len(pictures) < 2:
        raise DataError("Figures need at least two held-out pictures: give more data or an index.")
    return evaluate(
        network,
        load_squeezenet(features),
        pictures,
        size_px=size_px,
        pairs=pairs,
        seed=seed,
        progress=progress,
    )


def load_network(model: Path) -> SwappingAutoencoder:
    """The network of a weights file; `DataError` for another family."""
    network = checkpoint.load(model).network
    if not isinstance(network, SwappingAutoencoder):
        raise DataError(f"{model} is not a Swapping Autoencoder.")
    return network


def grid(model: Path, pictures: Sequence[ImageEntry], size_px: int, out: Path) -> None:
    """Write an image file with the swaps of all pairs of `pictures`, cut to squares."""
    if not pictures:
        raise DataError("There are no held-out pictures to swap: give more data, or --split all.")
    with torch.inference_mode():
        swaps = recipe_module.swap_grid(load_network(model), _stack(pictures, size_px))
    save_picture(swaps, out)


def report_json(report: Report) -> str:
    """The figures as JSON text."""
    values = asdict(report)
    # JSON has no infinity, which the PSNR of a perfect copy is.
    return json.dumps({k: v if math.isfinite(v) else None for k, v in values.items()}, indent=2)


def _stack(entries: Sequence[ImageEntry], size_px: int) -> Tensor:
    return torch.cat([to_bchw(load_square(entry, size_px)) for entry in entries])
