"""A thousand jobs with cancels, errors, slow work and a full memory: order and states hold."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest

from app.jobs.queue import JobQueue
from app.jobs.slots import POLICIES, Job, JobState, Lane, Means, Slot
from models.errors import OutOfMemory
from tests.app.fakes import MakeFakes

JOBS = 1000
SLOTS = (
    *(Slot.PREVIEW,) * 6,
    *(Slot.FINAL,) * 3,
    *(Slot.OPEN, Slot.ESTIMATE, Slot.EXPORT, Slot.WRITE, Slot.LOOK, Slot.LOAD_MODEL),
)


class Storm:
    """Submits random jobs and remembers how each ended."""

    def __init__(self, queue: JobQueue, seed: int) -> None:
        self.queue = queue
        self.draw = random.Random(seed)
        self.jobs: list[Job] = []
        self.ends: Counter[int] = Counter()
        self.done: dict[Slot, list[int]] = {slot: [] for slot in Slot}

    def work(self, on_engine: bool) -> Callable[[Means], str]:
        """Something to do."""
        kind = self.draw.choice(("quick", "quick", "slow", "slow", "error", "memory", "backend"))
        pause_s = self.draw.uniform(0.001, 0.008)

        def run(means: Means) -> str:
            if kind == "slow":
                until = time.monotonic() + pause_s
                while time.monotonic() < until:
                    means.token.raise_if_cancelled()
                    means.progress("tile", 0.5)
                    time.sleep(0.0005)
            if kind == "error":
                raise ValueError("a defect")
            if kind == "memory":
                raise OutOfMemory("Memory ran out.")
            return means.backend.device if kind == "backend" and on_engine else kind

        return run

    def submit(self, slot: Slot) -> None:
        self.put(slot, self.work(POLICIES[slot].lane is Lane.ENGINE))

    def put(self, slot: Slot, work) -> Job:
        stamp = len(self.jobs)
        job = self.queue.submit(
            slot,
            work,
            done=lambda _: self._ended(stamp, slot, True),
            failed=lambda _: self._ended(stamp, slot, False),
            cancelled=lambda: self._ended(stamp, slot, False),
        )
        self.jobs.append(job)
        return job

    def disturb(self) -> None:
        """Now and then do what a person does."""
        dice = self.draw.random()
        if dice < 0.10:
            self.queue.cancel(self.draw.choice(self.jobs))
        elif dice < 0.13:
            self.queue.cancel_slot(self.draw.choice(SLOTS))
        elif dice < 0.16:
            self.queue.bump_epoch()
        elif dice < 0.18:
            self.queue.restart_engine()

    def _ended(self, stamp: int, slot: Slot, done: bool) -> None:
        assert threading.current_thread() is threading.main_thread()
        self.ends[stamp] += 1
        if done:
            self.done[slot].append(stamp)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_thousand_jobs_end_once_in_order_and_the_newest_last(qtbot, qapp, seed):
    queue = JobQueue(MakeFakes())
    storm = Storm(queue, seed)
    for number in range(JOBS):
        storm.submit(storm.draw.choice(SLOTS))
        storm.disturb()
        if number % 8 == 0:
            qtbot.wait(1)
    for slot in (Slot.PREVIEW, Slot.FINAL, Slot.OPEN):
        storm.put(slot, lambda means: "newest")
    qtbot.waitUntil(lambda: queue.idle, timeout=20_000)
    for slot in (Slot.PREVIEW, Slot.FINAL, Slot.OPEN):
        assert storm.done[slot][-1] == max(
            stamp for stamp, job in enumerate(storm.jobs) if job.slot is slot
        )
    assert all(stamps == sorted(stamps) for stamps in storm.done.values())
    assert storm.ends == Counter(range(len(storm.jobs)))
    states = Counter(job.state for job in storm.jobs)
    assert set(states) == {JobState.DONE, JobState.CANCELLED, JobState.FAILED}
    assert min(states.values()) > 20
    assert all(queue.pending(slot) == 0 for slot in Slot)
    assert all(queue.running(lane) is None for lane in Lane)
    assert queue.close()
    assert not [each for each in threading.enumerate() if each.name.startswith("scumble")]


def test_closing_in_the_middle_of_the_storm_leaves_every_state_final(qtbot, qapp):
    queue = JobQueue(MakeFakes())
    storm = Storm(queue, 3)
    for number in range(JOBS // 2):
        storm.submit(storm.draw.choice(SLOTS))
        storm.disturb()
        if number % 16 == 0:
            qtbot.wait(1)
    started = time.perf_counter()
    assert queue.close()
    assert time.perf_counter() - started < 1.0
    assert {job.state for job in storm.jobs} <= {JobState.DONE, JobState.CANCELLED, JobState.FAILED}
    before = sum(storm.ends.values())
    qtbot.wait(20)
    assert sum(storm.ends.values()) == before


def test_a_fast_hand_sees_pictures_and_the_last_one_soon(qtbot, qapp):
    queue = JobQueue(MakeFakes())
    shown: list[tuple[int, float]] = []

    def render(number: int):
        def work(means: Means) -> int:
            time.sleep(0.02)
            return number

        return work

    for number in range(60):
        queue.submit(
            Slot.PREVIEW,
            render(number),
            done=lambda value: shown.append((value, time.perf_counter())),
        )
        qtbot.wait(5)
    last_input = time.perf_counter()
    qtbot.waitUntil(lambda: queue.idle)
    numbers = [number for number, _ in shown]
    assert numbers == sorted(numbers)
    assert numbers[-1] == 59
    assert len(numbers) > 8
    assert shown[-1][1] - last_input < 0.5
    assert queue.close()
