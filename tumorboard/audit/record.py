"""Writing the audit log: the one function every action calls."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from tumorboard.audit import context
from tumorboard.audit.events import Event
from tumorboard.audit.models import BODY, POSITION, AuditEvent, Phase, actor_of, body_of, canonical
from tumorboard.audit.numbers import uuid7

NAMED = 1000  # patients of one event that are listed; of more, their number and a digest
BETWEEN = "\x1e"  # record separator: JSON has no such character but escaped
APPEND = "SELECT seq, shard, shard_seq, previous_hash, hash FROM audit_append(string_to_array(%s, chr(30)))"
TEXTS = frozenset(f.attname for f in BODY if f.get_internal_type() in ("TextField", "CharField"))
NUMBERS = frozenset(f.attname for f in BODY if f.get_internal_type() == "BigIntegerField")
LISTS = frozenset(f.attname for f in BODY if f.get_internal_type() == "ArrayField")
FIELDS = (TEXTS | NUMBERS | LISTS | {"masks"}) - {"event", "actor_id", "actor_label", "actor_roles"}


def record(event: str, *, by: Any, **what: Any) -> AuditEvent:
    """Append one event to the log, inside the caller's transaction: if either fails, both are undone.

    `by` is a user, the name of a process, or None when nobody is signed in. `what` may hold `target` (a
    model, or kind and id), `patient_key` or `patient_keys`, and any field of AuditEvent (`table`, `version`,
    `columns`, `purpose`, `phase`, `rule`, `row_count` ...); the rest is detail: what changed in codes, counts
    and ids. A patient's values have no place in it.
    """
    return record_many([{"event": event, **what}], by=by)[0]


def record_many(events: Sequence[dict[str, Any]], *, by: Any) -> list[AuditEvent]:
    """Append several events of one actor in one step; each is a link of a chain."""
    return [
        AuditEvent(**body, **dict(zip(POSITION, place, strict=True))) for body, place in append(events, by=by)
    ]


def append(events: Sequence[dict[str, Any]], *, by: Any) -> Iterator[tuple[dict[str, Any], tuple[Any, ...]]]:
    """The same for callers in a hurry: what was written of each event and its place, as plain values.

    One statement: the database takes a chain that nobody writes to, numbers and links the events, inserts
    them. The chain stays taken until the transaction ends, so it never forks.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("audit.record must run inside the transaction of the change it records")
    if not events:
        return iter(())
    common = {**context.current(), **_actor(by)}
    bodies = [_body(common, **what) for what in events]
    with connection.cursor() as cursor:
        cursor.execute(APPEND, [BETWEEN.join(canonical(body).decode() for body in bodies)])
        return zip(bodies, cursor.fetchall(), strict=True)


def _actor(by: Any) -> dict[str, Any]:
    identifier, label = actor_of(by)
    roles = sorted(getattr(by, "group_names", ()))
    return {"actor_id": identifier, "actor_label": label, "actor_roles": roles}


def _body(
    common: Mapping[str, Any],
    *,
    event: str,
    target: Model | tuple[str, object] | None = None,
    patient_keys: Iterable[str] = (),
    **what: Any,
) -> dict[str, Any]:
    fields = {name: what.pop(name) for name in FIELDS & what.keys()}
    kind, identifier = _target(target)
    values = {
        "event_id": uuid7(),
        "at": timezone.now(),
        "phase": Phase.COMPLETE.value,
        **common,
        "event": Event(event).value,
        "target_kind": kind,
        "target_id": identifier,
        **_patients(patient_keys),
        **fields,
        "detail": what,
    }
    return body_of({name: _as_stored(name, value) for name, value in values.items()})


def _patients(keys: Iterable[str]) -> dict[str, Any]:
    """One patient is named in a field of its own, more in a list, very many by a digest."""
    named = sorted(set(keys))
    if len(named) <= 1:
        return {"patient_key": named[0]} if named else {}
    if len(named) <= NAMED:
        return {"patient_keys": named}
    digest = hashlib.sha256("\n".join(named).encode()).hexdigest()
    return {"patient_count": len(named), "patient_digest": digest}


def _target(target: Model | tuple[str, object] | None) -> tuple[str, str]:
    if target is None:
        return "", ""
    if isinstance(target, Model):
        return target._meta.label_lower, str(getattr(target, "uuid", target.pk))
    kind, identifier = target
    return kind, str(identifier)


def _as_stored(name: str, value: Any) -> Any:
    """The value as the database will give it back, so that the hash is over what stands there."""
    if name in TEXTS:
        return "" if value is None else _text(value)
    if name in NUMBERS:
        return None if value is None else int(value)
    if name in LISTS:
        return [_text(item) for item in value or ()]
    return _plain(value) if name in ("detail", "masks") else value


def _plain(value: Any) -> Any:
    """Only what JSON in the database gives back unchanged; a float might not, so it is kept as text."""
    if isinstance(value, Mapping):
        return {_text(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
        return [_plain(item) for item in items]
    return value if value is None or isinstance(value, (bool, int)) else _text(value)


def _text(value: Any) -> str:
    """What PostgreSQL can hold: no NUL, no half of a character."""
    text = str(value)
    if text.isascii() and text.isprintable():
        return text
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
