"""Where the answers of a boolean engine differ from ours, and the numbered trap that explains each.

Numbers 1 to 24 are those of the trap list of the trial screening design; 25 and 26 are ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tumorboard.trials import closed_world
from tumorboard.trials.criteria import (
    Age,
    Alive,
    Alteration,
    BiomarkerNumber,
    BiomarkerState,
    Level,
    Node,
    Not,
    Predicate,
    Trial,
    Unsupported,
    predicates,
)
from tumorboard.trials.logic import Outcome, Reason, Value, negate
from tumorboard.trials.matching import match
from tumorboard.trials.patients import PatientEvidence
from tumorboard.trials.rules import Rules
from tumorboard.trials.screening import VITAL_STATUS, LevelResult, screen

TRAPS = {
    1: "a negated criterion passes for a patient who was not tested",
    2: "a position is a raw expression whose dot matches any character",
    3: "a position or change is compared as text: other classes and spellings are missed",
    4: "whoever is not exactly `alive` is left out",
    5: "an old rearrangement is looked for in the words of its comment",
    6: "a step without arms is not run",
    7: "a dose level under a suspended arm still runs",
    8: "the key is left out without a word",
    9: "the key is compared with a patient field that does not exist",
    10: "`==` on age finds birthdays only",
    12: "a blank in a comparison breaks it",
    13: "the variant category in another case finds nothing",
    14: "MSI and mismatch repair share one field of two values",
    15: "a tumour type the map lacks is compared as text",
    17: "wild type needs a record that says so",
    19: "what is not mentioned is read as not so",
    22: "the clause of the trial as a whole is not loaded",
    23: "a clause of clinical criteria only gives no match",
    24: "a clause of ignored keys only gives no match and no message",
    25: "each clause alone: those of the levels above are not asked",
    26: "stale, conflicting or half reported evidence is read as no",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One criterion, or one level (`criterion` empty), answered in two ways. `trap` is None if nothing
    explains it: that is an error of ours."""

    level: str
    code: str
    criterion: str
    ours: str
    theirs: str
    trap: int | None

    @property
    def reason(self) -> str:
        return TRAPS[self.trap] if self.trap else "unexplained"


def explain_difference(
    trial: Trial, patient: PatientEvidence, *, rules: Rules | None = None, include_deceased: bool = False
) -> list[Difference]:
    """Every difference between the open and the closed world for one patient and trial."""
    rules = rules or Rules()
    ours = screen(trial, patient, rules=rules, include_deceased=include_deceased)
    theirs = screen(trial, patient, rules=rules, include_deceased=include_deceased, closed_world=True)
    vital = [] if include_deceased else list(_of_clause(VITAL_STATUS, patient, rules, ("trial", "")))
    found: list[Difference] = []
    for level, one, other in zip(_levels(trial.root), ours, theirs, strict=True):
        own = [*vital, *_of_clause(level.match, patient, rules, (level.name, level.code))]
        found += own
        if one.verdict != other.verdict:
            found.append(_of_level(level, one, other, own))
    return list(dict.fromkeys(found))


def not_run(level: Level) -> int | None:
    """The trap by which the engine's default configuration would not run a level at all, or show nothing
    for it; None if it would."""
    if level.name == "trial":
        return 22
    if closed_world.pruned(level.match) is None:
        return 24
    if level.name == "step" and not level.below:
        return 6
    asked = [leaf.asks for leaf in predicates(level.match)]
    shows = any(
        isinstance(asks, Alteration | BiomarkerState)
        or (isinstance(asks, BiomarkerNumber) and asks.name == "TMB")
        for asks in asked
    )
    return None if shows else 23


def _levels(level: Level) -> Iterator[Level]:
    yield level
    for below in level.below:
        yield from _levels(below)


def _of_level(level: Level, ours: LevelResult, theirs: LevelResult, own: list[Difference]) -> Difference:
    """A level differs because of its own criteria, of an ignored clause, or of the clauses above it."""
    if own:
        trap: int | None = own[-1].trap
    elif theirs.verdict == "none" and level.match is not None:
        trap = 24
    else:
        trap = 25 if len(ours.criteria) > len(theirs.criteria) else None
    return Difference(level.name, level.code, "", ours.verdict, theirs.verdict, trap)


def _of_clause(
    clause: Node | None, patient: PatientEvidence, rules: Rules, place: tuple[str, str]
) -> Iterator[Difference]:
    for leaf, negated in _polarities(clause):
        ours = match(leaf.asks, patient, rules)
        value = negate(ours.value) if negated else ours.value
        theirs = _theirs(leaf, negated, patient, ours, rules)
        if str(value) != theirs:
            yield Difference(*place, leaf.path, str(value), theirs, _trap(leaf, negated, ours))


def _theirs(leaf: Predicate, negated: bool, patient: PatientEvidence, ours: Outcome, rules: Rules) -> str:
    if closed_world.key_of(leaf) in closed_world.IGNORED:
        return "ignored"
    outcome = closed_world.answer(leaf, patient, ours, rules)
    return str(negate(outcome.value) if negated else outcome.value)


def _polarities(node: Node | None, negated: bool = False) -> Iterator[tuple[Predicate, bool]]:
    if node is None:
        return
    if isinstance(node, Predicate):
        yield node, negated
        return
    children = (node.child,) if isinstance(node, Not) else node.children
    for child in children:
        yield from _polarities(child, negated != isinstance(node, Not))


def _trap(leaf: Predicate, negated: bool, ours: Outcome) -> int | None:
    """The trap behind a difference on one criterion: first by its key, then by why it is unknown."""
    return _by_key(leaf, ours) or _by_reason(negated, ours)


def _by_key(leaf: Predicate, ours: Outcome) -> int | None:
    key, asks = closed_world.key_of(leaf), leaf.asks
    if key in closed_world.IGNORED:
        return 8
    if key.startswith("oncotree_primary_diagnosis") and isinstance(asks, Unsupported):
        return 15
    if key in closed_world.UNMAPPED or isinstance(asks, Unsupported):
        return 9
    by_type: dict[type, Callable[[Predicate, Any, Outcome], int | None]] = {
        Alive: _by_vital_status,
        Age: _by_age,
        BiomarkerState: _by_result,
        Alteration: _by_alteration,
    }
    rule = by_type.get(type(asks))
    return rule(leaf, asks, ours) if rule else None


def _by_vital_status(leaf: Predicate, asks: Alive, ours: Outcome) -> int:
    return 4


def _by_age(leaf: Predicate, asks: Age, ours: Outcome) -> int | None:
    if re.search(r"[<>=]\s+\d", leaf.wording):
        return 12
    return 10 if asks.comparison.sign == "==" and ours.value is not Value.UNKNOWN else None


def _by_result(leaf: Predicate, asks: BiomarkerState, ours: Outcome) -> int | None:
    return 14 if asks.name in ("MSI", "MMR") and ours.reason is not Reason.NOT_TESTED else None


def _by_alteration(leaf: Predicate, asks: Alteration, ours: Outcome) -> int | None:
    if asks.wildtype and ours.reason is not Reason.NOT_TESTED:
        return 17
    if asks.kinds == {"sv"} and ours.reason is not Reason.NOT_TESTED:
        usual = closed_world.category(leaf) in ("", "Structural Variation", "SV")
        return 5 if usual else 13
    if ours.reason is Reason.NOT_TESTED or not (asks.position or asks.change):
        return None
    return 2 if ours.reason is Reason.PARTIAL_MATCH and asks.position else 3


def _by_reason(negated: bool, ours: Outcome) -> int | None:
    if ours.value is not Value.UNKNOWN:
        return None
    if ours.reason in (Reason.NOT_TESTED, Reason.NOT_RECORDED):
        return 1 if negated else 19
    return 26
