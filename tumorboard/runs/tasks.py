"""Celery's side of the ledger: a number in, one call, safe to run twice."""

from __future__ import annotations

import logging
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.db import transaction

from tumorboard.audit import anchors, context
from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.runs import actions, working
from tumorboard.runs.codes import MAINTAIN, SCORE, SCRUB, SYNC, WATCH
from tumorboard.runs.kinds import KINDS
from tumorboard.runs.places import expire_extracts
from tumorboard.runs.rescreening import screen_everyone
from tumorboard.scores.models import ScoringModel
from tumorboard.screening.models import Change

log = logging.getLogger(__name__)


@shared_task(name="tumorboard.runs.tasks.run_job")
def run_job(uuid: str) -> None:
    with context.bound(channel="task", job_id=uuid):
        working.run(UUID(uuid), KINDS)


@shared_task(name="tumorboard.runs.tasks.relay_jobs", expires=10)
def relay_jobs() -> None:
    actions.recover_jobs()


@shared_task(name="tumorboard.runs.tasks.anchor_audit", expires=50)
def anchor_audit() -> None:
    """Sign where the audit log stands. A log that does not verify is not signed, and that is on record."""
    try:
        anchors.take()
    except anchors.Broken as error:
        count = len(error.faults)
        log.error("the audit log does not verify: %s faults; run `manage.py audit verify`", count)
        with transaction.atomic():
            record(Event.AUDIT_FAULTY, by="anchors", faults=count, channel="task")


@shared_task(name="tumorboard.runs.tasks.nightly", expires=3600)
def nightly() -> None:
    """Read the trial registry, where one is set; screen everyone again, because dates pass; score everyone
    and watch the models, where one scores; then look after the lake. Extracts whose time is over go."""
    if settings.TRIAL_REGISTRY:
        actions.queue_job(kind=SYNC, by="nightly")
    screen_everyone(cause=Change.Cause.DAY, by="nightly")
    expire_extracts()
    scoring = (SCORE, WATCH) if ScoringModel.objects.scoring().exists() else ()
    for kind in (*scoring, MAINTAIN, SCRUB):
        actions.queue_job(kind=kind, by="nightly")
