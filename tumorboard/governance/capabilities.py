"""Issuing and taking back capabilities. Each is on record."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.governance.gate.calling import CLI, Caller, acting
from tumorboard.governance.models.capabilities import Capability, hashed

OF_A_JOB = timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT)  # longer than that no attempt may run
OF_A_COMMAND = timedelta(minutes=10)


@transaction.atomic
def issue_capability(
    *,
    user: Any,
    purposes: Sequence[str],
    reads: Sequence[str],
    by: Any,
    writes: Sequence[str] = (),
    job_id: str = "",
    channel: str = CLI,
    lasts: timedelta = OF_A_COMMAND,
    **own: Any,
) -> str:
    """A new token; whoever issues it gets the only copy. The job's earlier ones end: a worker that lost its
    lease and comes back late can read and write nothing more. `own`: what a person's own token has beside."""
    if job_id:
        revoke_capabilities(job_id=job_id)
    token = secrets.token_urlsafe(32)
    capability = Capability.objects.create(
        token_hash=hashed(token),
        user=user,
        purposes=list(purposes),
        reads=list(reads),
        writes=list(writes),
        job_id=job_id,
        channel=channel,
        issued_by=str(by)[:150],
        expires_at=timezone.now() + lasts,
        **own,
    )
    event = Event.TOKEN_ISSUED if own else Event.CAPABILITY_ISSUED
    detail = {"purposes": list(purposes), "reads": list(reads), "writes": list(writes)}
    record(event, by=by, target=capability, channel=channel, job_id=job_id, **detail)
    return token


def revoke_capabilities(*, job_id: str) -> int:
    """End what is still in force of a job. The events of the job itself say why."""
    return Capability.objects.in_force().filter(job_id=job_id).update(revoked_at=timezone.now())


@contextmanager
def commanded(
    *, user: Any, purposes: Sequence[str], reads: Sequence[str], by: Any, writes: Sequence[str] = ()
) -> Iterator[None]:
    """For a command on this machine: a capability of ten minutes, which ends with the block.

    The gate sees only what is committed, so this may not begin inside a transaction.
    """
    if settings.GATE == "process" and connection.in_atomic_block:
        raise RuntimeError("ask the gate before the transaction begins: it cannot see what is not committed")
    token = issue_capability(user=user, purposes=purposes, reads=reads, writes=writes, by=by)
    try:
        with acting(Caller(token=token, channel=CLI)):
            yield
    finally:
        Capability.objects.filter(token_hash=hashed(token)).update(revoked_at=timezone.now())
