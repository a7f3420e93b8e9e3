"""Writing the audit log: the one function every action calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from tumorboard.audit.events import Event
from tumorboard.audit.models import GENESIS, AuditEvent, actor_of

CHAIN_LOCK = 0x7475_6D61_7564  # any constant; held until commit, so that the chain never forks


def record(event: str, *, by: Any, **what: Any) -> AuditEvent:
    """Append one event to the log, inside the caller's transaction: if either fails, both are undone.

    `by` is a user, the name of a process, or None when nobody is signed in. `what` may hold `target` (a
    model, or kind and id), `patient_key`, `table`, `version`, `columns` and `purpose`; the rest is detail:
    what changed in codes, counts and ids. A patient's values have no place in it.
    """
    return record_many([{"event": event, **what}], by=by)[0]


def record_many(events: Sequence[dict[str, Any]], *, by: Any) -> list[AuditEvent]:
    """Append several events of one actor in one step; each is a link of the chain of its own."""
    if not connection.in_atomic_block:
        raise RuntimeError("audit.record must run inside the transaction of the change it records")
    actor = actor_of(by)
    head = _locked_head()
    seq, previous = (head.seq, head.hash) if head else (0, GENESIS)
    entries = []
    for what in events:
        seq += 1
        entry = _entry(seq, previous, actor, **what)
        previous = entry.hash
        entries.append(entry)
    return AuditEvent.objects.bulk_create(entries)


def _entry(
    seq: int,
    previous: str,
    actor: tuple[Any, str],
    *,
    event: str,
    target: Model | tuple[str, object] | None = None,
    patient_key: str = "",
    table: str = "",
    version: int | None = None,
    columns: Iterable[str] = (),
    purpose: str = "",
    **detail: Any,
) -> AuditEvent:
    target_kind, target_id = _target(target)
    entry = AuditEvent(
        seq=seq,
        event=Event(event).value,
        at=timezone.now(),
        actor_id=actor[0],
        actor_label=actor[1],
        purpose=purpose,
        patient_key=patient_key,
        target_kind=target_kind,
        target_id=target_id,
        table=table,
        version=version,
        columns=list(columns),
        detail=_plain(detail),
        previous_hash=previous,
    )
    entry.hash = entry.computed_hash()
    return entry


def _locked_head() -> AuditEvent | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
    return AuditEvent.objects.order_by("-seq").first()


def _target(target: Model | tuple[str, object] | None) -> tuple[str, str]:
    if target is None:
        return "", ""
    if isinstance(target, Model):
        return target._meta.label_lower, str(getattr(target, "uuid", target.pk))
    kind, identifier = target
    return kind, str(identifier)


def _plain(value: Any) -> Any:
    """Only what JSON in the database gives back unchanged; a float might not, so it is kept as text."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
        return [_plain(item) for item in items]
    return value if value is None or isinstance(value, (bool, int)) else str(value)
