"""Is the model as good for one group of patients as for another? Held-out figures, with intervals.

Risks of different folds come from different models, so only patients of one fold are compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from .cohort import Cohort
from .metrics import weighted_pairs
from .survival import Bools, Floats, Outcome, kaplan_meier
from .validation import THREE_YEARS, Predictions, rounded, rows_of

FEWEST_DEATHS = 10  # below it no figure is given
FEWEST_JUDGED = 100  # patients; below it a figure is given but not judged against the goal
LARGEST_C_GAP, LARGEST_CALIBRATION_GAP = 0.05, 0.03
AGES = ((0, 50, "under 50"), (50, 60, "50 to 59"), (60, 70, "60 to 69"), (70, 200, "70 and over"))
RESAMPLES = 500

Row = dict[str, Any]
KINDS: Mapping[str, str] = {"sex": "Sex", "age": "Age", "site": "Site", "tumor_type": "Tumour"}


def by_group(cohort: Cohort, predicted: Predictions, *, seed: int = 0) -> list[Row]:
    """A row for everyone, then one for each value of sex, age band, site and tumour (see `figures`)."""
    whole = {"kind": "", "group": "everyone", **figures(cohort.outcome, predicted, seed=seed)}
    rows = [whole]
    for kind, group, members in groups(cohort.groups):
        one = figures(cohort.outcome.rows(members), rows_of(predicted, members), seed=seed)
        rows.append({"kind": kind, "group": group, **one, "verdict": verdict(one, whole)})
    return rows


def groups(about: pd.DataFrame) -> Iterator[tuple[str, str, Bools]]:
    """Kind, name and members (n,) of each group; who has no value of a kind is a group of its own."""
    for kind in KINDS:
        if kind not in about.columns:
            continue
        names = about[kind].map(_band) if kind == "age" else about[kind].astype(object)
        names = names.where(names.notna(), "not known").astype(str).to_numpy()
        for name in sorted(set(names), key=_place):
            yield kind, name, names == name


def _place(name: str) -> tuple[int, str]:
    """Age bands from young to old, other names as they are spelt, what is not known last."""
    bands = [band for _, _, band in AGES]
    return (bands.index(name) if name in bands else len(bands) + (name == "not known"), name)


def _band(age: float) -> str | None:
    return next((name for low, high, name in AGES if low <= age < high), None)


def figures(outcome: Outcome, predicted: Predictions, *, seed: int = 0) -> Row:
    """n, deaths, C with its 95 % interval, and the gap of predicted to observed survival at three years (or
    the last day of the grid) with its interval; no figures where too few died."""
    row: Row = {"n": len(outcome), "events": outcome.events}
    if outcome.events < FEWEST_DEATHS:
        return {**row, "too_few": f"{outcome.events} deaths, {FEWEST_DEATHS} are needed"}
    c, low, high = stratified_concordance(outcome, predicted.risk, predicted.split, seed=seed)
    return {
        **row,
        "c": rounded(c),
        "c_low": rounded(low),
        "c_high": rounded(high),
        **_gap(outcome, predicted),
    }


def _gap(outcome: Outcome, predicted: Predictions) -> Row:
    """Mean predicted survival minus Kaplan-Meier; the interval is the curve's own (log-log)."""
    place = int(np.abs(predicted.times - THREE_YEARS).argmin())
    day, curve = float(predicted.times[place]), kaplan_meier(outcome)
    if day > curve.follow_up:
        return {"gap": None, "gap_low": None, "gap_high": None, "gap_day": round(day)}
    mean, (low, high) = float(predicted.survival[:, place].mean()), curve.interval_at(day)
    return {
        "gap": rounded(mean - float(curve.at(day))),
        "gap_low": rounded(mean - float(high)),
        "gap_high": rounded(mean - float(low)),
        "gap_day": round(day),
    }


def verdict(row: Row, whole: Row) -> str:
    """`even`, `uneven` or `too few`: whether the group lies within the goals of the whole cohort."""
    if "too_few" in row or row["n"] < FEWEST_JUDGED or "too_few" in whole:
        return "too few"
    behind = (whole["c"] or 0.0) - (row["c"] or 0.0) > LARGEST_C_GAP
    off = row["gap"] is not None and abs(row["gap"]) > LARGEST_CALIBRATION_GAP
    return "uneven" if behind or off else "even"


def worst(rows: list[Row]) -> float | None:
    """The largest distance of a judged group's C below that of everyone; None where no group is judged."""
    judged = [row for row in rows if row.get("verdict") in ("even", "uneven")]
    return max((round(rows[0]["c"] - row["c"], 4) for row in judged), default=None)


def stratified_concordance(
    outcome: Outcome, risk: Floats, split: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[float, float, float]:
    """Harrell's C over the pairs within one fold, with its 95 % bootstrap interval over patients."""
    draw = np.random.default_rng(seed)
    usable, agreed = np.zeros(resamples + 1), np.zeros(resamples + 1)
    for number in np.unique(split):
        mine = split == number
        count = int(mine.sum())
        drawn = draw.multinomial(count, np.full(count, 1 / count), size=resamples)
        weights = np.vstack([np.ones(count), drawn])
        pairs = weighted_pairs(outcome.rows(mine), risk[mine], weights)
        usable, agreed = usable + pairs[0], agreed + pairs[1]
    values = np.divide(agreed, usable, out=np.full(resamples + 1, np.nan), where=usable > 0)
    if not np.isfinite(values[1:]).any():
        return float(values[0]), float("nan"), float("nan")
    low, high = np.nanpercentile(values[1:], [2.5, 97.5])
    return float(values[0]), float(low), float(high)
