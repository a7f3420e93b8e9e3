"""Cross-validation: every patient is predicted by a fusion that never saw them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import metrics
from .cohort import Cohort
from .late import Fitted, fit_late
from .survival import Floats, Outcome, kaplan_meier

Fit = Callable[[Cohort], Fitted]
GRID_POINTS = 30
GRID_START = 180.0  # days
FEWEST_FOR_A_FIGURE = 10  # deaths


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Held-out log hazard `risk` (n,) and `survival` (n, t) on days `times`; the fold of each patient."""

    risk: Floats
    survival: Floats
    times: Floats
    split: np.ndarray


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
    visible = cohort if shown is None else cohort.only(shown)
    risk, survival = np.zeros(len(cohort)), np.ones((len(cohort), len(times)))
    for number in np.unique(cohort.split):
        held = cohort.split == number
        fusion = fit(cohort.rows(~held)).fusion
        risk[held] = fusion.risk(visible.rows(held).tables)
        survival[held] = fusion.baseline.survival(risk[held], np.minimum(times, fusion.baseline.follow_up))
    return Predictions(risk, survival, times, cohort.split)


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
        "gap": rounded(metrics.calibration_gap(outcome, _at_three_years(predicted), _gap_day(times))),
        "gap_day": round(_gap_day(times)),
    }


def by_pattern(cohort: Cohort, predicted: Predictions) -> dict[str, dict[str, Any]]:
    """Pooled C of the patients with exactly the same modalities, where enough died for a figure."""
    patterns = np.array(["+".join(names) for names in patterns_of(cohort)])
    result = {}
    for pattern in np.unique(patterns):
        outcome, risk = cohort.outcome.rows(patterns == pattern), predicted.risk[patterns == pattern]
        if outcome.events >= FEWEST_FOR_A_FIGURE:
            c = rounded(metrics.concordance(outcome, risk))
            result[str(pattern)] = {"n": len(outcome), "events": outcome.events, "c": c}
    return result


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


def _gap_day(times: Floats) -> float:
    return float(times[np.abs(times - 3 * 365.25).argmin()])


def _at_three_years(predicted: Predictions) -> Floats:
    return predicted.survival[:, np.abs(predicted.times - 3 * 365.25).argmin()]
