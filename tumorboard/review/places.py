"""The trials section: every place a patient was screened for, with its criteria."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from tumorboard.review.chips import with_chips
from tumorboard.review.evidence import Evidence, Row

VERDICT_ORDER = ("fits", "uncertain", "excluded", "none")
VERDICT_KINDS = {"fits": "ok", "uncertain": "warn", "excluded": "bad", "none": "plain"}
SLIDE_PLACES = 8
WHY = {
    "not_tested": "Not tested, or not known to be",
    "not_assessable": "Tested, but not assessable",
    "not_recorded": "Not recorded",
    "stale": "Recorded, but too long ago",
    "indeterminate": "Recorded, but not clear",
    "conflict": "Sources disagree",
    "partial_match": "Recorded in part",
    "unsupported": "Not read by the rules",
    "text_only": "Stands in the text only",
}


def trials(evidence: Evidence) -> dict[str, Any]:
    """Places in trials: those still open to the patient, best first, and those that are not."""
    places = listed(evidence)
    possible = [p for p in places if p["verdict"] in ("fits", "uncertain")]
    still_open = [p for p in possible if not p["closed"]]
    return {
        "open": still_open,
        "top": still_open[:SLIDE_PLACES],
        "closed": [p for p in possible if p["closed"]],
        "excluded": [p for p in places if p["verdict"] == "excluded"],
        "unread": sum(p["verdict"] == "none" for p in places),
        "count": len(places),
    }


def listed(evidence: Evidence) -> list[dict[str, Any]]:
    """Every place a patient could join, with its criteria and their counts, best verdict first."""
    levels: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in evidence.rows("gold.trial_matches"):
        levels[row["trial_id"], row["level"], row["code"] or ""].append(row)
    shown = [_level(evidence, key, rows) for key, rows in levels.items()]
    return sorted(
        shown,
        key=lambda t: (
            t["suspended"],
            VERDICT_ORDER.index(t["verdict"]),
            -t["met"],
            t["trial_id"],
            t["code"],
        ),
    )


def why(row: Row) -> str:
    """A reason in words; one that later versions no longer know, as it stands."""
    code = row.get("reason_code") or ""
    return WHY.get(code, code)


def _level(evidence: Evidence, key: tuple[str, str, str], rows: Sequence[Row]) -> dict[str, Any]:
    results = [row["result"] for row in rows]
    verdict = rows[0]["verdict"]
    return {
        "trial_id": key[0],
        "level": key[1],
        "code": key[2],
        "verdict": verdict,
        "kind": VERDICT_KINDS[verdict],
        "met": results.count("met"),
        "not_met": results.count("not met"),
        "unknown": results.count("unknown"),
        "version": rows[0]["trial_version"],
        "title": rows[0].get("title"),
        "suspended": bool(rows[0].get("suspended")),
        "closed": bool(rows[0].get("suspended")) or rows[0].get("recruiting") is False,
        "criteria": [
            {**row, "name": row["wording"] or row["path"], "why": row.get("note") or why(row)}
            for row in with_chips(evidence, "gold.trial_matches", sorted(rows, key=lambda row: row["path"]))
        ],
        "to_settle": sorted(
            {row["would_settle"] for row in rows if row["result"] == "unknown" and row["would_settle"]}
        ),
    }
