"""A patient's record written out: tables of rows, only the columns that matter."""

from __future__ import annotations

from datetime import date
from typing import Any

from tumorboard.pipeline.gold.records import Record


def record(**tables: list[dict[str, Any]]) -> Record:
    """`record(stages=[{...}], note_facts=[{...}])`; rows get ids `stages-0`, `stages-1` ... and a chip."""
    return Record(
        "p1",
        {
            f"silver.{name}": [_row(name, n, row) for n, row in enumerate(rows)]
            for name, rows in tables.items()
        },
    )


def _row(name: str, number: int, row: dict[str, Any]) -> dict[str, Any]:
    given = {
        "row_id": f"{name}-{number}",
        "origin": "text" if name == "note_facts" else "structured",
        "method": "rules 1.0",
        "system": "hospital",
        **(
            {"negated": False, "experiencer": "patient", "certainty": "stated"}
            if name == "note_facts"
            else {}
        ),
        **row,
    }
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in given.items()}
