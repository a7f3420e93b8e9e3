"""Criteria on reported biomarkers: receptor status, MSI and MMR, signatures, tumour mutational burden."""

from __future__ import annotations

from tumorboard.trials.criteria import BiomarkerNumber, BiomarkerState
from tumorboard.trials.logic import Outcome, Reason, Value
from tumorboard.trials.patients import BiomarkerFact, PatientEvidence
from tumorboard.trials.rules import Rules

# What a report may say, folded -> the states it leaves open. An empty set: tested, but no answer.
_STATES: dict[str, dict[str, frozenset[str]]] = {
    "MSI": {
        "high": frozenset({"high"}), "msi-h": frozenset({"high"}), "msi-high": frozenset({"high"}),
        "low": frozenset({"low"}), "msi-l": frozenset({"low"}), "msi-low": frozenset({"low"}),
        "stable": frozenset({"stable"}), "mss": frozenset({"stable"}),
    },
    "MMR": {
        # silver.biomarkers: for MMR, positive means deficient
        "positive": frozenset({"deficient"}), "negative": frozenset({"proficient"}),
        "deficient": frozenset({"deficient"}), "dmmr": frozenset({"deficient"}),
        "mmr-d": frozenset({"deficient"}), "mmr-deficient": frozenset({"deficient"}),
        "proficient": frozenset({"proficient"}), "pmmr": frozenset({"proficient"}),
        "mmr-p": frozenset({"proficient"}), "mmr-proficient": frozenset({"proficient"}),
    },
    "ER": {}, "PR": {}, "HER2": {},
}  # fmt: skip
_POSITIVE_NEGATIVE = {
    "positive": frozenset({"positive"}), "pos": frozenset({"positive"}), "yes": frozenset({"positive"}),
    "negative": frozenset({"negative"}), "neg": frozenset({"negative"}), "no": frozenset({"negative"}),
}  # fmt: skip
# HER2-low is a grade of HER2-negative (ASCO/CAP 2023 update, PMID 37284804).
_HER2_LOW = {"low": frozenset({"negative"})}

# What one of two related tests says about the other (both come from mismatch repair).
_RELATED: dict[str, tuple[str, dict[str, frozenset[str]]]] = {
    "MMR": ("MSI", {
        "high": frozenset({"deficient"}), "low": frozenset({"proficient"}),
        "stable": frozenset({"proficient"}),
    }),
    "MSI": ("MMR", {"deficient": frozenset({"high"}), "proficient": frozenset({"low", "stable"})}),
}  # fmt: skip
_TESTS = {
    "MSI": "MSI test",
    "MMR": "Mismatch repair immunohistochemistry",
    "TMB": "Panel or exome that reports TMB",
}
_PER_MEGABASE = frozenset({
    "", "mut/mb", "muts/mb", "mutations/mb", "mutations/megabase", "1/mb", "/mb", "1/1000000{basepairs}",
})  # fmt: skip


def state(asks: BiomarkerState, patient: PatientEvidence, rules: Rules) -> Outcome:
    """Every result must agree; results that leave several states open, or none, do not settle it."""
    facts = [fact for fact in patient.biomarkers if _named(fact, asks.name)]
    if facts:
        return _agreed(asks, [(fact, _read(fact, asks.name)) for fact in facts], "")
    related = _from_related(asks.name, patient)
    if related:
        note = f" {asks.name} itself is not reported; read from {_RELATED[asks.name][0]}."
        return _agreed(asks, related, note)
    return Outcome.unknown(Reason.NOT_TESTED, _settle(asks.name), f"No {asks.name} result is on record.")


def number(asks: BiomarkerNumber, patient: PatientEvidence, rules: Rules) -> Outcome:
    """The measured value, in the unit asked for; results on both sides of the limit conflict."""
    facts = [fact for fact in patient.biomarkers if _named(fact, asks.name)]
    if not facts:
        return Outcome.unknown(Reason.NOT_TESTED, _settle(asks.name), f"No {asks.name} is on record.")
    sources = [fact.source for fact in facts]
    numbers = [fact.number for fact in facts if fact.number is not None and _unit(fact) in _PER_MEGABASE]
    if not numbers:
        return Outcome.unknown(
            Reason.PARTIAL_MATCH, f"Original report: {asks.name} as a number in {asks.unit}",
            f"{asks.name} is reported without a number in {asks.unit}.", sources,
        )  # fmt: skip
    note = f"{asks.name} {', '.join(f'{value:g}' for value in numbers)} {asks.unit}."
    answers = {asks.comparison.holds(value) for value in numbers}
    if len(answers) > 1:
        return Outcome.unknown(Reason.CONFLICT, f"Decide which {asks.name} applies", note, sources)
    return Outcome.known(answers.pop(), sources, note)


def _agreed(asks: BiomarkerState, read: list[tuple[BiomarkerFact, frozenset[str]]], extra: str) -> Outcome:
    sources = [fact.source for fact, _ in read]
    said = ", ".join(fact.text or fact.interpretation or "no answer" for fact, _ in read)
    note = f"{read[0][0].name}: {said}.{extra}"
    answers = {_answer(asks.state, states) for _, states in read}
    settled = answers - {Value.UNKNOWN}
    if len(settled) == 1:
        return Outcome.known(settled.pop() is Value.MET, sources, note)
    if settled:
        return Outcome.unknown(Reason.CONFLICT, f"Decide which {asks.name} result applies", note, sources)
    reason = Reason.INDETERMINATE if _has_answer(read) else Reason.NOT_ASSESSABLE
    return Outcome.unknown(reason, _settle(asks.name), note, sources)


def _answer(wanted: str, possible: frozenset[str]) -> Value:
    if wanted not in possible:
        return Value.NOT_MET if possible else Value.UNKNOWN
    return Value.MET if len(possible) == 1 else Value.UNKNOWN


def _has_answer(read: list[tuple[BiomarkerFact, frozenset[str]]]) -> bool:
    return any(states or fact.interpretation == "equivocal" for fact, states in read)


def _from_related(name: str, patient: PatientEvidence) -> list[tuple[BiomarkerFact, frozenset[str]]]:
    if name not in _RELATED:
        return []
    other, meaning = _RELATED[name]
    read = [(fact, _read(fact, other)) for fact in patient.biomarkers if _named(fact, other)]
    return [
        (fact, frozenset().union(*(meaning[each] for each in states)))
        for fact, states in read
    ]  # fmt: skip


def _read(fact: BiomarkerFact, name: str) -> frozenset[str]:
    """The states a result leaves open: its words first, then its interpretation."""
    words = _STATES.get(name) or {**_POSITIVE_NEGATIVE, **(_HER2_LOW if name == "HER2" else {})}
    if fact.interpretation == "equivocal":
        return frozenset()
    for text in (fact.text, fact.interpretation):
        folded = text.strip().lower()
        if folded in words:
            return words[folded]
    return frozenset()


def _named(fact: BiomarkerFact, name: str) -> bool:
    return fact.name.strip().casefold() in (name.casefold(), f"{name.casefold()} status")


def _unit(fact: BiomarkerFact) -> str:
    return fact.unit.lower().replace(" ", "")


def _settle(name: str) -> str:
    return _TESTS.get(name, f"{name} test")
