"""Jobs one after the other: what is said of each, and what becomes of those that fail."""

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.command import say
from app.cli.files import Job
from app.errors import UserError
from models.errors import CheckpointError, ModelsError

if TYPE_CHECKING:
    from models.engine.engine import Engine


@dataclass(frozen=True)
class Outcome:
    """What a job came to.

    Attributes:
        size_px: of what was written, (height, width).
        device: what it ran on, in words.
        seconds: that the engine took.
        notes: sentences for the person.
        outside_px: pixels that nothing may have changed; 0 where that was not counted.
        changed_outside_px: how many of them did change.
    """

    size_px: tuple[int, int]
    device: str
    seconds: float
    notes: tuple[str, ...] = ()
    outside_px: int = 0
    changed_outside_px: int = 0


@dataclass
class Totals:
    """What the jobs of a run came to.

    Attributes:
        jobs: how many there were.
        failed: how many of them failed.
        device: what the last one ran on, in words; "" if all failed.
        seconds: from the first to the last.
        outside_px, changed_outside_px: of all together.
    """

    jobs: int
    failed: int = 0
    device: str = ""
    seconds: float = 0.0
    outside_px: int = 0
    changed_outside_px: int = 0

    def note(self, outcome: Outcome) -> None:
        """Count a job that succeeded."""
        self.device = outcome.device
        self.outside_px += outcome.outside_px
        self.changed_outside_px += outcome.changed_outside_px

    def words(self, *more: str) -> str:
        """The line about it."""
        how = [
            f"{self.jobs - self.failed} of {self.jobs} pictures",
            *more,
            outside_words(self.outside_px, self.changed_outside_px),
            self.device,
            f"{self.seconds:.1f} s",
        ]
        return ", ".join(filter(None, how))


Do = Callable[[Job], Outcome]
"""Does a job: reads, computes, writes. Raises `UserError` or `ModelsError` with a sentence."""


def add_out_argument(parser: argparse.ArgumentParser, help_text: str) -> None:
    parser.add_argument("-o", "--out", metavar="OUT", type=Path, required=True, help=help_text)


def add_device_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="where to compute (default auto: a GPU if there is one)",
    )


def add_strip_place_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--strip-place",
        action="store_true",
        help="leave place and device (GPS, camera, serial numbers) out of the result's EXIF",
    )


def make_engine(device: str) -> "Engine":
    """The engine for a device; imports torch."""
    from models.engine.engine import Engine

    return Engine(device)


def check_written(path: Path) -> None:
    """Raise `UserError` unless the file is there."""
    if not os.path.isfile(path):
        raise UserError(f"{path} was written and is gone.", "Check the disk.")


def run_file(do: Do, job: Job) -> int:
    """One job, and a line about it."""
    outcome = do(job)
    height_px, width_px = outcome.size_px
    how = [
        f"{width_px} x {height_px} px",
        outside_words(outcome.outside_px, outcome.changed_outside_px),
        outcome.device,
        f"{outcome.seconds:.1f} s",
    ]
    say(f"{job.out}: {', '.join(filter(None, how))}")
    for note in outcome.notes:
        say(note)
    return 0


def run_folder(do: Do, jobs: list[Job], out: Path, *words: str) -> int:
    """Every job as `run_all` does them, and a line about all.

    Args:
        do: does a job.
        jobs: of one folder.
        out: the folder for the results.
        words: what the line tells besides.
    """
    totals = run_all(do, jobs)
    say(f"{out}{os.sep}: {totals.words(*words)}")
    return 1 if totals.failed else 0


def run_all(do: Do, jobs: list[Job]) -> Totals:
    """Every job; one that fails is reported and skipped. Weights that fail end it at once."""
    from tqdm import tqdm

    start = time.perf_counter()
    totals = Totals(len(jobs))
    with tqdm(jobs, unit="picture", file=sys.stderr, disable=not sys.stderr.isatty()) as bar:
        for job in bar:
            try:
                outcome = do(job)
            except CheckpointError:
                raise
            except (UserError, ModelsError) as error:
                totals.failed += 1
                tqdm.write(f"scumble: {about(job.source, str(error))}", file=sys.stderr)
                continue
            totals.note(outcome)
            for note in outcome.notes:
                tqdm.write(about(job.source, note), file=sys.stdout)
    totals.seconds = time.perf_counter() - start
    return totals


def outside_words(outside_px: int, changed_px: int) -> str:
    """What became of the pixels outside of all masks; "" where there are none."""
    if not outside_px:
        return ""
    return f"{changed_px:,} of {outside_px:,} pixels outside of the masks changed"


def about(path: Path, sentence: str) -> str:
    """A sentence that says which file it is about, and says it once."""
    said = sentence.startswith(f"{path.name} ")
    return sentence if said else f"{path.name}: {sentence}"
