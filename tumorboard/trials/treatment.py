"""Criteria on the treatment so far: drugs, classes, lines, and the time since the last one.

A treatment that is recorded was given. One that is not recorded was not given only if the treatment
history is stated to be complete, and only as far as that statement reaches.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from tumorboard.trials.criteria import PriorDrug, PriorLines, PriorTherapy, Setting, Treatments, Washout
from tumorboard.trials.dates import said, within
from tumorboard.trials.drugs import CLASSES, generic, is_known
from tumorboard.trials.logic import Outcome, Reason, Value, both, either
from tumorboard.trials.patients import PatientEvidence, TherapyFact
from tumorboard.trials.rules import Rules

CURATIVE = ("adjuvant", "neoadjuvant", "perioperative", "curative")
RUNNING = ("active", "in-progress")
ENDED = ("completed", "stopped")


def prior_drug(asks: PriorDrug, patient: PatientEvidence, rules: Rules) -> Outcome:
    """Present is met; absent is not met only if the treatment history is stated to be complete."""
    return prior_therapy(PriorTherapy(Treatments(agents=(generic(asks.agent),))), patient, rules)


def prior_therapy(asks: PriorTherapy, patient: PatientEvidence, rules: Rules) -> Outcome:
    """A therapy that fits in every respect is met; one that may fit leaves it open."""
    judged = [(fact, _fits(asks, fact, patient.as_of)) for fact in patient.therapies]
    value = either(value for _, value in judged)
    deciding = [fact for fact, each in judged if each is value]
    sources = [fact.source for fact in deciding]
    if value is Value.MET:
        return Outcome.known(True, sources, f"{_names(deciding)} is on record.")
    settle = f"Ask the clinic: was {asks.what} ever given?"
    if asks.within_days is not None:
        settle = f"Ask the clinic: was {asks.what} given in the last {asks.within_days} days?"
    if value is Value.UNKNOWN:
        note = f"May be it: {_names(deciding)}."
        return Outcome.unknown(Reason.INDETERMINATE, settle, note, sources)
    if is_complete(patient, rules, asks.within_days):
        return Outcome.known(False, [patient.complete_therapies], "Not in the complete treatment history.")
    return _told(asks.what, patient, settle) or Outcome.unknown(Reason.NOT_RECORDED, settle)


def is_complete(patient: PatientEvidence, rules: Rules, days: int | None = None) -> bool:
    """Whether the history is stated to be complete, lately enough to speak for today, or for the last `days`:
    a statement knows nothing of what was given after it."""
    if not patient.complete_therapies:
        return False
    reach = rules.contact_days if days is None else min(days, rules.contact_days)
    return patient.complete_on is None or within(patient.complete_on, reach, patient.as_of)


def _told(what: Treatments, patient: PatientEvidence, settle: str) -> Outcome | None:
    """A treatment that only a letter names."""
    found = [
        fact
        for fact in patient.note_facts
        if fact.concept == "therapy"
        and _is_named(what, frozenset({generic(fact.value)}), "systemic") is Value.MET
    ]
    if not found:
        return None
    note = f"{', '.join(fact.value for fact in found)} is told in a letter and not verified."
    return Outcome.unknown(Reason.TEXT_ONLY, settle, note, [fact.source for fact in found])


def _fits(asks: PriorTherapy, fact: TherapyFact, as_of: date) -> Value:
    return both(
        [is_meant(asks.what, fact), in_setting(asks.setting, fact), _recent(asks.within_days, fact, as_of)]
    )


def is_meant(what: Treatments, fact: TherapyFact) -> Value:
    agents = frozenset(generic(agent) for agent in fact.agents)
    name = generic(fact.name)
    if is_known(name) or name in map(generic, what.agents):
        agents |= {name}
    return _is_named(what, agents, fact.kind or "systemic")


def _is_named(what: Treatments, agents: frozenset[str], kind: str) -> Value:
    if what == Treatments() or kind in what.modalities or agents & {*map(generic, what.agents)}:
        return Value.MET
    if any(agents & CLASSES.get(name, frozenset()) for name in what.classes):
        return Value.MET
    if kind != "systemic" or not (what.agents or what.classes):
        return Value.NOT_MET
    return Value.UNKNOWN if _may_be(what, agents) else Value.NOT_MET


def _may_be(what: Treatments, agents: frozenset[str]) -> bool:
    """A therapy without a known agent may be any; an agent of no known class may be of the one asked for."""
    return not agents or (bool(what.classes) and not any(is_known(agent) for agent in agents))


def in_setting(setting: Setting, fact: TherapyFact) -> Value:
    if not setting:
        return Value.MET
    if not fact.intent or fact.intent == "unknown":
        return Value.UNKNOWN
    return Value.of((fact.intent in CURATIVE) == (setting == "curative"))


def _recent(days: int | None, fact: TherapyFact, as_of: date) -> Value:
    if days is None:
        return Value.MET
    last = _last_day(fact, as_of)
    if last is None:
        recent_start = fact.started_on is not None and (as_of - fact.started_on).days <= days
        return Value.MET if recent_start else Value.UNKNOWN
    return Value.of((as_of - last).days <= days)


def _last_day(fact: TherapyFact, as_of: date) -> date | None:
    """The last day it was given, as far as known on the screening date; None if that is not recorded.
    Surgery without an end is over on its day."""
    if fact.ended_on is not None:
        return min(fact.ended_on, as_of)
    if fact.status in RUNNING:
        return as_of
    return fact.started_on if fact.kind == "surgery" else None


# ---- washout


def washout(asks: Washout, patient: PatientEvidence, rules: Rules) -> Outcome:
    """Time since the last treatment of this kind: too short is not met; long enough is met only if nothing
    else can have been given since, which the record alone does not show."""
    possible = [
        (fact, meant)
        for fact in patient.therapies
        if (meant := is_meant(asks.what, fact)) is not Value.NOT_MET
    ]
    too_late = [
        fact for fact, meant in possible if meant is Value.MET and _ended_after(fact, asks, patient.as_of)
    ]
    settle = f"Ask the clinic: last day of {asks.what}"
    if too_late:
        return _too_short(asks, too_late, settle)
    open_ = [
        fact
        for fact, meant in possible
        if (meant is Value.UNKNOWN and _ended_after(fact, asks, patient.as_of) is not False)
        or _ended_after(fact, asks, patient.as_of) is None
    ]
    if open_:
        note = f"When it ended, or what it was, is not recorded: {_names(open_)}."
        return Outcome.unknown(Reason.PARTIAL_MATCH, settle, note, [fact.source for fact in open_])
    if not is_complete(patient, rules, asks.days):
        return _perhaps_another(asks, [fact for fact, _ in possible])
    return _long_enough(asks, [fact for fact, _ in possible], patient, settle)


def _ended_after(fact: TherapyFact, asks: Washout, as_of: date) -> bool | None:
    last = _last_day(fact, as_of)
    if last is not None:
        return (as_of - last).days < asks.days
    if fact.started_on is not None and (as_of - fact.started_on).days < asks.days:
        return True
    return None


def _too_short(asks: Washout, facts: list[TherapyFact], settle: str) -> Outcome:
    note = f"{_names(facts)}: less than {asks.days} days ago."
    sources = [fact.source for fact in facts]
    if asks.half_lives and asks.whichever == "shorter":
        note += f" {asks.half_lives:g} half-lives may be shorter."
        return Outcome.unknown(Reason.PARTIAL_MATCH, "Ask the pharmacist: half-life", note, sources)
    return Outcome.known(False, sources, note)


def _perhaps_another(asks: Washout, facts: list[TherapyFact]) -> Outcome:
    question = f"Ask the clinic: any {asks.what} in the last {asks.days} days?"
    return Outcome.unknown(Reason.NOT_RECORDED, question, _last(asks, facts), [fact.source for fact in facts])


def _last(asks: Washout, facts: list[TherapyFact]) -> str:
    return f"Last recorded: {_names(facts)}." if facts else f"No {asks.what} is on record."


def _long_enough(asks: Washout, facts: list[TherapyFact], patient: PatientEvidence, settle: str) -> Outcome:
    sources, note = [fact.source for fact in facts], _last(asks, facts)
    if asks.half_lives and asks.whichever == "longer" and facts:
        note += f" {asks.half_lives:g} half-lives may be longer."
        return Outcome.unknown(Reason.PARTIAL_MATCH, "Ask the pharmacist: half-life", note, sources)
    return Outcome.known(True, [*sources, patient.complete_therapies], note)


# ---- lines


def prior_lines(asks: PriorLines, patient: PatientEvidence, rules: Rules) -> Outcome:
    """The criterion must hold for every count the record allows; otherwise the range is named."""
    systemic = [fact for fact in patient.therapies if is_systemic(fact)]
    complete = is_complete(patient, rules)
    if not systemic and not complete:
        return Outcome.unknown(Reason.NOT_RECORDED, "Ask the clinic: number of prior lines")
    counts = _counted(asks, systemic, patient.as_of, complete)
    evidence = [fact.source for fact in systemic] or [patient.complete_therapies]
    answers = {asks.comparison.holds(count) for count in counts}
    most = "or more" if counts[-1] >= MANY else f"to {counts[-1]}"
    note = f"Prior lines: {counts[0]}{'' if len(counts) == 1 else f' {most}'}."
    if len(answers) == 1:
        return Outcome.known(answers.pop(), evidence, note)
    return Outcome.unknown(Reason.INDETERMINATE, "Ask the clinic: number of prior lines", note, evidence)


MANY = 30


def is_systemic(fact: TherapyFact) -> bool:
    return fact.kind in ("systemic", "")


def _counted(asks: PriorLines, systemic: list[TherapyFact], as_of: date, complete: bool) -> list[int]:
    """Of all lines, or of those that contain the treatment asked for: then a line whose content is not
    known counts as possible only, and so does every line a record that is not complete may lack."""
    if asks.of == Treatments() and not asks.setting:
        return _possible_counts(systemic, as_of, complete)
    meant = [(fact, both([is_meant(asks.of, fact), in_setting(asks.setting, fact)])) for fact in systemic]
    surely = [fact for fact, value in meant if value is Value.MET and _has_ended(fact, as_of)]
    possibly = [fact for fact, value in meant if value is not Value.NOT_MET]
    most = _distinct(possibly) if complete else MANY
    return list(range(_distinct(surely), max(most, _distinct(surely)) + 1))


def _possible_counts(systemic: list[TherapyFact], as_of: date, complete: bool) -> list[int]:
    """At least the ended lines for advanced disease. At most those, the running one, and one for each
    curative intent, because trials differ in whether it counts. Lines without a number in a record not
    stated to be complete are a lower limit only."""
    palliative = [fact for fact in systemic if fact.intent not in CURATIVE]
    running = [fact for fact in palliative if not _has_ended(fact, as_of)]
    running_lines = {fact.line for fact in running if fact.line is not None}
    over = [fact for fact in palliative if fact not in running and fact.line not in running_lines]
    numbered = all(fact.line is not None for fact in palliative)
    if not numbered and not complete:
        return list(range(_lines(over), max(_lines(over), MANY) + 1))
    intents = {fact.intent for fact in systemic if fact.intent in CURATIVE}
    return list(range(_lines(over), _lines(palliative) + len(intents) + 1))


def _has_ended(fact: TherapyFact, as_of: date) -> bool:
    if fact.ended_on is not None:
        return fact.ended_on <= as_of
    return fact.status in ENDED


def _lines(therapies: Iterable[TherapyFact]) -> int:
    """Distinct lines; a line number n says that there were n."""
    facts = list(therapies)
    numbers = {fact.line for fact in facts if fact.line is not None}
    return max([_distinct(facts), *numbers])


def _distinct(facts: list[TherapyFact]) -> int:
    numbers = {fact.line for fact in facts if fact.line is not None}
    return len(numbers) + sum(fact.line is None for fact in facts)


def _names(facts: Iterable[TherapyFact]) -> str:
    return "; ".join(
        f"{fact.name or 'therapy'} until {said(fact.ended_on)}" if fact.ended_on else fact.name or "therapy"
        for fact in facts
    )
