"""The laws every strategy keeps, whatever it is made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumorboard.fusion import attention, cox, metrics, saved, strategies, validation
from tumorboard.fusion.cohort import MODALITIES, Cohort, Table, from_long
from tumorboard.fusion.scoring import score
from tumorboard.fusion.strategies import STRATEGIES
from tumorboard.fusion.survival import Outcome
from tumorboard.fusion.train import train

from .simulated import gold as simulated_gold
from .simulated import of_patient

NAMES = tuple(STRATEGIES)
DAYS = np.array([200.0, 500.0, 900.0])


@pytest.fixture(scope="module")
def cohort(gold) -> Cohort:
    return from_long(*gold)


@pytest.fixture(scope="module")
def fits(cohort):
    return {name: STRATEGIES[name].fit(cohort, seed=1) for name in NAMES}


def behind(cohort: Cohort, hidden: set[str], noise: float) -> Cohort:
    """The cohort with `hidden` modalities masked for everyone, `noise` where their values were."""
    nobody = np.zeros(len(cohort), dtype=bool)
    tables = {
        name: Table(t.features, np.full_like(t.values, noise), nobody) if name in hidden else t
        for name, t in cohort.tables.items()
    }
    return replace(cohort, tables=tables)


@pytest.mark.parametrize("name", NAMES)
def test_contributions_sum_to_the_risk(cohort, fits, name):
    fusion = fits[name].fusion
    parts = strategies.contributions(fusion, cohort.tables)
    assert set(parts) == set(cohort.tables)
    np.testing.assert_allclose(sum(parts.values()), strategies.risk(fusion, cohort.tables), atol=1e-12)


@pytest.mark.parametrize("name", ["late", "attention"])
def test_an_absent_modality_contributes_exactly_nothing(cohort, fits, name):
    fusion = fits[name].fusion
    assert (fusion.parts(cohort.tables)[~fusion.present(cohort.tables)] == 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_it_ranks_the_patients_it_was_made_for(fits, cohort, name):
    assert metrics.concordance(cohort.outcome, fits[name].out_of_fold) > 0.62


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=12, deadline=None)
@given(hidden=st.sets(st.sampled_from(MODALITIES)), noise=st.sampled_from([0.0, 1e9, -1e9, np.nan, np.inf]))
def test_what_stands_behind_a_mask_changes_no_bit(cohort, fits, name, hidden, noise):
    few = cohort.rows(np.arange(12))
    fusion = fits[name].fusion
    spoilt, hid = behind(few, hidden, noise), few.only(set(MODALITIES) - hidden)
    assert fusion.risk(spoilt.tables).tobytes() == fusion.risk(hid.tables).tobytes()
    assert fusion.survival(spoilt.tables, DAYS).tobytes() == fusion.survival(hid.tables, DAYS).tobytes()
    assert fusion.lower_bound(spoilt.tables).tobytes() == fusion.lower_bound(hid.tables).tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_modalities_is_irrelevant(cohort, fits, name):
    turned = dict(reversed(cohort.tables.items()))
    fusion = fits[name].fusion
    assert fusion.risk(turned).tobytes() == fusion.risk(cohort.tables).tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_patient_scores_alike_alone_and_in_company(cohort, fits, name):
    fusion = fits[name].fusion
    alone = [fusion.risk(cohort.rows(np.array([row])).tables)[0] for row in range(8)]
    np.testing.assert_array_equal(alone, fusion.risk(cohort.tables)[:8])


@pytest.mark.parametrize("name", NAMES)
def test_with_nothing_at_all_everyone_is_the_same(cohort, fits, name):
    nothing = fits[name].fusion.risk(cohort.only([]).tables)
    assert len(set(nothing)) == 1


@pytest.mark.parametrize("name", NAMES)
def test_saved_and_loaded_it_says_the_same(cohort, fits, name, tmp_path):
    fusion = fits[name].fusion
    strategies.save(fusion, tmp_path / name)
    loaded = strategies.load(tmp_path / name)
    assert loaded.risk(cohort.tables).tobytes() == fusion.risk(cohort.tables).tobytes()
    for ours, theirs in zip(
        strategies.curve(loaded, cohort.tables, DAYS),
        strategies.curve(fusion, cohort.tables, DAYS),
        strict=True,
    ):
        assert ours.tobytes() == theirs.tobytes()
    np.testing.assert_array_equal(loaded.lower_bound(cohort.tables), fusion.lower_bound(cohort.tables))


@pytest.mark.parametrize("name", NAMES)
def test_poisoned_validation_rows_leave_the_training_artefacts_alone(cohort, name):
    held = cohort.split == 0
    poisoned = {
        key: Table(t.features, np.where(held[:, None], 1e9, t.values), t.present | held)
        for key, t in cohort.tables.items()
    }
    outcome = Outcome(cohort.outcome.event ^ held, np.where(held, 1.0, cohort.outcome.time))
    other = replace(cohort, tables=poisoned, outcome=outcome)
    one, two = (STRATEGIES[name].fit(which, ~held, seed=1).fusion for which in (cohort, other))
    assert saved.content_hash(strategies.state(one)) == saved.content_hash(strategies.state(two))


@pytest.mark.parametrize("name", ["early", "intermediate", "attention"])
def test_any_strategy_makes_a_model_that_scores(name):
    features, cohort = simulated_gold(120)
    model, report = train(features, cohort, seed=1, resamples=20, strategy=name, snapshot="features v7")
    result = score(model, of_patient(features, "patient-0003"))
    assert result.out_of_fold
    assert result.snapshot == "features v7"
    assert model.name == f"{name}-fusion-os"
    assert report["rows"][0]["row"] == f"{name} fusion"
    assert score(model, of_patient(features, "patient-0003"), masked=MODALITIES).abstained


def test_shuffled_labels_find_nothing(cohort):
    """Mean over several shuffles: one alone strays by luck."""
    found = []
    for seed in range(6):
        mixed = validation.shuffled(cohort, seed)
        predicted = validation.late(mixed, DAYS, seed)
        found.append(validation.mean_concordance(validation.by_fold(mixed.outcome, predicted)))
    assert 0.47 <= np.mean(found) <= 0.53


def test_the_gradient_of_attention_is_that_of_its_loss():
    draw = np.random.default_rng(0)
    outcome = Outcome(draw.random(30) < 0.6, draw.integers(1, 15, 30).astype(float))
    sets = cox.risk_sets(outcome)
    x = draw.normal(size=(30, 3, attention.COMPONENTS))
    present = draw.random((30, 3)) < 0.7
    x[~present] = 0
    weights = attention._initial(3, draw)
    weights = {key: value + draw.normal(scale=0.2, size=value.shape) for key, value in weights.items()}
    found = attention._gradient(weights, x, present, sets)
    for key, value in weights.items():
        for _ in range(4):
            place = tuple(draw.integers(0, size) for size in value.shape)
            step = np.zeros_like(value)
            step[place] = 1e-6
            up, down = (
                attention._loss({**weights, key: value + sign * step}, x, present, sets) for sign in (1, -1)
            )
            assert found[key][place] == pytest.approx((up - down) / 2e-6, abs=1e-6)


def test_attention_shares_sum_to_the_modality_up_to_its_presence(cohort, fits):
    fusion = fits["attention"].fusion
    having = cohort.tables["labs"].present
    shares = fusion.feature_parts(cohort.tables, "labs")
    assert np.isnan(shares[~having]).all()
    part = fusion.parts(cohort.tables)[:, list(fusion.blocks).index("labs")]
    attended, _, _ = attention._forward(fusion.tokens.weights, *fusion.tokens.codes(cohort.tables))
    number = list(fusion.blocks).index("labs")
    own = (
        fusion.slope * attended[:, number] * (fusion.tokens.weights["v"] @ fusion.tokens.weights["e"][number])
    )
    np.testing.assert_allclose((shares.sum(axis=1) + own)[having], part[having], atol=1e-10)
