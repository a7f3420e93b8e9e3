"""What a write must say of its inputs before it may commit.

A table names what it is made of (`@builds(..., reads=...)` or `@table(..., reads=...)`). A commit names the
version of each of them, and of nothing else; a bronze commit names the received files its rows stand in. So
lineage cannot be left out: there is no other way to write.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from tumorboard.lake.faults import Undeclared
from tumorboard.lake.publishing import Commit, Ledger
from tumorboard.lake.rows import checked
from tumorboard.lake.tables import Table


def admit(table: Table, rows: pa.Table, commit: Commit, ledger: Ledger) -> None:
    """Raises Undeclared unless the commit names run, code and all inputs, each at a published version;
    BrokenRow where a row breaks a rule of its table."""
    checked(rows, table)
    if not commit.run_id or not commit.code_version:
        raise Undeclared(f"{table.name}: a commit names its run and the version of its code")
    if table.schema_name == "bronze":
        _admit_files(table, rows, commit)
    else:
        _admit_tables(table, commit, ledger)


def _admit_files(table: Table, rows: pa.Table, commit: Commit) -> None:
    if commit.inputs:
        raise Undeclared(f"{table.name}: bronze is read from files, not from {min(commit.inputs)}")
    found = set(pc.unique(rows["file_hash"]).to_pylist())
    if unnamed := found - set(commit.files):
        raise Undeclared(f"{table.name}: rows of {len(unnamed)} files that the commit does not name")


def _admit_tables(table: Table, commit: Commit, ledger: Ledger) -> None:
    if commit.files:
        raise Undeclared(f"{table.name}: only bronze is read from files")
    declared = set(table.reads)
    if undeclared := sorted({*commit.inputs, *commit.reads} - declared):
        raise Undeclared(f"{table.name} is not declared to read {undeclared[0]}; name it in its `reads`")
    left_out = [n for n in sorted(declared - set(commit.inputs)) if ledger.latest(n) is not None]
    if left_out:
        raise Undeclared(f"{table.name}: the commit does not say which version of {left_out[0]} was read")
    for name, version in commit.inputs.items():
        if ledger.at(name, version) is None:
            raise Undeclared(f"{table.name}: {name} has no published version {version} that could be read")
