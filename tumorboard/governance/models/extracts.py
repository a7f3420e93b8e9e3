"""Extracts: rows that leave the lake as files, asked for by one person and approved by another."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tumorboard.audit.phi import classify
from tumorboard.governance.models.studies import Study
from tumorboard.governance.purposes import WORDS


class ExtractRequest(models.Model):
    """Which tables, why, who asked, who answered, and what was made. It names no patient."""

    class State(models.TextChoices):
        ASKED = "asked", "Waits for a second person"
        REFUSED = "refused", "Refused"
        APPROVED = "approved", "Approved, being made"
        FAILED = "failed", "Could not be made"
        MADE = "made", "Ready"
        EXPIRED = "expired", "Expired"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    purpose = models.CharField(max_length=20)
    study = models.ForeignKey(Study, null=True, blank=True, on_delete=models.PROTECT, related_name="extracts")
    tables = models.JSONField(help_text="Names of tables")
    reason = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True, help_text="Why it was approved or refused, or could not be made")
    manifest = models.JSONField(default=dict, help_text="What was made: versions, hashes, masks, label, rows")
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id uuid purpose study tables state asked_at decided_at made_at expires_at",
        pii="manifest",
        id="asked_by decided_by",
        phi="reason note",
    )

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=models.F("asked_by")),
                name="extract_decided_by_another",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "refused"]) | Q(decided_by__isnull=False),
                name="extract_made_only_when_approved",
            ),
        ]

    def __str__(self) -> str:
        return f"extract {self.uuid}"

    @property
    def purpose_words(self) -> str:
        return WORDS.get(self.purpose, self.purpose)

    @property
    def is_ready(self) -> bool:
        return (
            self.state == self.State.MADE and self.expires_at is not None and self.expires_at > timezone.now()
        )
