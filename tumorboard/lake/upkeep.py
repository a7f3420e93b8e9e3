"""Maintenance of one table: small files put together, old versions retired, a checkpoint, the log cut.

All of it under the table's writing lock, so it meets no other writer. Which versions stay is decided by the
caller (everything pinned, and what those were made of); here it is only carried out. `maintain` writes and
names what may be deleted; `sweep` deletes it, after the caller's transaction has committed: were it undone,
the files would still be wanted. Data files wait a while longer, so that a read that has begun can end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Protocol

from deltalake import DeltaTable

from tumorboard.lake import manifest as manifests
from tumorboard.lake.faults import Damaged
from tumorboard.lake.manifest import LOG
from tumorboard.lake.publishing import Commit, Publication
from tumorboard.lake.store import UNTOUCHED, Lake, commit_name, properties, written_as
from tumorboard.lake.tables import Table
from tumorboard.lake.verifying import damaged, forget

MANY_FILES = 8  # a table of more data files than this is put together
LOG_KEPT = 20  # commits before the checkpoint that stay readable in the log
GRACE = 86_400.0  # seconds from a version's retirement to the deletion of its files


class Books(Protocol):
    """The part of the ledger that maintenance changes."""

    def latest(self, table: str) -> Publication | None: ...
    def retired_within(self, table: str, seconds: float) -> list[Publication]: ...
    def versions(self, table: str) -> list[Publication]: ...
    def log(self, table: str) -> dict[str, str]: ...
    def publish(self, publication: Publication) -> None: ...
    def amend(self, publication: Publication) -> None: ...
    def forget_log(self, table: str, names: Iterable[str]) -> None: ...
    def retire(self, table: str, versions: Iterable[int]) -> None: ...
    def writing(self, table: str) -> AbstractContextManager[None]: ...


@dataclass
class Kept:
    """What one run of maintenance did to a table, and which files nobody needs any more."""

    table: str
    compacted: Publication | None = None
    retired: list[int] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    log_deleted: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        files = f", {len(self.deleted)} files deleted" if self.deleted else ""
        together = f"version {self.compacted.version} put together, " if self.compacted else ""
        log = f", {len(self.log_deleted)} log files cut" if self.log_deleted else ""
        return f"{self.table}: {together}{len(self.retired)} versions retired{files}{log}"


@dataclass(frozen=True)
class Upkeep:
    """Maintenance of the tables of `lake`, whose ledger is `books`."""

    lake: Lake
    books: Books
    run_id: str
    code_version: str
    many_files: int = MANY_FILES
    log_kept: int = LOG_KEPT
    grace: float = GRACE

    def maintain(self, table: Table, keep: Collection[int]) -> Kept | None:
        """All that is due but the deleting; None for a table that was never published. `keep` names the
        versions that stay besides the newest. Raises Damaged and then leaves the table as it is."""
        with self.books.writing(table.name):
            latest = self.books.latest(table.name)
            if latest is None:
                return None
            done = Kept(table.name)
            forget(self.lake.folder(table))
            self.lake.ready(table, latest)
            done.compacted = self.compact(table, latest)
            done.retired = self.retire(table, keep)
            done.deleted = self.unneeded(table)
            done.log_deleted = self.cut_log(table)
            return done

    def compact(self, table: Table, latest: Publication) -> Publication | None:
        """Publish a version of the same rows in fewer files, sorted by patient. None where it is not due."""
        if len(latest.manifest) <= self.many_files:
            return None
        before = manifests.rows_hash(self.lake.open(table, latest.version))
        current = DeltaTable(self.lake.path(table))
        by = [name for name in ("patient_key", "row_id") if name in table.columns]
        commit = Commit(
            self.run_id, self.code_version, latest.inputs, latest.reads, latest.traces, operation="compact"
        )
        current.optimize.z_order(
            by[:1],
            writer_properties=written_as(),
            commit_properties=properties(commit),
            post_commithook_properties=UNTOUCHED,
        )
        made = replace(
            self.lake.describe(table, latest, commit),
            files=latest.files,
            columns=latest.columns,
            rows_hash=before,
        )
        after = manifests.rows_hash(
            manifests.dataset(self.lake.folder(table), made.manifest, table.arrow_schema)
        )
        if after != before or made.rows != latest.rows:
            raise Damaged(
                f"{table.name} version {made.version}: putting files together changed rows; not published"
            )
        self.books.publish(made)
        return made

    def retire(self, table: Table, keep: Collection[int]) -> list[int]:
        versions = [p.version for p in self.books.versions(table.name)]
        gone = [version for version in versions[:-1] if version not in keep]
        self.books.retire(table.name, gone)
        return gone

    def sweep(self, done: Kept) -> None:
        """Delete what `maintain` found to be needed by nobody."""
        folder = self.lake.folder(done.table)
        for name in [*done.deleted, *(f"{LOG}/{name}" for name in done.log_deleted)]:
            folder.delete(name)

    def unneeded(self, table: Table) -> list[str]:
        """Data files that no version uses any more, and those a dead writer left."""
        wanted = [*self.books.versions(table.name), *self.books.retired_within(table.name, self.grace)]
        needed = {name for publication in wanted for name in publication.manifest}
        folder = self.lake.folder(table)
        return sorted(n for n, age in folder.data_files().items() if n not in needed and age >= self.grace)

    def cut_log(self, table: Table) -> list[str]:
        """Write a checkpoint; what lies well before it may go. Versions are read from their manifests, so a
        version whose commit is gone stays readable."""
        latest = self.books.latest(table.name)
        assert latest is not None
        folder = self.lake.folder(table)
        names = folder.log_files()
        first = commit_name(max(0, latest.version - self.log_kept))
        old = [name for name in names if name < first[:20]]
        if not old:
            return []
        DeltaTable(self.lake.path(table), version=latest.version).create_checkpoint()
        self._publish_checkpoint(latest, table)
        self.books.forget_log(table.name, old)
        return old

    def _publish_checkpoint(self, latest: Publication, table: Table) -> None:
        """The checkpoint is part of the log from now on; its hash is kept like that of every commit."""
        folder = self.lake.folder(table)
        known = self.books.log(table.name)
        new = {name: folder.hash(f"{LOG}/{name}") for name in folder.log_files() if name not in known}
        if not any(".checkpoint." in name for name in new):
            raise damaged(latest, f"{LOG}/{latest.version:020}.checkpoint.parquet")
        self.books.amend(replace(latest, log={**latest.log, **new}))
