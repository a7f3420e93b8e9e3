"""Laboratory results and kidney function, over a block of patients (row engine: `trials.organs`)."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import numpy as np

from tumorboard.trials.columns import values
from tumorboard.trials.columns.cohort import NO_DAY, Cohort
from tumorboard.trials.columns.numbers import against, all_rounded
from tumorboard.trials.columns.person import completed_years
from tumorboard.trials.columns.values import MET, NOT_MET, UNKNOWN, Column, Ints, Numbers
from tumorboard.trials.columns.windows import foremost, latest, within
from tumorboard.trials.criteria import KidneyFunction, Lab, OrganFunction, Sign
from tumorboard.trials.facts import LabFact
from tumorboard.trials.organs import CLEARANCE, PER_SURFACE, conversion, same_analyte
from tumorboard.trials.rules import Rules
from tumorboard.trials.units import unit_of


def lab(asks: Lab, cohort: Cohort, rules: Rules) -> Column:
    days = rules.lab_days if asks.within_days is None else asks.within_days
    rows = _latest(cohort, asks.analyte, lambda fact: same_analyte(fact.name, asks.analyte))
    rows = rows[within(cohort.labs.day("taken_on")[rows], days, cohort.today)]
    judged = _judged(cohort, rows, asks.comparison.sign, _limits(asks, cohort, rows))
    return values.agreed(len(cohort), cohort.labs.patient[rows], judged)


def _latest(cohort: Cohort, key: Hashable, named: Callable[[LabFact], bool]) -> Ints:
    """The measured results of each patient's latest day."""

    def make() -> Ints:
        rows = cohort.labs.having(named)
        return latest(cohort.labs, rows[~np.isnan(cohort.labs.numbers["value"][rows])], "taken_on")

    return cohort.once(("latest lab", key), make)


def _limits(asks: Lab, cohort: Cohort, rows: Ints) -> Numbers:
    """The limit in the unit of each result; NaN where it cannot be said."""
    if asks.times:
        normal = cohort.labs.numbers["high" if asks.times == "ULN" else "low"][rows]
        return asks.comparison.number * normal
    return asks.comparison.number * _conversions(cohort, asks.analyte, asks.unit)[cohort.labs.shape[rows]]


def _conversions(cohort: Cohort, analyte: str, unit: str) -> Numbers:
    """What to multiply a limit in this unit with, for each different kind of result."""

    def make() -> Numbers:
        units = [shape.unit for shape in cohort.labs.shapes]
        factors = {reported: conversion(analyte, unit, reported) for reported in set(units)}
        return np.array([_or_nan(factors[reported]) for reported in units], dtype=np.float64)

    return cohort.once(("conversion", analyte, unit), make)


def _or_nan(number: float | None) -> float:
    return np.nan if number is None else number


def _judged(cohort: Cohort, rows: Ints, sign: Sign, limits: Numbers) -> Column:
    """Results against limits; a limit of detection answers where all beyond it lies on one side."""
    holds = against(sign, _rounded(cohort)[rows], limits)
    judged = np.where(np.isnan(limits), UNKNOWN, values.of(holds))
    bound = _bounds(cohort)[rows]
    for side in (-1, 1):
        at = np.flatnonzero((bound == side) & ~np.isnan(limits))
        judged[at] = _beyond(side, sign, cohort.labs.numbers["value"][rows[at]], limits[at])
    return judged


def _rounded(cohort: Cohort) -> Numbers:
    return cohort.once("rounded labs", lambda: all_rounded(cohort.labs.numbers["value"]))


def _bounds(cohort: Cohort) -> Column:
    """-1 for a result below a limit of detection, 1 above, 0 for a number."""

    def make() -> Column:
        sides = [0 if not shape.bound else -1 if shape.bound == "<" else 1 for shape in cohort.labs.shapes]
        return np.array(sides, dtype=np.int8)[cohort.labs.shape]

    return cohort.once("bounds", make)


def _beyond(side: int, sign: Sign, value: Numbers, limit: Numbers) -> Column:
    one_side = limit >= value if side < 0 else limit <= value
    towards = ("<", "<=") if side < 0 else (">", ">=")
    return np.where(one_side, MET if sign in towards else NOT_MET, UNKNOWN)


# ---- kidney and other organs


def kidney(asks: KidneyFunction, cohort: Cohort, rules: Rules) -> Column:
    days = rules.lab_days if asks.within_days is None else asks.within_days
    if asks.method == "eGFR" or (asks.method == "any" and asks.unit == "mL/min/1.73m2"):
        return _reported(asks, cohort, days, ("egfr",), PER_SURFACE)
    if asks.method == "Cockcroft-Gault":
        return _cockcroft_gault(asks, cohort, days, rules)
    measured = _reported(asks, cohort, days, CLEARANCE, "mL/min")
    if asks.method == "measured":
        return measured
    return values.first_settled(measured, _cockcroft_gault(asks, cohort, days, rules))


def _reported(asks: KidneyFunction, cohort: Cohort, days: int, names: tuple[str, ...], unit: str) -> Column:
    """A reported rate, compared in the unit it was reported in or not at all."""
    rows = _latest(cohort, names, lambda fact: fact.name.casefold() in names)
    rows = rows[within(cohort.labs.day("taken_on")[rows], days, cohort.today)]
    comparable = np.array([unit_of(asks.unit) == unit == unit_of(shape.unit) for shape in cohort.labs.shapes])
    limits = np.where(comparable, asks.comparison.number, np.nan)[cohort.labs.shape[rows]]
    judged = _judged(cohort, rows, asks.comparison.sign, limits)
    return values.agreed(len(cohort), cohort.labs.patient[rows], judged)


def _cockcroft_gault(asks: KidneyFunction, cohort: Cohort, days: int, rules: Rules) -> Column:
    patient, clearance = cohort.once(
        ("Cockcroft-Gault", days, rules.weight_days), lambda: _clearances(cohort, days, rules)
    )
    holds = against(asks.comparison.sign, clearance, asks.comparison.number)
    return values.agreed(len(cohort), patient, values.of(holds))


def _clearances(cohort: Cohort, days: int, rules: Rules) -> tuple[Ints, Numbers]:
    """Patients with all that is needed, and the clearance by each of their latest creatinines."""
    rows, milligrams = _creatinine(cohort, days)
    patient = cohort.labs.patient[rows]
    factor, years = _sex_and_age(cohort)
    weight = _weights(cohort, rules)
    known = ~np.isnan(factor[patient]) & ~np.isnan(weight[patient]) & (years[patient] >= 18)
    known &= years[patient] < 140
    patient, milligrams = patient[known], milligrams[known]
    clearance = (140 - years[patient]) * weight[patient] / (72 * milligrams) * factor[patient]
    return patient, clearance


def _creatinine(cohort: Cohort, days: int) -> tuple[Ints, Numbers]:
    """The latest results inside the window that can be read as milligrams in a decilitre."""
    facts = cohort.labs
    rows = facts.having(lambda fact: same_analyte(fact.name, "Creatinine"))
    rows = latest(facts, rows[within(facts.day("taken_on")[rows], days, cohort.today)], "taken_on")
    times = _conversions(cohort, "Creatinine", "mg/dL")[facts.shape[rows]]
    value = facts.numbers["value"][rows]
    with np.errstate(divide="ignore", invalid="ignore"):
        milligrams = value / times
    readable = (value != 0) & ~np.isnan(milligrams) & (_bounds(cohort)[rows] == 0) & (milligrams != 0)
    return rows[readable], milligrams[readable]


def _weights(cohort: Cohort, rules: Rules) -> Numbers:
    """The latest plausible body weight of each patient, in kilograms."""
    facts, kilograms = cohort.weights, cohort.weights.numbers["kilograms"]
    day = facts.day("measured_on")
    current = within(day, rules.weight_days, cohort.today) & (kilograms >= 20) & (kilograms <= 400)
    rows = np.flatnonzero(current)
    of_patient = np.full(len(cohort), np.nan)
    last = foremost(facts, rows[::-1], day[rows[::-1]])
    of_patient[facts.patient[last]] = kilograms[last]
    return of_patient


def _sex_and_age(cohort: Cohort) -> tuple[Numbers, Ints]:
    """The factor of the formula by sex (NaN if not recorded), and completed years, of each patient."""
    factors = {"female": 0.85, "male": 1.0}
    persons = cohort.persons
    factor, years = np.full(len(cohort), np.nan), np.full(len(cohort), -1, dtype=np.int64)
    by_shape = np.array([factors.get(shape.sex, np.nan) for shape in persons.shapes], dtype=np.float64)
    factor[persons.patient] = by_shape[persons.shape]
    years[persons.patient] = np.where(persons.day("birth_date") == NO_DAY, -1, completed_years(cohort))
    return factor, years


def organ_function(asks: OrganFunction, cohort: Cohort, rules: Rules) -> Column:
    return values.constant(len(cohort), UNKNOWN)
