"""A queue with a scripted backend, for everything that has work done."""

import gc
from collections.abc import Iterator

import pytest

from tests.app.fakes import MakeFakes


@pytest.fixture(scope="session")
def frozen() -> Iterator[None]:
    """What is there before all tests is not looked at again by `collected`."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def collected(frozen) -> Iterator[None]:
    """What the test leaves of Qt's objects goes on the GUI thread: a worker of the next test, on
    which Python may happen to collect it, must not destroy a timer or what events are sent to."""
    yield
    gc.collect()


@pytest.fixture
def make() -> MakeFakes:
    return MakeFakes()


@pytest.fixture
def queue(qapp, make, collected):
    """A queue; its threads have ended when the test is over."""
    from app.jobs.queue import JobQueue

    queue = JobQueue(make)
    yield queue
    assert queue.close(5000)
