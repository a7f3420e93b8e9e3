"""For clinicians: screen and score the patient of a case they may see, and watch it."""

from __future__ import annotations

from typing import Any

from tumorboard.cases.models import Case
from tumorboard.runs.actions import queue_job
from tumorboard.runs.codes import SCORE, SCREEN
from tumorboard.runs.models import Job

KINDS = (SCREEN, SCORE)


def screen(*, case: Case, by: Any) -> list[Job]:
    """Queue both jobs; those that already wait for the same patient are not queued twice."""
    return [queue_job(kind=kind, by=by, patients=[case.patient_key]) for kind in KINDS]


def jobs_of(case: Case) -> list[Job]:
    """The latest job of each kind for this patient alone."""
    jobs = Job.objects.filter(kind__in=KINDS, arguments={"patients": [case.patient_key]})
    latest = {job.kind: job for job in jobs.order_by("kind", "-queued_at").distinct("kind")}
    return [latest[kind] for kind in KINDS if kind in latest]
