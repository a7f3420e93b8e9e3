"""The job ledger: who may claim, write, finish and try again, and that nothing happens twice."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from tests.factories.accounts import administrator
from tests.factories.committed import at_once, let_the_log_be_emptied
from tests.unit.runs.factories import job as new_job
from tests.unit.runs.factories import refused
from tumorboard.audit.events import Event
from tumorboard.audit.models import AuditEvent
from tumorboard.runs import actions, working
from tumorboard.runs.actions import LeaseLost
from tumorboard.runs.models import Job
from tumorboard.runs.status import TRANSITIONS, JobState

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What went to the broker; there is none in these tests."""
    numbers: list[str] = []

    def take(name: str, *, args: list[str], **how: object) -> None:
        assert [str(UUID(argument)) for argument in args] == args, "ids only"
        numbers.append(args[0])

    monkeypatch.setattr(actions.current_app, "send_task", take, raising=False)
    return numbers


def claimed(**fields: object) -> Job:
    job = actions.claim_job(uuid=new_job(**fields).uuid)
    assert job is not None
    return job


def expire(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_ends_at=timezone.now() - timedelta(seconds=1))


def events(job: Job) -> list[str]:
    return list(AuditEvent.objects.filter(target_id=str(job.uuid)).values_list("event", flat=True))


# ---- queueing


def test_a_job_is_sent_after_commit_and_carries_its_number_only(
    sent: list[str], django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        job = actions.queue_job(kind="screen", by=administrator(), patients=["p1"])
        assert sent == []
    assert sent == [str(job.uuid)]
    job.refresh_from_db()
    assert job.sent_at is not None
    assert job.arguments == {"patients": ["p1"]}
    assert events(job) == [Event.JOB_QUEUED]


def test_the_same_waiting_job_is_queued_once():
    first = actions.queue_job(kind="screen", by="tests", patients=["p1"])
    assert actions.queue_job(kind="screen", by=administrator(), patients=["p1"]) == first
    assert events(first) == [Event.JOB_QUEUED]


@pytest.mark.django_db(transaction=True)
def test_the_same_job_asked_for_twice_at_the_same_moment_is_one():
    let_the_log_be_emptied()
    at_once(*[lambda: actions.queue_job(kind="screen", by="tests", patients=["p1"])] * 3)
    assert Job.objects.count() == 1


@pytest.mark.parametrize("other", [{"kind": "score"}, {"patients": ["p2"]}, {"patients": ["p1", "p2"]}])
def test_another_kind_or_patient_is_another_job(other: dict):
    first = actions.queue_job(kind="screen", by="tests", patients=["p1"])
    assert actions.queue_job(**{"kind": "screen", "by": "tests", "patients": ["p1"], **other}) != first


def test_a_running_job_does_not_hide_a_new_request():
    """It may have read its data already, so the request needs a run of its own."""
    first = claimed(arguments={"patients": ["p1"]})
    assert actions.queue_job(kind="screen", by="tests", patients=["p1"]) != first


def test_without_a_broker_the_job_waits_in_the_ledger(monkeypatch: pytest.MonkeyPatch):
    def away(*args: object, **kwargs: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(actions.current_app, "send_task", away, raising=False)
    job = new_job()
    assert actions.send(job.uuid) is False
    job.refresh_from_db()
    assert (job.state, job.sent_at) == (JobState.QUEUED, None)


# ---- claiming


@pytest.mark.parametrize("state", [state for state in JobState if state != JobState.QUEUED])
def test_only_a_waiting_job_can_be_claimed(state: JobState):
    assert actions.claim_job(uuid=new_job(state).uuid) is None


def test_a_job_that_is_gone_cannot_be_claimed():
    assert actions.claim_job(uuid=uuid4()) is None


def test_a_claim_gives_a_lease():
    job = claimed()
    assert job.state == JobState.RUNNING
    assert job.lease is not None
    assert job.lease_ends_at > timezone.now()
    assert actions.claim_job(uuid=job.uuid) is None


@pytest.mark.django_db(transaction=True)
def test_of_claims_at_the_same_moment_one_wins():
    let_the_log_be_emptied()
    uuid = new_job().uuid
    outcomes = at_once(*[lambda: actions.claim_job(uuid=uuid)] * 4)
    assert sum(isinstance(outcome, Job) for outcome in outcomes) == 1
    assert outcomes.count(None) == 3


# ---- progress


def test_progress_never_runs_backwards():
    job = claimed()
    actions.hold_job(job=job, done=5, total=8, message="block 5")
    actions.hold_job(job=job, done=3)
    job.refresh_from_db()
    assert (job.done, job.total, job.message, job.percent) == (5, 8, "block 5", 62)


def test_holding_extends_the_lease():
    job = claimed()
    expire(job)
    actions.hold_job(job=job)
    assert not Job.objects.abandoned().exists()


def test_a_job_without_steps_is_at_nought_per_cent():
    assert new_job().percent == 0


def test_a_job_goes_by_the_version_its_first_attempt_saw():
    """Blocks are counted off a list of patients: it must be the same list in every attempt."""
    job = claimed()
    assert actions.pin_job(job=job, table="silver.patients", version=4) == 4
    expire(job)
    actions.recover_jobs()
    again = actions.claim_job(uuid=job.uuid)
    assert actions.pin_job(job=again, table="silver.patients", version=9) == 4
    with pytest.raises(LeaseLost):
        actions.pin_job(job=job, table="silver.patients", version=9)


# ---- a lost lease


def taken_over() -> tuple[Job, Job]:
    """The same job as its lost attempt holds it, and as the new one does."""
    lost = claimed()
    expire(lost)
    actions.recover_jobs()
    return lost, actions.claim_job(uuid=lost.uuid)


@pytest.mark.parametrize(
    "write",
    [
        lambda job: actions.hold_job(job=job, done=99),
        lambda job: actions.confirm_lease(job=job),
        lambda job: actions.finish_job(job=job, message="late"),
    ],
    ids=["hold", "confirm", "finish"],
)
def test_who_lost_the_lease_can_write_nothing(write):
    lost, now = taken_over()
    before = Job.objects.values().get(pk=now.pk)
    recorded = events(now)
    with pytest.raises(LeaseLost):
        write(lost)
    assert Job.objects.values().get(pk=now.pk) == before
    assert events(now) == recorded


def test_who_lost_the_lease_cannot_fail_the_new_attempt():
    lost, now = taken_over()
    actions.fail_job(job=lost, message="late")
    now.refresh_from_db()
    assert now.state == JobState.RUNNING
    assert Event.JOB_FAILED not in events(now)


def test_an_attempt_that_lost_the_lease_does_not_start_a_step():
    lost, _ = taken_over()
    with pytest.raises(LeaseLost), working.Attempt(lost).effect(1, 2):
        pytest.fail("the step was done")


def test_an_effect_that_loses_the_lease_half_way_leaves_nothing():
    job = claimed()
    row = refused()
    with pytest.raises(LeaseLost), working.Attempt(job).effect(1, 2):
        row.settlement = "half done"
        row.save()
        Job.objects.filter(pk=job.pk).update(lease=uuid4())
    row.refresh_from_db()
    job.refresh_from_db()
    assert (row.settlement, job.done) == ("", 0)


# ---- the end of a job


def test_a_finished_job_cannot_be_finished_again():
    job = claimed()
    actions.finish_job(job=job, message="3 patients")
    with pytest.raises(LeaseLost):
        actions.finish_job(job=job, message="again")
    actions.fail_job(job=job, message="too late")
    job.refresh_from_db()
    assert (job.state, job.message) == (JobState.DONE, "3 patients")
    assert job.ended_at is not None
    assert job.is_over
    assert events(job) == [Event.JOB_FINISHED]


def test_a_long_failure_is_cut_to_what_the_ledger_holds():
    job = claimed()
    actions.fail_job(job=job, message="x" * 1000)
    job.refresh_from_db()
    assert (job.state, len(job.message)) == (JobState.FAILED, 300)
    assert events(job) == [Event.JOB_FAILED]


@pytest.mark.parametrize("state", JobState)
def test_only_a_failed_job_is_tried_again(state: JobState):
    job = new_job(state, attempts=5, done=4, total=8, message="broke")
    assert actions.retry_job(job=job, by=administrator()) is (state == JobState.FAILED)
    job.refresh_from_db()
    if state == JobState.FAILED:
        assert (job.state, job.attempts, job.ended_at, job.message) == (JobState.QUEUED, 0, None, "")
        assert job.done == 4, "it goes on where it stopped"
        assert events(job) == [Event.JOB_RETRIED]
    else:
        assert job.state == state
        assert events(job) == []


def test_two_retries_are_one(sent: list[str], django_capture_on_commit_callbacks):
    job = new_job(JobState.FAILED)
    with django_capture_on_commit_callbacks(execute=True):
        outcomes = [actions.retry_job(job=job, by="tests") for _ in range(2)]
    assert outcomes == [True, False]
    assert sent == [str(job.uuid)]


def test_the_states_a_job_ends_in():
    assert [state for state, follows in TRANSITIONS.items() if not follows] == [JobState.DONE]


# ---- recovery


def test_an_abandoned_job_waits_again_and_is_sent(sent: list[str]):
    job = claimed(done=2)
    expire(job)
    assert actions.recover_jobs() == 1
    job.refresh_from_db()
    assert (job.state, job.attempts, job.lease, job.done) == (JobState.QUEUED, 1, None, 2)
    assert sent == [str(job.uuid)]
    assert events(job) == [Event.JOB_RETRIED]


def test_a_job_whose_workers_keep_dying_is_given_up():
    job = new_job()
    for attempt in range(1, actions.MAX_ATTEMPTS + 1):
        expire(actions.claim_job(uuid=job.uuid))
        actions.recover_jobs()
        job.refresh_from_db()
        assert job.attempts == attempt
    assert job.state == JobState.FAILED
    assert "given up" in job.message
    assert events(job)[-1] == Event.JOB_FAILED
    assert actions.recover_jobs() == 0


def test_a_living_job_is_left_alone():
    job = claimed()
    assert actions.recover_jobs() == 0
    job.refresh_from_db()
    assert job.state == JobState.RUNNING


def test_what_was_sent_lately_is_not_sent_again(sent: list[str]):
    lately = new_job(sent_at=timezone.now())
    lost = new_job(sent_at=timezone.now() - 2 * actions.RESEND_AFTER, arguments={"patients": ["p2"]})
    assert actions.recover_jobs() == 1
    assert sent == [str(lost.uuid)]
    assert str(lately.uuid) not in sent


# ---- running


def test_the_work_is_done_once_however_often_it_is_delivered(monkeypatch: pytest.MonkeyPatch):
    done: list[int] = []
    monkeypatch.setattr(working, "_heartbeat", lambda job: transaction.atomic())
    job = new_job()
    for _ in range(3):
        working.run(job.uuid, {"screen": lambda attempt: done.append(1) or "1 patient"})
    job.refresh_from_db()
    assert (done, job.state, job.message) == ([1], JobState.DONE, "1 patient")


def test_an_error_ends_in_the_ledger_without_its_words(monkeypatch: pytest.MonkeyPatch, caplog):
    def breaks(attempt: working.Attempt) -> str:
        raise ValueError("Maria Example, born 1950")

    monkeypatch.setattr(working, "_heartbeat", lambda job: transaction.atomic())
    job = new_job()
    working.run(job.uuid, {"screen": breaks})
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "ValueError" in job.message
    assert "Maria" not in job.message + caplog.text


# ---- quarantine


def test_a_refused_row_is_settled_once_and_stays():
    row, steward = refused(), administrator()
    assert actions.settle_quarantined(row=row, settlement="asked the sender", by=steward)
    assert not actions.settle_quarantined(row=row, settlement="another word", by=administrator())
    row.refresh_from_db()
    assert (row.settlement, row.settled_by) == ("asked the sender", steward)
    assert AuditEvent.objects.filter(event=Event.QUARANTINE_SETTLED).count() == 1


def test_a_settlement_that_cannot_be_recorded_does_not_happen(monkeypatch: pytest.MonkeyPatch):
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("no audit")

    row = refused()
    monkeypatch.setattr(actions, "record", broken)
    with pytest.raises(RuntimeError, match="no audit"):
        actions.settle_quarantined(row=row, settlement="done", by=administrator())
    row.refresh_from_db()
    assert row.settled_at is None
