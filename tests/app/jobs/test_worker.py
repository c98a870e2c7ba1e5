"""What the queue cannot show for certain: jobs called off before they began; torch's threads."""

import os
import sys
import threading

import pytest
import torch

from app.jobs.mailbox import Mailbox
from app.jobs.slots import Job, Outcome, Slot
from app.jobs.worker import NICE, Worker
from tests.app.fakes import MakeFakes


def test_a_job_called_off_before_it_begins_is_not_run(qtbot):
    mailbox, make = Mailbox(), MakeFakes()
    ran: list[str] = []
    early = Job(Slot.EXPORT, lambda means: ran.append("early"), 1)
    later = Job(Slot.EXPORT, lambda means: ran.append("later"), 2)
    early.token.cancel()
    worker = Worker("scumble test", mailbox, make)
    started: list[Job] = []
    finished: list[tuple[Job, Outcome]] = []
    worker.started_job.connect(started.append)
    worker.finished_job.connect(lambda job, outcome: finished.append((job, outcome)))
    mailbox.put(early)
    mailbox.put(later)
    worker.start()
    qtbot.waitUntil(lambda: len(finished) == 2)
    mailbox.close()
    assert worker.wait(5)
    assert ran == ["later"]
    assert started == [later]
    assert finished == [(early, Outcome(cancelled=True)), (later, Outcome())]
    assert make.made == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives threads a weight")
def test_what_torch_starts_for_a_worker_stands_back_as_well(qtbot):
    """The pen's paint is late else: torch computes on all cores, in threads of its own."""

    def niceness() -> dict[int, int]:
        ids = map(int, os.listdir("/proc/self/task"))
        return {each: os.getpriority(os.PRIO_PROCESS, each) for each in ids}

    def compute(_means):
        torch.set_num_threads(2)
        before = niceness()
        torch.rand(2**22).exp().sum()
        return [nice for each, nice in niceness().items() if each not in before]

    mailbox, threads = Mailbox(), torch.get_num_threads()
    worker = Worker("scumble test", mailbox, None)
    came: list[Outcome] = []
    worker.finished_job.connect(lambda _job, outcome: came.append(outcome))
    mailbox.put(Job(Slot.EXPORT, compute, 1))
    worker.start()
    try:
        qtbot.waitUntil(lambda: bool(came))
    finally:
        mailbox.close()
        assert worker.wait(5)
        torch.set_num_threads(threads)
    assert came[0].error is None
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert came[0].value
    assert set(came[0].value) == {max(own, NICE)}
