"""The draft a clinician prepares for the board. Every save is kept; the last one is the draft."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from tumorboard.audit.phi import classify
from tumorboard.cases.models import Case


class Draft(models.Model):
    """Words proposed to the board before the meeting. Not a decision."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="drafts")
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    PHI: ClassVar[dict[str, str]] = classify(none="id case by at", phi="text")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"Draft of {self.at:%d %b %Y %H:%M}"


class ScoreOpinion(models.Model):
    """What a clinician thinks of a score that was shown. Kept to evaluate the model; changes no score."""

    class Verdict(models.TextChoices):
        AGREE = "agree", "Agree"
        HIGHER = "higher", "Disagree: the risk is higher"
        LOWER = "lower", "Disagree: the risk is lower"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="score_opinions")
    model = models.CharField(max_length=60)
    model_version = models.CharField(max_length=40)
    row_id = models.CharField(max_length=40, help_text="Row of gold.risk_scores that was judged")
    verdict = models.CharField(max_length=6, choices=Verdict.choices)
    reason = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id case model model_version by at", id="row_id", phi="verdict reason"
    )

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["model", "model_version"], name="opinions_of_a_model")]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()}, {self.at:%d %b %Y %H:%M}"
