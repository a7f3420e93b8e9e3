"""Criteria on reported biomarkers: receptor status, MSI and MMR, signatures, tumour mutational burden."""

from __future__ import annotations

from tumorboard.trials.criteria import BiomarkerNumber, BiomarkerState
from tumorboard.trials.logic import Outcome, Reason, Value
from tumorboard.trials.organs import against
from tumorboard.trials.patients import BiomarkerFact, PatientEvidence
from tumorboard.trials.rules import Rules

Possible = frozenset[str]

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
}  # fmt: skip
_POSITIVE_NEGATIVE = {
    "positive": frozenset({"positive"}), "pos": frozenset({"positive"}), "yes": frozenset({"positive"}),
    "negative": frozenset({"negative"}), "neg": frozenset({"negative"}), "no": frozenset({"negative"}),
}  # fmt: skip
# HER2-low is a grade of HER2-negative (ASCO/CAP 2023 update, PMID 37284804): a report that says "negative"
# alone leaves open which. An immunohistochemistry score of 2+ is equivocal.
_ZERO_OR_LOW = frozenset({"zero", "low"})
_STATES["HER2"] = _POSITIVE_NEGATIVE | {
    "negative": _ZERO_OR_LOW, "neg": _ZERO_OR_LOW, "no": _ZERO_OR_LOW, "low": frozenset({"low"}),
    "0": frozenset({"zero"}), "1+": frozenset({"low"}), "3+": frozenset({"positive"}),
}  # fmt: skip
# What a criterion asks for where that is more than the one state of its name.
_WIDER = {("HER2", "negative"): _ZERO_OR_LOW}

# What one of two related tests says about the other (both come from mismatch repair).
RELATED: dict[str, tuple[str, dict[str, frozenset[str]]]] = {
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
    "mut/mb", "muts/mb", "mutations/mb", "mutations/megabase", "1/mb", "/mb", "1/1000000{basepairs}",
})  # fmt: skip


def state(asks: BiomarkerState, patient: PatientEvidence, rules: Rules) -> Outcome:
    """Every result must agree; where none of this name settles it, a related test may."""
    read = [(fact, states_of(fact, asks.name)) for fact in patient.biomarkers if is_named(fact, asks.name)]
    own = _agreed(asks, read, "") if read else None
    if own and (own.value is not Value.UNKNOWN or own.reason is Reason.CONFLICT):
        return own
    related = _from_related(asks.name, patient)
    if related:
        note = f" {asks.name} itself is not reported; read from {related[0][0].name}."
        other = _agreed(asks, related, note if own is None else f" Read from {related[0][0].name}.")
        if own is None or other.value is not Value.UNKNOWN:
            return other
    return own or _untested(asks.name, patient)


def number(asks: BiomarkerNumber, patient: PatientEvidence, rules: Rules) -> Outcome:
    """The measured value, in the unit asked for; results on both sides of the limit conflict."""
    facts = [fact for fact in patient.biomarkers if is_named(fact, asks.name)]
    if not facts:
        return _untested(asks.name, patient)
    sources, unit = [fact.source for fact in facts], asks.unit
    numbered = [fact for fact in facts if fact.number is not None and same_unit(fact.unit, unit)]
    if not numbered:
        return Outcome.unknown(
            Reason.PARTIAL_MATCH, f"Original report: {asks.name} as a number{f' in {unit}' if unit else ''}",
            f"{asks.name} is reported without a number{f' in {unit}' if unit else ''}.", sources,
        )  # fmt: skip
    listed = ", ".join(f"{fact.bound}{fact.number:g}" for fact in numbered)
    note = f"{asks.name} {listed} {unit}.".replace(" .", ".")
    settled = {against(asks.comparison, fact.number or 0.0, fact.bound) for fact in numbered} - {
        Value.UNKNOWN
    }
    if len(settled) == 1:
        return Outcome.known(settled.pop() is Value.MET, sources, note)
    if settled:
        return Outcome.unknown(Reason.CONFLICT, f"Decide which {asks.name} applies", note, sources)
    return Outcome.unknown(Reason.PARTIAL_MATCH, f"Original report: {asks.name} as a number", note, sources)


def _untested(name: str, patient: PatientEvidence) -> Outcome:
    told = [
        fact
        for fact in patient.note_facts
        if fact.concept == "biomarker" and fact.value.casefold().startswith(name.casefold())
    ]
    if not told:
        return Outcome.unknown(Reason.NOT_TESTED, _settle(name), f"No {name} result is on record.")
    note = f"{', '.join(fact.value for fact in told)} is told in a letter and not verified."
    sources = [fact.source for fact in told]
    return Outcome.unknown(Reason.TEXT_ONLY, f"Verify the passage on {name}", note, sources)


def _agreed(asks: BiomarkerState, read: list[tuple[BiomarkerFact, frozenset[str]]], extra: str) -> Outcome:
    sources = [fact.source for fact, _ in read]
    said = ", ".join(fact.text or fact.interpretation or "no answer" for fact, _ in read)
    note = f"{read[0][0].name}: {said}.{extra}"
    wanted = wanted_states(asks)
    answers = {answer(wanted, states) for _, states in read}
    settled = answers - {Value.UNKNOWN}
    if len(settled) == 1:
        return Outcome.known(settled.pop() is Value.MET, sources, note)
    if settled:
        return Outcome.unknown(Reason.CONFLICT, f"Decide which {asks.name} result applies", note, sources)
    reason = Reason.INDETERMINATE if _has_answer(read) else Reason.NOT_ASSESSABLE
    return Outcome.unknown(reason, _settle(asks.name), note, sources)


def wanted_states(asks: BiomarkerState) -> Possible:
    return _WIDER.get((asks.name, asks.state), frozenset({asks.state}))


def answer(wanted: Possible, possible: Possible) -> Value:
    if possible and possible <= wanted:
        return Value.MET
    return Value.UNKNOWN if not possible or possible & wanted else Value.NOT_MET


def _has_answer(read: list[tuple[BiomarkerFact, frozenset[str]]]) -> bool:
    return any(states or fact.interpretation == "equivocal" for fact, states in read)


def _from_related(name: str, patient: PatientEvidence) -> list[tuple[BiomarkerFact, frozenset[str]]]:
    if name == "HR":
        return _hormone_receptors(patient)
    if name not in RELATED:
        return []
    other, meaning = RELATED[name]
    read = [(fact, states_of(fact, other)) for fact in patient.biomarkers if is_named(fact, other)]
    return [(fact, frozenset().union(*(meaning[each] for each in states))) for fact, states in read]


def _hormone_receptors(patient: PatientEvidence) -> list[tuple[BiomarkerFact, frozenset[str]]]:
    """HR is positive if ER or PR is, negative if both are (ASCO/CAP 2020, PMID 31928404)."""
    read = {
        name: [(fact, states_of(fact, name)) for fact in patient.biomarkers if is_named(fact, name)]
        for name in ("ER", "PR")
    }
    every = [*read["ER"], *read["PR"]]
    if any(len({states for _, states in facts if states}) > 1 for facts in read.values()):
        return every
    positive = [(fact, states) for fact, states in every if states == {"positive"}]
    if positive:
        return positive
    negative = all(any(states == {"negative"} for _, states in facts) for facts in read.values())
    return [(fact, states if negative else frozenset()) for fact, states in every]


def states_of(fact: BiomarkerFact, name: str) -> frozenset[str]:
    """The states a result leaves open: its words first, then its interpretation."""
    words = _STATES.get(name, _POSITIVE_NEGATIVE)
    if fact.interpretation == "equivocal":
        return frozenset()
    for text in (fact.text, fact.interpretation):
        folded = text.strip().lower()
        if folded in words:
            return words[folded]
    return frozenset()


def is_named(fact: BiomarkerFact, name: str) -> bool:
    said, asked = fact.name.strip().casefold(), name.casefold()
    return said in (asked, f"{asked} status") or (asked == "pd-l1" and said.startswith("pd-l1 "))


def same_unit(reported: str, asked: str) -> bool:
    return _unit(reported, asked) == _unit(asked, asked)


def _unit(unit: str, asked: str) -> str:
    """One spelling per unit; a number without a unit is taken in the unit asked for."""
    folded = (unit or asked).lower().replace(" ", "")
    if folded in _PER_MEGABASE:
        return "/mb"
    return "%" if folded in ("%", "percent") else folded


def _settle(name: str) -> str:
    return _TESTS.get(name, f"{name} test")
