"""Maintenance and scrub of the lake, as jobs and as commands.

Kept are: the newest versions of every table, every version that a snapshot or a trained model pins, and, for
each of those, the versions it was made from, so that its rows can be made again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.governance.ledger import DatabaseLedger
from tumorboard.governance.models import PublishedVersion, ScrubResult, Snapshot
from tumorboard.governance.opening import lake, landing_volume
from tumorboard.lake import tables
from tumorboard.lake.store import Damaged
from tumorboard.lake.tables import Table
from tumorboard.lake.upkeep import GRACE, Kept, Upkeep
from tumorboard.pipeline.landing import content_hash_of_kept
from tumorboard.runs.models import IngestedFile, Job
from tumorboard.runs.version import code_version
from tumorboard.runs.working import Attempt
from tumorboard.scores.models import ScoringModel

Pins = dict[str, set[int]]  # table -> versions
VOLUME = "volume landing"
FILES_A_STEP = 2000


# ---- which versions stay


def kept_versions(recent: int | None = None) -> Pins:
    """Table -> versions that maintenance never touches."""
    kept: Pins = defaultdict(set)
    for table, version in [*_pinned(), *_recent(settings.LAKE_KEEP_VERSIONS if recent is None else recent)]:
        kept[table].add(version)
    return _with_inputs(kept)


def _pinned() -> Iterator[tuple[str, int]]:
    """Snapshots (of cases, agendas and signed decisions), what jobs under way go by, what models saw."""
    for entries in Snapshot.objects.values_list("entries", flat=True):
        yield from ((table, entry["version"]) for table, entry in entries.items())
    for pins in Job.objects.active().values_list("pins", flat=True):
        yield from pins.items()
    for inputs in ScoringModel.objects.values_list("inputs", flat=True):
        yield from ((table, version) for table, version in inputs.items() if isinstance(version, int))


def _recent(number: int) -> Iterator[tuple[str, int]]:
    for table in tables.all_tables():
        versions = PublishedVersion.objects.readable().filter(table=table.name).order_by("-version")
        yield from ((table.name, v) for v in versions.values_list("version", flat=True)[: max(1, number)])


def _with_inputs(kept: Pins) -> Pins:
    """Also what the kept versions were made from, back to bronze."""
    inputs = {
        (table, version): read
        for table, version, read in PublishedVersion.objects.values_list("table", "version", "inputs")
    }
    waiting = [(table, version) for table, versions in kept.items() for version in versions]
    while waiting:
        for table, version in inputs.get(waiting.pop(), {}).items():
            if version not in kept[table]:
                kept[table].add(version)
                waiting.append((table, version))
    return kept


# ---- maintenance


def upkeep(run_id: str, **limits: Any) -> Upkeep:
    ledger = DatabaseLedger()
    return Upkeep(lake(), ledger, run_id, code_version(), **{"grace": GRACE, **limits})


def maintain_table(table: Table, work: Upkeep, kept: Pins, by: Any) -> Kept | None:
    """One table, in one transaction with its record; files are deleted once that holds. Raises Damaged."""
    with transaction.atomic():
        done = work.maintain(table, kept.get(table.name, set()))
        if done is not None:
            record(
                Event.LAKE_MAINTAINED,
                by=by,
                target=("table", table.name),
                table=table.name,
                version=done.compacted.version if done.compacted else None,
                retired=done.retired,
                deleted=len(done.deleted),
            )
            transaction.on_commit(lambda: work.sweep(done))
    return done


def maintain(attempt: Attempt) -> str:
    """The job `maintain`: every table in turn; a damaged one is left as it is and named."""
    work = upkeep(str(attempt.job.uuid))
    kept = kept_versions()
    listed = tables.all_tables()
    damaged: list[str] = []
    for number, table in enumerate(listed, 1):
        if number <= attempt.resume_at:
            continue
        with attempt.effect(number, len(listed)):
            try:
                maintain_table(table, work, kept, "worker")
            except Damaged as error:
                damaged.append(table.name)
                _result(work.run_id, table.name, None, str(error))
    return f"tables: {len(listed)}" + (f", damaged: {', '.join(damaged)}" if damaged else "")


def maintain_now(*, by: Any, only: Iterable[str] = (), **limits: Any) -> Iterator[Kept | Damaged]:
    """The same from the command line."""
    work, kept = upkeep(str(uuid4()), **limits), kept_versions()
    for table in tables.all_tables():
        if only and table.name not in only:
            continue
        try:
            if (done := maintain_table(table, work, kept, by)) is not None:
                yield done
        except Damaged as error:
            yield error


# ---- scrub


def scrub(attempt: Attempt) -> str:
    """The job `scrub`: hash everything that was published, and the received files."""
    run_id = str(attempt.job.uuid)
    parts = [*(table.name for table in tables.all_tables()), VOLUME]
    for number, part in enumerate(parts, 1):
        if number <= attempt.resume_at:
            continue
        results = scrub_part(part, run_id)
        with attempt.effect(number, len(parts)):
            ScrubResult.objects.filter(run_id=run_id, table=part).delete()
            ScrubResult.objects.bulk_create(results)
    return _scrubbed(run_id, "worker")


def scrub_now(*, by: Any) -> list[ScrubResult]:
    """The same from the command line; the results, damaged ones first."""
    run_id = str(uuid4())
    for part in [*(table.name for table in tables.all_tables()), VOLUME]:
        ScrubResult.objects.bulk_create(scrub_part(part, run_id))
    _scrubbed(run_id, by)
    return list(ScrubResult.objects.filter(run_id=run_id).order_by("sound", "table", "version"))


def last_scrub() -> list[ScrubResult]:
    """The results of the latest scrub, damaged ones first; empty when there was none."""
    latest = ScrubResult.objects.order_by("-checked_at").values_list("run_id", flat=True).first()
    return list(ScrubResult.objects.filter(run_id=latest).order_by("sound", "table", "version"))


def scrub_part(part: str, run_id: str) -> list[ScrubResult]:
    return [_volume(run_id)] if part == VOLUME else list(_versions(part, run_id))


def _versions(table: str, run_id: str) -> Iterator[ScrubResult]:
    store = lake()
    store.forget(table)
    for publication in DatabaseLedger().versions(table):
        result = ScrubResult(run_id=run_id, table=table, version=publication.version, sound=True)
        try:
            result.files, result.size = store.check(publication)
        except Damaged as error:
            result.sound, result.message = False, str(error)[:400]
        yield result


def _volume(run_id: str) -> ScrubResult:
    """Every received file under its hash. The message names the first that is wrong, by its hash."""
    volume = landing_volume()
    result = ScrubResult(run_id=run_id, table=VOLUME, sound=True)
    for digest, size in IngestedFile.objects.values_list("file_hash", "size"):
        result.files += 1
        result.size += size
        if result.sound and content_hash_of_kept(volume, digest) != digest:
            result.sound = False
            result.message = (
                f"{VOLUME}: the file {digest} is not as it was received; bring it back from the backup"
            )
    return result


def _result(run_id: str, table: str, version: int | None, message: str) -> None:
    ScrubResult.objects.create(
        run_id=run_id, table=table, version=version, sound=False, message=message[:400]
    )


@transaction.atomic
def _scrubbed(run_id: str, by: Any) -> str:
    results = ScrubResult.objects.filter(run_id=run_id)
    damaged = results.filter(sound=False).count()
    record(Event.LAKE_SCRUBBED, by=by, target=("scrub", run_id), checked=results.count(), damaged=damaged)
    return f"versions and volumes: {results.count()}, damaged: {damaged}"
