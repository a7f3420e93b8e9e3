"""Other conditions and brain metastases, over a block of patients (row engine: `trials.comorbidity`)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tumorboard.trials.columns import values
from tumorboard.trials.columns.cohort import NO_DAY, Cohort
from tumorboard.trials.columns.values import MET, NOT_MET, UNKNOWN, Column, Flags
from tumorboard.trials.columns.windows import day_of_patient, within
from tumorboard.trials.comorbidity import ONGOING, OVER, denies_cns, is_cns, is_coded_primary
from tumorboard.trials.conditions import denies, matches
from tumorboard.trials.criteria import CnsMetastases, Comorbidity
from tumorboard.trials.facts import ComorbidityFact, Statement
from tumorboard.trials.logic import Value
from tumorboard.trials.patients import NOT_SO
from tumorboard.trials.rules import Rules


def comorbidity(asks: Comorbidity, cohort: Cohort, rules: Rules) -> Column:
    condition = asks.condition
    denied = _denied(cohort, condition, lambda each: denies(condition, each.subject))
    current = within(denied, rules.contact_days, cohort.today)
    recorded = values.any_of(len(cohort), cohort.comorbidities.patient, _applies(asks, cohort))
    answer = np.where((recorded == NOT_MET) & ~current, UNKNOWN, recorded)
    if condition == "second malignancy":
        answer[_second_primary(cohort, rules, None) & (answer == NOT_MET)] = UNKNOWN
        answer[_second_primary(cohort, rules, asks)] = MET
    if condition == "pregnancy":
        men = cohort.persons.having(lambda person: person.sex == "male")
        answer[cohort.persons.patient[men]] = NOT_MET
    return answer


def _applies(asks: Comorbidity, cohort: Cohort) -> Column:
    """Whether each recorded condition is the one asked for, in the state and the time asked for."""
    named = cohort.once(("condition", asks.condition), lambda: _named(asks.condition, cohort))
    state = cohort.comorbidities.judged(lambda fact: _in_state(asks, fact))
    return np.where(named, np.where(state == MET, _began(asks.within_days, cohort), state), NOT_MET)


def _in_state(asks: Comorbidity, fact: ComorbidityFact) -> Value:
    if not asks.active or fact.status in ONGOING:
        return Value.MET
    return Value.NOT_MET if fact.status in OVER else Value.UNKNOWN


def _began(days: int | None, cohort: Cohort) -> Column:
    """Whether each condition began in the last `days`."""
    onset = cohort.comorbidities.day("onset_on")
    if days is None:
        return values.constant(len(onset), MET)
    return np.where(onset == NO_DAY, UNKNOWN, values.of(within(onset, days, cohort.today)))


def _named(condition: str, cohort: Cohort) -> Flags:
    facts = cohort.comorbidities
    named = np.zeros(len(facts), dtype=np.bool_)
    named[facts.having(lambda fact: matches(condition, fact.text, fact.code))] = True
    return named


def _second_primary(cohort: Cohort, rules: Rules, asks: Comorbidity | None) -> Flags:
    """Patients with coded primaries of two tissues; with `asks` only those that are as asked count."""
    facts = cohort.diagnoses
    tissues = [rules.oncotree.tissue(f.oncotree) if is_coded_primary(f) else "" for f in facts.shapes]
    number = {tissue: place for place, tissue in enumerate(sorted({*tissues} - {""}))}
    tissue = np.array([number.get(each, -1) for each in tissues], dtype=np.int64)[facts.shape]
    counts = (tissue >= 0) & (_as_asked(asks, cohort) if asks else True)
    pairs = np.unique(facts.patient[counts] * max(len(number), 1) + tissue[counts])
    flags: Flags = np.bincount(pairs // max(len(number), 1), minlength=len(cohort)) >= 2
    return flags


def _as_asked(asks: Comorbidity, cohort: Cohort) -> Flags:
    facts = cohort.diagnoses
    flags = np.ones(len(facts), dtype=np.bool_)
    if asks.active:
        flags[facts.having(lambda fact: fact.clinical_status not in ONGOING)] = False
    if asks.within_days is not None:
        flags &= within(facts.day("diagnosed_on"), asks.within_days, cohort.today)
    return flags


def _denied(cohort: Cohort, key: str, about: Callable[[Statement], bool]) -> values.Ints:
    """The day on which it was last stated that it is not so; NO_DAY if it never was."""

    def make() -> values.Ints:
        rows = cohort.statements.having(lambda each: each.kind == NOT_SO and about(each))
        return day_of_patient(cohort, cohort.statements, rows, "stated_on")

    return cohort.once(("denied", key), make)


# ---- central nervous system


def cns_metastases(asks: CnsMetastases, cohort: Cohort, rules: Rules) -> Column:
    meninges = asks.state == "leptomeningeal"
    denied = _denied(cohort, f"(cns) {meninges}", lambda each: denies_cns(asks.state, each))
    answer = np.where(within(denied, rules.examination_days, cohort.today), NOT_MET, UNKNOWN)
    found = cohort.diagnoses.having(lambda fact: fact.primary is False and is_cns(fact))
    answer[cohort.diagnoses.patient[found]] = MET if asks.state == "any" else UNKNOWN
    return answer
