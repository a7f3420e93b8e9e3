"""Tumour type, extent and stage, over a block of patients (row engine: `trials.disease`)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tumorboard.trials.columns import values
from tumorboard.trials.columns.cohort import Cohort
from tumorboard.trials.columns.treatment import is_complete
from tumorboard.trials.columns.values import MET, NOT_MET, UNKNOWN, Column, Ints
from tumorboard.trials.columns.windows import foremost, within
from tumorboard.trials.criteria import Diagnosis, DiseaseStatus, Stage
from tumorboard.trials.disease import (
    COURSE_WORDS,
    STAGE_STATES,
    is_distant,
    is_group,
    is_type,
    stage_group,
    stage_level,
)
from tumorboard.trials.facts import StageFact
from tumorboard.trials.logic import Value, either
from tumorboard.trials.rules import Rules


def diagnosis(asks: Diagnosis, cohort: Cohort, rules: Rules) -> Column:
    facts = cohort.diagnoses
    rows = _primaries(cohort)
    judged = facts.judged(lambda fact: is_type(fact, asks.term, rules))[rows]
    answer = values.any_of(len(cohort), facts.patient[rows], judged)
    return np.where(cohort.with_any(facts, rows), answer, UNKNOWN)


def _primaries(cohort: Cohort) -> Ints:
    return cohort.once("primaries", lambda: cohort.diagnoses.having(lambda fact: fact.primary is not False))


def disease_status(asks: DiseaseStatus, cohort: Cohort, rules: Rules) -> Column:
    answer = values.constant(len(cohort), NOT_MET)
    for state in asks.states:
        answer = np.maximum(answer, _state(state, cohort, rules))
    return answer


def _state(state: str, cohort: Cohort, rules: Rules) -> Column:
    if state in STAGE_STATES:
        return _by_stage(STAGE_STATES[state], cohort, rules)
    if state == "untreated":
        treated = values.flagged(len(cohort), cohort.therapies.patient)
        return np.where(treated, NOT_MET, np.where(is_complete(cohort, rules), MET, UNKNOWN))
    words = COURSE_WORDS.get(state, ())
    rows = cohort.diagnoses.having(lambda fact: fact.clinical_status in words)
    return np.where(cohort.with_any(cohort.diagnoses, rows), MET, UNKNOWN)


def _by_stage(levels: tuple[int, int], cohort: Cohort, rules: Rules) -> Column:
    def fits(fact: StageFact) -> Value:
        level = stage_level(fact)
        return Value.of(level is not None and levels[0] <= level <= levels[1])

    answer = _by_leading_stage(cohort, rules, stage_level, fits)
    spread = cohort.diagnoses.having(is_distant)
    answer[cohort.diagnoses.patient[spread]] = MET if levels[1] == 4 else NOT_MET
    return answer


def stage(asks: Stage, cohort: Cohort, rules: Rules) -> Column:
    def fits(fact: StageFact) -> Value:
        group = stage_group(fact)
        return either(is_group(group, wanted) for wanted in asks.groups) if group else Value.UNKNOWN

    return _by_leading_stage(cohort, rules, _level_of_group, fits)


def _level_of_group(fact: StageFact) -> int | None:
    group = stage_group(fact)
    return None if group is None else group.level


def _by_leading_stage(
    cohort: Cohort,
    rules: Rules,
    level: Callable[[StageFact], int | None],
    fits: Callable[[StageFact], Value],
) -> Column:
    """By stage IV where there is one, else by the latest stage if that is recent."""
    facts = cohort.stages
    rows = cohort.once(("leading stages", level), lambda: _leading(cohort, level))
    speaks = np.isin(rows, facts.having(lambda fact: level(fact) == 4))
    speaks |= within(facts.day("assessed_on")[rows], rules.stage_days, cohort.today)
    answer = values.constant(len(cohort), UNKNOWN)
    answer[facts.patient[rows]] = np.where(speaks, facts.judged(fits)[rows], UNKNOWN)
    return answer


def _leading(cohort: Cohort, level: Callable[[StageFact], int | None]) -> Ints:
    facts = cohort.stages
    rows = facts.having(lambda fact: level(fact) is not None)
    fourth = np.isin(rows, facts.having(lambda fact: level(fact) == 4))
    return foremost(facts, rows, np.maximum(facts.day("assessed_on")[rows], 1) + fourth * 10_000_000)
