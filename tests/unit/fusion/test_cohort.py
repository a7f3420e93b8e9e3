from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from tumorboard.fusion.cohort import BadFeatures, Cohort, Table, assign_folds, from_long
from tumorboard.fusion.survival import Outcome

from .simulated import LANDMARK


def cohort_rows(**changes) -> pd.DataFrame:
    rows = {
        "patient_key": ["b", "a", "c"],
        "tumor_type": ["LUAD", "COAD", "LUAD"],
        "landmark_on": LANDMARK,
        "os_days": [10.0, 20.0, 30.0],
        "died": [True, False, True],
    }
    return pd.DataFrame({**rows, **changes})


def feature_rows(rows=None) -> pd.DataFrame:
    rows = rows or [
        ("a", "labs", "LDH", 1.0, LANDMARK),
        ("b", "labs", "CEA", 2.0, LANDMARK),
        ("b", "clinical", "age", 60.0, LANDMARK),
        ("nobody", "labs", "LDH", 9.0, LANDMARK),
    ]
    return pd.DataFrame(rows, columns=["patient_key", "modality", "feature", "value", "as_of"])


def test_long_rows_become_aligned_tables():
    cohort = from_long(feature_rows(), cohort_rows())
    assert cohort.patients == ("a", "b", "c")
    assert cohort.outcome.time.tolist() == [20, 10, 30]
    assert list(cohort.tables) == ["clinical", "labs"]
    labs = cohort.tables["labs"]
    assert labs.features == ("CEA", "LDH")
    np.testing.assert_array_equal(labs.values, [[np.nan, 1], [2, np.nan], [np.nan, np.nan]])
    assert labs.present.tolist() == [True, True, False]
    assert cohort.groups["tumor_type"].tolist() == ["COAD", "LUAD", "LUAD"]


def test_row_order_does_not_matter():
    ours = from_long(feature_rows(), cohort_rows())
    theirs = from_long(feature_rows().iloc[::-1], cohort_rows().iloc[::-1])
    assert ours.patients == theirs.patients
    np.testing.assert_array_equal(ours.split, theirs.split)
    np.testing.assert_array_equal(ours.tables["labs"].values, theirs.tables["labs"].values)


def test_a_fact_from_after_the_landmark_is_refused():
    late = feature_rows([("a", "labs", "LDH", 1.0, LANDMARK + timedelta(days=1))])
    with pytest.raises(BadFeatures, match="1 dated after the patient's landmark, first labs/LDH"):
        from_long(late, cohort_rows())


def test_patients_without_an_outcome_are_set_aside_and_counted():
    rows = cohort_rows(os_days=[10.0, None, -3.0])
    cohort = from_long(feature_rows(), rows)
    assert cohort.patients == ("b",)
    assert cohort.set_aside == {"outcome unknown": 1, "outcome before the landmark": 1}


@pytest.mark.parametrize(
    ("features", "cohort", "words"),
    [
        (feature_rows().drop(columns="value"), cohort_rows(), "features: column.s. value missing"),
        (feature_rows(), cohort_rows().drop(columns="died"), "cohort: column.s. died missing"),
        (feature_rows(), cohort_rows(patient_key=["a", "a", "b"]), "appears twice"),
        (
            feature_rows([("a", "astrology", "sign", 1.0, LANDMARK)]),
            cohort_rows(),
            "unknown modality 'astrology'",
        ),
        (feature_rows([("a", "labs", "LDH", 1.0, LANDMARK)] * 2), cohort_rows(), "labs/LDH appears twice"),
        (
            feature_rows([("a", "labs", "LDH", np.inf, LANDMARK)]),
            cohort_rows(),
            "'LDH' holds an infinite value",
        ),
    ],
)
def test_bad_rows_are_refused_with_the_reason(features, cohort, words):
    with pytest.raises(BadFeatures, match=words):
        from_long(features, cohort)


def test_messages_name_no_patient_and_no_value():
    with pytest.raises(BadFeatures) as caught:
        from_long(
            feature_rows([("secret-key", "labs", "LDH", 123.5, date(2030, 1, 1))]),
            cohort_rows(patient_key=["secret-key", "a", "b"]),
        )
    assert "secret-key" not in str(caught.value)
    assert "123.5" not in str(caught.value)


def test_nobody_and_nothing():
    empty = from_long(feature_rows().iloc[:0], cohort_rows().iloc[:0])
    assert len(empty) == 0
    assert from_long(feature_rows().iloc[:0], cohort_rows()).tables == {}


def test_what_lies_behind_the_mask_is_wiped():
    table = Table(("x",), np.array([[1.0], [1e9], [np.inf]]), np.array([True, False, False]))
    np.testing.assert_array_equal(table.values, [[1], [np.nan], [np.nan]])


def test_a_row_without_a_value_is_absent():
    table = Table(("x", "y"), np.array([[1.0, np.nan], [np.nan, np.nan]]), np.array([True, True]))
    assert table.present.tolist() == [True, False]


def test_folds_share_out_deaths_and_hold_each_patient_once():
    outcome = Outcome(np.arange(50) < 20, np.arange(50.0))
    fold = assign_folds(outcome, 5, seed=1)
    assert np.bincount(fold).tolist() == [10] * 5
    assert [int(outcome.event[fold == k].sum()) for k in range(5)] == [4] * 5
    np.testing.assert_array_equal(fold, assign_folds(outcome, 5, seed=1))
    assert (fold != assign_folds(outcome, 5, seed=2)).any()


def test_thinning_only_takes_away(gold):
    cohort = from_long(*gold)
    thin = cohort.thinned(0.5, seed=0)
    for name, table in cohort.tables.items():
        assert not (thin.tables[name].present & ~table.present).any()
        assert 0.3 < thin.tables[name].present.sum() / table.present.sum() < 0.7


def test_parts_of_other_lengths_and_doubled_patients_are_refused():
    outcome, groups, split = (
        Outcome(np.ones(2, dtype=bool), np.ones(2)),
        pd.DataFrame(index=[0, 1]),
        np.zeros(2),
    )
    short = Table(("x",), np.ones((1, 1)), np.ones(1, dtype=bool))
    with pytest.raises(BadFeatures, match="rows"):
        Cohort(("a", "b"), {"labs": short}, outcome, groups, split)
    with pytest.raises(BadFeatures, match="twice"):
        Cohort(("a", "a"), {}, outcome, groups, split)
