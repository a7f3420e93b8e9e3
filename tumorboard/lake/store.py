"""Delta tables on disk or object storage: commits, published versions, reads at a version.

Readers see *published* versions only. A publication (version, manifest of its files, inputs, columns) is kept
by a `Ledger` outside the lake (PostgreSQL), because delta-rs accepts an emptied last commit and does not
notice changed bytes. A version is read from the files of its manifest, never from the log. A commit that was
never published (the writer died in between) is undone by the next writer, so a run that is repeated ends with
the same tables. No write commits without its inputs, and none onto a log that is not as it was published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import (
    CommitProperties,
    DeltaTable,
    PostCommitHookProperties,
    WriterProperties,
    write_deltalake,
)
from deltalake.exceptions import DeltaError

from tumorboard.lake import fingerprints
from tumorboard.lake import manifest as manifests
from tumorboard.lake.declaring import admit
from tumorboard.lake.faults import Damaged, NotPublished, Undeclared, WriteFailed
from tumorboard.lake.manifest import LOG, Folder
from tumorboard.lake.publishing import Commit, Ledger, Publication
from tumorboard.lake.tables import Table
from tumorboard.lake.verifying import Opened, check_log, damaged, forget, stamps, verified

__all__ = [
    "Commit",
    "Damaged",
    "Lake",
    "Ledger",
    "NotPublished",
    "OpenLake",
    "Publication",
    "Undeclared",
    "WriteFailed",
]

ROW_GROUP = 4_096  # rows are sorted by patient: a read of one decodes one or two groups, whole
PREDICATE_LIMIT = 500  # patients named in one replaceWhere; above it the whole table is rewritten
OPEN_AT_ONCE = 256
UNTOUCHED = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)  # upkeep does that

_opened: dict[tuple[str, int], Opened] = {}


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
        if strangers := set(pc.unique(rows["patient_key"]).to_pylist()) - set(patients):
            raise WriteFailed(f"{table.name}: rows of {len(strangers)} patients who were not named")
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
        opened = _opened.get(place)
        if opened is None or not opened.is_fresh():
            publication = self.ledger.at(table.name, version)
            if publication is None:
                raise NotPublished(f"{table.name} has no published version {version}")
            _opened.pop(place, None)
            if len(_opened) >= OPEN_AT_ONCE:
                _opened.clear()
            opened = _opened[place] = verified(self.folder(table), publication, table.arrow_schema)
        return opened.rows

    def folder(self, table: Table | str) -> Folder:
        return Folder.at(self.path(table))

    def data_files(self, table: Table, version: int) -> list[str]:
        """The places of a version's data files, for the engine, once they are known to be as published."""
        self.open(table, version)
        publication = self.ledger.at(table.name, version)
        assert publication is not None
        return [f"{self.path(table)}/{name}" for name in sorted(publication.manifest)]

    def forget(self, table: str) -> None:
        """Trust nothing that this process has hashed of a table."""
        forget(self.folder(table))

    def check(self, publication: Publication) -> tuple[int, int]:
        """Hash every file of a publication that is not known to be right: (files, bytes). Raises Damaged."""
        stamps(self.folder(publication.table), publication)
        sizes = [int(entry["size"]) for entry in publication.manifest.values()]
        return len(sizes) + len(publication.log), sum(sizes)

    def history(self, table: str, limit: int = 50) -> list[dict[str, Any]]:
        path = self.path(table)
        return DeltaTable(path).history(limit) if DeltaTable.is_deltatable(path) else []

    def _commit(self, table: Table, rows: pa.Table, commit: Commit, **how: Any) -> Publication:
        path = self.path(table)
        with self.ledger.writing(table.name):
            admit(table, rows, commit, self.ledger)
            before = self.ledger.latest(table.name)
            if before is None:
                how = {"mode": "overwrite"}
            target = self.ready(table, before)
            _write(target or path, rows, table, commit, how)
            publication = self.describe(table, before, commit)
            self.ledger.publish(publication)
        return publication

    def ready(self, table: Table, before: Publication | None) -> DeltaTable | None:
        """The table as published, to be written on: what a dead writer left behind is undone first.

        Raises Damaged when the log is not the one that was published.
        """
        folder = self.folder(table)
        if before is not None:
            check_log(folder, before, self.ledger.log(table.name))
        path = self.path(table)
        if before is None and not DeltaTable.is_deltatable(path):
            if folder.is_local:
                Path(folder.path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return None
        return _undone(folder, path, before)

    def describe(self, table: Table, before: Publication | None, commit: Commit) -> Publication:
        """The head of the table as a publication, every new file of it hashed."""
        folder = self.folder(table)
        current = DeltaTable(self.path(table))
        manifest = manifests.describe(current, folder, before.manifest if before else {})
        known = self.ledger.log(table.name)
        log = {name: folder.hash(f"{LOG}/{name}") for name in folder.log_files() if name not in known}
        return Publication(
            table=table.name,
            version=current.version(),
            content_hash=manifests.content_hash(manifest),
            manifest=manifest,
            inputs=commit.inputs,
            run_id=commit.run_id,
            code_version=commit.code_version,
            rows=sum(entry["rows"] for entry in manifest.values()),
            commit_hash=log.get(commit_name(current.version()), ""),
            log=log,
            columns=fingerprints.of(table),
            reads=commit.columns_read(),
            traces={name: sorted(sources) for name, sources in commit.traces.items()},
            files=commit.source_files(),
        )


def _write(
    target: DeltaTable | str, rows: pa.Table, table: Table, commit: Commit, how: dict[str, Any]
) -> None:
    """Raises WriteFailed, without the words of the engine."""
    whole = how["mode"] == "overwrite" and "predicate" not in how
    try:
        write_deltalake(
            target,
            _ordered(rows, table),
            schema_mode="overwrite" if whole else None,
            configuration=_configuration(table),
            commit_properties=properties(commit),
            writer_properties=written_as(),
            post_commithook_properties=UNTOUCHED,
            **how,
        )
    except DeltaError as error:
        raise WriteFailed(f"{table.name}: the rows were not written ({type(error).__name__})") from None


def properties(commit: Commit) -> CommitProperties:
    return CommitProperties(custom_metadata=commit.said(), max_commit_retries=15)


def commit_name(version: int) -> str:
    return f"{version:020}.json"


def written_as() -> WriterProperties:
    return WriterProperties(max_row_group_size=ROW_GROUP)


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


def _undone(folder: Folder, path: str, before: Publication | None) -> DeltaTable:
    """The table at its last published version; commits after it were never published and are taken back."""
    try:
        current = DeltaTable(path)
        if before is not None and current.version() != before.version:
            current.restore(before.version)
    except DeltaError:
        current = _cut_back(folder, path, before)
    if before is not None:
        names = {entry["path"] for entry in manifests.active(current)}
        if different := names ^ set(before.manifest):
            raise damaged(before, min(different))
    return current


def _cut_back(folder: Folder, path: str, before: Publication | None) -> DeltaTable:
    """A commit that its writer left half-written keeps the table from opening: it is deleted."""
    last = -1 if before is None else before.version
    for name in folder.log_files():
        if name.endswith(".json") and int(name.removesuffix(".json")) > last:
            folder.delete(f"{LOG}/{name}")
    try:
        return DeltaTable(path)
    except DeltaError:
        if before is None:
            raise
        raise damaged(before, f"{LOG}/{commit_name(before.version)}") from None


OpenLake = Callable[[], Lake]
