"""Small helpers to look at what a reader gave back."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tumorboard.pipeline.sources.reading import Notice, Reading, Rejected, Source, SourceRow, SubjectLink


def everything(source: Source, path: Path) -> list[Reading]:
    return list(source.read(path))


def rows(source: Source, path: Path, kind: str = "") -> list[SourceRow]:
    found = [reading for reading in source.read(path) if isinstance(reading, SourceRow)]
    return [row for row in found if not kind or row.kind == kind]


def kinds(source: Source, path: Path) -> Counter[str]:
    return Counter(row.kind for row in rows(source, path))


def links(source: Source, path: Path) -> list[SubjectLink]:
    return [reading for reading in source.read(path) if isinstance(reading, SubjectLink)]


def rejected(source: Source, path: Path) -> list[Rejected]:
    return [reading for reading in source.read(path) if isinstance(reading, Rejected)]


def notices(source: Source, path: Path) -> list[Notice]:
    return [reading for reading in source.read(path) if isinstance(reading, Notice)]


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
