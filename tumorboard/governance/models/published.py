"""Which table versions readers may see, and the sets of them that are pinned."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from tumorboard.audit.phi import classify


class PublishedVersions(models.QuerySet["PublishedVersion"]):
    def readable(self) -> PublishedVersions:
        """Not retired: their files are kept."""
        return self.filter(retired_at=None)


class PublishedVersion(models.Model):
    """A version of a lake table that readers may see, with the hash of every file in it.

    Never deleted: a version that maintenance retires loses its files, not its lineage.
    """

    table = models.CharField(max_length=100, db_index=True)
    version = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64)
    manifest = models.JSONField(default=dict, help_text="Data file -> SHA-256, size, rows")
    commit_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the commit in the log")
    log = models.JSONField(default=dict, help_text="Log file that came with it -> SHA-256")
    columns = models.JSONField(default=dict, help_text="Column -> type and fingerprint of its declaration")
    inputs = models.JSONField(default=dict, help_text="Table -> version that the build read")
    reads = models.JSONField(default=dict, help_text="Table -> columns that the build read")
    traces = models.JSONField(default=dict, help_text="Column -> columns it is made of, where that is known")
    files = models.JSONField(default=dict, help_text="Received files: count and digest")
    rows = models.PositiveBigIntegerField(default=0)
    rows_hash = models.CharField(max_length=64, blank=True, help_text="Of the rows, whatever their files")
    run_id = models.CharField(max_length=40)
    code_version = models.CharField(max_length=60)
    published_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True, help_text="Its files may be gone since then")

    PHI: ClassVar[dict[str, str]] = classify(
        none="id table version content_hash manifest commit_hash log columns inputs reads traces files rows "
        "rows_hash run_id code_version published_at retired_at"
    )

    objects = PublishedVersions.as_manager()

    class Meta:
        ordering = ["table", "-version"]
        constraints = [models.UniqueConstraint(fields=["table", "version"], name="version_published_once")]

    def __str__(self) -> str:
        return f"{self.table}@{self.version}"


class Snapshot(models.Model):
    """A pinned set of (table, version, content hash): what a board saw can be shown again, exactly."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    entries = models.JSONField(help_text="Table -> {version, hash}")

    PHI: ClassVar[dict[str, str]] = classify(none="id uuid created_at entries", id="created_by")

    def version(self, table: str) -> int | None:
        """The pinned version of `table`; None when it had not been built then."""
        entry = self.entries.get(table)
        return entry["version"] if entry else None

    def __str__(self) -> str:
        return f"Snapshot of {self.created_at:%d %b %Y %H:%M}"


class ScrubResult(models.Model):
    """One version of one table, or one volume, hashed anew and compared with what was published."""

    run_id = models.CharField(max_length=40, db_index=True)
    table = models.CharField(max_length=100, help_text="Table, or `volume` and its name")
    version = models.PositiveIntegerField(null=True)
    sound = models.BooleanField()
    message = models.CharField(max_length=400, blank=True, help_text="What is wrong: table, version, file")
    files = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes read")
    checked_at = models.DateTimeField(default=timezone.now)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id run_id table version sound message files size checked_at"
    )

    class Meta:
        ordering = ["-checked_at", "table", "version"]

    def __str__(self) -> str:
        return f"{self.table}@{self.version}: {'sound' if self.sound else 'damaged'}"
