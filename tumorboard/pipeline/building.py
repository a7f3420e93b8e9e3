"""Build silver and gold from bronze, for the patients that changed or for all.

Tables are built in the order of their inputs; each commit names the versions it read. All publications of
one build become visible together (the caller holds one transaction), so no reader sees half a build.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tumorboard.lake import checks, plans, tables, watching
from tumorboard.lake.plans import Given, Reading
from tumorboard.lake.store import Commit, Lake, Publication
from tumorboard.lake.tables import Table

Progress = Callable[[int, int], None]
IDENTITY = "identity.subjects"  # the links of the crosswalk, as they were at the build
KEYS = ("patient_key", "row_id")  # every row is told apart by these
# Columns that every row of a tier takes over unchanged: silver from its bronze row, gold from its sources.
TAKEN_OVER = {
    "silver": {
        "patient_key": "patient_key", "file_hash": "file_hash", "file_name": "file_name",
        "locator": "locator", "source_row": "row_id",
    },
    "gold": {
        "patient_key": "patient_key", "derived_from": "row_id", "origin": "origin", "method": "method",
        "system": "system", "recorded_on": "recorded_on",
    },
}  # fmt: skip


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
class Made:
    """The rows of one table, those that broke a rule, and what they were made of."""

    rows: pa.Table
    broken: list[Broken]
    reads: dict[str, list[str]]
    traces: dict[str, list[str]]


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
    given: dict[bytes, Given] = field(default_factory=dict, repr=False)

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
        made = self.make(table, inputs)
        built.broken += made.broken
        known = {name: version for name, version in inputs.items() if version is not None}
        reads = {name: columns for name, columns in made.reads.items() if name in known}
        commit = Commit(self.run_id, self.code_version, known, reads, made.traces)
        patients = self.patients if table.per_patient else None
        built.publications.append(self.lake.replace(table, made.rows, commit, patients))

    def make(self, table: Table, inputs: Mapping[str, int | None]) -> Made:
        """The rows of a table from its inputs at these versions, written nowhere. Raises Undeclared."""
        assert table.build is not None
        self.given.clear()
        frames = [
            self._input(tables.get(name), version, table.per_patient) for name, version in inputs.items()
        ]
        with watching.building(table.name) as seen:
            made = table.build(*frames)
            reading, columns = plans.read_by(made, self.given)
            made = made.withColumn("run_id", F.lit(self.run_id))
            flagged = checks.flag(checks.conform(checks.with_row_id(made, table), table), table)
            rows, broken = _split(flagged.toArrow())
        reads = _looked_at(reading, seen)
        traces = {**plans.exact(columns, table.columns), **_carried(table, reads)}
        return Made(_unique(rows, self.received), _broken(table, broken), reads, traces)

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
        """A published version as the engine reads it: the files of its manifest, whatever the log says."""
        files = [] if version is None else self.lake.data_files(table, version)
        if files:
            frame = self.session.read.schema(_ddl(table)).parquet(*files)
        else:
            frame = self.session.createDataFrame([], schema=_ddl(table))
        return self._known(frame, table.name, tuple(table.columns))

    def _known(self, frame: DataFrame, name: str, columns: tuple[str, ...]) -> DataFrame:
        """Note the frame as one that builds may read."""
        (leaf,) = plans.leaves(plans.root(frame))
        self.given[plans.identity(leaf)] = Given(name, columns)
        return frame

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
        return bronze.join(self._known(frame, IDENTITY, ("subject_key", "patient_key")), "subject_key")


def _looked_at(reading: Reading, seen: Mapping[str, set[str]]) -> dict[str, list[str]]:
    """Table -> columns read. Of a table whose whole rows went into code, those that the code looked at, where
    it ran in this process; otherwise all that went in."""
    reads = reading.reads()
    for given in reading.given.values():
        whole = {column for table, column in reading.whole if table == given.table}
        if given.table in seen and whole == set(given.columns):
            reads[given.table] = sorted({*KEYS, *seen[given.table]} & whole)
    return reads


def _carried(table: Table, reads: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Where the columns come from that every row of a tier takes over as they are."""
    own = TAKEN_OVER[table.schema_name]
    inputs = [name for name in reads if name != IDENTITY]
    found = {
        column: sorted(f"{name}.{source}" for name in inputs if source in tables.get(name).columns)
        for column, source in own.items()
        if column in table.columns
    }
    found = {column: sources or [f"{IDENTITY}.{own[column]}"] for column, sources in found.items()}
    return {**found, "run_id": []}


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
