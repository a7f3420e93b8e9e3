"""From an admission to rows: scan with the filter pushed down, mask, then filter, sort and count the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import reduce
from operator import and_
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tumorboard.governance import masking
from tumorboard.governance.gate.asking import COUNT, Condition, Request
from tumorboard.governance.gate.deciding import Admitted, Check
from tumorboard.governance.gate.faults import BadRequest, MeaningChanged, NotPublished, UnknownColumn
from tumorboard.governance.ledger import DatabaseLedger, crosswalk
from tumorboard.governance.opening import lake, landing_volume
from tumorboard.governance.policies.deciding import IDENTIFIED
from tumorboard.governance.suppression import suppressed
from tumorboard.lake import fingerprints, tables
from tumorboard.lake.tables import Table

BATCH = 10_000  # rows between two looks at whether the decision still holds
ABSENT = "was not there yet"  # what fingerprints say of a column that a version lacks
CHUNK = 1_000_000  # bytes of a file at a time


def batches(read: Admitted, still: Check) -> Iterator[pa.Schema | pa.RecordBatch]:
    """The schema, then the rows in pieces. `still` is asked between pieces and raises when they must stop."""
    request = read.request
    table = tables.get(request.table)
    dataset = lake().open(table, request.version)
    wanted = _wanted(read, table, dataset.schema)
    looked_at = masking.needed(read.decision, dataset.schema.names)
    seen = list(dict.fromkeys([*wanted, *request.mentioned, *looked_at]))
    scanner = dataset.scanner(columns=seen, filter=_pushed_down(read), batch_size=BATCH)
    pieces = (
        _masked(read, pa.Table.from_batches([piece])) for piece in scanner.to_batches() if piece.num_rows
    )
    empty = _masked(read, pa.Table.from_batches([], scanner.projected_schema))
    yield from _sent(read, wanted, empty, pieces, still)


def _sent(
    read: Admitted, wanted: Sequence[str], empty: pa.Table, pieces: Iterator[pa.Table], still: Check
) -> Iterator[pa.Schema | pa.RecordBatch]:
    request, identified = read.request, read.decision.label == IDENTIFIED
    if request.count_by is not None or request.order_by or request.limit is not None:
        whole = pa.concat_tables([empty, *pieces])  # nothing flows before the last row has been seen
        pieces = iter([_arranged(request, whole, identified)])
        empty, wanted = (
            _arranged(request, empty, identified),
            wanted if request.count_by is None else [*request.count_by, COUNT],
        )
    yield empty.select(list(wanted)).schema
    for piece in pieces:
        for batch in piece.select(list(wanted)).combine_chunks().to_batches(max_chunksize=BATCH):
            still()
            yield batch


def _wanted(read: Admitted, table: Table, present: pa.Schema) -> list[str]:
    """The columns to send: declared today and, in an old version, there in the same sense.

    Raises UnknownColumn and MeaningChanged.
    """
    request = read.request
    then = {} if read.latest else _changed_since(table, request.version)
    there = [name for name in table.columns if name in present.names and then.get(name) != ABSENT]
    asked = list(request.columns or request.count_by or there)
    for name in dict.fromkeys([*asked, *request.mentioned]):
        if name not in there:
            raise UnknownColumn(f"{request.table} version {request.version} has no column {name!r}")
        if name in then:
            raise MeaningChanged(
                f"{request.table} version {request.version}: {name!r} {then[name]}; "
                "what it held then is not shown under today's name"
            )
    return asked


def _changed_since(table: Table, version: int | None) -> dict[str, str]:
    """Columns that are not declared as they were when the version was written, each with what changed."""
    publication = DatabaseLedger().at(table.name, version or 0)
    return fingerprints.changed(table, publication.columns) if publication else {}


# --- filters ------------------------------------------------------------------------------------------


def _pushed_down(read: Admitted) -> pc.Expression | None:
    """Patients (bronze knows only their subjects), and conditions on columns that are shown clear."""
    request, conditions = read.request, []
    if request.patients is not None:
        conditions.append(_about(request.table, request.patients))
    if read.decision.patients is not None:
        conditions.append(_about(request.table, sorted(read.decision.patients)))
    clear = [*(c for c in request.conditions if c.column not in read.decision.masks), *read.always]
    types = {name: column.arrow.type for name, column in tables.get(request.table).columns.items()}
    return _all([*conditions, *(_holds(c, types[c.column]) for c in clear)])


def _about(table: str, patients: Sequence[str]) -> pc.Expression:
    if table.startswith("bronze."):
        return _one_of("subject_key", sorted(crosswalk().subjects_of(patients)))
    return _one_of("patient_key", patients)


def _one_of(column: str, values: Sequence[Any], kind: pa.DataType | None = None) -> pc.Expression:
    """Typed, because a list of nothing has no type of its own."""
    return pc.field(column).isin(pa.array(list(values), kind or pa.string()))


def _all(conditions: Sequence[pc.Expression]) -> pc.Expression | None:
    return reduce(and_, conditions) if conditions else None


def _holds(condition: Condition, kind: pa.DataType) -> pc.Expression:
    """A condition as an expression; a missing value meets none but `is_null`. Raises BadRequest."""
    field, value = pc.field(condition.column), condition.value
    try:
        if condition.op == "is_null":
            return field.is_null() if value is not False else field.is_valid()
        if condition.op == "prefix":
            return pc.match_substring_regex(field, f"^{re.escape(value)}")
        if condition.op == "in":
            return _one_of(condition.column, sorted(value), kind)
        comparisons = {
            "eq": "__eq__",
            "ne": "__ne__",
            "lt": "__lt__",
            "le": "__le__",
            "gt": "__gt__",
            "ge": "__ge__",
        }
        compared: pc.Expression = getattr(field, comparisons[condition.op])(pa.scalar(value, kind))
        return compared
    except (pa.ArrowException, TypeError, AttributeError):
        raise BadRequest(f"the condition on {condition.column} does not fit its type, {kind}") from None


# --- after the scan -----------------------------------------------------------------------------------


def _masked(read: Admitted, rows: pa.Table) -> pa.Table:
    """The rows as this person may see them, and of these the ones that meet conditions on masked columns."""
    if not read.decision.masks:
        return rows
    shown = masking.masked(rows, read.decision, table=read.request.table, study=read.request.study)
    hidden = [c for c in read.request.conditions if c.column in read.decision.masks]
    where = _all([_holds(c, shown.schema.field(c.column).type) for c in hidden])
    return shown if where is None else shown.filter(where)


def _arranged(request: Request, rows: pa.Table, identified: bool) -> pa.Table:
    if request.count_by is not None:
        rows = rows.group_by(list(request.count_by)).aggregate([([], "count_all")])
        rows = rows.rename_columns([*request.count_by, COUNT])
        rows = rows if identified else _told(rows, request.count_by)
    order = [(n.removeprefix("-"), "descending" if n[0] == "-" else "ascending") for n in request.order_by]
    rows = rows.sort_by(order) if order else rows
    return rows if request.limit is None else rows.slice(0, request.limit)


def _told(rows: pa.Table, cells: Sequence[str]) -> pa.Table:
    """Counts of de-identified rows: small ones are not told."""
    found = [tuple(row[name] for name in cells) for row in rows.to_pylist()]
    told = suppressed(dict(zip(found, rows[COUNT].to_pylist(), strict=True)))
    return rows.set_column(rows.num_columns - 1, COUNT, pa.array([told[cell] for cell in found], pa.int64()))


# --- files --------------------------------------------------------------------------------------------


def file_of(read: Admitted, still: Check) -> Path:
    """Where the file of the one bronze row lies. Raises NotPublished."""
    for piece in batches(read, still):
        if isinstance(piece, pa.RecordBatch) and piece.num_rows:
            return landing_volume().path(piece.column("file_hash")[0].as_py())
    raise NotPublished("no such row of this patient")


def chunks(path: Path, start: int, length: int | None) -> Iterator[bytes]:
    """A file piece by piece, from `start` on."""
    with path.open("rb") as handle:
        handle.seek(start)
        left = length
        while left is None or left > 0:
            piece = handle.read(CHUNK if left is None else min(CHUNK, left))
            if not piece:
                return
            left = None if left is None else left - len(piece)
            yield piece
