"""Twenty reads and writes that nobody declared, each refused; and the ones that are declared, let through."""

from __future__ import annotations

import sqlite3
import subprocess
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tests.unit.lake.books import COMMIT, VISITS, arrow, lake, visit
from tumorboard.lake import plans, watching
from tumorboard.lake.faults import Undeclared
from tumorboard.lake.fingerprints import changed, of
from tumorboard.lake.plans import Given
from tumorboard.lake.store import Commit, Lake
from tumorboard.lake.tables import BRONZE, Table

NOTES = Table("bronze.test_notes", ("row_id",), {n: c.named(n) for n, c in BRONZE.items()}, "Notes", True)
READING = replace(VISITS, name="silver.test_reading", reads=("bronze.test_notes", "silver.test_visits"))


def note(**values: Any) -> pa.Table:
    row = {
        "row_id": "n1", "file_hash": "f1", "file_name": "a.txt", "locator": "line 1", "kind": "note",
        "payload": "{}", "run_id": "r", **values,
    }  # fmt: skip
    row["received_at"] = 0
    return pa.Table.from_pylist([row], NOTES.arrow_schema)


@pytest.fixture
def ready(tmp_path: Path) -> Lake:
    made = lake(tmp_path)
    made.append(NOTES, note(), Commit("r", "c", files=["f1"]))
    made.append(VISITS, arrow(visit("p1", 1)), COMMIT)
    return made


ALL = {"bronze.test_notes": 0, "silver.test_visits": 0}
SECRET = {**ALL, "gold.secret": 1}
LATER = {**ALL, "bronze.test_notes": 7}
WRITES: dict[str, tuple[Table, Commit, str]] = {
    "no inputs": (READING, Commit("r", "c"), "does not say which version of bronze.test_notes"),
    "one input left out": (READING, Commit("r", "c", {"bronze.test_notes": 0}), "of silver.test_visits"),
    "an input nobody declared": (READING, Commit("r", "c", SECRET), "declared to read gold.secret"),
    "columns of a table nobody declared": (
        READING, Commit("r", "c", ALL, {"gold.secret": ["a"]}), "declared to read gold.secret"),
    "a version that was never published": (READING, Commit("r", "c", LATER), "version 7"),
    "a file beside tables": (READING, Commit("r", "c", ALL, files=["f1"]), "only bronze is read from files"),
    "no run": (READING, Commit("", "c", ALL), "names its run"),
    "no code version": (READING, Commit("r", "", ALL), "names its run and the version of its code"),
    "a table that declares no inputs": (VISITS, Commit("r", "c", ALL), "to read bronze.test_notes"),
    "bronze without files": (NOTES, Commit("r", "c"), "1 files that the commit does not name"),
    "bronze of another file": (NOTES, Commit("r", "c", files=["f2"]), "1 files that the commit does not"),
    "bronze from a table": (NOTES, Commit("r", "c", ALL, files=["f1"]), "not from bronze.test_notes"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRITES)
def test_a_write_nobody_declared_is_refused(ready: Lake, what: str) -> None:
    table, commit, words = WRITES[what]
    rows = note() if table is NOTES else arrow(visit("p1", 1))
    before = ready.ledger.published[:]
    with pytest.raises(Undeclared, match=words):
        ready.replace(table, rows, commit)
    assert ready.ledger.published == before
    assert not (Path(ready.root) / "silver/test_reading").exists()


def test_a_declared_write_is_let_through(ready: Lake) -> None:
    published = ready.replace(
        READING, arrow(visit("p1", 1)), Commit("r", "c", ALL, {"bronze.test_notes": ["kind"]})
    )
    assert published.inputs == ALL
    assert published.reads == {"bronze.test_notes": ["kind"], "silver.test_visits": ["*"]}


# ---- builds


@pytest.fixture
def given(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(pa.table({"patient_key": ["p1"], "value": [1]}))


@pytest.fixture
def elsewhere(spark: SparkSession, tmp_path: Path) -> str:
    path = str(tmp_path / "other.parquet")
    spark.createDataFrame(pa.table({"patient_key": ["p1"], "secret": [1]})).write.parquet(path)
    return path


def leaf(frame: DataFrame) -> bytes:
    (found,) = plans.leaves(plans.root(frame))
    return plans.identity(found)


PLANS: dict[str, Callable[[DataFrame, str], DataFrame]] = {
    "reads files": lambda given, path: given.sparkSession.read.parquet(path),
    "joins files": lambda given, path: given.join(given.sparkSession.read.parquet(path), "patient_key"),
    "unites with files": lambda given, path: given.unionByName(
        given.sparkSession.read.parquet(path), allowMissingColumns=True),
    "reads Delta": lambda given, path: given.sparkSession.read.format("delta").load(path),
    "reads text": lambda given, path: given.sparkSession.read.text(path),
    "asks a table by name": lambda given, path: given.sparkSession.table("gold.case_facts"),
    "uses SQL": lambda given, path: given.sparkSession.sql("select 1 as patient_key"),
    "brings rows of its own": lambda given, path: given.sparkSession.createDataFrame(
        [("p2", 5)], "patient_key string, value long"),
}  # fmt: skip


@pytest.mark.parametrize("what", PLANS)
def test_a_build_that_reads_what_it_was_not_given_is_refused(
    given: DataFrame, elsewhere: str, what: str
) -> None:
    made = PLANS[what](given, elsewhere)
    with pytest.raises(Undeclared, match="a source it was not given"):
        plans.read_by(made, {leaf(given): Given("silver.test_visits", ("patient_key", "value"))})


CODE: dict[str, Callable[[Path], Any]] = {
    "opens a file": lambda path: path.open(),
    "writes a file": lambda path: path.write_text("x"),
    "starts a program": lambda path: subprocess.run(["true"], check=False),
    "asks the network": lambda path: urllib.request.urlopen("http://127.0.0.1:9"),
    "opens a database": sqlite3.connect,
}


@pytest.mark.parametrize("what", CODE)
def test_code_of_a_build_that_reaches_outside_is_refused(tmp_path: Path, what: str) -> None:
    path = tmp_path / "file"
    path.write_text("secret")
    with (
        watching.building("silver.test_visits"),
        pytest.raises(Undeclared, match="test_visits may not"),
    ):
        CODE[what](path)
    assert path.read_text() == "secret"


def test_code_inside_the_engine_is_fenced_as_well(given: DataFrame, tmp_path: Path) -> None:
    """The embedded engine runs Python of a build in this process."""
    secret = tmp_path / "file"
    secret.write_text("secret")

    def peeks(batches: Any) -> Any:
        Path(str(secret)).read_text()
        yield from batches

    with watching.building("silver.test_visits"), pytest.raises(Exception, match="may not open files"):
        given.mapInArrow(peeks, "patient_key string, value long").toArrow()


def test_knowledge_that_is_part_of_the_code_may_be_read() -> None:
    with watching.building("silver.test_visits"):
        assert Path(watching.__file__).read_text()


# ---- columns


def read(made: DataFrame, given: DataFrame) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    known = {leaf(given): Given("s", ("patient_key", "value"))}
    reading, columns = plans.read_by(made, known)
    return reading.reads(), plans.exact(columns, made.columns)


def test_columns_of_expressions_are_known_exactly(given: DataFrame) -> None:
    made = given.filter(F.col("value") > 0).select(
        "patient_key", (F.col("value") * 2).alias("twice"), F.lit(1).alias("one")
    )
    assert read(made, given) == (
        {"s": ["patient_key", "value"]}, {"patient_key": ["s.patient_key"], "twice": ["s.value"], "one": []},
    )  # fmt: skip


def test_a_filter_reads_what_it_does_not_show(given: DataFrame) -> None:
    reads, exact = read(given.filter("value > 0").select("patient_key"), given)
    assert reads == {"s": ["patient_key", "value"]}
    assert exact == {"patient_key": ["s.patient_key"]}


def test_groups_joins_and_renames_are_followed(given: DataFrame) -> None:
    counted = given.groupBy("patient_key").agg(F.max("value").alias("most"))
    made = (
        given.join(counted, "patient_key")
        .withColumnRenamed("value", "one")
        .withColumn("sum", F.col("one") + F.col("most"))
    )
    assert read(made, given)[1] == {
        "patient_key": ["s.patient_key"], "one": ["s.value"], "most": ["s.value"], "sum": ["s.value"],
    }  # fmt: skip


def test_code_over_whole_rows_may_use_all_that_went_in(given: DataFrame) -> None:
    made = given.select("patient_key").mapInArrow(lambda batches: batches, "patient_key string, made long")
    assert read(made, given) == ({"s": ["patient_key"]}, {})


def test_an_unknown_step_is_refused(given: DataFrame) -> None:
    with pytest.raises(Undeclared, match="cannot be told"):
        read(given.unpivot(["patient_key"], ["value"], "a", "b"), given)


# ---- what a column meant


def test_a_column_that_means_something_else_is_told() -> None:
    columns = VISITS.columns
    today = replace(VISITS, columns={n: c for n, c in columns.items() if n != "kind"})
    kept = of(VISITS)
    kept["score"] = {"type": "double", "fingerprint": "x"}
    kept["name"] = {**kept["name"], "fingerprint": "x"}
    del kept["held_on"]
    assert changed(VISITS, of(VISITS)) == {}
    assert changed(today, kept) == {
        "kind": "is not declared any more", "score": "was of type double, now bigint",
        "name": "has another meaning or class now", "held_on": "was not there yet",
    }  # fmt: skip
    assert set(changed(VISITS, {})) == set(columns)
