"""One hospital for all proofs: received, built, screened, with its people, its gate and its worker."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from pyspark.sql import SparkSession

from tests.conftest import Broker
from tests.integration import gates
from tests.integration.conftest import installed
from tests.integration.proofs import hospital
from tests.integration.proofs.hospital import Hospital
from tumorboard.lake import engine
from tumorboard.runs import actions, services
from tumorboard.runs.models import Job
from tumorboard.runs.status import JobState


@pytest.fixture(scope="package")
def place(
    migrated: str,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
    spark: SparkSession,
    redis_server: Broker,
) -> Iterator[Hospital]:
    """Everything is committed: other processes see it."""
    home = tmp_path_factory.mktemp("hospital")
    anchors = {"AUDIT_ANCHORS": home / "anchors", "AUDIT_KEY": home / "audit_key.pem"}
    with installed(home, migrated, django_db_blocker), override_settings(**anchors):
        with _one_engine(spark):
            hospital.receive(home)
        with gates.running(home, AUDIT_ANCHORS=str(anchors["AUDIT_ANCHORS"])) as gate:
            found = Hospital(home, gate)
            with _worker(home, str(gate.socket)):
                hospital.people(found)
                hospital.cases(found)
                hospital.studies(found)
                _await_jobs()
            yield found


@contextmanager
def _one_engine(spark: SparkSession) -> Iterator[None]:
    @contextmanager
    def running(remote: str = "") -> Iterator[SparkSession]:
        yield spark

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "spark", running)
        yield


@contextmanager
def _worker(home: Path, socket: str) -> Iterator[None]:
    """A real worker: it screens everybody for the trials, through the gate."""
    surroundings = gates.surroundings(GATE="process", GATE_SOCKET=socket)
    command = [sys.executable, "-m", "celery", "-A", "tumorboard.celery", "worker", "-P", "solo"]
    with (home / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "-Q", "default,pipeline", "--loglevel", "INFO"],
            cwd=services.ROOT, env=surroundings, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def _await_jobs(seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while waiting := list(Job.objects.exclude(state__in=(JobState.DONE, JobState.FAILED))):
        assert time.monotonic() < deadline, [(job.kind, job.state, job.message) for job in waiting]
        actions.recover_jobs()
        time.sleep(0.3)
    failed = Job.objects.filter(state=JobState.FAILED).values_list("kind", "message")
    assert not failed, list(failed)


@pytest.fixture(autouse=True)
def gate_is_well(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test did to the gate, the next finds one."""
    yield
    if "place" in request.fixturenames:
        found = request.getfixturevalue("place")
        if found.gate.process is None or found.gate.process.poll() is not None:
            found.gate.start()
