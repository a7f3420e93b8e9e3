"""manage.py train_model [--seed N] [--strategy NAME] [--json] | --rebuild RUN"""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tumorboard.fusion.strategies import DEFAULT, STRATEGIES
from tumorboard.governance.models import Snapshot
from tumorboard.runs.beside import gate_beside
from tumorboard.runs.tracking import NotTracked
from tumorboard.runs.training import rebuild, train_model


class Command(BaseCommand):
    help = "Train a fusion model on the cohort in the lake, or compare a run's training set with the lake."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--strategy", choices=sorted(STRATEGIES), default=DEFAULT)
        parser.add_argument("--json", action="store_true", help="print the whole report")
        parser.add_argument("--rebuild", metavar="RUN", help="read this MLflow run's training set again")

    @gate_beside()
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["rebuild"]:
                self._rebuild(options["rebuild"])
            else:
                self._train(options)
        except (ValueError, NotTracked, Snapshot.DoesNotExist) as error:
            raise CommandError(str(error)) from None

    def _train(self, options: dict[str, Any]) -> None:
        trained = train_model(by="command line", seed=options["seed"], strategy=options["strategy"])
        if options["json"]:
            self.stdout.write(json.dumps(trained.report, indent=2))
            return
        report = trained.report
        self.stdout.write(f"{trained}: {report['n']} patients, {report['events']} deaths, {trained.state}")
        self.stdout.write(f"  run {trained.run_id}")
        for row in report["rows"]:
            self.stdout.write("  " + ", ".join(f"{name} {value}" for name, value in row.items()))

    def _rebuild(self, run_id: str) -> None:
        found = rebuild(run_id)
        for one in found:
            self.stdout.write(f"{one.name:10} {'same' if one.same else 'DIFFERENT'}  {one.found}")
        if not all(one.same for one in found):
            raise CommandError("the training set is not what the run was trained on")
