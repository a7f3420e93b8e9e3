"""Walk back from a row, make it again, and tell other catalogues: lineage with the journal and the ledger.

What a build saw besides its tables (identity links, which files had replaced which) stands in PostgreSQL. It
is taken as of the moment the version was published, except for the links: those are today's.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings

from tumorboard.governance.ledger import crosswalk, publication_of
from tumorboard.governance.models import PublishedVersion
from tumorboard.governance.opening import lake, landing_volume
from tumorboard.lake import engine, openlineage, tables
from tumorboard.lake.publishing import Publication
from tumorboard.pipeline import recomputing
from tumorboard.pipeline.building import Builder
from tumorboard.pipeline.recomputing import NotRecomputable, Place, Recomputed
from tumorboard.runs.models import IngestedFile

PRODUCER = "https://tumorboard.example/pipeline"


def place_of(table: str, row_id: str, version: int | None = None) -> Place:
    """A row at a version, or at the latest. Raises UnknownTable, NotPublished and NotRecomputable."""
    store = lake()
    declared = tables.get(table)
    at = store.version(table) if version is None else version
    found = None if at is None else recomputing.find(store, declared, at, row_id)
    if found is None:
        raise NotRecomputable(f"{table} has no row {row_id} at version {at}")
    return found


def walk(place: Place) -> list[Place]:
    """The row, and every row behind it down to those received."""
    return [place, *recomputing.behind(lake(), place)]


@dataclass
class Recomputer:
    """Makes rows again, on one engine session."""

    session: Any  # of the engine

    def recompute(self, place: Place) -> Recomputed:
        """One row: rebuilt by the declared build, or read again from its file. Raises NotRecomputable."""
        if place.table.startswith("bronze."):
            return recomputing.reread(landing_volume(), place)
        return recomputing.rebuilt(self._builder(place), place)

    def whole_way(self, place: Place) -> list[Recomputed]:
        """The row, and every row behind it: so the value is made anew from the file's bytes on."""
        return [self.recompute(step) for step in walk(place)]

    def _builder(self, place: Place) -> Builder:
        at = PublishedVersion.objects.get(table=place.table, version=place.version).published_at
        patients = [place.row["patient_key"]] if place.row.get("patient_key") else None
        return Builder(
            lake(), self.session, self._links(patients), _superseded(at), _received(at), "", "", patients
        )

    def _links(self, patients: Sequence[str] | None) -> list[tuple[str, str]]:
        if patients is None:
            return self._all_links
        (patient,) = patients
        return [link for link in self._all_links if link[1] == patient]

    @cached_property
    def _all_links(self) -> list[tuple[str, str]]:
        return crosswalk().links()


@contextmanager
def recomputer() -> Iterator[Recomputer]:
    """On an engine of its own, for the time of the block."""
    with engine.spark(settings.SPARK_REMOTE) as session:
        yield Recomputer(session)


def _superseded(at: datetime) -> list[str]:
    """Files that had been replaced by then."""
    files = IngestedFile.objects.filter(superseded_by__landed_at__lte=at)
    return list(files.values_list("file_hash", flat=True))


def _received(at: datetime) -> list[str]:
    files = IngestedFile.objects.filter(landed_at__lte=at).order_by("pk")
    return list(files.values_list("file_hash", flat=True))


def sample(number: int, seed: int = 0, names: Sequence[str] = ()) -> list[Place]:
    """Random rows of the latest versions of built tables: what the page and the models show."""
    store = lake()
    chosen = random.Random(seed)
    ids = [
        (table, row_id)
        for table in names or [t.name for t in tables.build_order() if t.schema_name == "gold"]
        if store.version(table) is not None
        for row_id in store.read(tables.get(table), columns=["row_id"])["row_id"].to_pylist()
    ]
    return [place_of(*chosen.choice(ids)) for _ in range(number if ids else 0)]


def events(since: datetime | None = None) -> Iterator[str]:
    """OpenLineage run events of all versions published since, one JSON text each, the oldest first."""
    rows = PublishedVersion.objects.order_by("published_at", "pk")
    for row in rows.filter(published_at__gte=since) if since else rows:
        publication = publication_of(row)
        event = openlineage.event(
            publication,
            row.published_at,
            namespace=settings.LINEAGE_NAMESPACE,
            producer=PRODUCER,
            table=tables.get,
            rows=_rows_of(publication),
        )
        yield json.dumps(event, sort_keys=True)


def _rows_of(publication: Publication) -> dict[str, int]:
    found: dict[str, Any] = {}
    for name, version in publication.inputs.items():
        rows = PublishedVersion.objects.filter(table=name, version=version).values_list("rows", flat=True)
        found.update((name, count) for count in rows)
    return found
