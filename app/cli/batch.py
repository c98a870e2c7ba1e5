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
    """

    size_px: tuple[int, int]
    device: str
    seconds: float
    notes: tuple[str, ...] = ()


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
    say(f"{job.out}: {width_px} x {height_px} px, {outcome.device}, {outcome.seconds:.1f} s")
    for note in outcome.notes:
        say(note)
    return 0


def run_folder(do: Do, jobs: list[Job], out: Path, *words: str) -> int:
    """Every job; one that fails is reported and skipped. Weights that fail end it at once.

    Args:
        do: does a job.
        jobs: of one folder.
        out: the folder for the results.
        words: what the line at the end tells besides.
    """
    from tqdm import tqdm

    start = time.perf_counter()
    failed = 0
    device = ""
    with tqdm(jobs, unit="picture", file=sys.stderr, disable=not sys.stderr.isatty()) as bar:
        for job in bar:
            try:
                outcome = do(job)
            except CheckpointError:
                raise
            except (UserError, ModelsError) as error:
                failed += 1
                tqdm.write(f"scumble: {job.source.name}: {error}", file=sys.stderr)
                continue
            device = outcome.device
            for note in outcome.notes:
                tqdm.write(f"{job.out.name}: {note}", file=sys.stdout)
    how = [f"{len(jobs) - failed} of {len(jobs)} pictures", *words, device]
    seconds = time.perf_counter() - start
    say(f"{out}{os.sep}: {', '.join(filter(None, how))}, {seconds:.1f} s")
    return 1 if failed else 0
