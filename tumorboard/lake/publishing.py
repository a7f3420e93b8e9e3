"""What is kept of every version: its files, what it was made of, and how its columns were meant."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from deltalake import CommitProperties

from tumorboard.lake.fingerprints import Fingerprints
from tumorboard.lake.manifest import Manifest, digest

SourceFiles = dict[str, Any]  # {count, digest} of the received files; empty for what is not bronze


@dataclass(frozen=True)
class Publication:
    """A version readers may see.

    `manifest` names each data file with its SHA-256, size and rows; `log` the log files that came with the
    version, with their SHA-256 (`commit_hash` is that of the commit itself); `columns` how each column was
    declared; `reads` the columns read of each input; `traces` the inputs of single columns where they are
    known exactly, as table.column; `files` the received files of a bronze commit, counted and hashed.
    """

    table: str
    version: int
    content_hash: str
    manifest: Manifest
    inputs: dict[str, int]
    run_id: str
    code_version: str
    rows: int
    commit_hash: str = ""
    log: dict[str, str] = field(default_factory=dict)
    columns: Fingerprints = field(default_factory=dict)
    reads: dict[str, list[str]] = field(default_factory=dict)
    traces: dict[str, list[str]] = field(default_factory=dict)
    files: SourceFiles = field(default_factory=dict)
    rows_hash: str = ""


class Ledger(Protocol):
    """Remembers publications; `writing` lets one writer at a time into a table."""

    def latest(self, table: str) -> Publication | None: ...
    def at(self, table: str, version: int) -> Publication | None: ...
    def publish(self, publication: Publication) -> None: ...
    def writing(self, table: str) -> AbstractContextManager[None]: ...
    def log(self, table: str) -> dict[str, str]:
        """Log file -> SHA-256, of every log file of the table that should be there."""
        ...


@dataclass(frozen=True)
class Commit:
    """Why a write happens: the run, the code, and all that it read.

    `inputs` names the version of every table read, `reads` the columns of it (a table it leaves out was read
    whole), `traces` which input columns a column was made of, where that is known; `files` the SHA-256 of the
    received files, for bronze.
    """

    run_id: str
    code_version: str
    inputs: dict[str, int] = field(default_factory=dict)
    reads: Mapping[str, Sequence[str]] = field(default_factory=dict)
    traces: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Sequence[str] = ()
    operation: str = "write"

    def properties(self) -> CommitProperties:
        said = {"run_id": self.run_id, "code_version": self.code_version, "kind_of_write": self.operation}
        more = {"inputs": self.inputs, "reads": self.columns_read(), "files": self.source_files()}
        return CommitProperties(
            custom_metadata=said | {name: json.dumps(what, sort_keys=True) for name, what in more.items()},
            max_commit_retries=15,
        )

    def columns_read(self) -> dict[str, list[str]]:
        return {name: sorted(self.reads.get(name, ["*"])) for name in self.inputs}

    def source_files(self) -> SourceFiles:
        named = sorted(set(self.files))
        return {"count": len(named), "digest": digest(named)} if named else {}
