"""What a steward sees first: what waits, what failed, what came in last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from tumorboard.audit.models import AuditEvent
from tumorboard.governance.console.waiting import Waiting, waiting
from tumorboard.governance.models import PublishedVersion
from tumorboard.runs.console import log
from tumorboard.runs.models import IngestRun, Job, QuarantinedRow
from tumorboard.runs.status import JobState
from tumorboard.scores.models import Alert, ScoringModel

ALERTS_SHOWN = 10


@dataclass(frozen=True)
class Overview:
    jobs: dict[str, int]  # state -> count; done jobs left out
    quarantine: dict[str, int]  # stage in words -> rows that nobody has settled
    run: IngestRun | None
    models: list[ScoringModel]  # those that score, approved ones first
    alerts: list[Alert]  # that nobody has settled
    head: AuditEvent | None
    tables: int
    steward: Waiting

    @property
    def quarantined(self) -> int:
        return sum(self.quarantine.values())


def overview(user: Any) -> Overview:
    return Overview(
        jobs=_jobs(),
        quarantine=_quarantine(),
        run=IngestRun.objects.first(),
        models=list(ScoringModel.objects.scoring().order_by("state", "-trained_at")),
        alerts=list(Alert.objects.unsettled().select_related("model")[:ALERTS_SHOWN]),
        head=log.head(),
        tables=PublishedVersion.objects.values("table").distinct().count(),
        steward=waiting(user),
    )


def _jobs() -> dict[str, int]:
    states = (JobState.QUEUED, JobState.RUNNING, JobState.FAILED)
    rows = Job.objects.filter(state__in=states).order_by().values_list("state").annotate(Count("pk"))
    counts = dict(rows)
    return {state.label: counts.get(state, 0) for state in states}


def _quarantine() -> dict[str, int]:
    rows = QuarantinedRow.objects.filter(settled_at=None).order_by().values_list("stage")
    counts = dict(rows.annotate(Count("pk")))
    return {stage.label: counts.get(stage, 0) for stage in QuarantinedRow.Stage}
