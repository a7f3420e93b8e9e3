"""What a published version is made of, file by file, and whether the files are still those.

Readers never ask the Delta log: a version is the files its manifest names, with the hashes it names. A log
that was cut, emptied, reordered or restored from an older copy can therefore hide or add no row. The log is
checked as well, because the next writer and other engines build on it.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import DeltaTable
from pyarrow import fs

from tumorboard.lake.publishing import Manifest, digest

LOG = "_delta_log"
CHUNK = 1 << 20
Stamp = tuple[int, ...]


@dataclass(frozen=True)
class Folder:
    """A table's folder on this machine, or on object storage by its address."""

    files: fs.FileSystem
    path: str

    @classmethod
    def at(cls, address: str) -> Folder:
        if "://" in address:
            return cls(*fs.FileSystem.from_uri(address))
        return cls(fs.LocalFileSystem(), str(Path(address).absolute()))

    @property
    def is_local(self) -> bool:
        return isinstance(self.files, fs.LocalFileSystem)

    def file(self, name: str) -> str:
        return f"{self.path}/{name}"

    def log_files(self) -> list[str]:
        """Commits and checkpoints, by name; not `_last_checkpoint`, which only points to one."""
        found = self.files.get_file_info(fs.FileSelector(self.file(LOG), allow_not_found=True))
        return sorted(info.base_name for info in found if info.is_file and info.base_name[0].isdigit())

    def data_files(self) -> dict[str, float]:
        """Every Parquet file under the folder, with the seconds since it was written."""
        found = self.files.get_file_info(fs.FileSelector(self.path, allow_not_found=True))
        return {
            i.base_name: time.time() - i.mtime_ns / 1e9 for i in found if i.base_name.endswith(".parquet")
        }

    def stamp(self, name: str) -> Stamp:
        """Changes whenever the file does. Here also its inode and the time of the last change of that, which
        no program can set back. Raises FileNotFoundError."""
        if self.is_local:
            seen = os.stat(self.file(name))  # noqa: PTH116 - called for every file at every read
            return seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino
        info = self.files.get_file_info(self.file(name))
        if not info.is_file:
            raise FileNotFoundError(2, "no such file", name)
        return info.size, info.mtime_ns

    def hash(self, name: str) -> str:
        """SHA-256 of the bytes, read now."""
        digest = hashlib.sha256()
        with self.files.open_input_stream(self.file(name)) as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    def delete(self, name: str) -> None:
        self.files.delete_file(self.file(name))


def describe(current: DeltaTable, folder: Folder, known: Mapping[str, dict[str, Any]]) -> Manifest:
    """The files of an open table; those in `known` keep their hash, because data files are written once."""
    whole = {name: entry for name, entry in known.items() if entry["size"]}
    return {
        entry["path"]: whole.get(entry["path"]) or _entry(entry, folder)
        for entry in sorted(active(current), key=lambda e: str(e["path"]))
    }


def active(current: DeltaTable) -> list[dict[str, Any]]:
    """The data files that the log says make up the version, with their statistics."""
    return pa.table(current.get_add_actions(flatten=True)).to_pylist()  # type: ignore[no-any-return]


def _entry(added: dict[str, Any], folder: Folder) -> dict[str, Any]:
    name = added["path"]
    entry = {
        "sha256": folder.hash(name),
        "size": folder.stamp(name)[0],
        "rows": _rows(folder, name),
    }
    if added.get("min.patient_key"):
        entry |= {"first": added["min.patient_key"], "last": added["max.patient_key"]}
    return entry


def _rows(folder: Folder, name: str) -> int:
    fragment = ds.ParquetFileFormat().make_fragment(folder.file(name), folder.files)
    return int(fragment.metadata.num_rows)


def content_hash(manifest: Mapping[str, Mapping[str, Any]]) -> str:
    """Of the bytes of all files: where they lie and what they are called makes no difference."""
    return digest(sorted(entry["sha256"] for entry in manifest.values()))


def dataset(folder: Folder, manifest: Manifest, otherwise: pa.Schema) -> ds.Dataset:
    """The rows of a manifest's files, in the columns they were written with."""
    layout = ds.ParquetFileFormat()
    names = sorted(manifest)
    if not names:
        return ds.dataset(otherwise.empty_table())
    schema = layout.inspect(folder.file(names[0]), folder.files).remove_metadata()
    fragments = [
        layout.make_fragment(folder.file(name), folder.files, _patients(manifest[name])) for name in names
    ]
    return ds.FileSystemDataset(fragments, schema, layout, folder.files)


def _patients(entry: Mapping[str, Any]) -> pc.Expression | None:
    """Which patients a file can hold: a read of one patient opens only files that may hold it."""
    if "first" not in entry:
        return None
    return (pc.field("patient_key") >= entry["first"]) & (pc.field("patient_key") <= entry["last"])


def rows_hash(rows: ds.Dataset) -> str:
    """Of the rows as a multiset: neither their order nor their files make a difference, a single value does.

    The sum of the SHA-256 of each row's canonical text, modulo 2^256.
    """
    total = 0
    for batch in rows.to_batches():
        names = sorted(batch.schema.names)
        texts = reduce(_joined, [_texts(batch.column(name)) for name in names])
        for text in texts.to_pylist():
            total += int.from_bytes(hashlib.sha256(text.encode()).digest())
    return f"{total % (1 << 256):064x}"


def _texts(values: pa.Array) -> pa.Array:
    """Each value as text that no other value has: null, the empty text and a list of it are three things."""
    if pa.types.is_list(values.type):
        return pa.array([repr(value) for value in values.to_pylist()], pa.string())
    text = (
        values.cast(pa.string())
        if not pa.types.is_timestamp(values.type)
        else values.cast(pa.int64()).cast(pa.string())
    )
    lengths = pc.utf8_length(text).cast(pa.string())
    return pc.fill_null(pc.binary_join_element_wise(lengths, text, ":"), "null")


def _joined(left: pa.Array, right: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(left, right, "\x1f")
