"""Criteria on the person: vital status, sex, age, performance status."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import date, timedelta

from tumorboard.trials.criteria import Age, Alive, Performance, Sex
from tumorboard.trials.dates import said, within
from tumorboard.trials.logic import Outcome, Reason, Value
from tumorboard.trials.patients import PatientEvidence, PerformanceFact, Person
from tumorboard.trials.rules import Rules


def alive(asks: Alive, patient: PatientEvidence, rules: Rules) -> Outcome:
    """Vital status is a criterion like any other: shown, and unknown when nobody saw the patient lately
    (a record that does not say "deceased" is no proof of life years later)."""
    person = patient.person
    if person is None:
        return Outcome.unknown(Reason.NOT_RECORDED, "Confirm vital status")
    if person.deceased:
        return Outcome.known(False, [person.source], "Recorded as deceased.")
    if person.last_contact is not None:
        note = f"Last contact {person.last_contact.isoformat()}."
        if within(person.last_contact, rules.contact_days, patient.as_of):
            return Outcome.known(True, [person.source], note)
        return Outcome.unknown(Reason.STALE, "Confirm vital status", note, [person.source])
    if person.deceased is None:
        return Outcome.unknown(Reason.NOT_RECORDED, "Confirm vital status", evidence=[person.source])
    return Outcome.known(True, [person.source], "Recorded as alive.")


def sex(asks: Sex, patient: PatientEvidence, rules: Rules) -> Outcome:
    person = patient.person
    if person is None or person.sex not in ("female", "male"):
        evidence = [person.source] if person else []
        return Outcome.unknown(Reason.NOT_RECORDED, "Ask the clinic: recorded sex", evidence=evidence)
    return Outcome.known(person.sex == asks.value, [person.source], f"Recorded sex: {person.sex}.")


OLDEST = 125  # years; the longest life on record is 122


def age(asks: Age, patient: PatientEvidence, rules: Rules) -> Outcome:
    """Exact dates: birth date plus the limit, against the screening date. `==` and registry limits
    compare completed years. Where both readings differ, the note says so."""
    person = patient.person
    if person is None or person.birth_date is None:
        evidence = [person.source] if person else []
        return Outcome.unknown(Reason.NOT_RECORDED, "Ask the clinic: date of birth", evidence=evidence)
    born, today = person.birth_date, patient.as_of
    if not 0 <= _completed(born, today, "years") <= OLDEST:
        note = f"Born on {born.isoformat()}: not an age a living person can have."
        return Outcome.unknown(Reason.NOT_ASSESSABLE, "Correct the date of birth", note, [person.source])
    completed = _completed(born, today, asks.unit)
    by_completed = asks.comparison.holds(completed)
    exact = _exact(asks, born, today)
    strict = not asks.completed and asks.comparison.sign != "=="
    note = f"Age {completed} {asks.unit}."  # no day in it: an answer given beside it holds until a birthday
    if exact == by_completed or asks.comparison.sign == "==":
        return Outcome.known(by_completed, [person.source], note)
    other = Value.of(by_completed if strict else exact)
    reading = f"completed {asks.unit}" if strict else "the exact date"
    note += f" At the boundary: by {reading} the answer would be {other}."
    return Outcome.known(exact if strict else by_completed, [person.source], note, at_boundary=True)


def completed_years(person: Person, as_of: date) -> int | None:
    """Age in whole years; None if the date of birth is not recorded."""
    return None if person.birth_date is None else _completed(person.birth_date, as_of, "years")


def _exact(asks: Age, born: date, today: date) -> bool:
    """Days from the day the limit is reached to today, compared with 0 by the criterion's sign."""
    days = (today - day_reached(born, asks)).days
    sign = asks.comparison.sign
    if sign in (">", ">="):
        return days > 0 or (sign == ">=" and days == 0)
    return days < 0 or (sign in ("<=", "==") and days == 0)


def day_reached(born: date, asks: Age) -> date:
    """The day on which somebody born then reaches the age of the criterion."""
    return _plus(born, asks.comparison.number, asks.unit)


def _plus(day: date, amount: float, unit: str) -> date:
    """The day `amount` units later; 29 February becomes 28 February in other years. Far future is capped."""
    if unit == "days":
        return day + timedelta(days=min(round(amount), 80_000))
    months = min(round(amount * 12) if unit == "years" else round(amount), 200 * 12)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _completed(born: date, today: date, unit: str) -> int:
    if unit == "days":
        return (today - born).days
    months = (today.year - born.year) * 12 + today.month - born.month
    if _plus(born, months, "months") > today:
        months -= 1
    return months // 12 if unit == "years" else months


# What a score on one scale leaves open on the other: the union of the two published conversions (Oken 1982,
# PMID 7165009: KPS 70-80 is ECOG 1; Ma 2010, PMID 20674334: KPS 80-90 is ECOG 1). Where both agree it counts.
_ECOG_OF_KPS: dict[int, frozenset[int]] = {
    100: frozenset({0}), 90: frozenset({0, 1}), 80: frozenset({1}), 70: frozenset({1, 2}),
    60: frozenset({2}), 50: frozenset({2, 3}), 40: frozenset({3}), 30: frozenset({3, 4}),
    20: frozenset({4}), 10: frozenset({4}), 0: frozenset({5}),
}  # fmt: skip
_KPS_OF_ECOG: dict[int, frozenset[int]] = {
    ecog: frozenset(kps for kps, open_ in _ECOG_OF_KPS.items() if ecog in open_) for ecog in range(6)
}


def performance(asks: Performance, patient: PatientEvidence, rules: Rules) -> Outcome:
    """The latest score inside the window, on the scale asked for; else on the other one, converted."""
    days = rules.performance_days if asks.within_days is None else asks.within_days
    scored = [fact for fact in patient.performance if fact.value is not None]
    own = [fact for fact in scored if fact.scale == asks.scale]
    other = [fact for fact in scored if fact.scale != asks.scale]
    settle = f"Ask the clinic: current {asks.scale}"
    for scores in (own, other):
        if any(within(fact.assessed_on, days, patient.as_of) for fact in scores):
            return _by_latest(asks, scores)
    if not scored:
        return _only_in_text(asks.scale, patient) or Outcome.unknown(Reason.NOT_RECORDED, settle)
    latest = _latest(own or other)
    note = f"{_listed(latest)}: not inside the last {days} days."
    return Outcome.unknown(Reason.STALE, settle, note, [fact.source for fact in latest])


def _by_latest(asks: Performance, scores: list[PerformanceFact]) -> Outcome:
    latest = _latest(scores)
    sources, note = [fact.source for fact in latest], f"{_listed(latest)}."
    if latest[0].scale != asks.scale:
        note += f" Converted to {asks.scale}."
    possible = [on_scale(asks.scale, fact) for fact in latest]
    answers = {frozenset(asks.comparison.holds(value) for value in values) for values in possible}
    if len(answers) > 1:
        settle = f"Decide which {asks.scale} is right"
        return Outcome.unknown(Reason.CONFLICT, settle, note, sources)
    (answer,) = answers
    if len(answer) != 1:
        settle = f"Ask the clinic: current {asks.scale}"
        return Outcome.unknown(Reason.INDETERMINATE, settle, f"{note} The conversions differ.", sources)
    return Outcome.known(next(iter(answer)), sources, note)


def on_scale(scale: str, fact: PerformanceFact) -> frozenset[int]:
    value = fact.value if fact.value is not None else -1
    if fact.scale == scale:
        return frozenset({value})
    table = _ECOG_OF_KPS if scale == "ECOG" else _KPS_OF_ECOG
    return table.get(value, frozenset(table))


def _latest(scores: list[PerformanceFact]) -> list[PerformanceFact]:
    day = max(fact.assessed_on or date.min for fact in scores)
    return [fact for fact in scores if (fact.assessed_on or date.min) == day]


def _listed(scores: Iterable[PerformanceFact]) -> str:
    facts = list(scores)
    values = "/".join(str(fact.value) for fact in facts)
    return f"{facts[0].scale} {values} on {said(facts[0].assessed_on)}"


def _only_in_text(scale: str, patient: PatientEvidence) -> Outcome | None:
    found = [fact for fact in patient.note_facts if fact.concept == scale.lower()]
    if not found:
        return None
    values = ", ".join(fact.value for fact in found)
    note = f"{scale} {values} is told in a letter and not verified."
    return Outcome.unknown(
        Reason.TEXT_ONLY, f"Verify the passage on {scale}", note, [fact.source for fact in found]
    )
