"""Which of several rows stays, what a broken row says, and what a build of some patients leaves alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tests.unit.lake.books import COMMIT, Ledger
from tumorboard.lake import tables
from tumorboard.lake.columns import Between, Column, NotNull
from tumorboard.lake.store import Damaged, Lake
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.building import Builder, Built, _unique


@pytest.fixture(scope="module", autouse=True)
def registry() -> Iterator[dict[str, type]]:
    """Two small tables over a bronze one, in a registry of their own."""
    before = tables._tables
    tables._tables = {}
    made = _declare()
    yield made
    tables._tables = before


def _declare() -> dict[str, type]:
    @table("bronze.rows")
    class Rows:
        """Rows."""

    @table("silver.scores", key=("patient_key", "name"))
    class Scores:
        """Scores."""

        name = Column(str, "Name", NotNull())
        score = Column(int, "Score", Between(0, 9))

    @builds(Scores, reads=[Rows])
    def scores(rows: DataFrame) -> DataFrame:
        value = F.get_json_object("payload", "$.score")
        return rows.select(
            "patient_key", "file_hash", "file_name", "locator",
            F.col("kind").alias("name"), value.alias("score"), F.lit("bronze.rows").alias("source_table"),
            F.col("row_id").alias("source_row"), F.lit("$.score").alias("source_path"),
            F.lit("structured").alias("origin"), F.lit("t 1").alias("method"), F.lit("t").alias("system"),
            F.get_json_object("payload", "$.on").try_cast("date").alias("recorded_on"),
        )  # fmt: skip

    @table("gold.totals", key=("patient_key",))
    class Totals:
        """Totals."""

        total = Column(int, "Sum")

    @builds(Totals, reads=[Scores])
    def totals(scores: DataFrame) -> DataFrame:
        return scores.groupBy("patient_key").agg(
            F.sum("score").alias("total"),
            F.sort_array(F.collect_list(F.concat(F.lit("silver.scores/"), "row_id"))).alias("derived_from"),
            F.lit("structured").alias("origin"), F.lit("t 1").alias("method"),
        )  # fmt: skip

    return {"rows": Rows, "scores": Scores, "totals": Totals}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path), Ledger())


def receive(lake: Lake, *rows: tuple[str, str, str, str]) -> None:
    """(file, subject, name, payload)"""
    records = [
        {
            "row_id": f"{file}{number}{name}", "file_hash": file, "file_name": f"{file}.json",
            "locator": f"line {number}", "kind": name, "subject_key": subject, "payload": payload,
            "run_id": "r", "received_at": datetime(2025, 1, 1, tzinfo=UTC),
        }
        for number, (file, subject, name, payload) in enumerate(rows)
    ]  # fmt: skip
    declared = tables.get("bronze.rows")
    commit = replace(COMMIT, files=tuple(sorted({record["file_hash"] for record in records})))
    lake.append(declared, pa.Table.from_pylist(records, declared.arrow_schema), commit)


LINKS = [("s1", "p1"), ("s2", "p2"), ("s1b", "p1")]


def build(lake: Lake, spark: SparkSession, patients: list[str] | None = None, **more: Any) -> Built:
    links = [link for link in LINKS if patients is None or link[1] in patients]
    given = {"superseded": [], "received": ["f1", "f2"], **more}
    builder = Builder(lake, spark, links, **given, run_id="run-2", code_version="test", patients=patients)
    return builder.build(tables.build_order())


def totals(lake: Lake) -> dict[str, int]:
    return {row["patient_key"]: row["total"] for row in lake.read(tables.get("gold.totals")).to_pylist()}


def test_bronze_that_nobody_filled_gives_empty_tables(lake: Lake, spark: SparkSession) -> None:
    built = build(lake, spark)
    assert [(p.table, p.rows) for p in built.publications] == [("silver.scores", 0), ("gold.totals", 0)]


def test_rows_find_their_patient_and_nobodys_fall_away(lake: Lake, spark: SparkSession) -> None:
    receive(
        lake,
        ("f1", "s1", "a", '{"score": 1}'),
        ("f1", "s1b", "b", '{"score": 2}'),
        ("f1", "s2", "a", '{"score": 5}'),
        ("f1", "unknown", "a", '{"score": 9}'),
    )
    build(lake, spark)
    assert totals(lake) == {"p1": 3, "p2": 5}


def test_a_commit_names_the_versions_it_read(lake: Lake, spark: SparkSession) -> None:
    receive(lake, ("f1", "s1", "a", '{"score": 1}'))
    silver, gold = build(lake, spark).publications
    assert (silver.inputs, gold.inputs) == ({"bronze.rows": 0}, {"silver.scores": 0})
    assert (silver.run_id, silver.code_version) == ("run-2", "test")


def test_a_broken_row_is_told_with_its_place_and_does_not_appear(lake: Lake, spark: SparkSession) -> None:
    receive(
        lake,
        ("f1", "s1", "a", '{"score": 10}'),
        ("f1", "s1", "b", '{"score": "many"}'),
        ("f1", "s1", "c", "{}"),
    )
    built = build(lake, spark)
    assert {(b.table, b.file_name, b.locator, b.reason) for b in built.broken} == {
        ("silver.scores", "f1.json", "line 0", "score must lie between 0 and 9"),
        ("silver.scores", "f1.json", "line 1", "score must be of type bigint"),
    }
    assert lake.read(tables.get("silver.scores")).num_rows == 1


def test_one_patient_is_built_and_the_others_stay(lake: Lake, spark: SparkSession) -> None:
    receive(lake, ("f1", "s1", "a", '{"score": 1}'), ("f1", "s2", "a", '{"score": 5}'))
    build(lake, spark)
    receive(lake, ("f2", "s1", "b", '{"score": 2}'), ("f2", "s2", "b", '{"score": 3}'))
    build(lake, spark, ["p1"])
    assert totals(lake) == {"p1": 3, "p2": 5}
    build(lake, spark)
    assert totals(lake) == {"p1": 3, "p2": 8}


def test_nobody_is_concerned(lake: Lake, spark: SparkSession) -> None:
    receive(lake, ("f1", "s1", "a", '{"score": 1}'))
    build(lake, spark)
    assert build(lake, spark, []).publications == []
    assert totals(lake) == {"p1": 1}


def test_superseded_files_are_left_out(lake: Lake, spark: SparkSession) -> None:
    receive(lake, ("f1", "s1", "a", '{"score": 1}'), ("f2", "s1", "b", '{"score": 2}'))
    build(lake, spark, superseded=["f1"])
    assert totals(lake) == {"p1": 2}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([("f1", '{"score": 1}'), ("f2", '{"score": 2}')], 2, id="the file that came last"),
        pytest.param([("f2", '{"score": 2}'), ("f1", '{"score": 1}')], 2, id="in any order of rows"),
        pytest.param(
            [("f1", '{"score": 1, "on": "2025-02-01"}'), ("f2", '{"score": 2, "on": "2025-01-01"}')],
            1,
            id="but first what was recorded last",
        ),
        pytest.param(
            [("f1", '{"score": 1, "on": "2025-02-01"}'), ("f2", '{"score": 2}')], 1, id="a date before none"
        ),
    ],
)
def test_of_rows_with_one_identity_one_stays(
    lake: Lake, spark: SparkSession, rows: list[tuple[str, str]], expected: int
) -> None:
    receive(lake, *[(file, "s1", "a", payload) for file, payload in rows])
    build(lake, spark)
    assert totals(lake) == {"p1": expected}


def test_unique_of_nothing() -> None:
    empty = tables.get("silver.scores").arrow_schema.empty_table()
    assert _unique(empty, []) is empty


def test_unique_does_not_depend_on_the_order_of_rows() -> None:
    rows = [
        {"row_id": "a", "recorded_on": day, "derived_from": refs, "origin": "structured"}
        for day in (None, date(2025, 1, 1))
        for refs in (["x/1"], ["x/2"], [])
    ]
    forward = _unique(pa.Table.from_pylist(rows), [])
    backward = _unique(pa.Table.from_pylist(rows[::-1], forward.schema), [])
    assert forward == backward
    assert forward.num_rows == 1


def test_a_damaged_input_stops_the_build(lake: Lake, spark: SparkSession) -> None:
    receive(lake, ("f1", "s1", "a", '{"score": 1}'))
    (path,) = Path(lake.path("bronze.rows")).glob("*.parquet")
    content = bytearray(path.read_bytes())
    content[20] ^= 1
    path.write_bytes(content)
    with pytest.raises(Damaged):
        build(lake, spark)


def test_progress_counts_tables(lake: Lake, spark: SparkSession) -> None:
    shown: list[tuple[int, int]] = []
    builder = Builder(lake, spark, [], [], [], "r", "c")
    builder.build(tables.build_order(), lambda done, total: shown.append((done, total)))
    assert shown == [(1, 2), (2, 2)]
