from __future__ import annotations

import numpy as np
import pytest

from tumorboard.fusion import cox
from tumorboard.fusion.survival import Outcome, kaplan_meier

from .simulated import outcome_of


@pytest.fixture(scope="module")
def simulated_cohort():
    draw = np.random.default_rng(5)
    truth = np.array([0.8, -0.5, 0.0, 0.3])
    x = draw.normal(size=(2500, 4))
    return x, outcome_of(x @ truth, draw), truth


def breslow_log_likelihood(x, outcome, b):
    """The partial likelihood as it stands in the textbook, pair by pair."""
    eta = x @ b
    return sum(
        eta[i] - np.log(np.exp(eta[outcome.time >= outcome.time[i]]).sum())
        for i in np.flatnonzero(outcome.event)
    )


def tied(seed=0, patients=60):
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(patients, 3))
    return x, Outcome(draw.random(patients) < 0.6, draw.integers(1, 12, patients).astype(float))


def test_it_finds_the_coefficients_it_was_simulated_with(simulated_cohort):
    x, outcome, truth = simulated_cohort
    fitted = cox.fit(x, outcome, penalty=0.0)
    error = np.sqrt(np.diag(np.linalg.inv(fitted.information)))
    assert (np.abs(fitted.coefficients - truth) < 3 * error).all()
    assert error.max() < 0.05


def test_value_and_gradient_are_those_of_the_textbook_with_ties():
    x, outcome = tied()
    sets, b = cox.risk_sets(outcome), np.array([0.3, -0.2, 0.1])
    value, gradient = cox._objective(x[sets.order], sets, 0.0, b)
    assert value == pytest.approx(-breslow_log_likelihood(x, outcome, b), abs=1e-9)
    for place, step in enumerate(np.eye(3) * 1e-5):
        slope = (
            breslow_log_likelihood(x, outcome, b - step) - breslow_log_likelihood(x, outcome, b + step)
        ) / 2e-5
        assert gradient[place] == pytest.approx(slope, abs=1e-5)


def test_information_is_the_slope_of_the_gradient():
    x, outcome = tied()
    sets, b = cox.risk_sets(outcome), np.array([0.3, -0.2, 0.1])
    x = x[sets.order]
    information = cox._information(x, sets, *cox._hazards(x @ b, sets))
    for place, step in enumerate(np.eye(3) * 1e-5):
        upper, lower = (cox._objective(x, sets, 0.0, at)[1] for at in (b + step, b - step))
        np.testing.assert_allclose(information[place], (upper - lower) / 2e-5, atol=1e-4)


def test_penalty_shrinks_and_the_optimum_is_stationary():
    x, outcome = tied()
    sets = cox.risk_sets(outcome)
    norms = []
    for penalty in (0.0, 1.0, 20.0, 1e6):
        b = cox.fit(x, outcome, penalty=penalty).coefficients
        assert np.abs(cox._objective(x[sets.order], sets, penalty, b)[1]).max() < 1e-4
        norms.append(float(np.linalg.norm(b)))
    assert norms == sorted(norms, reverse=True)
    assert norms[-1] < 1e-3


def test_strata_are_fitted_as_if_each_had_its_own_baseline():
    x, outcome = tied(patients=80)
    group = np.repeat([0, 1], 40)
    b = cox.fit(x, outcome, penalty=0.0, strata=group).coefficients
    total = sum(
        cox._objective(x[part][sets.order], sets, 0.0, b)[1]
        for part in (group == 0, group == 1)
        for sets in [cox.risk_sets(outcome.rows(part))]
    )
    np.testing.assert_allclose(total, 0, atol=1e-4)


def test_nonnegative_keeps_good_and_zeroes_harmful_directions(simulated_cohort):
    x, outcome, _ = simulated_cohort
    free = cox.fit(x[:, [0, 3]], outcome, penalty=1.0).coefficients
    bound = cox.fit(x, outcome, penalty=1.0, nonnegative=True).coefficients
    assert (bound >= 0).all()
    assert bound[1] == 0
    np.testing.assert_allclose(bound[[0, 3]], free, atol=0.08)


def test_the_order_of_patients_does_not_matter():
    x, outcome = tied()
    order = np.random.default_rng(1).permutation(len(outcome))
    ours = cox.fit(x, outcome, penalty=1.0).coefficients
    theirs = cox.fit(x[order], outcome.rows(order), penalty=1.0).coefficients
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("nonnegative", [False, True])
def test_no_event_gives_no_coefficient(nonnegative):
    outcome = Outcome(np.zeros(5, dtype=bool), np.arange(5.0))
    fitted = cox.fit(np.ones((5, 2)), outcome, penalty=1.0, nonnegative=nonnegative)
    assert fitted.coefficients.tolist() == [0, 0]


def test_a_perfect_predictor_stays_finite_under_a_penalty():
    time = np.arange(1.0, 41)
    fitted = cox.fit(-time[:, None] / 10, Outcome(np.ones(40, dtype=bool), time), penalty=1.0)
    assert np.isfinite(fitted.coefficients).all()
    assert fitted.coefficients[0] > 0


def test_huge_log_hazards_do_not_overflow():
    x, outcome = tied()
    baseline = cox.breslow(x[:, 0] + 200, outcome)
    shifted = cox.breslow(x[:, 0], outcome)
    day = [outcome.time.max()]
    np.testing.assert_allclose(
        baseline.survival(x[:, 0] + 200, day), shifted.survival(x[:, 0], day), rtol=1e-9
    )


def test_covariates_and_outcomes_must_fit():
    with pytest.raises(ValueError, match="do not fit"):
        cox.fit(np.ones((3, 1)), Outcome(np.ones(2, dtype=bool), np.ones(2)), penalty=1.0)


def test_breslow_recovers_the_true_survival(simulated_cohort):
    x, outcome, truth = simulated_cohort
    days = np.array([90.0, 365, 730, 1095])
    curve = cox.breslow(x @ truth, outcome).survival(np.array([0.0, 1.0]), days)
    expected = np.exp(-np.exp([[0.0], [1.0]]) * days / 900)
    np.testing.assert_allclose(curve, expected, atol=0.03)


def test_without_covariates_breslow_is_nearly_kaplan_meier(simulated_cohort):
    _, outcome, _ = simulated_cohort
    days = np.linspace(10, 1500, 20)
    flat = cox.breslow(np.zeros(len(outcome)), outcome)
    np.testing.assert_allclose(flat.survival(np.zeros(1), days)[0], kaplan_meier(outcome).at(days), atol=2e-3)


def test_interval_holds_the_curve_and_widens_with_what_is_unknown(simulated_cohort):
    x, outcome, truth = simulated_cohort
    baseline = cox.breslow(x @ truth, outcome, slope_error=0.05)
    days, risk = np.linspace(0, 1800, 30), np.array([-1.0, 0.0, 2.0])
    curve = baseline.survival(risk, days)
    low, high = baseline.interval(risk, days, np.zeros(3))
    lower, higher = baseline.interval(risk, days, np.full(3, 0.5))
    assert ((lower >= 0) & (lower <= low) & (low <= curve) & (curve <= high) & (high <= higher)).all()
    assert (higher <= 1).all()
    assert (np.diff(curve, axis=1) <= 0).all()
    assert (np.diff(low, axis=1) <= 1e-9).all()


def test_coverage_of_the_interval_is_near_its_name():
    hits = []
    for seed in range(120):
        draw = np.random.default_rng(seed)
        risk = draw.normal(size=150)
        outcome = outcome_of(risk, draw)
        low, high = cox.breslow(risk, outcome).interval(np.zeros(1), [500.0], np.zeros(1))
        hits.append(low[0, 0] <= np.exp(-500 / 900) <= high[0, 0])
    assert 0.88 <= np.mean(hits) <= 1.0
