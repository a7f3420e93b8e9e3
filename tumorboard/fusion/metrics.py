"""How good a survival prediction is: ranking, squared error, calibration."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import chi2

from . import cox
from .survival import Floats, Outcome, censoring_curve, kaplan_meier

BLOCK = 512  # events compared with everyone at once: bounds memory at 512 x n


def concordance(outcome: Outcome, risk: Floats) -> float:
    """Harrell's C: the share of usable pairs in which the patient who died first had the higher risk.

    A pair is usable when the earlier time is a death; on one day, a death counts as before a loss to
    follow-up and two deaths are not ordered. Tied risks count half. NaN when there is no usable pair.
    Harrell 1982.
    """
    usable, concordant = concordance_pairs(outcome, risk)
    return float(concordant / usable) if usable else float("nan")


def concordance_pairs(outcome: Outcome, risk: Floats) -> tuple[float, float]:
    """Usable pairs, and how many of them agree."""
    usable = concordant = 0.0
    died = np.flatnonzero(outcome.event)
    for begin in range(0, len(died), BLOCK):
        pairs, agreement = _pairs(outcome, risk, died[begin : begin + BLOCK])
        usable += pairs.sum()
        concordant += agreement.sum()
    return float(usable), float(concordant)


def uno_concordance(
    outcome: Outcome, risk: Floats, *, censored: Outcome | None = None, until: float | None = None
) -> float:
    """Uno's C: Harrell's pairs, each weighted by 1 / G(time of the earlier death)^2, before day `until`.

    G is the Kaplan-Meier curve of the censoring in `censored` (training patients; the same ones without it),
    so the figure does not depend on who was followed for how long. Uno 2011.
    """
    curve = censoring_curve(outcome if censored is None else censored)
    weight = _inverse(curve.at(np.minimum(outcome.time, curve.follow_up))) ** 2
    limit = np.inf if until is None else until
    usable = concordant = 0.0
    died = np.flatnonzero(outcome.event & (outcome.time < limit))
    for begin in range(0, len(died), BLOCK):
        some = died[begin : begin + BLOCK]
        pairs, agreement = _pairs(outcome, risk, some)
        usable += float(weight[some] @ pairs.sum(axis=1))
        concordant += float(weight[some] @ agreement.sum(axis=1))
    return concordant / usable if usable else float("nan")


def calibration_intercept(outcome: Outcome, reached: Floats) -> float:
    """Log of observed over expected deaths, from predicted survival `reached` (n,) on each last day; 0 is
    right.

    Expected deaths are the sum of cumulative hazards (Crowson, Atkinson and Therneau 2016).
    """
    expected = -np.log(np.maximum(reached, 1e-300)).sum()
    return float(np.log(outcome.events / expected)) if outcome.events and expected > 0 else float("nan")


def quintile_gaps(outcome: Outcome, survival: Floats, day: float, parts: int = 5) -> Floats:
    """Mean predicted survival (n,) at `day` minus Kaplan-Meier in each fifth of predicted risk, highest
    first.
    """
    order = np.argsort(survival, kind="stable")
    groups = np.array_split(order, parts)
    return np.array([calibration_gap(outcome.rows(rows), survival[rows], day) for rows in groups])


def d_calibration(outcome: Outcome, reached: Floats, bins: int = 10) -> float:
    """p of the chi-square test that predicted survival `reached` (n,) at death is uniform (Haider 2020).

    A censored patient is spread over the bins their death may still fall into.
    """
    edges = np.linspace(0, 1, bins + 1)
    place = np.clip(np.searchsorted(edges, reached, side="left") - 1, 0, bins - 1)
    counts = np.bincount(place[outcome.event], minlength=bins).astype(np.float64)
    for left, number in zip(reached[~outcome.event], place[~outcome.event], strict=True):
        below = np.clip(left - edges[:-1], 0, 1 / bins)
        counts += below / left if left > 0 else np.eye(bins)[number]
    expected = len(outcome) / bins
    return float(chi2.sf(((counts - expected) ** 2 / expected).sum(), bins - 1))


def brier(outcome: Outcome, survival: Floats, times: Floats) -> Floats:
    """Brier score at each of `times` (t,) of predicted `survival` (n, t), weighted for censoring.

    The censoring curve comes from the same patients (Graf 1999). Refuses times beyond the follow-up.
    """
    censoring = censoring_curve(outcome)
    weight_own = _inverse(censoring.at(outcome.time))[:, None]
    weight_then = _inverse(censoring.at(times))[None, :]
    gone = (outcome.time[:, None] <= times) & outcome.event[:, None]
    here = outcome.time[:, None] > times
    errors: Floats = gone * weight_own * survival**2 + here * weight_then * (1 - survival) ** 2
    return np.asarray(errors.mean(axis=0))


def integrated_brier(outcome: Outcome, survival: Floats, times: Floats) -> float:
    """The Brier score averaged over `times` by the trapezoid rule (IBS); NaN where they span no time."""
    if times[-1] <= times[0]:
        return float("nan")
    return float(np.trapezoid(brier(outcome, survival, times), times) / (times[-1] - times[0]))


def calibration_slope(outcome: Outcome, risk: Floats) -> float:
    """Cox coefficient of the log hazard itself: 1 is right, below 1 too extreme (van Houwelingen 2000)."""
    if not outcome.events or np.ptp(risk) == 0:
        return float("nan")
    return float(cox.fit(risk[:, None], outcome, penalty=0.0).coefficients[0])


def calibration_gap(outcome: Outcome, survival: Floats, day: float) -> float:
    """Mean predicted survival (n,) at `day` minus the Kaplan-Meier estimate; NaN beyond the follow-up."""
    curve = kaplan_meier(outcome)
    return float(survival.mean() - curve.at(day)) if day <= curve.follow_up else float("nan")


def concordance_interval(
    folds: Sequence[tuple[Outcome, Floats]],
    against: Sequence[Floats] | None = None,
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """95 % bootstrap interval of the mean C over folds, or of its lead over the paired risks `against`.

    Patients are drawn with replacement within their fold. A drawn patient is a weight, so each resample is
    two matrix products with the fixed table of pairs instead of a new sort.
    """
    draw = np.random.default_rng(seed)
    per_fold = []
    for number, (outcome, risk) in enumerate(folds):
        weights = draw.multinomial(len(outcome), np.full(len(outcome), 1 / len(outcome)), size=resamples)
        values = _weighted_concordance(outcome, risk, weights.astype(np.float64))
        if against is not None:
            values = values - _weighted_concordance(outcome, against[number], weights.astype(np.float64))
        per_fold.append(values)
    means = np.mean(per_fold, axis=0)
    low, high = (
        np.percentile(means[np.isfinite(means)], [2.5, 97.5])
        if np.isfinite(means).any()
        else (np.nan, np.nan)
    )
    return float(low), float(high)


def _pairs(outcome: Outcome, risk: Floats, died: np.ndarray) -> tuple[Floats, Floats]:
    """For each of `died` against everyone: 1 where the pair is usable; 1, 0.5 or 0 for its agreement."""
    time, own = outcome.time[died][:, None], risk[died][:, None]
    usable = (outcome.time > time) | ((outcome.time == time) & ~outcome.event)
    agreement = usable * ((own > risk) + 0.5 * (own == risk))
    return usable.astype(np.float64), agreement


def _weighted_concordance(outcome: Outcome, risk: Floats, weights: Floats) -> Floats:
    pairs, agreed = weighted_pairs(outcome, risk, weights)
    values: Floats = np.divide(agreed, pairs, out=np.full(len(weights), np.nan), where=pairs > 0)
    return values


def weighted_pairs(outcome: Outcome, risk: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Usable and agreeing pairs (r,) for each row of `weights` (r, n), how often each patient was drawn."""
    usable, agreed = np.zeros(len(weights)), np.zeros(len(weights))
    died = np.flatnonzero(outcome.event)
    for begin in range(0, len(died), BLOCK):
        some = died[begin : begin + BLOCK]
        pairs, agreement = _pairs(outcome, risk, some)
        usable += ((weights[:, some] @ pairs) * weights).sum(axis=1)
        agreed += ((weights[:, some] @ agreement) * weights).sum(axis=1)
    return usable, agreed


def _inverse(probability: Floats) -> Floats:
    return np.divide(1.0, probability, out=np.zeros_like(probability), where=probability > 0)
