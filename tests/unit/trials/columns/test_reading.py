"""The tables of the lake, read into columns, answer as the rows they hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from benchmarks import screening_cohort as random_cohort
from tests.unit.trials.conftest import AS_OF
from tumorboard.codes.oncotree import OncoTree
from tumorboard.trials import documents
from tumorboard.trials.columns.answers import answer, without_column
from tumorboard.trials.columns.cohort import Cohort
from tumorboard.trials.columns.compiled import compiled
from tumorboard.trials.columns.explaining import Wanted, explained, wanted
from tumorboard.trials.columns.reading import COLUMNS, cohort_of
from tumorboard.trials.columns.values import VALUES
from tumorboard.trials.criteria import (
    Alteration,
    BiomarkerNumber,
    Comparison,
    Lab,
    PriorDrug,
    PriorTherapy,
    Question,
    Treatments,
    Trial,
)
from tumorboard.trials.folders import read_trials
from tumorboard.trials.matching import match
from tumorboard.trials.patients import TABLES, PatientEvidence
from tumorboard.trials.rules import Rules

RULES = Rules()
Tables = dict[str, pa.Table]


def evidence(patient: str, tables: Tables, as_of: date = AS_OF) -> PatientEvidence:
    frames = {name: rows.to_pandas() for name, rows in tables.items()}
    return PatientEvidence.from_frames(patient, frames, as_of)


def random_trials(number: int) -> list[Trial]:
    made = random_cohort.trials(number, 3)
    return [documents.read(kind, json.dumps(each), OncoTree.builtin()) for kind, each in made]  # type: ignore[arg-type]


def disagreements(questions: Sequence[Question], patients: list[str], tables: Tables) -> list[object]:
    cohort = cohort_of(patients, tables, AS_OF)
    records = [evidence(patient, tables) for patient in patients]
    again = Cohort.of(records)
    found: list[object] = []
    for asks in questions:
        column, other = answer(asks, cohort, RULES), answer(asks, again, RULES)
        assert column.tolist() == other.tolist(), asks
        expected = [match(asks, record, RULES) for record in records]
        found += [
            (asks, outcome)
            for value, outcome in zip(column, expected, strict=True)
            if VALUES[value] is not outcome.value
        ]
    return found


def test_random_patients_and_trials_every_criterion() -> None:
    program = compiled(random_trials(40))
    patients = [random_cohort.key(number) for number in range(40)]
    assert len(program.questions) > 100
    assert not without_column(program.questions)
    assert disagreements(program.questions, patients, random_cohort.tables(40, 5)) == []


def test_the_real_trials_have_no_criterion_without_a_column(shared_data: Path) -> None:
    folders = (
        shared_data / "trials" / "clinicaltrials_gov_v2",
        shared_data / "trials" / "matchminer" / "trials",
    )
    program = compiled([trial for folder in folders for trial in read_trials(folder)[0]])
    patients = [random_cohort.key(number) for number in range(30)]
    assert not without_column(program.questions)
    assert disagreements(program.questions, patients, random_cohort.tables(30, 6)) == []


# ---- edges of the tables


def one(table: str, *rows: dict[str, Any]) -> Tables:
    keyed = [{"patient_key": "p", "row_id": f"r{number}", **row} for number, row in enumerate(rows)]
    return {f"silver.{table}": pa.Table.from_pylist(keyed)}


ALK = Alteration("ALK", frozenset({"sv"}))
EGFR = Alteration("EGFR", frozenset({"mutation"}))
TMB = BiomarkerNumber("TMB", Comparison(">=", 10), "mut/Mb")
ALT = Lab("ALT", Comparison("<=", 3), times="ULN")
REPORT = {"test_id": "t", "assay": "panel", "genes": ["EGFR", "ALK"], "reported_on": date(2025, 1, 1)}
LATER = {**REPORT, "reported_on": date(2026, 1, 1)}
MEASURED = {"name": "ALT", "value": 50.0, "high": 40.0}
FOUND = {"test_id": "t", "gene": "EGFR", "kind": "snv", "consequence": "missense_variant", "filter": "PASS"}


@pytest.mark.parametrize(
    ("tables", "asks"),
    [
        ({}, EGFR),
        (one("genomic_tests", REPORT), EGFR),
        (one("genomic_tests", {**REPORT, "genes": None}), EGFR),
        (one("genomic_tests", {**REPORT, "genes": ["EGFR", None]}), EGFR),
        (one("genomic_tests", {**REPORT, "reported_on": date(2025, 7, 1)}), EGFR),
        (one("genomic_tests", {**REPORT, "reported_on": None}), EGFR),
        (one("genomic_tests", {**REPORT, "regions": ["EGFR exons 18-19"]}), replace(EGFR, exon=19)),
        (one("genomic_tests", {**REPORT, "regions": ["EGFR exons 18-19"]}), EGFR),
        ({**one("genomic_tests", REPORT), **one("variants", {**FOUND, "kind": "sv", "gene": "RET"})}, ALK),
        ({**one("genomic_tests", REPORT), **one("variants", FOUND)}, EGFR),
        ({**one("genomic_tests", LATER), **one("variants", FOUND)}, EGFR),
        (one("variants", {**FOUND, "filter": "LowDP"}), EGFR),
        (one("variants", {"gene": "EGFR", "kind": None}), EGFR),
        (one("biomarkers", {"name": "TMB", "value_number": "12.5", "unit": None}), TMB),
        (one("biomarkers", {"name": " tmb ", "value_number": float("nan")}), TMB),
        (one("biomarkers", {"name": "TMB", "value_number": 12, "assessed_on": "2025-06-01"}), TMB),
        (one("biomarkers", {"name": "TMB", "value_number": 12, "assessed_on": "2027-06-01"}), TMB),
        (one("labs", {**MEASURED, "taken_on": date(2025, 6, 20)}), ALT),
        (one("labs", {**MEASURED, "reported_on": date(2025, 6, 20)}), ALT),
        (one("labs", {**MEASURED, "value_text": ">50", "taken_on": AS_OF}), ALT),
        (one("labs", {**MEASURED, "value": 200.0, "value_text": "> 200", "taken_on": AS_OF}), ALT),
        (one("therapies", {"name": "Osimertinib", "agents": ["osimertinib"]}), PriorDrug("osimertinib")),
        (one("therapies", {"name": "x", "agents": [], "started_on": date(2025, 12, 1)}), PriorDrug("x")),
        (one("statements", {"kind": "treatment history complete", "stated_on": AS_OF}), PriorDrug("x")),
        (one("statements", {"kind": "treatment history complete", "stated_on": None}), PriorDrug("x")),
    ],
)  # fmt: skip
def test_missing_odd_and_later_values(tables: Tables, asks: Any) -> None:
    assert disagreements([asks, PriorTherapy(Treatments())], ["p"], tables) == []


def test_rows_of_others_and_patients_without_any_row() -> None:
    tables = one("biomarkers", {"name": "TMB", "value_number": 12.0, "unit": "mut/Mb"})
    column = answer(TMB, cohort_of(["a", "p", "z"], tables, AS_OF), RULES)
    assert column.tolist() == [1, 2, 1]
    assert len(answer(TMB, cohort_of([], tables, AS_OF), RULES)) == 0


def test_a_table_without_keys_is_refused() -> None:
    with pytest.raises(ValueError, match=r"silver\.labs: column patient_key is missing"):
        cohort_of(["p"], {"silver.labs": pa.table({"row_id": ["r"], "name": ["ALT"]})}, AS_OF)


def test_every_table_screening_reads_is_read_here_but_those_that_settle_nothing() -> None:
    assert set(TABLES) - set(COLUMNS) == {"silver.note_facts", "silver.imaging"}


# ---- what is explained


def test_up_to_two_hundred_places_everything_is_explained() -> None:
    trials = random_trials(30)
    tables = random_cohort.tables(3, 5)
    record = evidence(random_cohort.key(1), tables)
    verdicts = compiled(trials).run_one(record, RULES)
    assert wanted(verdicts, trials) == Wanted(frozenset(range(len(verdicts.places))), frozenset())
    made = explained(verdicts, trials, record, RULES)
    assert len(made.found) == len(verdicts.places)
    assert not made.disagreeing


def test_beyond_that_the_best_in_full_and_of_the_rest_what_decides() -> None:
    trials = random_trials(30)
    for number in range(20):
        record = evidence(random_cohort.key(number), random_cohort.tables(20, 5))
        verdicts = compiled(trials).run_one(record, RULES)
        kept = wanted(verdicts, trials, places=1_000)
        assert not kept.full & kept.brief
        made = explained(verdicts, trials, record, RULES, places=1_000)
        assert len(made.found) == len(kept.full | kept.brief)
        for _, result in made.found:
            assert result.criteria or result.verdict == "none"
            if result.verdict == "excluded":
                assert [str(each.result) for each in result.criteria] == ["not met"]
        out_of_question = [place for place in range(len(verdicts.places)) if not verdicts.near[place, 0]]
        assert not kept.full & set(out_of_question)
        assert not kept.brief & set(out_of_question)


def test_what_is_told_of_an_excluded_place_is_what_excludes_it() -> None:
    """Not the branch of an `or` that fails while another is met."""
    either = {"or": [{"clinical": {"gender": "Male"}}, {"clinical": {"gender": "Female"}}]}
    old = {"clinical": {"tmb_numerical": ">=10"}}
    trial = documents.read(
        "ctml", json.dumps({"protocol_no": "T", "match": [either, old]}), OncoTree.builtin()
    )
    tables = {
        **one("patients", {"sex": "female", "deceased": False}),
        **one("biomarkers", {"name": "TMB", "value_number": 2.0, "unit": "mut/Mb"}),
    }
    record = evidence("p", tables)
    made = explained(compiled([trial]).run_one(record, RULES), [trial], record, RULES, places=1_000)
    ((_, result),) = made.found
    assert [each.wording for each in result.criteria] == ["tmb_numerical: >=10"]
