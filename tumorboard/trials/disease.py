"""Criteria on the disease: its type, extent and course."""

from __future__ import annotations

import re
from datetime import date

from tumorboard.codes.tnm import StageGroup
from tumorboard.trials.criteria import Diagnosis, DiseaseStatus, Stage
from tumorboard.trials.dates import said, within
from tumorboard.trials.logic import Outcome, Reason, Value, either
from tumorboard.trials.patients import DiagnosisFact, PatientEvidence, StageFact
from tumorboard.trials.rules import Rules
from tumorboard.trials.treatment import is_complete


def diagnosis(asks: Diagnosis, patient: PatientEvidence, rules: Rules) -> Outcome:
    """Met if any primary diagnosis is the type asked for or below it. A diagnosis recorded less
    precisely than the criterion (NSCLC against LUAD) leaves it open."""
    primaries = [fact for fact in patient.diagnoses if fact.primary is not False]
    settle = f"Ask the pathologist: is it {_type_name(asks.term, rules)}?"
    if not primaries:
        return Outcome.unknown(Reason.NOT_RECORDED, settle)
    judged = [(fact, is_type(fact, asks.term, rules)) for fact in primaries]
    value = either(value for _, value in judged)
    deciding = [fact for fact, each in judged if each is value]
    sources = [fact.source for fact in deciding]
    note = f"Diagnosis: {'; '.join(fact.oncotree or 'not coded' for fact in deciding)}."
    if value is Value.UNKNOWN:
        coded = all(fact.oncotree in rules.oncotree for fact in deciding)
        reason = Reason.PARTIAL_MATCH if coded else Reason.INDETERMINATE
        return Outcome.unknown(reason, settle, note, sources)
    return Outcome.known(value is Value.MET, sources, note)


def is_type(fact: DiagnosisFact, term: str, rules: Rules) -> Value:
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


STAGE_STATES = {
    "metastatic": (4, 4),
    "advanced": (3, 4),
    "locally advanced": (3, 3),
    "localized": (0, 2),
    "early stage": (0, 2),
}
COURSE_WORDS = {"recurrent": ("recurrence", "recurrent", "relapse"), "refractory": ("refractory",)}
_SETTLE_STATUS = "Ask the clinic: current extent of disease"


def _state(state: str, patient: PatientEvidence, rules: Rules) -> Outcome:
    if state in STAGE_STATES:
        return _by_stage(STAGE_STATES[state], patient, rules)
    if state == "untreated":
        return _untreated(patient, rules)
    if state in COURSE_WORDS:
        return _by_clinical_status(state, patient)
    return Outcome.unknown(Reason.NOT_RECORDED, f"Ask the clinic: is the disease {state}?")


def _by_stage(levels: tuple[int, int], patient: PatientEvidence, rules: Rules) -> Outcome:
    spread = [fact.source for fact in patient.diagnoses if is_distant(fact)]
    if spread:
        return Outcome.known(levels[1] == 4, spread, "A metastasis is recorded.")
    staged = [(fact, level) for fact in patient.stages if (level := stage_level(fact)) is not None]
    if not staged:
        return Outcome.unknown(Reason.NOT_RECORDED, _SETTLE_STATUS)
    fact, level = max(staged, key=lambda pair: (pair[1] == 4, pair[0].assessed_on or date.min))
    note = f"Stage {fact.stage_group or fact.m} on {said(fact.assessed_on or date.min)}."
    fits = levels[0] <= level <= levels[1]
    current = fact.assessed_on is not None and within(fact.assessed_on, rules.stage_days, patient.as_of)
    if level == 4 or current:
        return Outcome.known(fits, [fact.source], note)
    return Outcome.unknown(Reason.STALE, _SETTLE_STATUS, note, [fact.source])


_NODES = re.compile(r"lymph|\bnod(?:e|al)")


def is_distant(fact: DiagnosisFact) -> bool:
    """A metastasis elsewhere than in lymph nodes: those may be regional, and then the stage says so."""
    nodal = _NODES.search(f"{fact.text} {fact.body_site}".casefold()) or fact.code.upper().startswith("C77")
    return fact.primary is False and not nodal


def stage_level(fact: StageFact) -> int | None:
    if "M1" in fact.m.upper():
        return 4
    try:
        return StageGroup.parse(fact.stage_group).level
    except ValueError:
        return None


def _untreated(patient: PatientEvidence, rules: Rules) -> Outcome:
    if patient.therapies:
        return Outcome.known(False, [fact.source for fact in patient.therapies], "Treatment is on record.")
    if is_complete(patient, rules):
        return Outcome.known(True, [patient.complete_therapies], "Stated: no treatment so far.")
    return Outcome.unknown(Reason.NOT_RECORDED, "Ask the clinic: any treatment so far?")


def _by_clinical_status(state: str, patient: PatientEvidence) -> Outcome:
    hits = [fact.source for fact in patient.diagnoses if fact.clinical_status in COURSE_WORDS[state]]
    if hits:
        return Outcome.known(True, hits, f"Recorded as {state}.")
    return Outcome.unknown(Reason.NOT_RECORDED, f"Ask the clinic: is the disease {state}?")


# ---- stage groups


def stage(asks: Stage, patient: PatientEvidence, rules: Rules) -> Outcome:
    """The latest stage. Stage IV stays stage IV; an earlier stage speaks for its time only."""
    staged = [(fact, group) for fact in patient.stages if (group := stage_group(fact)) is not None]
    if not staged:
        return Outcome.unknown(Reason.NOT_RECORDED, "Ask the clinic: current stage")
    fact, group = max(staged, key=lambda pair: (pair[1].level == 4, pair[0].assessed_on or date.min))
    note = f"Stage {group} on {said(fact.assessed_on)}."
    if group.level != 4 and not within(fact.assessed_on, rules.stage_days, patient.as_of):
        return Outcome.unknown(Reason.STALE, "Ask the clinic: current stage", note, [fact.source])
    answer = either(is_group(group, wanted) for wanted in asks.groups)
    if answer is Value.UNKNOWN:
        settle = f"Ask the clinic: is it stage {' or '.join(asks.groups)}?"
        return Outcome.unknown(Reason.PARTIAL_MATCH, settle, note, [fact.source])
    return Outcome.known(answer is Value.MET, [fact.source], note)


def stage_group(fact: StageFact) -> StageGroup | None:
    for text in (fact.stage_group, "IV" if "M1" in fact.m.upper() else ""):
        try:
            return StageGroup.parse(text)
        except ValueError:
            continue
    return None


def is_group(recorded: str, wanted: str) -> Value:
    """`III` covers IIIA to IIIC; a patient recorded as III may be IIIB."""
    if _numeral(recorded) != _numeral(wanted):
        return Value.NOT_MET
    if recorded.startswith(wanted):
        return Value.MET
    return Value.UNKNOWN if wanted.startswith(recorded) else Value.NOT_MET


def _numeral(group: str) -> str:
    return group.rstrip("ABCDE123S") if group != "0IS" else "0"
