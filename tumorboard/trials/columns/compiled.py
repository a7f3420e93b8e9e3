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
from tumorboard.trials.columns.values import MET, NOT_MET, Column, constant, negated
from tumorboard.trials.criteria import And, Level, Node, Not, Predicate, Question, Trial
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


Step: TypeAlias = Question | tuple[str, tuple[int, ...]]  # a question, or a sign and the nodes below it


@dataclass(frozen=True)
class Verdicts:
    """One row for each place, one column for each patient: the number of a verdict in VERDICTS."""

    places: tuple[Place, ...]
    patients: tuple[str, ...]
    codes: Column

    def of(self, place: int, patient: int) -> Verdict:
        return VERDICTS[int(self.codes[place, patient])]


@dataclass(frozen=True)
class Program:
    """Nodes in an order in which those below come first; `roots` is the node of each place, if it has one."""

    places: tuple[Place, ...]
    roots: tuple[int | None, ...]
    steps: tuple[Step, ...]
    last_use: tuple[tuple[int, ...], ...]  # for each node those that nothing needs after it

    @property
    def questions(self) -> list[Question]:
        return [step for step in self.steps if not isinstance(step, tuple)]

    def run(self, cohort: Cohort, rules: Rules) -> Verdicts:
        """The verdict of every patient for every place."""
        codes = np.full((len(self.places), len(cohort)), NONE, dtype=np.int8)
        of_root: dict[int, list[int]] = {}
        for place, root in enumerate(self.roots):
            if root is not None:
                of_root.setdefault(root, []).append(place)
        made: dict[int, Column] = {}
        for number, step in enumerate(self.steps):
            made[number] = column = _made(step, made, cohort, rules)
            for place in of_root.get(number, ()):
                codes[place] = column
            for over in self.last_use[number]:
                del made[over]
        return Verdicts(self.places, cohort.patients, codes)


def _made(step: Step, made: dict[int, Column], cohort: Cohort, rules: Rules) -> Column:
    if not isinstance(step, tuple):
        return answer(step, cohort, rules)
    sign, below = step
    if sign == "not":
        return negated(made[below[0]])
    if not below:
        return constant(len(cohort), MET if sign == "and" else NOT_MET)
    return reduce(np.minimum if sign == "and" else np.maximum, (made[number] for number in below))


def compiled(trials: Iterable[Trial]) -> Program:
    """All places of the trials, in the order of their documents."""
    making = _Making()
    for number, trial in enumerate(trials):
        for place, root in making.places(trial, number):
            making.found.append(place)
            making.roots.append(root)
    return Program(tuple(making.found), tuple(making.roots), tuple(making.steps), making.last_use())


@dataclass
class _Making:
    steps: list[Step] = field(default_factory=list)
    known: dict[Step, int] = field(default_factory=dict)
    found: list[Place] = field(default_factory=list)
    roots: list[int | None] = field(default_factory=list)

    def places(self, trial: Trial, number: int) -> Iterator[tuple[Place, int | None]]:
        yield from self._level(trial, number, trial.root, (), "")

    def _level(
        self, trial: Trial, number: int, level: Level, above: tuple[int, ...], arm: str
    ) -> Iterator[tuple[Place, int | None]]:
        """Clauses and names go down as in `screening`."""
        clauses = above if level.match is None else (*above, self.node(level.match))
        code = f"{arm} / {level.code}" if arm else level.code
        if not level.below:
            root = self._all_of((self.node(VITAL_STATUS), *clauses)) if clauses else None
            yield Place(number, trial.trial_id, level.name, code or trial.trial_id), root
        for below in level.below:
            yield from self._level(trial, number, below, clauses, code if level.name == "arm" else "")

    def node(self, node: Node) -> int:
        if isinstance(node, Predicate):
            return self._step(node.asks)
        if isinstance(node, Not):
            return self._step(("not", (self.node(node.child),)))
        below = tuple(sorted({self.node(child) for child in node.children}))
        return below[0] if len(below) == 1 else self._step(("and" if isinstance(node, And) else "or", below))

    def _all_of(self, below: tuple[int, ...]) -> int:
        return self._step(("and", tuple(sorted(set(below)))))

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
