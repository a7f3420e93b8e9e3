"""`manage.py audit`: anchor the log, verify it, export it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, make_aware

from tumorboard.audit import anchors, fhir, verifier
from tumorboard.audit.events import Event
from tumorboard.audit.models import AuditEvent
from tumorboard.audit.record import record
from tumorboard.audit.verify import walk


class Command(BaseCommand):
    help = "Sign where the audit log stands, verify it (exit code 1 and a line per fault), or export it."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_subparsers(dest="what", required=True)
        which.add_parser("anchor", help="verify what is new and sign where the log stands")
        verify = which.add_parser("verify", help="verify the log and its anchors")
        verify.add_argument("--from", dest="start", type=int, default=0, help="an anchor verified before")
        verify.add_argument("--public-key", type=Path, help="the anchors' public key, kept elsewhere")
        verify.add_argument("--head", metavar="SEQ:HASH", help="an event noted earlier and kept elsewhere")
        export = which.add_parser("export", help="FHIR R4 AuditEvents, one a line")
        export.add_argument("--since", type=_time, help="2026-11-24 or 2026-11-24T08:00+01:00")
        export.add_argument("--until", type=_time, help="up to, without this moment")
        export.add_argument("--out", type=Path, required=True, help="file to write, or - for the terminal")

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        {"anchor": self._anchor, "verify": self._verify, "export": self._export}[what](options)

    def _anchor(self, options: dict[str, Any]) -> None:
        try:
            taken = anchors.take()
        except anchors.Broken as error:
            raise CommandError("\n".join(["nothing was signed:", *error.faults])) from None
        self.stdout.write(f"anchor {taken.number} {taken.root}" if taken else "nothing new to sign")

    def _verify(self, options: dict[str, Any]) -> None:
        folder = Path(settings.AUDIT_ANCHORS)
        head = _head(options["head"])
        if head and not AuditEvent.objects.filter(seq=head[0], hash=head[1]).exists():
            raise CommandError(f"event {head[0]}: the log no longer holds the event noted as its head")
        asked = walk(folder, verifier.at(folder, options["start"]))
        if verifier.report(asked, options["public_key"], self.stdout.write):
            raise CommandError("the audit log, or its anchors, were altered")

    def _export(self, options: dict[str, Any]) -> None:
        with transaction.atomic():
            span = {name: options[name] for name in ("since", "until") if options[name]}
            record(Event.AUDIT_EXPORTED, by="manage.py audit export", channel="cli", **span)
        events = AuditEvent.objects.between(options["since"], options["until"]).order_by("seq")
        if str(options["out"]) == "-":
            sys.stdout.writelines(fhir.ndjson(events.iterator(chunk_size=2000)))
            return
        with options["out"].open("w", encoding="utf-8") as file:
            file.writelines(fhir.ndjson(events.iterator(chunk_size=2000)))


def _time(text: str) -> Any:
    moment = parse_datetime(text) or parse_datetime(f"{text}T00:00")
    if moment is None:
        raise CommandError(f"{text!r} is not a date or a time")
    return make_aware(moment) if is_naive(moment) else moment


def _head(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    seq, _, digest = text.partition(":")
    if not seq.isdigit() or len(digest) != 64:
        raise CommandError(f"--head must look like 42:<64 hex digits>, not {text!r}")
    return int(seq), digest
