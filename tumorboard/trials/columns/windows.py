"""Days and windows, for columns of days."""

from __future__ import annotations

from typing import Any

import numpy as np

from tumorboard.trials.columns.cohort import NO_DAY, Cohort, Facts
from tumorboard.trials.columns.values import Flags, Ints


def within(day: Ints, days: int, today: int) -> Flags:
    """As `dates.within`; no day, or the first of the calendar, lies in no window."""
    age = today - day
    flags: Flags = (day > 1) & (age >= 0) & (age <= days)
    return flags


def latest(facts: Facts[Any], rows: Ints, name: str) -> Ints:
    """Of these rows (in order of patients) those of the patient's latest day, undated ones first."""
    if not len(rows):
        return rows
    patient, day = facts.patient[rows], np.maximum(facts.days[name][rows], 1)
    starts = np.flatnonzero(np.r_[True, patient[1:] != patient[:-1]])
    last = np.maximum.reduceat(day, starts)
    found: Ints = rows[day == np.repeat(last, np.diff(np.r_[starts, len(rows)]))]
    return found


def foremost(facts: Facts[Any], rows: Ints, key: Ints) -> Ints:
    """One row for each patient: that with the greatest key, the first of equals."""
    order = np.lexsort((np.arange(len(rows)), -key, facts.patient[rows]))
    ordered = rows[order]
    patient = facts.patient[ordered]
    return ordered[np.r_[True, patient[1:] != patient[:-1]]] if len(ordered) else ordered


def day_of_patient(cohort: Cohort, facts: Facts[Any], rows: Ints, name: str) -> Ints:
    """The latest day of each patient among these rows; NO_DAY without one."""
    days = np.full(len(cohort), NO_DAY, dtype=np.int64)
    np.maximum.at(days, facts.patient[rows], facts.days[name][rows])
    return days
