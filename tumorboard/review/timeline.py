"""The timeline as the browser's element wants it: lanes, and events as short arrays."""

from __future__ import annotations

from typing import Any

from tumorboard.review.chips import source_url
from tumorboard.review.evidence import Evidence, Row
from tumorboard.review.figures.layout import iso

TABLE = "gold.timeline"
LANES = {
    "diagnosis": "Diagnosis",
    "surgery": "Surgery",
    "systemic": "Systemic therapy",
    "radiotherapy": "Radiotherapy",
    "response": "Response",
    "imaging": "Imaging",
    "pathology": "Pathology",
    "molecular": "Molecular",
    "performance": "Performance",
    "lab": "Laboratory",
    "note": "Letters",
    "wearable": "Wearables",
}


def timeline(evidence: Evidence) -> dict[str, Any]:
    """Lanes that hold something, in a fixed order, and every event with the address of its source."""
    rows = sorted(evidence.rows(TABLE), key=lambda row: (iso(row["starts_on"]) or "", row["row_id"]))
    lanes = [lane for lane in LANES if any(row["lane"] == lane for row in rows)]
    begun = [iso(row["starts_on"]) for row in rows if row["lane"] == "diagnosis" and row["starts_on"]]
    return {
        "lanes": [{"id": lane, "label": LANES[lane]} for lane in lanes],
        "events": [
            [
                lanes.index(row["lane"]),
                row["label"],
                iso(row["starts_on"]) or "",
                iso(row["ends_on"]),
                _detail(row),
                source_url(evidence, TABLE, row["row_id"]),
            ]
            for row in rows
            if row["lane"] in lanes
        ],
        "origin": begun[0] if begun else None,
    }


def _detail(row: Row) -> str:
    """The words of an event. Those of a week of a wearable name no number: it stands before them."""
    detail = row["detail"] or ""
    if row["lane"] == "wearable" and row["value"] is not None:
        return f"{row['value']:.10g}, {detail}"
    return detail
