"""Is the log still what was written? Walks the chain and names every place where it is not."""

from __future__ import annotations

from collections.abc import Iterator

from tumorboard.audit.models import GENESIS, AuditEvent


def verify(*, head: tuple[int, str] | None = None) -> list[str]:
    """Every fault found in the log; an empty list means it is intact.

    `head` is a (seq, hash) noted earlier, outside this database: only with it can a log that was cut at
    its end, or rewritten as a whole, be told from an intact one.
    """
    faults = list(_broken_links())
    if head is not None and not AuditEvent.objects.filter(seq=head[0], hash=head[1]).exists():
        faults.append(f"event {head[0]}: the log no longer holds the event noted as its head")
    return faults


def _broken_links() -> Iterator[str]:
    expected_seq, previous_hash = 1, GENESIS
    for event in AuditEvent.objects.order_by("seq").iterator(chunk_size=2000):
        if event.seq != expected_seq:
            yield f"events {expected_seq} to {event.seq - 1} are missing"
        elif event.previous_hash != previous_hash:
            yield f"event {event.seq}: does not follow from event {event.seq - 1}"
        if event.computed_hash() != event.hash:
            yield f"event {event.seq}: its content was changed after it was written"
        expected_seq, previous_hash = event.seq + 1, event.hash
