"""The refused rows: found by source, stage, state and words; settled by a steward."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from tumorboard.runs.models import QuarantinedRow

OPEN, SETTLED = "open", "settled"
SEARCHED = ("reason", "field", "locator", "file_name")


def search(chosen: Mapping[str, Any], words: str = "") -> QuerySet[QuarantinedRow]:
    """`chosen` holds source, stage, state (open, settled or empty); `words` is part of a reason, field,
    place or file name."""
    rows = QuarantinedRow.objects.select_related("run", "settled_by")
    for name in ("source", "stage"):
        if chosen.get(name):
            rows = rows.filter(**{name: chosen[name]})
    if chosen.get("state"):
        rows = rows.filter(settled_at__isnull=chosen["state"] == OPEN)
    if words:
        rows = rows.filter(_any_of(words))
    return rows


def _any_of(words: str) -> Q:
    found = Q()
    for name in SEARCHED:
        found |= Q(**{f"{name}__icontains": words})
    return found


def sources() -> list[str]:
    return sorted(QuarantinedRow.objects.order_by().values_list("source", flat=True).distinct())
