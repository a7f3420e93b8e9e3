"""The evidence of a block of patients in columns.

Every table becomes arrays: whose fact it is, its days and numbers, and the number of its *shape*. A shape is
the fact itself without days, numbers and source. A block of patients has few different ones, so whatever the
row engine says of a fact by its words is asked once for each shape, of that engine itself, and not again in
another form here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Generic, TypeVar

import numpy as np

from tumorboard.trials.columns.values import Column, Flags, Ints, Numbers, column, flagged
from tumorboard.trials.facts import (
    BiomarkerFact,
    ComorbidityFact,
    DiagnosisFact,
    Finding,
    GenomicTest,
    LabFact,
    PerformanceFact,
    Person,
    StageFact,
    Statement,
    TherapyFact,
    WeightFact,
)
from tumorboard.trials.genomic import looked_for
from tumorboard.trials.logic import Value
from tumorboard.trials.patients import PatientEvidence

Fact = TypeVar("Fact")
Made = TypeVar("Made")
NO_DAY = 0  # days are counted as date.toordinal does; the first is 1
#: What of each kind of fact is kept beside its shape: the days and the numbers.
VARYING: dict[type, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Person: (("birth_date", "last_contact"), ()),
    DiagnosisFact: (("diagnosed_on",), ()),
    StageFact: (("assessed_on",), ()),
    GenomicTest: (("reported_on",), ()),
    Finding: (("reported_on",), ()),
    BiomarkerFact: (("assessed_on",), ("number",)),
    TherapyFact: (("started_on", "ended_on"), ()),
    PerformanceFact: (("assessed_on",), ()),
    LabFact: (("taken_on",), ("value", "low", "high")),
    WeightFact: (("measured_on",), ("kilograms",)),
    ComorbidityFact: (("onset_on",), ()),
    Statement: (("stated_on",), ()),
}


@dataclass(frozen=True, eq=False)
class Facts(Generic[Fact]):
    """The facts of one table, ordered by patient, within a patient as recorded.

    `patient` indexes the cohort, `shape` indexes `shapes`; a missing number is NaN, a missing day NO_DAY.
    """

    patient: Ints
    shape: Ints
    shapes: tuple[Fact, ...]
    days: dict[str, Ints]
    numbers: dict[str, Numbers]

    def __len__(self) -> int:
        return len(self.patient)

    def judged(self, judge: Callable[[Fact], Value]) -> Column:
        """The value of each fact, by its shape."""
        return column(judge(shape) for shape in self.shapes)[self.shape]

    def having(self, test: Callable[[Fact], object]) -> Ints:
        """Numbers of the facts whose shape passes the test."""
        passing = np.fromiter((bool(test(shape)) for shape in self.shapes), dtype=np.bool_)
        return np.flatnonzero(passing[self.shape])

    def day(self, name: str) -> Ints:
        return self.days[name]


@dataclass(frozen=True, eq=False)
class Cohort:
    """A block of patients on the day of screening. `complete_on`: the day the treatment history was last
    stated to be complete, or NO_DAY."""

    patients: tuple[str, ...]
    as_of: date
    persons: Facts[Person]
    diagnoses: Facts[DiagnosisFact]
    stages: Facts[StageFact]
    tests: Facts[GenomicTest]
    findings: Facts[Finding]
    biomarkers: Facts[BiomarkerFact]
    therapies: Facts[TherapyFact]
    performance: Facts[PerformanceFact]
    labs: Facts[LabFact]
    weights: Facts[WeightFact]
    comorbidities: Facts[ComorbidityFact]
    statements: Facts[Statement]
    complete_on: Ints
    evidence: Callable[[int], PatientEvidence]  # of one patient, for what has no column
    kept: dict[Hashable, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.patients)

    @property
    def today(self) -> int:
        return self.as_of.toordinal()

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What several questions need is made once."""
        if key not in self.kept:
            self.kept[key] = make()
        made: Made = self.kept[key]
        return made

    def with_any(self, facts: Facts[Any], rows: Ints) -> Flags:
        return flagged(len(self), facts.patient[rows])

    @classmethod
    def of(cls, patients: Sequence[PatientEvidence]) -> Cohort:
        """From the row engine's own evidence; all must be of one day."""

        def facts(kind: type[Fact], of: Callable[[PatientEvidence], Iterable[Any]]) -> Facts[Fact]:
            return gathered(kind, [(number, each) for number, own in enumerate(patients) for each in of(own)])

        (as_of,) = {own.as_of for own in patients}
        return cls(
            tuple(own.patient_key for own in patients),
            as_of,
            facts(Person, lambda own: [own.person] if own.person else []),
            facts(DiagnosisFact, lambda own: own.diagnoses),
            facts(StageFact, lambda own: own.stages),
            facts(GenomicTest, tests_as_read),
            facts(Finding, lambda own: own.findings),
            facts(BiomarkerFact, lambda own: own.biomarkers),
            facts(TherapyFact, lambda own: own.therapies),
            facts(PerformanceFact, lambda own: own.performance),
            facts(LabFact, lambda own: own.labs),
            facts(WeightFact, lambda own: sorted(own.weights, key=lambda each: each.source)),
            facts(ComorbidityFact, lambda own: own.comorbidities),
            facts(Statement, lambda own: own.statements),
            np.array([_completed_on(own) for own in patients], dtype=np.int64),
            patients.__getitem__,
        )


def _completed_on(own: PatientEvidence) -> int:
    return (own.complete_on or own.as_of).toordinal() if own.complete_therapies else NO_DAY


def tests_as_read(own: PatientEvidence) -> Iterable[GenomicTest]:
    """Reports with what each looked for, which may show in its findings only."""
    for test in own.tests:
        yield as_read(test, looked_for(test, own.findings))


def as_read(test: GenomicTest, kinds: Iterable[str]) -> GenomicTest:
    return replace(test, test_id="", panel="", specimen_id="", profiles=frozenset(kinds))


def gathered(kind: type[Fact], pairs: Sequence[tuple[int, Any]]) -> Facts[Fact]:
    """Facts of many patients, each split into its shape, its days and its numbers."""
    days, numbers = VARYING[kind]
    shapes: dict[Fact, int] = {}
    codes = [shapes.setdefault(shape_of(kind, fact), len(shapes)) for _, fact in pairs]
    return Facts(
        np.array([patient for patient, _ in pairs], dtype=np.int64),
        np.array(codes, dtype=np.int64),
        tuple(shapes),
        {name: np.array([_ordinal(getattr(fact, name)) for _, fact in pairs], np.int64) for name in days},
        {name: np.array([_number(getattr(fact, name)) for _, fact in pairs], float) for name in numbers},
    )


def shape_of(kind: type[Fact], fact: Any) -> Fact:
    days, numbers = VARYING[kind]
    shape: Fact = replace(fact, source="", **dict.fromkeys((*days, *numbers)))
    return shape


def _ordinal(day: date | None) -> int:
    return NO_DAY if day is None else day.toordinal()


def _number(number: float | None) -> float:
    return np.nan if number is None else number
