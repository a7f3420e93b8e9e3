"""The first step of every file: recognise it, read it, keep it, and land its rows in bronze.

A file is known by its content hash, so bringing it again changes nothing. A file that states the same
document as an earlier one (same bundle, sample, image, trial) with other content supersedes it: the earlier
rows stay in bronze, and the journal marks them as history. A file or row that cannot be taken is refused
with its reason and place, and never stops the others.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from tumorboard.identity.crosswalk import Crosswalk, Identifier, TwoRecords
from tumorboard.lake import tables
from tumorboard.lake.store import Commit, Lake
from tumorboard.lake.volume import Volume
from tumorboard.pipeline.documents import document_key
from tumorboard.pipeline.sources import catalogue
from tumorboard.pipeline.sources.reading import Notice, Rejected, Source, SourceRow, SubjectLink, Unreadable

LANDED, KNOWN, REFUSED, NOT_DATA = "landed", "already known", "refused", "not data"
ROWS_A_BATCH = 100_000
READ_TOGETHER = {".bed": (".bim", ".fam"), ".ped": (".map",)}
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Refusal:
    """One file or row that was not taken."""

    file_name: str
    file_hash: str
    locator: str
    reason: str
    field: str = ""


@dataclass
class LandedFile:
    """What became of one file."""

    name: str
    file_hash: str = ""
    source: str = ""
    outcome: str = LANDED
    reason: str = ""
    document: str = ""
    size: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list, repr=False)
    row_count: int = 0
    unassigned: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    links: list[SubjectLink] = field(default_factory=list, repr=False)


class Journal(Protocol):
    """Remembers, outside the lake, which files have landed."""

    def known(self, hashes: Sequence[str]) -> set[str]: ...
    def record(self, files: Sequence[LandedFile]) -> None: ...
    def transaction(self) -> AbstractContextManager[Any]:
        """One transaction, in which no other run can land files."""
        ...


@dataclass(frozen=True)
class Landing:
    """Everything landing needs; `run_id` names this run in every row it writes."""

    lake: Lake
    volume: Volume
    crosswalk: Crosswalk
    journal: Journal
    run_id: str
    code_version: str
    patient: Identifier | None = None  # whom files that name nobody are about

    def land(self, paths: Sequence[Path], progress: Progress = lambda done, total: None) -> list[LandedFile]:
        """Land every file under `paths`; returns what became of each, in order."""
        files = list(walk(paths))
        done: list[LandedFile] = []
        batch: list[LandedFile] = []
        seen: set[str] = set()
        for number, path in enumerate(files, 1):
            landed = self._one(path, seen)
            done.append(landed)
            batch.append(landed)
            if sum(len(f.rows) for f in batch) >= ROWS_A_BATCH:
                self._write(batch)
                batch = []
            progress(number, len(files))
        self._write(batch)
        return done

    def _one(self, path: Path, seen: set[str]) -> LandedFile:
        """Read one file; `seen` holds the files this run has taken, which may not be in the journal yet."""
        landed = LandedFile(name=path.name)
        try:
            landed.size = path.stat().st_size
            landed.file_hash = content_hash(path)
            if landed.file_hash in seen or self.journal.known([landed.file_hash]):
                landed.outcome = KNOWN
                return landed
            source = catalogue.recognise(path)
            if source is None:
                landed.outcome, landed.reason = NOT_DATA, catalogue.why_not(path)
                return landed
            self._read(path, source, landed)
            seen.add(landed.file_hash)
        except Unreadable as error:
            refuse(landed, error.reason, error.locator)
        except OSError as error:
            refuse(
                landed,
                f"the file cannot be read ({error.strerror}); check that it exists and its permissions",
            )
        return landed

    def _read(self, path: Path, source: Source, landed: LandedFile) -> None:
        landed.source = source.name
        for item in source.read(path):
            if isinstance(item, SourceRow):
                landed.rows.append(_row(item, landed, self.run_id, self.patient))
            elif isinstance(item, SubjectLink):
                landed.links.append(item)
            elif isinstance(item, Rejected):
                landed.refusals.append(
                    Refusal(landed.name, landed.file_hash, item.locator, item.reason, item.field)
                )
            else:
                landed.notices.append(item)
        landed.row_count = len(landed.rows)
        landed.document = document_key(source.name, landed.name, landed.rows)
        self.volume.keep(path, landed.file_hash, content_hash)
        for ending in READ_TOGETHER.get(path.suffix, ()):
            self.volume.keep_beside(path.with_suffix(ending), landed.file_hash)

    def _write(self, batch: list[LandedFile]) -> None:
        """Append a batch to bronze and to the journal: in one transaction, so both or neither are seen."""
        if not batch:
            return
        with self.journal.transaction():
            self._leave_out_known(batch)
            self._identify(batch)
            for source in sorted({f.source for f in batch if f.rows}):
                self._append(source, [row for f in batch if f.source == source for row in f.rows])
            self.journal.record(batch)
        for landed in batch:
            landed.rows.clear()

    def _leave_out_known(self, batch: list[LandedFile]) -> None:
        """What another run has landed since these files were read."""
        known = self.journal.known([f.file_hash for f in batch if f.outcome == LANDED])
        for landed in batch:
            if landed.outcome == LANDED and landed.file_hash in known:
                landed.outcome, landed.row_count = KNOWN, 0
                landed.rows, landed.links, landed.refusals = [], [], []

    def _identify(self, batch: list[LandedFile]) -> None:
        """Replace each row's identifier by its subject_key, and follow the links the files state."""
        keys = self.crosswalk.keys(row["subject"] for f in batch for row in f.rows if row["subject"])
        for landed in batch:
            for row in landed.rows:
                row["subject_key"] = keys.get(row.pop("subject"))
            landed.unassigned = sum(row["subject_key"] is None for row in landed.rows)
            for link in landed.links:
                self._link(link, landed)

    def _link(self, link: SubjectLink, landed: LandedFile) -> None:
        first, second = (link.first.system, link.first.value), (link.second.system, link.second.value)
        try:
            self.crosswalk.link(first, second)
        except TwoRecords as error:
            landed.refusals.append(
                Refusal(landed.name, landed.file_hash, link.locator, str(error), "identifier")
            )

    def _append(self, source: str, rows: list[dict[str, Any]]) -> None:
        table = tables.get(f"bronze.{source}")
        files = sorted({row["file_hash"] for row in rows})
        commit = Commit(self.run_id, self.code_version, files=files)
        self.lake.append(table, pa.Table.from_pylist(rows, table.arrow_schema), commit)


def walk(paths: Sequence[Path]) -> Iterator[Path]:
    """Every file under `paths`, by name; hidden files are left out, links are not followed."""
    for path in paths:
        yield from catalogue.files_under(path) if path.is_dir() else [path]


def content_hash(path: Path) -> str:
    """SHA-256 of the file; of a PLINK file with those beside it, without which it says nothing."""
    beside = [path.with_suffix(ending) for ending in READ_TOGETHER.get(path.suffix, ())]
    digests = [_sha256(part) for part in [path, *beside] if part.is_file()]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def content_hash_of_kept(volume: Volume, file_hash: str) -> str:
    """The same of a file in the volume, with what is kept beside it; empty where it is gone."""
    kept = volume.path(file_hash)
    if not kept.is_file():
        return ""
    digests = [_sha256(part) for part in [kept, *volume.beside(file_hash)]]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def refuse(landed: LandedFile, reason: str, locator: str = "") -> None:
    """Refuse the whole file: whatever was read of it before is not used."""
    landed.outcome, landed.reason = REFUSED, reason
    landed.rows, landed.links, landed.row_count = [], [], 0
    landed.refusals = [Refusal(landed.name, landed.file_hash, locator or "file", reason)]


def row_identity(file_hash: str, locator: str) -> str:
    return hashlib.sha256(f"{file_hash}|{locator}".encode()).hexdigest()[:24]


def payload_text(item: SourceRow) -> str:
    return json.dumps(item.payload, ensure_ascii=False, allow_nan=False, default=str)


def _row(item: SourceRow, landed: LandedFile, run_id: str, patient: Identifier | None) -> dict[str, Any]:
    subject = (item.subject.system, item.subject.value) if item.subject else patient
    return {
        "row_id": row_identity(landed.file_hash, item.locator),
        "file_hash": landed.file_hash,
        "file_name": landed.name,
        "locator": item.locator,
        "kind": item.kind,
        "subject": subject,
        "subject_key": None,
        "payload": payload_text(item),
        "run_id": run_id,
        "received_at": datetime.now(UTC),
    }
