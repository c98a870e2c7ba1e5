"""Fixtures for all tests."""

import gc
import itertools
import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from models.configs import SwappingAutoencoderConfig

# Pictures and settings that train in a blink, for the trainer and for its commands.
pytest_plugins = ["tests.models.train.fixtures"]

# Before Qt starts: no test needs a screen, and the fonts are the same everywhere.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

SHARED = Path(__file__).resolve().parents[2] / "shared"

# More than two threads slow tiny networks down; more than there are cores, everything: tests run in
# as many processes as there are cores.
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
torch.set_num_threads(max(1, min(2, torch.get_num_threads() // WORKERS)))


ALL_EVERY = 50
"""After so many tests everything that is unused is looked for, not only what is new.

What is still in use then is not looked at again: modules, most of all.
"""


@pytest.fixture(scope="session")
def test_numbers() -> Iterator[Iterator[int]]:
    """Python looks for unused cycles on no thread by itself: see `collected_here`."""
    gc.collect()
    gc.freeze()
    gc.disable()
    yield itertools.count(1)
    gc.enable()
    gc.unfreeze()


@pytest.fixture(autouse=True)
def collected_here(test_numbers) -> Iterator[None]:
    """What tests leave of Qt's objects ends on this thread.

    A worker of a later test, on which Python may happen to look, must not destroy a timer, or what
    events are sent to.
    """
    yield
    if next(test_numbers) % ALL_EVERY:
        gc.collect(1)
    else:
        gc.collect()
        gc.freeze()


class Records(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.kept: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(record)


@pytest.fixture(autouse=True)
def no_stray_log_records(request) -> Iterator[None]:
    """A warning or an error in the log fails the test, unless it is marked `logs`."""
    records = Records()
    logging.getLogger().addHandler(records)
    yield
    logging.getLogger().removeHandler(records)
    if request.node.get_closest_marker("logs") is None:
        assert [record.getMessage() for record in records.kept] == []


@pytest.fixture(autouse=True)
def no_dangling_threads() -> Iterator[None]:
    """A thread that a test started and left fails the test."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 5.0
    while left := [t for t in threading.enumerate() if t not in before and not t.daemon]:
        assert time.monotonic() < deadline, f"left behind: {left}"
        time.sleep(0.01)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of golden files, key lists, data and weights beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("../shared is absent")
    return SHARED


class Golden:
    """One golden file: `sd` is a state dict, `given` the inputs, `expected` the outputs."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as archive:
            arrays = {name: torch.from_numpy(archive[name]) for name in archive.files}
        self.sd = self._part(arrays, "sd/")
        self.given = self._part(arrays, "in/")
        self.expected = self._part(arrays, "out/")

    @staticmethod
    def _part(arrays: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
        return {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}

    def module(self, prefix: str) -> dict[str, torch.Tensor]:
        """The state dict of the module whose keys start with `prefix`."""
        return self._part(self.sd, prefix)

    def check(self, got: torch.Tensor, name: str, tolerance: float = 1e-5) -> None:
        """Assert that `got` is the output `name`, to an absolute tolerance."""
        assert got.shape == self.expected[name].shape
        error = (got - self.expected[name]).abs().max().item()
        assert error <= tolerance, f"{name} is off by {error:.2e}"


@pytest.fixture
def golden(shared):
    """A function that opens a golden file by its name."""
    return lambda name: Golden(shared / "golden" / f"{name}.npz")


@pytest.fixture
def tiny_config() -> SwappingAutoencoderConfig:
    """A network that runs in milliseconds; its smallest picture is 12 px."""
    return SwappingAutoencoderConfig(
        structure_downsamplings=2,
        texture_downsamplings=1,
        structure_channels=4,
        texture_channels=16,
        encoder_scale=1 / 16,
        generator_scale=1 / 32,
    )
