"""From a stored row back to the file, and the row made anew from there, to see that it is the same.

A gold row names the rows it was made from, a silver row its bronze row, a bronze row its file and the place
in it. Each is made again: a built row by the declared build, from the input versions that its version names,
for its patient alone; a bronze row by the reader of its format, from the file kept as received.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from tumorboard.lake import tables
from tumorboard.lake.store import Lake, NotPublished, Publication
from tumorboard.lake.tables import Table
from tumorboard.lake.volume import Volume
from tumorboard.pipeline.building import Builder
from tumorboard.pipeline.landing import content_hash, payload_text, row_identity
from tumorboard.pipeline.sources import catalogue
from tumorboard.pipeline.sources.reading import SourceRow, Unreadable

Row = dict[str, Any]
OF_THE_RUN = ("run_id", "received_at")  # when and by whom, not what


class NotRecomputable(LookupError):
    """The row cannot be made again; the message says why."""


@dataclass(frozen=True)
class Place:
    """One row of one version, and the rows it names as its origin."""

    table: str
    version: int
    row: Row
    origins: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        return f"{self.table}/{self.row['row_id']}"

    def __str__(self) -> str:
        where = (
            f", file {self.row['file_hash'][:16]} at {self.row['locator']}" if "payload" in self.row else ""
        )
        return f"{self.table} version {self.version}, row {self.row['row_id']}{where}"


@dataclass(frozen=True)
class Recomputed:
    """A row made anew beside the stored one. `differs` names the columns that are not equal, no values."""

    place: Place
    differs: list[str] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        return not self.differs


def find(lake: Lake, table: Table, version: int, row_id: str) -> Place | None:
    rows = lake.read(table, version=version, where=pc.field("row_id") == row_id).to_pylist()
    return Place(table.name, version, rows[0], _origins(rows[0])) if rows else None


def _origins(row: Row) -> tuple[str, ...]:
    if row.get("source_row"):
        return (f"{row['source_table']}/{row['source_row']}",)
    return tuple(row.get("derived_from") or ())


def behind(lake: Lake, place: Place) -> Iterator[Place]:
    """Every row behind a row, down to the received ones, each once: what it was made from at the versions its
    own version names. Raises NotRecomputable where a row is missing on the way."""
    waiting, met = [place], {place.reference}
    while waiting:
        current = waiting.pop()
        publication = published(lake, current)
        for origin in current.origins:
            if origin not in met:
                met.add(origin)
                found = _origin(lake, current, publication, origin)
                waiting.append(found)
                yield found


def _origin(lake: Lake, current: Place, publication: Publication, origin: str) -> Place:
    name, _, row_id = origin.partition("/")
    version = _version_read(lake, publication, name)
    found = None if version is None else find(lake, tables.get(name), version, row_id)
    if found is None:
        raise NotRecomputable(f"{current.reference}: {origin} does not stand in the version that was read")
    return found


def _version_read(lake: Lake, publication: Publication, name: str) -> int | None:
    """The version of a table that stood behind a publication: read by it, or by what it read (a fact of a
    letter names the received letter, which its build knows through silver.documents alone)."""
    waiting = [publication]
    while waiting:
        current = waiting.pop(0)
        if name in current.inputs:
            return current.inputs[name]
        further = (lake.ledger.at(table, version) for table, version in sorted(current.inputs.items()))
        waiting += [each for each in further if each is not None]
    return None


def published(lake: Lake, place: Place) -> Publication:
    publication = lake.ledger.at(place.table, place.version)
    if publication is None:
        raise NotPublished(f"{place.table} has no published version {place.version}")
    return publication


def rebuilt(builder: Builder, place: Place) -> Recomputed:
    """Make a silver or gold row again. The builder is for its patient, with the links and files of then."""
    table = tables.get(place.table)
    if table.build is None:
        raise NotRecomputable(f"{place.table} is written by a job, not by a build")
    inputs = published(builder.lake, place).inputs
    made = builder.make(table, {name: inputs.get(name) for name in table.reads}).rows
    again = made.filter(pc.equal(made["row_id"], place.row["row_id"])).to_pylist()
    return compared(place, again[0] if again else None)


def reread(volume: Volume, place: Place) -> Recomputed:
    """Read the kept file again with the reader of its format, and compare what stands at the row's place."""
    file_hash, name = place.row["file_hash"], place.row["file_name"]
    source = next(s for s in catalogue.SOURCES if f"bronze.{s.name}" == place.table)
    with tempfile.TemporaryDirectory() as folder:
        path = _as_received(volume, file_hash, Path(name).name, Path(folder))
        try:
            item = next(_standing_at(source.read(path), place.row["locator"]), None)
        except Unreadable:
            item = None
    if item is None:
        return compared(place, None)
    same = {"row_id": row_identity(file_hash, item.locator), "kind": item.kind, "payload": payload_text(item)}
    return compared(place, {**place.row, **same})


def _as_received(volume: Volume, file_hash: str, name: str, folder: Path) -> Path:
    """A copy under the name it came with, beside the files it came with; its content is still what it was."""
    kept = volume.path(file_hash)
    if not kept.exists():
        raise NotRecomputable(f"the file {file_hash[:16]} is not in the volume of received files")
    path = folder / name
    shutil.copyfile(kept, path)
    for beside in volume.beside(file_hash):
        shutil.copyfile(beside, path.with_suffix(beside.suffix))
    if content_hash(path) != file_hash:
        raise NotRecomputable(f"the file {file_hash[:16]} in the volume is not the one that was received")
    return path


def _standing_at(items: Iterable[object], locator: str) -> Iterator[SourceRow]:
    return (item for item in items if isinstance(item, SourceRow) and item.locator == locator)


def compared(place: Place, again: Row | None) -> Recomputed:
    if again is None:
        return Recomputed(place, ["row_id"])
    names = [name for name in place.row if name not in OF_THE_RUN]
    return Recomputed(place, [name for name in names if place.row[name] != again.get(name)])
