"""manage.py extract: ask for tables as files; once another person has approved, take them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tumorboard.accounts.models import User
from tumorboard.accounts.refusals import Refused
from tumorboard.governance.actions import ask_extract, note_taken
from tumorboard.governance.models import ExtractRequest, Study
from tumorboard.governance.purposes import QUALITY, RESEARCH
from tumorboard.runs.places import extract_file

State = ExtractRequest.State
OVER = (State.REFUSED, State.FAILED, State.EXPIRED)


class Command(BaseCommand):
    help = "Ask for an extract, see where it stands, and take it. It is made as a job, after approval."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--for", dest="user", required=True, help="user name of whoever asks")
        parser.add_argument("--study", help="code of the study; without one the purpose is quality")
        parser.add_argument("--tables", required=True, help="names, with commas between")
        parser.add_argument("--reason", default="", help="what it is for; needed to ask")
        parser.add_argument("--out", type=Path, help="folder to put it in, once it is made")

    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(username=options["user"], is_active=True).first()
        study = Study.objects.filter(code=options["study"]).first() if options["study"] else None
        if by is None or (options["study"] and study is None):
            raise CommandError("no such person with an active account, or no such study")
        try:
            request = self._request(by, study, options)
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        self._tell(request, by, options["out"])

    def _request(self, by: User, study: Study | None, options: dict[str, Any]) -> ExtractRequest:
        """The one that is under way, or a new one."""
        asked = {"purpose": RESEARCH if study else QUALITY, "study": study}
        names = sorted({name.strip() for name in options["tables"].split(",") if name.strip()})
        found = ExtractRequest.objects.filter(asked_by=by, tables=names, **asked).exclude(state__in=OVER)
        return found.first() or ask_extract(tables=names, reason=options["reason"], by=by, **asked)

    def _tell(self, request: ExtractRequest, by: User, out: Path | None) -> None:
        self.stdout.write(f"extract {request.uuid}: {request.get_state_display()}")
        if out is None or not request.is_ready:
            return
        note_taken(request=request, by=by)
        with zipfile.ZipFile(extract_file(request)) as archive:
            archive.extractall(out)
        self.stdout.write(f"{len(request.tables)} tables, {request.manifest['label']}, in {out}")
