"""Policies on tags and purposes, in versions, and the mark that every change of the rules moves."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from tumorboard.audit.phi import classify


def names(size: int = 150) -> ArrayField:
    return ArrayField(models.CharField(max_length=size), default=list, blank=True)


class Policy(models.Model):
    """POLICY name ON scope TO principals EXCEPT principals WHEN condition PURPOSE {..} -> effect.

    A version is never changed once published: a correction is the next version.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "In force"
        RETIRED = "retired", "Retired"

    class Effect(models.TextChoices):
        ROW_FILTER = "row_filter", "Row filter"
        MASK = "mask", "Column mask"
        DENY = "deny", "Deny"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.SlugField(max_length=80)
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    scope = models.CharField(max_length=200, help_text="Catalog, schema or table")
    principals = names()
    excepted = names()
    classes = names(20)
    kinds = names(20)
    sensitivities = names(20)
    purposes = names(20)
    effect = models.CharField(max_length=10, choices=Effect.choices)
    function = models.CharField(max_length=60, blank=True)
    reason = models.TextField()
    hash = models.CharField(max_length=64)
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    published_at = models.DateTimeField(null=True)
    retired_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    retired_at = models.DateTimeField(null=True)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id uuid name version state scope principals excepted classes kinds sensitivities purposes"
        " effect function reason hash drafted_at published_at retired_at",
        id="drafted_by published_by retired_by",
    )

    class Meta:
        ordering = ["name", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="policy_version_once"),
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(state="published"), name="one_policy_version_in_force"
            ),
            models.CheckConstraint(
                condition=models.Q(published_by=None) | ~models.Q(published_by=models.F("drafted_by")),
                name="policy_published_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class PolicyEpoch(models.Model):
    """One row. Its mark changes with every change of policies, tags, grants, studies or consents.

    The mark is random, not a number: a change that was rolled back never leaves its mark to another one.
    """

    mark = models.UUIDField(default=uuid.uuid4)

    PHI: ClassVar[dict[str, str]] = classify(none="id mark")
