"""The risk section: the latest score unpacked, with how its model was validated."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from tumorboard.review.chips import chip
from tumorboard.review.evidence import Evidence

FEATURES_SHOWN = 6
FIGURES = (
    ("fusion", "All modalities"),
    ("same_modalities", "Patients with these modalities"),
    ("clinical_only", "Clinical only"),
    ("kaplan_meier", "No model"),
)


def risk(evidence: Evidence) -> dict[str, Any] | None:
    """The latest score, unpacked; None when none was computed."""
    rows = evidence.rows("gold.risk_scores")
    if not rows:
        return None
    row = max(rows, key=lambda r: (r["as_of"] or date.min, r["model_version"] or ""))
    return {
        **row,
        "chip": chip(evidence, "gold.risk_scores", row),
        "contributions": json.loads(row["contributions"] or "{}"),
        "curve": json.loads(row["curve"] or "{}"),
        "shown": f"{row['percentile']:.0f}" if row["percentile"] is not None else "",
        "main": _main_features(json.loads(row["contributions"] or "{}")),
        **_validated(json.loads(row["validation"] or "{}")),
    }


def _main_features(contributions: dict[str, Any]) -> list[dict[str, Any]]:
    """The features with the largest shares, over all modalities."""
    rows = [
        {"modality": modality, **feature}
        for modality, part in contributions.items()
        for feature in part.get("features", [])
    ]
    return sorted(rows, key=lambda row: -abs(row["share"]))[:FEATURES_SHOWN]


def _validated(validation: dict[str, Any]) -> dict[str, Any]:
    """The cross-validated figures as rows of a table, and what the model set aside or would gain from."""
    figures = [
        {"name": label, **validation[code]}
        for code, label in FIGURES
        if isinstance(validation.get(code), dict) and validation[code].get("n")
    ]
    return {
        "figures": figures,
        "set_aside": validation.get("set_aside") or {},
        "narrows_most": validation.get("narrows_most") or "",
        "cohort": validation.get("cohort") or "",
    }
