"""Cross-validation: every patient is predicted by a fusion that never saw them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import metrics
from .cohort import Cohort
from .fused import Fitted
from .late import fit_late
from .survival import Floats, Outcome, kaplan_meier, step

Fit = Callable[[Cohort], Fitted]
GRID_POINTS = 30
GRID_START = 180.0  # days
FEWEST_FOR_A_FIGURE = 10  # deaths
THREE_YEARS = 3 * 365.25
A_GRID_STEP = 60.0  # days


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Held-out log hazard `risk` (n,), `survival` (n, t) on days `times`, lower `bound` (n,) in days (NaN:
    none) and the fold of each patient.
    """

    risk: Floats
    survival: Floats
    times: Floats
    split: np.ndarray
    bound: Floats | None = None
    reached: Floats | None = None  # predicted survival on each patient's last day


def time_grid(outcome: Outcome, *, last: float = 1825.0) -> Floats:
    """30 days between 180 and `last`, shortened to where a tenth of the patients are still observed."""
    end = min(last, float(np.quantile(outcome.time, 0.9))) if len(outcome) else last
    return np.linspace(min(GRID_START, end / 2), end, GRID_POINTS)


def cross_validate(
    cohort: Cohort, fit: Fit, times: Floats, *, shown: Collection[str] | None = None
) -> Predictions:
    """Fit on all folds of `cohort.split` but one, predict that one, for each.

    With `shown`, only these modalities are shown when predicting: training had them all.
    """
    return predict(cohort if shown is None else cohort.only(shown), fit_folds(cohort, fit), times)


def fit_folds(cohort: Cohort, fit: Fit) -> dict[int, Fitted]:
    """Per fold of `cohort.split`, a fusion of the others: fold k was held out of entry k."""
    return {int(number): fit(cohort.rows(cohort.split != number)) for number in np.unique(cohort.split)}


def predict(cohort: Cohort, fits: Mapping[int, Fitted], times: Floats) -> Predictions:
    """Each patient by the fusion their fold was held out of."""
    risk, survival = np.zeros(len(cohort)), np.ones((len(cohort), len(times)))
    bound, reached = np.full(len(cohort), np.nan), np.ones(len(cohort))
    for number, fitted in fits.items():
        held, fusion = cohort.split == number, fitted.fusion
        tables = cohort.rows(held).tables
        risk[held] = fusion.risk(tables)
        survival[held] = fusion.baseline.survival(risk[held], np.minimum(times, fusion.baseline.follow_up))
        bound[held] = fusion.lower_bound(tables)
        hazard = step(fusion.baseline.time, fusion.baseline.hazard, cohort.outcome.time[held], before=0.0)
        reached[held] = np.exp(-np.exp(risk[held]) * hazard)
    return Predictions(risk, survival, times, cohort.split, bound, reached)


def late(cohort: Cohort, times: Floats, seed: int) -> Predictions:
    """The late fusion, cross-validated."""
    return cross_validate(cohort, lambda part: fit_late(part, seed=seed), times)


def shuffled(cohort: Cohort, seed: int) -> Cohort:
    """The same patients with each other's outcomes: whatever is found there was leaked or luck."""
    order = np.random.default_rng(seed).permutation(len(cohort))
    return cohort.with_outcome(cohort.outcome.rows(order))


def without_a_model(cohort: Cohort, times: Floats) -> Predictions:
    """The Kaplan-Meier row of every table: the training folds' curve for everyone."""
    survival = np.ones((len(cohort), len(times)))
    for number in np.unique(cohort.split):
        held = cohort.split == number
        curve = kaplan_meier(cohort.outcome.rows(~held))
        survival[held] = curve.at(np.minimum(times, curve.follow_up))
    return Predictions(np.zeros(len(cohort)), survival, times, cohort.split)


def figures(
    outcome: Outcome, predicted: Predictions, *, resamples: int = 1000, seed: int = 0
) -> dict[str, Any]:
    """C (mean over folds) with its interval, IBS, calibration slope, gap at three years: plain numbers."""
    folds = by_fold(outcome, predicted)
    low, high = metrics.concordance_interval(folds, resamples=resamples, seed=seed)
    times = predicted.times
    return {
        "n": len(outcome),
        "events": outcome.events,
        "c": rounded(mean_concordance(folds)),
        "c_low": rounded(low),
        "c_high": rounded(high),
        "ibs": rounded(metrics.integrated_brier(outcome, predicted.survival, times)),
        "slope": rounded(metrics.calibration_slope(outcome, predicted.risk)),
        "gap": rounded(_gap(outcome, predicted)),
        **calibration(outcome, predicted),
        "gap_day": round(_gap_day(times)),
    }


def calibration(outcome: Outcome, predicted: Predictions) -> dict[str, float | None]:
    """Uno's C (mean over folds), log observed over expected, worst quintile gap, p of D-calibration."""
    day, reached = _gap_day(predicted.times), predicted.reached
    uno = [metrics.uno_concordance(*fold) for fold in by_fold(outcome, predicted)]
    gaps = metrics.quintile_gaps(outcome, _at_three_years(predicted), day)
    known = np.isfinite(gaps)
    return {
        "uno": rounded(float(np.nanmean(uno))) if np.isfinite(uno).any() else None,
        "intercept": None if reached is None else rounded(metrics.calibration_intercept(outcome, reached)),
        "worst_fifth": rounded(gaps[known][np.abs(gaps[known]).argmax()]) if known.any() else None,
        "d_calibration_p": None if reached is None else rounded(metrics.d_calibration(outcome, reached)),
    }


def by_likeness(cohort: Cohort, predicted: Predictions) -> dict[str, dict[str, Any]]:
    """Figures of patients with exactly the same modalities, of the same tumour, and of both ("LUAD
    clinical").
    """
    patterns = np.array(["+".join(names) for names in patterns_of(cohort)])
    known = cohort.groups.get("tumor_type")
    tumors = np.array([""] * len(cohort)) if known is None else known.fillna("").astype(str).to_numpy()
    both = np.array([f"{tumor} {name}" for tumor, name in zip(tumors, patterns, strict=True)])
    return {
        "patterns": _by_label(patterns, cohort, predicted),
        "tumors": _by_label(tumors, cohort, predicted),
        "alike": _by_label(both, cohort, predicted),
    }


def _by_label(labels: np.ndarray, cohort: Cohort, predicted: Predictions) -> dict[str, dict[str, Any]]:
    """C of pairs within a fold, the gap at three years and the cover of the bound, where enough died."""
    result = {}
    for label in np.unique(labels):
        mine = labels == label
        outcome = cohort.outcome.rows(mine)
        if label and outcome.events >= FEWEST_FOR_A_FIGURE:
            result[str(label)] = {
                "n": len(outcome),
                "events": outcome.events,
                "c": rounded(pooled_concordance(outcome, rows_of(predicted, mine))),
                "gap": rounded(_gap(outcome, rows_of(predicted, mine))),
            }
    return result


def pooled_concordance(outcome: Outcome, predicted: Predictions) -> float:
    """C over pairs of the same fold, each pair counting once: for groups too small for a C per fold."""
    pairs = [metrics.concordance_pairs(part, risk) for part, risk in by_fold(outcome, predicted)]
    usable, agreed = np.sum(pairs, axis=0)
    return float(agreed / usable) if usable else float("nan")


def rows_of(predicted: Predictions, chosen: np.ndarray) -> Predictions:
    """The predictions of some patients, by index or mask."""
    bound, reached = (None if v is None else v[chosen] for v in (predicted.bound, predicted.reached))
    return Predictions(
        predicted.risk[chosen],
        predicted.survival[chosen],
        predicted.times,
        predicted.split[chosen],
        bound,
        reached,
    )


def patterns_of(cohort: Cohort) -> list[tuple[str, ...]]:
    """The modalities each patient has."""
    names = list(cohort.tables)
    present = (
        np.column_stack([cohort.tables[name].present for name in names])
        if names
        else np.empty((len(cohort), 0))
    )
    return [tuple(name for name, has in zip(names, row, strict=True) if has) for row in present]


def by_fold(outcome: Outcome, predicted: Predictions) -> list[tuple[Outcome, Floats]]:
    """Outcome and risk of each fold.

    Risks of different folds come from different models: never rank them together.
    """
    numbers = np.unique(predicted.split)
    return [(outcome.rows(predicted.split == k), predicted.risk[predicted.split == k]) for k in numbers]


def mean_concordance(folds: list[tuple[Outcome, Floats]]) -> float:
    values = np.array([metrics.concordance(outcome, risk) for outcome, risk in folds])
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


def rounded(value: float, digits: int = 4) -> float | None:
    """For JSON: a plain rounded number, or None where the figure does not exist."""
    return round(float(value), digits) if np.isfinite(value) else None


def _gap(outcome: Outcome, predicted: Predictions) -> float:
    return metrics.calibration_gap(outcome, _at_three_years(predicted), _gap_day(predicted.times))


def gap_at(day: float | None) -> str:
    """The day of a gap in words: short cohorts have none at three years."""
    return "three years" if day is None or abs(day - THREE_YEARS) <= A_GRID_STEP else f"day {day:.0f}"


def _gap_day(times: Floats) -> float:
    return float(times[np.abs(times - THREE_YEARS).argmin()])


def _at_three_years(predicted: Predictions) -> Floats:
    return predicted.survival[:, np.abs(predicted.times - THREE_YEARS).argmin()]
