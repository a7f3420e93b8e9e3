"""python -m benchmarks [--patients N] [--json]: every benchmark, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.report import options

ALL = ("ingest", "page", "growth", "audit", "gate", "screening")


def main() -> int:
    options(__doc__)
    return max(subprocess.call([sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]]) for name in ALL)


if __name__ == "__main__":
    raise SystemExit(main())
