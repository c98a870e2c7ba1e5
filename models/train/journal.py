"""What a run leaves on disk, and how it is found again.

A run is a folder: `recipe.json` (every number), `run.json` (data and names), `log.jsonl` (a line of
losses at a time), `state.pt` (weights, optimizers, step and batch, to go on from), `samples/`
(what the networks make of held-out pictures), with `--tensorboard` the same for TensorBoard, and
the exported model. State and settings are replaced in one move, once they have reached the disk.
While training, a full disk is reported and tried again.
"""

import json
import os
import pickle
import struct
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Protocol

import torch
from PIL import Image
from torch import Tensor, nn

from models.errors import DataError
from models.image_io import to_rgb_hwc

RECIPE, NOTES, LOG, STATE, MODEL = (
    "recipe.json", "run.json", "log.jsonl", "state.pt", "model.safetensors"
)  # fmt: skip


# What torch raises for a file that is cut, of another kind, or not a pickle of tensors.
UNREADABLE = (OSError, RuntimeError, KeyError, ValueError, TypeError, EOFError, AttributeError,
              IndexError, pickle.UnpicklingError, struct.error)  # fmt: skip


class State(Protocol):
    """What is saved of a recipe's state."""

    @property
    def modules(self) -> dict[str, nn.Module]: ...
    @property
    def optimizers(self) -> dict[str, torch.optim.Optimizer]: ...


@dataclass(frozen=True)
class Saved:
    """Where a run stands: steps done, and the batch size it has come down to (None: as begun)."""

    step: int
    batch: int | None = None


class Journal:
    """The folder of one run.

    Args:
        out: the folder.
        say: takes a line for the person.
        tensorboard: whether to write for TensorBoard, too.

    Raises:
        DataError: TensorBoard is wanted and not installed.
    """

    def __init__(self, out: Path, say: Callable[[str], None], *, tensorboard: bool = False) -> None:
        self.out = out
        self.say = say
        self._board: Any = None
        self._make_board = _board_maker(out) if tensorboard else None

    def start(
        self,
        recipe: Any,
        notes: dict[str, Any],
        *,
        resume: bool,
        may_change: frozenset[str] = frozenset(),
    ) -> None:
        """Make the folder and note recipe and `notes`; or check that a run to resume is there.

        Args:
            may_change: settings that a resumed run may have otherwise than it began.

        Raises:
            DataError: there is a run already, none to resume, its recipe differs, or the folder
                cannot be written to.
        """
        values = asdict(recipe)
        if resume:
            # A number that a recipe had not when the run began is the default since.
            before = {f.name: f.default for f in fields(recipe)} | read_json(self.out, RECIPE)
            changed = sorted(name for name in values if before[name] != values[name])
            if fixed := [name for name in changed if name not in may_change]:
                raise DataError(
                    f"The run in {self.out} was started with another {', '.join(fixed)}: resume "
                    "it with the same settings, or start a new run."
                )
        elif os.path.exists(self.out / RECIPE):
            raise DataError(
                f"There is a run in {self.out} already: add --resume, or name a new folder."
            )
        try:
            (self.out / "samples").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(f"{self.out} cannot hold a run ({error.strerror}).") from error
        write_json(self.out / NOTES, notes)
        write_json(self.out / RECIPE, values)

    def restore(self, state: State) -> Saved:
        """Load the saved state into `state`; step 0 where nothing is saved.

        Learning rates stay those of `state`: they may change when a run is resumed.

        Raises:
            DataError: the file is damaged, or of another recipe.
        """
        content = read_state(self.out)
        if content is None:
            return Saved(0)
        try:
            for name, module in state.modules.items():
                module.load_state_dict(content["modules"][name])
            for name, optimizer in state.optimizers.items():
                rates = [group["lr"] for group in optimizer.param_groups]
                optimizer.load_state_dict(content["optimizers"][name])
                for group, rate in zip(optimizer.param_groups, rates, strict=True):
                    group["lr"] = rate
            return Saved(int(content["step"]), int(content["batch"]))
        except (RuntimeError, KeyError, ValueError, TypeError) as error:
            raise _damaged(self.out) from error

    def forget_after(self, step: int) -> None:
        """Take lines of later steps out of the log: a killed run does those steps again.

        Raises:
            DataError: the log cannot be read or written.
        """
        path = self.out / LOG
        if not path.exists():
            return
        try:
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            kept = "".join(line for line in lines if _step_of(line) <= step)
            replace_file(path, lambda partial: partial.write_text(kept, encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{path} cannot be written: make room, or remove it.") from error

    def log(self, step: int, losses: dict[str, float], timing: dict[str, float]) -> None:
        """Append a line of losses and timing."""

        def write() -> None:
            line = {"step": step, **{k: round(v, 4) for k, v in timing.items()}, **losses}
            with (self.out / LOG).open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            for name, value in losses.items():
                if (board := self._open_board()) is not None:
                    board.add_scalar(name, value, step)

        self._attempt("log", write)

    def picture(self, step: int, picture: Tensor) -> None:
        """Keep a sample 3 x H x W in [-1, 1]."""

        def write() -> None:
            save_picture(picture, self.out / "samples" / f"{step:07d}.png")
            if (board := self._open_board()) is not None:
                board.add_image("samples", (picture.cpu() + 1) / 2, step)

        self._attempt("sample", write)

    def save(self, state: State, step: int, batch: int) -> bool:
        """Write the state to go on from; whether that worked. A crash leaves the last one."""
        content = {
            "step": step,
            "batch": batch,
            "modules": {name: module.state_dict() for name, module in state.modules.items()},
            "optimizers": {name: o.state_dict() for name, o in state.optimizers.items()},
        }
        return self._attempt(
            "state",
            lambda: replace_file(self.out / STATE, lambda partial: torch.save(content, partial)),
        )

    def close(self) -> None:
        """Finish what is written for TensorBoard."""
        if self._board is not None:
            self._board.close()

    def _open_board(self) -> Any:
        """The writer for TensorBoard, opened when there is something to write; or None."""
        if self._board is None and self._make_board is not None:
            self._board = self._make_board()
        return self._board

    def _attempt(self, what: str, write: Callable[[], object]) -> bool:
        try:
            write()
        except (OSError, RuntimeError) as error:
            # torch.save reports a full disk as a RuntimeError.
            reason = error.strerror if isinstance(error, OSError) else "is the disk full?"
            self.say(
                f"The {what} could not be written to {self.out} ({reason}): "
                "the training goes on and tries again at the next turn."
            )
            return False
        return True


def read_json(out: Path, name: str) -> dict[str, Any]:
    """`recipe.json` or `run.json` of a run.

    Raises:
        DataError: there is no such run.
    """
    try:
        return json.loads((out / name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"There is no run to resume or export in {out}.") from error


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Write values as JSON, in one move.

    Raises:
        DataError: the folder cannot be written to.
    """
    text = json.dumps(values, indent=2) + "\n"
    try:
        replace_file(path, lambda partial: partial.write_text(text, encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error.strerror}).") from error


def read_state(out: Path) -> dict[str, Any] | None:
    """The content of `state.pt`, on the CPU, or None where there is none.

    Raises:
        DataError: the file is damaged.
    """
    path = out / STATE
    if not path.exists():
        return None
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except UNREADABLE as error:
        raise _damaged(out) from error


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside `path`, then move it there; on failure nothing is left."""
    partial = path.with_name(path.name + ".part")
    try:
        write(partial)
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def save_picture(picture: Tensor, path: Path) -> None:
    """Write 3 x H x W in [-1, 1] as an image file."""
    Image.fromarray(to_rgb_hwc(picture[None])).save(path)


def _damaged(out: Path) -> DataError:
    return DataError(
        f"The run in {out} cannot be resumed: {STATE} is damaged or was made with other settings. "
        "Start a new run in another folder."
    )


def _step_of(line: str) -> float:
    try:
        return json.loads(line)["step"]
    except (ValueError, KeyError, TypeError):
        # The last line of a killed process may be half a line.
        return float("inf")


def _board_maker(out: Path) -> Callable[[], Any]:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise DataError(
            "TensorBoard is not installed: `pip install tensorboard`, or leave --tensorboard out."
        ) from error
    return lambda: SummaryWriter(out / "tensorboard")
