"""The review page against raw reads of the tables it shows.

    python -m benchmarks.page [--patients N] [--json]

The raw reads take the same rows of the same tables with deltalake alone: no permission, no audit row, no
HTML. Once with the tables held open, as the lake holds them, and once opened for each read.
"""

from __future__ import annotations

import gzip
import statistics
import sys
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
from deltalake import DeltaTable
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks.ingest import write
from benchmarks.installation import installation
from benchmarks.report import Figures, options, seconds, show
from tests.factories.accounts import oncologist
from tests.factories.boards import board
from tests.factories.cases import case
from tumorboard.governance.actions import record_consents
from tumorboard.governance.ledger import latest_versions
from tumorboard.governance.opening import lake
from tumorboard.review.evidence import PAGE_TABLES
from tumorboard.runs import working
from tumorboard.runs.frames import everyone, frames
from tumorboard.runs.ingesting import ingest
from tumorboard.runs.kinds import KINDS, SCORE, SCREEN
from tumorboard.runs.models import Job
from tumorboard.runs.training import train_model

CASES, TIMES = 5, 5


def main(arguments: list[str] | None = None) -> None:
    chosen = options(__doc__, arguments)
    with installation() as home:
        figures = measure(write(home, chosen.patients))
    show(f"Review page, {chosen.patients} patients in the lake", figures, chosen.json)


def measure(inbox: Path) -> Figures:
    ingest(paths=[inbox], by="benchmark")
    screen_and_score()
    return of_pages()


def screen_and_score() -> None:
    """What the worker does in the demo, without a broker. No model where the cohort cannot carry one."""
    try:
        record_consents(patient_keys=everyone(), scope="training", by="benchmark")
        train_model(by="benchmark")
    except ValueError as error:
        print(f"no scores on the page: {error}", file=sys.stderr)
    for kind in (SCREEN, SCORE):
        working.run(Job.objects.create(kind=kind).uuid, KINDS)


def of_pages() -> Figures:
    """Medians over cases; the first request of each is left out (it opens the tables)."""
    person, meets = oncologist(), board()
    keys = busiest()
    pages = [Page(case(board=meets, by=person, patient_key=key), person) for key in keys]
    raw_open = statistics.median(seconds(Raw(key, keep=True), TIMES) for key in keys)
    raw_opening = statistics.median(seconds(Raw(key, keep=False), TIMES) for key in keys)
    cold = statistics.median(seconds(page) for page in pages)
    warm = statistics.median(seconds(page, TIMES) for page in pages)
    bodies = [page() for page in pages]
    return {
        "cases": len(pages),
        "page, first request, ms": cold * 1000,
        "page, ms": warm * 1000,
        "queries": statistics.median(page.queries() for page in pages),
        "raw reads, tables held open, ms": raw_open * 1000,
        "raw reads, tables opened each time, ms": raw_opening * 1000,
        "page to raw reads (held open) ratio": warm / raw_open,
        "page to raw reads (opened each time) ratio": warm / raw_opening,
        "page, uncompressed kB": statistics.median(len(body) for body in bodies) / 1000,
        "page, gzip kB": statistics.median(len(gzip.compress(body)) for body in bodies) / 1000,
        "facts with a source": statistics.median(body.count(b"data-source=") for body in bodies),
    }


def busiest() -> list[str]:
    """The patients with most facts."""
    counts = frames(["gold.case_facts"])["gold.case_facts"]["patient_key"].value_counts()
    return sorted(counts.index[:CASES])


class Page:
    """One case's review page, as its oncologist asks for it."""

    def __init__(self, case: Any, person: Any) -> None:
        self.client = Client(SERVER_NAME="127.0.0.1")
        self.client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        self.address = reverse("review:case", args=[case.uuid])

    def __call__(self) -> bytes:
        answer = self.client.get(self.address)
        assert answer.status_code == 200, answer.status_code
        return answer.content

    def queries(self) -> int:
        with CaptureQueriesContext(connection) as captured:
            self()
        return len(captured)


class Raw:
    """The same patient's rows with deltalake alone."""

    def __init__(self, patient_key: str, keep: bool) -> None:
        self.where = pc.field("patient_key") == patient_key
        self.places = [(lake().path(t), v) for t, v in latest_versions(PAGE_TABLES).items()]
        self.kept = [self._open(*place) for place in self.places] if keep else None

    def __call__(self) -> None:
        for table in self.kept or (self._open(*place) for place in self.places):
            table.to_table(filter=self.where).to_pylist()

    def _open(self, path: str, version: int) -> Any:
        return DeltaTable(path, version=version).to_pyarrow_dataset()


if __name__ == "__main__":
    main()
