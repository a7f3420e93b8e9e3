"""The trial registry is read into a real lake, and only what changed is read again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tumorboard.governance.opening import lake
from tumorboard.lake import tables
from tumorboard.pipeline.sources.registry_feed import FeedError
from tumorboard.runs.models import Job
from tumorboard.runs.syncing import sync


def study(number: int, posted: str, **status: str) -> dict[str, Any]:
    return {
        "protocolSection": {
            "identificationModule": {"nctId": f"NCT{number:08}", "briefTitle": "A study"},
            "statusModule": {"lastUpdatePostDateStruct": {"date": posted}, **status},
            "eligibilityModule": {"minimumAge": "18 Years", "sex": "ALL"},
        }
    }


@pytest.fixture
def registry(fresh: Path, settings: Any, tmp_path: Path) -> Path:
    folder = tmp_path / "registry"
    folder.mkdir()
    settings.TRIAL_REGISTRY, settings.HOME = str(folder), tmp_path / "home"
    return folder


def put(folder: Path, name: str, *studies: dict[str, Any]) -> None:
    (folder / name).write_text(json.dumps({"studies": list(studies)}))


def test_a_registry_is_read_and_read_again(registry: Path) -> None:
    put(registry, "a.json", study(1, "2026-01-01"), study(2, "2026-02-01"))
    first = sync(by="tests")
    assert (first.records, first.changed, str(first.known_until)) == (2, 2, "2026-02-01")
    rows = lake().read(tables.get("silver.trials")).to_pylist()
    assert {row["trial_id"] for row in rows} == {"NCT00000001", "NCT00000002"}

    again = sync(by="tests")  # the last day is read again: its records may have been posted later
    assert (again.records, again.changed) == (1, 0)

    put(registry, "a.json", study(1, "2026-01-01"), study(2, "2026-03-01", overallStatus="COMPLETED"))
    third = sync(by="tests")
    assert (third.records, third.changed) == (1, 1)
    (row,) = [
        row for row in lake().read(tables.get("silver.trials")).to_pylist() if row["trial_id"][-1] == "2"
    ]
    assert row["status"] == "COMPLETED"
    assert {"trials": ["NCT00000002"], "cause": "trial"} in Job.objects.values_list("arguments", flat=True)


def test_a_registry_that_fails_counts_as_not_read(registry: Path) -> None:
    put(registry, "a.json", study(1, "2026-01-01"))
    sync(by="tests")
    shutil.rmtree(registry)
    with pytest.raises(FeedError):
        sync(by="tests")
    registry.mkdir()
    put(registry, "a.json", study(3, "2026-01-02"))
    assert sync(by="tests").changed == 1
