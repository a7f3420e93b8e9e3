"""The kernel keeps the lake: the gate's user alone opens it, and everybody else has the gate's socket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from tests.factories.accounts import person
from tests.integration import gates
from tests.integration.test_gate_process import patient
from tests.unit.governance.conftest import ANN, born, write
from tumorboard.accounts.roles import Role
from tumorboard.governance.actions import open_reach, register_securables
from tumorboard.runs import services

LAKE, WEB, GROUP = 41_002, 41_001, 41_000  # users that no account of this machine has
pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root can start processes as other users")


@pytest.fixture
def closed(fresh: Path) -> Iterator[dict[str, Any]]:
    """A lake that belongs to the user `lake`, closed to all others, with its gate."""
    with transaction.atomic():
        ann = patient(ANN)
    write("silver.patients", born(ann, "Quexington, Ann", 1960))
    register_securables()
    alice = person("alice", Role.ONCOLOGIST)
    open_reach(patient_key=ann, reason="care_team", by="tests", user=alice)
    for folder in (Path(settings.LAKE_URL), Path(settings.VOLUMES_DIR)):
        folder.mkdir(exist_ok=True)
        give(folder, LAKE)
    open_the_way(fresh)
    open_the_way(settings.HOME / "postgres")  # the database's own socket
    with gates.nursery(fresh, LAKE, GROUP) as nursery:
        nursery.ready()
        yield {
            "user": WEB, "group": GROUP, "lake": settings.LAKE_URL, "volumes": str(settings.VOLUMES_DIR),
            "table": f"{settings.LAKE_URL}/silver/patients", "session": gates.signed_in(alice),
            "file": str(next(Path(settings.LAKE_URL).rglob("*.parquet"))), "alice": alice.pk, "ann": ann,
            "socket": str(settings.GATE_SOCKET), "gate": int(nursery.pids.read_text()),
        }  # fmt: skip


def give(folder: Path, user: int) -> None:
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, user, GROUP)
        path.chmod(0o700 if path.is_dir() else 0o600)


def open_the_way(folder: Path) -> None:
    """The folders above may be crossed: it is the lake's own that are closed."""
    for above in [folder, *folder.parents]:
        if above != Path("/"):
            above.chmod(above.stat().st_mode | 0o011)


def test_the_webs_user_is_refused_by_the_kernel_and_served_by_the_gate(closed: dict[str, Any]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.as_web_user"],
        cwd=services.ROOT,
        env=gates.surroundings(GATE="process", GATE_SOCKET=closed["socket"], DATABASE_POOL="false"),
        input=json.dumps(closed),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert "worked" not in found["refused"].values(), found["refused"]
    assert found["refused"]["listdir"] == found["refused"]["open"] == "PermissionError"
    assert found["rows"] == 1


def test_the_gates_user_is_not_the_owner_of_anything_else(closed: dict[str, Any]) -> None:
    """The gate runs as `lake`, without root's rights."""
    status = Path(f"/proc/{closed['gate']}/status").read_text()
    users = next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1:]
    rights = next(line for line in status.splitlines() if line.startswith("CapEff:")).split()[1]
    assert set(users) == {str(LAKE)}
    assert int(rights, 16) == 0
