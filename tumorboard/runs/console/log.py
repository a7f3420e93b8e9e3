"""Searching the audit log: who did what about whom, page by page; and whether its chains still hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Min, QuerySet
from django.utils import timezone

from tumorboard.audit import anchors, fhir
from tumorboard.audit.events import Event
from tumorboard.audit.models import AuditEvent
from tumorboard.audit.record import record
from tumorboard.audit.verify import behind, verify
from tumorboard.governance.permissions import OPERATIONS

FAULTS_SHOWN = 50
VERIFIED_AT_ONCE = 20_000  # events; a longer log is verified when somebody asks
VERIFIED_ON_A_PAGE = 200_000  # of a longer log a page reads the newest; the command reads all
PAGE_SIZE = 50
EXPORTED = 10_000  # events of one download; `manage.py audit export` has no limit
SEARCHED, TAKEN_OUT = Event.AUDIT_SEARCHED, Event.AUDIT_EXPORTED
PARTICULARS = {  # field: its words, where a page does not show it in a column of its own
    "outcome": "outcome", "on_behalf_of": "on behalf of", "break_glass_id": "break-glass",
    "row_filter": "row filter",
    "auth_method": "signed in by", "session_hash": "session", "source_ip": "address", "user_agent": "browser",
    "bytes_out": "bytes", "duration_ms": "milliseconds", "commit_hash": "commit", "policy_hash": "policies",
    "query_fingerprint": "shape of the question", "patient_digest": "digest of the patients",
    "request_id": "request", "trace_id": "trace", "job_id": "job", "code_version": "code", "place": "chain",
}  # fmt: skip
EQUAL = ("event", "purpose", "phase", "channel")


# ---- finding


def search(chosen: Mapping[str, Any], patient_key: str = "") -> QuerySet[AuditEvent]:
    """Newest first. `chosen` holds event, purpose, phase, channel, actor and table (parts of them), since and
    until (both days included)."""
    events = AuditEvent.objects.between(_midnight(chosen.get("since")), _midnight(chosen.get("until"), 1))
    events = events.filter(**{name: chosen[name] for name in EQUAL if chosen.get(name)})
    if chosen.get("actor"):
        events = events.filter(actor_label__icontains=chosen["actor"])
    if chosen.get("table"):
        events = events.filter(table__icontains=chosen["table"])
    return events.for_patient(patient_key) if patient_key else events.order_by("-seq")


@dataclass(frozen=True)
class Page:
    """Fifty events; `newer` and `older` are the numbers from which the pages beside it go on."""

    events: list[AuditEvent]
    newer: int | None
    older: int | None

    @property
    def rows(self) -> list[tuple[AuditEvent, list[tuple[str, Any]]]]:
        return [(event, particulars(event)) for event in self.events]


def page_of(events: QuerySet[AuditEvent], asked: Mapping[str, str]) -> Page:
    """The newest page, or the one that `before` or `after` (numbers of events) asks for. It is found by the
    number, not counted to, so the last page of ten million comes as fast as the first."""
    before, after = _number(asked.get("before")), _number(asked.get("after"))
    if after is not None:
        found = list(events.filter(seq__gt=after).reverse()[: PAGE_SIZE + 1])
        shown, more = found[:PAGE_SIZE][::-1], len(found) > PAGE_SIZE
        return Page(shown, shown[0].seq if shown and more else None, shown[-1].seq if shown else None)
    found = list((events.filter(seq__lt=before) if before is not None else events)[: PAGE_SIZE + 1])
    shown, more = found[:PAGE_SIZE], len(found) > PAGE_SIZE
    newer = shown[0].seq if shown and before is not None else None
    return Page(shown, newer, shown[-1].seq if more else None)


def particulars(event: AuditEvent) -> list[tuple[str, Any]]:
    """What else is recorded of an event, in words: what the columns of the page leave out."""
    shown = {"roles": ", ".join(event.actor_roles), "masks": in_words(event.masks), **event.detail}
    fields = {words: getattr(event, name) for name, words in PARTICULARS.items()}
    return [(name, value) for name, value in {**shown, **fields}.items() if value not in ("", None)]


def in_words(pairs: Mapping[str, Any]) -> str:
    """`old: ready, new: on_agenda`"""
    return ", ".join(f"{name}: {value}" for name, value in pairs.items())


def people(events: QuerySet[AuditEvent]) -> list[dict[str, Any]]:
    """Everybody in what was found: how often, first and last; the last to look comes first."""
    grouped = events.order_by().values("actor_id", "actor_label")
    return list(grouped.annotate(times=Count("seq"), first=Min("at"), last=Max("at")).order_by("-last"))


def on_record(event: Event, *, by: Any, chosen: Mapping[str, Any], patient_key: str, **more: Any) -> None:
    """A look into the log is an access too: which patient, narrowed by what (not the words themselves)."""
    narrowed = sorted(name for name, value in chosen.items() if value and name != "record_number")
    with transaction.atomic():
        record(event, by=by, patient_key=patient_key, purpose=OPERATIONS, narrowed_by=narrowed, **more)


def exported(events: QuerySet[AuditEvent]) -> list[str]:
    """One FHIR AuditEvent a line, newest first, at most EXPORTED."""
    return list(fhir.ndjson(events[:EXPORTED]))


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None


def _midnight(day: Any, later: int = 0) -> datetime | None:
    return timezone.make_aware(datetime.combine(day + timedelta(days=later), time.min)) if day else None


# ---- verifying


@dataclass(frozen=True)
class Signed:
    """An anchor as a page names it."""

    number: int
    at: datetime


@dataclass(frozen=True)
class Verification:
    """What a walk along the chains found. The anchor, outside the database, makes a later cut visible."""

    faults: list[str]
    head: AuditEvent | None
    anchor: Signed | None
    start: int  # the anchor from which on events were read; 0 is the beginning

    @property
    def shown(self) -> list[str]:
        return self.faults[:FAULTS_SHOWN]


def head() -> AuditEvent | None:
    return AuditEvent.objects.order_by("-seq").first()


def last_anchor() -> Signed | None:
    last = anchors.last()
    return Signed(last.number, datetime.fromisoformat(last.at)) if last else None


def verification(noted: tuple[int, str] | None = None) -> Verification:
    start = behind(VERIFIED_ON_A_PAGE)
    return Verification(verify(head=noted, start=start), head(), last_anchor(), start.number)
