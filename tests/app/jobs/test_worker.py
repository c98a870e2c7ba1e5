"""What the queue cannot show for certain: jobs that were called off before they could begin."""

from app.jobs.mailbox import Mailbox
from app.jobs.slots import Job, Outcome, Slot
from app.jobs.worker import Worker
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
