"""Late fusion, the default: one expert per modality, joined by a non-negative stack of their own risks.

The stack sees out-of-fold risks only. On the centred scale an absent modality contributes exactly 0, so
nothing is imputed and every contribution is exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from . import cox
from .cohort import Cohort, Tables, assign_folds
from .cox import Baseline
from .experts import Expert, fit_expert, too_small
from .metrics import concordance
from .survival import Bools, Floats, Ints, Outcome

INNER_FOLDS = 5
STACK_PENALTY = 5.0
EVENTS_PER_WEIGHT = 20  # below this the stack would overfit; the C-weighted mean has nothing to overfit
FEWEST_EVENTS = 20


@dataclass(frozen=True, slots=True, eq=False)
class LateFusion:
    """`experts` in the order of their names; `scale` (m,) is log hazard per unit of each expert's own risk.

    `spread` (m,) is the standard deviation of each contribution: what stays open when the modality is absent.
    `left_out` says per modality why it has no expert. `method` is "stack", "weighted mean" or "none".
    """

    experts: Mapping[str, Expert]
    scale: Floats
    spread: Floats
    baseline: Baseline
    method: str
    left_out: Mapping[str, str]

    def present(self, tables: Tables) -> Bools:
        """(n, m): True where the patient has the modality of the expert."""
        count = _count(tables)
        gone = np.zeros(count, dtype=bool)
        columns = [tables[name].present if name in tables else gone for name in self.experts]
        return np.column_stack([np.zeros((count, 0), dtype=bool), *columns])

    def parts(self, tables: Tables) -> Floats:
        """Log-hazard contribution (n, m) of each modality; exactly 0 where it is absent."""
        parts = np.zeros((_count(tables), len(self.experts)))
        present = self.present(tables)
        for number, (name, expert) in enumerate(self.experts.items()):
            rows = np.flatnonzero(present[:, number])
            if len(rows):
                parts[rows, number] = expert.risk(expert.columns(tables[name])[rows]) * self.scale[number]
        return parts

    def feature_parts(self, tables: Tables, modality: str) -> Floats:
        """Log-hazard contribution (n, p) of the expert's features; NaN where the modality is absent."""
        number, expert = list(self.experts).index(modality), self.experts[modality]
        values = expert.columns(tables[modality])
        shares = expert.shares(values) * self.scale[number]
        return np.where(tables[modality].present[:, None], shares, np.nan)

    def risk(self, tables: Tables) -> Floats:
        """Calibrated log hazard (n,) against the average training patient."""
        risk: Floats = self.parts(tables).sum(axis=1)
        return risk

    def survival(self, tables: Tables, times: ArrayLike) -> Floats:
        """Survival (n, t) on days `times` (t,)."""
        return self.baseline.survival(self.risk(tables), times)

    def interval(self, tables: Tables, times: ArrayLike) -> tuple[Floats, Floats]:
        """Pointwise 95 % interval (n, t), wider the more of the model's modalities are absent."""
        unknown = (~self.present(tables) * self.spread**2).sum(axis=1)
        return self.baseline.interval(self.risk(tables), times, unknown)


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A fitted fusion with the out-of-fold fused risk (n,) of its own training patients."""

    fusion: LateFusion
    out_of_fold: Floats


def fit_late(cohort: Cohort, *, seed: int = 0) -> Fitted:
    """Train on every row of `cohort`; everything that is chosen is chosen by folds inside it."""
    left_out = {name: too_small(table, cohort.outcome) for name, table in cohort.tables.items()}
    left_out = {name: reason for name, reason in left_out.items() if reason}
    usable = [name for name in cohort.tables if name not in left_out]
    if cohort.outcome.events < FEWEST_EVENTS or not usable:
        return _untrained(cohort, left_out)
    folds = assign_folds(cohort.outcome, INNER_FOLDS, seed)
    pairs = {name: fit_expert(cohort.tables[name], cohort.outcome, folds) for name in usable}
    out_of_fold = np.column_stack([risk for _, risk in pairs.values()])
    return _joined(
        {name: expert for name, (expert, _) in pairs.items()}, out_of_fold, cohort.outcome, folds, left_out
    )


def _joined(
    experts: Mapping[str, Expert], raw: Floats, outcome: Outcome, folds: Ints, left_out: Mapping[str, str]
) -> Fitted:
    deviation = np.nanstd(raw, axis=0)
    unit = np.divide(1.0, deviation, out=np.zeros_like(deviation), where=deviation > 0)
    z = np.nan_to_num(raw) * unit
    method = "stack" if outcome.events >= EVENTS_PER_WEIGHT * len(experts) else "weighted mean"
    crossed = np.zeros(len(outcome))
    for number in np.unique(folds):
        kept = folds != number
        weights = _weights(z[kept], ~np.isnan(raw[kept]), outcome.rows(kept), method)
        crossed[~kept] = (z[~kept] * weights).sum(axis=1)
    slope, error = _recalibration(crossed, outcome)
    weights = slope * _weights(z, ~np.isnan(raw), outcome, method)
    fused = slope * crossed
    baseline = cox.breslow(fused, outcome, slope_error=error)
    return Fitted(LateFusion(experts, weights * unit, weights, baseline, method, left_out), fused)


def _weights(z: Floats, present: Bools, outcome: Outcome, method: str) -> Floats:
    """Non-negative weight (m,) of each expert's unit-variance risk `z` (n, m), 0 where absent."""
    if method == "stack":
        return cox.fit(z, outcome, penalty=STACK_PENALTY, nonnegative=True).coefficients
    ranked = [concordance(outcome.rows(has), column[has]) for column, has in zip(z.T, present.T, strict=True)]
    lead = np.maximum(np.nan_to_num(ranked, nan=0.5) - 0.5, 0.0)
    return lead / lead.sum() if lead.sum() else lead


def _recalibration(fused: Floats, outcome: Outcome) -> tuple[float, float]:
    """Slope that makes the cross-fitted risk a calibrated log hazard, and its relative standard error."""
    if np.ptp(fused) == 0:
        return 0.0, 0.0
    fitted = cox.fit(fused[:, None], outcome, penalty=0.0)
    slope = float(fitted.coefficients[0])
    if slope <= 0:  # the fused risk ranks no better than chance: the score is the cohort's curve
        return 0.0, 0.0
    return slope, float(1 / np.sqrt(fitted.information[0, 0]) / slope)


def _untrained(cohort: Cohort, left_out: Mapping[str, str]) -> Fitted:
    nothing = np.zeros(len(cohort))
    baseline = cox.breslow(nothing, cohort.outcome)
    return Fitted(LateFusion({}, np.empty(0), np.empty(0), baseline, "none", left_out), nothing)


def _count(tables: Tables) -> int:
    return next((len(table.present) for table in tables.values()), 0)
