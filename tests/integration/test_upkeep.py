"""Maintenance and scrub of a whole installation: pins stay, damage is named, writers at once lose nothing."""

from __future__ import annotations

import io
import os
import random
import threading
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.integration import files
from tests.unit.lake.books import VISITS, arrow, visit
from tumorboard.audit.events import Event
from tumorboard.audit.models import AuditEvent
from tumorboard.governance.actions import pin_snapshot
from tumorboard.governance.ledger import DatabaseLedger
from tumorboard.governance.models import PublishedVersion, ScrubResult
from tumorboard.governance.opening import lake, landing_volume
from tumorboard.lake import store, tables
from tumorboard.lake.store import Commit, Damaged, NotPublished
from tumorboard.runs.actions import claim_job, queue_job
from tumorboard.runs.ingesting import ingest
from tumorboard.runs.kinds import KINDS, MAINTAIN, SCRUB
from tumorboard.runs.maintaining import kept_versions, last_scrub, maintain_now, maintain_table, upkeep
from tumorboard.runs.models import IngestedFile
from tumorboard.runs.working import Attempt

PROVE = bool(os.environ.get("PROVE"))
WRITERS, OPERATIONS = 16, (16_000 if PROVE else 400)
pytestmark = pytest.mark.timeout(7200 if PROVE else 240)


@pytest.fixture(scope="module")
def grown(installation: Path, warm_engine: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two patients, one of whom is corrected four times: silver.patients has five versions."""
    folder = tmp_path_factory.mktemp("received")
    for number in ("A-1", "B-1"):
        files.write(folder, f"{number}.json", files.patient(number))
    ingest(paths=[folder], by="tests")
    for year in range(1961, 1965):
        corrected = files.write(folder / str(year), "A-1.json", files.patient("A-1", born=f"{year}-01-02"))
        ingest(paths=[corrected], by="tests")
    return installation


def versions(table: str) -> list[int]:
    return [p.version for p in DatabaseLedger().versions(table)]


def test_what_is_kept_is_what_is_new_or_pinned_and_all_it_was_made_from(undone: Path, grown: Path) -> None:
    first = min(versions("gold.cohort"))
    snapshot = pin_snapshot(by="tests")
    snapshot.entries = {"gold.cohort": {"version": first, "hash": "x"}}
    snapshot.save()
    kept = kept_versions(recent=1)
    assert kept["gold.cohort"] == {first, max(versions("gold.cohort"))}
    made_from = PublishedVersion.objects.get(table="gold.cohort", version=first).inputs
    assert made_from
    for table, version in made_from.items():
        assert version in kept[table]


def test_maintenance_leaves_the_pinned_and_the_newest(undone: Path, grown: Path, settings: object) -> None:
    settings.LAKE_KEEP_VERSIONS = 2  # type: ignore[attr-defined]
    table = tables.get("silver.patients")
    all_of_them = versions(table.name)
    snapshot = pin_snapshot(by="tests")
    snapshot.entries = {table.name: {"version": all_of_them[1], "hash": "x"}}
    snapshot.save()
    pinned = lake().read(table, version=all_of_them[1])
    newest = lake().read(table)
    told = [str(done) for done in maintain_now(by="tests", only=[table.name], grace=0, many_files=1)]
    assert len(told) == 1
    left = versions(table.name)
    assert all_of_them[1] in left
    assert all_of_them[0] not in left
    assert lake().read(table, version=all_of_them[1]) == pinned
    assert lake().read(table).sort_by("row_id") == newest.sort_by("row_id")
    store._opened.clear()  # a process that had it open may read on until the files are gone
    with pytest.raises(NotPublished):
        lake().read(table, version=all_of_them[0])
    assert PublishedVersion.objects.get(table=table.name, version=all_of_them[0]).inputs, "lineage stays"
    assert AuditEvent.objects.filter(event=Event.LAKE_MAINTAINED, table=table.name).exists()


@pytest.mark.parametrize("kind", [MAINTAIN, SCRUB])
def test_as_a_job(undone: Path, grown: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tumorboard.runs.actions.send", lambda uuid: True)
    job = claim_job(uuid=queue_job(kind=kind, by="tests").uuid)
    assert job is not None
    words = KINDS[kind](Attempt(job))
    job.refresh_from_db()
    assert job.done == job.total > 10
    assert "damaged: 0" in words or "damaged" not in words


def test_a_scrub_names_what_is_damaged(undone: Path, grown: Path) -> None:
    told = io.StringIO()
    call_command("scrub", stdout=told)
    assert ", 0 damaged" in told.getvalue()
    assert all(result.sound for result in last_scrub())
    latest = DatabaseLedger().latest("silver.patients")
    assert latest is not None
    name = min(latest.manifest)
    path = Path(lake().path("silver.patients")) / name
    received = landing_volume().path(IngestedFile.objects.first().file_hash)  # type: ignore[union-attr]
    kept = {path: path.read_bytes(), received: received.read_bytes()}
    try:
        for each, content in kept.items():
            each.write_bytes(content[:-1] + b"?")
        with pytest.raises(CommandError, match="damaged"):
            call_command("scrub", stdout=told)
    finally:
        for each, content in kept.items():
            each.write_bytes(content)
    messages = " ".join(r.message for r in last_scrub() if not r.sound)
    assert f"silver.patients version {latest.version}: the file {name}" in messages
    assert f"volume landing: the file {received.name}" in messages
    assert ScrubResult.objects.filter(sound=False).count() >= 2


def test_maintenance_of_a_damaged_table_stops_there_and_goes_on(undone: Path, grown: Path) -> None:
    latest = DatabaseLedger().latest("silver.patients")
    assert latest is not None
    path = Path(lake().path("silver.patients")) / "_delta_log" / f"{latest.version:020}.json"
    content = path.read_bytes()
    try:
        path.write_bytes(b"")
        done = list(maintain_now(by="tests"))
    finally:
        path.write_bytes(content)
    (damaged,) = [each for each in done if isinstance(each, Damaged)]
    assert path.name in str(damaged)
    assert len(done) > 10


class Writer:
    """Writes rows of patients of its own, so that the end is known whatever the order was."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.chance = random.Random(number)
        self.wanted: dict[str, int] = {}
        self.fault: BaseException | None = None

    def run(self) -> None:
        try:
            for step in range(OPERATIONS // WRITERS):
                self.one(step)
        except BaseException as error:
            self.fault = error
        finally:
            connection.close()

    def one(self, step: int) -> None:
        what, commit = self.chance.random(), Commit(f"run-{self.number}", "test")
        patient, new = f"w{self.number}x{step % 3}", f"w{self.number}n{step}"
        if what < 0.08:
            maintain_table(VISITS, upkeep("upkeep", many_files=4, log_kept=5, grace=60), {}, "tests")
        elif what < 0.25:
            lake().replace(VISITS, arrow(), commit, [patient])
            self.wanted.pop(f"{patient}-1", None)
        elif what < 0.5:
            lake().append(VISITS, arrow(visit(new, 1, score=1)), commit)
            self.wanted[f"{new}-1"] = 1
        else:
            score = self.chance.randrange(5)
            lake().replace(VISITS, arrow(visit(patient, 1, score=score)), commit, [patient])
            self.wanted[f"{patient}-1"] = score


def test_many_writers_and_maintenance_at_once_lose_and_double_nothing(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise A12: what was acknowledged is there, what failed is not, whatever ran beside it."""
    monkeypatch.setitem(tables._tables, VISITS.name, VISITS)
    writers = [Writer(number) for number in range(WRITERS)]
    threads = [threading.Thread(target=writer.run) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [writer.fault for writer in writers if writer.fault] == []
    found = lake().read(VISITS)
    assert found.num_rows == len(set(found["row_id"].to_pylist())), "nothing twice"
    present = dict(zip(found["row_id"].to_pylist(), found["score"].to_pylist(), strict=True))
    assert present == {key: score for writer in writers for key, score in writer.wanted.items()}
    (done,) = list(maintain_now(by="tests", only=[VISITS.name], grace=0))
    assert not isinstance(done, Damaged)
    assert lake().read(VISITS).num_rows == len(present)
