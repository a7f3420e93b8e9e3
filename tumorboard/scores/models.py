"""Models that score patients: what each was trained on, its state, who signed, what the watch found."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tumorboard.audit.phi import classify
from tumorboard.scores.status import NEXT_STEP, SCORING, SHOWN, ModelState

USER = settings.AUTH_USER_MODEL


class ScoringModels(models.QuerySet["ScoringModel"]):
    def scoring(self) -> ScoringModels:
        """Those that score patients, seen or not."""
        return self.filter(state__in=SCORING)

    def shown(self) -> ScoringModels:
        """Those whose scores clinicians see."""
        return self.filter(state__in=SHOWN)


class ScoringModel(models.Model):
    """A fusion model by its content. `card` and `report` are copies of the run's artefacts."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=60)
    version = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=ModelState.choices, default=ModelState.RESEARCH)
    synthetic = models.BooleanField(default=False, help_text="Trained on invented patients only")
    run_id = models.CharField(max_length=64, blank=True, help_text="Run in MLflow")
    snapshot = models.UUIDField(null=True, help_text="Snapshot it was trained on")
    inputs = models.JSONField(default=dict, help_text="Table -> version it was trained on")
    hashes = models.JSONField(default=dict, help_text="Of features, outcome and split")
    seed = models.IntegerField(default=0)
    report = models.JSONField(default=dict)
    card = models.JSONField(default=dict)
    code_version = models.CharField(max_length=60)
    trained_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now, help_text="Since when it is in this state")
    scored = models.PositiveIntegerField(default=0, help_text="Patients of the last scoring of everyone")
    scored_at = models.DateTimeField(null=True)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id uuid name version state synthetic run_id snapshot inputs hashes seed report card "
        "code_version trained_at changed_at scored scored_at"
    )
    objects = ScoringModels.as_manager()

    class Meta:
        ordering = ["-trained_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="scoring_model_known_once"),
            models.UniqueConstraint(
                fields=["name"], condition=Q(state=ModelState.APPROVED), name="one_approved_version"
            ),
            models.CheckConstraint(condition=Q(state__in=ModelState.values), name="known_model_state"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def next_step(self) -> ModelState | None:
        """The step that signatures lead to; None where the way of signatures ends."""
        return NEXT_STEP.get(ModelState(self.state))


class Signature(models.Model):
    """One person's word, in one role, that a model may take a step; with the criteria as they stood."""

    model = models.ForeignKey(ScoringModel, on_delete=models.PROTECT, related_name="signatures")
    step = models.CharField(max_length=10, choices=ModelState.choices)
    role = models.CharField(max_length=20)
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    deviation = models.TextField(blank=True, help_text="Why criteria that are not met were accepted")
    content = models.JSONField(help_text="Everything that was signed")
    content_hash = models.CharField(max_length=64)

    PHI: ClassVar[dict[str, str]] = classify(none="id model step role by at deviation content content_hash")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["model", "step", "role"], name="one_signature_of_a_role"),
            models.UniqueConstraint(fields=["model", "step", "by"], name="one_signature_of_a_person"),
        ]


class StateChange(models.Model):
    """When a model went from one state to another, by whom and why."""

    model = models.ForeignKey(ScoringModel, on_delete=models.PROTECT, related_name="changes")
    before = models.CharField(max_length=10, choices=ModelState.choices)
    after = models.CharField(max_length=10, choices=ModelState.choices)
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=300)

    PHI: ClassVar[dict[str, str]] = classify(none="id model before after by at reason")

    class Meta:
        ordering = ["-pk"]


class Watch(models.Model):
    """One comparison of newer patients with those a model was trained on."""

    model = models.ForeignKey(ScoringModel, on_delete=models.PROTECT, related_name="watches")
    at = models.DateTimeField(default=timezone.now)
    window = models.JSONField(default=dict, help_text="Who was compared: counts, dates, how, what it can see")
    findings = models.JSONField(default=list, help_text="Every test, alarms first")

    PHI: ClassVar[dict[str, str]] = classify(none="id model at window findings")

    class Meta:
        ordering = ["-pk"]

    @property
    def alarms(self) -> list[dict[str, Any]]:
        return [finding for finding in self.findings if finding["alarm"]]


class Alerts(models.QuerySet["Alert"]):
    def unsettled(self) -> Alerts:
        return self.filter(settled_at=None)


class Alert(models.Model):
    """Something the watch found, until a person says what was done about it."""

    model = models.ForeignKey(ScoringModel, on_delete=models.PROTECT, related_name="alerts")
    family = models.CharField(max_length=20)
    subject = models.CharField(max_length=100)
    finding = models.JSONField(default=dict, help_text="The latest of its kind")
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    times = models.PositiveIntegerField(default=1)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    settlement = models.CharField(max_length=300, blank=True)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id model family subject finding first_at last_at times settled_at settled_by settlement"
    )
    objects = Alerts.as_manager()

    class Meta:
        ordering = ["-last_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "family", "subject"], condition=Q(settled_at=None), name="one_open_alert"
            )
        ]
