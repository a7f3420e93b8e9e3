"""Card, groups, inventory, criteria, fingerprint: what a model says about itself."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from tests.unit.fusion.simulated import outcome_of
from tumorboard.fusion import bias, cards, criteria, inventory, metrics, tracking, validation
from tumorboard.fusion.cohort import Cohort, from_long
from tumorboard.fusion.survival import Outcome
from tumorboard.fusion.train import train_cohort
from tumorboard.fusion.validation import Predictions


@pytest.fixture(scope="module")
def cohort(gold) -> Cohort:
    return from_long(*gold, folds=5, seed=1)


@pytest.fixture(scope="module")
def predicted(cohort) -> Predictions:
    return validation.late(cohort, validation.time_grid(cohort.outcome), 1)


@pytest.fixture(scope="module")
def card(report, cohort, predicted) -> dict:
    baseline = validation.late(cohort.only(["clinical"]), predicted.times, 1)
    return cards.card(report, cohort, predicted, baseline, synthetic=True, seed=1)


# ---- card


def test_a_card_is_plain_and_says_what_it_is_not_for(card) -> None:
    assert json.loads(json.dumps(card, allow_nan=False)) == card
    assert cards.SYNTHETIC in card["not_for"]
    assert card["cohort"]["patients"] == 160


def test_calibration_in_fifths(card, cohort) -> None:
    fifths = card["calibration"]
    assert sum(row["n"] for row in fifths) == len(cohort)
    predicted = [row["predicted"] for row in fifths]
    assert predicted == sorted(predicted)
    assert all(row["low"] <= row["observed"] <= row["high"] for row in fifths if row["observed"] is not None)


def test_few_patients_have_no_fifths(cohort, predicted) -> None:
    few = np.arange(10)
    assert cards.calibration(cohort.outcome.rows(few), validation.rows_of(predicted, few)) == []


def test_where_it_loses_is_computed() -> None:
    ours = {"row": "late fusion", "c": 0.7, "ibs": 0.2, "slope": 0.6}
    theirs = {"row": "clinical only", "c": 0.72, "ibs": 0.19, "slope": 1.0}
    report = {
        "rows": [ours, theirs],
        "lead_over_clinical": {"c": -0.02, "low": -0.05, "high": 0.01},
        "modalities": [{"modality": "genomic", "weight": 0.0}, {"modality": "labs", "weight": 0.3}],
    }
    groups = [{"kind": "", "c": 0.7}, {"kind": "sex", "group": "male", "n": 60, "c": 0.6}]
    simple = [{"kind": "", "c": 0.72}, {"kind": "sex", "group": "male", "n": 60, "c": 0.65}]
    found = " ".join(cards.losses(report, {"groups": groups, "baseline_groups": simple}))
    for words in (
        "may be chance",
        "smaller or equal Brier",
        "Genomic data added nothing",
        "Sex male",
        "too extreme",
    ):
        assert words in found


def test_a_model_that_wins_everywhere_loses_nowhere() -> None:
    rows = [
        {"row": "late fusion", "c": 0.8, "ibs": 0.1, "slope": 1.0},
        {"row": "clinical only", "c": 0.6, "ibs": 0.2, "slope": 1.0},
    ]
    report = {"rows": rows, "lead_over_clinical": {"c": 0.2, "low": 0.1, "high": 0.3}}
    assert cards.losses(report, {"groups": [], "baseline_groups": []}) == []


def test_a_cohort_too_small_has_a_card_without_figures(cohort) -> None:
    few = cohort.rows(np.arange(8))
    model, report = train_cohort(few, seed=0, name="few", resamples=10)
    assert not model.members.fusions
    assert "too small" in cards.unmeasured(few, synthetic=False)["loses"][0]
    assert cards.facts(report, cards.unmeasured(few, synthetic=False))["c_low"] is None


# ---- groups


def test_every_patient_is_in_one_group_of_each_kind(card) -> None:
    for kind in bias.KINDS:
        assert sum(row["n"] for row in card["groups"] if row["kind"] == kind) == 160


def test_too_few_is_said() -> None:
    about = pd.DataFrame({"sex": ["female"] * 95 + ["male"] * 5})
    outcome = outcome_of(np.zeros(100), np.random.default_rng(1))
    one = Cohort(tuple(map(str, range(100))), {}, outcome, about, np.arange(100) % 5)
    flat = Predictions(np.zeros(100), np.full((100, 2), 0.5), np.array([200.0, 400.0]), one.split)
    male = next(row for row in bias.by_group(one, flat) if row["group"] == "male")
    assert male["too_few"].endswith("10 are needed")
    assert male["verdict"] == "too few"
    assert "c" not in male


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"n": 150, "events": 50, "c": 0.70, "gap": 0.0}, "even"),
        ({"n": 150, "events": 50, "c": 0.64, "gap": 0.0}, "uneven"),
        ({"n": 150, "events": 50, "c": 0.70, "gap": -0.04}, "uneven"),
        ({"n": 150, "events": 50, "c": 0.70, "gap": None}, "even"),
        ({"n": 99, "events": 50, "c": 0.10, "gap": 0.5}, "too few"),
    ],
)
def test_verdicts(row: dict, said: str) -> None:
    assert bias.verdict(row, {"c": 0.7, "gap": 0.0}) == said


def test_within_one_fold_it_is_harrells_c() -> None:
    draw = np.random.default_rng(3)
    risk = draw.normal(size=120)
    outcome = outcome_of(risk, draw)
    c, low, high = bias.stratified_concordance(outcome, risk, np.zeros(120))
    assert c == pytest.approx(metrics.concordance(outcome, risk))
    assert low < c < high


def test_risks_of_different_folds_are_never_ranked_together() -> None:
    outcome = Outcome(np.array([True, False, True, False]), np.array([1.0, 2.0, 1.0, 2.0]))
    fold = np.array([0, 0, 1, 1])
    c, _, _ = bias.stratified_concordance(outcome, np.array([2.0, 1.0, 102.0, 101.0]), fold)
    assert c == 1.0


def test_an_unknown_group_is_a_group() -> None:
    about = pd.DataFrame({"sex": ["female", None], "age": [np.nan, 71.0]})
    names = {(kind, name) for kind, name, _ in bias.groups(about)}
    assert names == {("sex", "female"), ("sex", "not known"), ("age", "not known"), ("age", "70 and over")}


# ---- inventory


def test_counts_add_up_and_small_cells_are_hidden(gold) -> None:
    features, cohort = gold
    found = inventory.inventory(features, cohort)
    assert found["patients"] == 160
    assert sum(row["n"] or 0 for row in found["patterns"]) in range(156, 161)
    assert all(n is None or n == 0 or n >= inventory.SMALL for row in found["patterns"] for n in [row["n"]])
    (site,) = found["by_site"]
    assert (site["group"], site["n"]) == ("A", 160)
    assert [row["group"] for row in found["by_year"]] == ["2025"]


def test_a_cell_of_one_to_four_is_not_told() -> None:
    cohort = pd.DataFrame({"patient_key": list("abcdefg"), "site": ["X"] * 6 + ["Y"]})
    features = pd.DataFrame({"patient_key": ["a"], "modality": ["labs"], "feature": ["f"], "value": [1.0]})
    found = inventory.inventory(features, cohort)
    assert found["modalities"]["labs"] is None
    assert found["modalities"]["imaging"] == 0
    assert [(row["group"], row["n"]) for row in found["by_site"]] == [("X", 6), ("Y", None)]
    assert found["by_year"] == []


def test_performance_of_each_pattern(cohort, predicted) -> None:
    rows = inventory.performance(cohort, predicted)
    assert rows == sorted(rows, key=lambda row: (-row["n"], row["has"]))
    assert all(row["n"] >= inventory.SMALL for row in rows)
    assert any("c" in row for row in rows)
    assert all("too_few" in row or row["events"] >= bias.FEWEST_DEATHS for row in rows)


# ---- criteria


def test_every_criterion_measures_a_known_fact(report, card) -> None:
    known = {*cards.facts(report, card), "files_match", "traced", "scored", "open_alerts", "silent_days"}
    assert {one.measure for one in criteria.CRITERIA} <= known
    assert len({one.code for one in criteria.CRITERIA}) == len(criteria.CRITERIA)


@pytest.mark.parametrize(
    ("measure", "value", "passed"),
    [
        ("slope", 0.9, True), ("slope", 1.1, True), ("slope", 0.89, False), ("slope", 1.11, False),
        ("slope", None, False), ("gap", 0.03, True), ("gap", 0.031, False), ("lead_low", -0.02, True),
        ("open_alerts", 0, True), ("open_alerts", 1, False), ("scored", 0, False), ("silent_days", 27, False),
    ],
)  # fmt: skip
def test_thresholds(measure: str, value: float | None, passed: bool) -> None:
    found = criteria.marks(criteria.APPROVED, {measure: value}, synthetic=False)
    (mark,) = [one for one in found if one.criterion.measure == measure]
    assert mark.passed is passed


def test_days_do_not_apply_to_invented_patients() -> None:
    found = criteria.marks(criteria.APPROVED, {}, synthetic=True)
    (mark,) = [one for one in found if one.criterion.code == "silent_days"]
    assert (mark.passed, mark.stops, mark.deviates) == (None, False, False)


def test_what_leaks_may_never_be_signed() -> None:
    found = criteria.marks(criteria.SILENT, {"shuffled_off": 0.02}, synthetic=True)
    (mark,) = [one for one in found if one.criterion.code == "shuffled"]
    assert mark.stops


# ---- fingerprint


def test_the_same_set_has_the_same_hashes_in_any_order(gold) -> None:
    features, cohort = gold
    turned = from_long(features.sample(frac=1, random_state=3), cohort.iloc[::-1], folds=5, seed=1)
    assert tracking.fingerprint(turned) == tracking.fingerprint(from_long(features, cohort, folds=5, seed=1))


@pytest.mark.parametrize(
    ("change", "moved"), [("value", {"features"}), ("outcome", {"outcome", "split"}), ("seed", {"split"})]
)
def test_each_hash_covers_its_part(gold, change: str, moved: set[str]) -> None:
    features, cohort = gold[0].copy(), gold[1].copy()
    before = tracking.fingerprint(from_long(features, cohort, folds=5, seed=1))
    if change == "value":
        features.loc[0, "value"] += 1e-9
    if change == "outcome":
        cohort.loc[0, ["os_days", "died"]] = [1.5, not cohort.loc[0, "died"]]
    after = tracking.fingerprint(from_long(features, cohort, folds=5, seed=2 if change == "seed" else 1))
    assert {name for name in before if before[name] != after[name]} == moved


@pytest.mark.parametrize(("day", "passed"), [(1095, True), (1103, True), (730, False)])
def test_a_gap_at_two_years_is_none_at_three(day, passed):
    """A short cohort has a gap on its last day: it meets no criterion about three years."""
    facts = cards.facts({"rows": [{"row": "late fusion", "gap": 0.01, "gap_day": day}]}, {})
    marks = {mark.criterion.code: mark for mark in criteria.marks("approved", facts, synthetic=False)}
    assert marks["gap"].passed is passed
    assert validation.gap_at(day) == ("three years" if passed else "day 730")
