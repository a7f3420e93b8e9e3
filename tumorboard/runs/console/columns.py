"""Which column comes from which, between the latest versions of all tables.

A version says what its build read. Where the plan or a rule of the tier tells which columns one was made of,
the step is exact; where code saw whole rows, each of its columns may come from any that it looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tumorboard.governance.models import PublishedVersion
from tumorboard.lake import openlineage, tables
from tumorboard.lake.publishing import Publication

Place = tuple[str, str]  # table, column
Steps = Mapping[Place, Iterable[tuple[Place, bool]]]  # a place -> those next to it, and whether exactly
UP, DOWN, BOTH = "up", "down", "both"


@dataclass(frozen=True)
class Met:
    """A column on the way from or to the chosen one. `exact`: by exact steps alone."""

    table: str
    column: str
    way: str
    exact: bool

    @property
    def declared(self) -> bool:
        return self.table in {t.name for t in tables.all_tables()}


def sources(published: Mapping[str, PublishedVersion]) -> dict[Place, list[tuple[Place, bool]]]:
    """Each column of a built table with the columns it comes from."""
    found = {}
    for name, version in published.items():
        if version.inputs:
            said = _said(version)
            for column in tables.get(name).columns:
                places = openlineage.sources_of(said, column)
                found[name, column] = [((table, source), exact) for table, source, exact in places]
    return found


def _said(version: PublishedVersion) -> Publication:
    """The lineage of a version, without its files; a table read whole is written out."""
    reads = {
        name: sorted(tables.get(name).columns) if columns == ["*"] else columns
        for name, columns in version.reads.items()
    }
    return Publication(
        version.table, version.version, "", {}, version.inputs, "", "", 0, reads=reads, traces=version.traces
    )


def turned(steps: Steps) -> dict[Place, list[tuple[Place, bool]]]:
    readers: dict[Place, list[tuple[Place, bool]]] = defaultdict(list)
    for place, behind in steps.items():
        for source, exact in behind:
            readers[source].append((place, exact))
    return readers


def path(steps: Steps, start: Place, way: str = BOTH) -> list[Met]:
    """Every column behind the chosen one, and every one made of it, nearest first."""
    found = []
    if way in (UP, BOTH):
        found += _reached(steps, start, UP)
    if way in (DOWN, BOTH):
        found += _reached(turned(steps), start, DOWN)
    return found


def _reached(steps: Steps, start: Place, way: str) -> list[Met]:
    """Breadth first, exact steps first: a column is exact when one way to it is."""
    exactly = _closure(steps, start, exact_only=True)
    return [Met(*place, way, place in exactly) for place in _closure(steps, start, exact_only=False)]


def _closure(steps: Steps, start: Place, *, exact_only: bool) -> dict[Place, None]:
    found: dict[Place, None] = {}
    waiting = [start]
    while waiting:
        following = []
        for place in waiting:
            for other, exact in steps.get(place, ()):
                if other not in found and other != start and (exact or not exact_only):
                    found[other] = None
                    following.append(other)
        waiting = following
    return found
