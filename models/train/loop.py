"""The loop owns time: resume, checkpoint cadence, log, samples, Ctrl-C. The step is the paper.

A run is a folder: `recipe.json` (every number), `log.jsonl` (one line of losses at a time),
`state.pt` (weights, optimizers and step, to resume from), `samples/` (pictures of held-out swaps)
and, at the end, what the recipe exports. Batches and draws are functions of (seed, step), so a
resumed run goes on exactly where it stopped.
"""

import json
import math
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from lightning_fabric import Fabric
from PIL import Image
from torch import Tensor, nn

from models.errors import DataError
from models.image_io import to_rgb_hwc
from models.train.data.batches import CropBatches
from models.train.draws import Draws


class State(Protocol):
    """What the loop needs of a recipe's state."""

    @property
    def modules(self) -> dict[str, nn.Module]: ...
    @property
    def optimizers(self) -> dict[str, torch.optim.Optimizer]: ...


S = TypeVar("S", bound=State)


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When the loop does what.

    Attributes:
        steps: number of steps after which the run is finished.
        minutes: stop (and save) after this time, or None.
        log_every, save_every, sample_every: in steps.
    """

    steps: int
    minutes: float | None = None
    log_every: int = 50
    save_every: int = 500
    sample_every: int = 500


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a call of `run` ended: at which step, and whether the run is finished."""

    step: int
    finished: bool


def run(
    state: S,
    *,
    fabric: Fabric,
    step: Callable[[S, Tensor, Draws], dict[str, float]],
    sample: Callable[[S], Tensor],
    batches: CropBatches,
    schedule: Schedule,
    out: Path,
    say: Callable[[str], None],
) -> Outcome:
    """Train from where `out` says that the run stands (step 0 for a new one).

    Args:
        step: one training step; returns the losses to log.
        sample: a picture 3 x H x W in [-1, 1] of what the networks do.
        say: takes a line for the person, on the first process only.

    Returns:
        The number of steps done in all, saved in `out`. Ctrl-C ends the call after the running
        step, like the time limit: saved, not finished.

    Raises:
        DataError: the saved state is damaged, or a loss is no longer a number (the last saved
            state stays).
    """
    first = restore(state, out, fabric)
    started = time.monotonic()
    deadline = math.inf if schedule.minutes is None else started + schedule.minutes * 60
    now = first
    images = batches.iterate(first)
    with interruptible() as interrupted:
        while now < schedule.steps:
            draws = Draws(batches.seed, now, fabric.global_rank, fabric.world_size)
            losses = step(state, next(images).to(fabric.device), draws)
            now += 1
            if not all(math.isfinite(value) for value in losses.values()):
                raise DataError(
                    f"The training diverged at step {now} ({_words(losses)}): the state of the "
                    "last save is kept; resume with a smaller learning_rate."
                )
            stop = interrupted() or time.monotonic() > deadline or now == schedule.steps
            if fabric.world_size > 1:
                # All processes must leave at the same step, or the others wait for ever.
                stop = bool(fabric.all_reduce(torch.tensor(float(stop)), reduce_op="sum"))
            if fabric.is_global_zero:
                if now % schedule.log_every == 0 or stop or now == first + 1:
                    pace = (time.monotonic() - started) / (now - first)
                    _log(out, now, losses, pace)
                    say(_report(now, schedule.steps, pace, losses))
                if now % schedule.sample_every == 0 or stop:
                    save_picture(sample(state), out / "samples" / f"{now:07d}.png")
                if now % schedule.save_every == 0 or stop:
                    save(state, out, now)
            if stop:
                break
    return Outcome(step=now, finished=now >= schedule.steps)


def save(state: State, out: Path, step: int) -> None:
    """Write `state.pt` in one move: a crash while writing leaves the last one."""
    content = {
        "step": step,
        "modules": {name: module.state_dict() for name, module in state.modules.items()},
        "optimizers": {name: o.state_dict() for name, o in state.optimizers.items()},
    }
    partial = out / "state.pt.part"
    torch.save(content, partial)
    os.replace(partial, out / "state.pt")


def restore(state: State, out: Path, fabric: Fabric) -> int:
    """Load `state.pt` of the run in `out` into `state`; the step reached, 0 without a file.

    Raises:
        DataError: the file is damaged, or of another recipe.
    """
    path = out / "state.pt"
    if not path.exists():
        return 0
    try:
        content: dict[str, Any] = torch.load(path, map_location=fabric.device, weights_only=True)
        for name, module in state.modules.items():
            module.load_state_dict(content["modules"][name])
        for name, optimizer in state.optimizers.items():
            optimizer.load_state_dict(content["optimizers"][name])
        return int(content["step"])
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, EOFError) as error:
        raise DataError(
            f"The run in {out} cannot be resumed: state.pt is damaged or was made with other "
            "settings. Start a new run in another folder."
        ) from error


def start(out: Path, recipe: Any, *, resume: bool) -> None:
    """Make the run's folder and note its recipe; or check that a run to resume has the same one.

    Raises:
        DataError: there is a run already, none to resume, or its recipe differs.
    """
    values = asdict(recipe)
    noted = out / "recipe.json"
    if not resume:
        if noted.exists():
            raise DataError(f"There is a run in {out} already: add --resume, or name a new folder.")
        (out / "samples").mkdir(parents=True, exist_ok=True)
        noted.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
        return
    try:
        before = json.loads(noted.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"There is no run to resume in {out}.") from error
    changed = sorted(name for name in values if before.get(name) != values[name])
    if changed:
        raise DataError(
            f"The run in {out} was started with another {', '.join(changed)}: resume it with the "
            "same settings, or start a new run."
        )


def save_picture(picture: Tensor, path: Path) -> None:
    """Write 3 x H x W in [-1, 1] as an image file."""
    Image.fromarray(to_rgb_hwc(picture[None])).save(path)


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Within the block the first Ctrl-C only sets the flag that the yielded function tells."""
    flags: list[bool] = []

    def note(_signal: int, _frame: object) -> None:
        flags.append(True)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(flags)
    finally:
        signal.signal(signal.SIGINT, before)


def _log(out: Path, step: int, losses: dict[str, float], pace: float) -> None:
    line = {"step": step, "seconds_a_step": round(pace, 4), **losses}
    with (out / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _report(step: int, steps: int, pace: float, losses: dict[str, float]) -> str:
    hours = (steps - step) * pace / 3600
    return f"step {step} of {steps}, {pace:.2f} s each, {hours:.1f} h to go: {_words(losses)}"


def _words(losses: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in losses.items())
