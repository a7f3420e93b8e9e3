"""Measures how far cases are prepared, from the gold tables, through the gate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Max

from tumorboard.accounts.models import User
from tumorboard.cases.models import Case, FactReview, Readiness
from tumorboard.cases.readiness import mark_of
from tumorboard.governance import gate
from tumorboard.governance.models import PublishedVersion, Snapshot

FACTS, MODALITIES = "gold.case_facts", "gold.modalities"
WANTED = {FACTS: ["row_id", "origin", "conflict"], MODALITIES: ["modality", "status"]}


def published_versions() -> dict[str, int]:
    """Table -> latest published version, of the tables that readiness is measured from."""
    rows = PublishedVersion.objects.filter(table__in=[FACTS, MODALITIES])
    return dict(rows.order_by().values_list("table").annotate(Max("version")))


def measure(*, case: Case, by: User) -> Readiness:
    """Measure one case at the latest versions and keep the result. The gate records the read."""
    versions = published_versions()
    facts, modalities = _rows(case, by, WANTED)
    readiness, _ = Readiness.objects.update_or_create(
        case=case,
        defaults={
            "marks": {row["row_id"]: mark_of(row["origin"], bool(row["conflict"])) for row in facts},
            "modalities": {row["modality"]: row["status"] for row in modalities},
            "versions": versions,
        },
    )
    case.readiness = readiness
    return readiness


def open_conflicts(*, case: Case, by: User, snapshot: Snapshot) -> list[str]:
    """Row ids of the facts in conflict, as the board saw them, that nobody has verified or disputed."""
    (rows,) = _rows(case, by, {FACTS: ["row_id", "conflict"]}, snapshot)
    settled = reviews_of([case]).get(case.pk, {})
    return sorted(row["row_id"] for row in rows if row["conflict"] and row["row_id"] not in settled)


def reviews_of(cases: Iterable[Case]) -> dict[int, dict[str, str]]:
    """Case id -> row id of gold.case_facts -> state of its last review."""
    latest = FactReview.objects.filter(case__in=list(cases), table=FACTS).latest()
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for case_id, row_id, state in latest.values_list("case_id", "row_id", "state"):
        found[case_id][row_id] = state
    return found


def _rows(
    case: Case, by: User, wanted: dict[str, list[str]], snapshot: Snapshot | None = None
) -> list[list[dict[str, Any]]]:
    """The case's rows of each table, in the order asked for; none of a table that was not built."""
    requests = [
        gate.Request(
            by=by,
            purpose="treatment",
            table=table,
            columns=columns,
            patient_key=case.patient_key,
            snapshot=snapshot,
        )
        for table, columns in wanted.items()
    ]
    found = gate.read_many(requests)
    return [found[table].to_pylist() if table in found else [] for table in wanted]
