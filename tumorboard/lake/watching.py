"""What happens while a build runs: which columns its code looks at, and that it opens nothing by itself.

The plan of a build (`plans`) shows what the engine reads. Python code inside a build could still open a file,
call a program or the network; while one runs, this process refuses that. It is a fence against mistakes, not
against a programmer who wants to climb it: C libraries that open files themselves are kept out of the build
modules by a test of their imports.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tumorboard.lake.faults import Undeclared

# What code needs to run: the project, Python, and what the system says of itself.
PROJECT = Path(__file__).resolve().parents[1]
OWN = tuple(
    str(place)
    for place in (
        PROJECT,
        sys.prefix,
        sys.base_prefix,
        sys.exec_prefix,
        "/usr/share/zoneinfo",
        "/proc",
        "/dev",
        "/sys",
    )
)
REFUSED = {
    "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "socket.connect", "urllib.Request",
    "sqlite3.connect", "ftplib.connect", "smtplib.connect",
}  # fmt: skip
_state: dict[str, Any] = {"building": "", "hooked": False}
_seen: dict[str, set[str]] = {}


class Seen(dict[str, Any]):
    """A row of `table` that remembers which of its columns were looked at."""

    __slots__ = ("_columns",)

    def __init__(self, row: dict[str, Any], table: str) -> None:
        super().__init__(row)
        self._columns = _seen.setdefault(table, set())

    def __getitem__(self, name: str) -> Any:
        self._columns.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._columns.add(name)
        return super().get(name, default)

    def __iter__(self) -> Iterator[str]:
        self._columns.update(super().keys())
        return super().__iter__()

    def keys(self) -> Any:
        self._columns.update(super().keys())
        return super().keys()

    def items(self) -> Any:
        self._columns.update(super().keys())
        return super().items()

    def values(self) -> Any:
        self._columns.update(super().keys())
        return super().values()


@contextmanager
def building(table: str) -> Iterator[dict[str, set[str]]]:
    """Fence this process while `table` is built; yields what its code will have looked at, by table."""
    if not _state["hooked"]:
        sys.addaudithook(_refuse)
        _state["hooked"] = True
    _seen.clear()
    before, _state["building"] = _state["building"], table
    try:
        yield _seen
    finally:
        _state["building"] = before


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    table = _state["building"]
    if not table:
        return
    if event in REFUSED:
        raise Undeclared(f"the build of {table} may not do '{event}': it works on what it was given")
    if event == "open" and not _allowed(arguments[0], arguments[1], arguments[2]):
        raise Undeclared(f"the build of {table} may not open files: it works on what it was given")


def _allowed(path: Any, mode: Any, flags: Any) -> bool:
    if not isinstance(path, str | bytes | os.PathLike):
        return True  # a descriptor that is open already
    place = os.path.realpath(os.fsdecode(path))
    if "__pycache__" in place:
        return True
    writes = (set(mode or "") & set("wax+")) or (isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR))
    return place.startswith(OWN) and (not writes or place.startswith("/dev/"))
