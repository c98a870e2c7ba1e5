"""A program that is killed at any moment loses at most its last step, and leaves no broken file."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.document.io.project import load_project
from app.document.io.recovery import found, load_recovery, recoveries
from tests.app.document.io.painter import first_document, painted

ROOT = Path(__file__).resolve().parents[4]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


@pytest.fixture(scope="module")
def painter():
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.app.document.io.painter"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert read(process) == "ready"
    yield process
    process.communicate("", timeout=20)
    assert process.returncode == 0


def read(process) -> str:
    return process.stdout.readline().rstrip("\n")


def killed(painter, seed: int, folder: Path) -> tuple[int, int]:
    """Have it paint there and kill it; the steps that it said were kept, and were saved."""
    painter.stdin.write(f"{seed} {folder}\n")
    painter.stdin.flush()
    said = {"kept": 0, "saved": 0}
    child = 0
    # From the first bytes on, and not only between two steps.
    deadline = time.monotonic() + random.Random(seed).uniform(0.0, 0.25)
    while (line := read(painter)) != "ended":
        what, number = line.split()
        if what == "painting":
            child = int(number)
            time.sleep(max(0.0, deadline - time.monotonic()))
            os.kill(child, signal.SIGKILL)
        else:
            said[what] = int(number)
    return said["kept"], said["saved"]


def check(folder: Path, kept: int, saved: int) -> None:
    places = recoveries(folder / "recovery")
    offered = [place for place in places if found(place) is not None]
    if kept:
        (place,) = offered
        check_steps(load_recovery(place)[0], kept)
    file = folder / "work.scumble"
    if saved or file.exists():
        steps = load_project(file)
        assert saved <= last_step(steps) <= max(kept, saved)
        check_steps(steps, last_step(steps))


def last_step(steps) -> int:
    return int(steps.states[-1].label.removeprefix("Step "))


def check_steps(steps, kept: int) -> None:
    """All states are there, up to the last that was told or the one in the making."""
    last = last_step(steps)
    assert kept <= last <= kept + 1
    assert steps.index == len(steps.states) - 1
    document = first_document()
    for number, state in enumerate(steps.states):
        if number:
            document = painted(document, number)
        assert state.document == document


def rounds(painter, tmp_path, seeds) -> int:
    steps = 0
    for seed in seeds:
        folder = tmp_path / str(seed)
        folder.mkdir()
        kept, saved = killed(painter, seed, folder)
        check(folder, kept, saved)
        steps += kept
    return steps


def test_a_killed_program_loses_at_most_its_last_step(painter, tmp_path):
    assert rounds(painter, tmp_path, range(12)) > 12


@pytest.mark.slow
def test_a_program_that_is_killed_200_times_loses_at_most_its_last_step(painter, tmp_path):
    assert rounds(painter, tmp_path, range(100, 300)) > 200
