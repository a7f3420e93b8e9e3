"""Our metrics against an independent library, on 50 random data sets; the library is for tests only."""

from __future__ import annotations

import numpy as np
import pytest

from tumorboard.fusion import cox, metrics
from tumorboard.fusion.cohort import repeated_folds
from tumorboard.fusion.survival import Outcome, kaplan_meier

oracle = pytest.importorskip("sksurv.metrics")
SEEDS = range(50)


def drawn(seed: int, patients: int = 70) -> tuple[Outcome, np.ndarray, np.ndarray]:
    """An outcome with ties, a risk with ties, and the outcome as the library wants it."""
    draw = np.random.default_rng(seed)
    outcome = Outcome(draw.random(patients) < 0.6, draw.integers(1, 40, patients).astype(float))
    pairs = list(zip(outcome.event, outcome.time, strict=True))
    return (
        outcome,
        np.round(draw.normal(size=patients), 1),
        np.array(pairs, dtype=[("e", bool), ("t", float)]),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_harrell_and_uno(seed):
    outcome, risk, theirs = drawn(seed)
    assert metrics.concordance(outcome, risk) == pytest.approx(
        oracle.concordance_index_censored(outcome.event, outcome.time, risk)[0], abs=1e-8
    )
    training, _, known = drawn(seed + 500, 150)
    for until in (15.0, 30.0):
        assert metrics.uno_concordance(outcome, risk, censored=training, until=until) == pytest.approx(
            oracle.concordance_index_ipcw(known, theirs, risk, until)[0], abs=1e-8
        )


@pytest.mark.parametrize("seed", SEEDS)
def test_brier_and_its_integral(seed):
    outcome, risk, theirs = drawn(seed)
    days = np.array([3.0, 8.0, 15.0, 24.0])
    survival = cox.breslow(risk, outcome).survival(risk, days)
    np.testing.assert_allclose(
        metrics.brier(outcome, survival, days),
        oracle.brier_score(theirs, theirs, survival, days)[1],
        atol=1e-8,
    )
    assert metrics.integrated_brier(outcome, survival, days) == pytest.approx(
        oracle.integrated_brier_score(theirs, theirs, survival, days), abs=1e-8
    )


@pytest.mark.parametrize("seed", range(10))
def test_ridge_cox_and_the_curve_of_everyone(seed):
    linear = pytest.importorskip("sksurv.linear_model")
    nonparametric = pytest.importorskip("sksurv.nonparametric")
    outcome, _, theirs = drawn(seed)
    x = np.random.default_rng(seed).normal(size=(len(outcome), 4))
    fitted = linear.CoxPHSurvivalAnalysis(alpha=3.0, ties="breslow", tol=1e-14).fit(x, theirs)
    ours = cox.fit(x, outcome, penalty=3.0).coefficients
    np.testing.assert_allclose(ours, fitted.coef_, atol=1e-6)
    times, survival = nonparametric.kaplan_meier_estimator(outcome.event, outcome.time)
    np.testing.assert_allclose(kaplan_meier(outcome).at(times), survival, atol=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_repeated_folds_are_the_ones_the_figures_were_published_for(seed):
    selection = pytest.importorskip("sklearn.model_selection")
    outcome, _, _ = drawn(seed)
    splitter = selection.RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=11)
    ours = repeated_folds(outcome, 5, 2, 11)
    for number, (_, held) in enumerate(splitter.split(np.zeros(len(outcome)), outcome.event)):
        assert (ours[number // 5][held] == number % 5).all()
        assert (ours[number // 5] == number % 5).sum() == len(held)
