"""What is recorded about one patient, as screening reads it: small typed facts from silver tables.

Every fact remembers its row (`silver.variants/<row_id>`), so that each answer can be opened to its source.
Nothing is filled in: a missing value stays None or empty and leads to "unknown".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

import pandas as pd

from tumorboard.codes.consequences import terms
from tumorboard.codes.genes import GeneSymbol
from tumorboard.codes.hgvs import ProteinChange

_PASSED = frozenset({"", ".", "pass", "passed"})


@dataclass(frozen=True, slots=True)
class Person:
    source: str
    sex: str = ""
    birth_date: date | None = None
    deceased: bool | None = None
    last_contact: date | None = None


@dataclass(frozen=True, slots=True)
class DiagnosisFact:
    source: str
    oncotree: str = ""
    primary: bool | None = None
    clinical_status: str = ""


@dataclass(frozen=True, slots=True)
class StageFact:
    source: str
    stage_group: str = ""
    m: str = ""
    assessed_on: date | None = None


@dataclass(frozen=True, slots=True)
class GenomicTest:
    """One report. `genes` is what it covers; empty means that the report does not state it.

    `profiles` says which kinds of change were looked for (mutation, cnv, sv); None means not stated.
    """

    source: str
    test_id: str
    assay: str = ""
    panel: str = ""
    genes: frozenset[str] = frozenset()
    profiles: frozenset[str] | None = None
    reported_on: date | None = None

    @property
    def label(self) -> str:
        name = self.panel or self.assay or "test"
        return f"{name}, {self.reported_on.isoformat()}" if self.reported_on else name


@dataclass(frozen=True, slots=True)
class Finding:
    """One reported variant. `change` is None when no protein change is given or none could be read."""

    source: str
    test_id: str = ""
    gene: str = ""
    kind: str = ""
    change: ProteinChange | None = None
    terms: frozenset[str] = frozenset()
    exon: int | None = None
    copy_number: float | None = None
    partner: str = ""
    length_change: int | None = None
    origin: str = ""
    passed: bool = True

    @property
    def label(self) -> str:
        what = str(self.change or "") or "/".join(sorted(self.terms)) or self.kind
        return f"{self.gene}{'::' + self.partner if self.partner else ''} {what}".strip()


@dataclass(frozen=True, slots=True)
class BiomarkerFact:
    source: str
    name: str
    number: float | None = None
    text: str = ""
    unit: str = ""
    interpretation: str = ""
    assessed_on: date | None = None


@dataclass(frozen=True, slots=True)
class TherapyFact:
    source: str
    kind: str = ""
    name: str = ""
    agents: frozenset[str] = frozenset()
    line: int | None = None
    intent: str = ""
    started_on: date | None = None
    ended_on: date | None = None
    status: str = ""


@dataclass(frozen=True, slots=True)
class PerformanceFact:
    source: str
    scale: str
    value: int | None = None
    assessed_on: date | None = None


@dataclass(frozen=True, slots=True)
class NoteFact:
    """Found in free text and verified by nobody: it never settles a criterion, but says where to look."""

    source: str
    concept: str
    value: str = ""
    event_on: date | None = None


@dataclass(frozen=True, slots=True)
class PatientEvidence:
    """Everything screening may read about one patient, as known on `as_of`.

    `complete_therapies` is the row that states "the treatment history is complete": only with it does an
    absent therapy mean "not given" (trial screening, closed world by recorded statement).
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
        records = _Records(patient_key, frames, as_of)
        persons = [_person(row) for row in records.of("patients")]
        tests = tuple(_test(row) for row in records.of("genomic_tests", "reported_on"))
        return cls(
            patient_key,
            as_of,
            person=persons[0] if persons else None,
            diagnoses=tuple(_diagnosis(row) for row in records.of("diagnoses", "diagnosed_on")),
            stages=tuple(_stage(row) for row in records.of("stages", "assessed_on")),
            tests=tests,
            findings=tuple(_finding(row) for row in records.variants(tests)),
            biomarkers=tuple(_biomarker(row) for row in records.of("biomarkers", "assessed_on")),
            therapies=tuple(_therapy(row) for row in records.of("therapies", "started_on")),
            performance=tuple(_performance(row) for row in records.of("performance", "assessed_on")),
            note_facts=tuple(_note_fact(row) for row in records.of("note_facts", "event_on") if _stated(row)),
            complete_therapies=complete_therapies,
        )


@dataclass(frozen=True)
class _Records:
    """The patient's rows of each table as plain dicts, with `source` added."""

    patient_key: str
    frames: Mapping[str, pd.DataFrame]
    as_of: date

    def of(self, table: str, dated_by: str = "") -> list[dict[str, Any]]:
        frame = self.frames.get(f"silver.{table}", self.frames.get(table))
        if frame is None or frame.empty:
            return []
        missing = {"patient_key", "row_id"} - set(frame.columns)
        if missing:
            raise ValueError(f"silver.{table}: column {', '.join(sorted(missing))} is missing")
        rows = frame[frame["patient_key"] == self.patient_key].to_dict("records")
        known = [row for row in rows if not _later(row.get(dated_by), self.as_of)]
        return [{**row, "source": f"silver.{table}/{row['row_id']}"} for row in known]

    def variants(self, tests: tuple[GenomicTest, ...]) -> list[dict[str, Any]]:
        """Variants of reports known on the day; those that name no report are kept."""
        all_tests = _Records(self.patient_key, self.frames, date.max).of("genomic_tests")
        not_yet = {_text(row.get("test_id")) for row in all_tests} - {test.test_id for test in tests}
        return [row for row in self.of("variants") if _text(row.get("test_id")) not in not_yet]


def _person(row: dict[str, Any]) -> Person:
    deceased = row.get("deceased")
    return Person(
        row["source"],
        _text(row.get("sex")).lower(),
        _date(row.get("birth_date")),
        None if _missing(deceased) else bool(deceased),
        _date(row.get("last_contact")),
    )


def _diagnosis(row: dict[str, Any]) -> DiagnosisFact:
    primary = row.get("primary")
    return DiagnosisFact(
        row["source"],
        _text(row.get("oncotree")).upper(),
        None if _missing(primary) else bool(primary),
        _text(row.get("clinical_status")).lower(),
    )


def _stage(row: dict[str, Any]) -> StageFact:
    return StageFact(
        row["source"], _text(row.get("stage_group")), _text(row.get("m")), _date(row.get("assessed_on"))
    )


def _test(row: dict[str, Any]) -> GenomicTest:
    return GenomicTest(
        row["source"],
        _text(row.get("test_id")),
        _text(row.get("assay")).lower(),
        _text(row.get("panel")),
        frozenset(_gene(gene) for gene in _list(row.get("genes"))),
        frozenset(_list(row["profiles"])) if _list(row.get("profiles")) else None,
        _date(row.get("reported_on")),
    )


def _finding(row: dict[str, Any]) -> Finding:
    kind = _text(row.get("kind")).lower()
    reference, alternate = _text(row.get("ref")), _text(row.get("alt"))
    spelt_out = reference.isalpha() and alternate.isalpha()
    return Finding(
        row["source"],
        _text(row.get("test_id")),
        _gene(row.get("gene")),
        "mutation" if kind in ("snv", "indel", "mutation") else kind,
        _change(row.get("hgvs_p")),
        terms(_text(row.get("consequence"))),
        _int(row.get("exon")),
        _number(row.get("copy_number")),
        _gene(row.get("partner_gene")),
        len(alternate) - len(reference) if spelt_out else None,
        _text(row.get("origin_class")).lower(),
        _text(row.get("filter")).lower() in _PASSED,
    )


def _biomarker(row: dict[str, Any]) -> BiomarkerFact:
    return BiomarkerFact(
        row["source"],
        _text(row.get("name")),
        _number(row.get("value_number")),
        _text(row.get("value_text")),
        _text(row.get("unit")),
        _text(row.get("interpretation")).lower(),
        _date(row.get("assessed_on")),
    )


def _therapy(row: dict[str, Any]) -> TherapyFact:
    return TherapyFact(
        row["source"],
        _text(row.get("kind")).lower(),
        _text(row.get("name")).lower(),
        frozenset(agent.lower() for agent in _list(row.get("agents"))),
        _int(row.get("line")),
        _text(row.get("intent")).lower(),
        _date(row.get("started_on")),
        _date(row.get("ended_on")),
        _text(row.get("status")).lower(),
    )


def _performance(row: dict[str, Any]) -> PerformanceFact:
    return PerformanceFact(
        row["source"], _text(row.get("scale")).upper(), _int(row.get("value")), _date(row.get("assessed_on"))
    )


def _note_fact(row: dict[str, Any]) -> NoteFact:
    concept, value = _text(row.get("concept")).lower(), _text(row.get("value"))
    return NoteFact(row["source"], concept, value, _date(row.get("event_on")))


def _stated(row: dict[str, Any]) -> bool:
    """Said of the patient, as a fact: neither negated nor a hypothesis nor about a relative."""
    about_patient = _text(row.get("experiencer")) in ("", "patient")
    as_fact = _text(row.get("certainty")) in ("", "stated")
    negated = row.get("negated")
    return about_patient and as_fact and (_missing(negated) or not negated)


def _missing(value: Any) -> bool:
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def _text(value: Any) -> str:
    return "" if _missing(value) else str(value).strip()


def _number(value: Any) -> float | None:
    return None if _missing(value) else float(value)


def _int(value: Any) -> int | None:
    return None if _missing(value) else int(value)


def _date(value: Any) -> date | None:
    return None if _missing(value) else pd.Timestamp(value).date()


def _later(value: Any, as_of: date) -> bool:
    day = _date(value)
    return day is not None and day > as_of


def _list(value: Any) -> list[str]:
    if _missing(value):
        return []
    return [str(entry).strip() for entry in value if not _missing(entry)]


def _gene(value: Any) -> str:
    """The approved symbol where the text is one; otherwise the text, so that nothing is lost."""
    text = _text(value)
    if text.lower() == "intergenic":
        return "intergenic"
    try:
        return GeneSymbol.parse(text)
    except ValueError:
        return text


def _change(value: Any) -> ProteinChange | None:
    try:
        return ProteinChange.parse(_text(value))
    except ValueError:
        return None
