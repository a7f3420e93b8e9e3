"""Reported biomarkers, over a block of patients (row engine: `trials.biomarkers`)."""

from __future__ import annotations

import numpy as np

from tumorboard.trials.biomarkers import (
    RELATED,
    Possible,
    answer,
    is_named,
    same_unit,
    states_of,
    wanted_states,
)
from tumorboard.trials.columns import values
from tumorboard.trials.columns.cohort import Cohort
from tumorboard.trials.columns.numbers import compared
from tumorboard.trials.columns.values import MET, NOT_MET, UNKNOWN, Column, Flags
from tumorboard.trials.criteria import BiomarkerNumber, BiomarkerState
from tumorboard.trials.facts import BiomarkerFact
from tumorboard.trials.logic import Value
from tumorboard.trials.organs import against
from tumorboard.trials.rules import Rules


def number(asks: BiomarkerNumber, cohort: Cohort, rules: Rules) -> Column:
    facts = cohort.biomarkers
    rows = facts.having(lambda fact: is_named(fact, asks.name) and same_unit(fact.unit, asks.unit))
    rows = rows[~np.isnan(facts.numbers["number"][rows])]
    numbers = facts.numbers["number"][rows]
    judged = values.of(compared(asks.comparison, numbers))
    for place in np.flatnonzero(np.isin(rows, facts.having(lambda fact: fact.bound))):
        bound = facts.shapes[facts.shape[rows[place]]].bound
        judged[place] = values.CODES[against(asks.comparison, float(numbers[place]), bound)]
    return values.agreed(len(cohort), facts.patient[rows], judged)


def state(asks: BiomarkerState, cohort: Cohort, rules: Rules) -> Column:
    """The results of this name where they settle it or disagree, else those of a related test."""
    met, not_met = _said(asks, cohort, asks.name)
    own = UNKNOWN + met.view(np.int8) - not_met.view(np.int8)
    if asks.name == "HR":
        other = _hormone_receptors(asks, cohort)
    elif asks.name in RELATED:
        other_met, other_not_met = _said(asks, cohort, RELATED[asks.name][0], RELATED[asks.name][1])
        other = UNKNOWN + other_met.view(np.int8) - other_not_met.view(np.int8)
    else:
        return own
    return np.where(met | not_met, own, other)


def _said(
    asks: BiomarkerState, cohort: Cohort, name: str, meaning: dict[str, Possible] | None = None
) -> tuple[Flags, Flags]:
    """Patients with a result of that name that says yes, and with one that says no."""
    wanted = wanted_states(asks)

    def judge(fact: BiomarkerFact) -> Value:
        if not is_named(fact, name):
            return Value.UNKNOWN
        states = states_of(fact, name)
        if meaning is not None:
            states = frozenset().union(*(meaning[each] for each in states))
        return answer(wanted, states)

    facts, judged = cohort.biomarkers, cohort.biomarkers.judged(judge)
    met, not_met = (np.flatnonzero(judged == value) for value in (MET, NOT_MET))
    return cohort.with_any(facts, met), cohort.with_any(facts, not_met)


def _hormone_receptors(asks: BiomarkerState, cohort: Cohort) -> Column:
    """Positive if ER or PR is, negative if both are; open where results of one receptor disagree, unless
    that makes no difference to what is asked."""
    er, er_not = _receptor(cohort, "ER")
    pr, pr_not = _receptor(cohort, "PR")
    torn = (er & er_not) | (pr & pr_not)
    positive, negative = torn | er | pr, torn | (er_not & pr_not & ~er & ~pr)
    wanted = wanted_states(asks)
    yes = {state: answer(wanted, frozenset({state})) is Value.MET for state in ("positive", "negative")}
    says_yes = (positive & yes["positive"]) | (negative & yes["negative"])
    says_no = (positive & (not yes["positive"])) | (negative & (not yes["negative"]))
    return UNKNOWN + says_yes.view(np.int8) - says_no.view(np.int8)


def _receptor(cohort: Cohort, name: str) -> tuple[Flags, Flags]:
    return _said(BiomarkerState(name, "positive"), cohort, name)
