"""An ingest killed at any moment and started again ends with the same tables."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from tests.integration import databases, files
from tests.integration.conftest import installed
from tests.integration.contents import everything, recognised, rows, versions
from tumorboard.runs import services
from tumorboard.runs.ingesting import build, ingest
from tumorboard.runs.models import IngestedFile, IngestRun

pytestmark = pytest.mark.timeout(240)

SOURCES = 3
MOMENTS = [
    pytest.param("tumorboard.lake.volume:Volume", "keep", 3, id="while files are read"),
    pytest.param("tumorboard.governance.ledger:DatabaseLedger", "publish", 2, id="half of bronze committed"),
    pytest.param("tumorboard.runs.journal:DatabaseJournal", "record", 1, id="bronze committed, no journal"),
    pytest.param(
        "tumorboard.governance.ledger:DatabaseLedger", "publish", SOURCES + 8, id="half of silver committed"
    ),
    pytest.param("tumorboard.runs.ingesting", "register_securables", 1, id="all built, no report"),
]


@pytest.fixture(scope="module")
def folder(cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two patients: their bundles, some letters, the genomics that link to them by specimen."""
    folder = tmp_path_factory.mktemp("two")
    for bundle in files.bundles(cohort)[:2]:
        shutil.copy(bundle, folder)
        number = files.record_number(bundle)
        for note in sorted((cohort / "notes").glob("*.txt")):
            if f"Record: {number}" in note.read_text():
                shutil.copy(note, folder)
        specimens = files.resources(bundle, "Specimen")
        if specimens:
            sample = specimens[0]["accessionIdentifier"]["value"]
            files.write(folder, f"{len(number)}{bundle.stem[:4]}.vcf", files.vcf(sample))
    return folder


@pytest.fixture(scope="module")
def uninterrupted(installation: Path, warm_engine: None, folder: Path) -> dict[str, Any]:
    ingest(paths=[folder], by="tests")
    return {"tables": recognised(), "bronze": bronze()}


def bronze() -> dict[str, list[tuple[str, str]]]:
    return {
        name: sorted((row["row_id"], row["payload"]) for row in rows(name))
        for name in versions()
        if name.startswith("bronze.")
    }


def started(folder: Path, owner: str, method: str, at: int) -> subprocess.Popen[bytes]:
    """An ingest as a process of its own, which is killed at a call of `method`."""
    surroundings = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SPARK_")},
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": databases.url(connection.settings_dict["NAME"]),
        "LAKE_URL": settings.LAKE_URL,
        "VOLUMES_DIR": str(settings.VOLUMES_DIR),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integration.killed_ingest", owner, method, str(at), str(folder)],
        cwd=services.ROOT,
        env=surroundings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture(scope="module")
def survivor(
    uninterrupted: dict[str, Any],
    migrated: str,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """One installation for all moments: each kill meets what the earlier ones left behind."""
    with installed(tmp_path_factory.mktemp("survivor"), migrated, django_db_blocker) as home:
        yield home


@pytest.mark.parametrize(("owner", "method", "at"), MOMENTS)
def test_a_killed_ingest_shows_nothing_half_done(
    survivor: Path, folder: Path, owner: str, method: str, at: int
) -> None:
    assert started(folder, owner, method, at).wait(120) == -signal.SIGKILL
    built = {name for name in versions() if not name.startswith("bronze.")}
    assert not built or method == "register_securables"
    landed = IngestedFile.objects.count()
    assert landed in (0, len(list(folder.iterdir())))
    assert landed == 0 or bronze()


def test_started_again_it_ends_with_the_same_tables(
    survivor: Path, folder: Path, uninterrupted: dict[str, Any]
) -> None:
    run = ingest(paths=[folder], by="tests")
    assert run.report["files"] == {"already known": len(list(folder.iterdir()))}
    assert bronze() == uninterrupted["bronze"]
    found = recognised()
    assert found.keys() == uninterrupted["tables"].keys()
    for name, expected in uninterrupted["tables"].items():
        assert found[name] == expected, name


NEVER = 1_000_000


def test_two_ingests_at_once_lose_and_double_nothing(
    uninterrupted: dict[str, Any], fresh: Path, folder: Path, tmp_path: Path
) -> None:
    """Both bring the same patients' files; one of them a letter more."""
    more = shutil.copytree(folder, tmp_path / "more")
    number = files.record_number(next(more.glob("*.json")))
    files.write(more, "letter.txt", files.letter(number, "ECOG performance status 1."))
    both = [started(place, "tumorboard.runs.ingesting", "_finish", NEVER) for place in (folder, more)]
    assert [process.wait(120) for process in both] == [0, 0]
    assert not IngestedFile.objects.unbuilt().exists()
    received = bronze()
    assert len(received["bronze.notes"]) == len(uninterrupted["bronze"]["bronze.notes"]) + 1
    assert {name: rows for name, rows in received.items() if name != "bronze.notes"} == {
        name: rows for name, rows in uninterrupted["bronze"].items() if name != "bronze.notes"
    }
    found = everything()
    build(run=IngestRun.objects.create(started_by="tests"), everything=True)
    assert everything() == found
