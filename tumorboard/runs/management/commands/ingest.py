"""manage.py ingest PATH... [--json] [--patient RECORD]"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from tumorboard.identity.crosswalk import RECORD_NUMBER
from tumorboard.runs.beside import gate_beside
from tumorboard.runs.ingesting import ingest
from tumorboard.runs.models import IngestRun, QuarantinedRow

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Take in files and folders: recognised by content, landed, built; refusals are listed, never fatal."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path)
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument(
            "--patient", help="record number of the patient that files without a name are about"
        )

    @gate_beside()
    def handle(self, *args: Any, **options: Any) -> None:
        missing = [str(path) for path in options["paths"] if not path.exists()]
        if missing:
            raise CommandError(f"not found: {', '.join(missing)}")
        patient = (RECORD_NUMBER, options["patient"]) if options["patient"] else None
        with Bars(quiet=options["json"] or not sys.stderr.isatty()) as bars:
            run = ingest(paths=options["paths"], by="command line", patient=patient, progress=bars.show)
        if options["json"]:
            self.stdout.write(json.dumps(with_refusals(run), indent=2))
        else:
            self._tell(run)

    def _tell(self, run: IngestRun) -> None:
        report = run.report
        self.stdout.write(", ".join(f"{count} {outcome}" for outcome, count in report["files"].items()))
        for source, counts in report["sources"].items():
            self.stdout.write(f"  {source:10} " + ", ".join(f"{n} {word}" for word, n in counts.items() if n))
        for row in run.quarantined.all()[:SHOWN]:
            self.stdout.write(self.style.WARNING(f"  {row.file_name} {row.locator}: {row.reason}"))
        if report["quarantined"] > SHOWN:
            self.stdout.write(
                f"  ... {report['quarantined'] - SHOWN} more, see the console's quarantine page"
            )
        self.stdout.write(
            self.style.SUCCESS(f"{len(report['tables'])} tables written in {report['seconds']} s")
        )


class Bars:
    """One progress bar for each stage."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.bars: dict[str, tqdm[Any]] = {}

    def __enter__(self) -> Bars:
        return self

    def __exit__(self, *exc: object) -> None:
        for bar in self.bars.values():
            bar.close()

    def show(self, stage: str, done: int, total: int) -> None:
        if stage not in self.bars:
            self.bars[stage] = tqdm(total=total, desc=stage, disable=self.quiet, leave=True)
        self.bars[stage].update(done - self.bars[stage].n)


def with_refusals(run: IngestRun) -> dict[str, Any]:
    fields = ("stage", "source", "file_name", "locator", "field", "reason")
    return {**run.report, "refusals": list(QuarantinedRow.objects.filter(run=run).values(*fields))}
