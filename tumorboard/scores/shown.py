"""Which scores people see: those of approved models. Revoked is hidden from the next read on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tumorboard.scores.models import ScoringModel

TABLE = "gold.risk_scores"
Row = dict[str, Any]


def shown_versions() -> set[tuple[str, str]]:
    """Name and version of every model whose scores clinicians see."""
    return set(ScoringModel.objects.shown().values_list("name", "version"))


def only_shown(rows: Iterable[Row]) -> list[Row]:
    """The rows of gold.risk_scores that a person may see."""
    found = list(rows)
    versions = shown_versions() if found else set()
    return [row for row in found if (row["model"], row["model_version"]) in versions]
