"""The window, killed while it paints and saves: what opens is what was there but for a moment."""

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
from app.document.io.steps import Steps

ROOT = Path(__file__).resolve().parents[3]


def killed(folder: Path, seed: int) -> tuple[int, int]:
    """Have it paint there and kill it; the last step that was kept, and that was made."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.app.ui.killed_window", folder, str(seed)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == "made 1\n", process.stderr.read()
    time.sleep(random.Random(seed).uniform(0.0, 1.0))
    os.kill(process.pid, signal.SIGKILL)
    out, _ = process.communicate()
    last = {"made": 1, "kept": 0}
    for line in out.splitlines():
        what, step = line.split()
        last[what] = int(step)
    return last["kept"], last["made"]


def last_step(steps: Steps) -> int:
    return int(steps.states[-1].label.removeprefix("Step "))


def check(folder: Path, kept: int, made: int) -> None:
    newest = 0
    for place in recoveries(folder / "data" / "recovery"):
        if found(place) is not None:
            newest = max(newest, last_step(load_recovery(place)[0]))
    file = folder / "work.scumble"
    if file.exists():
        newest = max(newest, last_step(load_project(file)))
    assert kept <= newest <= made + 1


@pytest.mark.parametrize(
    "seeds", [range(2), pytest.param(range(10, 30), marks=pytest.mark.slow)], ids=["2", "20"]
)
def test_a_killed_window_comes_back(tmp_path, monkeypatch, seeds):
    for seed in seeds:
        folder = tmp_path / str(seed)
        folder.mkdir()
        monkeypatch.setenv("SCUMBLE_CONFIG", str(folder / "config"))
        monkeypatch.setenv("SCUMBLE_DATA", str(folder / "data"))
        check(folder, *killed(folder, seed))
