"""PostgreSQL's part of the lake: published versions, one writer at a time, and the identity tables."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from tumorboard.governance.models import PublishedVersion
from tumorboard.identity.crosswalk import Crosswalk
from tumorboard.lake.store import Lake, Publication
from tumorboard.lake.volume import Volume
from tumorboard.pipeline import declared

declared.load()  # the lake knows a table once its declaration has been imported

LOCK_CLASS = 7_201  # first half of the advisory lock's name; the second is the table


class DatabaseLedger:
    """The lake's ledger in PostgreSQL. Inside one transaction all its publications appear together."""

    def latest(self, table: str) -> Publication | None:
        row = PublishedVersion.objects.filter(table=table).order_by("-version").first()
        return _publication(row) if row else None

    def at(self, table: str, version: int) -> Publication | None:
        row = PublishedVersion.objects.filter(table=table, version=version).first()
        return _publication(row) if row else None

    def publish(self, publication: Publication) -> None:
        PublishedVersion.objects.create(
            table=publication.table,
            version=publication.version,
            content_hash=publication.content_hash,
            manifest=publication.manifest,
            inputs=publication.inputs,
            rows=publication.rows,
            run_id=publication.run_id,
            code_version=publication.code_version,
        )

    @contextmanager
    def writing(self, table: str) -> Iterator[None]:
        """Hold the table's lock until the transaction ends: a second writer waits for the publication."""
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_xact_lock(%s, %s)", [LOCK_CLASS, _lock_number(table)])
            yield


def latest_versions(names: Iterable[str]) -> dict[str, int]:
    """The latest published version of each table that has one."""
    rows = PublishedVersion.objects.filter(table__in=list(names)).values_list("table")
    return dict(rows.annotate(Max("version")).order_by())


def lake() -> Lake:
    """The lake of this installation. For the gate and the pipeline alone."""
    return Lake(settings.LAKE_URL, DatabaseLedger())


def landing_volume() -> Volume:
    """Every file as received, by content hash."""
    return Volume(settings.VOLUMES_DIR / "landing")


def crosswalk() -> Crosswalk:
    """The identity tables, on this thread's database connection."""
    return Crosswalk(connection.cursor)


def _lock_number(table: str) -> int:
    return zlib.crc32(table.encode()) - 2**31


def _publication(row: PublishedVersion) -> Publication:
    return Publication(
        table=row.table,
        version=row.version,
        content_hash=row.content_hash,
        manifest=row.manifest,
        inputs=row.inputs,
        run_id=row.run_id,
        code_version=row.code_version,
        rows=row.rows,
    )
