from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumorboard.fusion.survival import (
    BadOutcome,
    Outcome,
    at_risk,
    censoring_curve,
    kaplan_meier,
    life_table,
)

# Freireich 1963: remission of leukaemia under 6-MP, in weeks; the textbook example of Kaplan-Meier
REMISSION = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def outcomes(most: int = 40):
    patient = st.tuples(st.booleans(), st.integers(0, 30))
    return st.lists(patient, min_size=1, max_size=most).map(
        lambda rows: Outcome(np.array([e for e, _ in rows]), np.array([float(t) for _, t in rows]))
    )


def test_kaplan_meier_equals_the_textbook():
    curve = kaplan_meier(Outcome(np.array(RELAPSED), np.array(REMISSION)))
    assert curve.time.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    expected = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    np.testing.assert_allclose(curve.survival, expected, atol=5e-5)


@settings(deadline=None)
@given(outcomes())
def test_curves_are_finite_within_0_and_1_and_never_rise(outcome):
    for curve in (kaplan_meier(outcome), censoring_curve(outcome)):
        for values in (curve.survival, curve.low, curve.high):
            assert np.isfinite(values).all()
            assert ((values >= 0) & (values <= 1)).all()
        assert (np.diff(curve.survival) <= 0).all()
        assert (curve.low <= curve.survival + 1e-12).all()
        assert (curve.survival <= curve.high + 1e-12).all()


@settings(deadline=None)
@given(outcomes())
def test_everyone_leaves_the_life_table_once(outcome):
    table = life_table(outcome)
    assert table.deaths.sum() == outcome.events
    assert table.deaths.sum() + table.censored.sum() == len(outcome)
    assert table.at_risk[0] == len(outcome)


def test_without_censoring_it_is_the_share_alive():
    curve = kaplan_meier(Outcome(np.ones(4, dtype=bool), np.array([1.0, 2, 3, 4])))
    np.testing.assert_allclose(curve.at([0, 1, 2.5, 4]), [1, 0.75, 0.5, 0])


def test_no_event_leaves_the_curve_at_one():
    curve = kaplan_meier(Outcome(np.zeros(3, dtype=bool), np.array([5.0, 6, 7])))
    assert curve.at([0, 5, 7]).tolist() == [1, 1, 1]
    assert [end.tolist() for end in curve.interval_at([7])] == [[1], [1]]


def test_one_patient_and_nobody():
    assert kaplan_meier(Outcome(np.array([True]), np.array([5.0]))).survival.tolist() == [0]
    assert len(kaplan_meier(Outcome(np.empty(0, dtype=bool), np.empty(0))).time) == 0


def test_a_curve_is_never_extended():
    curve = kaplan_meier(Outcome(np.array([True, False]), np.array([5.0, 10.0])))
    with pytest.raises(ValueError, match="after the last follow-up"):
        curve.at([11])


def test_at_risk_counts_those_seen_on_the_day_itself():
    outcome = Outcome(np.array([True, False, True]), np.array([5.0, 5.0, 9.0]))
    assert at_risk(outcome, [0, 5, 6, 10]).tolist() == [3, 3, 1, 0]


@pytest.mark.parametrize(
    ("event", "time", "words"),
    [
        ([True], [1.0, 2.0], "one length"),
        ([2], [1.0], "true or false"),
        ([True], [-1.0], "finite number of days"),
        ([True], [np.nan], "finite number of days"),
        ([True], [-np.inf], "finite number of days"),
    ],
)
def test_a_bad_outcome_is_refused_with_the_reason(event, time, words):
    with pytest.raises(BadOutcome, match=words):
        Outcome(np.array(event), np.array(time))
