"""Every write to the job ledger.

A job is claimed by compare-and-set and held by a lease. Whoever lost the lease can write nothing more, so
a worker that comes back late cannot add a second effect to the first.
"""

from __future__ import annotations

import logging
import zlib
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Greatest
from django.utils import timezone
from kombu.exceptions import OperationalError

from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.governance.actions import decide_extract
from tumorboard.governance.capabilities import revoke_capabilities
from tumorboard.governance.models import ExtractRequest
from tumorboard.runs.codes import EXTRACT, MAINTAIN, PUBLISH, SCRUB, SYNC
from tumorboard.runs.models import Job, QuarantinedRow
from tumorboard.runs.status import JobState

log = logging.getLogger(__name__)
MAX_ATTEMPTS = 5
QUEUE_LOCK = 7_202  # first half of the advisory lock's name; the second is the kind
QUEUE = "default"
LAKE_QUEUE = "pipeline"  # only workers of this queue may open the lake's files; the others ask the gate
LAKE_KINDS = frozenset({MAINTAIN, SCRUB, SYNC, PUBLISH})
RESEND_AFTER = timedelta(seconds=30)


class LeaseLost(RuntimeError):
    """Another attempt has taken the job over; this one must stop without a trace."""


@transaction.atomic
def queue_job(*, kind: str, by: Any, **arguments: Any) -> Job:
    """Write the job and, after commit, send its number. The same waiting job is not queued twice."""
    _queue_alone(kind)
    same = Job.objects.waiting().filter(kind=kind, arguments=arguments).first()
    if same is not None:
        return same
    job = Job.objects.create(kind=kind, arguments=arguments, requested_by=by if hasattr(by, "pk") else None)
    record(Event.JOB_QUEUED, by=by, target=job, kind=kind)
    transaction.on_commit(lambda: send(job.uuid))
    return job


@transaction.atomic
def approve_extract(*, request: ExtractRequest, approve: bool, note: str, by: Any) -> None:
    """The second person's answer; what was approved is made at once."""
    decide_extract(request=request, approve=approve, note=note, by=by)
    if approve:
        queue_job(kind=EXTRACT, by=by, extract=str(request.uuid))


def _queue_alone(kind: str) -> None:
    """One at a time until the transaction ends: while no job waits there is no row that could be locked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(%s, %s)", [QUEUE_LOCK, zlib.crc32(kind.encode()) - 2**31]
        )


def send(uuid: UUID) -> bool:
    """Give the number to Celery. False when the broker is away: the relay sends it again later."""
    try:
        queue = _queue_of(uuid)
        current_app.send_task("tumorboard.runs.tasks.run_job", args=[str(uuid)], queue=queue, retry=False)
    except OperationalError:
        log.warning("broker away; job %s waits in the ledger", uuid)
        return False
    Job.objects.filter(uuid=uuid).update(sent_at=timezone.now())
    return True


def _queue_of(uuid: UUID) -> str:
    return LAKE_QUEUE if Job.objects.filter(uuid=uuid, kind__in=LAKE_KINDS).exists() else QUEUE


def claim_job(*, uuid: UUID) -> Job | None:
    """Take a waiting job. None when it is gone, done, or another worker was first."""
    lease = uuid4()
    now = timezone.now()
    claimed = (
        Job.objects.waiting()
        .filter(uuid=uuid)
        .update(state=JobState.RUNNING, lease=lease, lease_ends_at=now + _lease(), started_at=now, message="")
    )
    return Job.objects.get(lease=lease) if claimed else None


def hold_job(*, job: Job, done: int | None = None, total: int | None = None, message: str = "") -> None:
    """Report progress and keep the lease. Raises LeaseLost."""
    changes: dict[str, Any] = {"lease_ends_at": timezone.now() + _lease()}
    if done is not None:
        changes["done"] = Greatest("done", done)
    if total is not None:
        changes["total"] = total
    if message:
        changes["message"] = message
    if not _mine(job).update(**changes):
        raise LeaseLost


def confirm_lease(*, job: Job) -> None:
    """Inside the transaction of an effect: lock the job's row, or stop. Raises LeaseLost."""
    if not _mine(job).select_for_update().exists():
        raise LeaseLost


@transaction.atomic
def pin_job(*, job: Job, table: str, version: int) -> int:
    """The version of a table that the job's first attempt saw: `version`, unless one is noted. A later
    attempt goes by the same, so that what it counts off stays the same. Raises LeaseLost."""
    pins = _mine(job).select_for_update().values_list("pins", flat=True).first()
    if pins is None:
        raise LeaseLost
    if table not in pins:
        _mine(job).update(pins={**pins, table: version})
    return int(pins.get(table, version))


@transaction.atomic
def finish_job(*, job: Job, message: str = "") -> None:
    if not _mine(job).update(state=JobState.DONE, ended_at=timezone.now(), message=message, lease=None):
        raise LeaseLost
    revoke_capabilities(job_id=str(job.uuid))
    record(Event.JOB_FINISHED, by="worker", target=job, kind=job.kind)


@transaction.atomic
def fail_job(*, job: Job, message: str) -> None:
    """The work itself went wrong; a person decides whether to try again."""
    if _mine(job).update(state=JobState.FAILED, ended_at=timezone.now(), message=message[:300], lease=None):
        revoke_capabilities(job_id=str(job.uuid))
        record(Event.JOB_FAILED, by="worker", target=job, kind=job.kind)


@transaction.atomic
def retry_job(*, job: Job, by: Any) -> bool:
    """Queue a failed job again, from where it stopped."""
    again = Job.objects.filter(pk=job.pk, state=JobState.FAILED).update(
        state=JobState.QUEUED, attempts=0, ended_at=None, sent_at=None, message=""
    )
    if again:
        record(Event.JOB_RETRIED, by=by, target=job, kind=job.kind)
        transaction.on_commit(lambda: send(job.uuid))
    return bool(again)


def recover_jobs() -> int:
    """Put jobs whose worker was lost back in line, and send every waiting one that was not sent lately."""
    now = timezone.now()
    for job in Job.objects.abandoned():
        _requeue(job)
    unsent = Job.objects.waiting().filter(Q(sent_at=None) | Q(sent_at__lt=now - RESEND_AFTER))
    return sum(send(uuid) for uuid in list(unsent.values_list("uuid", flat=True)))


@transaction.atomic
def _requeue(job: Job) -> None:
    given_up = job.attempts + 1 >= MAX_ATTEMPTS
    changed = (
        Job.objects.abandoned()
        .filter(pk=job.pk, lease=job.lease)
        .update(
            state=JobState.FAILED if given_up else JobState.QUEUED,
            attempts=job.attempts + 1,
            message=f"given up after {MAX_ATTEMPTS} lost workers"
            if given_up
            else "worker lost, started again",
            lease=None,
            sent_at=None,
            ended_at=timezone.now() if given_up else None,
        )
    )
    if changed:
        revoke_capabilities(job_id=str(job.uuid))
        record(Event.JOB_FAILED if given_up else Event.JOB_RETRIED, by="relay", target=job, kind=job.kind)


@transaction.atomic
def settle_quarantined(*, row: QuarantinedRow, settlement: str, by: Any) -> bool:
    """A steward says what was done about a refused row. The row itself stays."""
    settled = QuarantinedRow.objects.filter(pk=row.pk, settled_at=None).update(
        settled_at=timezone.now(), settled_by=by, settlement=settlement
    )
    if settled:
        record(Event.QUARANTINE_SETTLED, by=by, target=row)
    return bool(settled)


def _mine(job: Job) -> Any:
    return Job.objects.filter(pk=job.pk, state=JobState.RUNNING, lease=job.lease)


def _lease() -> timedelta:
    return timedelta(seconds=settings.JOB_LEASE_SECONDS)
