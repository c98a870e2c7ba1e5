"""A training from data to exported model, for the command line and for a window."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import nn

from models import checkpoint
from models.builders import build
from models.errors import DataError
from models.train import loop
from models.train.data.images import Named
from models.train.journal import MODEL, Journal, read_state
from models.train.machine import Machine
from models.train.methods import METHODS
from models.train.methods.method import Found, Method, Part
from models.train.notes import Data, Identity, note, noted_run
from models.train.settings.methods import Recipe, method_of

SAMPLE_PICTURES = 6
SETTLING_BATCHES = 64
# What a resumed run of any method may have otherwise than it began.
MAY_CHANGE = frozenset(
    {"features", "init", "images", "learning_rate", "discriminator_learning_rate"}
)
# Settings that name files of the trainer's machine: no part of an exported model.
PATHS = ("features", "init")


def train(
    recipe: Recipe,
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
        recipe: of any method.
        journal: of the run's folder.

    Returns:
        `model.safetensors` in that folder, with averaged weights and what belongs to them; None in
        processes other than the first.

    Raises:
        DataError: data, run folder or device cannot be used.
        CheckpointError: the feature network cannot be used.
    """
    name = method_of(recipe).name
    method = METHODS[name]
    fabric = machine.fabric()
    machine.launch(fabric)
    part = Part(fabric.global_rank, fabric.world_size, machine.threads)
    found = method.find(data.sources)
    train_entries, heldout = data.split(found.entries)
    state = method.build(recipe, fabric)
    shown_entries = (heldout or train_entries)[:SAMPLE_PICTURES]
    shown = method.shown(recipe, shown_entries, identity.palette_id).to(fabric.device)
    batches = method.batches(recipe, train_entries, part)
    try:
        notes = note(name, data, identity, machine.precision)
        _start(fabric, journal, recipe, notes, resume=resume)
        if fabric.is_global_zero:
            _introduce(journal, method.headline(state), found, train_entries, heldout)
        outcome = loop.run(
            state,
            fabric=fabric,
            step=method.step,
            sample=lambda s: method.sample(s, shown),
            batches=batches,
            schedule=schedule,
            journal=journal,
        )
    finally:
        batches.close()
        journal.close()
    if fabric.is_global_zero and not outcome.finished:
        journal.say(f"Stopped after {outcome.step} steps; --resume goes on from there.")
    if fabric.is_global_zero:
        journal.say("Preparing the model.")
    network = state.modules["ema"]
    _settle(method, network, recipe, train_entries, part)
    if not fabric.is_global_zero:
        return None
    path = journal.out / MODEL
    write_model(path, network, recipe, train_entries, outcome.step, identity, journal.say)
    return path


def _start(
    fabric: Fabric, journal: Journal, recipe: Recipe, notes: dict[str, Any], *, resume: bool
) -> None:
    """Start the journal in the first process; what is wrong there ends all of them."""
    problem = ""
    if fabric.is_global_zero:
        try:
            may_change = MAY_CHANGE | method_of(recipe).may_change
            journal.start(recipe, notes, resume=resume, may_change=may_change)
        except DataError as error:
            problem = str(error)
    problem = fabric.broadcast(problem)
    if problem:
        raise DataError(problem)


def _introduce(
    journal: Journal,
    headline: str,
    found: Found,
    train_entries: Sequence[Named],
    heldout: Sequence[Named],
) -> None:
    counts = f"{len(train_entries)} pictures to train on, {len(heldout)} held out."
    for line in (headline, counts, found.note):
        if line:
            journal.say(line)


def export(out: Path, path: Path, say: Callable[[str], None]) -> None:
    """Write the model of a run, as it was last saved, to `path`.

    Raises:
        DataError: there is no such run, nothing was saved yet, or its data is gone.
    """
    noted = noted_run(out)
    method = METHODS[method_of(noted.recipe).name]
    content = read_state(out)
    if content is None:
        raise DataError(f"The run in {out} has saved no state yet: train it a little longer.")
    network = build(noted.recipe.network_config).eval()
    try:
        network.load_state_dict(content["modules"]["ema"])
        step = int(content["step"])
    except (RuntimeError, KeyError, ValueError, TypeError) as error:
        raise DataError(f"The state in {out} does not belong to its recipe.") from error
    entries, _ = noted.data.split(method.find(noted.data.sources).entries)
    _settle(method, network, noted.recipe, entries, Part())
    write_model(path, network, noted.recipe, entries, step, noted.identity, say)


def _settle(
    method: Method, network: nn.Module, recipe: Recipe, entries: Sequence[Named], part: Part
) -> None:
    """Let the method prepare the averaged network, with crops of (at most) each picture once."""
    if method.settle is None:
        return
    count = min(SETTLING_BATCHES, -(-len(entries) // recipe.batch))
    device = next(network.parameters()).device
    # As it is loaded by `export`, which then computes the same numbers.
    network.to(memory_format=torch.contiguous_format)  # pyright: ignore[reportCallIssue] -- torch's overloads lack memory_format alone
    batches = method.batches(recipe, entries, part)

    def moved() -> Iterator[Any]:
        return (batch.to(device) for batch in islice(batches.iterate(0), count))

    try:
        method.settle(network, moved())
    finally:
        batches.close()


def write_model(
    path: Path,
    network: nn.Module,
    recipe: Recipe,
    entries: Sequence[Named],
    step: int,
    identity: Identity,
    say: Callable[[str], None],
) -> None:
    """A weights file of ours: float16, what the method adds, how it was made."""
    method = METHODS[method_of(recipe).name]
    extras = method.extras(network, recipe, entries)
    made = {k: v for k, v in asdict(recipe).items() if k not in PATHS}
    if "labels" in made:
        made["labels"] = Path(made["labels"]).name
    checkpoint.save(
        path,
        network.to("cpu"),
        model_id=identity.model_id,
        title=identity.title,
        family=method.family,
        config=recipe.network_config,
        palette_id=identity.palette_id,
        licence=identity.licence,
        source=identity.source,
        step=step,
        ema=True,
        training={
            "recipe": made,
            "pictures": len(entries),
            "started_from": Path(recipe.init).stem,
            **extras.notes,
        },
        extras=extras.tensors,
    )
    say(f"Wrote {path}.")
