"""Read the trial registry: records changed since the last reading come in by the one door, as files."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.utils import timezone

from tumorboard.pipeline.sources.registry_feed import Feed, FeedError, changed_since, posted_on, write
from tumorboard.runs.ingesting import ingest
from tumorboard.runs.working import Attempt
from tumorboard.screening.actions import keep_reading
from tumorboard.screening.models import RegistryReading


def sync_trials(attempt: Attempt) -> str:
    """The job `sync`. Done twice it finds the same files, which are known by then."""
    reading = sync(by=attempt.job.requested_by or "schedule")
    attempt.progress(1, 1)
    return f"records: {reading.records}, new or changed: {reading.changed}"


def sync(*, by: Any) -> RegistryReading:
    """Fetch what changed since the last reading of the same address, and ingest it. Raises FeedError; then
    nothing counts as read, and the next reading begins at the same day."""
    feed = Feed(settings.TRIAL_REGISTRY, settings.TRIAL_REGISTRY_CONDITION)
    if not feed.address:
        raise FeedError("no trial registry is set: TRIAL_REGISTRY names a folder or the address of the API")
    last = known_until(feed)
    files, latest, count = set(), last, 0
    with TemporaryDirectory() as folder:  # the files are kept in the landing volume
        for study in changed_since(feed, last):
            count += 1
            files.add(write(study, Path(folder)))
            latest = _later(latest, posted_on(study))
        changed = _ingested(sorted(filter(None, files)), by)
    return keep_reading(address=_named(feed), known_until=latest, records=count, changed=changed, by=by)


def _later(known: date | None, posted: date | None) -> date | None:
    """A day still to come is an error of the record: going by it, nothing would be read until then."""
    if posted is not None and posted > timezone.localdate():
        return known
    return max(filter(None, (known, posted)), default=None)


def known_until(feed: Feed) -> date | None:
    """The day from which on the registry is read: that day's records may still have been posted later."""
    readings = RegistryReading.objects.filter(address=_named(feed)).exclude(known_until=None)
    return readings.values_list("known_until", flat=True).first()


def _named(feed: Feed) -> str:
    """Another condition is another feed: it is read from the beginning."""
    return f"{feed.address} {feed.condition}".strip()[:300]


def _ingested(files: list[Path], by: Any) -> int:
    """How many of the files were new; nothing to do when all were known."""
    if not files:
        return 0
    report = ingest(paths=files, by=by).report
    return int(report["files"].get("landed", 0))
