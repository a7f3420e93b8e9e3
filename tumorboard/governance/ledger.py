"""PostgreSQL's part of the lake: published versions, one writer at a time, and the identity tables.

It opens nothing: what does is `governance.opening`, which the gate and the pipeline alone import.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from tumorboard.governance.models import PublishedVersion
from tumorboard.identity.crosswalk import Crosswalk
from tumorboard.lake.publishing import Publication
from tumorboard.pipeline import declared

declared.load()  # the lake knows a table once its declaration has been imported

KEPT = tuple(field.name for field in dataclasses.fields(Publication))
LATEST = """
select wanted, (select max(version) from governance_publishedversion where "table" = wanted)
from unnest(%s::text[]) wanted
"""
LOCK_CLASS = 7_201  # first half of the advisory lock's name; the second is the table


class DatabaseLedger:
    """The lake's ledger in PostgreSQL. Inside one transaction all its publications appear together."""

    def latest(self, table: str) -> Publication | None:
        row = PublishedVersion.objects.filter(table=table).order_by("-version").first()
        return publication_of(row) if row else None

    def at(self, table: str, version: int) -> Publication | None:
        row = PublishedVersion.objects.readable().filter(table=table, version=version).first()
        return publication_of(row) if row else None

    def versions(self, table: str) -> list[Publication]:
        """Every version readers may still see, the oldest first."""
        rows = PublishedVersion.objects.readable().filter(table=table).order_by("version")
        return [publication_of(row) for row in rows]

    def retired_within(self, table: str, seconds: float) -> list[Publication]:
        """Versions retired so lately that a read or a backup may still be at their files."""
        since = timezone.now() - timedelta(seconds=seconds)
        return [
            publication_of(row) for row in PublishedVersion.objects.filter(table=table, retired_at__gt=since)
        ]

    def log(self, table: str) -> dict[str, str]:
        logs = PublishedVersion.objects.filter(table=table).values_list("log", flat=True)
        return {name: digest for log in logs for name, digest in log.items()}

    def publish(self, publication: Publication) -> None:
        PublishedVersion.objects.create(**{name: getattr(publication, name) for name in KEPT})

    def amend(self, publication: Publication) -> None:
        """Keep what maintenance found out or did: the log files there are now, the hash of the rows."""
        PublishedVersion.objects.filter(table=publication.table, version=publication.version).update(
            log=publication.log, rows_hash=publication.rows_hash
        )

    def forget_log(self, table: str, names: Iterable[str]) -> None:
        """These log files were cleaned up: nobody is to miss them."""
        gone = set(names)
        for row in PublishedVersion.objects.filter(table=table).only("log"):
            if not gone.isdisjoint(row.log):
                row.log = {name: digest for name, digest in row.log.items() if name not in gone}
                row.save(update_fields=["log"])

    def retire(self, table: str, versions: Iterable[int]) -> None:
        rows = PublishedVersion.objects.readable().filter(table=table, version__in=list(versions))
        rows.update(retired_at=timezone.now())

    @contextmanager
    def writing(self, table: str) -> Iterator[None]:
        """Hold the table's lock until the transaction ends: a second writer waits for the publication."""
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_xact_lock(%s, %s)", [LOCK_CLASS, _lock_number(table)])
            yield


def latest_versions(names: Iterable[str]) -> dict[str, int]:
    """The latest published version of each table that has one; however many there are, one look each."""
    with connection.cursor() as cursor:
        cursor.execute(LATEST, [list(names)])
        return {table: version for table, version in cursor.fetchall() if version is not None}


def crosswalk() -> Crosswalk:
    """The identity tables, on this thread's database connection."""
    return Crosswalk(connection.cursor)


def _lock_number(table: str) -> int:
    return zlib.crc32(table.encode()) - 2**31


def publication_of(row: PublishedVersion) -> Publication:
    kept = {name: getattr(row, name) for name in KEPT}
    return Publication(**{**kept, "manifest": {n: _entry(entry) for n, entry in row.manifest.items()}})


def _entry(kept: dict[str, Any] | str) -> dict[str, Any]:
    """Versions of before 0.2 kept the hash of a file alone; its size and rows are found at the next write."""
    return kept if isinstance(kept, dict) else {"sha256": kept, "size": 0, "rows": 0}
