"""manage.py synthesize --patients N --seed S OUT"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tumorboard.synthetic.cohort import write_cohort


class Command(BaseCommand):
    help = "Write a synthetic cohort as files in the formats hospitals have. Same seed, same bytes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("out", type=Path)
        parser.add_argument("--patients", type=int, default=24)
        parser.add_argument("--seed", type=int, default=7)

    def handle(self, *args: Any, **options: Any) -> None:
        summary = write_cohort(options["out"], patients=options["patients"], seed=options["seed"])
        self.stdout.write(str(summary))
