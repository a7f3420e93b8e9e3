"""Why patients may be read beyond their treatment: studies, consents, units of quality work."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tumorboard.audit.phi import classify


class Study(models.Model):
    """A protocol with its window. Quality work and model training have one of their own each, so that they
    have pseudonyms and date offsets too."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    purpose = models.CharField(max_length=20, default="research")
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id uuid code title purpose starts_on ends_on created_at", id="created_by"
    )

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "studies"

    def __str__(self) -> str:
        return f"{self.code}: {self.title}"

    def is_open(self) -> bool:
        """Whether today lies within the protocol window. Without a first day it is never open."""
        today = timezone.localdate()
        return self.starts_on is not None and self.starts_on <= today <= (self.ends_on or today)


class StudyMember(models.Model):
    """Somebody who works on a study, until they leave."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    joined_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True, blank=True)

    PHI: ClassVar[dict[str, str]] = classify(none="id study joined_at left_at", id="user")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["study", "user"], condition=Q(left_at=None), name="study_member_once"
            )
        ]


class ConsentQuerySet(models.QuerySet["Consent"]):
    def in_force(self) -> ConsentQuerySet:
        now = timezone.now()
        return self.filter(valid_from__lte=now).filter(Q(valid_until=None) | Q(valid_until__gt=now))


class Consent(models.Model):
    """What a patient has agreed to. Withdrawn: it ends now; the row stays."""

    class Scope(models.TextChoices):
        RESEARCH = "research", "Research in the study"
        TRAINING = "training", "Training of models"
        GERMLINE = "germline", "Germline findings"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient_key = models.CharField(max_length=40, db_index=True)
    study = models.ForeignKey(Study, null=True, blank=True, on_delete=models.CASCADE, related_name="consents")
    scope = models.CharField(max_length=10, choices=Scope.choices)
    valid_from = models.DateTimeField(default=timezone.now)
    valid_until = models.DateTimeField(null=True, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    PHI: ClassVar[dict[str, str]] = classify(
        none="id uuid study scope valid_from valid_until", id="patient_key recorded_by"
    )

    objects = ConsentQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["study", "scope", "patient_key"])]


class StudyPseudonym(models.Model):
    """The sealed crosswalk: what an identifier is called in a study, and by how much its dates are moved.

    `lookup` is a keyed digest of study, domain and identifier, `sealed` the encrypted random pseudonym and
    offset: without the key of the installation the table leads nowhere.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="+")
    lookup = models.BinaryField(max_length=32)
    sealed = models.BinaryField()

    PHI: ClassVar[dict[str, str]] = classify(none="id study", id="lookup sealed")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "lookup"], name="one_pseudonym_per_study")]


class PatientUnit(models.Model):
    """The site or unit that a patient belongs to, for quality work, and whether the record is restricted."""

    patient_key = models.CharField(max_length=40, unique=True)
    unit = models.CharField(max_length=120, blank=True, db_index=True)
    restricted = models.CharField(
        max_length=40, blank=True, help_text="Why the record is restricted: staff, minor, vip, …"
    )

    PHI: ClassVar[dict[str, str]] = classify(none="id unit", id="patient_key", phi="restricted")

    class Meta:
        indexes = [models.Index(fields=["patient_key"], condition=~Q(restricted=""), name="restricted")]


class QualityAssignment(models.Model):
    """A person or group that does quality work for a unit."""

    unit = models.CharField(max_length=120)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    ends_at = models.DateTimeField(null=True, blank=True)

    PHI: ClassVar[dict[str, str]] = classify(none="id unit group ends_at", id="user")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, group__isnull=True)
                | Q(user__isnull=True, group__isnull=False),
                name="quality_is_of_one_principal",
            )
        ]

    def __str__(self) -> str:
        principal: Any = self.user or self.group
        return f"{principal} for {self.unit}"
