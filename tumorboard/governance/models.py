"""Securables with their grants, who reaches which patient, and which table versions readers may see."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils import timezone
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from tumorboard.audit.phi import classify


class Kind(models.TextChoices):
    CATALOG = "catalog", "Catalog"
    SCHEMA = "schema", "Schema"
    TABLE = "table", "Table"
    VOLUME = "volume", "Volume"
    MODEL = "model", "Model"


class Securable(models.Model):
    """Something one may be granted a privilege on: catalog > schema > table, volume or model."""

    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=200, unique=True, help_text="Full name, such as silver.variants")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="children"
    )

    PHI: ClassVar[dict[str, str]] = classify(none="id kind name parent")

    class Meta:
        ordering = ["name"]
        permissions = [
            ("select", "Read data, for patients within reach"),
            ("read_volume", "Read files of a volume, for patients within reach"),
            ("browse", "See name, columns, versions and lineage; no data"),
        ]

    def __str__(self) -> str:
        return self.name

    def chain(self) -> list[Securable]:
        """This securable and those it inherits grants from, nearest first."""
        return [self, *(self.parent.chain() if self.parent else [])]


class SecurableUserGrant(UserObjectPermissionBase):
    content_object = models.ForeignKey(Securable, on_delete=models.CASCADE)

    PHI: ClassVar[dict[str, str]] = classify(none="id permission content_object", id="user")


class SecurableGroupGrant(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Securable, on_delete=models.CASCADE)

    PHI: ClassVar[dict[str, str]] = classify(none="id permission group content_object")


class ReachQuerySet(models.QuerySet["PatientReach"]):
    def in_force(self) -> ReachQuerySet:
        now = timezone.now()
        return self.filter(starts_at__lte=now).filter(Q(ends_at=None) | Q(ends_at__gt=now))

    def of(self, user: Any) -> ReachQuerySet:
        """What lets `user` see patients now: their own relations and those of their groups."""
        return self.in_force().filter(Q(user=user) | Q(group__user=user))


class PatientReach(models.Model):
    """A relation that lets a person, or a board's members, see one patient for a time."""

    class Reason(models.TextChoices):
        CARE_TEAM = "care_team", "Care team"
        AGENDA = "agenda", "On the board's agenda"
        BREAK_GLASS = "break_glass", "Break-glass"

    patient_key = models.CharField(max_length=40, db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE)
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.CASCADE)
    reason = models.CharField(max_length=20, choices=Reason.choices)
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    PHI: ClassVar[dict[str, str]] = classify(
        none="id group reason starts_at ends_at", id="patient_key user opened_by"
    )

    objects = ReachQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, group__isnull=True)
                | Q(user__isnull=True, group__isnull=False),
                name="reach_is_of_one_principal",
            )
        ]
        indexes = [
            models.Index(fields=["user", "patient_key"]),
            models.Index(fields=["group", "patient_key"]),
        ]


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
