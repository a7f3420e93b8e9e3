"""Everything silver knows of one patient at once, for rules that weigh one row against another.

A build hands over its silver frames; its pure function sees one `Record` and gives rows. So the clinical
rules are plain Python that a test can call without an engine.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import reduce
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.lake.watching import Seen
from tumorboard.pipeline.silver.rows import ddl, schema

Row = Mapping[str, Any]
CHIP = ("origin", "method", "system", "recorded_on")
_DATES = ("_on", "_date")


class Record:
    """The silver rows of one patient by table name, each with the name of its table as `_table`."""

    def __init__(self, patient_key: str, rows: Mapping[str, Iterable[Row]]) -> None:
        self.patient_key = patient_key
        self._rows = {table: [_dated(row, table) for row in found] for table, found in rows.items()}

    def rows(self, name: str) -> list[Row]:
        """Rows of `silver.<name>` in an order that never changes (by row_id)."""
        return self.of(f"silver.{name}")

    def of(self, table: str) -> list[Row]:
        """Rows of a table by its full name."""
        return sorted(self._rows.get(table, []), key=lambda row: str(row["row_id"]))

    def newest(self, name: str, by: str) -> list[Row]:
        """Rows of `silver.<name>`, the latest by a date column first, undated ones last."""
        return newest(self.rows(name), by)


def newest(rows: Iterable[Row], by: str) -> list[Row]:
    return sorted(rows, key=lambda row: (row.get(by) or date.min, str(row["row_id"])), reverse=True)


def latest_by(rows: Iterable[Row], key: str) -> list[Row]:
    """The first row per value of `key`, in the order given (newest first)."""
    found: dict[Any, Row] = {}
    for row in rows:
        found.setdefault(row.get(key), row)
    return list(found.values())


def reference(row: Row) -> str:
    """A row as `table/row_id`."""
    return f"{row['_table']}/{row['row_id']}"


def derived(sources: Sequence[Row], **values: Any) -> dict[str, Any]:
    """A gold row made from `sources`; the first one gives its chip."""
    chip = {name: sources[0].get(name) for name in CHIP}
    return {"derived_from": [reference(row) for row in sources], **chip, **values}


def each_patient(
    inputs: Mapping[type, DataFrame], target: type, read: Callable[[Record], Iterable[dict[str, Any]]]
) -> DataFrame:
    """The rows of `target` that `read` makes of each patient's record."""
    shape = schema(target)

    def of_group(group: pa.Table) -> pa.Table:
        rows: dict[str, list[Row]] = {}
        for item in group.to_pylist():
            rows.setdefault(item["table"], []).append(json.loads(item["row"]))
        patient_key = group["patient_key"][0].as_py()
        found = read(Record(patient_key, rows))
        return pa.Table.from_pylist([{"patient_key": patient_key, **row} for row in found], schema=shape)

    packed = [_packed(frame, source.table_name) for source, frame in inputs.items()]  # type: ignore[attr-defined]
    return reduce(DataFrame.unionByName, packed).groupBy("patient_key").applyInArrow(of_group, ddl(target))


def _packed(frame: DataFrame, table: str) -> DataFrame:
    row = F.to_json(F.struct(*frame.columns)).alias("row")
    return frame.select("patient_key", F.lit(table).alias("table"), row)


def _dated(row: Row, table: str) -> Row:
    parsed = {
        name: date.fromisoformat(value) if _is_day(name, value) else value for name, value in row.items()
    }
    return Seen({**parsed, "_table": table}, table)


def _is_day(name: str, value: Any) -> bool:
    return isinstance(value, str) and (name.endswith(_DATES) or name == "last_contact")
