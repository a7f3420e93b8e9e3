"""Vital status, sex, age and performance, over a block of patients (row engine: `trials.person`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from tumorboard.trials.columns import values
from tumorboard.trials.columns.cohort import NO_DAY, Cohort
from tumorboard.trials.columns.values import MET, NOT_MET, UNKNOWN, Column, Flags, Ints
from tumorboard.trials.columns.windows import latest, within
from tumorboard.trials.criteria import Age, Alive, Comparison, Performance, Sex
from tumorboard.trials.facts import PerformanceFact, Person
from tumorboard.trials.logic import Value
from tumorboard.trials.patients import PatientEvidence
from tumorboard.trials.person import OLDEST, on_scale
from tumorboard.trials.person import age as age_of_one
from tumorboard.trials.rules import Rules


def sex(asks: Sex, cohort: Cohort, rules: Rules) -> Column:
    return _of_person(cohort, lambda person: _is_sex(person, asks.value))


def _is_sex(person: Person, wanted: str) -> Value:
    return Value.of(person.sex == wanted) if person.sex in ("female", "male") else Value.UNKNOWN


def alive(asks: Alive, cohort: Cohort, rules: Rules) -> Column:
    persons, seen = cohort.persons, cohort.persons.day("last_contact")
    stated = persons.judged(
        lambda person: Value.UNKNOWN if person.deceased is None else Value.of(not person.deceased)
    )
    recent = within(seen, rules.contact_days, cohort.today)
    living = np.where(seen == NO_DAY, stated, np.where(recent, MET, UNKNOWN))
    return _spread(cohort, np.where(stated == NOT_MET, NOT_MET, living))


def _of_person(cohort: Cohort, judge: Callable[[Person], Value]) -> Column:
    return _spread(cohort, cohort.persons.judged(judge))


def _spread(cohort: Cohort, answers: Column) -> Column:
    """From persons to patients: unknown of those nobody recorded."""
    column = values.constant(len(cohort), UNKNOWN)
    column[cohort.persons.patient] = answers
    return column


# ---- age


def age(asks: Age, cohort: Cohort, rules: Rules) -> Column:
    """The older, the more limits are passed: so the row engine is asked for the days of birth at which its
    answer turns, and columns are compared with those."""
    born = cohort.persons.day("birth_date")
    first, last = span(cohort.as_of)
    possible = (born >= first) & (born <= last)
    holds = np.ones(len(born), dtype=np.bool_)
    for one in _one_sided(asks):
        turn, older = turning_day(one, cohort.as_of)
        holds &= (born <= turn) if older else (born > turn)
    return _spread(cohort, np.where(possible, values.of(holds), UNKNOWN))


def _one_sided(asks: Age) -> list[Age]:
    """`==` compares completed years, so it is both limits of them."""
    sign, number = asks.comparison.sign, asks.comparison.number
    if sign != "==":
        return [asks]
    return [Age(Comparison(way, number), asks.unit, completed=True) for way in (">=", "<=")]


@lru_cache(maxsize=4096)
def turning_day(asks: Age, as_of: date) -> tuple[int, bool]:
    """The last day of birth with the answer of the oldest; whether those older ones pass."""
    low, high = span(as_of)
    answer = _answer(asks, low, as_of)
    if _answer(asks, high, as_of) is answer:
        return high, answer is Value.MET
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _answer(asks, middle, as_of) is answer else (low, middle)
    return low, answer is Value.MET


@lru_cache(maxsize=64)
def span(as_of: date) -> tuple[int, int]:
    """The first and the last day of birth of somebody who can be alive."""
    today = as_of.toordinal()
    first = max(today - (OLDEST + 3) * 366, 1)
    known = Age(Comparison(">=", 0.0), "days")
    while _answer(known, first, as_of) is Value.UNKNOWN and first < today:
        first += 1
    return first, today


def _answer(asks: Age, born: int, as_of: date) -> Value:
    person = Person("silver.patients/any", birth_date=date.fromordinal(born))
    return age_of_one(asks, PatientEvidence("any", as_of, person=person), Rules()).value


def completed_years(cohort: Cohort) -> Ints:
    """Whole years of each person of the cohort's `persons`; -1 without a date of birth."""
    return cohort.once("completed years", lambda: _completed_years(cohort))


def _completed_years(cohort: Cohort) -> Ints:
    born, today = cohort.persons.day("birth_date"), cohort.as_of
    days = np.array([max(day, 1) for day in born], dtype=np.int64) - date(1970, 1, 1).toordinal()
    day = days.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    months = (today.year - 1970) * 12 + today.month - 1 - month.astype(np.int64)
    of_month = (day - month.astype("datetime64[D]")).astype(np.int64) + 1
    ends_month = (today + timedelta(days=1)).month != today.month
    months -= (of_month > today.day) & (not ends_month)
    return np.where(born == NO_DAY, -1, months // 12)


# ---- performance


def performance(asks: Performance, cohort: Cohort, rules: Rules) -> Column:
    """By the latest scores on the scale asked for where one is recent, else by those on the other."""
    days = rules.performance_days if asks.within_days is None else asks.within_days
    own, own_recent = _scores(cohort, asks.scale, True, days)
    other, other_recent = _scores(cohort, asks.scale, False, days)
    answers = cohort.performance.judged(lambda fact: _holds(asks, fact))
    by_own = _unanimous(cohort, own, answers)
    by_other = np.where(other_recent, _unanimous(cohort, other, answers), UNKNOWN)
    return np.where(own_recent, by_own, by_other)


def _scores(cohort: Cohort, scale: str, own: bool, days: int) -> tuple[Ints, Flags]:
    """The latest scores of each patient on this scale (or not on it), and who has a recent one."""
    return cohort.once(("scores", scale, own, days), lambda: _scored(cohort, scale, own, days))


def _scored(cohort: Cohort, scale: str, own: bool, days: int) -> tuple[Ints, Flags]:
    facts = cohort.performance
    rows = facts.having(lambda fact: fact.value is not None and (fact.scale == scale) is own)
    recent = within(facts.day("assessed_on")[rows], days, cohort.today)
    return latest(facts, rows, "assessed_on"), cohort.with_any(facts, rows[recent])


def _holds(asks: Performance, fact: PerformanceFact) -> Value:
    """What one score says; unknown where the conversions between the scales differ."""
    answers = {asks.comparison.holds(value) for value in on_scale(asks.scale, fact)}
    return Value.of(answers.pop()) if len(answers) == 1 else Value.UNKNOWN


def _unanimous(cohort: Cohort, rows: Ints, answers: Column) -> Column:
    """Scores of one day must say the same; unknown otherwise."""
    patient, answer = cohort.performance.patient[rows], answers[rows]
    met = values.flagged(len(cohort), patient[answer == MET])
    not_met = values.flagged(len(cohort), patient[answer == NOT_MET])
    open_ = values.flagged(len(cohort), patient[answer == UNKNOWN])
    settled = UNKNOWN + met.view(np.int8) - not_met.view(np.int8)
    return np.where(open_, UNKNOWN, settled)
