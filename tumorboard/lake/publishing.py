"""What is kept of every version: its files, what it was made of, and how its columns were meant.

Plain values: whoever looks at versions need not be able to open one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from tumorboard.lake.fingerprints import Fingerprints

Manifest = dict[str, dict[str, Any]]  # data file -> {sha256, size, rows, first, last}
SourceFiles = dict[str, Any]  # {count, digest} of the received files; empty for what is not bronze


def digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


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

    def said(self) -> dict[str, str]:
        """What the commit in the log says of itself."""
        said = {"run_id": self.run_id, "code_version": self.code_version, "kind_of_write": self.operation}
        more = {"inputs": self.inputs, "reads": self.columns_read(), "files": self.source_files()}
        return said | {name: json.dumps(what, sort_keys=True) for name, what in more.items()}

    def columns_read(self) -> dict[str, list[str]]:
        return {name: sorted(self.reads.get(name, ["*"])) for name in self.inputs}

    def source_files(self) -> SourceFiles:
        named = sorted(set(self.files))
        return {"count": len(named), "digest": digest(named)} if named else {}
