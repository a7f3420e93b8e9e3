"""manage.py build [--everything]"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from tumorboard.runs.beside import gate_beside
from tumorboard.runs.ingesting import build
from tumorboard.runs.models import IngestRun


class Command(BaseCommand):
    help = "Build silver and gold: what landed files wait for, or everything (after a rule changed)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--everything", action="store_true", help="rebuild every table for every patient")

    @gate_beside()
    def handle(self, *args: Any, **options: Any) -> None:
        run = IngestRun.objects.create(started_by="command line")
        built = build(run=run, everything=options["everything"])
        run.report = {
            "tables": [{"table": p.table, "version": p.version, "rows": p.rows} for p in built.publications]
        }
        run.ended_at = timezone.now()
        run.save(update_fields=["report", "ended_at"])
        for publication in built.publications:
            self.stdout.write(f"{publication.table} version {publication.version}, {publication.rows} rows")
