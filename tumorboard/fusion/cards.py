"""The model card: what a model is for, on whom it was measured, how well, and where it loses.

Every number comes from a training run; the words that depend on numbers are computed from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from . import bias, inventory
from .cohort import Cohort
from .survival import Floats, Outcome, kaplan_meier
from .validation import THREE_YEARS, Predictions, gap_at, rounded

FOR = (
    "Supporting a tumour board's estimate of overall survival, counted from the day a treatment is decided.",
    "Showing which kinds of data an estimate rests on, and which are missing.",
)
NOT_FOR = (
    "Deciding on, choosing or withholding a treatment by itself: it does not say what a treatment changes.",
    "Patients unlike its training cohort: other tumours, children, values outside the training range.",
    "Triage, insurance, or comparing hospitals or people.",
    "Any clinical use before it was validated on this hospital's own patients.",
)
SYNTHETIC = "Patients who are real: it was trained on invented ones and scores invented ones only."
FIFTHS = 5
Card = dict[str, Any]


def card(
    report: Mapping[str, Any],
    cohort: Cohort,
    predicted: Predictions,
    baseline: Predictions,
    *,
    synthetic: bool,
    seed: int,
) -> Card:
    """Plain JSON values. `predicted` and `baseline` (clinical data alone) are cross-validated on `cohort`."""
    groups = bias.by_group(cohort, predicted, seed=seed)
    card: Card = {
        "for": list(FOR),
        "not_for": [*([SYNTHETIC] if synthetic else []), *NOT_FOR],
        "cohort": about(cohort, synthetic),
        "calibration": calibration(cohort.outcome, predicted),
        "groups": groups,
        "group_gap": bias.worst(groups),
        "patterns": inventory.performance(cohort, predicted, seed=seed),
        "baseline_groups": bias.by_group(cohort, baseline, seed=seed),
    }
    return {**card, "loses": losses(report, card)}


def unmeasured(cohort: Cohort, *, synthetic: bool) -> Card:
    """The card of a cohort too small for figures."""
    return {
        "for": list(FOR),
        "not_for": [*([SYNTHETIC] if synthetic else []), *NOT_FOR],
        "cohort": about(cohort, synthetic),
        "calibration": [],
        "groups": [],
        "group_gap": None,
        "patterns": [],
        "loses": losses({}, {}),
    }


def about(cohort: Cohort, synthetic: bool) -> dict[str, Any]:
    """The training cohort in counts; groups with fewer than inventory.SMALL patients are not told apart."""
    days, age = cohort.outcome.time, cohort.groups.get("age")
    years = age.dropna().to_numpy(dtype=float) if age is not None else np.empty(0)
    return {
        "patients": len(cohort),
        "deaths": cohort.outcome.events,
        "synthetic": synthetic,
        "set_aside": dict(cohort.set_aside),
        "median_follow_up_days": rounded(float(np.median(days)), 0) if len(days) else None,
        "age": [rounded(float(q), 0) for q in np.percentile(years, [25, 50, 75])] if len(years) else None,
        "tumor_type": _counts(cohort, "tumor_type"),
        "sex": _counts(cohort, "sex"),
        "site": _counts(cohort, "site"),
    }


def _counts(cohort: Cohort, name: str) -> list[list[Any]]:
    if name not in cohort.groups:
        return []
    counts = cohort.groups[name].value_counts(dropna=False).items()
    rows: list[list[Any]] = [[str(kind) if kind == kind else "not known", int(n)] for kind, n in counts if n]  # noqa: PLR0124
    kept = [row for row in rows if row[1] >= inventory.SMALL]
    return [*kept, ["others, few each", None]] if len(kept) < len(rows) else kept


def calibration(outcome: Outcome, predicted: Predictions, parts: int = FIFTHS) -> list[dict[str, Any]]:
    """Predicted against observed survival in fifths of risk, at three years or the last day of the grid."""
    place = int(np.abs(predicted.times - THREE_YEARS).argmin())
    day, survival = float(predicted.times[place]), predicted.survival[:, place]
    if len(outcome) < parts * inventory.SMALL:
        return []
    order = np.argsort(survival, kind="stable")
    return [_fifth(outcome.rows(some), survival[some], day) for some in np.array_split(order, parts)]


def _fifth(outcome: Outcome, survival: Floats, day: float) -> dict[str, Any]:
    curve = kaplan_meier(outcome)
    reached = day <= curve.follow_up
    low, high = curve.interval_at(day) if reached else (np.nan, np.nan)
    return {
        "n": len(outcome),
        "predicted": rounded(float(survival.mean())),
        "observed": rounded(float(curve.at(day)) if reached else float("nan")),
        "low": rounded(float(low)),
        "high": rounded(float(high)),
        "day": round(day),
    }


# ---- where it loses


def losses(report: Mapping[str, Any], card: Card) -> list[str]:
    """Sentences: each figure and group in which clinical data alone, or no model, does as well or better."""
    rows = {row["row"]: row for row in report.get("rows", [])}
    fused, simple = rows.get(_own_row(report)), rows.get("clinical only")
    if not fused or not simple:
        return ["Nothing was measured: the cohort is too small for figures."]
    return [
        *_overall(fused, simple, report.get("lead_over_clinical") or {}),
        *_idle(report),
        *_groups(card["groups"], card["baseline_groups"]),
        *_miscalibrated(fused),
    ]


def _overall(fused: Mapping[str, Any], simple: Mapping[str, Any], lead: Mapping[str, Any]) -> list[str]:
    found = []
    if lead.get("low") is not None and lead["low"] <= 0:
        found.append(
            f"Its lead in C over clinical data alone, {lead['c']:+.3f}, may be chance: "
            f"95 % interval {lead['low']:+.3f} to {lead['high']:+.3f}."
        )
    if _known(fused, simple, "ibs") and fused["ibs"] >= simple["ibs"]:
        found.append(
            f"Clinical data alone has the smaller or equal Brier score: {simple['ibs']:.3f} against "
            f"{fused['ibs']:.3f} (smaller is better)."
        )
    return found


def _idle(report: Mapping[str, Any]) -> list[str]:
    """Modalities that were measured and added nothing."""
    return [
        f"{row['modality'].capitalize()} data added nothing in the training cohort."
        for row in report.get("modalities", [])
        if row.get("weight") == 0
    ]


def _groups(ours: list[Card], theirs: list[Card]) -> list[str]:
    return [
        f"{bias.KINDS[one['kind']]} {one['group']}: clinical data alone ranks better, C {other['c']:.3f} "
        f"against {one['c']:.3f} (n {one['n']})."
        for one, other in zip(ours, theirs, strict=True)
        if one["kind"] and _known(one, other, "c") and other["c"] > one["c"]
    ]


def _miscalibrated(fused: Mapping[str, Any]) -> list[str]:
    slope = fused.get("slope")
    if slope is None or 0.9 <= slope <= 1.1:
        return []
    how = "too extreme" if slope < 0.9 else "too timid"
    return [f"Its risks are {how}: calibration slope {slope:.2f} (1 is right, 0.9 to 1.1 is the goal)."]


def _own_row(report: Mapping[str, Any]) -> str:
    """What the report calls the row of the model itself."""
    return f"{report.get('strategy', 'late')} fusion"


def _known(one: Mapping[str, Any], other: Mapping[str, Any], name: str) -> bool:
    return one.get(name) is not None and other.get(name) is not None


def facts(report: Mapping[str, Any], card: Mapping[str, Any]) -> dict[str, float | None]:
    """What the criteria of the first steps are held against (see `criteria.CRITERIA`)."""
    rows = {row["row"]: row for row in report.get("rows", [])}
    fused, mixed = rows.get(_own_row(report), {}), rows.get("shuffled labels", {})
    gap = fused.get("gap") if gap_at(fused.get("gap_day")) == "three years" else None
    return {
        "deaths": report.get("events"),
        "c_low": fused.get("c_low"),
        "slope": fused.get("slope"),
        "gap": None if gap is None else abs(gap),
        "shuffled_off": _distance(mixed.get("c_low"), mixed.get("c_high")),
        "lead_low": (report.get("lead_over_clinical") or {}).get("low"),
        "group_gap": card.get("group_gap"),
    }


def _distance(low: float | None, high: float | None) -> float | None:
    """How far an interval of C lies from .5; 0 where it holds it."""
    return None if low is None or high is None else round(max(0.0, low - 0.5, 0.5 - high), 4)
