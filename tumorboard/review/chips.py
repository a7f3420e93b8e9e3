"""A chip: the small mark beside a value that names its source and opens it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from tumorboard.cases.models import FactReview
from tumorboard.review.evidence import Evidence, Row

DOCUMENTS = {
    "structured": "Clinical record",
    "text": "Letter or report",
    "vcf": "Sequencing report",
    "image": "Imaging study",
    "model": "Model",
}


@dataclass(frozen=True)
class Chip:
    """What a template needs to draw a chip; `fact` is table/row_id, `source` the address that opens it."""

    fact: str
    source: str
    document: str
    date: date | None
    origin: str
    state: str


def chip(evidence: Evidence, table: str, row: Row, column: str = "") -> Chip:
    """The chip of one row (of one column of it, where the row holds several values)."""
    return Chip(
        fact=f"{table}/{row['row_id']}",
        source=source_url(evidence, table, row["row_id"], column),
        document=row.get("system") or DOCUMENTS[row["origin"]],
        date=row.get("recorded_on"),
        origin=row["origin"],
        state=state_of(row, evidence.review(table, row)),
    )


def state_of(row: Row, review: FactReview | None) -> str:
    """verified, recorded, unverified or conflict.

    A person's last word counts. Without one, a fact in conflict is in conflict, a structured record stands
    as recorded, and whatever was read from text or estimated by a model waits to be verified.
    """
    if review is not None:
        return "verified" if review.state == FactReview.State.VERIFIED else "conflict"
    if row.get("conflict"):
        return "conflict"
    return "unverified" if row["origin"] in ("text", "model") else "recorded"


def source_url(evidence: Evidence, table: str, row_id: str, column: str = "") -> str:
    address = reverse("review:source", args=[evidence.case.uuid, table, row_id])
    query = {"column": column} if column else {}
    if evidence.snapshot is not None:
        query["snapshot"] = str(evidence.snapshot.uuid)
    return f"{address}?{urlencode(query)}" if query else address


def counts(chips: Iterable[Chip]) -> str:
    """`5 as recorded, 2 verified, 2 to check, 1 in conflict`: counted from the chips shown, never typed."""
    states = [each.state for each in chips]
    words = (
        ("recorded", "as recorded"),
        ("verified", "verified"),
        ("unverified", "to check"),
        ("conflict", "in conflict"),
    )
    return ", ".join(f"{states.count(state)} {word}" for state, word in words)


def with_chips(evidence: Evidence, table: str, rows: Iterable[Row]) -> list[dict[str, Any]]:
    return [{**row, "chip": chip(evidence, table, row)} for row in rows]
