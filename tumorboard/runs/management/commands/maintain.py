"""manage.py maintain [TABLE...] [--later]"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tumorboard.lake.faults import Damaged
from tumorboard.runs.actions import queue_job
from tumorboard.runs.codes import MAINTAIN
from tumorboard.runs.maintaining import maintain_now


class Command(BaseCommand):
    help = "Put small files together, retire versions nothing pins, delete their files, cut the log."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("tables", nargs="*", help="only these tables")
        parser.add_argument("--later", action="store_true", help="queue it as a job for the worker")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["later"]:
            self.stdout.write(f"job {queue_job(kind=MAINTAIN, by='command line').uuid}")
            return
        damaged = 0
        for done in maintain_now(by="command line", only=options["tables"]):
            damaged += isinstance(done, Damaged)
            self.stdout.write(self.style.ERROR(str(done)) if isinstance(done, Damaged) else str(done))
        if damaged:
            raise CommandError(f"{damaged} tables are damaged and were left as they are")
