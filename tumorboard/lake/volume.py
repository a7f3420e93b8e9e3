"""A governed volume: files kept as received, named by their content, never by a person or a place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path


class Changed(OSError):
    """The file was still being written while it was read."""


class Volume:
    """Files by SHA-256 under `root`. Writing the same content twice keeps one copy."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, file_hash: str) -> Path:
        return self.root / file_hash[:2] / file_hash

    def keep(self, source: Path, file_hash: str, hashed: Callable[[Path], str]) -> Path:
        """Copy `source` in under `file_hash`, which `hashed` gave for it before it was read.

        A copy cut short by a crash never takes the final name. Raises Changed.
        """
        target = self.path(file_hash)
        if target.exists():
            return target
        for folder in (self.root, target.parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = target.with_suffix(f".{os.getpid()}")
        _copy(source, partial)
        if hashed(source) != file_hash:
            partial.unlink()
            raise Changed(None, "it changed while it was read; send it again when it is complete")
        partial.replace(target)
        return target

    def keep_beside(self, source: Path, file_hash: str) -> None:
        """Copy in a file that belongs to `file_hash`: under the same name, with the ending it came with."""
        target = self.path(file_hash).with_suffix(source.suffix)
        if source.is_file() and not target.exists():
            partial = target.with_suffix(f"{source.suffix}.{os.getpid()}")
            _copy(source, partial)
            partial.replace(target)

    def beside(self, file_hash: str) -> list[Path]:
        kept = self.path(file_hash)
        return sorted(path for path in kept.parent.glob(f"{kept.name}.*") if not path.suffix[1:].isdigit())


def _copy(source: Path, target: Path) -> None:
    """Copy to disk, readable by the owner only."""
    with source.open("rb") as read, target.open("wb") as written:
        target.chmod(0o600)
        shutil.copyfileobj(read, written)
        written.flush()
        os.fsync(written.fileno())
