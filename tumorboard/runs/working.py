"""Run one job: claim it, keep its lease alive, do its steps, end it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from tumorboard.governance.capabilities import OF_A_JOB, issue_capability
from tumorboard.governance.gate.calling import NOBODY, TASK, Caller, acting
from tumorboard.governance.ledger import latest_versions
from tumorboard.runs.actions import (
    LeaseLost,
    claim_job,
    confirm_lease,
    fail_job,
    finish_job,
    hold_job,
    pin_job,
)
from tumorboard.runs.frames import service_user
from tumorboard.runs.models import Job
from tumorboard.runs.needs import NOTHING, needs_of

log = logging.getLogger(__name__)
Work = Callable[["Attempt"], str]


@dataclass(frozen=True)
class Attempt:
    """What a kind of job is given: its arguments, how far earlier attempts came, and how to report."""

    job: Job

    @property
    def resume_at(self) -> int:
        """Steps an earlier attempt has finished; their effects are committed."""
        return self.job.done

    def progress(self, done: int, total: int, message: str = "") -> None:
        hold_job(job=self.job, done=done, total=total, message=message)

    def pinned(self, table: str) -> int | None:
        """The version of a table to go by in every attempt; None where it was never built."""
        latest = latest_versions([table]).get(table)
        return None if latest is None else pin_job(job=self.job, table=table, version=latest)

    @contextmanager
    def effect(self, done: int, total: int) -> Iterator[None]:
        """One step's writes and its progress, in one transaction, and only while the lease is ours."""
        with transaction.atomic():
            confirm_lease(job=self.job)
            yield
            hold_job(job=self.job, done=done, total=total)


def run(uuid: UUID, kinds: dict[str, Work]) -> None:
    """Do the job if it still waits. Errors end in the ledger, in words without patient data."""
    job, caller = _claimed(uuid, kinds)
    if job is None:
        return
    try:
        with _heartbeat(job), acting(caller):
            message = kinds[job.kind](Attempt(job))
        finish_job(job=job, message=message)
    except LeaseLost:
        log.warning("job %s was taken over", job.uuid)
    except Exception as error:
        log.error("job %s (%s) failed: %s", job.uuid, job.kind, type(error).__name__)
        fail_job(
            job=job, message=f"{type(error).__name__}: see the worker's log; retry when the cause is mended"
        )


@transaction.atomic
def _claimed(uuid: UUID, kinds: dict[str, Work]) -> tuple[Job | None, Caller]:
    """The job and, of the same transaction, the only copy of its capability: Redis and Celery carry none.

    Whoever may write the job ledger may claim: what the token proves to the gate is that this was done, that
    it was this attempt, and that no later one has begun.
    """
    job = claim_job(uuid=uuid)
    if job is None:
        return None, NOBODY
    needed = needs_of(kinds.get(job.kind))
    if needed == NOTHING:
        return job, NOBODY
    token = issue_capability(
        user=service_user(),
        purposes=needed.purposes,
        reads=needed.reads,
        writes=needed.writes,
        by="worker",
        job_id=str(job.uuid),
        channel=TASK,
        lasts=OF_A_JOB,
    )
    return job, Caller(token=token, job_id=str(job.uuid), channel=TASK)


@contextmanager
def _heartbeat(job: Job) -> Iterator[None]:
    """Extend the lease from a thread, so that a long step is not taken for a dead worker."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(settings.JOB_LEASE_SECONDS / 3):
            try:
                hold_job(job=job)
            except LeaseLost:
                break
        connection.close()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
