from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tumorboard.fusion import validation
from tumorboard.fusion.benchmarks import measuring
from tumorboard.fusion.benchmarks.measuring import Run
from tumorboard.fusion.cohort import from_long
from tumorboard.fusion.late import fit_late
from tumorboard.fusion.survival import Outcome
from tumorboard.fusion.validation import Predictions

DAYS = np.linspace(100, 1200, 12)


@pytest.fixture(scope="module")
def cohort(gold):
    return from_long(*gold)


@pytest.fixture(scope="module")
def fused(cohort):
    return validation.late(cohort, DAYS, seed=1)


def test_nobody_is_predicted_by_a_fusion_that_saw_them(cohort):
    seen: list[set[str]] = []

    def fit(part):
        seen.append(set(part.patients))
        return fit_late(part, seed=1)

    validation.cross_validate(cohort, fit, DAYS)
    held = [set(cohort.rows(cohort.split == number).patients) for number in range(5)]
    assert all(not training & test for training, test in zip(seen, held, strict=True))
    assert set().union(*held) == set(cohort.patients)


def test_held_out_curves_are_proper(fused):
    assert np.isfinite(fused.risk).all()
    assert ((fused.survival >= 0) & (fused.survival <= 1)).all()
    assert (np.diff(fused.survival, axis=1) <= 0).all()


def test_changing_a_patients_own_outcome_does_not_change_their_prediction(cohort, fused):
    held = np.flatnonzero(cohort.split == 2)
    event, time = cohort.outcome.event.copy(), cohort.outcome.time.copy()
    event[held], time[held] = ~event[held], time[held][::-1]
    other = validation.late(cohort.with_outcome(Outcome(event, time)), DAYS, seed=1)
    np.testing.assert_array_equal(other.risk[held], fused.risk[held])


def test_shown_modalities_are_the_only_ones_used_in_prediction(cohort, fused):
    def fit(part):
        return fit_late(part, seed=1)

    masked = validation.cross_validate(cohort, fit, DAYS, shown=["clinical"])
    assert (masked.risk != fused.risk).any()
    nothing = validation.cross_validate(cohort, fit, DAYS, shown=[])
    assert set(nothing.risk) == {0.0}


def test_without_a_model_everyone_of_a_fold_has_the_others_curve(cohort):
    flat = validation.without_a_model(cohort, DAYS)
    for number in range(5):
        assert len(np.unique(flat.survival[cohort.split == number], axis=0)) == 1
    assert len(np.unique(flat.survival, axis=0)) == 5


def test_shuffling_keeps_the_outcomes_and_breaks_the_pairing(cohort):
    mixed = validation.shuffled(cohort, seed=1)
    assert sorted(mixed.outcome.time) == sorted(cohort.outcome.time)
    assert (mixed.outcome.time != cohort.outcome.time).mean() > 0.9
    assert mixed.patients == cohort.patients


def test_patterns_name_exactly_what_is_present(cohort):
    names = validation.patterns_of(cohort)
    for row in (0, 10, 100):
        assert set(names[row]) == {name for name, table in cohort.tables.items() if table.present[row]}


def test_the_grid_stays_where_patients_are_still_seen(cohort):
    days = validation.time_grid(cohort.outcome)
    assert len(days) == 30
    assert 0 < days[0] < days[-1] <= np.quantile(cohort.outcome.time, 0.9)


def test_figures_of_one_patient_per_fold_are_unknown_not_wrong():
    outcome = Outcome(np.array([True, True]), np.array([100.0, 200.0]))
    alone = Predictions(np.zeros(2), np.full((2, 2), 0.5), np.array([50.0, 150.0]), np.array([0, 1]))
    found = validation.figures(outcome, alone, resamples=5)
    assert found["c"] is None
    assert found["c_low"] is None
    assert found["slope"] is None
    assert found["ibs"] == 0.25


def test_a_benchmark_row_averages_over_folds_and_repeats(cohort, fused):
    row = measuring.row(Run("fused", cohort.outcome, [fused, fused]))
    once = validation.figures(cohort.outcome, fused, resamples=1)
    assert row["c"] == pytest.approx(once["c"], abs=1e-4)
    assert row["ibs"] == once["ibs"]


def test_a_lead_over_oneself_is_nothing(cohort, fused):
    run = Run("fused", cohort.outcome, [fused])
    assert measuring.lead(run, run) == {"row": "fused against fused", "c": 0, "low": 0, "high": 0}


def test_a_real_lead_is_seen(cohort, fused):
    noise = replace(fused, risk=np.random.default_rng(0).normal(size=len(cohort)))
    ahead = measuring.lead(Run("a", cohort.outcome, [fused]), Run("b", cohort.outcome, [noise]))
    assert ahead["low"] > 0
