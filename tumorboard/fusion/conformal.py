"""A lower bound on survival time that holds for nine in ten patients of the same missingness pattern.

A curve S(t | x) from out-of-fold risks gives each training patient U = S(T | x). The bound of a patient is
the day their curve falls to a cut q; it is missed when U > q. The cut is the smallest whose miss rate, with
deaths weighted by the inverse probability of still being observed (Horvitz-Thompson), is at most 1 - level.
Only early deaths can miss a bound, so only they need weights. Weights come from a Cox model of the
censoring, so censoring may depend on what the model sees. After Candes, Lei and Ren 2023 and Gui, Hore, Ren
and Barber 2024; per pattern as in Mondrian conformal prediction (Vovk 2012).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from . import cox
from .cox import Baseline
from .survival import Bools, Floats, Outcome, step

LEVEL = 0.9
FEWEST = 100  # patients of exactly a pattern for a cut of its own
MOST_MODALITIES = 8  # 255 patterns
CENSORING_PENALTY = 5.0
SMALLEST_SHARE = 0.05  # a probability of being observed below this would make one patient count for 20


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """`survival`: where on a patient's curve the bound lies. `masked`: from patients who have more than
    this.
    """

    survival: float
    patients: int
    masked: bool


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """A cut per missingness pattern ("clinical+labs"); a pattern too rare for a valid cut has none."""

    cuts: Mapping[str, Cut] = field(default_factory=dict)

    def cut(self, modalities: Sequence[str]) -> Cut | None:
        return self.cuts.get(pattern(modalities))


def pattern(modalities: Sequence[str]) -> str:
    """The name of a missingness pattern."""
    return "+".join(sorted(modalities))


def fit_bounds(
    parts: Floats, present: Bools, outcome: Outcome, names: Sequence[str], baseline: Baseline
) -> Bounds:
    """Cuts from out-of-fold contributions `parts` (n, m) of patients who have `present` (n, m)."""
    if not 0 < len(names) <= MOST_MODALITIES or not outcome.events:
        return Bounds()
    weight = observation_weights(outcome, np.column_stack([parts, present]))
    hazard = step(baseline.time, baseline.hazard, outcome.time, before=0.0)
    cuts = {}
    for chosen in product((False, True), repeat=len(names)):
        kept = np.array(chosen)
        rows, masked = _like(present, kept)
        if rows is None or not kept.any():
            continue
        reached = np.exp(-np.exp(parts[rows][:, kept].sum(axis=1)) * hazard[rows])
        name = pattern([name for name, has in zip(names, chosen, strict=True) if has])
        cuts[name] = Cut(smallest_cut(reached, weight[rows], LEVEL), int(rows.sum()), masked)
    return Bounds(cuts)


def smallest_cut(reached: Floats, weight: Floats, level: float) -> float:
    """Smallest q with (sum of `weight` where `reached` > q, plus 1) / (n + 1) at most 1 - `level`.

    `reached` (n,) is each patient's predicted survival on their last day, `weight` (n,) is 0 for a censored
    one. The plus 1 is the new patient, as in split conformal prediction.
    """
    order = np.argsort(-reached, kind="stable")
    missed = (np.cumsum(weight[order]) + 1) / (len(reached) + 1)
    too_many = np.flatnonzero(missed > 1 - level)
    return float(reached[order[too_many[0]]]) if len(too_many) else 0.0


def observation_weights(outcome: Outcome, covariates: Floats) -> Floats:
    """1 / P(still observed just before the death | covariates) for the dead, 0 for the censored.

    A Cox model of the censoring; columns that do not vary are left out.
    """
    lost = Outcome(~outcome.event, outcome.time)
    if not lost.events:
        return outcome.event.astype(np.float64)
    spread = covariates.std(axis=0)
    z = (covariates - covariates.mean(axis=0))[:, spread > 0] / spread[spread > 0]
    risk = z @ cox.fit(z, lost, penalty=CENSORING_PENALTY).coefficients
    baseline = cox.breslow(risk, lost)
    just_before = np.nextafter(outcome.time, -np.inf)
    hazard = step(baseline.time, baseline.hazard, just_before, before=0.0)
    observed = np.maximum(np.exp(-np.exp(risk) * hazard), SMALLEST_SHARE)
    return np.where(outcome.event, 1 / observed, 0.0)


def lower_bound(risk: Floats, baseline: Baseline, cut: Floats) -> Floats:
    """Day (n,) until which survival stays above `cut` (n,); NaN cut, NaN bound; at most the follow-up."""
    needed = -np.log(np.clip(cut, 1e-300, 1.0)) / np.exp(risk)
    place = np.searchsorted(baseline.hazard, needed, side="left")
    days = np.append(baseline.time, baseline.follow_up)[place]
    return np.where(np.isnan(cut), np.nan, days)


def covered(outcome: Outcome, bound: Floats, weight: Floats) -> float:
    """Estimated share of patients who live at least to their `bound` (n,) days, weighted for censoring."""
    missed = (outcome.time < bound) * weight
    return float(1 - missed.mean()) if len(outcome) else float("nan")


def _like(present: Bools, kept: Bools) -> tuple[Bools | None, bool]:
    """Patients a pattern's cut is taken from: those with exactly it, or those with at least it."""
    exactly: Bools = np.asarray((present == kept).all(axis=1))
    if exactly.sum() >= FEWEST:
        return exactly, False
    at_least: Bools = np.asarray(present[:, kept].all(axis=1))
    return (at_least, True) if at_least.sum() >= FEWEST else (None, False)
