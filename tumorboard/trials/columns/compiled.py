"""Trials compiled once: every place where a patient can join as one tree over shared questions.

A question that several trials ask, and a clause that several places stand under, is one node and is evaluated
once for each block of patients.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from typing import TypeAlias

import numpy as np

from tumorboard.trials.columns.answers import answer
from tumorboard.trials.columns.cohort import Cohort
from tumorboard.trials.columns.values import CODES, MET, NOT_MET, Column, Flags, constant, negated
from tumorboard.trials.criteria import (
    Age,
    Alive,
    And,
    Diagnosis,
    Level,
    Node,
    Not,
    Predicate,
    Question,
    Sex,
    Trial,
)
from tumorboard.trials.logic import Outcome
from tumorboard.trials.matching import match
from tumorboard.trials.patients import PatientEvidence
from tumorboard.trials.rules import Rules
from tumorboard.trials.screening import VITAL_STATUS, Verdict

#: Verdicts as the columns hold them; the first three are the values of logic.
VERDICTS: tuple[Verdict, ...] = ("excluded", "uncertain", "fits", "none")
NONE = np.int8(3)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a patient can join a trial, named as gold.trial_matches names it."""

    trial: int
    trial_id: str
    level: str
    code: str
    suspended: bool = False


Step: TypeAlias = Question | tuple[str, tuple[int, ...]]  # a question, or a sign and the nodes below it


@dataclass(frozen=True)
class Verdicts:
    """One row for each place, one column for each patient: the number of a verdict in VERDICTS."""

    places: tuple[Place, ...]
    patients: tuple[str, ...]
    codes: Column
    near: Flags  # False where tumour type, age, sex or death exclude: what no test and no treatment changes

    def of(self, place: int, patient: int) -> Verdict:
        return VERDICTS[int(self.codes[place, patient])]

    def of_one(self, patient: int) -> Verdicts:
        """Those of a single patient."""
        column = slice(patient, patient + 1)
        return Verdicts(self.places, self.patients[column], self.codes[:, column], self.near[:, column])


@dataclass(frozen=True)
class Program:
    """Nodes in an order in which those below come first; `roots` is the node of each place, if it has one."""

    places: tuple[Place, ...]
    roots: tuple[int | None, ...]
    grounds: tuple[int, ...]  # the node of what is asked of the person and the tumour type alone
    steps: tuple[Step, ...]
    last_use: tuple[tuple[int, ...], ...]  # for each node those that nothing needs after it

    @property
    def questions(self) -> list[Question]:
        return [step for step in self.steps if not isinstance(step, tuple)]

    def run(self, cohort: Cohort, rules: Rules) -> Verdicts:
        """The verdict of every patient for every place."""
        codes = np.full((len(self.places), len(cohort)), NONE, dtype=np.int8)
        near = np.ones(codes.shape, dtype=np.bool_)
        of_root, of_ground = _by_node(self.roots), _by_node(self.grounds)
        made: dict[int, Column] = {}
        for number, step in enumerate(self.steps):
            made[number] = column = _made(step, made, cohort, rules)
            for place in of_root.get(number, ()):
                codes[place] = column
            for place in of_ground.get(number, ()):
                near[place] = column != NOT_MET
            for over in self.last_use[number]:
                del made[over]
        return Verdicts(self.places, cohort.patients, codes, near)

    def run_one(
        self, patient: PatientEvidence, rules: Rules, known: dict[Question, Outcome] | None = None
    ) -> Verdicts:
        """The same of one patient, by the row engine: for so few, columns are not worth their making. `known`
        takes the answers, as in `screening.screen`."""
        answers = {} if known is None else known
        values: list[int] = []
        for step in self.steps:
            if isinstance(step, tuple):
                values.append(_combined(step, values))
            else:
                answers[step] = outcome = match(step, patient, rules)
                values.append(int(CODES[outcome.value]))
        codes = [NONE if root is None else values[root] for root in self.roots]
        near = [values[ground] != NOT_MET for ground in self.grounds]
        return Verdicts(
            self.places,
            (patient.patient_key,),
            np.array(codes, dtype=np.int8).reshape(-1, 1),
            np.array(near, dtype=np.bool_).reshape(-1, 1),
        )


def _combined(step: tuple[str, tuple[int, ...]], values: list[int]) -> int:
    sign, below = step
    if sign == "not":
        return 2 - values[below[0]]
    if sign == "and":
        return min((values[number] for number in below), default=2)
    return max((values[number] for number in below), default=0)


def _by_node(nodes: Iterable[int | None]) -> dict[int, list[int]]:
    """Numbers of the places by their node."""
    found: dict[int, list[int]] = {}
    for place, node in enumerate(nodes):
        if node is not None:
            found.setdefault(node, []).append(place)
    return found


def _made(step: Step, made: dict[int, Column], cohort: Cohort, rules: Rules) -> Column:
    if not isinstance(step, tuple):
        return answer(step, cohort, rules)
    sign, below = step
    if sign == "not":
        return negated(made[below[0]])
    if not below:
        return constant(len(cohort), MET if sign == "and" else NOT_MET)
    return reduce(np.minimum if sign == "and" else np.maximum, (made[number] for number in below))


_GROUND = (Alive, Diagnosis, Age, Sex)


def _required(nodes: Iterable[Node]) -> Iterator[Node]:
    """What must be met each by itself: the parts of every `and` at the top."""
    for node in nodes:
        if isinstance(node, And):
            yield from _required(node.children)
        else:
            yield node


def _is_ground(node: Node) -> bool:
    leaf = node.child if isinstance(node, Not) else node
    return isinstance(leaf, Predicate) and isinstance(leaf.asks, _GROUND)


def compiled(trials: Iterable[Trial]) -> Program:
    """All places of the trials, in the order of their documents."""
    making = _Making()
    for number, trial in enumerate(trials):
        making.add(trial, number, trial.root, (), "")
    return Program(
        tuple(making.found),
        tuple(making.roots),
        tuple(making.grounds),
        tuple(making.steps),
        making.last_use(),
    )


@dataclass
class _Making:
    steps: list[Step] = field(default_factory=list)
    known: dict[Step, int] = field(default_factory=dict)
    found: list[Place] = field(default_factory=list)
    roots: list[int | None] = field(default_factory=list)
    grounds: list[int] = field(default_factory=list)

    def add(self, trial: Trial, number: int, level: Level, above: tuple[Node, ...], arm: str) -> None:
        """Clauses and names go down as in `screening`."""
        clauses = above if level.match is None else (*above, level.match)
        code = f"{arm} / {level.code}" if arm else level.code
        if not level.below:
            required = (VITAL_STATUS, *clauses)
            self.found.append(
                Place(number, trial.trial_id, level.name, code or trial.trial_id, level.suspended)
            )
            self.roots.append(self._all_of(required) if clauses else None)
            self.grounds.append(self._all_of(each for each in _required(required) if _is_ground(each)))
        for below in level.below:
            self.add(trial, number, below, clauses, code if level.name == "arm" else "")

    def node(self, node: Node) -> int:
        if isinstance(node, Predicate):
            return self._step(node.asks)
        if isinstance(node, Not):
            return self._step(("not", (self.node(node.child),)))
        below = tuple(sorted({self.node(child) for child in node.children}))
        return below[0] if len(below) == 1 else self._step(("and" if isinstance(node, And) else "or", below))

    def _all_of(self, nodes: Iterable[Node]) -> int:
        return self._step(("and", tuple(sorted({self.node(node) for node in nodes}))))

    def _step(self, step: Step) -> int:
        if step not in self.known:
            self.known[step] = len(self.steps)
            self.steps.append(step)
        return self.known[step]

    def last_use(self) -> tuple[tuple[int, ...], ...]:
        last = list(range(len(self.steps)))
        for number, step in enumerate(self.steps):
            for below in step[1] if isinstance(step, tuple) else ():
                last[below] = number
        over: list[list[int]] = [[] for _ in self.steps]
        for number, at in enumerate(last):
            over[at].append(number)
        return tuple(tuple(sorted(numbers)) for numbers in over)
