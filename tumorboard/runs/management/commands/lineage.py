"""manage.py lineage walk|recompute TABLE/ROW [--version N]; lineage recompute --sample N; lineage export"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.timezone import make_aware

from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.lake.faults import NotPublished
from tumorboard.lake.tables import UnknownTable
from tumorboard.pipeline.recomputing import NotRecomputable, Place, Recomputed
from tumorboard.runs.lineage import events, place_of, recomputer, sample, walk


class Command(BaseCommand):
    help = "Where a row comes from, down to the file; make it again from there; tell other catalogues."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        walking = what.add_parser("walk", help="every row behind a row, down to files and places in them")
        again = what.add_parser("recompute", help="make a row, and all behind it, again and compare")
        for each in (walking, again):
            each.add_argument("row", nargs="?", default="", help="such as gold.case_facts/3f2a...")
            each.add_argument("--version", type=int, dest="at", help="of the table; the latest if left out")
        again.add_argument("--sample", type=int, default=0, help="this many random rows of gold instead")
        again.add_argument("--seed", type=int, default=0)
        export = what.add_parser("export", help="OpenLineage run events of published versions")
        export.add_argument("--since", default="", help="a day or a time; everything if left out")
        export.add_argument("--out", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['what']}")(options)
        except (NotRecomputable, NotPublished, UnknownTable) as error:
            raise CommandError(str(error)) from None

    def _walk(self, options: dict[str, Any]) -> None:
        place = _asked(options)
        _on_record("walk", [place])
        for step in walk(place):
            self.stdout.write(str(step))

    def _recompute(self, options: dict[str, Any]) -> None:
        """Says which rows and columns differ; shows no value."""
        places = sample(options["sample"], options["seed"]) if options["sample"] else [_asked(options)]
        _on_record("recompute", places)
        with recomputer() as again:
            done = [result for place in places for result in again.whole_way(place)]
        differing = [result for result in done if not result.equal]
        for result in differing:
            self.stdout.write(self.style.ERROR(_words(result)))
        self.stdout.write(f"{len(places)} rows, {len(done)} steps made again, {len(differing)} differ")
        if differing:
            raise CommandError("not everything could be made again as it is stored")

    def _export(self, options: dict[str, Any]) -> None:
        since = _time(options["since"])
        with options["out"].open("w", encoding="utf-8") as out:
            number = sum(bool(out.write(f"{event}\n")) for event in events(since))
        self.stdout.write(f"{number} events")


def _asked(options: dict[str, Any]) -> Place:
    table, _, row_id = options["row"].partition("/")
    if not row_id:
        raise CommandError("name a row as table/row_id, such as gold.case_facts/3f2a9c")
    return place_of(table, row_id, options["at"])


@transaction.atomic
def _on_record(what: str, places: list[Place]) -> None:
    """Each row looked at, with its patient: the command reads the lake itself."""
    for place in places:
        record(
            Event.LINEAGE_FOLLOWED,
            by="command line",
            purpose="operations",
            table=place.table,
            version=place.version,
            patient_key=place.row.get("patient_key") or "",
            target=("row", place.row["row_id"]),
            what=what,
            channel="cli",
        )


def _words(result: Recomputed) -> str:
    return f"{result.place}: {', '.join(result.differs)} differ"


def _time(text: str) -> Any:
    if not text:
        return None
    day = parse_date(text) if len(text) == 10 else None
    found = parse_datetime(f"{text}T00:00:00" if day else text)
    if found is None:
        raise CommandError("--since takes a day such as 2026-03-01, or a time such as 2026-03-01T08:00")
    return make_aware(found) if found.tzinfo is None else found
