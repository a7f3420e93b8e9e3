"""Ingest: files in, bronze landed, silver and gold built for the patients concerned.

Killed at any moment and started again, it ends with the same tables: a batch lands together with its
journal entries or not at all, and files that landed but were not built yet are built by the next run.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.governance.actions import register_securables, set_units
from tumorboard.governance.ledger import DatabaseLedger, crosswalk, latest_versions
from tumorboard.governance.opening import lake, landing_volume
from tumorboard.identity.crosswalk import Identifier
from tumorboard.lake import engine, tables
from tumorboard.lake.store import PREDICATE_LIMIT
from tumorboard.lake.tables import Table
from tumorboard.pipeline.building import Builder, Built
from tumorboard.pipeline.landing import KNOWN, LANDED, NOT_DATA, LandedFile, Landing
from tumorboard.runs.journal import DatabaseJournal, broken_row, quarantine
from tumorboard.runs.models import IngestedFile, IngestRun, QuarantinedRow
from tumorboard.runs.rescoring import score_again
from tumorboard.runs.rescreening import after_build
from tumorboard.runs.version import code_version

PATIENTS = "silver.patients"
Progress = Callable[[str, int, int], None]


def ingest(
    *, paths: Sequence[Path], by: Any, patient: Identifier | None = None, progress: Progress = lambda *_: None
) -> IngestRun:
    """Take in every file under `paths`. The run's report says what became of each source and table."""
    started = time.monotonic()
    run = IngestRun.objects.create(started_by=str(by))
    landing = Landing(
        lake(), landing_volume(), crosswalk(), DatabaseJournal(run), run.run_id, code_version(), patient
    )
    landed = landing.land(paths, lambda done, total: progress("files", done, total))
    built = build(run=run, progress=lambda done, total: progress("tables", done, total))
    _finish(run, landed, built, time.monotonic() - started, by)
    return run


def build(
    *, run: IngestRun, progress: Callable[[int, int], None] = lambda *_: None, everything: bool = False
) -> Built:
    """Build what the files landed since the last build concern; all its tables appear together.

    One build at a time: two at once would each overwrite what the other has just made.
    """
    with DatabaseLedger().writing("builds"):
        before = latest_versions(table.name for table in tables.build_order())
        built, patients = _build(run, progress, everything)
    if built.publications:
        register_securables()
        units_from_sites(run, built)
        versions = {p.table: p.version for p in built.publications}
        after_build(versions=versions, before=before, patients=patients, by=run.started_by)
        score_again(versions=versions, patients=patients, by=run.started_by)
    return built


def units_from_sites(run: IngestRun, built: Built) -> int:
    """The sites of the patients become the units of quality work. How many changed; done again, none."""
    published = next((p for p in built.publications if p.table == PATIENTS), None)
    if published is None:
        return 0
    rows = lake().read(tables.get(PATIENTS), columns=["patient_key", "site"], version=published.version)
    sites = zip(rows["patient_key"].to_pylist(), rows["site"].to_pylist(), strict=True)
    return set_units(units={key: site[:120] for key, site in sites if site}, by=run.started_by)


def _build(
    run: IngestRun, progress: Callable[[int, int], None], everything: bool
) -> tuple[Built, list[str] | None]:
    """What was built, and for whom: None for everyone."""
    waiting = list(IngestedFile.objects.unbuilt())
    targets = _targets({f.source for f in waiting}, everything)
    if not targets:
        return Built(), []
    patients = None if everything else _patients(waiting, targets)
    subjects = crosswalk().subjects_of(patients) if patients is not None else None
    links = [link for link in crosswalk().links() if subjects is None or link[0] in subjects]
    superseded = list(IngestedFile.objects.superseded().values_list("file_hash", flat=True))
    received = list(IngestedFile.objects.order_by("pk").values_list("file_hash", flat=True))
    with engine.spark(settings.SPARK_REMOTE) as session:
        builder = Builder(lake(), session, links, superseded, received, run.run_id, code_version(), patients)
        built = builder.build(targets, progress)
    IngestedFile.objects.filter(pk__in=[f.pk for f in waiting]).update(built_at=timezone.now())
    quarantine(run, [broken_row(b) for b in built.broken])
    return built, patients


def _targets(sources: set[str], everything: bool) -> list[Table]:
    """Tables that follow from the changed sources, and tables that were never built."""
    changed = {t.name for t in tables.downstream(f"bronze.{source}" for source in sources)}
    store = lake()
    return [
        table
        for table in tables.build_order()
        if everything or table.name in changed or store.version(table.name) is None
    ]


def _patients(waiting: Sequence[IngestedFile], targets: Sequence[Table]) -> list[str] | None:
    """The patients whose rows may change; None (everyone) at a first build or when they are many."""
    store = lake()
    if any(store.version(table.name) is None for table in targets):
        return None
    subjects: set[str] = set()
    hashes = {f.file_hash for f in waiting} | set(
        IngestedFile.objects.filter(superseded_by__in=waiting).values_list("file_hash", flat=True)
    )
    for source in {f.source for f in waiting}:
        subjects |= _subjects(source, hashes)
    patients = crosswalk().patients_of(sorted(subjects))
    patients |= crosswalk().merged_into(sorted(patients))
    return sorted(patients) if len(patients) <= PREDICATE_LIMIT else None


def _subjects(source: str, hashes: set[str]) -> set[str]:
    rows = lake().read(
        tables.get(f"bronze.{source}"),
        columns=["subject_key"],
        where=pc.field("file_hash").isin(sorted(hashes)),
    )
    return set(pc.unique(rows["subject_key"].drop_null()).to_pylist())


def _finish(run: IngestRun, landed: Sequence[LandedFile], built: Built, seconds: float, by: Any) -> None:
    run.report = report(run, landed, built, seconds)
    run.ended_at = timezone.now()
    with transaction.atomic():
        run.save(update_fields=["report", "ended_at"])
        record(Event.INGESTED, by=by, target=run, files=len(landed))


def report(run: IngestRun, landed: Sequence[LandedFile], built: Built, seconds: float) -> dict[str, Any]:
    """What the run did, as JSON: files by outcome, why some are no data, rows by source, tables written."""
    return {
        "run": run.run_id,
        "seconds": round(seconds, 2),
        "files": dict(Counter(f.outcome for f in landed)),
        "set_aside": dict(Counter(f.reason for f in landed if f.outcome == NOT_DATA)),
        "sources": _by_source(landed),
        "tables": [{"table": p.table, "version": p.version, "rows": p.rows} for p in built.publications],
        "quarantined": QuarantinedRow.objects.filter(run=run).count(),
        "known_before": sum(f.outcome == KNOWN for f in landed),
    }


def _by_source(landed: Sequence[LandedFile]) -> dict[str, dict[str, int]]:
    sources: dict[str, Counter[str]] = {}
    for f in landed:
        if f.source:
            counts = sources.setdefault(f.source, Counter())
            counts["files"] += f.outcome == LANDED
            counts["rows"] += f.row_count
            counts["quarantined"] += len(f.refusals)
            counts["notices"] += len(f.notices)
            counts["unassigned"] += f.unassigned
    return {source: dict(counts) for source, counts in sorted(sources.items())}
