"""The watch: it stays quiet where nothing changed, and sees what it is for (figures: benchmarks.drift)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.drift import CHANGES, alarm_rate, window
from tumorboard.fusion import drift
from tumorboard.fusion.cohort import Table


def a_window(seed: int, patients: int = 500) -> drift.Window:
    return window(np.random.default_rng(seed), patients)


def alarms(reference: drift.Window, newer: drift.Window) -> set[str]:
    return {one.subject for one in drift.compare(reference, newer) if one.alarm}


def test_quiet_where_nothing_changed() -> None:
    assert alarm_rate(20, lambda given: given, seed=5) <= 0.15


@pytest.mark.parametrize(
    ("change", "subject"),
    [
        ("shift of 0.3 SD", "clinical/clinical0"),
        ("another unit", "labs/labs0"),
        ("20 points more missing", "labs present"),
    ],
)
def test_a_change_is_found_and_named(change: str, subject: str) -> None:
    found = [subject in alarms(a_window(n), CHANGES[change](a_window(100 + n))) for n in range(10)]
    assert sum(found) >= 8


def test_more_deaths_than_expected_are_found() -> None:
    newer = window(np.random.default_rng(2), 500, hazard=1.6)
    assert "deaths against expected" in alarms(a_window(1), newer)


def test_outcomes_that_are_not_known_yet_are_left_out() -> None:
    newer = window(np.random.default_rng(2), 500, hazard=1.6)
    unknown = replace(newer, known=np.zeros(500, dtype=bool))
    assert not [one for one in drift.compare(a_window(1), unknown) if one.family == "outcome"]


@pytest.mark.parametrize("size", [0, drift.FEWEST - 1])
def test_too_few_patients_are_not_tested(size: int) -> None:
    assert drift.compare(a_window(1), a_window(2, size)) == []


def test_an_empty_modality_and_a_constant_feature_do_no_harm() -> None:
    given = a_window(1)
    labs = given.tables["labs"]
    gone = Table(labs.features, labs.values, np.zeros(500, dtype=bool))
    flat = Table(("x",), np.ones((500, 1)), np.ones(500, dtype=bool))
    one = replace(given, tables={**given.tables, "labs": gone, "clinical": flat})
    assert not [found for found in drift.compare(one, one) if found.alarm]


def test_the_limits_share_out_the_alarm_rate() -> None:
    found = drift.compare(a_window(1), a_window(2))
    assert sum(one.limit for one in found) == pytest.approx(drift.ALARM_RATE)
    assert sum(drift.SHARES.values()) == pytest.approx(drift.ALARM_RATE)


def test_the_order_of_patients_changes_no_test() -> None:
    given, turned = a_window(2), np.random.default_rng(0).permutation(500)
    tables = {name: table.rows(turned) for name, table in given.tables.items()}
    outcome = given.outcome.rows(turned)
    other = drift.Window(tables, given.risk[turned], outcome, given.expected[turned], given.known[turned])
    one, two = (
        {(f.subject, f.test): f.p for f in drift.compare(a_window(1), side) if f.family != "joint"}
        for side in (given, other)
    )
    assert one == pytest.approx(two)


def test_stability_index() -> None:
    draw = np.random.default_rng(0)
    before = draw.normal(size=5000)
    assert drift.stability_index(before, draw.normal(size=5000)) < 0.02
    assert drift.stability_index(before, draw.normal(size=5000) + 1) > 0.25
    assert np.isfinite(drift.stability_index(before, np.full(50, 99.0)))


@pytest.mark.parametrize(
    ("before", "after", "low", "high"),
    [
        ({"a": 50, "b": 50}, {"a": 50, "b": 50}, 0.99, 1.0),
        ({"a": 50, "b": 50}, {"a": 90, "b": 10}, 0.0, 1e-6),
        ({"a": 50}, {"a": 3}, 1.0, 1.0),
        ({"a": 20, "b": 0}, {"a": 20, "b": 1}, 0.9, 1.0),
        ({}, {}, 1.0, 1.0),
    ],
)
def test_counts(before: dict[str, int], after: dict[str, int], low: float, high: float) -> None:
    assert low <= drift.same_counts(before, after) <= high


def test_joint_change_without_a_change_of_any_single_value() -> None:
    """Two values that were independent go together: each alone looks as before."""
    draw = np.random.default_rng(4)
    before, after = draw.normal(size=(400, 2)), draw.normal(size=(400, 1)) * np.ones((1, 2))
    assert drift.mean_discrepancy(before, after) < 0.01
    assert drift.mean_discrepancy(before, draw.normal(size=(400, 2))) > 0.05
    assert drift.mean_discrepancy(np.ones((30, 2)), np.ones((30, 2))) == 1.0


def test_a_window_of_gold_rows(model, gold) -> None:
    features, cohort = gold
    cohort = cohort.assign(os_days=cohort["os_days"].where(cohort.index > 4))
    found = drift.window_of(model.fusion, features, cohort)
    assert len(found) == len(cohort)
    assert found.known.sum() == len(cohort) - 5
    assert found.expected[~found.known].sum() == 0
    assert found.expected.sum() == pytest.approx(found.outcome.events, rel=0.25)
    empty = drift.window_of(model.fusion, features, cohort.iloc[:0])
    assert len(empty) == 0
    assert drift.compare(found, empty) == []


def test_the_smallest_shift_shrinks_with_patients() -> None:
    assert drift.smallest_shift(500, 500, 24) == pytest.approx(0.26, abs=0.03)
    assert drift.smallest_shift(40, 20, 24) > 1


def test_rows_are_plain() -> None:
    rows = drift.as_rows(drift.compare(a_window(1), CHANGES["another unit"](a_window(2))))
    assert rows[0]["alarm"]
    assert rows[0]["subject"] == "labs/labs0"
    assert isinstance(rows[0]["p"], float)
