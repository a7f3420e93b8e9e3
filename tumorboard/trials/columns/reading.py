"""Silver tables become a cohort: columns in, columns out, each different fact read once by the row reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tumorboard.trials import fact_rows as read
from tumorboard.trials.columns.cohort import NO_DAY, VARYING, Cohort, Fact, Facts, as_read, shape_of
from tumorboard.trials.columns.values import Flags, Ints, Numbers
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
from tumorboard.trials.patients import HISTORY_COMPLETE, PatientEvidence

_EPOCH = date(1970, 1, 1).toordinal()
Reader = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True)
class Layout:
    """How one table is read: its row reader, the columns a shape is made of, and which columns hold the days
    and numbers of the facts (as `VARYING` orders them). Facts dated later by `dated_by` are left out."""

    kind: type
    reader: Reader
    words: tuple[str, ...]
    days: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    dated_by: str = ""
    also: tuple[str, ...] = ()


LAYOUTS: dict[str, Layout] = {
    "patients": Layout(Person, read.person, ("sex", "deceased"), ("birth_date", "last_contact")),
    "diagnoses": Layout(
        DiagnosisFact,
        read.diagnosis,
        ("oncotree", "primary", "clinical_status", "text", "code", "body_site"),
        ("diagnosed_on",),
        dated_by="diagnosed_on",
    ),
    "stages": Layout(
        StageFact, read.stage, ("stage_group", "m"), ("assessed_on",), dated_by="assessed_on"
    ),
    "genomic_tests": Layout(
        GenomicTest,
        read.test,
        ("assay", "genes", "profiles", "regions"),
        ("reported_on",),
        dated_by="reported_on",
        also=("test_id",),
    ),
    "variants": Layout(
        Finding,
        read.finding,
        (
            "gene", "kind", "ref", "alt", "hgvs_p", "consequence", "exon", "copy_number", "partner_gene",
            "origin_class", "filter", "tier", "effect",
        ),
        ("reported_on",),
        also=("test_id",),
    ),
    "biomarkers": Layout(
        BiomarkerFact,
        read.biomarker,
        ("name", "value_text", "unit", "interpretation"),
        ("assessed_on",),
        ("value_number",),
        dated_by="assessed_on",
    ),
    "therapies": Layout(
        TherapyFact,
        read.therapy,
        ("kind", "name", "agents", "line", "intent", "status"),
        ("started_on", "ended_on"),
        dated_by="started_on",
    ),
    "performance": Layout(
        PerformanceFact, read.performance, ("scale", "value"), ("assessed_on",), dated_by="assessed_on"
    ),
    "labs": Layout(
        LabFact,
        read.lab,
        ("name", "unit", "value_text"),
        ("taken_on",),
        ("value", "low", "high"),
        dated_by="taken_on",
        also=("reported_on",),
    ),
    "measures": Layout(
        WeightFact, read.weight, (), ("taken_on",), ("value",), dated_by="taken_on",
        also=("measure", "unit"),
    ),
    "comorbidities": Layout(
        ComorbidityFact, read.comorbidity, ("text", "code", "status"), ("onset_on",), dated_by="onset_on"
    ),
    "statements": Layout(
        Statement, read.statement, ("kind", "subject", "code"), ("stated_on",), dated_by="stated_on"
    ),
}  # fmt: skip
#: The tables a cohort is read from, with the columns read. (Unverified text never settles anything.)
COLUMNS: dict[str, tuple[str, ...]] = {
    f"silver.{table}": ("patient_key", "row_id", *layout.words, *layout.days, *layout.numbers, *layout.also)
    for table, layout in LAYOUTS.items()
}


def cohort_of(patients: Sequence[str], tables: Mapping[str, pa.Table], as_of: date) -> Cohort:
    """The evidence of these patients; tables named as in the lake, absent ones and others' rows are fine.

    Raises ValueError if a table lacks `patient_key` or `row_id`.
    """
    reading = _Reading(tuple(patients), tables, as_of)
    statements = reading.facts("statements", read.statement)
    tests, findings = reading.genomic()
    return Cohort(
        reading.patients,
        as_of,
        reading.persons(),
        reading.facts("diagnoses", read.diagnosis),
        reading.facts("stages", read.stage),
        tests,
        findings,
        reading.facts("biomarkers", read.biomarker),
        reading.facts("therapies", read.therapy),
        reading.facts("performance", read.performance),
        reading.labs(),
        reading.weights(),
        reading.facts("comorbidities", read.comorbidity),
        statements,
        _completed_on(statements, len(patients)),
        reading.evidence,
    )


def _completed_on(statements: Facts[Statement], size: int) -> Ints:
    """The day of each patient's latest statement that the treatment history is complete; undated ones do not
    count."""
    rows = statements.having(lambda each: each.kind == HISTORY_COMPLETE)
    days = np.full(size, NO_DAY, dtype=np.int64)
    np.maximum.at(days, statements.patient[rows], statements.day("stated_on")[rows])
    return days


@dataclass(frozen=True)
class _Reading:
    patients: tuple[str, ...]
    tables: Mapping[str, pa.Table]
    as_of: date

    def facts(self, table: str, reader: Callable[[dict[str, Any]], Fact]) -> Facts[Fact]:
        rows, patient = self.rows(table)
        return _facts(LAYOUTS[table], reader, rows, patient)

    def rows(self, table: str, *, up_to_day: bool = True) -> tuple[pa.Table, Ints]:
        """The rows of these patients known on the day, ordered by patient, and whose each is."""
        found = self.tables.get(f"silver.{table}", self.tables.get(table))
        if found is None or not found.num_rows:
            return pa.table({"patient_key": pa.array([], pa.string())}), np.empty(0, dtype=np.int64)
        missing = {"patient_key", "row_id"} - set(found.column_names)
        if missing:
            raise ValueError(f"silver.{table}: column {', '.join(sorted(missing))} is missing")
        keys = pa.array(self.patients, pa.string())
        patient = pc.fill_null(pc.index_in(found["patient_key"].cast(pa.string()), keys), -1).to_numpy()
        kept = patient >= 0
        if up_to_day and LAYOUTS[table].dated_by:
            kept &= days_of(found, LAYOUTS[table].dated_by) <= self.as_of.toordinal()
        order = np.flatnonzero(kept)
        order = order[np.argsort(patient[order], kind="stable")]
        return found.take(pa.array(order)), patient[order].astype(np.int64)

    def persons(self) -> Facts[Person]:
        """The first record of each patient."""
        rows, patient = self.rows("patients")
        first = np.flatnonzero(np.diff(patient, prepend=-1))
        return _facts(LAYOUTS["patients"], read.person, rows.take(pa.array(first)), patient[first])

    def labs(self) -> Facts[LabFact]:
        """Of the words sent for a value only the limit of detection matters here; a result without a day of
        sampling counts from its report."""
        rows, patient = self.rows("labs")
        if "value_text" in rows.column_names:
            bounds = _mapped(rows["value_text"], lambda text: read.bound(read.text(text)))
            rows = rows.set_column(rows.column_names.index("value_text"), "value_text", bounds)
        facts = _facts(LAYOUTS["labs"], read.lab, rows, patient)
        taken = facts.day("taken_on")
        return replace(
            facts, days={"taken_on": np.where(taken == NO_DAY, days_of(rows, "reported_on"), taken)}
        )

    def weights(self) -> Facts[WeightFact]:
        """Ordered by row within a patient, so that of two on one day the later row counts."""
        rows, patient = self.rows("measures")
        if not rows.num_rows:
            return _facts(LAYOUTS["measures"], read.weight, rows, patient)
        wanted = _is(rows, "measure", "body_weight") & _is(rows, "unit", "kg")
        wanted &= ~np.isnan(numbers_of(rows, "value")) & (days_of(rows, "taken_on") != NO_DAY)
        chosen = np.flatnonzero(wanted)
        names = np.array(rows["row_id"].take(pa.array(chosen)).to_pylist(), dtype=str)
        chosen = chosen[np.lexsort((names, patient[chosen]))]
        return _facts(LAYOUTS["measures"], _any_weight, rows.take(pa.array(chosen)), patient[chosen])

    def genomic(self) -> tuple[Facts[GenomicTest], Facts[Finding]]:
        """Reports known on the day with what each looked for, and the findings but those of later reports."""
        all_tests, owner = self.rows("genomic_tests", up_to_day=False)
        tests, tested = self.rows("genomic_tests")
        variants, carrier = self.rows("variants")
        known, shown_in = _report_keys(tested, tests), _report_keys(carrier, variants)
        later = set(_report_keys(owner, all_tests)) - set(known)
        if later:
            kept = np.flatnonzero([key not in later for key in shown_in])
            variants, carrier = variants.take(pa.array(kept)), carrier[kept]
            shown_in = [shown_in[number] for number in kept]
        findings = _facts(LAYOUTS["variants"], read.finding, variants, carrier)
        return _with_kinds_shown(
            _facts(LAYOUTS["genomic_tests"], read.test, tests, tested), known, findings, shown_in
        ), findings

    def evidence(self, number: int) -> PatientEvidence:
        """Of one patient, for the row engine."""
        patient = self.patients[number]
        frames = {
            table: rows.filter(pc.equal(rows["patient_key"], patient)).to_pandas()
            for table, rows in self.tables.items()
        }
        return PatientEvidence.from_frames(patient, frames, self.as_of)


def _any_weight(row: dict[str, Any]) -> WeightFact:
    return WeightFact("", 0.0, date.min)


Report = tuple[int, str]


def _report_keys(patient: Ints, rows: pa.Table) -> list[Report]:
    if "test_id" not in rows.column_names:
        return [(int(number), "") for number in patient]
    named = _mapped(rows["test_id"], read.text).to_pylist()
    return list(zip(patient.tolist(), named, strict=True))


def _with_kinds_shown(
    tests: Facts[GenomicTest], keys: Sequence[Report], findings: Facts[Finding], shown_in: Sequence[Report]
) -> Facts[GenomicTest]:
    """Reports that do not state what they looked for looked for sequence variants and for what they show."""
    kinds = [shape.kind for shape in findings.shapes]
    shown: dict[Report, set[str]] = {}
    for key, shape in zip(shown_in, findings.shape.tolist(), strict=True):
        if key[1] and kinds[shape] != "mutation":
            shown.setdefault(key, set()).add(kinds[shape])
    stated = [shape.profiles for shape in tests.shapes]
    shapes: dict[GenomicTest, int] = {}
    met: dict[tuple[int, frozenset[str]], int] = {}
    codes = np.empty(len(tests), dtype=np.int64)
    for row, (key, shape) in enumerate(zip(keys, tests.shape.tolist(), strict=True)):
        profiles = stated[shape]
        looked_for = frozenset({"mutation"} | shown.get(key, set())) if profiles is None else profiles
        if (shape, looked_for) not in met:
            test = as_read(tests.shapes[shape], looked_for)
            met[shape, looked_for] = shapes.setdefault(test, len(shapes))
        codes[row] = met[shape, looked_for]
    return replace(tests, shape=codes, shapes=tuple(shapes))


# ---- columns of a table


def _facts(
    layout: Layout, reader: Callable[[dict[str, Any]], Fact], rows: pa.Table, patient: Ints
) -> Facts[Fact]:
    days, numbers = VARYING[layout.kind]
    shape, first = _coded(rows, layout.words)
    words = rows.select([name for name in layout.words if name in rows.column_names])
    examples = words.take(pa.array(first)).to_pylist() if words.num_columns else [{} for _ in first]
    shapes: list[Fact] = [shape_of(layout.kind, reader({**row, "source": ""})) for row in examples]
    return Facts(
        patient,
        shape,
        tuple(shapes),
        {name: days_of(rows, column) for name, column in zip(days, layout.days, strict=True)},
        {name: numbers_of(rows, column) for name, column in zip(numbers, layout.numbers, strict=True)},
    )


def _coded(rows: pa.Table, words: Sequence[str]) -> tuple[Ints, Ints]:
    """The number of each row's shape, and the first row of each shape."""
    code = np.zeros(rows.num_rows, dtype=np.int64)
    for name in words:
        if name in rows.column_names:
            own, count = _codes(rows[name])
            code = pd.factorize(code * (count + 1) + own)[0].astype(np.int64)
    _, first = np.unique(code, return_index=True)
    return code, first


def _codes(values: pa.ChunkedArray) -> tuple[Ints, int]:
    """Values by number, from 0; lists are compared by their parts."""
    if pa.types.is_list(values.type) or pa.types.is_large_list(values.type):
        values = pa.chunked_array([_joined(chunk) for chunk in values.chunks], pa.string())
    encoded = pc.dictionary_encode(values, null_encoding="encode").combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = pa.concat_arrays(encoded.chunks) if encoded.num_chunks else encoded
    return np.asarray(encoded.indices).astype(np.int64), max(len(encoded.dictionary), 1)


def _joined(lists: pa.Array) -> pa.Array:
    if lists.values.null_count:
        return pa.array([None if each is None else repr(each) for each in lists.to_pylist()], pa.string())
    return pc.binary_join(lists.cast(pa.list_(pa.string())), "\x1f")


def days_of(rows: pa.Table, name: str) -> Ints:
    """Days as date.toordinal counts them; NO_DAY where there is none."""
    if name not in rows.column_names:
        return np.full(rows.num_rows, NO_DAY, dtype=np.int64)
    values = rows[name]
    if not pa.types.is_date32(values.type):
        values = _mapped(values, read.day, pa.date32())
    days = pc.fill_null(values.cast(pa.int32()), NO_DAY - _EPOCH).to_numpy().astype(np.int64)
    found: Ints = days + _EPOCH
    return found


def numbers_of(rows: pa.Table, name: str) -> Numbers:
    """Finite numbers; NaN for everything else."""
    if name not in rows.column_names:
        return np.full(rows.num_rows, np.nan)
    values = rows[name]
    if not (pa.types.is_floating(values.type) or pa.types.is_integer(values.type)):
        values = _mapped(values, read.number, pa.float64())
    numbers = pc.fill_null(values.cast(pa.float64()), np.nan).to_numpy().astype(np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _mapped(values: pa.ChunkedArray, change: Callable[[Any], Any], kind: Any = None) -> pa.Array:
    """Each different value changed once."""
    own, _ = _codes(values)
    encoded = pc.dictionary_encode(values, null_encoding="encode").combine_chunks()
    changed = pa.array([change(value) for value in encoded.dictionary.to_pylist()], kind or pa.string())
    return changed.take(pa.array(own))


def _is(rows: pa.Table, name: str, wanted: str) -> Flags:
    if name not in rows.column_names:
        return np.zeros(rows.num_rows, dtype=np.bool_)
    flags: Flags = pc.equal(_mapped(rows[name], read.text), wanted).to_numpy(zero_copy_only=False)
    return flags
