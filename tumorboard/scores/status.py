"""The states of a model that scores patients, and which follow which."""

from __future__ import annotations

from django.db import models


class ModelState(models.TextChoices):
    RESEARCH = "research", "Research"
    SILENT = "silent", "Silent"
    APPROVED = "approved", "Approved"
    RETIRED = "retired", "Retired"
    REVOKED = "revoked", "Revoked"


MEANINGS = {
    ModelState.RESEARCH: "Trained and measured; scores nobody.",
    ModelState.SILENT: "Scores every patient; no clinician sees the scores.",
    ModelState.APPROVED: "Clinicians see its scores.",
    ModelState.RETIRED: "Scores nobody any more; replaced or no longer needed.",
    ModelState.REVOKED: "Withdrawn because it must not be relied on; its scores are hidden at once.",
}
TRANSITIONS: dict[ModelState, tuple[ModelState, ...]] = {
    ModelState.RESEARCH: (ModelState.SILENT, ModelState.RETIRED),
    ModelState.SILENT: (ModelState.APPROVED, ModelState.RETIRED, ModelState.REVOKED),
    ModelState.APPROVED: (ModelState.RETIRED, ModelState.REVOKED),
    ModelState.RETIRED: (),
    ModelState.REVOKED: (),
}
SCORING = (ModelState.SILENT, ModelState.APPROVED)
SHOWN = (ModelState.APPROVED,)
# The step that is signed next; every other change is one person's action with a reason.
NEXT_STEP = {ModelState.RESEARCH: ModelState.SILENT, ModelState.SILENT: ModelState.APPROVED}
