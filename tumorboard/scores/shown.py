"""Which scores people see: those of approved models. Revoked is hidden from the next read on."""

from __future__ import annotations

from tumorboard.scores.models import ScoringModel
from tumorboard.scores.status import ModelState

TABLE = "gold.risk_scores"


def shown_versions() -> set[tuple[str, str]]:
    """Name and version of every model whose scores clinicians see."""
    return set(ScoringModel.objects.shown().values_list("name", "version"))


def withdrawn() -> ScoringModel | None:
    """The model that was revoked last, where none is approved: what a page says instead of a score."""
    if ScoringModel.objects.shown().exists():
        return None
    return ScoringModel.objects.filter(state=ModelState.REVOKED).order_by("changed_at").last()


def of_version(name: str, version: str) -> ScoringModel | None:
    """The model behind a score, for a link to its card."""
    return ScoringModel.objects.filter(name=name, version=version).only("uuid", "state").first()
