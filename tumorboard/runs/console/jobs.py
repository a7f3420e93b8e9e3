"""The job ledger as a steward sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from tumorboard.runs.actions import MAX_ATTEMPTS
from tumorboard.runs.codes import LABELS
from tumorboard.runs.models import Job


def search(chosen: Mapping[str, Any]) -> QuerySet[Job]:
    """Newest first. `chosen` holds state, kind and by (part of a user's name)."""
    found = Job.objects.select_related("requested_by")
    for name in ("state", "kind"):
        if chosen.get(name):
            found = found.filter(**{name: chosen[name]})
    if by := chosen.get("by"):
        names = ("requested_by__username__icontains", "requested_by__display_name__icontains")
        found = found.filter(Q(**{names[0]: by}) | Q(**{names[1]: by}))
    return found


def shown(job: Job) -> dict[str, Any]:
    """What the page of one job needs. Whom it is about is told as a number only."""
    patients = job.arguments.get("patients")
    return {
        "job": job,
        "label": LABELS.get(job.kind, job.kind),
        "patients": len(patients) if patients else None,
        "most_attempts": MAX_ATTEMPTS,
    }
