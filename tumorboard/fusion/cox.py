"""Ridge Cox regression and the Breslow baseline, in closed NumPy.

Ties follow Breslow (1974), so that the fitted hazards are exactly the ones the Breslow baseline sums up. The
penalty is `penalty / 2 * |coefficients|^2` against the summed (not averaged) log partial likelihood.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import solve
from scipy.optimize import minimize

from .survival import Z95, Floats, Ints, Outcome, refuse_beyond, step

MAX_NEWTON_STEPS = 60
TOLERANCE = 1e-10
JITTER = 1e-10
MAX_HALVINGS = 30
WIDE = 300  # columns from which a curvature matrix costs more than it saves

Objective = Callable[[Floats], tuple[float, Floats]]


@dataclass(frozen=True, slots=True, eq=False)
class RiskSets:
    """Patients sorted by falling time within stratum, with the borders of each one's risk set."""

    order: Ints
    event: Floats
    first: Ints  # first row of the same time in the stratum
    last: Ints  # last row of the same time in the stratum
    start: Ints  # first row of the stratum
    end: Ints  # one past the last row of the stratum

    def at_risk_sum(self, values: Floats) -> Floats:
        """Per patient, the sum of `values` over everyone still at risk at their time."""
        total = _from_zero(values)
        return total[self.last + 1] - total[self.start]

    def past_sum(self, values: Floats) -> Floats:
        """Per patient, the sum of `values` over everyone of the stratum whose time is not later."""
        total = _from_zero(values)
        return total[self.end] - total[self.first]


def risk_sets(outcome: Outcome, strata: ArrayLike | None = None) -> RiskSets:
    groups = (
        np.zeros(len(outcome), dtype=np.int64)
        if strata is None
        else np.unique(strata, return_inverse=True)[1]
    )
    order = np.lexsort((-outcome.time, groups))
    group, time = groups[order], outcome.time[order]
    new_group = np.diff(group, prepend=-1) != 0
    new_time = new_group | (np.diff(time, prepend=np.inf) != 0)
    first, last = _borders(new_time)
    start, end = _borders(new_group)
    return RiskSets(order, outcome.event[order].astype(np.float64), first, last, start, end + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Cox:
    """Log hazard ratios per unit of each column, and the (unpenalised) information at them.

    The information of a fit with WIDE or more columns is not computed: it is empty.
    """

    coefficients: Floats
    information: Floats


def fit(
    x: Floats,
    outcome: Outcome,
    *,
    penalty: float,
    strata: ArrayLike | None = None,
    start: Floats | None = None,
    nonnegative: bool = False,
) -> Cox:
    """Maximise the penalised partial likelihood of `x` (n, p), finite and roughly of unit scale.

    `strata` (n,) gives each group its own baseline hazard. Without an event every coefficient is 0. Cox 1972.
    """
    if x.ndim != 2 or len(x) != len(outcome):
        raise ValueError(f"{x.shape} covariates do not fit {len(outcome)} outcomes")
    sets = risk_sets(outcome, strata)
    x = x[sets.order]
    begin = np.zeros(x.shape[1]) if start is None else start
    if not outcome.events or not x.shape[1]:
        return Cox(np.zeros(x.shape[1]), np.zeros((x.shape[1], x.shape[1])))
    wide = x.shape[1] >= WIDE
    search = _bounded_search if nonnegative else _gradient_search if wide else _newton
    coefficients = search(x, sets, penalty, begin)
    if wide:
        return Cox(coefficients, np.empty((0, 0)))
    return Cox(coefficients, _information(x, sets, *_hazards(x @ coefficients, sets)))


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """Cumulative hazard of a patient with log hazard 0, and what its interval needs.

    `time` and the arrays have one entry per distinct event time; `slope_error` is the relative standard
    error of the calibration slope inside the log hazards it was fitted on.
    """

    time: Floats
    hazard: Floats
    hazard_variance: Floats
    mean_risk: Floats
    slope_error: float
    follow_up: float

    def survival(self, risk: Floats, times: ArrayLike) -> Floats:
        """Survival (n, t) of patients with log hazards `risk` (n,) on days `times` (t,)."""
        hazard = step(self.time, self.hazard, refuse_beyond(times, self.follow_up), before=0.0)
        return np.exp(-np.exp(risk)[:, None] * hazard)

    def interval(self, risk: Floats, times: ArrayLike, unknown: Floats) -> tuple[Floats, Floats]:
        """Pointwise 95 % interval (n, t) around `survival`, on the log cumulative hazard scale.

        Adds to Tsiatis' variance (1981) the variance `unknown` (n,) of log hazard that absent modalities
        leave open.
        """
        times = refuse_beyond(times, self.follow_up)
        hazard, variance, mean = (
            step(self.time, values, times, before=0.0)
            for values in (self.hazard, self.hazard_variance, self.mean_risk)
        )
        of_baseline = np.divide(variance, hazard**2, out=np.zeros_like(hazard), where=hazard > 0)
        of_slope = ((risk[:, None] - mean) * self.slope_error) ** 2
        width = Z95 * np.sqrt(of_baseline + of_slope + unknown[:, None])
        centre = np.exp(risk)[:, None] * hazard
        return np.exp(-centre * np.exp(width)), np.exp(-centre * np.exp(-width))


def breslow(risk: Floats, outcome: Outcome, *, slope_error: float = 0.0) -> Baseline:
    """The Breslow (1974) baseline under log hazards `risk` (n,), which are taken as given."""
    sets = risk_sets(outcome)
    ordered = risk[sets.order]
    scale = ordered.max(initial=0.0)
    weight = np.exp(ordered - scale)
    total = sets.at_risk_sum(weight)
    mean = sets.at_risk_sum(weight * ordered) / total
    jump = sets.event / total * np.exp(-scale)
    time, place = np.unique(outcome.time[sets.order], return_inverse=True)
    jumps = np.zeros((len(time), 3))
    np.add.at(jumps, place, np.column_stack([jump, jump * jump, jump * mean]))
    hazard, variance, weighted = np.cumsum(jumps, axis=0).T
    kept = np.bincount(place, weights=sets.event, minlength=len(time)) > 0
    mean_risk = weighted[kept] / hazard[kept]
    follow_up = float(time[-1]) if len(time) else 0.0
    return Baseline(time[kept], hazard[kept], variance[kept], mean_risk, slope_error, follow_up)


def loss(eta: Floats, sets: RiskSets) -> tuple[float, Floats]:
    """Negative log partial likelihood of log hazards `eta` (n,), in the order of `sets`, and its gradient
    (n,).

    The gradient is minus the martingale residuals.
    """
    weight, total, scale = _hazards(eta, sets)
    value = -float(sets.event @ (eta - np.log(total) - scale))
    return value, weight * sets.past_sum(sets.event / total) - sets.event


def _newton(x: Floats, sets: RiskSets, penalty: float, b: Floats) -> Floats:
    objective = partial(_objective, x, sets, penalty)
    value, gradient = objective(b)
    for _ in range(MAX_NEWTON_STEPS):
        curvature = _information(x, sets, *_hazards(x @ b, sets))
        curvature[np.diag_indices_from(curvature)] += penalty + JITTER
        move = solve(curvature, -gradient, assume_a="pos")
        if -gradient @ move < TOLERANCE:
            break
        b = _shortened(objective, b, move, value)
        value, gradient = objective(b)
    return b


def _shortened(objective: Objective, b: Floats, move: Floats, value: float) -> Floats:
    """`b` after the Newton step, halved until it does not make the fit worse than rounding can."""
    for _ in range(MAX_HALVINGS):
        if objective(b + move)[0] <= value + TOLERANCE * max(1.0, abs(value)):
            return b + move
        move = move / 2
    return b


def _bounded_search(x: Floats, sets: RiskSets, penalty: float, b: Floats) -> Floats:
    return _searched(x, sets, penalty, np.maximum(b, 0.0), [(0.0, None)] * x.shape[1], precision=1e-13)


def _gradient_search(x: Floats, sets: RiskSets, penalty: float, b: Floats) -> Floats:
    return _searched(x, sets, penalty, b, None, precision=1e-10)


def _searched(
    x: Floats,
    sets: RiskSets,
    penalty: float,
    b: Floats,
    bounds: list[tuple[float, None]] | None,
    *,
    precision: float,
) -> Floats:
    found = minimize(
        partial(_objective, x, sets, penalty),
        b,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"ftol": precision, "gtol": 1e-7, "maxiter": 500},
    )
    return np.asarray(found.x, dtype=np.float64)


def _objective(x: Floats, sets: RiskSets, penalty: float, b: Floats) -> tuple[float, Floats]:
    """Penalised negative log partial likelihood and its gradient (from the martingale residuals)."""
    value, slope = loss(x @ b, sets)
    return value + penalty / 2 * float(b @ b), x.T @ slope + penalty * b


def _hazards(eta: Floats, sets: RiskSets) -> tuple[Floats, Floats, float]:
    """Relative hazards, their risk-set sums, and the log scale both were divided by against overflow."""
    scale = float(eta.max())
    weight = np.exp(eta - scale)
    return weight, sets.at_risk_sum(weight), scale


def _information(x: Floats, sets: RiskSets, weight: Floats, total: Floats, _scale: float) -> Floats:
    expected = weight * sets.past_sum(sets.event / total)
    mean = (sets.at_risk_sum(weight[:, None] * x) / total[:, None])[sets.event > 0]
    return (x * expected[:, None]).T @ x - mean.T @ mean


def _from_zero(values: Floats) -> Floats:
    return np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])


def _borders(is_new: np.ndarray) -> tuple[Ints, Ints]:
    """First and last index of the run each position belongs to."""
    starts = np.flatnonzero(is_new)
    run = np.cumsum(is_new) - 1
    ends = np.append(starts[1:], len(is_new)) - 1
    return starts[run], ends[run]
