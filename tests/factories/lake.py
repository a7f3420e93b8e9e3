"""A lake of a few rows in memory, in place of the gate's reads; who may read is asked as always."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pyarrow as pa

from tumorboard.governance import gate
from tumorboard.governance.permissions import reachable_keys


class Rows:
    """Table name -> rows. `asked` keeps every request."""

    def __init__(self) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = {}
        self.asked: list[gate.Request] = []

    def put(self, table: str, *rows: dict[str, Any]) -> None:
        self.tables.setdefault(table, []).extend(rows)

    def read(self, request: gate.Request) -> pa.Table:
        self.asked.append(request)
        keys = request.patient_keys if request.patient_keys is not None else [request.patient_key]
        if not set(keys) <= set(reachable_keys(request.by).values_list("patient_key", flat=True)):
            raise gate.Refused(request.table)
        if request.table not in self.tables:
            raise gate.NotPublished(request.table)
        rows = [row for row in self.tables[request.table] if _wanted(row, request, keys)]
        return pa.Table.from_pylist(rows) if rows else pa.table({"row_id": pa.array([], pa.string())})

    def read_many(self, requests: list[gate.Request]) -> dict[str, pa.Table]:
        found = {}
        for request in requests:
            with suppress(gate.NotPublished):
                found[request.table] = self.read(request)
        return found


def _wanted(row: dict[str, Any], request: gate.Request, keys: Any) -> bool:
    return row["patient_key"] in keys and (request.row_ids is None or row["row_id"] in request.row_ids)


def fact(
    patient_key: str, row_id: str, *, origin: str = "structured", conflict: bool = False
) -> dict[str, Any]:
    return {"patient_key": patient_key, "row_id": row_id, "origin": origin, "conflict": conflict}
