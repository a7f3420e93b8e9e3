"""Rows made in Python, brought into the form of their table."""

from __future__ import annotations

import pytest

from tests.unit.lake.books import VISITS, visit
from tumorboard.lake import rows


def test_rows_get_identity_run_and_the_declared_order() -> None:
    record = {
        name: value for name, value in visit("p1", 1).items() if name not in ("row_id", "run_id", "system")
    }
    made = rows.arrow([record], VISITS, "run-7")
    assert made.schema == VISITS.arrow_schema
    (row,) = made.to_pylist()
    assert (row["run_id"], row["row_id"], row["system"]) == ("run-7", rows.row_id(record, VISITS), None)


def test_no_rows_are_a_table_too() -> None:
    assert rows.arrow([], VISITS, "run").schema == VISITS.arrow_schema


def test_a_missing_value_is_refused_without_saying_a_value() -> None:
    with pytest.raises(rows.BrokenRow, match=r"silver.test_visits: column origin must be given") as refused:
        rows.arrow([visit("p1", 1, origin=None)], VISITS, "run")
    assert "Quexington" not in str(refused.value)


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("visit_id", "x1", "must look like v1"),
        ("kind", "letter", "must be one of clinic, phone"),
        ("score", 5, "must lie between 0 and 4"),
        ("score", -1, "must lie between 0 and 4"),
        ("score", "many", "must be of type bigint"),
        ("held_on", "2025-01-01", "must be of type date"),
    ],
)
def test_every_declared_rule_holds_for_rows_made_outside_the_engine(
    column: str, value: object, sentence: str
) -> None:
    with pytest.raises(rows.BrokenRow, match=f"column {column} {sentence}"):
        rows.arrow([visit("p1", 1), visit("p1", 2, **{column: value})], VISITS, "run")


@pytest.mark.parametrize(("column", "value"), [("kind", None), ("score", None), ("score", 0), ("score", 4)])
def test_what_keeps_the_rules_passes(column: str, value: object) -> None:
    assert rows.arrow([visit("p1", 1, **{column: value})], VISITS, "run").num_rows == 1
