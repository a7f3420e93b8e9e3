"""Silver rows by pure functions over received rows: `read` sees dictionaries, never a DataFrame.

A build hands its bronze rows to `each_row` or, where one row of the table is put together from several
received ones (a stage from its categories, a therapy from its orders), to `each_patient`. Provenance is
carried along: a function only says which received row a value stands in, and where inside it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame

from tumorboard.lake import tables

Row = dict[str, Any]
NOT_OF_A_BUILD = ("row_id", "run_id")  # the runner adds these
_NUMBERS = re.compile(r"\d{1,18}")
CARRIED = ("row_id", "kind", "payload", "file_hash", "file_name", "locator", "received_at")


@dataclass(frozen=True, slots=True)
class Received:
    """One bronze row with its payload read."""

    table: str
    patient_key: str | None
    row_id: str
    kind: str
    payload: Row
    file_hash: str
    file_name: str
    locator: str
    received_at: datetime | None

    def row(self, path: str, *, system: str | None, recorded_on: date | None, **values: Any) -> Row:
        """A silver row made from this one; `path` is the place of its value inside the payload."""
        return {
            "patient_key": self.patient_key,
            "source_table": self.table,
            "source_row": self.row_id,
            "file_hash": self.file_hash,
            "file_name": self.file_name,
            "locator": self.locator,
            "source_path": path,
            "system": system,
            "recorded_on": recorded_on,
            **values,
        }


def place_in_file(item: Received) -> tuple[str, list[int], str]:
    """Sorts rows as they stand in their files (`$.entry[2]` before `$.entry[10]`)."""
    return item.file_hash, [int(number) for number in _NUMBERS.findall(item.locator)], item.row_id


def identity(*parts: object) -> str:
    """A short id from what the sender calls a thing; the same for the same parts, in every run."""
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:16]


def each_row(
    bronze: DataFrame,
    target: type,
    read: Callable[[Received], Iterable[Row]],
    *,
    origin: str,
    method: str,
    source: str,
) -> DataFrame:
    """The rows `read` makes of each received row on its own."""
    make = _maker(target, origin, method)

    def of_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield from make(
                row for item in batch.to_pylist() for row in read(_received(item, source))
            ).to_batches()

    return _carried(bronze).mapInArrow(of_batches, ddl(target))


def each_patient(
    bronze: DataFrame,
    target: type,
    read: Callable[[list[Received]], Iterable[Row]],
    *,
    origin: str,
    method: str,
    source: str,
) -> DataFrame:
    """The rows `read` makes of all received rows of one patient, given in an order that never changes."""
    make = _maker(target, origin, method)

    def of_group(group: pa.Table) -> pa.Table:
        received = [_received(item, source) for item in group.to_pylist()]
        return make(read(sorted(received, key=place_in_file)))

    return _carried(bronze).groupBy("patient_key").applyInArrow(of_group, ddl(target))


def schema(target: type) -> pa.Schema:
    """What a build gives: the table's columns without those the runner adds."""
    declared = tables.get(target.table_name)  # type: ignore[attr-defined]
    return pa.schema([c.arrow for name, c in declared.columns.items() if name not in NOT_OF_A_BUILD])


def ddl(target: type) -> str:
    declared = tables.get(target.table_name)  # type: ignore[attr-defined]
    kept = [c for name, c in declared.columns.items() if name not in NOT_OF_A_BUILD]
    return ", ".join(f"{column.name} {column.spark_type}" for column in kept)


def _carried(bronze: DataFrame) -> DataFrame:
    return bronze.select("patient_key", *CARRIED)


def _received(item: Row, source: str) -> Received:
    return Received(
        table=source,
        patient_key=item["patient_key"],
        payload=json.loads(item["payload"]),
        **{name: item[name] for name in CARRIED if name != "payload"},
    )


def _maker(target: type, origin: str, method: str) -> Callable[[Iterable[Row]], pa.Table]:
    shape = schema(target)

    def make(rows: Iterable[Row]) -> pa.Table:
        return pa.Table.from_pylist(
            [{"origin": origin, "method": method, **row} for row in rows], schema=shape
        )

    return make
