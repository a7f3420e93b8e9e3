"""Criteria on other conditions, and on metastases of the central nervous system.

Absence in a record is not absence: "no" needs a dated statement that says so (silver.statements).
"""

from __future__ import annotations

import re

from tumorboard.trials.conditions import denies, matches
from tumorboard.trials.criteria import CnsMetastases, Comorbidity
from tumorboard.trials.dates import said, within
from tumorboard.trials.logic import Outcome, Reason, Value, either
from tumorboard.trials.patients import NOT_SO, ComorbidityFact, DiagnosisFact, PatientEvidence, Statement
from tumorboard.trials.rules import Rules

# ---- other conditions

OVER = frozenset({"resolved", "inactive", "remission"})
ONGOING = frozenset({"active", "recurrence", "relapse"})


def comorbidity(asks: Comorbidity, patient: PatientEvidence, rules: Rules) -> Outcome:
    """Recorded is met; not met only by a recent statement, or where the condition cannot be (pregnancy)."""
    if asks.condition == "pregnancy" and patient.person and patient.person.sex == "male":
        return Outcome.known(False, [patient.person.source], "Not applicable: recorded sex male.")
    second = _second_primary(asks, patient, rules) if asks.condition == "second malignancy" else None
    if second and second.value is Value.MET:
        return second
    named = [fact for fact in patient.comorbidities if matches(asks.condition, fact.text, fact.code)]
    judged = [(fact, _applies(asks, fact, patient)) for fact in named]
    value = either(each for _, each in judged)
    deciding = [fact for fact, each in judged if each is value]
    note, sources = f"Recorded: {_listed(deciding)}.", [fact.source for fact in deciding]
    if value is Value.MET:
        return Outcome.known(True, sources, note)
    settle = _question(asks)
    if value is Value.UNKNOWN:
        return Outcome.unknown(Reason.PARTIAL_MATCH, settle, note, sources)
    return second or _not_recorded(asks, patient, rules, settle)


def _applies(asks: Comorbidity, fact: ComorbidityFact, patient: PatientEvidence) -> Value:
    if asks.active and fact.status not in ONGOING:
        return Value.NOT_MET if fact.status in OVER else Value.UNKNOWN
    if asks.within_days is None:
        return Value.MET
    if fact.onset_on is None:
        return Value.UNKNOWN
    return Value.of(within(fact.onset_on, asks.within_days, patient.as_of))


def _not_recorded(asks: Comorbidity, patient: PatientEvidence, rules: Rules, settle: str) -> Outcome:
    statements = [
        each for each in patient.statements if each.kind == NOT_SO and denies(asks.condition, each.subject)
    ]
    if statements:
        return _stated(statements, rules.contact_days, patient, settle)
    words = [
        fact
        for fact in patient.note_facts
        if fact.concept == "comorbidity" and matches(asks.condition, fact.value, "")
    ]
    if words:
        note = f"{', '.join(fact.value for fact in words)} is told in a letter and not verified."
        sources = [fact.source for fact in words]
        return Outcome.unknown(Reason.TEXT_ONLY, f"Verify the passage on {asks.condition}", note, sources)
    return Outcome.unknown(Reason.NOT_RECORDED, settle)


def _stated(statements: list[Statement], days: int, patient: PatientEvidence, settle: str) -> Outcome:
    latest = max(statements, key=lambda each: (str(each.stated_on or ""), each.source))
    note = f"Stated on {said(latest.stated_on)}: not so."
    if within(latest.stated_on, days, patient.as_of):
        return Outcome.known(False, [latest.source], note)
    return Outcome.unknown(Reason.STALE, settle, note, [latest.source])


def _question(asks: Comorbidity) -> str:
    kind = "active " if asks.active else ""
    if asks.within_days is None:
        return f"Ask the clinic: {kind}{asks.condition}?"
    return f"Ask the clinic: {kind}{asks.condition} in the last {asks.within_days} days?"


def _second_primary(asks: Comorbidity, patient: PatientEvidence, rules: Rules) -> Outcome | None:
    """Coded primaries of two tissues. Which one the trial is about is not known, so both must be as asked
    (active, in the window); else a person says."""
    coded = [fact for fact in patient.diagnoses if is_coded_primary(fact)]
    if _tissues(coded, rules) < 2:
        return None
    note, sources = f"Recorded: {', '.join(sorted(f.oncotree for f in coded))}.", [f.source for f in coded]
    if _tissues([fact for fact in coded if _is_as_asked(asks, fact, patient)], rules) >= 2:
        return Outcome.known(True, sources, note)
    return Outcome.unknown(Reason.PARTIAL_MATCH, _question(asks), note, sources)


def is_coded_primary(fact: DiagnosisFact) -> bool:
    return fact.primary is not False and bool(fact.oncotree)


def _is_as_asked(asks: Comorbidity, fact: DiagnosisFact, patient: PatientEvidence) -> bool:
    if asks.active and fact.clinical_status not in ONGOING:
        return False
    return asks.within_days is None or within(fact.diagnosed_on, asks.within_days, patient.as_of)


def _tissues(facts: list[DiagnosisFact], rules: Rules) -> int:
    return len({rules.oncotree.tissue(fact.oncotree) for fact in facts} - {""})


def _listed(facts: list[ComorbidityFact]) -> str:
    return "; ".join(f"{fact.text} ({fact.status or 'status not recorded'})" for fact in facts)


# ---- central nervous system

_CNS_WORDS = (
    "brain",
    "cerebr",
    "cerebell",
    "intracranial",
    "central nervous",
    "cns",
    "mening",
    "spinal cord",
)
_CNS_CODES = ("C793", "C794", "94225005", "94227002")  # ICD-10; SNOMED CT: metastasis in brain, meninges
_BRAIN = r"brain|cerebral|intracranial|cns|central nervous system"
_NO_METASTASES = re.compile(
    rf"(?:{_BRAIN})(?: or (?:lepto)?meningeal)? (?:metasta\w+|involvement)"
    rf"|metasta\w+ (?:in|to|of) (?:the )?(?:{_BRAIN})"
)
_HEAD = ("brain", "head", "skull", "cranium", "neuro")


def cns_metastases(asks: CnsMetastases, patient: PatientEvidence, rules: Rules) -> Outcome:
    """A recorded metastasis is met for `any`; whether it is active or treated, no table says. Not met only
    after a dated statement: an imaging series on record shows that somebody looked, not what was seen."""
    found = [fact for fact in patient.diagnoses if fact.primary is False and is_cns(fact)]
    settle = "Ask the clinic: brain metastases, by which examination, on which day?"
    if found:
        return _recorded_cns(asks, [fact.source for fact in found])
    statements = [each for each in patient.statements if each.kind == NOT_SO and denies_cns(asks.state, each)]
    if statements:
        return _stated(statements, rules.examination_days, patient, settle)
    told = [fact for fact in patient.note_facts if fact.concept == "metastasis" and in_cns(fact.value)]
    if told:
        note, sources = "Told in a letter and not verified.", [fact.source for fact in told]
        return Outcome.unknown(Reason.TEXT_ONLY, "Verify the passage on brain metastases", note, sources)
    return _not_examined(patient, rules, settle)


def _recorded_cns(asks: CnsMetastases, sources: list[str]) -> Outcome:
    if asks.state == "any":
        return Outcome.known(True, sources, "A metastasis of the central nervous system is recorded.")
    return Outcome.unknown(
        Reason.PARTIAL_MATCH, f"Ask the clinic: are the brain metastases {asks.state}?",
        "A metastasis of the central nervous system is recorded, not its state.", sources,
    )  # fmt: skip


def _not_examined(patient: PatientEvidence, rules: Rules, settle: str) -> Outcome:
    images = [
        fact
        for fact in patient.imaging
        if any(word in fact.body_part for word in _HEAD)
        and within(fact.performed_on, rules.examination_days, patient.as_of)
    ]
    if not images:
        return Outcome.unknown(Reason.NOT_RECORDED, settle)
    note = f"The head was imaged on {said(images[-1].performed_on)}; what was seen is not recorded."
    report = f"Radiology report of {said(images[-1].performed_on)}: brain metastases?"
    return Outcome.unknown(Reason.NOT_RECORDED, report, note, [fact.source for fact in images])


def is_cns(fact: DiagnosisFact) -> bool:
    return in_cns(fact.body_site) or in_cns(fact.text) or is_coded_cns(fact.code)


def in_cns(text: str) -> bool:
    folded = text.casefold()
    return any(word in folded for word in _CNS_WORDS)


def denies_cns(state: str, statement: Statement) -> bool:
    """Whether "this is not so" speaks of metastases of the brain or the central nervous system, not of
    another disease of it; for the meninges they must be named."""
    folded = statement.subject.casefold()
    if state == "leptomeningeal":
        return "mening" in folded and re.search(r"metasta|carcinomat", folded) is not None
    return _NO_METASTASES.search(folded) is not None or statement.code.replace(".", "") in _CNS_CODES[::2]


def is_coded_cns(code: str) -> bool:
    return code.replace(".", "").upper().startswith(_CNS_CODES)
