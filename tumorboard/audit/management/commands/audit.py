"""`manage.py audit verify`: checks the hash chain of the audit log."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tumorboard.audit.models import AuditEvent
from tumorboard.audit.verify import verify


class Command(BaseCommand):
    help = "Check the audit log. Exit code 1 and one line per fault when it was altered."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["verify"])
        parser.add_argument("--head", metavar="SEQ:HASH", help="a head printed earlier and kept elsewhere")

    def handle(self, *args: Any, what: str, head: str | None, **options: Any) -> None:
        if faults := verify(head=_head(head)):
            raise CommandError("\n".join(faults))
        last = AuditEvent.objects.last()
        self.stdout.write(f"intact; head {last.seq}:{last.hash}" if last else "intact; no event yet")


def _head(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    seq, _, digest = text.partition(":")
    if not seq.isdigit() or len(digest) != 64:
        raise CommandError(f"--head must look like 42:<64 hex digits>, not {text!r}")
    return int(seq), digest
