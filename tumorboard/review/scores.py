"""The risk section: the latest score unpacked, with how its model was validated."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from tumorboard.cases.models import Case
from tumorboard.fusion.validation import gap_at
from tumorboard.review.chips import chip
from tumorboard.review.evidence import Evidence
from tumorboard.review.models import ScoreOpinion

FEATURES_SHOWN = 6
FIGURES = (
    ("fusion", "Everyone in the training cohort"),
    ("alike", "Patients like this one: same tumour, same modalities"),
    ("same_modalities", "Patients with these modalities"),
    ("same_tumor", "Patients with this tumour"),
    ("clinical_only", "Clinical data alone"),
    ("kaplan_meier", "No model"),
)
ABOUT: dict[str, Any] = {
    "set_aside": {}, "narrows_most": "", "cohort": "", "stale": {}, "not_permitted": [], "out_of_fold": False,
}  # fmt: skip


def risk(evidence: Evidence) -> dict[str, Any] | None:
    """The latest score, unpacked; None when there is none that people may see."""
    rows = evidence.rows("gold.risk_scores")
    if not rows:
        return None
    row = max(rows, key=lambda r: (r["as_of"] or date.min, r["model_version"] or ""))
    contributions, curve = (json.loads(row[name] or "{}") for name in ("contributions", "curve"))
    return {
        **row,
        "chip": chip(evidence, "gold.risk_scores", row),
        "contributions": contributions,
        "absent_share": [name for name in row.get("absent") or [] if name in contributions],
        "curve": curve,
        "bound": bound(curve.get("bound")),
        "shown": f"{row['percentile']:.0f}" if row["percentile"] is not None else "",
        "main": _main_features(contributions),
        **_validated(json.loads(row["validation"] or "{}")),
    }


def bound(given: dict[str, Any] | None) -> str:
    """The conformal lower bound as a sentence; empty where the model gives none."""
    if not given:
        return ""
    of = "nine in ten" if round(given["level"], 2) == 0.9 else f"{given['level']:.0%}"
    words = f"{of.capitalize()} patients with the same modalities live longer than {given['months']:g} months"
    masked = ", with what they had beyond these modalities hidden" if given.get("masked") else ""
    return f"{words} (conformal bound, set on {given['patients']} patients{masked})."


def opinions(case: Case, score: dict[str, Any] | None) -> list[ScoreOpinion]:
    """What was thought of this model's scores of this case, newest first."""
    if score is None:
        return []
    found = ScoreOpinion.objects.filter(case=case, model=score["model"], model_version=score["model_version"])
    return list(found.select_related("by"))


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
    at = gap_at((validation.get("fusion") or {}).get("gap_day"))
    return {
        "figures": figures,
        "gap_at": at,
        **{name: validation.get(name) or empty for name, empty in ABOUT.items()},
    }
