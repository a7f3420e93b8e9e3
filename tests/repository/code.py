"""The project's own sources, parsed once."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Module:
    path: Path
    source: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """Relative to the package: `runs/tasks.py`."""
        return self.path.relative_to(ROOT / "tumorboard").as_posix()

    @property
    def dotted(self) -> str:
        return "tumorboard." + self.name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def package(self) -> str:
        return self.dotted.split(".")[1]

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def imports(self) -> Iterator[str]:
        """Every name imported, whole: `tumorboard.lake.store.Lake`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def calls(self) -> Iterator[ast.Call]:
        yield from (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))


@cache
def modules() -> tuple[Module, ...]:
    paths = sorted((ROOT / "tumorboard").rglob("*.py"))
    return tuple(
        Module(path, source := path.read_text(), ast.parse(source))
        for path in paths
        if "migrations" not in path.parts
    )


@cache
def tracked() -> tuple[Path, ...]:
    """Files that git knows, or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return tuple(path for name in listed if (path := ROOT / name).is_file())


def texts() -> Iterator[tuple[str, str]]:
    """(name, text) of every tracked file that is text."""
    for path in tracked():
        content = path.read_bytes()
        if b"\x00" not in content[:4096]:
            yield path.relative_to(ROOT).as_posix(), content.decode(errors="replace")
