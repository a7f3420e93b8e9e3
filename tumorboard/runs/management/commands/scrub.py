"""manage.py scrub [--later]"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tumorboard.runs.actions import queue_job
from tumorboard.runs.codes import SCRUB
from tumorboard.runs.maintaining import scrub_now


class Command(BaseCommand):
    help = "Hash every published file and every received file again, and compare with what is on record."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--later", action="store_true", help="queue it as a job for the worker")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["later"]:
            self.stdout.write(f"job {queue_job(kind=SCRUB, by='command line').uuid}")
            return
        results = scrub_now(by="command line")
        damaged = [result for result in results if not result.sound]
        for result in damaged:
            self.stdout.write(self.style.ERROR(result.message))
        size = sum(result.size for result in results)
        self.stdout.write(f"{len(results)} versions and volumes, {size} bytes, {len(damaged)} damaged")
        if damaged:
            raise CommandError("damaged files were found; docs/operations.md says how to bring them back")
