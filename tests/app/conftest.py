"""A queue with a scripted backend, for everything that has work done."""

import pytest

from tests.app.fakes import MakeFakes


@pytest.fixture
def make() -> MakeFakes:
    return MakeFakes()


@pytest.fixture
def queue(qapp, make):
    """A queue; its threads have ended when the test is over."""
    from app.jobs.queue import JobQueue

    queue = JobQueue(make)
    yield queue
    assert queue.close(5000)
