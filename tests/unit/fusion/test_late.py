from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tumorboard.fusion import cox, metrics, saved
from tumorboard.fusion.cohort import Cohort, Table, from_long
from tumorboard.fusion.late import fit_late
from tumorboard.fusion.model import Model, training_cohort
from tumorboard.fusion.survival import Outcome
from tumorboard.fusion.validation import cross_validate


@pytest.fixture(scope="module")
def cohort(gold) -> Cohort:
    return from_long(*gold)


@pytest.fixture(scope="module")
def fusion(cohort):
    return fit_late(cohort, seed=1).fusion


def version(cohort: Cohort) -> str:
    """The hash of all training artefacts."""
    fitted = fit_late(cohort, seed=1)
    return saved.content_hash(Model("m", fitted.fusion, training_cohort("c", cohort, fitted), {}, 1).state())


def with_noise_behind_the_mask(cohort: Cohort, noise: float) -> Cohort:
    tables = {
        name: Table(t.features, np.where(t.present[:, None], t.values, noise), t.present)
        for name, t in cohort.tables.items()
    }
    return replace(cohort, tables=tables)


@pytest.mark.parametrize("noise", [0.0, 1e9, -np.inf, np.nan])
def test_training_never_sees_behind_the_mask(cohort, noise):
    assert version(with_noise_behind_the_mask(cohort, noise)) == version(cohort)


def test_same_seed_same_model_and_the_order_of_modalities_is_irrelevant(cohort):
    turned = replace(cohort, tables=dict(reversed(cohort.tables.items())))
    assert version(cohort) == version(cohort) == version(turned)


def test_poisoned_validation_rows_leave_the_training_artefacts_alone(cohort):
    held = cohort.split == 0
    poisoned = {
        name: Table(t.features, np.where(held[:, None], 1e9, t.values), t.present | held)
        for name, t in cohort.tables.items()
    }
    outcome = Outcome(cohort.outcome.event ^ held, np.where(held, 1.0, cohort.outcome.time))
    other = replace(cohort, tables=poisoned, outcome=outcome)
    assert version(other.rows(~held)) == version(cohort.rows(~held))
    assert version(other) != version(cohort)


def test_an_absent_modality_contributes_exactly_0(cohort, fusion):
    parts, present = fusion.parts(cohort.tables), fusion.present(cohort.tables)
    assert (parts[~present] == 0).all()
    assert (parts[present] != 0).any()
    without = fusion.parts(cohort.only(["clinical", "labs"]).tables)
    for number, name in enumerate(fusion.experts):
        expected = parts[:, number] if name in ("clinical", "labs") else np.zeros(len(cohort))
        np.testing.assert_array_equal(without[:, number], expected)


def test_contributions_are_exact_sums(cohort, fusion):
    parts = fusion.parts(cohort.tables)
    np.testing.assert_array_equal(fusion.risk(cohort.tables), parts.sum(axis=1))
    for number, name in enumerate(fusion.experts):
        shares = fusion.feature_parts(cohort.tables, name)
        np.testing.assert_allclose(np.nansum(shares, axis=1), parts[:, number], atol=1e-12)


def test_a_patient_scores_alike_alone_and_in_company(cohort, fusion):
    alone = [fusion.risk(cohort.rows(np.array([row])).tables)[0] for row in range(20)]
    np.testing.assert_array_equal(alone, fusion.risk(cohort.tables)[:20])


def test_curves_are_proper_and_intervals_widen_as_modalities_go(cohort, fusion):
    days = np.linspace(0, 1500, 40)
    curve, (low, high) = fusion.survival(cohort.tables, days), fusion.interval(cohort.tables, days)
    for values in (curve, low, high):
        assert np.isfinite(values).all()
        assert ((values >= 0) & (values <= 1)).all()
        assert (np.diff(values, axis=1) <= 1e-12).all()
    assert ((low <= curve) & (curve <= high)).all()
    few = fusion.interval(cohort.only(["clinical"]).tables, days)
    assert (
        np.log(np.log(few[0][:, 20]) / np.log(few[1][:, 20])).mean()
        > np.log(np.log(low[:, 20]) / np.log(high[:, 20])).mean()
    )


def test_it_finds_what_was_put_in(cohort):
    fitted = fit_late(cohort, seed=1)
    assert fitted.fusion.method == "stack"
    assert (fitted.fusion.spread > 0).all()
    assert metrics.concordance(cohort.outcome, fitted.out_of_fold) > 0.65
    assert metrics.calibration_slope(cohort.outcome, fitted.out_of_fold) == pytest.approx(1, abs=1e-6)


def test_a_modality_of_noise_gets_almost_no_say(cohort):
    draw = np.random.default_rng(0)
    noise = Table(("n1", "n2"), draw.normal(size=(len(cohort), 2)), np.ones(len(cohort), dtype=bool))
    with_noise = fit_late(replace(cohort, tables={**cohort.tables, "wearables": noise}), seed=1).fusion
    spread = dict(zip(with_noise.experts, with_noise.spread, strict=True))
    assert spread["wearables"] < 0.5 * min(value for name, value in spread.items() if name != "wearables")


def test_masking_costs_little_against_a_refit_on_what_is_left(cohort):
    kept = ["clinical", "labs"]
    days = np.array([100.0])
    refit = cross_validate(cohort.only(kept), lambda part: fit_late(part, seed=1), days)
    masked = np.zeros(len(cohort))
    for number in np.unique(cohort.split):
        held = cohort.split == number
        masked[held] = fit_late(cohort.rows(~held), seed=1).fusion.risk(cohort.rows(held).only(kept).tables)
    regret = metrics.concordance(cohort.outcome, refit.risk) - metrics.concordance(cohort.outcome, masked)
    assert regret < 0.03


def test_few_events_take_the_weighted_mean(cohort):
    few = np.cumsum(cohort.outcome.event) <= 60
    thin = cohort.with_outcome(Outcome(cohort.outcome.event & few, cohort.outcome.time))
    fitted = fit_late(thin, seed=1).fusion
    assert fitted.method == "weighted mean"
    assert (fitted.spread >= 0).all()


@pytest.mark.parametrize("deaths", [0, 1, 19])
def test_too_few_events_train_nothing(cohort, deaths):
    event = cohort.outcome.event & (np.cumsum(cohort.outcome.event) <= deaths)
    fusion = fit_late(cohort.with_outcome(Outcome(event, cohort.outcome.time)), seed=1).fusion
    assert fusion.method == "none"
    assert fusion.risk(cohort.tables).tolist() == [0] * len(cohort)


def test_one_patient_and_nobody(cohort):
    for few in (cohort.rows(np.array([0])), cohort.rows(np.array([], dtype=int))):
        fusion = fit_late(few).fusion
        assert fusion.method == "none"
        assert fusion.risk(few.tables).tolist() == [0] * len(few)


def test_constant_columns_teach_nothing(cohort):
    flat = {name: Table(t.features, np.ones_like(t.values), t.present) for name, t in cohort.tables.items()}
    fusion = fit_late(replace(cohort, tables=flat), seed=1).fusion
    assert set(fusion.risk(flat)) == {0.0}
    assert (fusion.spread == 0).all()


def test_a_rare_modality_has_no_expert_and_says_why(cohort):
    keep = np.arange(len(cohort)) < 15
    rare = replace(cohort, tables={**cohort.tables, "imaging": cohort.tables["imaging"].masked(keep)})
    fusion = fit_late(rare, seed=1).fusion
    assert "imaging" not in fusion.experts
    assert "had it in training" in fusion.left_out["imaging"]


def test_wide_modalities_keep_exact_feature_shares():
    draw = np.random.default_rng(0)
    values = draw.normal(size=(120, 90))
    outcome = Outcome(np.ones(120, dtype=bool), draw.exponential(np.exp(-values[:, 0])))
    cohort = Cohort(
        tuple(f"p{number:03d}" for number in range(120)),
        {"genomic": Table(tuple(f"g{k:02d}" for k in range(90)), values, np.ones(120, dtype=bool))},
        outcome,
        groups=pd.DataFrame(index=range(120)),
        split=np.arange(120) % 5,
    )
    fusion = fit_late(cohort).fusion
    shares = fusion.feature_parts(cohort.tables, "genomic")
    np.testing.assert_allclose(shares.sum(axis=1), fusion.risk(cohort.tables), atol=1e-12)


def test_the_stack_is_a_bounded_cox(cohort, fusion):
    assert isinstance(fusion.baseline, cox.Baseline)
    assert (fusion.scale >= 0).all()
