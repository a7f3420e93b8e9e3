from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tumorboard.fusion import metrics, transfer
from tumorboard.fusion.cohort import INNER_FOLDS, Cohort, Table, assign_folds
from tumorboard.fusion.late import fit_experts, fit_late, join, with_fixed
from tumorboard.fusion.survival import Outcome

from .simulated import outcome_of

GENES, COLUMNS = 60, {"expression": tuple(f"g{k:02d}" for k in range(60)), "clinical": ("age",)}
TRUTH = np.concatenate([np.full(12, 0.25), np.zeros(GENES - 12)])


def cancer(patients: int, seed: int, shift: float = 0.0) -> Cohort:
    """One cancer of several that share the genes that matter, measured on a scale of its own."""
    draw = np.random.default_rng(seed)
    genes, age = draw.normal(size=(patients, GENES)), draw.normal(size=(patients, 1))
    outcome = outcome_of(genes @ TRUTH + 0.3 * age[:, 0], draw)
    everyone = np.ones(patients, dtype=bool)
    tables = {
        "expression": Table(COLUMNS["expression"], genes * (1 + shift) + shift, everyone),
        "clinical": Table(COLUMNS["clinical"], age, everyone),
    }
    names = tuple(f"p{seed}-{number}" for number in range(patients))
    return Cohort(names, tables, outcome, pd.DataFrame(index=range(patients)), assign_folds(outcome, 5, seed))


@pytest.fixture(scope="module")
def cohorts() -> dict[str, Cohort]:
    return {"small": cancer(110, 1), "large": cancer(400, 2, shift=3.0), "other": cancer(300, 3, shift=-0.5)}


@pytest.fixture(scope="module")
def lent(cohorts):
    return transfer.pooled(cohorts, COLUMNS, seed=1)


def test_a_small_cohort_gains_from_large_ones(cohorts, lent):
    fresh = cancer(1500, 9)
    alone = fit_late(cohorts["small"], seed=1).fusion.risk(fresh.tables)
    helped = fit_late(cohorts["small"], seed=1, transferred=lent["small"]).fusion.risk(fresh.tables)
    c = [metrics.concordance(fresh.outcome, risk) for risk in (alone, helped)]
    assert c[1] > c[0] + 0.02


def test_contributions_stay_exact_and_an_absent_modality_at_0(cohorts, lent):
    fusion = fit_late(cohorts["small"], seed=1, transferred=lent["small"]).fusion
    tables = cohorts["small"].only(["clinical"]).tables
    parts = fusion.parts(tables)
    assert (parts[:, list(fusion.experts).index("expression")] == 0).all()
    whole = cohorts["small"].tables
    shares = fusion.feature_parts(whole, "expression")
    at = list(fusion.experts).index("expression")
    np.testing.assert_allclose(shares.sum(axis=1), fusion.parts(whole)[:, at], atol=1e-10)


def test_out_of_fold_parts_never_saw_their_own_outcome(cohorts, lent):
    """Changing the outcome of an inner fold leaves that fold's parts alone where the penalty stays the
    same.
    """
    small = cohorts["small"]
    folds = assign_folds(small.outcome, INNER_FOLDS, 1)
    held = np.flatnonzero(folds == 2)
    time = small.outcome.time.copy()
    time[held] = time[held] * 0.5
    other = {**cohorts, "small": small.with_outcome(Outcome(small.outcome.event, time))}
    again = transfer.pooled(other, COLUMNS, seed=1)["small"]
    np.testing.assert_allclose(again.risk()[held], lent["small"].risk()[held], atol=1e-9)


def test_only_shared_columns_are_pooled(cohorts):
    odd = replace(
        cohorts["small"],
        tables={"expression": Table(("g00", "own"), np.ones((110, 2)), np.ones(110, dtype=bool))},
    )
    found = transfer.shared_columns({"a": odd, "b": cohorts["large"]}, ["expression"])
    assert found == {"expression": ("g00",)}


def test_a_ready_made_risk_is_added_at_its_weight(cohorts):
    small = cohorts["small"]
    risk = Table(("risk",), np.log(small.outcome.time + 1)[:, None] * -1, np.ones(len(small), dtype=bool))
    slides = replace(small, tables={**small.tables, "slides": risk})
    found = with_fixed(fit_experts(small, seed=1), slides, "slides", 0.5)
    with_it, without = join(found).fusion, join(fit_experts(small, seed=1)).fusion
    assert list(with_it.experts) == ["clinical", "expression", "slides"]
    c = [metrics.concordance(small.outcome, f.risk(slides.tables)) for f in (with_it, without)]
    assert c[0] > c[1]
    assert with_it.parts(small.tables)[:, 2].tolist() == [0] * len(small)
