"""Screen one patient for one trial: every level with its verdict, every criterion with its evidence.

A level is decided by its own clause and those above it (trial, step, arm, dose). The verdict is derived
here and never stored as an entry. "Fits" means "fits the encoded criteria", never "eligible".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from tumorboard.trials import closed_world
from tumorboard.trials.asking import who_answers
from tumorboard.trials.criteria import (
    Alive,
    Alteration,
    Diagnosis,
    Level,
    LevelName,
    Node,
    Not,
    Predicate,
    Question,
    Trial,
    all_of,
    predicates,
)
from tumorboard.trials.logic import Outcome, Reason, Value, combine, deciding_leaves
from tumorboard.trials.matching import match
from tumorboard.trials.patients import PatientEvidence
from tumorboard.trials.rules import Rules

Verdict = Literal["fits", "uncertain", "excluded", "none"]
_VERDICTS: dict[Value, Verdict] = {Value.MET: "fits", Value.UNKNOWN: "uncertain", Value.NOT_MET: "excluded"}

#: Asked of every patient and shown like the trial's own criteria.
VITAL_STATUS = Predicate("vital_status", "The patient is alive", Alive())


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """One row: the criterion as worded, its result (after `not`), and why. `open` means that the answer
    can still change the level's verdict; only then `would_settle` and `who` (must answer) are filled.
    `decides`: it makes the verdict what it is. `at_boundary`: another usual reading of the limit gives
    another answer, see `note`."""

    path: str
    wording: str
    result: Value
    reason_code: str
    evidence: tuple[str, ...]
    note: str
    would_settle: str
    open: bool
    asks: type
    who: str = ""
    at_boundary: bool = False
    span: tuple[int, int] | None = None
    decides: bool = False


@dataclass(frozen=True, slots=True)
class LevelResult:
    """One level. `enterable` levels have no parts below: a patient joins a trial in one of them, and
    `place` names it with the arm it belongs to (`A / dose 2`)."""

    trial_id: str
    trial_version: str
    trial_is_open: bool | None
    level: LevelName
    code: str
    path: str
    title: str
    suspended: bool
    verdict: Verdict
    criteria: tuple[CriterionResult, ...]
    place: str = ""
    enterable: bool = True
    all_solid_or_liquid: bool = False

    def count(self, result: Value) -> int:
        return sum(criterion.result is result for criterion in self.criteria)


def screen(
    trial: Trial,
    patient: PatientEvidence,
    *,
    rules: Rules | None = None,
    closed_world: bool = False,
    include_deceased: bool = False,
    known: dict[Question, Outcome] | None = None,
) -> list[LevelResult]:
    """One result per level, the trial first.

    `known` keeps what the patient's evidence answers, so that several trials ask the same only once; it is of
    one patient and one day.

    `closed_world=True` answers as boolean engines do, for comparison runs only: each clause alone, and
    absence counts as negative.
    """
    answers = {} if known is None else known
    screening = _Screening(trial, patient, rules or Rules(), closed_world, include_deceased, answers)
    return list(screening.levels(trial.root, (), ""))


@dataclass(frozen=True)
class _Screening:
    trial: Trial
    patient: PatientEvidence
    rules: Rules
    closed_world: bool
    include_deceased: bool
    known: dict[Question, Outcome]

    def levels(self, level: Level, above: tuple[Node, ...], arm: str) -> Iterator[LevelResult]:
        match = closed_world.pruned(level.match) if self.closed_world else level.match
        own = (match,) if match is not None else ()
        clauses = own if self.closed_world else (*above, *own)
        place = f"{arm} / {level.code}" if arm else level.code
        yield self._level(level, clauses, place)
        for below in level.below:
            yield from self.levels(below, clauses, place if level.name == "arm" else "")

    def _level(self, level: Level, clauses: tuple[Node, ...], place: str) -> LevelResult:
        tree = all_of([*([] if self.include_deceased else [VITAL_STATUS]), *clauses])
        criteria: tuple[CriterionResult, ...] = ()
        verdict: Verdict = "none"
        if clauses and tree is not None:
            answers = {leaf: self._answer(leaf) for leaf in predicates(tree)}
            verdict = _VERDICTS[combine(tree, lambda leaf: answers[leaf].value)]
            criteria = tuple(_criteria(tree, answers))
        return LevelResult(
            self.trial.trial_id, self.trial.version, self.trial.is_open, level.name, level.code, level.path,
            level.title or self.trial.title, level.suspended, verdict, criteria, place, not level.below,
            _is_broad(clauses),
        )  # fmt: skip

    def _answer(self, leaf: Predicate) -> Outcome:
        outcome = self.known.get(leaf.asks)
        if outcome is None:
            outcome = self.known[leaf.asks] = match(leaf.asks, self.patient, self.rules)
        return closed_world.answer(leaf, self.patient, outcome, self.rules) if self.closed_world else outcome


def _criteria(tree: Node, answers: dict[Predicate, Outcome]) -> Iterator[CriterionResult]:
    verdict = combine(tree, lambda leaf: answers[leaf].value)
    deciding = {id(leaf) for leaf in deciding_leaves(tree, lambda leaf: answers[leaf].value, verdict)}
    for leaf, negated in _polarities(tree, False):
        outcome = answers[leaf].negated() if negated else answers[leaf]
        decides = id(leaf) in deciding
        is_open = decides and verdict is Value.UNKNOWN
        yield CriterionResult(
            leaf.path, _worded(leaf, negated), outcome.value, outcome.reason or "", outcome.evidence,
            outcome.note,
            outcome.would_settle if is_open else "", is_open, type(leaf.asks),
            who_answers(leaf.asks, outcome) if is_open else "", outcome.at_boundary, leaf.span, decides,
        )  # fmt: skip


_ESCAPE = re.compile(r"\\(?=[^\w\s])")  # the registry's markup writes `\>=`


def _worded(leaf: Predicate, negated: bool) -> str:
    """In the trial's words. Of a registry's text it is the part that was read: an exclusion says so."""
    if leaf.span is None:
        return leaf.wording
    plain = _ESCAPE.sub("", leaf.wording)
    return f"Not: {plain}" if negated else plain


def _polarities(node: Node, negated: bool) -> Iterator[tuple[Predicate, bool]]:
    if isinstance(node, Predicate):
        yield node, negated
    elif isinstance(node, Not):
        yield from _polarities(node.child, not negated)
    else:
        for child in node.children:
            yield from _polarities(child, negated)


def _is_broad(clauses: Iterable[Node]) -> bool:
    questions = [leaf.asks for clause in clauses for leaf in predicates(clause)]
    terms = [asks.term for asks in questions if isinstance(asks, Diagnosis)]
    return all(term in ("_SOLID_", "_LIQUID_") for term in terms)


# ---- tables and lists

COLUMNS = (
    "patient_key", "trial_id", "level", "code", "path", "wording", "result", "reason_code", "evidence",
    "would_settle", "who", "at_boundary", "verdict", "trial_version", "note", "title", "suspended",
    "recruiting",
)  # fmt: skip


def rows(patient_key: str, results: Iterable[LevelResult]) -> pd.DataFrame:
    """Results as rows of gold.trial_matches: for each place where a patient can join, every criterion that
    decides it (those of the levels above included), or one row that says "no criteria encoded"."""
    records = [
        (
            patient_key, result.trial_id, result.level, result.place or result.trial_id,
            criterion.path, criterion.wording,
            str(criterion.result), str(criterion.reason_code), list(criterion.evidence),
            criterion.would_settle, criterion.who, criterion.at_boundary,
            result.verdict, result.trial_version,
            criterion.note, result.title, result.suspended, result.trial_is_open,
        )
        for result in results
        if result.enterable
        for criterion in result.criteria or (_nothing_encoded(result),)
    ]  # fmt: skip
    return pd.DataFrame(records, columns=list(COLUMNS))


def _nothing_encoded(result: LevelResult) -> CriterionResult:
    return CriterionResult(
        result.path, "No criteria encoded", Value.UNKNOWN, Reason.UNSUPPORTED, (), "",
        "Read the protocol", True, type(None), "trial site",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing to do, and the trials it could decide."""

    what: str
    trials: tuple[str, ...]
    criteria: int
    who: str = ""


def tests_that_settle_most(results: Iterable[LevelResult]) -> list[Ask]:
    """What would settle open criteria, most trials first; suspended levels and closed trials do not count."""
    trials: dict[str, set[str]] = defaultdict(set)
    criteria: dict[str, set[tuple[str, str]]] = defaultdict(set)
    who: dict[str, str] = {}
    for result in results:
        if not result.enterable or result.suspended or result.trial_is_open is False:
            continue
        for criterion in result.criteria:
            if criterion.would_settle and criterion.reason_code != Reason.UNSUPPORTED:
                trials[criterion.would_settle].add(result.trial_id)
                criteria[criterion.would_settle].add((result.trial_id, criterion.path))
                who[criterion.would_settle] = criterion.who
    asks = [Ask(what, tuple(sorted(found)), len(criteria[what]), who[what]) for what, found in trials.items()]
    return sorted(asks, key=lambda ask: (-len(ask.trials), -ask.criteria, ask.what))


#: The order of results, as stated to the reader. Which center runs a trial plays no part.
RANKING = (
    "fits, then uncertain, then nothing encoded, then excluded",
    "open, then status unknown, then suspended or closed",
    "matched by an alteration before matched without one",
    "for this disease before all solid or all haematological tumours",
    "fewer open questions first",
    "trial number, level, code",
)
_VERDICT_ORDER: dict[Verdict, int] = {"fits": 0, "uncertain": 1, "none": 2, "excluded": 3}
_LEVEL_ORDER: dict[LevelName, int] = {"trial": 0, "step": 1, "arm": 2, "dose": 3}


def ranked(results: Iterable[LevelResult]) -> list[LevelResult]:
    """Results in the order stated in RANKING."""
    return sorted(results, key=_rank)


def _rank(result: LevelResult) -> tuple[int, int, bool, bool, int, str, int, str]:
    closed = 2 if result.suspended or result.trial_is_open is False else int(result.trial_is_open is None)
    by_alteration = any(
        criterion.asks is Alteration and criterion.result is Value.MET for criterion in result.criteria
    )
    return (
        _VERDICT_ORDER[result.verdict], closed, not by_alteration, result.all_solid_or_liquid,
        sum(criterion.open for criterion in result.criteria), result.trial_id,
        _LEVEL_ORDER[result.level], result.code,
    )  # fmt: skip


def best(results: Sequence[LevelResult]) -> LevelResult:
    """The result that stands for a trial in a list: the best ranked place where a patient can join."""
    return ranked(result for result in results if result.enterable)[0]
