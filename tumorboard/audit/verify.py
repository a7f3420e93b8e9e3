"""The verifier, asked from inside the application (a page, a test, the taking of an anchor)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from django.conf import settings
from django.db import connection

from tumorboard.audit import verifier
from tumorboard.audit.models import AuditEvent


def walk(folder: Path | None = None, start: verifier.Anchor = verifier.NOTHING) -> verifier.Walk:
    """A verification on Django's own connection; what the open transaction sees is what it reads."""
    connection.ensure_connection()
    return verifier.Walk(connection.connection, folder, start)


def behind(events: int) -> verifier.Anchor:
    """The oldest anchor with at most so many anchored events after it; the beginning, if all are fewer."""
    whole = max(map(_size, _anchors()), default=0)
    if whole <= events:
        return verifier.NOTHING
    return next(anchor for anchor in _anchors() if whole - _size(anchor) <= events)


def _anchors() -> Iterator[verifier.Anchor]:
    return (anchor for _, anchor in verifier.anchors(Path(settings.AUDIT_ANCHORS)))


def _size(anchor: verifier.Anchor) -> int:
    return sum(count for count, _ in anchor.heads)


def verify(
    *, head: tuple[int, str] | None = None, guarded: bool = True, start: verifier.Anchor = verifier.NOTHING
) -> list[str]:
    """The first faults found in the log and its anchors; an empty list means it is intact.

    `head` is a (seq, hash) noted earlier, outside this database. `guarded` False leaves the triggers out.
    `start` is an anchor from which on to read.
    """
    folder = Path(settings.AUDIT_ANCHORS)
    asked = walk(folder, start)
    sources = [verifier.anchor_faults(folder, None), asked.guards() if guarded else (), asked.faults()]
    faults = list(islice(chain(*sources), verifier.FAULTS_KEPT))
    if head is not None and not AuditEvent.objects.filter(seq=head[0], hash=head[1]).exists():
        faults.append(f"event {head[0]}: the log no longer holds the event noted as its head")
    return faults
