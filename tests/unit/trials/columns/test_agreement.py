"""The columns and the row engine give the same answers: whatever the patients, whatever is asked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.trials.columns.pools import GROUPS, cohorts, cohorts_of, questions, trees
from tumorboard.trials import matching, screening
from tumorboard.trials.columns import answers
from tumorboard.trials.columns.cohort import Cohort
from tumorboard.trials.columns.compiled import compiled
from tumorboard.trials.columns.values import VALUES
from tumorboard.trials.criteria import Age, Comparison, Level, Trial
from tumorboard.trials.patients import PatientEvidence
from tumorboard.trials.rules import Rules

RULES = Rules()


@pytest.mark.parametrize("group", sorted(GROUPS))
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_every_question_is_answered_as_by_the_row_engine(group: str, data: st.DataObject) -> None:
    tables, asked = GROUPS[group]
    patients = data.draw(cohorts_of(*tables, size=10))
    cohort = Cohort.of(patients)
    for asks in data.draw(st.lists(asked, min_size=5, max_size=15)):
        by_columns = [VALUES[value] for value in answers.answer(asks, cohort, RULES)]
        assert by_columns == [matching.match(asks, patient, RULES).value for patient in patients], asks


clauses = st.none() | trees


def _trial(number: int, clause: Any, arm: Any, dose: Any) -> Trial:
    below = Level("dose", "1", "d", match=dose)
    arms = (Level("arm", "A", "a", match=arm, below=(below,)), Level("arm", "B", "b"))
    return Trial(f"T{number}", "1", "", Level("trial", "", "t", match=clause, below=arms))


trials = st.lists(st.tuples(clauses, clauses, clauses), min_size=1, max_size=3).map(
    lambda many: [_trial(number, *each) for number, each in enumerate(many)]
)


@settings(deadline=None, max_examples=80)
@given(cohorts, trials)
def test_every_place_has_the_verdict_of_the_row_engine(
    patients: list[PatientEvidence], many: list[Trial]
) -> None:
    found = compiled(many).run(Cohort.of(patients), RULES)
    by_columns = {
        (patient, place.trial_id, place.level, place.code): found.of(row, column)
        for row, place in enumerate(found.places)
        for column, patient in enumerate(found.patients)
    }
    for patient in patients:
        alone = compiled(many).run_one(patient, RULES)
        column = found.patients.index(patient.patient_key)
        assert alone.codes[:, 0].tolist() == found.codes[:, column].tolist()
        assert alone.near[:, 0].tolist() == found.near[:, column].tolist()
    assert by_columns == {
        (patient.patient_key, result.trial_id, result.level, result.place or result.trial_id): result.verdict
        for patient in patients
        for trial in many
        for result in screening.screen(trial, patient, rules=RULES)
        if result.enterable
    }


def test_every_kind_of_question_the_row_engine_answers_has_a_column() -> None:
    assert set(answers.EVALUATORS) == set(matching.KINDS)


@settings(deadline=None, max_examples=20)
@given(cohorts, questions)
def test_a_kind_without_a_column_is_answered_one_by_one(patients: list[PatientEvidence], asks: Any) -> None:
    column = answers.one_by_one(asks, Cohort.of(patients), RULES)
    assert column.tolist() == answers.answer(asks, Cohort.of(patients), RULES).tolist()


def test_kinds_without_a_column_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    asks = Age(Comparison(">=", 18))
    monkeypatch.delitem(answers.EVALUATORS, Age)
    assert answers.without_column([asks]) == {"Age": 1}
