"""manage.py docs [--check]"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tumorboard.runs.reference import pages


class Command(BaseCommand):
    help = "Write the generated pages of docs/reference, or only say which are out of date."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is stale")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = settings.BASE_DIR / "docs" / "reference"
        wanted = pages(settings.BASE_DIR / "tests" / "spec")
        stale = stale_pages(folder, wanted)
        if options["check"]:
            if stale:
                raise CommandError(f"out of date in docs/reference: {', '.join(stale)}; run `make docs`")
            return
        folder.mkdir(parents=True, exist_ok=True)
        for name in stale:
            (folder / name).write_text(wanted[name], encoding="utf-8")
        self.stdout.write(f"{len(stale)} of {len(wanted)} pages written: {', '.join(stale) or 'none'}")


def stale_pages(folder: Path, wanted: dict[str, str]) -> list[str]:
    """Pages that are missing or whose content differs."""
    return [name for name, text in wanted.items() if _content(folder / name) != text]


def _content(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
