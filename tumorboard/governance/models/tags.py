"""Tags that stewards set: they override, for schemas, tables and columns, what the code declares."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from tumorboard.audit.phi import classify


class Tagged(models.Model):
    """Tags of one target: `silver`, `silver.patients`, or a column id `silver.patients#name`.

    The id of a column is its table and the name it was first declared with; it survives a rename.
    """

    target = models.CharField(max_length=200)
    klass = models.CharField(max_length=10, blank=True, help_text="Class; empty: as declared")
    kinds = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    sensitivity = models.CharField(max_length=12, blank=True)
    transform = models.CharField(
        max_length=60, blank=True, help_text="De-identifying transform that may lower what lineage carries"
    )

    class Meta:
        abstract = True


class ColumnTag(Tagged):
    """In force. One for each target."""

    target = models.CharField(max_length=200, unique=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    set_at = models.DateTimeField(default=timezone.now)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id target klass kinds sensitivity transform set_at", id="set_by second"
    )

    def __str__(self) -> str:
        return self.target


class TagProposal(Tagged):
    """A change that lowers or removes tags waits for a second steward. `removal`: back to the declaration."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "Waits for a second steward"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    removal = models.BooleanField(default=False)
    reason = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True, help_text="Why it was approved or rejected")

    PHI: ClassVar[dict[str, str]] = classify(
        none="id uuid target klass kinds sensitivity transform removal reason state proposed_at decided_at"
        " answer",
        id="proposed_by decided_by",
    )

    class Meta:
        ordering = ["-proposed_at"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="approved") | ~models.Q(decided_by=models.F("proposed_by")),
                name="tag_lowered_by_two",
            ),
            models.UniqueConstraint(
                fields=["target"], condition=models.Q(state="proposed"), name="one_tag_proposal_at_a_time"
            ),
        ]
