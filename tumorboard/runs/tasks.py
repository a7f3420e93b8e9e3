"""Celery's side of the ledger: a number in, one call, safe to run twice."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from tumorboard.runs import actions, working
from tumorboard.runs.kinds import KINDS


@shared_task(name="tumorboard.runs.tasks.run_job")
def run_job(uuid: str) -> None:
    working.run(UUID(uuid), KINDS)


@shared_task(name="tumorboard.runs.tasks.relay_jobs", expires=10)
def relay_jobs() -> None:
    actions.recover_jobs()
