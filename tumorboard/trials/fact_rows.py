"""Rows of the silver tables become facts. Nothing is filled in: what is missing stays None or empty.

A value of the wrong type (a word where a number belongs) reads as missing, too: it cannot settle anything.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import pandas as pd

from tumorboard.codes.consequences import terms
from tumorboard.codes.genes import GeneSymbol
from tumorboard.codes.hgvs import ProteinChange
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

Row = dict[str, Any]
_PASSED = frozenset({"", ".", "pass", "passed"})


@dataclass(frozen=True)
class Rows:
    """The patient's rows of each table as plain dicts, with `source` added."""

    patient_key: str
    frames: Mapping[str, pd.DataFrame]
    as_of: date

    def of(self, table: str, dated_by: str = "", wanted: Callable[[Row], bool] | None = None) -> list[Row]:
        frame = self.frames.get(f"silver.{table}", self.frames.get(table))
        if frame is None or frame.empty:
            return []
        missing = {"patient_key", "row_id"} - set(frame.columns)
        if missing:
            raise ValueError(f"silver.{table}: column {', '.join(sorted(missing))} is missing")
        rows = frame[frame["patient_key"] == self.patient_key].to_dict("records")
        known = [row for row in rows if not _later(row.get(dated_by), self.as_of)]
        return [
            {**row, "source": f"silver.{table}/{row['row_id']}"}
            for row in known
            if wanted is None or wanted(row)
        ]

    def variants(self, tests: tuple[GenomicTest, ...]) -> list[Row]:
        """Variants of reports known on the day; those that name no report are kept."""
        all_tests = Rows(self.patient_key, self.frames, date.max).of("genomic_tests")
        not_yet = {text(row.get("test_id")) for row in all_tests} - {test.test_id for test in tests}
        return [row for row in self.of("variants") if text(row.get("test_id")) not in not_yet]


def person(row: Row) -> Person:
    deceased = row.get("deceased")
    return Person(
        row["source"],
        text(row.get("sex")).lower(),
        day(row.get("birth_date")),
        _bool(deceased),
        day(row.get("last_contact")),
    )


def diagnosis(row: Row) -> DiagnosisFact:
    primary = row.get("primary")
    return DiagnosisFact(
        row["source"],
        text(row.get("oncotree")).upper(),
        _bool(primary),
        text(row.get("clinical_status")).lower(),
        text(row.get("text")),
        text(row.get("code")),
        text(row.get("body_site")),
        day(row.get("diagnosed_on")),
    )


def stage(row: Row) -> StageFact:
    return StageFact(
        row["source"], text(row.get("stage_group")), text(row.get("m")), day(row.get("assessed_on"))
    )


def test(row: Row) -> GenomicTest:
    return GenomicTest(
        row["source"],
        text(row.get("test_id")),
        text(row.get("assay")).lower(),
        text(row.get("panel")),
        frozenset(_gene(gene) for gene in _list(row.get("genes"))),
        frozenset(_list(row["profiles"])) if _list(row.get("profiles")) else None,
        day(row.get("reported_on")),
        frozenset(_exons(_list(row.get("regions")))),
        text(row.get("specimen_id")),
    )


_EXONS = re.compile(r"(\S+) exons? (\d{1,3})(?:-(\d{1,3}))?")


def _exons(regions: list[str]) -> Iterator[tuple[str, int]]:
    """`EGFR exon 19` or `EGFR exons 18-21`: the part of a gene that was read."""
    for region in regions:
        if match := _EXONS.fullmatch(region):
            first, last = int(match[2]), int(match[3] or match[2])
            yield from ((_gene(match[1]), exon) for exon in range(first, min(last, first + 200) + 1))


def finding(row: Row) -> Finding:
    kind = text(row.get("kind")).lower()
    reference, alternate = text(row.get("ref")), text(row.get("alt"))
    spelt_out = reference.isalpha() and alternate.isalpha()
    return Finding(
        row["source"],
        text(row.get("test_id")),
        _gene(row.get("gene")),
        "mutation" if kind in ("snv", "indel", "mutation") else kind,
        _change(row.get("hgvs_p")),
        terms(text(row.get("consequence"))),
        _int(row.get("exon")),
        number(row.get("copy_number")),
        _gene(row.get("partner_gene")),
        len(alternate) - len(reference) if spelt_out else None,
        text(row.get("origin_class")).lower(),
        text(row.get("filter")).lower() in _PASSED,
        text(row.get("tier")),
        text(row.get("effect")).lower(),
        text(row.get("hgvs_p")),
        text(row.get("comment")),
        day(row.get("reported_on")),
    )


def biomarker(row: Row) -> BiomarkerFact:
    return BiomarkerFact(
        row["source"],
        text(row.get("name")),
        number(row.get("value_number")),
        text(row.get("value_text")),
        text(row.get("unit")),
        text(row.get("interpretation")).lower(),
        day(row.get("assessed_on")),
        bound(text(row.get("value_text"))),
    )


def therapy(row: Row) -> TherapyFact:
    return TherapyFact(
        row["source"],
        text(row.get("kind")).lower(),
        text(row.get("name")).lower(),
        frozenset(agent.lower() for agent in _list(row.get("agents"))),
        _int(row.get("line")),
        text(row.get("intent")).lower(),
        day(row.get("started_on")),
        day(row.get("ended_on")),
        text(row.get("status")).lower(),
    )


def performance(row: Row) -> PerformanceFact:
    return PerformanceFact(
        row["source"], text(row.get("scale")).upper(), _int(row.get("value")), day(row.get("assessed_on"))
    )


def note_fact(row: Row) -> NoteFact:
    concept, value = text(row.get("concept")).lower(), text(row.get("value"))
    return NoteFact(row["source"], concept, value, day(row.get("event_on")))


def lab(row: Row) -> LabFact:
    return LabFact(
        row["source"],
        text(row.get("name")),
        number(row.get("value")),
        text(row.get("unit")),
        number(row.get("low")),
        number(row.get("high")),
        day(row.get("taken_on")) or day(row.get("reported_on")),
        bound(text(row.get("value_text"))),
    )


def bound(sent: str) -> str:
    return "<" if sent.startswith(("<", "≤")) else ">" if sent.startswith((">", "≥")) else ""


def is_weight(row: Row) -> bool:
    known = number(row.get("value")) is not None and day(row.get("taken_on")) is not None
    return known and text(row.get("measure")) == "body_weight" and text(row.get("unit")) == "kg"


def weight(row: Row) -> WeightFact:
    measured_on = day(row["taken_on"]) or date.min
    return WeightFact(row["source"], float(row["value"]), measured_on)


def comorbidity(row: Row) -> ComorbidityFact:
    return ComorbidityFact(
        row["source"],
        text(row.get("text")),
        text(row.get("code")),
        day(row.get("onset_on")),
        text(row.get("status")).lower(),
    )


def imaging(row: Row) -> ImagingFact:
    body_part = text(row.get("body_part")) or text(row.get("description"))
    return ImagingFact(
        row["source"], text(row.get("modality")).upper(), body_part.lower(), day(row.get("performed_on"))
    )


def statement(row: Row) -> Statement:
    return Statement(
        row["source"],
        text(row.get("kind")).lower(),
        text(row.get("subject")),
        text(row.get("code")),
        day(row.get("stated_on")),
    )


def stated(row: Row) -> bool:
    """Said of the patient, as a fact: neither negated nor a hypothesis nor about a relative."""
    about_patient = text(row.get("experiencer")) in ("", "patient")
    as_fact = text(row.get("certainty")) in ("", "stated")
    return about_patient and as_fact and not _bool(row.get("negated"))


def _missing(value: Any) -> bool:
    if value is None or isinstance(value, str):
        return value is None
    return pd.api.types.is_scalar(value) and bool(pd.isna(value))


def text(value: Any) -> str:
    return "" if _missing(value) else str(value).strip()


def _bool(value: Any) -> bool | None:
    """Also from the words of a CSV export; `bool("False")` would be true."""
    words = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}
    return words.get(text(value).lower())


def number(value: Any) -> float | None:
    if _missing(value):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def _int(value: Any) -> int | None:
    found = number(value)
    return None if found is None else int(found)


def day(value: Any) -> date | None:
    if _missing(value):
        return None
    if isinstance(value, date):
        return value.date() if isinstance(value, datetime) else value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _later(value: Any, as_of: date) -> bool:
    dated = day(value)
    return dated is not None and dated > as_of


def _list(value: Any) -> list[str]:
    if _missing(value) or isinstance(value, str) or not hasattr(value, "__iter__"):
        return []
    return [str(entry).strip() for entry in value if not _missing(entry)]


def _gene(value: Any) -> str:
    """The approved symbol where the text is one; otherwise the text, so that nothing is lost."""
    return _symbol(text(value))


@lru_cache(maxsize=65_536)
def _symbol(written: str) -> str:
    if written.lower() == "intergenic":
        return "intergenic"
    try:
        return GeneSymbol.parse(written)
    except ValueError:
        return written


def _change(value: Any) -> ProteinChange | None:
    return _protein_change(text(value))


@lru_cache(maxsize=65_536)
def _protein_change(written: str) -> ProteinChange | None:
    try:
        return ProteinChange.parse(written)
    except ValueError:
        return None
