"""Rows made outside the engine (screening, scoring) brought into the form of their declared table."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tumorboard.lake.columns import Column
from tumorboard.lake.tables import Table


class BrokenRow(ValueError):
    """A row breaks a rule of its table. The message names table and column, never a value."""


def arrow(records: Iterable[dict[str, Any]], table: Table, run_id: str) -> pa.Table:
    """Records as the table's rows: with row_id and run_id, in the declared columns and types.

    Raises BrokenRow where a value is not of its column's type, or breaks a rule of it.
    """
    finished = [{**record, "row_id": row_id(record, table), "run_id": run_id} for record in records]
    return checked(
        pa.table([_column(finished, c) for c in table.columns.values()], table.arrow_schema), table
    )


def _column(records: list[dict[str, Any]], column: Column) -> pa.Array:
    try:
        return pa.array([record.get(column.name) for record in records], column.arrow.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        raise BrokenRow(f"column {column.name} must be of type {column.spark_type}") from None


def checked(rows: pa.Table, table: Table) -> pa.Table:
    """The rows, when every declared rule holds for each. Raises BrokenRow."""
    for name, column in table.columns.items():
        for rule in column.constraints:
            kept = pc.all(rule.kept(rows[name]), min_count=0).as_py()
            if kept is False:
                raise BrokenRow(f"{table.name}: column {name} {rule.sentence}")
    return rows


def row_id(record: dict[str, Any], table: Table) -> str:
    """The same identity that the engine gives: 24 hex digits of SHA-256 over table name and key."""
    key = [_key_text(record.get(name)) for name in table.key]
    return hashlib.sha256("|".join([table.name, *key]).encode()).hexdigest()[:24]


def _key_text(value: Any) -> str:
    """A part of a key as the engine writes it: true and false in small letters, times in UTC."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        seconds, _, fraction = str(value.astimezone(UTC).replace(tzinfo=None)).partition(".")
        return f"{seconds}.{fraction.rstrip('0')}" if fraction else seconds
    return str(value).replace("\\", "\\\\").replace("|", "\\|")
