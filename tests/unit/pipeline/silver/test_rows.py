from __future__ import annotations

from datetime import date

import pytest
from pyspark.sql import SparkSession

from tests.unit.pipeline.frames import bronze, built
from tests.unit.pipeline.silver.resources import observation, received
from tumorboard.pipeline.silver.performance import Performance
from tumorboard.pipeline.silver.rows import identity, place_in_file, schema
from tumorboard.pipeline.silver.stages import Stages


def test_a_row_says_where_it_came_from(spark: SparkSession) -> None:
    payload = observation("89247-1", valueInteger=1) | {"meta": {"source": "https://h.example/clinic#1"}}
    frame = bronze(spark, [{"kind": "Observation", "payload": payload, "locator": "$.entry[7].resource"}])
    (row,) = built(Performance, frame)
    assert (row["source_table"], row["source_row"], row["locator"]) == (
        "bronze.fhir",
        "row-000000",
        "$.entry[7].resource",
    )
    assert (row["source_path"], row["origin"], row["system"]) == ("$.valueInteger", "structured", "clinic")
    assert row["recorded_on"] == date(2025, 3, 2)


def test_patients_are_kept_apart(spark: SparkSession) -> None:
    tnm = observation("21905-5", valueString="cT2")
    rows = [{"kind": "Observation", "payload": tnm, "patient_key": who} for who in ("p1", "p2")]
    assert {row["patient_key"] for row in built(Stages, bronze(spark, rows))} == {"p1", "p2"}


@pytest.mark.parametrize("target", [Performance, Stages])
def test_no_rows_give_no_rows(spark: SparkSession, target: type) -> None:
    assert built(target, bronze(spark, [])) == []


def test_rows_sort_as_they_stand_in_the_file() -> None:
    items = [received({}, number) for number in (10, 2, 1)]
    assert [item.row_id for item in sorted(items, key=place_in_file)] == ["row-001", "row-002", "row-010"]


def test_an_identity_is_stable_and_tells_parts_apart() -> None:
    assert identity("a", "b") == identity("a", "b") != identity("ab")


def test_a_build_gives_neither_row_id_nor_run_id() -> None:
    assert not {"row_id", "run_id"} & set(schema(Performance).names)
