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
