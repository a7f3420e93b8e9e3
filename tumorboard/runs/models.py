"""Jobs, ingest runs, the files they brought and the rows they refused. PostgreSQL holds the truth."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tumorboard.audit.phi import classify
from tumorboard.runs.status import JobState


class JobQuerySet(models.QuerySet["Job"]):
    def waiting(self) -> JobQuerySet:
        return self.filter(state=JobState.QUEUED)

    def abandoned(self) -> JobQuerySet:
        """Running, but the worker's lease has run out: it was killed or lost its database."""
        return self.filter(state=JobState.RUNNING, lease_ends_at__lt=timezone.now())

    def active(self) -> JobQuerySet:
        return self.filter(state__in=[JobState.QUEUED, JobState.RUNNING])


class Job(models.Model):
    """One piece of background work. Celery carries its number; everything else stands here."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=30)
    arguments = models.JSONField(default=dict, help_text="Ids only")
    pins = models.JSONField(default=dict, help_text="Table -> version its first attempt saw")
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease = models.UUIDField(null=True, help_text="Which attempt may write")
    lease_ends_at = models.DateTimeField(null=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    queued_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id uuid kind pins state done total message attempts lease lease_ends_at queued_at sent_at "
        "started_at ended_at",
        id="arguments requested_by",
    )

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-queued_at"]
        indexes = [
            models.Index(
                fields=["queued_at"],
                name="job_open",
                condition=Q(state__in=[JobState.QUEUED, JobState.RUNNING]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"

    @property
    def is_over(self) -> bool:
        return self.state in (JobState.DONE, JobState.FAILED)

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 0


class IngestRun(models.Model):
    """One call of the ingest: what it was given and what became of it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    started_by = models.CharField(max_length=150)
    report = models.JSONField(default=dict)

    PHI: ClassVar[dict[str, str]] = classify(none="id uuid started_at ended_at report", pii="started_by")

    class Meta:
        ordering = ["-started_at"]

    @property
    def run_id(self) -> str:
        return str(self.uuid)


class FileQuerySet(models.QuerySet["IngestedFile"]):
    def current(self) -> FileQuerySet:
        return self.filter(superseded_by=None)

    def superseded(self) -> FileQuerySet:
        return self.exclude(superseded_by=None)

    def unbuilt(self) -> FileQuerySet:
        """Landed in bronze, not yet in silver and gold: new, or the build was interrupted."""
        return self.filter(built_at=None)


class IngestedFile(models.Model):
    """A file that landed in bronze, by its content."""

    file_hash = models.CharField(max_length=64, unique=True)
    source = models.CharField(max_length=20)
    document = models.CharField(
        max_length=32, db_index=True, help_text="Same for files that state one document"
    )
    file_name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    rows = models.PositiveIntegerField()
    unassigned = models.PositiveIntegerField(default=0, help_text="Rows that name no patient")
    notices = models.JSONField(default=list)
    run = models.ForeignKey(IngestRun, on_delete=models.PROTECT, related_name="files")
    superseded_by = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="supersedes")
    landed_at = models.DateTimeField(default=timezone.now)
    built_at = models.DateTimeField(null=True)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id source size rows unassigned notices run superseded_by landed_at built_at",
        id="file_hash document",
        phi="file_name",
    )

    objects = FileQuerySet.as_manager()

    class Meta:
        ordering = ["-landed_at", "id"]

    def __str__(self) -> str:
        return f"{self.source} {self.file_hash[:12]}"


class QuarantinedRow(models.Model):
    """A file or row that was not taken, with place and reason. Settled by a steward, never deleted."""

    class Stage(models.TextChoices):
        FILE = "file", "File refused"
        ROW = "row", "Row refused by its reader"
        CHECK = "check", "Row broke a rule of its table"

    run = models.ForeignKey(IngestRun, on_delete=models.PROTECT, related_name="quarantined")
    stage = models.CharField(max_length=5, choices=Stage.choices)
    source = models.CharField(max_length=60, help_text="Source, or the table whose rule was broken")
    file_name = models.CharField(max_length=255)
    file_hash = models.CharField(max_length=64, blank=True, db_index=True)
    locator = models.CharField(max_length=300)
    field = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=500)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    settlement = models.CharField(max_length=300, blank=True)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id run stage source locator field reason settled_at settlement",
        id="file_hash settled_by",
        phi="file_name",
    )

    class Meta:
        ordering = ["-run__started_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["stage", "source", "file_hash", "locator", "field", "reason"], name="refused_once"
            )
        ]

    @property
    def file_label(self) -> str:
        """The file by its content and ending: hospitals name files after people."""
        return f"file {self.file_hash[:12] or 'without content'}{Path(self.file_name).suffix}"
