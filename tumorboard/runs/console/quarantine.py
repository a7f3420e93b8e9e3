"""The refused rows: found by source, stage, state and words; settled by a steward."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from tumorboard.runs.models import QuarantinedRow
from tumorboard.ui.filters import any_of

OPEN, SETTLED = "open", "settled"
DAYS = (1, 7, 30)  # the summary looks back
SEARCHED = ("reason", "field", "locator", "file_hash")  # never by name: files are named after people


def search(chosen: Mapping[str, Any], words: str = "") -> QuerySet[QuarantinedRow]:
    """`chosen` holds source, stage, state (open, settled or empty); `words` is part of a reason, field,
    place or hash of the file."""
    rows = QuarantinedRow.objects.select_related("run", "settled_by")
    for name in ("source", "stage"):
        if chosen.get(name):
            rows = rows.filter(**{name: chosen[name]})
    if chosen.get("state"):
        rows = rows.filter(settled_at__isnull=chosen["state"] == OPEN)
    if words:
        rows = rows.filter(any_of(words, *SEARCHED))
    return rows


def by_source() -> list[dict[str, Any]]:
    """For each source: rows open and settled, and how many came in during the last days; most open first."""
    now = timezone.now()
    counted = {
        f"last_{days}": Count("pk", filter=Q(run__started_at__gte=now - timedelta(days=days)))
        for days in DAYS
    }
    rows = (
        QuarantinedRow.objects.order_by()
        .values("source")
        .annotate(
            open=Count("pk", filter=Q(settled_at=None)),
            settled=Count("pk", filter=Q(settled_at__isnull=False)),
            latest=Max("run__started_at"),
            **counted,
        )
    )
    return list(rows.order_by("-open", "source"))
