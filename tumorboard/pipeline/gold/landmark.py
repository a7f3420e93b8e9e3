"""The day from which survival is counted, and after which no fact may enter a model.

It is the day a treatment was decided on, because that is when the board asks for a prognosis:

1. start of the first palliative line of systemic therapy (where the sender counts lines);
2. else start of the first treatment of any kind;
3. else 28 days after the diagnosis, the time a staging takes; for a patient who is newer than that, the
   last contact: the board asks today.

So everyone has one kind of day, and nothing learnt under treatment is used to predict its outcome. Who died
before it has a negative time and is set aside by whoever trains a model.
"""

from __future__ import annotations

from datetime import date, timedelta

from tumorboard.pipeline.gold.records import Record, Row
from tumorboard.pipeline.gold.snapshot import primaries

STAGING = timedelta(days=28)


def landmark(record: Record) -> tuple[date | None, list[Row]]:
    """The day, and the rows that decide it; None where neither a treatment nor a diagnosis is dated."""
    treatments = sorted(
        (row for row in record.rows("therapies") if row.get("started_on")), key=lambda row: row["started_on"]
    )
    first_line = [row for row in treatments if row["kind"] == "systemic" and row.get("line") == 1]
    if first := (first_line or treatments)[:1]:
        return first[0]["started_on"], first
    dated = sorted(
        (row for row in primaries(record) if row.get("diagnosed_on")), key=lambda row: row["diagnosed_on"]
    )
    return (_staged(record, dated[0]["diagnosed_on"]), dated[:1]) if dated else (None, [])


def _staged(record: Record, diagnosed: date) -> date:
    alive = [row for row in record.rows("patients") if not row.get("deceased")]
    seen: list[date] = [row["last_contact"] for row in alive if row.get("last_contact")]
    return max(diagnosed, min([diagnosed + STAGING, *seen]))
