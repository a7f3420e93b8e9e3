"""The sections of the review page, in the board's order: each turns rows into what a template shows."""

from __future__ import annotations

from datetime import date
from typing import Any

from tumorboard.review.chips import chip, counts, with_chips
from tumorboard.review.evidence import Evidence, Row
from tumorboard.review.results import flag, written

FACTS = "gold.case_facts"
MODALITY_LABELS = {
    "clinical": "Clinical record",
    "pathology": "Pathology",
    "genomics": "Genomics",
    "imaging": "Imaging",
    "notes": "Letters and reports",
    "labs": "Laboratory",
    "wearables": "Wearables",
}
MODALITY_STATES = {
    "present": ("ok", "Present"),
    "partial": ("warn", "Partial"),
    "pending": ("busy", "Pending"),
    "not_done": ("bad", "Not done"),
    "not_collected": ("bad", "Not collected"),
    "failed": ("bad", "Import failed"),
    "not_permitted": ("bad", "Not permitted"),
}

WITHOUT_PICTURES = ("SR", "PR", "KO", "RTSTRUCT", "RTPLAN", "DOC")  # DICOM modalities that hold no pixels
SERIES_DRAWN = 2
LABS_SHOWN = 24


def facts(evidence: Evidence, section: str) -> list[dict[str, Any]]:
    """Facts of one section in rank order, each with its chip."""
    rows = sorted(
        (row for row in evidence.rows(FACTS) if row["section"] == section),
        key=lambda row: (row["rank"] if row["rank"] is not None else 999, row["label"] or ""),
    )
    return with_chips(evidence, FACTS, rows)


def snapshot(evidence: Evidence) -> dict[str, Any]:
    shown = facts(evidence, "snapshot")
    return {"facts": shown, "counts": counts(row["chip"] for row in shown)}


def missing(evidence: Evidence) -> dict[str, Any]:
    """Every modality with its state and reason, what is missing first."""
    rows = [
        {
            **row,
            "label": MODALITY_LABELS.get(row["modality"], row["modality"]),
            "kind": MODALITY_STATES[row["status"]][0],
            "word": MODALITY_STATES[row["status"]][1],
            "chip": chip(evidence, "gold.modalities", row),
        }
        for row in evidence.rows("gold.modalities")
    ]
    rows.sort(key=lambda row: (row["status"] == "present", row["label"]))
    return {"rows": rows, "count": sum(row["status"] != "present" for row in rows)}


def imaging(evidence: Evidence) -> dict[str, Any]:
    """Series by date, the latest first: those drawn on the page, and all others."""
    rows = with_chips(evidence, "silver.imaging", evidence.rows("silver.imaging"))
    rows = [{**row, "modality": row["modality"] or "Images"} for row in rows]
    rows.sort(key=lambda row: (row["performed_on"] or date.min, row["row_id"]), reverse=True)
    drawn = [row for row in rows if _is_drawable(row)][:SERIES_DRAWN]
    return {"count": len(rows), "drawn": drawn, "others": [row for row in rows if row not in drawn]}


def _is_drawable(series: Row) -> bool:
    """Has pixels here. What was only announced has none, nor have reports and contours."""
    return bool(series["rows"]) and series["modality"] not in WITHOUT_PICTURES


def treatment(evidence: Evidence) -> dict[str, Any]:
    """Therapies by start, each with the responses that fell into it; the other responses on their own."""
    therapies = with_chips(evidence, "silver.therapies", evidence.rows("silver.therapies"))
    responses = with_chips(evidence, "silver.responses", evidence.rows("silver.responses"))
    responses.sort(key=lambda row: (row["assessed_on"] or date.min, row["row_id"]))
    for therapy in therapies:
        therapy["responses"] = [r for r in responses if _during(therapy, r["assessed_on"])]
    placed = {r["row_id"] for therapy in therapies for r in therapy["responses"]}
    return {
        "lines": sorted(therapies, key=lambda row: (row["started_on"] or date.min, row["name"])),
        "other_responses": [r for r in responses if r["row_id"] not in placed],
    }


def labs(evidence: Evidence) -> dict[str, Any]:
    """The latest result of each test in each unit; those outside their reference range first."""
    latest: dict[tuple[str, str | None], Row] = {}
    for row in sorted(evidence.rows("silver.labs"), key=lambda r: (r["taken_on"] or date.min, r["row_id"])):
        latest[row["name"], row["unit"]] = row
    shown = with_chips(evidence, "silver.labs", latest.values())
    for row in shown:
        row["written"], row["flag"] = written(row), flag(row)
    shown.sort(key=lambda row: (not row["flag"], row["name"], row["unit"] or ""))
    return {"shown": shown[:LABS_SHOWN], "more": shown[LABS_SHOWN:]}


def _during(therapy: Row, on: date | None) -> bool:
    """After its first day, up to its last. Only a systemic therapy without a last day goes on."""
    begin, end = therapy["started_on"], therapy["ended_on"]
    if on is None or begin is None or on <= begin:
        return False
    return therapy["kind"] == "systemic" if end is None else on <= end
