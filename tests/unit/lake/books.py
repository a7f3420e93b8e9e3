"""A small table and a ledger in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from tumorboard.lake import tables
from tumorboard.lake.columns import PII, Between, Column, Matches, NotNull, OneOf
from tumorboard.lake.store import Commit, Lake, Publication

COMMIT = Commit("run-1", "test")


class Ledger:
    """Publications in a list; `fails` makes the next one fail, as a writer that dies does."""

    def __init__(self) -> None:
        self.published: list[Publication] = []
        self.fails = False
        self.held: list[str] = []
        self.retired: set[int] = set()

    def latest(self, table: str) -> Publication | None:
        return next((p for p in reversed(self.published) if p.table == table), None)

    def at(self, table: str, version: int) -> Publication | None:
        return next((p for p in self.versions(table) if p.version == version), None)

    def publish(self, publication: Publication) -> None:
        assert publication.table in self.held, "published without the table's lock"
        if self.fails:
            raise ConnectionError("the writer dies here")
        self.published.append(publication)

    def versions(self, table: str) -> list[Publication]:
        return [p for p in self.published if p.table == table and p.version not in self.retired]

    def retired_within(self, table: str, seconds: float) -> list[Publication]:
        return [p for p in self.published if p.table == table and p.version in self.retired and seconds > 0]

    def log(self, table: str) -> dict[str, str]:
        return {name: sha for p in self.published if p.table == table for name, sha in p.log.items()}

    def amend(self, publication: Publication) -> None:
        place = next(i for i, p in enumerate(self.published) if _same(p, publication))
        self.published[place] = publication

    def forget_log(self, table: str, names: Iterable[str]) -> None:
        gone = set(names)
        self.published = [
            replace(p, log={n: s for n, s in p.log.items() if n not in gone}) if p.table == table else p
            for p in self.published
        ]

    def retire(self, table: str, versions: Iterable[int]) -> None:
        self.retired |= {version for p in self.published if p.table == table for version in versions}

    @contextmanager
    def writing(self, table: str) -> Iterator[None]:
        self.held.append(table)
        yield
        self.held.remove(table)


def _same(one: Publication, other: Publication) -> bool:
    return (one.table, one.version) == (other.table, other.version)


def declare(
    name: str = "silver.test_visits", key: tuple[str, ...] = ("patient_key", "visit_id")
) -> tables.Table:
    @tables.table(name, key=key)
    class Visits:
        """Visits of the tests."""

        visit_id = Column(
            str, "Identity within the patient", NotNull(), Matches("^v[0-9]+$", "must look like v1")
        )
        name = Column(str, "Whose visit", tags=PII)
        kind = Column(str, "Kind", OneOf("clinic", "phone"))
        score = Column(int, "Score", Between(0, 4))
        held_on = Column(date, "Day")

    declared = tables.get(name)
    del tables._tables[name]
    return declared


VISITS = declare()


def visit(patient: str, number: int, **values: Any) -> dict[str, Any]:
    return {
        "patient_key": patient,
        "visit_id": f"v{number}",
        "row_id": f"{patient}-{number}",
        "name": "Quexington",
        "kind": "clinic",
        "score": 1,
        "held_on": date(2025, 1, number),
        "source_table": "bronze.fhir",
        "source_row": "r",
        "file_hash": "f",
        "file_name": "MRN-00417.json",
        "locator": "line 1",
        "source_path": "",
        "origin": "structured",
        "method": "test 1.0",
        "system": "",
        "recorded_on": date(2025, 1, 1),
        "run_id": "run-1",
        **values,
    }  # fmt: skip


def arrow(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), VISITS.arrow_schema)


def lake(folder: Path) -> Lake:
    return Lake(str(folder), Ledger())


def scores(lake: Lake, version: int | None = None) -> dict[str, int]:
    rows = lake.read(VISITS, version=version).to_pylist()
    assert len(rows) == len({row["row_id"] for row in rows})
    return {row["row_id"]: row["score"] for row in rows}
