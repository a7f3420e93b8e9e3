"""What is recorded about one patient: the facts of the silver tables, as known on the day of screening."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Self

import pandas as pd

from tumorboard.pipeline.silver.statement_kinds import HISTORY_COMPLETE, NOT_SO
from tumorboard.trials import fact_rows as read
from tumorboard.trials.facts import (
    BiomarkerFact,
    ComorbidityFact,
    DiagnosisFact,
    Finding,
    GenomicTest,
    ImagingFact,
    LabFact,
    NoteFact,
    PerformanceFact,
    Person,
    StageFact,
    Statement,
    TherapyFact,
    WeightFact,
)

__all__ = [
    "HISTORY_COMPLETE", "NOT_SO",
    "BiomarkerFact", "ComorbidityFact", "DiagnosisFact", "Finding", "GenomicTest", "ImagingFact", "LabFact",
    "NoteFact", "PatientEvidence", "PerformanceFact", "Person", "StageFact", "Statement", "TherapyFact",
    "WeightFact",
]  # fmt: skip

#: The tables screening reads.
TABLES = (
    "silver.patients", "silver.diagnoses", "silver.stages", "silver.genomic_tests", "silver.variants",
    "silver.biomarkers", "silver.therapies", "silver.performance", "silver.note_facts", "silver.labs",
    "silver.comorbidities", "silver.imaging", "silver.measures", "silver.statements",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PatientEvidence:
    """Everything screening may read about one patient, as known on `as_of`.

    `complete_therapies` is the row that states "the treatment history is complete": only with it does an
    absent therapy mean "not given" (trial screening, closed world by recorded statement). It speaks for the
    time up to `complete_on`; without a day, up to the screening.
    """

    patient_key: str
    as_of: date
    person: Person | None = None
    diagnoses: tuple[DiagnosisFact, ...] = ()
    stages: tuple[StageFact, ...] = ()
    tests: tuple[GenomicTest, ...] = ()
    findings: tuple[Finding, ...] = ()
    biomarkers: tuple[BiomarkerFact, ...] = ()
    therapies: tuple[TherapyFact, ...] = ()
    performance: tuple[PerformanceFact, ...] = ()
    note_facts: tuple[NoteFact, ...] = ()
    complete_therapies: str = field(default="")
    labs: tuple[LabFact, ...] = ()
    weights: tuple[WeightFact, ...] = ()
    comorbidities: tuple[ComorbidityFact, ...] = ()
    imaging: tuple[ImagingFact, ...] = ()
    statements: tuple[Statement, ...] = ()
    complete_on: date | None = None

    @classmethod
    def from_frames(
        cls,
        patient_key: str,
        frames: Mapping[str, pd.DataFrame],
        as_of: date,
        complete_therapies: str = "",
    ) -> Self:
        """From frames named like their tables (`silver.variants` or `variants`); absent ones are fine.

        Rows of other patients are left out, and so are facts dated after `as_of`. Raises ValueError if a
        frame lacks `patient_key` or `row_id`: without them nothing could be traced.
        """
        rows = read.Rows(patient_key, frames, as_of)
        persons = [read.person(row) for row in rows.of("patients")]
        tests = tuple(read.test(row) for row in rows.of("genomic_tests", "reported_on"))
        statements = tuple(read.statement(row) for row in rows.of("statements", "stated_on"))
        complete = _completeness(statements)
        return cls(
            patient_key,
            as_of,
            person=persons[0] if persons else None,
            diagnoses=tuple(read.diagnosis(row) for row in rows.of("diagnoses", "diagnosed_on")),
            stages=tuple(read.stage(row) for row in rows.of("stages", "assessed_on")),
            tests=tests,
            findings=tuple(read.finding(row) for row in rows.variants(tests)),
            biomarkers=tuple(read.biomarker(row) for row in rows.of("biomarkers", "assessed_on")),
            therapies=tuple(read.therapy(row) for row in rows.of("therapies", "started_on")),
            performance=tuple(read.performance(row) for row in rows.of("performance", "assessed_on")),
            note_facts=tuple(read.note_fact(row) for row in rows.of("note_facts", "event_on", read.stated)),
            complete_therapies=complete_therapies or (complete.source if complete else ""),
            labs=tuple(read.lab(row) for row in rows.of("labs", "taken_on")),
            weights=tuple(read.weight(row) for row in rows.of("measures", "taken_on", read.is_weight)),
            comorbidities=tuple(read.comorbidity(row) for row in rows.of("comorbidities", "onset_on")),
            imaging=tuple(read.imaging(row) for row in rows.of("imaging", "performed_on")),
            statements=statements,
            complete_on=complete.stated_on if complete and not complete_therapies else None,
        )


def _completeness(statements: tuple[Statement, ...]) -> Statement | None:
    """The latest statement that the treatment history is complete. Undated ones do not count."""
    dated = [each for each in statements if each.kind == HISTORY_COMPLETE and each.stated_on]
    return max(dated, key=lambda each: (str(each.stated_on), each.source), default=None)
