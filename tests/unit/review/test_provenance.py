"""From a value back to the file, for this patient and nobody else."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.factories import review
from tests.unit.review.conftest import Record
from tumorboard.governance import gate
from tumorboard.lake.tables import UnknownTable, all_tables
from tumorboard.review.evidence import gather
from tumorboard.review.naming import NAMES, VALUES, name_of, value_of
from tumorboard.review.provenance import DEPTH, Walker


def fact(record: Record, label: str) -> dict[str, Any]:
    found = gather(record.case, by=record.alice, tables=["gold.case_facts"])
    return next(row for row in found.rows("gold.case_facts") if row["label"] == label)


def test_gold_to_silver_to_bronze_to_file(record: Record) -> None:
    found = Walker(record.case, record.alice).source("gold.case_facts", fact(record, "Stage")["row_id"])
    assert found is not None
    assert [step.table for step in found.steps] == ["gold.case_facts", "silver.note_facts", "bronze.notes"]
    assert found.passage is not None
    assert found.passage.marked == "cT2b N2 M1a"
    assert "<script>" in found.passage.after
    words = [step["label"] for step in found.lineage]
    assert words[0].startswith("gold.case_facts version 0, row ")
    assert words[-2] == "file letter.txt, $"
    assert words[-1].startswith("content SHA-256 ")


def test_a_structured_value_is_marked_in_its_resource(record: Record) -> None:
    found = Walker(record.case, record.alice).source("gold.case_facts", fact(record, "CEA")["row_id"])
    assert found is not None and found.passage is not None
    assert found.passage.marked == "7.5"


def test_a_row_without_a_file_has_neither_passage_nor_place(record: Record) -> None:
    row = gather(record.case, by=record.alice, tables=["gold.risk_scores"]).rows("gold.risk_scores")[0]
    found = Walker(record.case, record.alice).source("gold.risk_scores", row["row_id"])
    assert found is not None
    assert (found.received, found.passage, len(found.lineage)) == (None, None, 1)


def test_rows_that_name_each_other_come_to_an_end(record: Record) -> None:
    one, fields = {"patient_key": record.key}, {"lane": "note", "label": "x", "starts_on": date(2024, 1, 1)}
    ids = review.publish(
        "gold.timeline", {**one, **fields, "event_id": "a"}, {**one, **fields, "event_id": "b"}
    )
    review.publish(
        "gold.timeline",
        *(
            {**one, **fields, "event_id": event, "derived_from": [f"gold.timeline/{other}"]}
            for event, other in zip("ab", reversed(ids), strict=True)
        ),
    )
    found = Walker(record.case, record.alice).source("gold.timeline", ids[0])
    assert found is not None
    assert len(found.steps) == DEPTH


def test_another_patients_row_is_not_there(record: Record) -> None:
    review.subject_of("SYN-2")
    other = review.patient("SYN-2")
    mine = {"patient_key": record.key, "modality": "labs", "status": "present", "rows": 1}
    _, theirs = review.publish("gold.modalities", mine, {**mine, "patient_key": other})
    walker = Walker(record.case, record.alice)
    assert walker.source("gold.modalities", theirs) is None
    assert walker.rows([f"gold.modalities/{theirs}"]) == []
    bronze = review.received("SYN-2", {"text": "secret"}, "other.txt")
    review.publish("bronze.notes", bronze)
    assert walker.source("bronze.notes", bronze["row_id"]) is None


def test_a_table_that_is_not_built_or_not_pinned_is_not_there(record: Record) -> None:
    assert Walker(record.case, record.alice).source("gold.features", "abc") is None


def test_no_such_table(record: Record) -> None:
    with pytest.raises(UnknownTable):
        Walker(record.case, record.alice).source("gold.nothing", "abc")


def test_who_does_not_reach_the_patient_is_refused(record: Record) -> None:
    with pytest.raises(gate.Refused):
        Walker(record.case, record.charlie).source("gold.case_facts", "abc")


def test_names_and_values_are_columns_of_their_tables() -> None:
    columns = {table.name: set(table.columns) for table in all_tables()}
    assert all(column in columns[table] for table, column in NAMES.items())
    assert all(set(named) <= columns[table] for table, named in VALUES.items())


@pytest.mark.parametrize(
    ("table", "row", "name", "value"),
    [
        ("silver.labs", {"name": "CEA", "value": 7.0}, "CEA", "7"),
        ("silver.labs", {"name": "CEA", "value": 0.0}, "CEA", "0"),
        ("silver.labs", {"name": "CEA", "value": None, "value_text": "negative"}, "CEA", "negative"),
        ("silver.documents", {"kind": "Letter", "title": None, "text": "a whole letter"}, "Letter", "Letter"),
        ("gold.modalities", {"modality": "labs", "status": "present"}, "labs", "present"),
        ("gold.trial_matches", {"wording": None, "result": "unknown"}, "trial matches", "unknown"),
        ("gold.case_facts", {"label": "Stage", "value": "IVA"}, "Stage", "IVA"),
        ("silver.variants", {"gene": "ALK", "kind": "sv"}, "variants", "ALK"),
        ("silver.patients", {}, "patients", ""),
    ],
)
def test_what_a_row_is_called_and_says(table: str, row: dict[str, Any], name: str, value: str) -> None:
    assert (name_of(table, row), value_of(table, row)) == (name, value)
