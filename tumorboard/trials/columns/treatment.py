"""The treatment so far, over a block of patients (row engine: `trials.treatment`)."""

from __future__ import annotations

import numpy as np

from tumorboard.trials.columns import values
from tumorboard.trials.columns.cohort import NO_DAY, Cohort
from tumorboard.trials.columns.numbers import against
from tumorboard.trials.columns.values import MET, NOT_MET, UNKNOWN, Column, Flags, Ints
from tumorboard.trials.columns.windows import within
from tumorboard.trials.criteria import PriorDrug, PriorLines, PriorTherapy, Setting, Treatments, Washout
from tumorboard.trials.drugs import generic
from tumorboard.trials.rules import Rules
from tumorboard.trials.treatment import CURATIVE, ENDED, MANY, RUNNING, in_setting, is_meant, is_systemic


def prior_drug(asks: PriorDrug, cohort: Cohort, rules: Rules) -> Column:
    return prior_therapy(PriorTherapy(Treatments(agents=(generic(asks.agent),))), cohort, rules)


def prior_therapy(asks: PriorTherapy, cohort: Cohort, rules: Rules) -> Column:
    """Given, perhaps given, or, in a history stated to be complete, not given."""
    fits = np.minimum(_meant(asks.what, asks.setting, cohort), _recent(asks.within_days, cohort))
    answer = values.any_of(len(cohort), cohort.therapies.patient, fits)
    return np.where((answer == NOT_MET) & ~is_complete(cohort, rules, asks.within_days), UNKNOWN, answer)


def is_complete(cohort: Cohort, rules: Rules, days: int | None = None) -> Flags:
    """Whose history is stated to be complete, lately enough to speak for the last `days`."""
    reach = rules.contact_days if days is None else min(days, rules.contact_days)
    return within(cohort.complete_on, reach, cohort.today)


def _meant(what: Treatments, setting: Setting, cohort: Cohort) -> Column:
    """Whether each therapy is the one meant, in the setting meant."""
    kind = cohort.once(("meant", what), lambda: cohort.therapies.judged(lambda fact: is_meant(what, fact)))
    if not setting:
        return kind
    return np.minimum(kind, cohort.therapies.judged(lambda fact: in_setting(setting, fact)))


def _recent(days: int | None, cohort: Cohort) -> Column:
    if days is None:
        return values.constant(len(cohort.therapies), MET)
    last, started = _last_days(cohort), cohort.therapies.day("started_on")
    since = np.where(last == NO_DAY, started, last)
    recent = (since != NO_DAY) & (cohort.today - since <= days)
    return np.where(recent, MET, np.where(last == NO_DAY, UNKNOWN, NOT_MET))


def _last_days(cohort: Cohort) -> Ints:
    """The last day of each therapy, as far as known; NO_DAY otherwise."""
    return cohort.once("last days", lambda: _last_day(cohort))


def _last_day(cohort: Cohort) -> Ints:
    facts, ended = cohort.therapies, cohort.therapies.day("ended_on")
    last = np.where(ended == NO_DAY, NO_DAY, np.minimum(ended, cohort.today))
    over_at_once = facts.having(lambda fact: fact.kind == "surgery")
    last[over_at_once] = np.where(ended == NO_DAY, facts.day("started_on"), last)[over_at_once]
    running = facts.having(lambda fact: fact.status in RUNNING)
    last[running] = np.where(ended == NO_DAY, cohort.today, last)[running]
    return last


# ---- washout


def washout(asks: Washout, cohort: Cohort, rules: Rules) -> Column:
    """Too short where one ended later; open where one may have; long enough in a complete history only."""
    meant, patient = _meant(asks.what, "", cohort), cohort.therapies.patient
    too_late, not_dated = _ended_after(asks.days, cohort)
    lately = cohort.with_any(cohort.therapies, np.flatnonzero((meant == MET) & too_late))
    perhaps = ((meant == UNKNOWN) & (too_late | not_dated)) | ((meant == MET) & not_dated)
    open_ = values.flagged(len(cohort), patient[perhaps]) | ~is_complete(cohort, rules, asks.days)
    if asks.half_lives and asks.whichever == "longer":
        open_ |= values.flagged(len(cohort), patient[meant != NOT_MET])
    too_short = UNKNOWN if asks.half_lives and asks.whichever == "shorter" else NOT_MET
    return np.where(lately, too_short, np.where(open_, UNKNOWN, MET))


def _ended_after(days: int, cohort: Cohort) -> tuple[Flags, Flags]:
    """Therapies of the last days, and those of which the record does not tell."""
    last, started = _last_days(cohort), cohort.therapies.day("started_on")
    since = np.where(last == NO_DAY, started, last)
    too_late = (since != NO_DAY) & (cohort.today - since < days)
    return too_late, (last == NO_DAY) & ~too_late


# ---- lines


def prior_lines(asks: PriorLines, cohort: Cohort, rules: Rules) -> Column:
    """Known where the criterion answers the same for the lowest and the highest count the record allows."""
    if asks.of == Treatments() and not asks.setting:
        low, high = cohort.once(("lines", rules.contact_days), lambda: _all_lines(cohort, rules))
    else:
        low, high = _lines_with(asks, cohort, rules)
    sign, number = asks.comparison.sign, asks.comparison.number
    at_low, at_high = against(sign, low, number), against(sign, high, number)
    answer = np.where(at_low == at_high, values.of(at_low), UNKNOWN)
    if sign == "==":
        answer = np.where((low < number) & (number < high) & (number == int(number)), UNKNOWN, answer)
    recorded = cohort.with_any(cohort.therapies, _systemic(cohort)) | is_complete(cohort, rules)
    return np.where(recorded, answer, UNKNOWN)


def _systemic(cohort: Cohort) -> Ints:
    return cohort.once("systemic", lambda: cohort.therapies.having(is_systemic))


def _numbered(cohort: Cohort) -> Ints:
    """The number of the line of each therapy; -1 if it has none. Numbers below zero do not occur."""
    lines = [-1 if shape.line is None else shape.line for shape in cohort.therapies.shapes]
    return np.array(lines, dtype=np.int64)[cohort.therapies.shape]


def _ended(cohort: Cohort) -> Flags:
    facts, ended = cohort.therapies, cohort.therapies.day("ended_on")
    stopped = np.zeros(len(facts), dtype=np.bool_)
    stopped[facts.having(lambda fact: fact.status in ENDED)] = True
    return np.where(ended == NO_DAY, stopped, ended <= cohort.today)


def _distinct(cohort: Cohort, rows: Ints) -> Ints:
    """Lines of each patient among these therapies: different numbers, and each one without a number."""
    patient, line = cohort.therapies.patient[rows], _numbered(cohort)[rows]
    pairs = np.unique(_pair(patient, line)[line >= 0])
    count = np.bincount(pairs >> _LINE_BITS, minlength=len(cohort))
    return count + np.bincount(patient[line < 0], minlength=len(cohort))


_LINE_BITS = 32


def _pair(patient: Ints, line: Ints) -> Ints:
    return (patient << _LINE_BITS) | (line & 0xFFFFFFFF)


def _counted(cohort: Cohort, rows: Ints) -> Ints:
    """Lines of each patient; a line number n says that there were n."""
    count = _distinct(cohort, rows)
    np.maximum.at(count, cohort.therapies.patient[rows], _numbered(cohort)[rows])
    return count


def _all_lines(cohort: Cohort, rules: Rules) -> tuple[Ints, Ints]:
    """The lowest and the highest number of lines each record allows."""
    facts, systemic = cohort.therapies, _systemic(cohort)
    curative = np.zeros(len(facts), dtype=np.bool_)
    curative[facts.having(lambda fact: fact.intent in CURATIVE)] = True
    palliative = systemic[~curative[systemic]]
    line, ended = _numbered(cohort), _ended(cohort)
    pair = _pair(facts.patient, line)
    running = palliative[~ended[palliative] & (line[palliative] >= 0)]
    over = palliative[ended[palliative] & ~np.isin(pair[palliative], pair[running])]
    low = _counted(cohort, over)
    high = _counted(cohort, palliative) + _curative_intents(cohort, systemic[curative[systemic]])
    unnumbered = values.flagged(len(cohort), facts.patient[palliative[line[palliative] < 0]])
    return low, np.where(unnumbered & ~is_complete(cohort, rules), np.maximum(low, MANY), high)


def _curative_intents(cohort: Cohort, rows: Ints) -> Ints:
    intents = np.array([_intent(shape.intent) for shape in cohort.therapies.shapes], dtype=np.int64)
    patient, intent = cohort.therapies.patient[rows], intents[cohort.therapies.shape[rows]]
    return np.bincount(np.unique(_pair(patient, intent)) >> _LINE_BITS, minlength=len(cohort))


def _intent(word: str) -> int:
    return CURATIVE.index(word) if word in CURATIVE else len(CURATIVE)


def _lines_with(asks: PriorLines, cohort: Cohort, rules: Rules) -> tuple[Ints, Ints]:
    """Of the lines with the treatment asked for: surely given and over, and possibly given."""
    systemic = _systemic(cohort)
    meant, ended = _meant(asks.of, asks.setting, cohort)[systemic], _ended(cohort)[systemic]
    low = _distinct(cohort, systemic[(meant == MET) & ended])
    possible = _distinct(cohort, systemic[meant != NOT_MET])
    return low, np.maximum(np.where(is_complete(cohort, rules), possible, MANY), low)
