"""Snapshots and what holds them; what the last look at the stored files found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from tumorboard.governance.models import PublishedVersion, ScrubResult, Snapshot
from tumorboard.scores.models import ScoringModel
from tumorboard.ui.filters import any_of

SOUND, DAMAGED = "sound", "damaged"


def search(words: str = "") -> QuerySet[Snapshot]:
    """Newest first; `words`: who made it, or a table that is in it."""
    rows = Snapshot.objects.select_related("created_by").order_by("-created_at")
    if not words:
        return rows
    return rows.filter(Q(created_by__display_name__icontains=words) | Q(entries__has_key=words))


def pinned_by(snapshots: Sequence[Snapshot]) -> dict[int, str]:
    """What refers to each snapshot, in words: `2 decisions, 1 case presentation`."""
    found: dict[int, list[str]] = defaultdict(list)
    for model, field in _referring():
        rows = model.objects.filter(**{f"{field}__in": snapshots}).order_by().values_list(field)
        for pk, number in rows.annotate(Count("pk")):
            found[pk].append(_number(number, model._meta))
    by_uuid = {snapshot.uuid: snapshot.pk for snapshot in snapshots}
    for uuid, name, version in _models(by_uuid):
        found[by_uuid[uuid]].append(f"model {name} {version}")
    return {snapshot.pk: ", ".join(found[snapshot.pk]) for snapshot in snapshots}


def _referring() -> list[tuple[Any, str]]:
    """Every model with a foreign key to a snapshot, whatever app it belongs to."""
    relations = Snapshot._meta.get_fields(include_hidden=True)
    return [
        (relation.related_model, relation.field.name)  # type: ignore[union-attr]
        for relation in relations
        if (relation.one_to_many or relation.one_to_one) and relation.auto_created
    ]


def _number(number: int, meta: Any) -> str:
    return f"{number} {meta.verbose_name if number == 1 else meta.verbose_name_plural}"


def _models(uuids: Iterable[Any]) -> Iterable[tuple[Any, str, str]]:
    return ScoringModel.objects.filter(snapshot__in=list(uuids)).values_list("snapshot", "name", "version")


@dataclass(frozen=True)
class Pinned:
    """One table of a snapshot, compared with what is published and with the last look at its files."""

    table: str
    version: int
    hash: str
    kind: str
    state: str


def entries(snapshot: Snapshot) -> list[Pinned]:
    published = {
        (row.table, row.version): row
        for row in PublishedVersion.objects.filter(table__in=snapshot.entries).only(
            "table", "version", "content_hash", "retired_at"
        )
    }
    checked = {(row.table, row.version): row for row in latest_checks().filter(table__in=snapshot.entries)}
    return [
        Pinned(table, entry["version"], entry["hash"], *_state(entry, published.get(at), checked.get(at)))
        for table, entry in sorted(snapshot.entries.items())
        for at in [(table, entry["version"])]
    ]


def _state(
    entry: Mapping[str, Any], published: PublishedVersion | None, checked: ScrubResult | None
) -> tuple[str, str]:
    """A kind of status and its word."""
    if published is None:
        return "bad", "Not published here"
    if published.content_hash != entry["hash"]:
        return "bad", "Another content than was pinned"
    if published.retired_at is not None:
        return "bad", "Retired"
    if checked is None:
        return "plain", "Not checked yet"
    return ("ok", "Sound") if checked.sound else ("bad", "Damaged")


# ---- integrity


def latest_checks() -> QuerySet[ScrubResult]:
    """The last look at each version of each table, and at each volume."""
    return ScrubResult.objects.order_by("table", "version", "-checked_at").distinct("table", "version")


def checks(chosen: Mapping[str, Any]) -> QuerySet[ScrubResult]:
    """The damaged first. `q` is part of a table or of what is wrong."""
    rows = ScrubResult.objects.filter(pk__in=latest_checks().values("pk")).order_by(
        "sound", "table", "-version"
    )
    if chosen.get("q"):
        rows = rows.filter(any_of(chosen["q"], "table", "message"))
    state = chosen.get("state")
    return rows.filter(sound=state == SOUND) if state in (SOUND, DAMAGED) else rows


def last_run() -> dict[str, Any] | None:
    """When the files were last looked at, how many of them, and how many tables were damaged."""
    last = ScrubResult.objects.order_by("-checked_at").first()
    if last is None:
        return None
    run = ScrubResult.objects.filter(run_id=last.run_id)
    ended: dict[str, datetime | int] = run.aggregate(
        at=Max("checked_at"), versions=Count("pk"), damaged=Count("pk", filter=Q(sound=False))
    )
    return ended
