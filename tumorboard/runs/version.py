"""Which code made a table or a score."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path

from tumorboard import __version__


@cache
def code_version() -> str:
    """The release, and the commit where the code runs from a checkout: `0.1.0+3f2a9c1`."""
    if stated := os.environ.get("CODE_VERSION"):
        return stated
    root = Path(__file__).resolve().parents[2]
    try:
        commit = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
            timeout=5,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return __version__
    return f"{__version__}+{commit}"
