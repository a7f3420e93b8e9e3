"""Break-glass: emergency access to one patient, its notices and its review.

A case that somebody registers of a patient they did not reach opens the patient too, and nobody was asked.
That is kept, told and reviewed as an emergency access is, and is none: it has a relation of its own.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tumorboard.accounts.roles import Role
from tumorboard.audit.phi import classify
from tumorboard.governance.models.reach import PatientReach

REVIEW_WITHIN = timedelta(hours=72)


def review_due() -> datetime:
    return timezone.now() + REVIEW_WITHIN


class BreakGlassQuerySet(models.QuerySet["BreakGlass"]):
    def emergencies(self) -> BreakGlassQuerySet:
        return self.exclude(code=BreakGlass.Code.REGISTRATION)


class BreakGlass(models.Model):
    """One patient opened without asking: who, whom, why, until when, and what the review made of it."""

    class Code(models.TextChoices):
        EMERGENCY = "emergency", "Emergency treatment"
        ON_CALL = "on_call", "On call for the treating team"
        TRANSFER = "transfer", "Transfer, relation not yet entered"
        OTHER = "other", "Other"
        REGISTRATION = "registration", "Opened by registering a case"

    class State(models.TextChoices):
        OPEN = "open", "To be reviewed"
        REVIEWED = "reviewed", "Reviewed"

    class Outcome(models.TextChoices):
        JUSTIFIED = "justified", "Justified"
        NOT_JUSTIFIED = "not_justified", "Not justified"
        FOLLOW_UP = "follow_up", "Needs follow-up"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient_key = models.CharField(max_length=40, db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reach = models.OneToOneField(PatientReach, on_delete=models.PROTECT, related_name="break_glass")
    code = models.CharField(max_length=12, choices=Code.choices)
    reason = models.TextField()
    opened_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    due_at = models.DateTimeField(default=review_due)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    outcome = models.CharField(max_length=14, choices=Outcome.choices, blank=True)
    review_note = models.TextField(blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id uuid reach code opened_at ends_at due_at state outcome reviewed_at",
        id="patient_key user reviewed_by",
        phi="reason review_note",
    )

    class Meta:
        ordering = ["due_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reviewed_by=None) | ~Q(reviewed_by=models.F("user")),
                name="break_glass_reviewed_by_another",
            )
        ]

    objects = BreakGlassQuerySet.as_manager()

    @property
    def by_registration(self) -> bool:
        return self.code == self.Code.REGISTRATION

    @property
    def words(self) -> str:
        return "Opened by registration" if self.by_registration else "Emergency access"

    @property
    def is_overdue(self) -> bool:
        return self.state == self.State.OPEN and self.due_at < timezone.now()


class Notice(models.Model):
    """Tells a person, or the members of a group, that something happened. It names no patient."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    break_glass = models.ForeignKey(BreakGlass, on_delete=models.CASCADE, related_name="notices")
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    PHI: ClassVar[dict[str, str]] = classify(
        none="id uuid group break_glass created_at seen_at", id="user seen_by"
    )

    class Meta:
        ordering = ["-created_at"]

    @property
    def whom(self) -> str:
        """For whom it is, in words."""
        if self.group is None:
            return "you"
        return {role.group_name: f"{role.label}s" for role in Role}.get(self.group.name, "coordinators")
