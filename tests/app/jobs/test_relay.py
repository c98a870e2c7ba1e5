"""Progress comes at once, not too often, and its last word is not lost."""

import threading
import time

from app.jobs.relay import EVERY_MS, ProgressRelay
from app.jobs.slots import Job, Slot


def a_job() -> Job:
    return Job(Slot.EXPORT, lambda means: None, 1)


def test_the_first_report_comes_at_once_and_the_last_one_too(qtbot):
    relay, job = ProgressRelay(), a_job()
    came: list[tuple[Job, str, float, float]] = []
    relay.progressed.connect(lambda *report: came.append((*report, time.perf_counter())))

    def report() -> None:
        for step in range(200):
            relay.report(job, "tile", step / 199)
            time.sleep(0.001)

    started = time.perf_counter()
    thread = threading.Thread(target=report)
    thread.start()
    qtbot.waitUntil(lambda: bool(came))
    qtbot.waitUntil(lambda: came[-1][2] == 1.0)
    seconds = time.perf_counter() - started
    thread.join()
    assert came[0][:2] == (job, "tile")
    assert came[0][2] < 0.5
    shares = [share for _, _, share, _ in came]
    assert shares == sorted(shares)
    # A timer may fire a little early; on average the pause is kept.
    assert len(came) <= 2 + seconds * 1000 / (EVERY_MS - 5)


def test_what_waits_can_be_had_now(qapp):
    relay, job = ProgressRelay(), a_job()
    came: list[str] = []
    relay.progressed.connect(lambda job, words, share: came.append(words))
    relay.flush()
    assert came == []
    relay.report(job, "reading", 0)
    relay.report(job, "writing", 1)
    relay.flush()
    assert came == ["writing"]


def test_reports_from_one_event_loop_turn_come_as_one(qtbot):
    relay, job = ProgressRelay(), a_job()
    came: list[str] = []
    relay.progressed.connect(lambda job, words, share: came.append(words))
    for words in ("one", "two", "three"):
        relay.report(job, words, 0.5)
    qtbot.wait(2 * EVERY_MS)
    assert came == ["three"]
