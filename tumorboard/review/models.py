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
