"""Bronze, silver and gold frames for tests: from real files by their readers, or from rows written out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from tumorboard.lake import checks, tables
from tumorboard.pipeline.sources.reading import Source, SourceRow

_COLUMNS = ["row_id", "patient_key", "kind", "payload", "file_hash", "file_name", "locator", "received_at"]
BRONZE = ", ".join(f"{name} {'timestamp' if name == 'received_at' else 'string'}" for name in _COLUMNS)


def bronze(spark: SparkSession, rows: Iterable[dict[str, Any]]) -> DataFrame:
    """Bronze rows from `{"kind": ..., "payload": {...}, "patient_key": ...}`; the rest is filled in."""
    filled = []
    for number, row in enumerate(rows):
        given = {
            "row_id": f"row-{number:06}",
            "patient_key": "p1",
            "file_hash": "f" * 8,
            "file_name": "file",
            "locator": f"line {number}",
            "received_at": datetime(2025, 6, 1, tzinfo=UTC),
            **row,
        }
        filled.append({**given, "payload": json.dumps(given["payload"])})
    return _frame(spark, filled, _COLUMNS, BRONZE)


def received(spark: SparkSession, source: Source, *paths: Path, patient: str | None = None) -> DataFrame:
    """What `source` reads from real files; the subject's number stands for the patient."""
    rows = []
    for path in paths:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        for found in source.read(path):
            if isinstance(found, SourceRow) and (patient or found.subject):
                rows.append(
                    {
                        "row_id": f"{digest[:8]}-{len(rows):06}",
                        "patient_key": patient or found.subject.value,
                        "kind": found.kind,
                        "payload": found.payload,
                        "file_hash": digest,
                        "file_name": path.name,
                        "locator": found.locator,
                    }
                )
    return bronze(spark, rows)


def rows_of(spark: SparkSession, target: type, rows: Iterable[dict[str, Any]]) -> DataFrame:
    """Rows of a declared table; columns left out are null, provenance is filled in."""
    declared = tables.get(target.table_name)
    name = declared.name
    filled = []
    for number, row in enumerate(rows):
        given = {
            "row_id": f"{name.split('.')[1]}-{number}",
            "patient_key": "p1",
            "source_table": "bronze.fhir",
            "source_row": f"b-{number}",
            "file_hash": "f" * 8,
            "file_name": "file",
            "locator": "$",
            "source_path": "$",
            "origin": "structured",
            "method": "test 1.0",
            "system": "hospital",
            "run_id": "r",
            "derived_from": [],
            **row,
        }
        filled.append({column: given.get(column) for column in declared.columns})
    table = pa.Table.from_pylist(filled, schema=declared.arrow_schema)
    if table.num_rows:
        return spark.createDataFrame(table)
    return spark.createDataFrame(
        [], schema=", ".join(f"{c.name} {c.spark_type}" for c in declared.columns.values())
    )


def built(target: type, *inputs: DataFrame) -> list[dict[str, Any]]:
    """The rows a build gives, after the lake's checks; a row that breaks a rule fails the test."""
    declared = tables.get(target.table_name)
    made = declared.build(*inputs)
    flagged = checks.flag(checks.conform(checks.with_row_id(made, declared), declared), declared)
    rows = flagged.toArrow().to_pylist()
    broken = {row[checks.REASON].replace("run_id must be given", "").strip("; ") for row in rows} - {""}
    assert not broken, broken
    return rows


def _frame(spark: SparkSession, rows: list[dict[str, Any]], columns: list[str], ddl: str) -> DataFrame:
    if not rows:
        return spark.createDataFrame([], schema=ddl)
    table = pa.table({name: [row[name] for row in rows] for name in columns})
    return spark.createDataFrame(table)
