"""A governed volume: files kept as received, named by their content, never by a person or a place."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


class Volume:
    """Files by SHA-256 under `root`. Writing the same content twice keeps one copy."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, file_hash: str) -> Path:
        return self.root / file_hash[:2] / file_hash

    def keep(self, source: Path, file_hash: str) -> Path:
        """Copy `source` in; a copy cut short by a crash never takes the final name."""
        target = self.path(file_hash)
        if target.exists():
            return target
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = target.with_suffix(f".{os.getpid()}")
        shutil.copyfile(source, partial)
        partial.chmod(0o600)
        partial.replace(target)
        return target
