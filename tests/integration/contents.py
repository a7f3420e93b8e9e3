"""What a lake says, without what differs from one installation to the next: runs, times, random keys."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc
from django.db import connection

from tumorboard.governance.ledger import latest_versions
from tumorboard.governance.opening import lake
from tumorboard.lake import tables

RUNS = ("run_id", "received_at")
REFERENCES = {"row_id", "derived_from", "conflicts_with", "evidence"}
CHIP = {
    "origin",
    "method",
    "system",
    "recorded_on",
}  # of gold rows with several sources: of the first by row id


def versions() -> dict[str, int]:
    return latest_versions([table.name for table in tables.all_tables()])


def rows(table: str, **equal: Any) -> list[dict[str, Any]]:
    """The rows of a table as published last, in the order of their identity."""
    found = lake().read(tables.get(table))
    for name, value in equal.items():
        found = found.filter(pc.equal(found[name], value))
    return found.sort_by("row_id").to_pylist()


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of every silver and gold table, without the run that wrote it."""
    return {
        name: [{k: v for k, v in row.items() if k not in RUNS} for row in rows(name)]
        for name in sorted(versions())
        if not name.startswith("bronze.")
    }


def recognised() -> dict[str, list[str]]:
    """Everything, with patients named by their identifiers and without what hangs on random keys: the same
    for any two installations that hold the same files."""
    names = _names()
    return {
        table: sorted(repr(sorted(_plain(table, row, names).items())) for row in found)
        for table, found in everything().items()
    }


def _plain(table: str, row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    hidden = REFERENCES | CHIP if table.startswith("gold.") else REFERENCES
    kept = {k: v for k, v in row.items() if k not in hidden and not k.endswith("_id")}
    return {**kept, "patient_key": names.get(kept.get("patient_key", ""), "")}


def _names() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select patient_key, string_agg(system || ' ' || value, ', ' order by system, value) "
            "from identity.subjects group by patient_key"
        )
        return dict(cursor.fetchall())
