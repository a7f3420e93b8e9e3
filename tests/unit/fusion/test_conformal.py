"""The lower bound covers nine in ten, on simulated truth, whatever censors the patients."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pytest

from tumorboard.fusion import conformal, cox
from tumorboard.fusion.cohort import Cohort, Table, assign_folds
from tumorboard.fusion.conformal import Bounds, Cut, fit_bounds, pattern, smallest_cut
from tumorboard.fusion.late import fit_late
from tumorboard.fusion.survival import Outcome

REPEATS = 20 if os.environ.get("PROVE") else 4
DRAW_OF = {"independent": 0.0, "dependent": 1.2}


def simulated(patients: int, censoring: float, seed: int) -> tuple[Cohort, np.ndarray]:
    """Two modalities, the second absent for a third; censoring may be faster for the sick. And the true
    days.
    """
    draw = np.random.default_rng(seed)
    values = {name: draw.normal(size=(patients, 3)) for name in ("clinical", "labs")}
    risk = 0.7 * values["clinical"][:, 0] + 0.7 * values["labs"][:, 0]
    death = draw.exponential(900 / np.exp(risk))
    lost = draw.exponential(1500 / np.exp(censoring * values["clinical"][:, 0]))
    having = {"clinical": np.ones(patients, dtype=bool), "labs": draw.random(patients) < 0.67}
    tables = {
        name: Table(tuple(f"{name}{k}" for k in range(3)), found, having[name])
        for name, found in values.items()
    }
    outcome = Outcome(death <= lost, np.minimum(death, lost))
    return Cohort(
        tuple(f"p{number}" for number in range(patients)),
        tables,
        outcome,
        pd.DataFrame(index=range(patients)),
        assign_folds(outcome, 5, seed),
    ), death


@pytest.mark.parametrize("kind", ["independent", "dependent"])
def test_coverage_on_simulated_truth(kind):
    overall, full, partial = [], [], []
    for seed in range(REPEATS):
        training, _ = simulated(600, DRAW_OF[kind], seed)
        fresh, death = simulated(2000, DRAW_OF[kind], seed + 1000)
        alive = death >= fit_late(training, seed=1).fusion.lower_bound(fresh.tables)
        labs = fresh.tables["labs"].present
        overall.append(alive.mean())
        full.append(alive[labs].mean())
        partial.append(alive[~labs].mean())
    assert 0.88 <= np.mean(overall) <= 0.93
    assert np.mean(full) >= 0.87
    assert np.mean(partial) >= 0.87


def test_ignoring_dependent_censoring_would_miss_what_the_weights_mend():
    cohort, _ = simulated(4000, 1.2, 7)
    x = cohort.tables["clinical"].values[:, :1]
    weighted = conformal.observation_weights(cohort.outcome, x)
    plain = conformal.observation_weights(cohort.outcome, np.zeros((4000, 1)))
    sick = cohort.outcome.event & (x[:, 0] > 1)
    assert weighted[sick].mean() > 1.2 * plain[sick].mean()


def test_the_cut_is_the_smallest_that_misses_one_in_ten():
    reached = np.linspace(0.01, 1, 100)
    cut = smallest_cut(reached, np.ones(100), 0.9)
    missed = (reached > cut).sum()
    assert (missed + 1) / 101 <= 0.1 < (missed + 2) / 101


def test_nobody_died_or_everybody_was_lost_gives_no_bound_beyond_the_follow_up():
    assert smallest_cut(np.array([0.9, 0.8]), np.zeros(2), 0.1) == 0.0
    outcome = Outcome(np.zeros(3, dtype=bool), np.ones(3))
    assert conformal.observation_weights(outcome, np.zeros((3, 1))).tolist() == [0, 0, 0]
    parts, present = np.zeros((3, 1)), np.ones((3, 1), dtype=bool)
    baseline = cox.breslow(np.zeros(3), outcome)
    assert fit_bounds(parts, present, outcome, ["labs"], baseline).cuts == {}


def test_a_rare_pattern_borrows_from_those_who_have_more_and_says_so():
    cohort, _ = simulated(300, 0.0, 3)
    bounds = fit_late(cohort, seed=1).fusion.bounds
    assert not bounds.cut(["clinical", "labs"]).masked
    assert bounds.cut(["labs"]).masked
    assert bounds.cut(["labs"]).patients == cohort.tables["labs"].present.sum()
    small, _ = simulated(90, 0.0, 3)
    assert fit_late(small, seed=1).fusion.bounds.cuts == {}


def test_the_bound_falls_as_risk_rises_and_is_nan_without_a_cut():
    outcome = Outcome(np.ones(50, dtype=bool), np.arange(1.0, 51))
    baseline = cox.breslow(np.zeros(50), outcome)
    days = conformal.lower_bound(np.array([-1.0, 0.0, 1.0, 0.0]), baseline, np.array([0.9, 0.9, 0.9, np.nan]))
    assert days[0] > days[1] > days[2]
    assert np.isnan(days[3])
    assert conformal.lower_bound(np.array([-30.0]), baseline, np.array([0.5]))[0] == baseline.follow_up


def test_bounds_are_found_by_the_name_of_the_pattern():
    assert pattern(["labs", "clinical"]) == "clinical+labs"
    cut = Cut(0.9, 100, False)
    assert Bounds({"clinical+labs": cut}).cut(["labs", "clinical"]) is cut
    assert Bounds().cut([]) is None
