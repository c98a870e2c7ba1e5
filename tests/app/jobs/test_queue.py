"""The queue: results, replacing, cancelling, epochs, errors, the backend's life, closing."""

import gc
import sys
import threading
import time
import weakref
from typing import Any

import pytest

from app.errors import UserError
from app.jobs.queue import JobQueue
from app.jobs.slots import Job, JobState, Lane, Means, Slot
from models.api import RenderRequest
from models.edits import SwapTexture
from models.errors import Cancelled, OutOfMemory
from tests.app.fakes import MakeFakes, picture


class Ends:
    """Callbacks that remember what came.

    Attributes:
        came: how each job ended: its name, "done", "failed" or "cancelled", and with what.
    """

    def __init__(self) -> None:
        self.came: list[tuple[str, str, object]] = []

    def callbacks(self, name: str) -> dict:
        return {
            "done": lambda value: self.came.append((name, "done", value)),
            "failed": lambda error: self.came.append((name, "failed", error)),
            "cancelled": lambda: self.came.append((name, "cancelled", None)),
        }

    @property
    def short(self) -> list[str]:
        return [f"{name} {how}" for name, how, _ in self.came]


class Gate:
    """Work that waits until it is let through or called off."""

    def __init__(self, value: object = None, deaf: bool = False) -> None:
        self.begun = threading.Event()
        self.open = threading.Event()
        self._value = value
        self._deaf = deaf

    def __call__(self, means: Means) -> object:
        self.begun.set()
        while not self.open.wait(0.001):
            if not self._deaf:
                means.token.raise_if_cancelled()
        return self._value


@pytest.fixture
def ends() -> Ends:
    return Ends()


@pytest.fixture
def hooked(monkeypatch) -> list[BaseException]:
    """What went to `sys.excepthook`."""
    came: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: came.append(error))
    return came


def settled(qtbot, queue: JobQueue) -> None:
    qtbot.waitUntil(lambda: queue.idle)


def begun(qtbot, queue: JobQueue, gate: Gate, lane: Lane = Lane.ENGINE) -> None:
    qtbot.waitUntil(lambda: gate.begun.is_set() and queue.running(lane) is not None)


def test_a_value_comes_back_on_the_gui_thread(qtbot, queue):
    came = []
    gate = Gate()

    def work(means: Means) -> str:
        gate(means)
        return threading.current_thread().name

    job = queue.submit(
        Slot.OPEN, work, done=lambda value: came.append((value, threading.current_thread()))
    )
    assert job.state is JobState.PENDING
    begun(qtbot, queue, gate, Lane.FILES)
    assert job.state is JobState.RUNNING
    gate.open.set()
    settled(qtbot, queue)
    assert came == [("scumble files", threading.main_thread())]
    assert job.state is JobState.DONE


def test_a_render_runs_on_the_engines_thread_and_made_its_backend_there(qtbot, queue, make):
    base, reference = picture(seed=1), picture(rgb=(200, 30, 30), seed=2)
    edit = SwapTexture(model="any", reference=reference.sha256)
    request = RenderRequest(base=base, edits=(edit,), pictures=(reference,))
    came = []
    queue.submit(
        Slot.FINAL,
        lambda means: means.backend.render(request, means.token, means.progress),
        done=came.append,
    )
    settled(qtbot, queue)
    (backend,) = make.made
    assert backend.requests == [request]
    assert {thread.name for thread in make.threads | backend.threads} == {"scumble engine"}
    assert came[0].rgb_hwc.mean(axis=(0, 1)) == pytest.approx((200, 30, 30), abs=8)


def test_the_two_lanes_do_not_wait_for_each_other(qtbot, queue, ends):
    gate = Gate()
    queue.submit(Slot.FINAL, gate, **ends.callbacks("final"))
    queue.submit(Slot.OPEN, lambda means: 1, **ends.callbacks("open"))
    qtbot.waitUntil(lambda: ends.short == ["open done"])
    assert queue.running(Lane.ENGINE) is not None
    assert queue.running(Lane.FILES) is None
    gate.open.set()
    settled(qtbot, queue)
    assert ends.short == ["open done", "final done"]


def test_jobs_of_files_have_no_backend(qtbot, queue, ends):
    queue.submit(Slot.OPEN, lambda means: means.backend, **ends.callbacks("open"))
    settled(qtbot, queue)
    assert isinstance(ends.came[0][2], RuntimeError)


def test_the_newest_preview_wins_and_the_running_one_is_let_finish(qtbot, queue, ends):
    gate = Gate("first")
    queue.submit(Slot.PREVIEW, gate, **ends.callbacks("first"))
    begun(qtbot, queue, gate)
    jobs = [
        queue.submit(Slot.PREVIEW, lambda means: "value", **ends.callbacks(str(number)))
        for number in range(3)
    ]
    assert ends.short == ["0 cancelled", "1 cancelled"]
    assert [job.state.value for job in jobs] == ["cancelled", "cancelled", "pending"]
    assert queue.pending(Slot.PREVIEW) == 1
    gate.open.set()
    settled(qtbot, queue)
    assert ends.short[2:] == ["first done", "2 done"]


def test_a_preview_calls_the_running_final_off_but_not_one_that_waits(qtbot, queue, ends):
    running = Gate()
    queue.submit(Slot.FINAL, running, **ends.callbacks("running"))
    begun(qtbot, queue, running)
    queue.submit(Slot.PREVIEW, lambda means: 1, **ends.callbacks("preview"))
    settled(qtbot, queue)
    assert ends.short == ["running cancelled", "preview done"]

    blocker = Gate()
    queue.submit(Slot.EXPORT, blocker, **ends.callbacks("export"))
    begun(qtbot, queue, blocker)
    queue.submit(Slot.FINAL, lambda means: 1, **ends.callbacks("waiting"))
    queue.submit(Slot.PREVIEW, lambda means: 1, **ends.callbacks("preview"))
    blocker.open.set()
    settled(qtbot, queue)
    assert ends.short[2:] == ["export done", "preview done", "waiting done"]


def test_a_newer_photo_replaces_the_one_that_is_read(qtbot, queue, ends):
    slow = Gate("old", deaf=True)
    queue.submit(Slot.OPEN, slow, **ends.callbacks("old"))
    begun(qtbot, queue, slow, Lane.FILES)
    queue.submit(Slot.OPEN, lambda means: "new", **ends.callbacks("new"))
    slow.open.set()
    settled(qtbot, queue)
    assert ends.short == ["old cancelled", "new done"]


def test_exports_all_run_in_order(qtbot, queue, ends):
    for number in range(5):
        queue.submit(Slot.EXPORT, lambda means: None, **ends.callbacks(str(number)))
    settled(qtbot, queue)
    assert ends.short == [f"{number} done" for number in range(5)]


def test_a_job_that_waits_is_cancelled_at_once(qtbot, queue, ends):
    gate = Gate()
    queue.submit(Slot.EXPORT, gate, **ends.callbacks("first"))
    job = queue.submit(Slot.EXPORT, lambda means: None, **ends.callbacks("second"))
    begun(qtbot, queue, gate)
    queue.cancel(job)
    assert ends.short == ["second cancelled"]
    assert job.state is JobState.CANCELLED
    queue.cancel(job)
    gate.open.set()
    settled(qtbot, queue)
    queue.cancel(job)
    assert ends.short == ["second cancelled", "first done"]


def test_cancelling_a_slot_leaves_the_others(qtbot, queue, ends):
    gate = Gate()
    queue.submit(Slot.EXPORT, gate, **ends.callbacks("running"))
    begun(qtbot, queue, gate)
    queue.submit(Slot.EXPORT, lambda means: None, **ends.callbacks("waiting"))
    queue.submit(Slot.VERIFY_MODEL, lambda means: None, **ends.callbacks("verify"))
    queue.cancel_slot(Slot.EXPORT)
    settled(qtbot, queue)
    assert sorted(ends.short) == ["running cancelled", "verify done", "waiting cancelled"]


def test_what_comes_after_the_cancel_is_dropped(qtbot, queue, ends):
    deaf = Gate("too late", deaf=True)
    job = queue.submit(Slot.EXPORT, deaf, **ends.callbacks("export"))
    begun(qtbot, queue, deaf)
    queue.cancel(job)
    assert job.state is JobState.RUNNING
    deaf.open.set()
    settled(qtbot, queue)
    assert ends.short == ["export cancelled"]


def test_a_file_that_was_written_before_the_cancel_arrived_counts_as_written(qtbot, queue, ends):
    deaf = Gate("written", deaf=True)
    job = queue.submit(Slot.WRITE, deaf, **ends.callbacks("write"))
    begun(qtbot, queue, deaf, Lane.FILES)
    queue.cancel(job)
    deaf.open.set()
    settled(qtbot, queue)
    assert ends.came == [("write", "done", "written")]


def test_a_new_epoch_calls_previews_off_and_leaves_exports(qtbot, queue, ends):
    running = Gate(deaf=True)
    queue.submit(Slot.PREVIEW, running, **ends.callbacks("running"))
    begun(qtbot, queue, running)
    queue.submit(Slot.FINAL, lambda means: None, **ends.callbacks("final"))
    queue.submit(Slot.EXPORT, lambda means: None, **ends.callbacks("export"))
    queue.bump_epoch()
    queue.submit(Slot.PREVIEW, lambda means: None, **ends.callbacks("newer"))
    running.open.set()
    settled(qtbot, queue)
    assert ends.short == ["final cancelled", "running cancelled", "newer done", "export done"]


@pytest.mark.parametrize(
    "error", [UserError("No.", "Try."), OutOfMemory("Memory ran out."), KeyError("x")]
)
def test_errors_come_back_as_values_and_the_next_job_runs(qtbot, queue, ends, error):
    def fail(means: Means) -> None:
        raise error

    queue.submit(Slot.EXPORT, fail, **ends.callbacks("bad"))
    queue.submit(Slot.EXPORT, lambda means: 1, **ends.callbacks("good"))
    settled(qtbot, queue)
    assert ends.came == [("bad", "failed", error), ("good", "done", 1)]


def test_nothing_ends_the_thread(qtbot, queue, ends):
    def leave(means: Means) -> None:
        sys.exit(3)

    queue.submit(Slot.EXPORT, leave, **ends.callbacks("bad"))
    queue.submit(Slot.EXPORT, lambda means: 1, **ends.callbacks("good"))
    settled(qtbot, queue)
    assert ends.short == ["bad failed", "good done"]
    assert str(ends.came[0][2]) == "The work raised SystemExit(3)."


def test_work_may_call_itself_off(qtbot, queue, ends):
    def give_up(means: Means) -> None:
        raise Cancelled

    queue.submit(Slot.EXPORT, give_up, **ends.callbacks("export"))
    settled(qtbot, queue)
    assert ends.short == ["export cancelled"]


def test_an_error_keeps_its_traceback_but_not_the_pictures(qtbot, queue, ends):
    class Pixels:
        pass

    kept: list[weakref.ref] = []

    def fail(means: Means) -> None:
        pixels = Pixels()
        kept.append(weakref.ref(pixels))
        try:
            raise MemoryError
        except MemoryError as error:
            raise OutOfMemory("Memory ran out.") from error

    queue.submit(Slot.EXPORT, fail, **ends.callbacks("bad"))
    settled(qtbot, queue)
    (error,) = [error for _, _, error in ends.came if isinstance(error, OutOfMemory)]
    assert kept[0]() is None
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    assert trace is not None
    assert trace.tb_frame.f_code.co_name == "fail"


def test_a_value_is_not_held_once_it_was_handed_over(qtbot, queue):
    class Pixels:
        pass

    kept: list[weakref.ref] = []
    queue.submit(
        Slot.FINAL, lambda means: Pixels(), done=lambda value: kept.append(weakref.ref(value))
    )
    settled(qtbot, queue)
    qtbot.wait(1)
    gc.collect()
    assert kept[0]() is None


def test_a_failure_that_nobody_handles_is_not_lost(qtbot, queue, hooked):
    error = KeyError("nobody asked")

    def fail(means: Means) -> None:
        raise error

    queue.submit(Slot.EXPORT, fail)
    settled(qtbot, queue)
    assert hooked == [error]


def test_a_callback_that_raises_breaks_nothing(qtbot, queue, hooked, ends):
    error = ValueError("a defect in a listener")

    def bad(value: object) -> None:
        raise error

    job = queue.submit(Slot.EXPORT, lambda means: 1, done=bad)
    queue.submit(Slot.EXPORT, lambda means: 1, **ends.callbacks("next"))
    settled(qtbot, queue)
    assert hooked == [error]
    assert job.state is JobState.DONE
    assert ends.short == ["next done"]


def test_callbacks_may_be_left_out(qtbot, queue):
    queue.submit(Slot.OPEN, lambda means: 1)
    settled(qtbot, queue)
    job = queue.submit(Slot.OPEN, Gate())
    queue.cancel(job)
    settled(qtbot, queue)
    assert job.state is JobState.CANCELLED


def test_progress_reaches_its_callback(qtbot, queue):
    told = []

    def work(means: Means) -> None:
        means.progress("encoding reference", 0.25)
        means.progress("decoding", 0.5)

    queue.submit(Slot.FINAL, work, progress=lambda words, share: told.append((words, share)))
    settled(qtbot, queue)
    assert told[-1] == ("decoding", 0.5)


def test_progress_of_what_was_called_off_is_not_told(qtbot, queue, ends):
    told = []
    gate = Gate(deaf=True)

    def work(means: Means) -> None:
        gate(means)
        means.progress("writing", 0.9)

    job = queue.submit(Slot.EXPORT, work, progress=lambda *report: told.append(report))
    begun(qtbot, queue, gate)
    queue.cancel(job)
    gate.open.set()
    settled(qtbot, queue)
    assert told == []


def test_no_job_tells_progress_before_it_has_started(qtbot, queue):
    seen: list[JobState] = []
    jobs: list[Job] = []
    for number in range(30):
        jobs.append(
            queue.submit(
                Slot.EXPORT,
                lambda means: means.progress("at work", 0.5),
                progress=lambda words, share, number=number: seen.append(jobs[number].state),
            )
        )
    time.sleep(0.05)
    settled(qtbot, queue)
    assert set(seen) == {JobState.RUNNING}


def test_it_is_not_idle_from_the_first_submit_to_the_last_end(qtbot, queue):
    idle: list[bool] = []

    def chain(value: object) -> None:
        queue.submit(Slot.WRITE, lambda means: None, done=lambda value: idle.append(queue.idle))
        idle.append(queue.idle)

    queue.submit(Slot.EXPORT, lambda means: None, done=chain)
    assert not queue.idle
    qtbot.waitUntil(lambda: len(idle) == 2)
    assert idle == [False, True]


def test_stamps_increase(qtbot, queue):
    first = queue.submit(Slot.EXPORT, lambda means: None)
    between = queue.next_stamp()
    second = queue.submit(Slot.OPEN, lambda means: None)
    assert first.stamp < between < second.stamp
    settled(qtbot, queue)


def test_a_backend_that_cannot_be_made_is_tried_again(qtbot, queue, make, ends):
    make.errors = [OSError("no library")]
    queue.submit(Slot.FINAL, lambda means: means.backend.device, **ends.callbacks("first"))
    settled(qtbot, queue)
    queue.submit(Slot.FINAL, lambda means: means.backend.device, **ends.callbacks("second"))
    settled(qtbot, queue)
    assert ends.short == ["first failed", "second done"]
    assert len(make.made) == 1


def test_restarting_calls_the_running_job_off_and_makes_a_new_backend(qtbot, queue, make, ends):
    def render(means: Means) -> object:
        backend: Any = means.backend
        backend.block()
        backend.warm_up("any", means.token, means.progress)
        return backend

    def which(means: Means) -> object:
        return means.backend

    queue.submit(Slot.LOAD_MODEL, render, **ends.callbacks("stuck"))
    qtbot.waitUntil(lambda: bool(make.made) and make.made[0].running.is_set())
    queue.submit(Slot.FINAL, which, **ends.callbacks("final"))
    queue.submit(Slot.OPEN, lambda means: 1, **ends.callbacks("open"))
    queue.restart_engine()
    settled(qtbot, queue)
    assert {"stuck cancelled", "final done", "open done"} == set(ends.short)
    old, new = make.made
    assert old.forgotten == 1
    assert next(value for name, _, value in ends.came if name == "final") is new


def test_a_backend_too_broken_to_forget_is_replaced_all_the_same(qtbot, queue, make, ends):
    def forget() -> None:
        raise RuntimeError("the device is gone")

    def break_it(means: Means) -> None:
        backend: Any = means.backend
        backend.forget = forget

    queue.submit(Slot.FINAL, break_it, **ends.callbacks("first"))
    settled(qtbot, queue)
    queue.restart_engine()
    queue.submit(Slot.FINAL, lambda means: means.backend, **ends.callbacks("second"))
    settled(qtbot, queue)
    assert ends.short == ["first done", "second done"]
    assert len(make.made) == 2


def test_restarting_before_anything_ran_is_harmless(qtbot, queue, make, ends):
    queue.restart_engine()
    queue.submit(Slot.FINAL, lambda means: means.backend.device, **ends.callbacks("final"))
    settled(qtbot, queue)
    assert ends.short == ["final done"]
    assert len(make.made) == 1


def test_closing_during_a_render_takes_well_under_a_second(qtbot, qapp):
    make = MakeFakes(lambda backend: setattr(backend, "delay_s", 60.0))
    queue = JobQueue(make)
    ends = Ends()
    request = RenderRequest(base=picture())
    running = queue.submit(
        Slot.FINAL,
        lambda means: means.backend.render(request, means.token, means.progress),
        **ends.callbacks("running"),
    )
    waiting = queue.submit(Slot.EXPORT, lambda means: 1, **ends.callbacks("waiting"))
    qtbot.waitUntil(lambda: bool(make.made) and make.made[0].running.is_set())
    started = time.perf_counter()
    assert queue.close()
    assert time.perf_counter() - started < 0.5
    late = queue.submit(Slot.EXPORT, lambda means: 1, **ends.callbacks("late"))
    assert {running.state, waiting.state, late.state} == {JobState.CANCELLED}
    qtbot.wait(20)
    assert ends.short == []
    assert queue.idle
    assert queue.close()
    assert make.made[0].forgotten == 1


def test_closing_does_not_wait_for_ever(qtbot, qapp):
    queue = JobQueue(MakeFakes())
    deaf = Gate(deaf=True)
    job = queue.submit(Slot.FINAL, deaf)
    qtbot.waitUntil(deaf.begun.is_set)
    started = time.perf_counter()
    assert not queue.close(50)
    assert time.perf_counter() - started < 0.5
    assert job.state is JobState.CANCELLED
    deaf.open.set()
    assert queue.close(5000)
    qtbot.wait(10)


def test_no_thread_is_left_behind(qapp):
    def threads() -> list[threading.Thread]:
        return [each for each in threading.enumerate() if each.name.startswith("scumble")]

    assert threads() == []
    queue = JobQueue(MakeFakes())
    assert len(threads()) == len(Lane)
    assert queue.close()
    assert threads() == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives threads a weight")
def test_workers_stand_back_behind_the_gui(qtbot, queue):
    import os

    came = []
    for slot in (Slot.FINAL, Slot.OPEN):
        queue.submit(slot, lambda means: os.getpriority(os.PRIO_PROCESS, 0), done=came.append)
    settled(qtbot, queue)
    assert min(came) > os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
