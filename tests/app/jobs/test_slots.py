"""The table of policies, and what a job and its means tell."""

import pytest

from app.jobs.slots import POLICIES, Job, JobState, Lane, Outcome, Slot
from tests.app.fakes import FakeBackend, means_of


def in_order(lane: Lane) -> list[Slot]:
    slots = [slot for slot, policy in POLICIES.items() if policy.lane is lane]
    return sorted(slots, key=lambda slot: POLICIES[slot].priority)


def test_every_slot_has_a_policy():
    assert set(POLICIES) == set(Slot)


def test_the_engine_answers_the_hand_before_it_exports():
    assert in_order(Lane.ENGINE) == [
        Slot.LOAD_MODEL,
        Slot.PREVIEW,
        Slot.FINAL,
        Slot.SEE_LAYOUT,
        Slot.SIMILARITY,
        Slot.DIRECTIONS,
        Slot.TEST_DEVICE,
        Slot.VERIFY_MODEL,
        Slot.IMPORT_MODEL,
        Slot.EXPORT,
        Slot.STRIP,
        Slot.LEARN,
    ]


def test_a_photo_opens_before_anything_else_and_waits_for_nothing_that_is_only_looked_at():
    assert in_order(Lane.FILES) == [Slot.OPEN, Slot.REFERENCE, Slot.WRITE, Slot.MANAGE]
    assert in_order(Lane.LOOKS) == [Slot.ESTIMATE, Slot.LOOK]


def test_no_step_waits_for_anything_else_to_be_kept():
    assert in_order(Lane.JOURNAL) == [Slot.JOURNAL]
    assert POLICIES[Slot.JOURNAL].queued


def test_no_two_slots_of_a_lane_share_a_priority():
    assert len({(p.lane, p.priority) for p in POLICIES.values()}) == len(POLICIES)


def test_slots_cancel_only_what_runs_on_their_own_thread():
    for policy in POLICIES.values():
        assert all(POLICIES[other].lane is policy.lane for other in policy.cancels)


def test_a_running_preview_is_cancelled_by_nothing_newer():
    assert not any(Slot.PREVIEW in policy.cancels for policy in POLICIES.values())


def test_a_job_is_equal_only_to_itself():
    first, second = (Job(Slot.OPEN, lambda means: None, 1) for _ in range(2))
    assert first == first
    assert first != second
    assert len({first, second}) == 2
    assert first.policy is POLICIES[Slot.OPEN]


def test_a_job_knows_that_it_was_called_off():
    job = Job(Slot.OPEN, lambda means: None, 1)
    assert not job.called_off
    job.token.cancel()
    assert job.called_off
    assert job.state is JobState.PENDING


def test_means_fetch_the_backend_when_it_is_asked_for():
    backend = FakeBackend()
    assert means_of(backend).backend is backend


def test_an_outcome_is_a_value_unless_told_otherwise():
    outcome = Outcome(3)
    assert (outcome.value, outcome.error, outcome.cancelled) == (3, None, False)


@pytest.mark.parametrize("slot", Slot)
def test_what_is_replaced_leaves_nothing_behind(slot):
    assert POLICIES[slot].queued or not POLICIES[slot].lasting
