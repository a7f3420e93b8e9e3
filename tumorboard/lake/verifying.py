"""Files are compared with what was published: at the first read, and whenever one was touched since.

A file that was read and found right bears a stamp (size, times, inode). A later read compares stamps, which
costs microseconds; a changed stamp, or fifteen minutes, means that the bytes are hashed again. What changes
on the disk without a trace in between is found by the scrub.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tumorboard.lake import manifest as manifests
from tumorboard.lake.faults import Damaged
from tumorboard.lake.manifest import LOG, Folder, Stamp
from tumorboard.lake.publishing import Publication

HASHED_AGAIN_AFTER = 900  # seconds a process trusts what it has hashed, where nothing says it changed


def check_log(folder: Folder, latest: Publication, known: Mapping[str, str]) -> None:
    """The log that the next commit builds on, file by file. Raises Damaged."""
    for name, kept in sorted(known.items()):
        _checked(folder, latest, f"{LOG}/{name}", kept)


@dataclass
class Opened:
    """A version whose files have been hashed, with the stamp of each: a changed stamp means look again."""

    rows: Any
    folder: Folder
    stamps: dict[str, Stamp]
    until: float

    def is_fresh(self) -> bool:
        if time.monotonic() > self.until:
            forget(self.folder)
            return False
        try:
            return all(self.folder.stamp(name) == stamp for name, stamp in self.stamps.items())
        except OSError:
            return False


_hashed: dict[str, tuple[Stamp, str]] = {}  # file -> what it was found to be when it bore this stamp
_hashing = threading.Lock()


def forget(folder: Folder | None = None) -> None:
    """Hash again at the next read, in this process."""
    with _hashing:
        for path in [p for p in _hashed if folder is None or p.startswith(f"{folder.path}/")]:
            del _hashed[path]


def verified(folder: Folder, published: Publication, declared: pa.Schema) -> Opened:
    """delta-rs notices neither an emptied commit nor changed bytes (governance.md M7, M9): this does."""
    seen = stamps(folder, published)
    rows = manifests.dataset(folder, published.manifest, declared)
    return Opened(rows, folder, seen, time.monotonic() + HASHED_AGAIN_AFTER)


def stamps(folder: Folder, published: Publication) -> dict[str, Stamp]:
    """The stamp of each file of a version, after its bytes were found to be those published."""
    kept = {name: str(entry["sha256"]) for name, entry in published.manifest.items()}
    kept |= {f"{LOG}/{name}": sha for name, sha in published.log.items()}
    return {name: _checked(folder, published, name, sha) for name, sha in kept.items()}


def _checked(folder: Folder, published: Publication, name: str, kept: str) -> Stamp:
    try:
        stamp = folder.stamp(name)
        if _hash(folder, name, stamp) == kept:
            return stamp
    except OSError:
        pass
    raise damaged(published, name)


def _hash(folder: Folder, name: str, stamp: Stamp) -> str:
    """The file's hash, read once for as long as its stamp stays the same."""
    path = folder.file(name)
    known = _hashed.get(path)
    if known is None or known[0] != stamp:
        known = stamp, folder.hash(name)
        with _hashing:
            _hashed[path] = known
    return known[1]


def damaged(published: Publication, name: str) -> Damaged:
    return Damaged(
        f"{published.table} version {published.version}: the file {name} is not as it was published; "
        "bring the table's folder back from the backup"
    )
