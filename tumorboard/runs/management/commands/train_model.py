"""manage.py train_model [--seed N] [--json]"""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tumorboard.runs.scoring import train_model


class Command(BaseCommand):
    help = "Train the late fusion on the cohort in the lake and put it in use."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--json", action="store_true", help="print the whole report")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            trained = train_model(by="command line", seed=options["seed"])
        except ValueError as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps(trained.report, indent=2))
            return
        report = trained.report
        self.stdout.write(f"{trained}: {report['n']} patients, {report['events']} deaths")
        for row in report["rows"]:
            self.stdout.write("  " + ", ".join(f"{name} {value}" for name, value in row.items()))
