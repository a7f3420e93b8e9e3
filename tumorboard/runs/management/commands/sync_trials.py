"""manage.py sync_trials"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tumorboard.pipeline.sources.registry_feed import FeedError
from tumorboard.runs.syncing import sync


class Command(BaseCommand):
    help = "Read the trial registry (TRIAL_REGISTRY: a folder or the API's address): what changed since last."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            reading = sync(by="command line")
        except FeedError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{reading.records} records, {reading.changed} new or changed")
        if reading.known_until:
            self.stdout.write(f"known up to {reading.known_until:%d %b %Y}")
