"""The verifier, asked from inside the application (a page, a test, the taking of an anchor)."""

from __future__ import annotations

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


def verify(*, head: tuple[int, str] | None = None, guarded: bool = True) -> list[str]:
    """The first faults found in the log and its anchors; an empty list means it is intact.

    `head` is a (seq, hash) noted earlier, outside this database. `guarded` False leaves the triggers out.
    """
    folder = Path(settings.AUDIT_ANCHORS)
    asked = walk(folder)
    sources = [verifier.anchor_faults(folder, None), asked.guards() if guarded else (), asked.faults()]
    faults = list(islice(chain(*sources), verifier.FAULTS_KEPT))
    if head is not None and not AuditEvent.objects.filter(seq=head[0], hash=head[1]).exists():
        faults.append(f"event {head[0]}: the log no longer holds the event noted as its head")
    return faults
