"""Rows are split by the rules of their table, with the reason in words."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from tests.unit.lake.books import VISITS, visit
from tumorboard.lake import checks, rows
from tumorboard.lake.columns import Column
from tumorboard.lake.tables import Table


def flagged(spark: SparkSession, *given: dict[str, Any]) -> dict[str, str]:
    frame = spark.createDataFrame(pa.Table.from_pylist(list(given)))
    found = checks.flag(checks.conform(frame, VISITS), VISITS).toArrow().to_pylist()
    return {row["row_id"]: row[checks.REASON] for row in found}


def test_each_broken_rule_is_named(spark: SparkSession) -> None:
    assert flagged(
        spark,
        visit("p1", 1),
        visit("p2", 2, score=5),
        visit("p3", 3, kind="letter", score=None),
        visit("p4", 4, visit_id=None, score=-1),
        visit("p5", 5, visit_id="seven", kind=None),
    ) == {
        "p1-1": "",
        "p2-2": "score must lie between 0 and 4",
        "p3-3": "kind must be one of clinic, phone",
        "p4-4": "visit_id must be given; score must lie between 0 and 4",
        "p5-5": "visit_id must look like v1",
    }


def test_a_value_of_the_wrong_type_refuses_its_row_not_the_build(spark: SparkSession) -> None:
    given = [visit("p1", 1, score="2"), visit("p2", 2, score="two"), visit("p3", 3, score=None)]
    assert flagged(spark, *given) == {"p1-1": "", "p2-2": "score must be of type bigint", "p3-3": ""}


def test_valid_and_invalid_are_a_partition(spark: SparkSession) -> None:
    frame = spark.createDataFrame(pa.Table.from_pylist([visit("p1", 1), visit("p2", 2, score=9)]))
    both = checks.flag(checks.conform(frame, VISITS), VISITS)
    assert [row["row_id"] for row in checks.valid(both).toArrow().to_pylist()] == ["p1-1"]
    assert [row["row_id"] for row in checks.invalid(both).toArrow().to_pylist()] == ["p2-2"]
    assert list(checks.valid(both).columns) == list(VISITS.columns)


def test_conform_orders_adds_and_leaves_out(spark: SparkSession) -> None:
    frame = spark.createDataFrame(pa.table({"extra": ["x"], "score": pa.array([3], pa.int32())}))
    found = checks.conform(frame, VISITS).drop(checks.MISFITS).toArrow()
    assert found.schema.names == list(VISITS.columns)
    assert found.schema.field("score").type == pa.int64()
    assert found["visit_id"].to_pylist() == [None]


KEYED = {
    "s": Column(str, "text"),
    "i": Column(int, "number"),
    "b": Column(bool, "flag"),
    "d": Column(date, "day"),
    "t": Column(datetime, "time"),
}
KEYS = [
    ("plain", 1, True, date(2024, 2, 29), datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)),
    ("", -1, False, date(1900, 1, 1), datetime(1969, 12, 31, 1, 2, 3, 450_000, tzinfo=UTC)),
    (None, None, None, None, None),
    ("Größe | 1 \\ ' \" \n", 2**53 + 1, None, None, datetime(2024, 1, 1, 0, 0, 0, 1, tzinfo=UTC)),
]


@pytest.mark.parametrize("values", KEYS)
def test_python_and_the_engine_give_the_same_identity(spark: SparkSession, values: tuple[Any, ...]) -> None:
    columns = {name: column.named(name) for name, column in KEYED.items()}
    keyed = Table("silver.keyed", tuple(KEYED), columns, "Keyed.", per_patient=False)
    record = dict(zip(KEYED, values, strict=True))
    frame = spark.createDataFrame(pa.Table.from_pylist([record], keyed.arrow_schema))
    (found,) = checks.with_row_id(frame, keyed).toArrow()["row_id"].to_pylist()
    assert found == rows.row_id(record, keyed)
    assert len(found) == 24


def test_keys_that_look_alike_when_joined_are_different(spark: SparkSession) -> None:
    two = dataclasses.replace(VISITS, key=("patient_key", "visit_id"))
    keys = [("a|b", "c"), ("a", "b|c"), ("a\\", "b"), ("a", "\\b"), ("a\\|b", ""), ("a", "b")]
    given = [{"patient_key": one, "visit_id": other} for one, other in keys]
    ids = checks.with_row_id(spark.createDataFrame(pa.Table.from_pylist(given)), two).toArrow()["row_id"]
    assert len(set(ids.to_pylist())) == len(keys)
    assert ids.to_pylist() == [rows.row_id(record, two) for record in given]


def test_the_same_key_in_two_tables_is_two_identities() -> None:
    record = {"patient_key": "p1", "visit_id": "v1"}
    assert rows.row_id(record, VISITS) != rows.row_id(
        record, dataclasses.replace(VISITS, name="silver.other")
    )
