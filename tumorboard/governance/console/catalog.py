"""The catalog: catalog > schema > table, volume, model; what is published of a table and built from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, QuerySet

from tumorboard.governance.console.access import Held
from tumorboard.governance.models import Kind, PublishedVersion, Securable
from tumorboard.lake import tables
from tumorboard.lake.tables import Table

LARGE = ("manifest", "log", "columns", "reads", "traces")  # of a version; no page needs them
SCHEMAS = {
    "bronze": "Rows as received, one table for each source",
    "silver": "Facts of a patient, one table for each concept",
    "gold": "What pages, models and screening read",
    "models": "Models that score patients",
}
MEANINGS = {Kind.CATALOG: "Everything that is governed", Kind.VOLUME: "Files as received"}


@dataclass(frozen=True)
class Entry:
    """A securable with what is declared of it and the version readers see; None where there is none."""

    securable: Securable
    table: Table | None
    latest: PublishedVersion | None

    @property
    def meaning(self) -> str:
        if self.table is not None:
            return self.table.meaning
        return SCHEMAS.get(self.securable.name) or MEANINGS.get(Kind(self.securable.kind), "")


def latest() -> dict[str, PublishedVersion]:
    rows = PublishedVersion.objects.defer(*LARGE).order_by("table", "-version").distinct("table")
    return {row.table: row for row in rows}


def entries(mine: Held, chosen: Mapping[str, str]) -> list[Entry]:
    """What the person may browse, from the catalog down. `q` is part of a name, a column or the meaning."""
    published, declared = latest(), {table.name: table for table in tables.all_tables()}
    rows = Securable.objects.select_related("parent")
    if chosen.get("kind"):
        rows = rows.filter(kind=chosen["kind"])
    found = [
        Entry(row, declared.get(row.name), published.get(row.name)) for row in rows if mine.browses(row.name)
    ]
    words, schema = chosen.get("q", "").lower(), chosen.get("schema", "")
    return sorted((e for e in found if _in(e, schema) and _speaks_of(e, words)), key=_place)


def _in(entry: Entry, schema: str) -> bool:
    return schema in ("", entry.securable.name, entry.securable.name.partition(".")[0])


def _speaks_of(entry: Entry, words: str) -> bool:
    columns: Iterable[str] = entry.table.columns if entry.table else ()
    return any(words in text.lower() for text in (entry.securable.name, entry.meaning, *columns))


def _place(entry: Entry) -> tuple[int, int, str]:
    """The catalog, then each schema before what is in it, in the order of the tiers."""
    schema = entry.securable.name.partition(".")[0]
    order = list(SCHEMAS)
    if entry.securable.kind == Kind.CATALOG:
        return -1, 0, ""
    rank = order.index(schema) if schema in order else len(order)
    return rank, int(entry.securable.kind != Kind.SCHEMA), entry.securable.name


def counted(securable: Securable) -> list[tuple[str, int]]:
    """How many of each kind stand directly below, in words."""
    rows = securable.children.order_by().values_list("kind").annotate(Count("pk")).order_by("kind")
    return [(Kind(kind).label, number) for kind, number in rows]


def inputs(published: Mapping[str, PublishedVersion] | None = None) -> dict[str, list[str]]:
    """Table -> what it is declared to read, and what its latest version did read."""
    published = latest() if published is None else published
    return {
        table.name: sorted(
            {*table.reads, *(published[table.name].inputs if table.name in published else ())} - {table.name}
        )
        for table in tables.all_tables()
    }


def around(name: str, mine: Held) -> tuple[list[str], list[str]]:
    """The tables one is built from, and those that read it; of those that the person may browse."""
    known = {table: sources for table, sources in inputs().items() if mine.browses(table)}
    readers = [table for table, sources in known.items() if name in sources]
    return [source for source in known.get(name, []) if source in known], readers


def versions(table: str) -> QuerySet[PublishedVersion]:
    return PublishedVersion.objects.filter(table=table).defer(*LARGE).order_by("-version")


@dataclass(frozen=True)
class Version:
    """A published version; `run` where one of ours made it, `inputs` of those that the reader may browse."""

    row: PublishedVersion
    run: str
    inputs: list[tuple[str, int]]


def shown(rows: Iterable[PublishedVersion], mine: Held) -> list[Version]:
    return [
        Version(
            row,
            row.run_id if _is_uuid(row.run_id) else "",
            [(name, at) for name, at in row.inputs.items() if mine.browses(name)],
        )
        for row in rows
    ]


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
