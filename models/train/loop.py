"""The loop owns time: resume, cadence, time limit, Ctrl-C, and less memory than hoped for.

The step is the paper, the loop is plumbing. Batches and draws are functions of (seed, step), so a
resumed run goes on exactly where its last save stood, after Ctrl-C as after a crash. With several
processes, one that fails says why and ends; whatever started them then ends the others.
"""

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

import torch
from lightning_fabric import Fabric
from torch import Tensor

from models.errors import DataError
from models.ops.memory import is_out_of_memory
from models.train.draws import Draws
from models.train.journal import Journal, State


class Movable(Protocol):
    """A batch: tensors, or what holds them."""

    def to(self, device: torch.device, /) -> Self: ...


S = TypeVar("S", bound=State)
B = TypeVar("B", bound=Movable)
B_co = TypeVar("B_co", bound=Movable, covariant=True)


class Batches(Protocol[B_co]):
    """Where batches come from, as `models.train.data.batches` has them."""

    seed: int

    @property
    def batch(self) -> int: ...
    def iterate(self, first_step: int, /) -> Iterator[B_co]: ...
    def halve(self) -> bool: ...
    def close(self) -> None: ...


FIRST_ESTIMATES = (1, 10)


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


@dataclass(frozen=True)
class Due:
    """What is to be written after a step."""

    log: bool
    sample: bool
    save: bool

    @classmethod
    def at(cls, step: int, schedule: Schedule, *, last: bool, early: bool) -> "Due":
        """Everything after the last step; log lines early on, for the first estimate of time."""
        return cls(
            log=last or early or step % schedule.log_every == 0,
            sample=last or step % schedule.sample_every == 0,
            save=last or step % schedule.save_every == 0,
        )


@dataclass
class Clock:
    """Time of this call: since when, steps done, and seconds spent waiting for pictures."""

    started: float
    steps: int = 0
    waited: float = 0.0

    @property
    def timing(self) -> dict[str, float]:
        """For the log: mean seconds a step, and the share of time that the networks waited."""
        passed = time.monotonic() - self.started
        return {"seconds_a_step": passed / self.steps, "waiting_for_data": self.waited / passed}


def run(
    state: S,
    *,
    fabric: Fabric,
    step: Callable[[S, B, Draws], dict[str, float]],
    sample: Callable[[S], Tensor],
    batches: Batches[B],
    schedule: Schedule,
    journal: Journal,
) -> Outcome:
    """Train from where the journal says that the run stands (step 0 for a new one).

    Args:
        step: one training step; returns the losses to log.
        sample: a picture 3 x H x W in [-1, 1] of what the networks do.

    Returns:
        The number of steps done in all. Ctrl-C ends the call after the running step, like the time
        limit: saved, not finished.

    Raises:
        DataError: the saved state is damaged; a loss is no longer a number (the last saved state
            stays); memory is not enough for the smallest batch; or the last state could not be
            written.
    """
    now = _resume(state, fabric, batches, journal)
    clock = Clock(time.monotonic())
    limit = math.inf if schedule.minutes is None else clock.started + schedule.minutes * 60
    images = batches.iterate(now)
    with interruptible() as interrupted:
        while now < schedule.steps:
            before = time.monotonic()
            batch = next(images)
            clock.waited += time.monotonic() - before
            draws = Draws(batches.seed, now, fabric.global_rank, fabric.world_size)
            losses = _unless_out_of_memory(step, state, batch, draws, fabric)
            if losses is None:
                images = _half_as_large(batches, now, journal)
                continue
            now += 1
            clock.steps += 1
            check_finite(losses, now)
            stop = interrupted() or time.monotonic() > limit or now == schedule.steps
            if fabric.world_size > 1:
                # All processes must leave at the same step, or the others wait for ever.
                stop = bool(fabric.all_reduce(torch.tensor(float(stop)), reduce_op="sum"))
            if fabric.is_global_zero:
                due = Due.at(now, schedule, last=stop, early=clock.steps in FIRST_ESTIMATES)
                if due.log:
                    journal.log(now, losses, clock.timing)
                    journal.say(_report(now, schedule.steps, clock, losses))
                if due.sample:
                    journal.picture(now, sample(state))
                if due.save:
                    _save(state, now, batches.batch, journal, last=stop)
            if stop:
                break
    return Outcome(step=now, finished=now >= schedule.steps)


def _resume(state: State, fabric: Fabric, batches: Batches[Any], journal: Journal) -> int:
    """Bring state, batches and log to where the run was saved; the step of it."""
    saved = journal.restore(state)
    if fabric.world_size > 1:
        steps = fabric.all_gather(torch.tensor(saved.step))
        assert isinstance(steps, Tensor)
        if not bool((steps == saved.step).all()):
            raise DataError(
                f"The processes find different states in {journal.out}: put the run on a disk "
                "that all machines share."
            )
    while saved.batch is not None and batches.batch > saved.batch and batches.halve():
        pass
    if fabric.is_global_zero:
        journal.forget_after(saved.step)
    return saved.step


def _save(state: State, step: int, batch: int, journal: Journal, *, last: bool) -> None:
    """Save weights that are numbers; a disk that is full is an error at the last step only."""
    check_weights(state, step)
    if not journal.save(state, step, batch) and last:
        raise DataError(
            f"The state at step {step} could not be saved: make room, and --resume from the save "
            "before."
        )


def check_finite(losses: dict[str, float], step: int) -> None:
    """Raise `DataError` when a loss is no longer a number."""
    if not all(math.isfinite(value) for value in losses.values()):
        raise DataError(
            f"The training diverged at step {step} ({_words(losses)}): the state of the last save "
            "is kept; resume it with a smaller learning_rate."
        )


def check_weights(state: State, step: int) -> None:
    """Raise `DataError` when a weight is no longer a number: the losses show it a step later."""
    for module in state.modules.values():
        if not all(torch.isfinite(value).all() for value in module.state_dict().values()):
            raise DataError(
                f"The training diverged at step {step} (a weight is not a number): the state of "
                "the last save is kept; resume it with a smaller learning_rate."
            )


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Within the block the first Ctrl-C only sets the flag that the yielded function tells.

    So does SIGTERM, which launchers of several processes send. Outside the main thread, where
    Python has no signals, nothing is ever set.
    """
    flags: list[bool] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return

    def note(number: int, _frame: object) -> None:
        flags.append(True)
        signal.signal(number, before[number])

    before: dict[int, Any] = {
        number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield lambda: bool(flags)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _unless_out_of_memory(
    step: Callable[[S, B, Draws], dict[str, float]],
    state: S,
    batch: B,
    draws: Draws,
    fabric: Fabric,
) -> dict[str, float] | None:
    """The losses of a step, or None when it ran out of memory (and its tensors are gone)."""
    try:
        return step(state, batch.to(fabric.device), draws)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    return None


def _half_as_large(batches: Batches[B], step: int, journal: Journal) -> Iterator[B]:
    """Batches of half the size from this step on; `DataError` if they cannot be halved."""
    whole = batches.batch
    if not batches.halve():
        raise DataError(
            f"The memory is not enough for a batch of {whole} pictures: give a smaller --batch, "
            "--crop-px or network in a new run (--init starts it from this one's export)."
        )
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    journal.say(
        f"The memory was not enough for {whole} pictures at once; going on with {batches.batch}."
    )
    return batches.iterate(step)


def _report(step: int, steps: int, clock: Clock, losses: dict[str, float]) -> str:
    pace = clock.timing["seconds_a_step"]
    hours = (steps - step) * pace / 3600
    return f"step {step} of {steps}, {pace:.2f} s each, {hours:.1f} h to go: {_words(losses)}"


def _words(losses: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in losses.items())
