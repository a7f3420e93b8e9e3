"""The columns and the row engine give the same answers: whatever the patients, whatever is asked."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings

from tests.unit.trials.columns.pools import cohorts, questions
from tumorboard.trials import matching
from tumorboard.trials.columns import answers
from tumorboard.trials.columns.cohort import Cohort
from tumorboard.trials.columns.values import VALUES
from tumorboard.trials.patients import PatientEvidence
from tumorboard.trials.rules import Rules

RULES = Rules()


@settings(deadline=None, max_examples=300)
@given(cohorts, questions)
def test_every_question_is_answered_as_by_the_row_engine(patients: list[PatientEvidence], asks: Any) -> None:
    column = answers.answer(asks, Cohort.of(patients), RULES)
    by_columns = [VALUES[value] for value in column]
    assert by_columns == [matching.match(asks, patient, RULES).value for patient in patients]
