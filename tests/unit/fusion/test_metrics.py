from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumorboard.fusion import cox, metrics
from tumorboard.fusion.survival import Outcome

from .simulated import outcome_of


def slow_concordance(outcome: Outcome, risk) -> float:
    """Harrell's definition, pair by pair."""
    usable = agreed = 0.0
    for i, j in itertools.permutations(range(len(outcome)), 2):
        later = outcome.time[j] > outcome.time[i]
        lost_same_day = outcome.time[j] == outcome.time[i] and not outcome.event[j]
        if outcome.event[i] and (later or lost_same_day):
            usable += 1
            agreed += 1.0 if risk[i] > risk[j] else 0.5 if risk[i] == risk[j] else 0.0
    return agreed / usable if usable else float("nan")


def slow_brier(outcome: Outcome, survival, day: float) -> float:
    """Graf's definition, patient by patient, with its own censoring curve."""

    def still_observed(t):
        share = 1.0
        for s in sorted({x for x, e in zip(outcome.time, outcome.event, strict=True) if not e and x <= t}):
            lost = sum((outcome.time == s) & ~outcome.event)
            risk = sum(outcome.time >= s) - sum((outcome.time == s) & outcome.event)
            share *= 1 - lost / risk
        return share

    total = 0.0
    for time, event, predicted in zip(outcome.time, outcome.event, survival, strict=True):
        if time <= day and event:
            total += predicted**2 / still_observed(time)
        elif time > day:
            total += (1 - predicted) ** 2 / still_observed(day)
    return total / len(outcome)


patients = st.lists(st.tuples(st.booleans(), st.integers(0, 8), st.integers(-3, 3)), min_size=1, max_size=25)


@settings(deadline=None)
@given(patients)
def test_concordance_equals_its_definition(rows):
    outcome = Outcome(np.array([e for e, _, _ in rows]), np.array([float(t) for _, t, _ in rows]))
    risk = np.array([float(r) for _, _, r in rows])
    np.testing.assert_allclose(
        metrics.concordance(outcome, risk), slow_concordance(outcome, risk), atol=1e-12
    )


def test_concordance_over_several_blocks(monkeypatch):
    draw = np.random.default_rng(0)
    risk = draw.normal(size=90)
    outcome = outcome_of(risk, draw)
    whole = metrics.concordance(outcome, risk)
    monkeypatch.setattr(metrics, "BLOCK", 7)
    assert metrics.concordance(outcome, risk) == pytest.approx(whole, abs=1e-12)
    assert whole == pytest.approx(slow_concordance(outcome, risk), abs=1e-12)


def test_concordance_is_perfect_reversed_or_undefined():
    outcome = Outcome(np.ones(4, dtype=bool), np.array([1.0, 2, 3, 4]))
    assert metrics.concordance(outcome, np.array([4.0, 3, 2, 1])) == 1
    assert metrics.concordance(outcome, np.array([1.0, 2, 3, 4])) == 0
    assert metrics.concordance(outcome, np.zeros(4)) == 0.5
    assert np.isnan(metrics.concordance(Outcome(np.zeros(2, dtype=bool), np.ones(2)), np.ones(2)))


def test_brier_equals_its_definition():
    draw = np.random.default_rng(4)
    outcome = Outcome(draw.random(40) < 0.6, draw.integers(1, 20, 40).astype(float))
    days = np.array([3.0, 8, 15])
    survival = draw.random((40, 3))
    expected = [slow_brier(outcome, survival[:, k], day) for k, day in enumerate(days)]
    np.testing.assert_allclose(metrics.brier(outcome, survival, days), expected, atol=1e-12)


def test_brier_of_certainty_and_of_a_coin():
    outcome = Outcome(np.array([True, True, False, False]), np.array([1.0, 2, 9, 9]))
    right = np.array([[0.0], [0], [1], [1]])
    assert metrics.brier(outcome, right, np.array([5.0]))[0] == 0
    assert metrics.brier(outcome, np.full((4, 1), 0.5), np.array([5.0]))[0] == pytest.approx(0.25)


def test_integrated_brier_prefers_the_truth():
    draw = np.random.default_rng(2)
    risk = draw.normal(size=800)
    outcome = outcome_of(risk, draw)
    days = np.linspace(100, 1500, 30)
    truth = np.exp(-np.exp(risk)[:, None] * days / 900)
    flat = np.exp(-np.exp(np.zeros(800))[:, None] * days / 900)
    assert (
        metrics.integrated_brier(outcome, truth, days) < metrics.integrated_brier(outcome, flat, days) - 0.02
    )


def test_slope_and_gap_see_miscalibration():
    draw = np.random.default_rng(7)
    risk = draw.normal(size=3000)
    outcome = outcome_of(risk, draw)
    assert metrics.calibration_slope(outcome, risk) == pytest.approx(1.0, abs=0.1)
    assert metrics.calibration_slope(outcome, 2 * risk) == pytest.approx(0.5, abs=0.05)
    assert np.isnan(metrics.calibration_slope(outcome, np.zeros(3000)))
    survival = cox.breslow(risk, outcome).survival(risk, [1000.0])[:, 0]
    assert metrics.calibration_gap(outcome, survival, 1000.0) == pytest.approx(0, abs=0.02)
    assert metrics.calibration_gap(outcome, np.minimum(survival + 0.1, 1), 1000.0) > 0.05
    assert np.isnan(metrics.calibration_gap(outcome, survival, 1e6))


def test_bootstrap_weights_are_the_same_as_drawing_patients():
    draw = np.random.default_rng(1)
    risk = draw.normal(size=40)
    outcome = outcome_of(risk, draw)
    drawn = draw.integers(0, 40, 40)
    weights = np.bincount(drawn, minlength=40).astype(float)[None]
    assert metrics._weighted_concordance(outcome, risk, weights)[0] == pytest.approx(
        metrics.concordance(outcome.rows(drawn), risk[drawn]), abs=1e-12
    )
    everyone = metrics._weighted_concordance(outcome, risk, np.ones((1, 40)))[0]
    assert everyone == pytest.approx(metrics.concordance(outcome, risk), abs=1e-12)


def test_bootstrap_interval_holds_the_figure_and_sees_a_lead():
    draw = np.random.default_rng(3)
    risk = draw.normal(size=200)
    folds = [(outcome_of(risk, draw), risk) for _ in range(3)]
    noise = [draw.normal(size=200) for _ in range(3)]
    low, high = metrics.concordance_interval(folds, resamples=200)
    assert low < np.mean([metrics.concordance(*fold) for fold in folds]) < high
    assert metrics.concordance_interval(folds, noise, resamples=200)[0] > 0
    same = metrics.concordance_interval(folds, [risk] * 3, resamples=200)
    assert same == (0, 0)


def test_observed_over_expected_and_d_calibration_know_the_truth():
    draw = np.random.default_rng(5)
    risk = draw.normal(size=3000)
    outcome = outcome_of(risk, draw)
    truth = np.exp(-np.exp(risk) * outcome.time / 900)
    assert metrics.calibration_intercept(outcome, truth) == pytest.approx(0, abs=0.05)
    assert metrics.calibration_intercept(outcome, truth**0.5) == pytest.approx(np.log(2), abs=0.05)
    assert metrics.d_calibration(outcome, truth) > 0.05
    assert metrics.d_calibration(outcome, truth**2) < 1e-6


def test_quintile_gaps_find_the_group_that_is_wrong():
    draw = np.random.default_rng(6)
    risk = draw.normal(size=4000)
    outcome = outcome_of(risk, draw)
    truth = np.exp(-np.exp(risk) * 600 / 900)
    gaps = metrics.quintile_gaps(outcome, truth, 600.0)
    assert np.abs(gaps).max() < 0.05
    worst = np.where(truth <= np.quantile(truth, 0.2), truth + 0.2, truth)
    assert metrics.quintile_gaps(outcome, worst, 600.0)[0] > 0.1


def test_the_bootstrap_in_blocks_is_the_bootstrap_at_once(monkeypatch):
    """Memory is bounded by blocks of deaths; counts are whole numbers, so the digits stay the same."""
    draw = np.random.default_rng(0)
    outcome = Outcome(draw.random(90) < 0.7, np.ceil(draw.exponential(20, 90)))
    folds = [(outcome, np.round(draw.normal(size=90), 1))]
    at_once = metrics.concordance_interval(folds, resamples=50)
    monkeypatch.setattr(metrics, "BLOCK", 7)
    assert metrics.concordance_interval(folds, resamples=50) == at_once
