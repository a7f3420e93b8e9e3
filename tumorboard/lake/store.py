"""Delta tables on disk or object storage: commits, published versions, reads at a version.

Readers see *published* versions only. A publication (version, content hash, file hashes, inputs) is kept
by a `Ledger` outside the lake (PostgreSQL), because delta-rs accepts an emptied last commit and does not
notice changed bytes. A commit that was never published (the writer died in between) is undone by the next
writer, so a run that is repeated ends with the same tables.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, WriterProperties, write_deltalake

from tumorboard.lake.faults import Damaged, NotPublished
from tumorboard.lake.tables import Table

__all__ = ["Commit", "Damaged", "Lake", "Ledger", "NotPublished", "OpenLake", "Publication"]

ROW_GROUP = 16_384  # rows are sorted by patient: a read of one patient skips all groups but one or two
PREDICATE_LIMIT = 500  # patients named in one replaceWhere; above it the whole table is rewritten
OPEN_AT_ONCE = 256


@dataclass(frozen=True)
class Publication:
    """A version readers may see. `manifest` maps each data file to its SHA-256."""

    table: str
    version: int
    content_hash: str
    manifest: dict[str, str]
    inputs: dict[str, int]
    run_id: str
    code_version: str
    rows: int


class Ledger(Protocol):
    """Remembers publications; `writing` lets one writer at a time into a table."""

    def latest(self, table: str) -> Publication | None: ...
    def at(self, table: str, version: int) -> Publication | None: ...
    def publish(self, publication: Publication) -> None: ...
    def writing(self, table: str) -> AbstractContextManager[None]: ...


@dataclass(frozen=True)
class Commit:
    """Why a write happens: the run, the code, and the version of every table it read."""

    run_id: str
    code_version: str
    inputs: dict[str, int] = field(default_factory=dict)

    def properties(self) -> CommitProperties:
        return CommitProperties(
            custom_metadata={
                "run_id": self.run_id,
                "code_version": self.code_version,
                "inputs": json.dumps(self.inputs, sort_keys=True),
            },
            max_commit_retries=15,
        )


class Lake:
    """The tables under `root`. Only the gate and the pipeline hold one."""

    def __init__(self, root: str, ledger: Ledger) -> None:
        self.root = root.rstrip("/")
        self.ledger = ledger

    def path(self, table: Table | str) -> str:
        name = table if isinstance(table, str) else table.name
        return f"{self.root}/{name.replace('.', '/')}"

    def version(self, table: str) -> int | None:
        latest = self.ledger.latest(table)
        return latest.version if latest else None

    def append(self, table: Table, rows: pa.Table, commit: Commit) -> Publication:
        """Add rows. An empty addition still publishes a first version, so that the table can be read."""
        return self._commit(table, rows, commit, mode="append")

    def replace(
        self, table: Table, rows: pa.Table, commit: Commit, patients: Sequence[str] | None = None
    ) -> Publication:
        """Put `rows` in the place of all rows, or of the rows of `patients`; the others stay."""
        if patients is None:
            return self._commit(table, rows, commit, mode="overwrite")
        if not patients:
            return self._commit(table, rows, commit, mode="append")
        if len(patients) <= PREDICATE_LIMIT:
            return self._commit(table, rows, commit, mode="overwrite", predicate=_named(patients))
        with self.ledger.writing(table.name):
            kept = self._of_others(table, patients)
            return self._commit(
                table, pa.concat_tables([kept, _ordered(rows, table)]), commit, mode="overwrite"
            )

    def _of_others(self, table: Table, patients: Sequence[str]) -> pa.Table:
        if self.version(table.name) is None:
            return table.arrow_schema.empty_table()
        others = self.read(table, where=~pc.field("patient_key").isin(list(patients)))
        return others.select(list(table.columns)).cast(table.arrow_schema)

    def read(
        self,
        table: Table,
        *,
        version: int | None = None,
        columns: Sequence[str] | None = None,
        where: pc.Expression | None = None,
    ) -> pa.Table:
        """Rows at a published version (the latest when none is named); `where` is pushed down.

        Raises NotPublished, and Damaged when a file differs from what was published.
        """
        at = self.version(table.name) if version is None else version
        if at is None:
            raise NotPublished(f"{table.name} has not been built yet; ingest data first")
        dataset = self.open(table, at)
        return dataset.to_table(columns=list(columns) if columns else None, filter=where)

    def open(self, table: Table, version: int) -> Any:
        """The Arrow dataset of a published version. Its files are compared with the manifest when it is first
        opened; versions never change, so an opened one is kept. Raises NotPublished, Damaged."""
        place = (self.path(table), version)
        if place not in _opened:
            publication = self.ledger.at(table.name, version)
            if publication is None:
                raise NotPublished(f"{table.name} has no published version {version}")
            if len(_opened) >= OPEN_AT_ONCE:
                _opened.clear()
            _opened[place] = _verified(self.path(table), publication)
        return _opened[place]

    def history(self, table: str, limit: int = 50) -> list[dict[str, Any]]:
        path = self.path(table)
        return DeltaTable(path).history(limit) if DeltaTable.is_deltatable(path) else []

    def _commit(self, table: Table, rows: pa.Table, commit: Commit, **how: Any) -> Publication:
        path = self.path(table)
        with self.ledger.writing(table.name):
            before = self.ledger.latest(table.name)
            if before is None:
                how = {"mode": "overwrite"}
            target = self._clean(path, before)
            write_deltalake(
                target or path,
                _ordered(rows, table),
                schema_mode="overwrite" if how["mode"] == "overwrite" and "predicate" not in how else None,
                configuration=_configuration(table),
                commit_properties=commit.properties(),
                writer_properties=WriterProperties(max_row_group_size=ROW_GROUP),
                **how,
            )
            publication = self._describe(table, path, before, commit)
            self.ledger.publish(publication)
        return publication

    def _clean(self, path: str, before: Publication | None) -> DeltaTable | None:
        """The table as published: a commit left behind by a dead writer is undone first."""
        if not DeltaTable.is_deltatable(path):
            if "://" not in path:
                Path(self.root).mkdir(parents=True, exist_ok=True, mode=0o700)
            return None
        current = DeltaTable(path)
        if before is not None and current.version() != before.version:
            current.restore(before.version)
        return current

    def _describe(self, table: Table, path: str, before: Publication | None, commit: Commit) -> Publication:
        current = DeltaTable(path)
        manifest = _manifest(current, path, before.manifest if before else {}, _file_hash)
        return Publication(
            table=table.name,
            version=current.version(),
            content_hash=_digest(sorted(manifest.values())),
            manifest=manifest,
            inputs=commit.inputs,
            run_id=commit.run_id,
            code_version=commit.code_version,
            rows=current.count(),
        )


def _named(patients: Iterable[str]) -> str:
    """A predicate over surrogate keys; they are random, so the Delta log may hold them."""
    if not all(key.isalnum() for key in patients):
        raise ValueError("a patient key holds letters and digits only")
    return "patient_key IN ({})".format(", ".join(f"'{key}'" for key in sorted(patients)))


def _ordered(rows: pa.Table, table: Table) -> pa.Table:
    rows = rows.select(list(table.columns)).cast(table.arrow_schema)
    by = [name for name in ("patient_key", "row_id") if name in rows.column_names]
    return rows.sort_by([(name, "ascending") for name in by]) if by and rows.num_rows else rows


def _configuration(table: Table) -> dict[str, str | None]:
    return {"delta.dataSkippingStatsColumns": ",".join(table.statistics_columns)}


def _manifest(
    current: DeltaTable, path: str, known: dict[str, str], hashed: Callable[[str], str]
) -> dict[str, str]:
    names = [os.path.relpath(uri, path) if "://" not in uri else uri for uri in current.file_uris()]
    return {name: known.get(name) or hashed(f"{path}/{name}") for name in sorted(names)}


def _file_hash(path: str) -> str:
    with open(path, "rb") as handle:  # noqa: PTH123
        return hashlib.file_digest(handle, "sha256").hexdigest()


# Data files are written once: one that was read and found right is not read again by the same process.
_seen_hash = lru_cache(maxsize=65_536)(_file_hash)


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


_opened: dict[tuple[str, int], Any] = {}


def _verified(path: str, published: Publication) -> Any:
    """delta-rs notices neither an emptied commit nor changed bytes (governance.md M7, M9): this does."""
    opened = DeltaTable(path, version=published.version)
    try:
        found = _manifest(opened, path, {}, _seen_hash)
    except FileNotFoundError as error:
        raise _damaged(published, Path(error.filename).name) from None
    if found != published.manifest:
        names = {*found, *published.manifest}
        raise _damaged(published, min(n for n in names if found.get(n) != published.manifest.get(n)))
    return opened.to_pyarrow_dataset()


def _damaged(published: Publication, name: str) -> Damaged:
    return Damaged(
        f"{published.table} version {published.version}: the file {name} is not as it was published; "
        "bring the table's folder back from the backup"
    )


OpenLake = Callable[[], Lake]
