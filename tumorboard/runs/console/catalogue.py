"""The tables of the lake: what is declared, what is published, and what was built from what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from tumorboard.governance.models import PublishedVersion
from tumorboard.lake import tables
from tumorboard.lake.tables import Table
from tumorboard.runs.models import IngestRun, Job

Inputs = dict[str, list[str]]


@dataclass(frozen=True)
class Entry:
    """A declared table with the version readers see; None when nothing has been published."""

    table: Table
    latest: PublishedVersion | None


def latest() -> dict[str, PublishedVersion]:
    rows = PublishedVersion.objects.defer("manifest").order_by("table", "-version").distinct("table")
    return {row.table: row for row in rows}


def entries(tier: str = "", words: str = "") -> list[Entry]:
    """Declared tables in the order of their tiers; `words` is part of a name, a column or the meaning."""
    published = latest()
    found = [t for t in tables.all_tables() if tier in ("", t.schema_name) and _speaks_of(t, words.lower())]
    order = list(tables.TIERS)
    found.sort(key=lambda t: (order.index(t.schema_name), t.name))
    return [Entry(table, published.get(table.name)) for table in found]


def _speaks_of(table: Table, words: str) -> bool:
    return any(words in text.lower() for text in (table.name, table.meaning, *table.columns))


def inputs(published: Mapping[str, PublishedVersion] | None = None) -> Inputs:
    """Table -> what it is declared to read, and what its latest version did read."""
    published = latest() if published is None else published
    return {
        table.name: sorted(
            {*table.reads, *(published[table.name].inputs if table.name in published else ())} - {table.name}
        )
        for table in tables.all_tables()
    }


def versions(table: str) -> QuerySet[PublishedVersion]:
    return PublishedVersion.objects.filter(table=table).defer("manifest").order_by("-version")


def with_run_links(versions: Sequence[PublishedVersion]) -> list[tuple[PublishedVersion, str]]:
    """Each version with the address of the ingest run or job that made it; empty where there is none."""
    wanted = {v.run_id for v in versions if _is_uuid(v.run_id)}
    links = {
        str(uuid): reverse(name, args=[uuid])
        for name, model in (("runs:ingest", IngestRun), ("runs:job", Job))
        for uuid in _known(model.objects.filter(uuid__in=wanted))
    }
    return [(version, links.get(version.run_id, "")) for version in versions]


def _known(rows: QuerySet) -> Iterable[UUID]:
    return rows.order_by().values_list("uuid", flat=True)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
