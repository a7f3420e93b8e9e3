"""Jobs, ingest runs and refused rows, at any state."""

from __future__ import annotations

from itertools import count
from typing import Any

from django.urls import reverse
from django.utils import timezone

from tumorboard.governance.models import PublishedVersion
from tumorboard.runs.models import IngestedFile, IngestRun, Job, QuarantinedRow
from tumorboard.runs.status import JobState
from tumorboard.scores.models import ScoringModel

numbers = count(1)


def job(state: JobState = JobState.QUEUED, **fields: object) -> Job:
    ended = timezone.now() if state in (JobState.DONE, JobState.FAILED) else None
    return Job.objects.create(**{"kind": "screen", "state": state, "ended_at": ended, **fields})


def run(**fields: object) -> IngestRun:
    return IngestRun.objects.create(**{"started_by": "tests", **fields})


def file(of: IngestRun, *notices: str, source: str = "fhir") -> IngestedFile:
    number = next(numbers)
    return IngestedFile.objects.create(
        file_hash=f"{number:064x}",
        source=source,
        document=str(number),
        file_name=f"{number}.json",
        size=1,
        rows=1,
        notices=list(notices),
        run=of,
    )


def refused(of: IngestRun | None = None, **fields: object) -> QuarantinedRow:
    values = {"stage": "row", "source": "vcf", "file_name": "a.vcf", "locator": f"line {next(numbers)}"}
    return QuarantinedRow.objects.create(
        run=of or run(), **{**values, "reason": "POS is not a number", **fields}
    )


def version(table: str, number: int = 0, **fields: object) -> PublishedVersion:
    values = {"content_hash": "c" * 64, "run_id": "r", "code_version": "1"}
    return PublishedVersion.objects.create(table=table, version=number, **{**values, **fields})


def model(**fields: object) -> ScoringModel:
    values = {"name": "late fusion", "version": f"v{next(numbers)}", "code_version": "1"}
    return ScoringModel.objects.create(**{**values, **fields})


def address(name: str, *arguments: Any) -> str:
    return reverse(f"runs:{name}", args=arguments)
