"""Where jobs wait: replacing, order, dropping, closing, and taking from another thread."""

import random
import threading

from app.jobs.mailbox import Mailbox
from app.jobs.slots import POLICIES, Job, Lane, Slot


def job(slot: Slot, stamp: int = 0) -> Job:
    return Job(slot, lambda means: None, stamp)


def test_a_newer_preview_replaces_the_one_that_waits():
    mailbox = Mailbox()
    first, second = job(Slot.PREVIEW), job(Slot.PREVIEW)
    assert mailbox.put(first) == ()
    assert mailbox.put(second) == (first,)
    assert mailbox.jobs == (second,)
    assert mailbox.take() is second


def test_slots_replace_only_their_own():
    mailbox = Mailbox()
    assert mailbox.put(job(Slot.PREVIEW)) == ()
    assert mailbox.put(job(Slot.FINAL)) == ()
    assert len(mailbox.jobs) == 2


def test_exports_are_never_replaced_and_keep_their_order():
    mailbox = Mailbox()
    exports = [job(Slot.EXPORT) for _ in range(3)]
    assert [mailbox.put(export) for export in exports] == [(), (), ()]
    assert [mailbox.take() for _ in exports] == exports


def test_the_urgent_goes_first():
    mailbox = Mailbox()
    export, final, preview = job(Slot.EXPORT), job(Slot.FINAL), job(Slot.PREVIEW)
    for each in (export, final, preview):
        mailbox.put(each)
    assert [mailbox.take() for _ in range(3)] == [preview, final, export]


def test_dropped_jobs_are_told_and_never_taken():
    mailbox = Mailbox()
    first, second = job(Slot.EXPORT, 1), job(Slot.EXPORT, 2)
    mailbox.put(first)
    mailbox.put(second)
    assert mailbox.drop(lambda each: each.stamp == 1) == (first,)
    assert mailbox.drop(lambda each: each.stamp == 1) == ()
    assert mailbox.take() is second


def test_a_closed_mailbox_gives_and_takes_nothing():
    mailbox = Mailbox()
    waiting, late = job(Slot.EXPORT), job(Slot.EXPORT)
    mailbox.put(waiting)
    assert mailbox.close() == (waiting,)
    assert mailbox.close() == ()
    assert mailbox.take() is None
    assert mailbox.put(late) == (late,)
    assert mailbox.jobs == ()


def test_taking_waits_for_a_job_and_ends_with_the_mailbox():
    mailbox = Mailbox()
    taken: list[Job | None] = []
    put_once = threading.Event()

    def take_two() -> None:
        taken.append(mailbox.take())
        put_once.set()
        taken.append(mailbox.take())

    thread = threading.Thread(target=take_two)
    thread.start()
    export = job(Slot.EXPORT)
    mailbox.put(export)
    assert put_once.wait(5)
    mailbox.close()
    thread.join(5)
    assert taken == [export, None]


def test_nothing_is_lost_and_nothing_runs_twice_whatever_the_timing():
    mailbox = Mailbox()
    draw = random.Random(0)
    slots = [slot for slot in Slot if POLICIES[slot].lane is Lane.ENGINE]
    jobs = [job(draw.choice(slots), stamp) for stamp in range(2000)]
    taken: list[Job] = []
    out: list[Job] = []

    def take_all() -> None:
        while (each := mailbox.take()) is not None:
            taken.append(each)

    thread = threading.Thread(target=take_all)
    thread.start()
    for each in jobs:
        out.extend(mailbox.put(each))
        if draw.random() < 0.05:
            out.extend(mailbox.drop(lambda other: other.stamp % 7 == 0))
    out.extend(mailbox.close())
    thread.join(5)
    assert not thread.is_alive()
    assert len(taken) + len(out) == len(jobs)
    assert {*taken, *out} == set(jobs)
    for slot in slots:
        stamps = [each.stamp for each in taken if each.slot is slot]
        assert stamps == sorted(stamps)
