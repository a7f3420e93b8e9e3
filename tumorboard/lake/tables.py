"""One declaration per table gives its schema, its checks, its documentation and its lineage.

    @table("silver.performance", key=("patient_key", "performance_id"))
    class Performance:
        '''ECOG and Karnofsky performance status, as assessed.'''
        performance_id = Column(str, "Identity within the patient", NotNull())
        value = Column(int, "ECOG 0 to 5", Between(0, 100))

    @builds(Performance, reads=[Fhir, Notes])
    def build(fhir: DataFrame, notes: DataFrame) -> DataFrame: ...

The columns every row of a tier carries (patient, provenance) are added by `table`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, TypeVar

import pyarrow as pa
from pyspark.sql import DataFrame

from tumorboard.lake.columns import DEID, PHI, PUBLIC, STUDY_ID, Column, NotNull, OneOf, Strings

ORIGINS = ("structured", "text", "vcf", "image", "model")

PATIENT = {"patient_key": Column(str, "Random surrogate of the patient", NotNull(), tags=STUDY_ID)}
BRONZE = {
    "row_id": Column(str, "Identity of the row: file hash and locator, hashed", NotNull(), tags=DEID),
    "file_hash": Column(str, "SHA-256 of the file as received", NotNull(), tags=DEID),
    "file_name": Column(str, "Name of the file as received", NotNull(), tags=PHI),
    "locator": Column(str, "Place in the file: line, JSON path, row, UID", NotNull(), tags=PHI),
    "kind": Column(str, "What the row is, in the words of the format", NotNull(), tags=PUBLIC),
    "subject_key": Column(str, "Surrogate of the identifier the row names", tags=STUDY_ID),
    "payload": Column(str, "The row as received, as JSON text", NotNull(), tags=PHI),
    "run_id": Column(str, "Ingest run", NotNull(), tags=PUBLIC),
    "received_at": Column(datetime, "When it was ingested", NotNull(), tags=PUBLIC),
}
CHIP = {
    "origin": Column(str, "Kind of source", NotNull(), OneOf(*ORIGINS), tags=PUBLIC),
    "method": Column(str, "Reader or rules that made the row, with version", NotNull(), tags=PUBLIC),
    "system": Column(str, "Sending system or document type", tags=PUBLIC),
    "recorded_on": Column(date, "Date of the source", tags=PHI),
}
SILVER = {
    "row_id": Column(str, "Identity of the row: table and key, hashed", NotNull(), tags=DEID),
    "source_table": Column(str, "Bronze table the row comes from", NotNull(), tags=PUBLIC),
    "source_row": Column(str, "row_id in that table", NotNull(), tags=DEID),
    "file_hash": Column(str, "SHA-256 of the file", NotNull(), tags=DEID),
    "file_name": Column(str, "Name of the file", NotNull(), tags=PHI),
    "locator": Column(str, "Place in the file", NotNull(), tags=PHI),
    "source_path": Column(str, "Place inside the row: JSON path or `chars a-b`", tags=PUBLIC),
    **CHIP,
    "run_id": Column(str, "Build run", NotNull(), tags=PUBLIC),
}
GOLD = {
    "row_id": Column(str, "Identity of the row: table and key, hashed", NotNull(), tags=DEID),
    "derived_from": Column(Strings, "Rows it was made from, as table/row_id", NotNull(), tags=DEID),
    **CHIP,
    "run_id": Column(str, "Build run", NotNull(), tags=PUBLIC),
}
TIERS = {"bronze": BRONZE, "silver": SILVER, "gold": GOLD}

Build = Callable[..., DataFrame]
T = TypeVar("T", bound=type)


@dataclass(frozen=True)
class Table:
    """A declared table: `name` is schema.table, `columns` in order, `key` unique within it."""

    name: str
    key: tuple[str, ...]
    columns: dict[str, Column]
    meaning: str
    per_patient: bool
    reads: tuple[str, ...] = ()
    build: Build | None = field(default=None, compare=False)

    @property
    def schema_name(self) -> str:
        return self.name.split(".")[0]

    @property
    def arrow_schema(self) -> pa.Schema:
        return pa.schema([column.arrow for column in self.columns.values()])

    @property
    def statistics_columns(self) -> list[str]:
        """Columns whose min/max may stand in the Delta log: surrogates and hashes, never a value."""
        allowed = ("patient_key", "row_id", "file_hash", "subject_key", "run_id")
        return [name for name in allowed if name in self.columns]


_tables: dict[str, Table] = {}


class UnknownTable(LookupError):
    """No such table is declared."""


def table(
    name: str, *, key: Sequence[str] = ("row_id",), per_patient: bool = True, reads: Sequence[type] = ()
) -> Callable[[T], T]:
    """Declare the table `name`; the decorated class's Column attributes are its own columns.

    `reads` names the inputs of a table that a job writes; those of a table with a build stand in `builds`.
    """
    inputs = tuple(source.table_name for source in reads)  # type: ignore[attr-defined]

    def declare(cls: T) -> T:
        own = {n: c for n, c in vars(cls).items() if isinstance(c, Column)}
        tier = name.split(".", maxsplit=1)[0]
        if tier not in TIERS:
            raise TypeError(f"{name}: there is no tier {tier!r}; a table is of {', '.join(TIERS)}")
        if name in _tables:
            raise TypeError(f"{name} is declared twice")
        patient = PATIENT if per_patient and tier != "bronze" else {}
        columns = {n: c.named(n) for n, c in {**patient, **own, **TIERS[tier]}.items()}
        if taken := sorted({*own} & {*patient, *TIERS[tier]}):
            raise TypeError(
                f"{name}: every row of {tier} already has a column {taken[0]!r}; choose another name"
            )
        missing = [column for column in key if column not in columns]
        if missing:
            raise TypeError(f"{name}: key column {missing[0]!r} is not declared")
        _tables[name] = Table(name, tuple(key), columns, (cls.__doc__ or "").strip(), per_patient, inputs)
        cls.table_name = name  # type: ignore[attr-defined]
        return cls

    return declare


def builds(target: type, *, reads: Sequence[type]) -> Callable[[Build], Build]:
    """Register the pure function that makes `target` from the tables it reads, in that order."""

    def register(function: Build) -> Build:
        name = target.table_name  # type: ignore[attr-defined]
        inputs = tuple(source.table_name for source in reads)  # type: ignore[attr-defined]
        _tables[name] = replace(_tables[name], reads=inputs, build=function)
        return function

    return register


def get(name: str) -> Table:
    try:
        return _tables[name]
    except KeyError:
        raise UnknownTable(f"no table {name!r} is declared") from None


def all_tables() -> list[Table]:
    return sorted(_tables.values(), key=lambda t: t.name)


def downstream(names: Iterable[str]) -> list[Table]:
    """Every table that is built, directly or not, from one of `names`, in build order."""
    changed, found = set(names), []
    for declared in build_order():
        if not changed.isdisjoint(declared.reads):
            changed.add(declared.name)
            found.append(declared)
    return found


def build_order() -> list[Table]:
    """Tables with a build, inputs before outputs. Raises ValueError on a circle."""
    ordered: dict[str, Table] = {}

    def visit(current: Table, path: tuple[str, ...]) -> None:
        if current.name in path:
            raise ValueError(f"tables are built in a circle: {' > '.join([*path, current.name])}")
        for source in current.reads:
            visit(get(source), (*path, current.name))
        if current.build is not None:
            ordered[current.name] = current

    for declared in all_tables():
        visit(declared, ())
    return list(ordered.values())


def describe(declared: Table) -> list[dict[str, Any]]:
    """The columns of a table as rows for documentation and the console."""
    return [
        {
            "column": column.name,
            "type": column.spark_type,
            "meaning": column.meaning,
            "class": column.classification,
            "rules": "; ".join(rule.sentence for rule in column.constraints),
        }
        for column in declared.columns.values()
    ]
