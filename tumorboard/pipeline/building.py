"""Build silver and gold from bronze, for the patients that changed or for all.

Tables are built in the order of their inputs; each commit names the versions it read. All publications of
one build become visible together (the caller holds one transaction), so no reader sees half a build.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tumorboard.lake import checks, tables
from tumorboard.lake.store import Commit, Lake, Publication
from tumorboard.lake.tables import Table

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Broken:
    """A row that broke a rule of its table; the row itself stays in bronze."""

    table: str
    file_name: str
    file_hash: str
    locator: str
    reason: str


@dataclass
class Built:
    """The outcome of a build."""

    publications: list[Publication] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)


@dataclass(frozen=True)
class Builder:
    """One build: on `session`, for `patients` (None: everyone), with bronze as identity links it now.

    `links` holds (subject_key, patient_key) of the subjects concerned; `superseded` the hashes of files
    that a later file replaces; `received` those of all files in the order they came.
    """

    lake: Lake
    session: SparkSession
    links: Sequence[tuple[str, str]]
    superseded: Sequence[str]
    received: Sequence[str]
    run_id: str
    code_version: str
    patients: Sequence[str] | None = None

    def build(self, targets: Sequence[Table], progress: Progress = lambda done, total: None) -> Built:
        """Build `targets` in their order. With no patient concerned, per-patient tables stay as they are."""
        built = Built()
        if self.patients is not None and not self.patients:
            targets = [table for table in targets if not table.per_patient]
        for number, table in enumerate(targets, 1):
            self._one(table, built)
            progress(number, len(targets))
        return built

    def _one(self, table: Table, built: Built) -> None:
        inputs = {name: self.lake.version(name) for name in table.reads}
        patients = self.patients if table.per_patient else None
        frames = [
            self._input(tables.get(name), version, table.per_patient) for name, version in inputs.items()
        ]
        assert table.build is not None
        made = table.build(*frames).withColumn("run_id", F.lit(self.run_id))
        flagged = checks.flag(checks.conform(checks.with_row_id(made, table), table), table)
        rows, broken = _split(flagged.toArrow())
        built.broken += _broken(table, broken)
        unique = _unique(rows, self.received)
        known = {name: version for name, version in inputs.items() if version is not None}
        commit = Commit(self.run_id, self.code_version, known)
        built.publications.append(self.lake.replace(table, unique, commit, patients))

    def _input(self, table: Table, version: int | None, per_patient: bool) -> DataFrame:
        frame = self._frame(table, version)
        if table.schema_name == "bronze":
            frame = self._current(frame)
            return (
                self._assigned(frame)
                if per_patient
                else frame.withColumn("patient_key", F.lit(None).cast("string"))
            )
        if per_patient and table.per_patient and self.patients is not None:
            return frame.filter(F.col("patient_key").isin(list(self.patients)))
        return frame

    def _frame(self, table: Table, version: int | None) -> DataFrame:
        if version is None:
            return self.session.createDataFrame([], schema=_ddl(table))
        self.lake.open(table, version)
        reader = self.session.read.format("delta").option("versionAsOf", version)
        return reader.load(self.lake.path(table))

    def _current(self, bronze: DataFrame) -> DataFrame:
        if not self.superseded:
            return bronze
        return bronze.filter(~F.col("file_hash").isin(list(self.superseded)))

    def _assigned(self, bronze: DataFrame) -> DataFrame:
        """Rows with their patient; those whose subject is not concerned, or that name nobody, fall away."""
        links = pa.table(
            {"subject_key": [s for s, _ in self.links], "patient_key": [p for _, p in self.links]},
            schema=pa.schema([("subject_key", pa.string()), ("patient_key", pa.string())]),
        )
        frame = (
            self.session.createDataFrame(links)
            if self.links
            else self.session.createDataFrame([], schema="subject_key string, patient_key string")
        )
        if self.patients is not None:
            bronze = bronze.filter(F.col("subject_key").isin([subject for subject, _ in self.links]))
        return bronze.join(frame, "subject_key")


def _ddl(table: Table) -> str:
    return ", ".join(f"{column.name} {column.spark_type}" for column in table.columns.values())


def _split(flagged: pa.Table) -> tuple[pa.Table, pa.Table]:
    fine = pc.equal(flagged[checks.REASON], "")
    return flagged.filter(fine).drop_columns([checks.REASON]), flagged.filter(pc.invert(fine))


def _unique(rows: pa.Table, received: Sequence[str]) -> pa.Table:
    """One row per row_id: of rows with the same identity the one recorded last stays, and of those the one
    that came last; what is still equal is told apart by its origin, so that every build decides alike."""
    if rows.num_rows == 0:
        return rows
    keys = {"row_id": rows["row_id"], "recorded_on": rows["recorded_on"], **_origin(rows, received)}
    order = [(name, "ascending" if name == "row_id" else "descending") for name in keys]
    ordered = rows.take(pc.sort_indices(pa.table(keys), order))
    ids = ordered["row_id"].combine_chunks()
    first = pa.concat_arrays([pa.array([True]), pc.not_equal(ids[1:], ids[:-1])])
    return ordered.filter(first)


def _origin(rows: pa.Table, received: Sequence[str]) -> dict[str, pa.ChunkedArray]:
    if "derived_from" in rows.column_names:
        return {"origin": pc.binary_join(rows["derived_from"], " ")}
    came = pc.index_in(rows["file_hash"], pa.array(received, pa.string()))
    return {"came": came, "source_row": rows["source_row"], "source_path": rows["source_path"]}


def _broken(table: Table, rows: pa.Table) -> list[Broken]:
    wanted = ("file_name", "file_hash", "locator")
    have = [name for name in wanted if name in rows.column_names]
    return [
        Broken(
            table.name,
            row.get("file_name") or "",
            row.get("file_hash") or "",
            row.get("locator") or json.dumps(row.get("derived_from") or []),
            row[checks.REASON],
        )
        for row in rows.select(
            [*have, *(["derived_from"] if "derived_from" in rows.column_names else []), checks.REASON]
        ).to_pylist()
    ]
