"""Which table versions readers may see, and the sets of them that are pinned."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from tumorboard.audit.phi import classify


class PublishedVersion(models.Model):
    """A version of a lake table that readers may see, with the hash of every file in it."""

    table = models.CharField(max_length=100, db_index=True)
    version = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64)
    manifest = models.JSONField(default=dict, help_text="Data file -> SHA-256")
    inputs = models.JSONField(default=dict, help_text="Table -> version that the build read")
    rows = models.PositiveBigIntegerField(default=0)
    run_id = models.CharField(max_length=40)
    code_version = models.CharField(max_length=60)
    published_at = models.DateTimeField(default=timezone.now)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id table version content_hash manifest inputs rows run_id code_version published_at"
    )

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
