"""`manage.py case_states`: draws the way of a case as a Mermaid diagram."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from tumorboard.cases.status import drawn


class Command(BaseCommand):
    help = "Print the states of a case and their transitions as a Mermaid diagram."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(drawn())
