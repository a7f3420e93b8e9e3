"""Criteria on the person, the disease and the treatment so far."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import date, timedelta

from tumorboard.codes.tnm import StageGroup
from tumorboard.trials.criteria import (
    Age,
    Alive,
    Diagnosis,
    DiseaseStatus,
    Performance,
    PriorDrug,
    PriorLines,
    Sex,
)
from tumorboard.trials.logic import Outcome, Reason, Value, either
from tumorboard.trials.patients import DiagnosisFact, PatientEvidence, StageFact, TherapyFact
from tumorboard.trials.rules import Rules

# ---- the person


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
        if _within(person.last_contact, rules.contact_days, patient.as_of):
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


def age(asks: Age, patient: PatientEvidence, rules: Rules) -> Outcome:
    """Exact dates: birth date plus the limit, against the screening date. `==` and registry limits
    compare completed years. Where both readings differ, the note says so."""
    person = patient.person
    if person is None or person.birth_date is None:
        evidence = [person.source] if person else []
        return Outcome.unknown(Reason.NOT_RECORDED, "Ask the clinic: date of birth", evidence=evidence)
    born, today = person.birth_date, patient.as_of
    completed = _completed(born, today, asks.unit)
    by_completed = asks.comparison.holds(completed)
    exact = _exact(asks, born, today)
    strict = not asks.completed and asks.comparison.sign != "=="
    note = f"Age {completed} {'years' if asks.unit == 'years' else asks.unit} on {today.isoformat()}."
    if strict and exact != by_completed:
        note += f" At the boundary: by completed {asks.unit} the answer would be {Value.of(by_completed)}."
    return Outcome.known(exact if strict else by_completed, [person.source], note)


def _exact(asks: Age, born: date, today: date) -> bool:
    """Days from the day the limit is reached to today, compared with 0 by the criterion's sign."""
    reached = _plus(born, asks.comparison.number, asks.unit)
    days = (today - reached).days
    sign = asks.comparison.sign
    if sign in (">", ">="):
        return days > 0 or (sign == ">=" and days == 0)
    return days < 0 or (sign in ("<=", "==") and days == 0)


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


def performance(asks: Performance, patient: PatientEvidence, rules: Rules) -> Outcome:
    """The latest score inside the window; ECOG and Karnofsky are not converted into each other."""
    scores = [fact for fact in patient.performance if fact.scale == asks.scale and fact.value is not None]
    settle = f"Ask the clinic: current {asks.scale}"
    if not scores:
        return _only_in_text(asks.scale, patient) or Outcome.unknown(Reason.NOT_RECORDED, settle)
    latest_day = max(fact.assessed_on or date.min for fact in scores)
    latest = [fact for fact in scores if (fact.assessed_on or date.min) == latest_day]
    sources = [fact.source for fact in latest]
    note = f"{asks.scale} {'/'.join(str(fact.value) for fact in latest)} on {_day(latest_day)}."
    if latest_day == date.min or not _within(latest_day, rules.performance_days, patient.as_of):
        return Outcome.unknown(Reason.STALE, settle, note, sources)
    answers = {asks.comparison.holds(fact.value) for fact in latest if fact.value is not None}
    if len(answers) > 1:
        return Outcome.unknown(Reason.CONFLICT, f"Decide which {asks.scale} is right", note, sources)
    return Outcome.known(answers.pop(), sources, note)


def _only_in_text(scale: str, patient: PatientEvidence) -> Outcome | None:
    found = [fact for fact in patient.note_facts if fact.concept == scale.lower()]
    if not found:
        return None
    values = ", ".join(fact.value for fact in found)
    note = f"{scale} {values} is told in a letter and not verified."
    return Outcome.unknown(
        Reason.TEXT_ONLY, f"Verify the passage on {scale}", note, [fact.source for fact in found]
    )


# ---- the disease


def diagnosis(asks: Diagnosis, patient: PatientEvidence, rules: Rules) -> Outcome:
    """Met if any primary diagnosis is the type asked for or below it. A diagnosis recorded less
    precisely than the criterion (NSCLC against LUAD) leaves it open."""
    primaries = [fact for fact in patient.diagnoses if fact.primary is not False]
    settle = f"Ask the pathologist: is it {_type_name(asks.term, rules)}?"
    if not primaries:
        return Outcome.unknown(Reason.NOT_RECORDED, settle)
    judged = [(fact, _is_type(fact, asks.term, rules)) for fact in primaries]
    value = either(value for _, value in judged)
    deciding = [fact for fact, each in judged if each is value]
    sources = [fact.source for fact in deciding]
    note = f"Diagnosis: {'; '.join(fact.oncotree or 'not coded' for fact in deciding)}."
    if value is Value.UNKNOWN:
        coded = all(fact.oncotree in rules.oncotree for fact in deciding)
        reason = Reason.PARTIAL_MATCH if coded else Reason.INDETERMINATE
        return Outcome.unknown(reason, settle, note, sources)
    return Outcome.known(value is Value.MET, sources, note)


def _is_type(fact: DiagnosisFact, term: str, rules: Rules) -> Value:
    if fact.oncotree not in rules.oncotree:
        return Value.UNKNOWN
    if fact.oncotree in rules.oncotree.members(term):
        return Value.MET
    return Value.UNKNOWN if fact.oncotree in rules.oncotree.broader(term) else Value.NOT_MET


def _type_name(term: str, rules: Rules) -> str:
    entry = rules.oncotree.types.get(term)
    return {"_SOLID_": "a solid tumour", "_LIQUID_": "a haematological neoplasm"}.get(
        term, entry.name if entry else term
    )


def disease_status(asks: DiseaseStatus, patient: PatientEvidence, rules: Rules) -> Outcome:
    """Met if any state listed is met. Stage IV stays metastatic; an earlier stage speaks for its time."""
    outcomes = [_state(state, patient, rules) for state in asks.states]
    value = either(outcome.value for outcome in outcomes)
    deciding = [outcome for outcome in outcomes if outcome.value is value]
    evidence = tuple(dict.fromkeys(source for outcome in deciding for source in outcome.evidence))
    note = " ".join(dict.fromkeys(outcome.note for outcome in deciding if outcome.note))
    if value is Value.UNKNOWN:
        first = deciding[0]
        return Outcome.unknown(first.reason or Reason.NOT_RECORDED, first.would_settle, note, evidence)
    return Outcome.known(value is Value.MET, evidence, note)


_STAGE_STATES = {
    "metastatic": (4, 4),
    "advanced": (3, 4),
    "locally advanced": (3, 3),
    "localized": (0, 2),
    "early stage": (0, 2),
}
_SETTLE_STATUS = "Ask the clinic: current extent of disease"


def _state(state: str, patient: PatientEvidence, rules: Rules) -> Outcome:
    if state in _STAGE_STATES:
        return _by_stage(_STAGE_STATES[state], patient, rules)
    if state == "untreated":
        return _untreated(patient)
    if state in ("recurrent", "refractory"):
        return _by_clinical_status(state, patient)
    return Outcome.unknown(Reason.NOT_RECORDED, f"Ask the clinic: is the disease {state}?")


def _by_stage(levels: tuple[int, int], patient: PatientEvidence, rules: Rules) -> Outcome:
    spread = [fact.source for fact in patient.diagnoses if fact.primary is False]
    if spread:
        return Outcome.known(levels[1] == 4, spread, "A metastasis is recorded.")
    staged = [(fact, level) for fact in patient.stages if (level := _stage_level(fact)) is not None]
    if not staged:
        return Outcome.unknown(Reason.NOT_RECORDED, _SETTLE_STATUS)
    fact, level = max(staged, key=lambda pair: (pair[1] == 4, pair[0].assessed_on or date.min))
    note = f"Stage {fact.stage_group or fact.m} on {_day(fact.assessed_on or date.min)}."
    fits = levels[0] <= level <= levels[1]
    current = fact.assessed_on is not None and _within(fact.assessed_on, rules.stage_days, patient.as_of)
    if level == 4 or current:
        return Outcome.known(fits, [fact.source], note)
    return Outcome.unknown(Reason.STALE, _SETTLE_STATUS, note, [fact.source])


def _stage_level(fact: StageFact) -> int | None:
    if "M1" in fact.m.upper():
        return 4
    try:
        return StageGroup.parse(fact.stage_group).level
    except ValueError:
        return None


def _untreated(patient: PatientEvidence) -> Outcome:
    if patient.therapies:
        return Outcome.known(False, [fact.source for fact in patient.therapies], "Treatment is on record.")
    if patient.complete_therapies:
        return Outcome.known(True, [patient.complete_therapies], "Stated: no treatment so far.")
    return Outcome.unknown(Reason.NOT_RECORDED, "Ask the clinic: any treatment so far?")


def _by_clinical_status(state: str, patient: PatientEvidence) -> Outcome:
    words = {"recurrent": ("recurrence", "recurrent", "relapse"), "refractory": ("refractory",)}[state]
    hits = [fact.source for fact in patient.diagnoses if fact.clinical_status in words]
    if hits:
        return Outcome.known(True, hits, f"Recorded as {state}.")
    return Outcome.unknown(Reason.NOT_RECORDED, f"Ask the clinic: is the disease {state}?")


# ---- the treatment so far


def prior_drug(asks: PriorDrug, patient: PatientEvidence, rules: Rules) -> Outcome:
    """Present is met; absent is not met only if the treatment history is stated to be complete."""
    agent = asks.agent.lower()
    given = [fact for fact in patient.therapies if agent in fact.agents or agent == fact.name]
    if given:
        return Outcome.known(True, [fact.source for fact in given], f"{asks.agent} is on record.")
    if patient.complete_therapies:
        return Outcome.known(False, [patient.complete_therapies], "Not in the complete treatment history.")
    return Outcome.unknown(Reason.NOT_RECORDED, f"Ask the clinic: was {asks.agent} ever given?")


def prior_lines(asks: PriorLines, patient: PatientEvidence, rules: Rules) -> Outcome:
    """The criterion must hold for every count the record allows; otherwise the range is named."""
    systemic = [fact for fact in patient.therapies if fact.kind in ("systemic", "")]
    if not systemic and not patient.complete_therapies:
        return Outcome.unknown(Reason.NOT_RECORDED, "Ask the clinic: number of prior lines")
    counts = _possible_counts(systemic, patient)
    evidence = [fact.source for fact in systemic] or [patient.complete_therapies]
    answers = {asks.comparison.holds(count) for count in counts}
    most = "or more" if counts[-1] >= _MANY else f"to {counts[-1]}"
    note = f"Prior lines: {counts[0]}{'' if len(counts) == 1 else f' {most}'}."
    if len(answers) == 1:
        return Outcome.known(answers.pop(), evidence, note)
    return Outcome.unknown(Reason.INDETERMINATE, "Ask the clinic: number of prior lines", note, evidence)


_MANY = 30
_CURATIVE = ("adjuvant", "neoadjuvant", "perioperative", "curative")


def _possible_counts(systemic: list[TherapyFact], patient: PatientEvidence) -> list[int]:
    """At least the ended lines for advanced disease. At most those, the running one, and one for each
    curative intent, because trials differ in whether it counts. Lines without a number in a record not
    stated to be complete are a lower limit only."""
    palliative = [fact for fact in systemic if fact.intent not in _CURATIVE]
    running = [fact for fact in palliative if not _has_ended(fact, patient.as_of)]
    running_lines = {fact.line for fact in running if fact.line is not None}
    over = [fact for fact in palliative if fact not in running and fact.line not in running_lines]
    numbered = all(fact.line is not None for fact in palliative)
    if not numbered and not patient.complete_therapies:
        return list(range(_lines(over), _MANY + 1))
    intents = {fact.intent for fact in systemic if fact.intent in _CURATIVE}
    return list(range(_lines(over), _lines(palliative) + len(intents) + 1))


def _has_ended(fact: TherapyFact, as_of: date) -> bool:
    if fact.ended_on is not None:
        return fact.ended_on <= as_of
    return fact.status in ("completed", "stopped")


def _lines(therapies: Iterable[TherapyFact]) -> int:
    """Distinct lines; a line number n says that there were n."""
    facts = list(therapies)
    numbers = {fact.line for fact in facts if fact.line is not None}
    return max([len(numbers) + sum(fact.line is None for fact in facts), *numbers])


def _within(day: date, days: int, as_of: date) -> bool:
    return 0 <= (as_of - day).days <= days


def _day(day: date) -> str:
    return "an unknown day" if day == date.min else day.isoformat()
