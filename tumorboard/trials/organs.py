"""Criteria on laboratory results and organ function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from tumorboard.pipeline.silver.analytes import analyte_of, factor
from tumorboard.trials.criteria import Comparison, KidneyFunction, Lab, OrganFunction
from tumorboard.trials.dates import said, within
from tumorboard.trials.logic import Outcome, Reason, Value
from tumorboard.trials.patients import LabFact, PatientEvidence, WeightFact
from tumorboard.trials.person import completed_years
from tumorboard.trials.rules import Rules
from tumorboard.trials.units import unit_of

# ---- one result against a limit


@dataclass(frozen=True, slots=True)
class _Limit:
    """What is compared: the analyte, the window in days, the comparison with one result, and its wording."""

    name: str
    days: int
    holds: Callable[[LabFact], Value]
    words: str


def lab(asks: Lab, patient: PatientEvidence, rules: Rules) -> Outcome:
    """The latest result inside the window; results of one day on both sides of the limit conflict."""
    named = [fact for fact in patient.labs if same_analyte(fact.name, asks.analyte)]
    days = rules.lab_days if asks.within_days is None else asks.within_days
    return _latest(
        named, _Limit(asks.analyte, days, lambda fact: _holds(asks, fact), _in_words(asks)), patient
    )


def _latest(facts: list[LabFact], limit: _Limit, patient: PatientEvidence) -> Outcome:
    measured = [fact for fact in facts if fact.value is not None]
    if not measured:
        sources = [fact.source for fact in facts]
        return Outcome.unknown(Reason.NOT_RECORDED, f"Laboratory: {limit.name}", evidence=sources)
    day = max(fact.taken_on or date.min for fact in measured)
    latest = [fact for fact in measured if (fact.taken_on or date.min) == day]
    if not within(day, limit.days, patient.as_of):
        note = f"{_listed(limit.name, latest)} Not inside the last {limit.days} days."
        sources = [fact.source for fact in latest]
        return Outcome.unknown(Reason.STALE, f"Laboratory: {limit.name} again", note, sources)
    return _compared(latest, limit)


def _compared(latest: list[LabFact], limit: _Limit) -> Outcome:
    sources, note = [fact.source for fact in latest], _listed(limit.name, latest)
    settled = {limit.holds(fact) for fact in latest} - {Value.UNKNOWN}
    if len(settled) == 1:
        return Outcome.known(settled.pop() is Value.MET, sources, f"{note} Asked for: {limit.words}.")
    if settled:
        return Outcome.unknown(Reason.CONFLICT, f"Decide which {limit.name} is right", note, sources)
    settle = f"Original report: {limit.name} with unit and range"
    lacking = f"{note} Unit or limit of normal does not allow a comparison with {limit.words}."
    return Outcome.unknown(Reason.PARTIAL_MATCH, settle, lacking, sources)


def _holds(asks: Lab, fact: LabFact) -> Value:
    limit = _limit(asks, fact)
    if limit is None or fact.value is None:
        return Value.UNKNOWN
    return against(Comparison(asks.comparison.sign, limit), rounded(fact.value), fact.bound)


def _limit(asks: Lab, fact: LabFact) -> float | None:
    """The limit in the unit of the result."""
    if asks.times:
        normal = fact.high if asks.times == "ULN" else fact.low
        return None if normal is None else asks.comparison.number * normal
    times = conversion(asks.analyte, asks.unit, fact.unit)
    return None if times is None else asks.comparison.number * times


def against(limit: Comparison, value: float, bound: str) -> Value:
    """A result `<0.1` lies anywhere below: it answers only where all of that lies on one side."""
    if not bound:
        return Value.of(limit.holds(value))
    below = bound == "<"
    if limit.sign in ("<", "<=") and below and limit.number >= value:
        return Value.MET
    if limit.sign in (">", ">=") and not below and limit.number <= value:
        return Value.MET
    if limit.sign in (">", ">=", "==") and below and limit.number >= value:
        return Value.NOT_MET
    if limit.sign in ("<", "<=", "==") and not below and limit.number <= value:
        return Value.NOT_MET
    return Value.UNKNOWN


def rounded(value: float) -> float:
    """Conversions leave traces in the last digits; a laboratory reports at most six."""
    return float(f"{value:.9g}")


def conversion(analyte: str, asked: str, reported: str) -> float | None:
    """What to multiply a number in the unit asked for with, to compare it with a reported one."""
    wanted, given = unit_of(asked), unit_of(reported)
    if wanted == given:
        return 1.0
    known = analyte_of(set(), analyte)
    if known is None:
        return None
    if not wanted and known.unit == "{INR}":  # a ratio is written without a unit
        wanted = known.unit
    to_lake, from_lake = factor(known, wanted), factor(known, given)
    return to_lake / from_lake if to_lake and from_lake else None


_ALIASES = {
    "anc": "neutrophils", "absolute neutrophil count": "neutrophils", "wbc": "leukocytes",
    "white blood cells": "leukocytes", "haemoglobin": "hemoglobin", "hb": "hemoglobin",
    "platelet count": "platelets", "bilirubin": "bilirubin total", "total bilirubin": "bilirubin total",
    "alat": "alt", "asat": "ast", "sgpt": "alt", "sgot": "ast", "serum creatinine": "creatinine",
    "lactate dehydrogenase": "ldh", "alp": "alkaline phosphatase",
}  # fmt: skip


def same_analyte(one: str, other: str) -> bool:
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    folded = " ".join(name.casefold().split())
    return _ALIASES.get(folded, folded)


def _in_words(asks: Lab) -> str:
    return f"{asks.comparison} {f'x {asks.times}' if asks.times else asks.unit}".strip()


def _listed(name: str, facts: list[LabFact]) -> str:
    values = " / ".join(f"{fact.bound}{fact.value:g} {fact.unit}".strip() for fact in facts)
    return f"{name} {values} on {said(facts[0].taken_on)}."


# ---- kidney and other organs

CLEARANCE = ("creatinine clearance", "crcl", "measured creatinine clearance")
PER_SURFACE = "mL/min/{1.73_m2}"


def kidney(asks: KidneyFunction, patient: PatientEvidence, rules: Rules) -> Outcome:
    """A measured clearance or eGFR as asked for; else the clearance by Cockcroft and Gault.

    A filtration rate per 1.73 m2 is no clearance in mL/min (body surface): it leaves the other one open.
    """
    days = rules.lab_days if asks.within_days is None else asks.within_days
    ways = [way(asks, days, patient, rules) for way in _ways(asks)]
    settled = [outcome for outcome in ways if outcome.value is not Value.UNKNOWN]
    return settled[0] if settled else max(ways, key=lambda outcome: len(outcome.evidence))


_Way = Callable[[KidneyFunction, int, PatientEvidence, Rules], Outcome]


def _ways(asks: KidneyFunction) -> list[_Way]:
    ways: dict[str, list[_Way]] = {
        "measured": [_measured], "eGFR": [_egfr], "Cockcroft-Gault": [_cockcroft_gault],
        "any": [_egfr] if asks.unit == "mL/min/1.73m2" else [_measured, _cockcroft_gault],
    }  # fmt: skip
    return ways[asks.method]


def _measured(asks: KidneyFunction, days: int, patient: PatientEvidence, rules: Rules) -> Outcome:
    return _reported(CLEARANCE, _Limit("Creatinine clearance", days, *_as_is(asks, "mL/min")), patient)


def _egfr(asks: KidneyFunction, days: int, patient: PatientEvidence, rules: Rules) -> Outcome:
    return _reported(("egfr",), _Limit("eGFR", days, *_as_is(asks, PER_SURFACE)), patient)


def _reported(names: tuple[str, ...], limit: _Limit, patient: PatientEvidence) -> Outcome:
    return _latest([fact for fact in patient.labs if fact.name.casefold() in names], limit, patient)


def _as_is(asks: KidneyFunction, unit: str) -> tuple[Callable[[LabFact], Value], str]:
    """A rate is compared in the unit it was reported in, or not at all."""

    def holds(fact: LabFact) -> Value:
        comparable = unit_of(asks.unit) == unit == unit_of(fact.unit)
        if not comparable or fact.value is None:
            return Value.UNKNOWN
        return against(asks.comparison, rounded(fact.value), fact.bound)

    return holds, f"{asks.comparison} {asks.unit}"


def _cockcroft_gault(asks: KidneyFunction, days: int, patient: PatientEvidence, rules: Rules) -> Outcome:
    """(140 - age) x weight / (72 x creatinine in mg/dL), x 0.85 for women (Cockcroft and Gault, Nephron
    1976;16:31, PMID 1244564); for adults, with the latest creatinine and weight inside their windows."""
    lacking = _lacking(days, patient, rules)
    if lacking:
        note = f"Clearance by Cockcroft-Gault needs: {', '.join(lacking)}."
        sources = [fact.source for fact in _latest_creatinine(days, patient)]
        unreadable = sources and "creatinine" in lacking
        reason = Reason.PARTIAL_MATCH if unreadable else Reason.NOT_RECORDED
        return Outcome.unknown(reason, f"Ask the clinic: {', '.join(lacking)}", note, sources)
    results, weight = _creatinine(days, patient), _weight(patient, rules)
    assert patient.person is not None and weight is not None
    values = [_clearance(result, weight, patient) for result in results]
    sources = [*(result.source for result in results), weight.source, patient.person.source]
    note = f"Clearance {'/'.join(f'{value:.0f}' for value in values)} mL/min by Cockcroft-Gault."
    answers = {asks.comparison.holds(value) for value in values}
    if len(answers) > 1:
        return Outcome.unknown(Reason.CONFLICT, "Decide which creatinine is right", note, sources)
    return Outcome.known(answers.pop(), sources, note)


def _lacking(days: int, patient: PatientEvidence, rules: Rules) -> list[str]:
    person = patient.person
    years = completed_years(person, patient.as_of) if person else None
    present = {
        "creatinine": bool(_creatinine(days, patient)),
        "body weight": _weight(patient, rules) is not None,
        "sex": person is not None and person.sex in ("female", "male"),
        "age of an adult": years is not None and 18 <= years < 140,
    }
    return [name for name, known in present.items() if not known]


def _creatinine(days: int, patient: PatientEvidence) -> list[LabFact]:
    """The latest results, in a unit that can be read and not at the limit of detection."""
    latest = _latest_creatinine(days, patient)
    return [fact for fact in latest if fact.value and not fact.bound and _milligrams(fact)]


def _latest_creatinine(days: int, patient: PatientEvidence) -> list[LabFact]:
    facts = [
        fact
        for fact in patient.labs
        if same_analyte(fact.name, "Creatinine") and within(fact.taken_on, days, patient.as_of)
    ]
    day = max((fact.taken_on or date.min for fact in facts), default=date.min)
    return [fact for fact in facts if fact.taken_on == day]


def _milligrams(fact: LabFact) -> float:
    times = conversion("Creatinine", "mg/dL", fact.unit)
    return fact.value / times if fact.value and times else 0.0


def _weight(patient: PatientEvidence, rules: Rules) -> WeightFact | None:
    facts = [fact for fact in patient.weights if within(fact.measured_on, rules.weight_days, patient.as_of)]
    plausible = [fact for fact in facts if 20 <= fact.kilograms <= 400]
    return max(plausible, key=lambda fact: (fact.measured_on, fact.source), default=None)


def _clearance(creatinine: LabFact, weight: WeightFact, patient: PatientEvidence) -> float:
    person = patient.person
    years = completed_years(person, patient.as_of) if person else None
    times = 0.85 if person and person.sex == "female" else 1.0
    return (140 - (years or 0)) * weight.kilograms / (72 * _milligrams(creatinine)) * times


def organ_function(asks: OrganFunction, patient: PatientEvidence, rules: Rules) -> Outcome:
    what = f"{asks.organ or 'organ'} function"
    return Outcome.unknown(
        Reason.UNSUPPORTED, f"Ask the clinic: is the {what} adequate?", "No limit is stated."
    )
