"""Real workers, a real broker: what happens to a job when either is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection

from tests.conftest import Broker
from tests.integration import databases
from tumorboard.audit.models import AuditEvent
from tumorboard.runs import actions, services
from tumorboard.runs.models import Job
from tumorboard.runs.status import JobState

pytestmark = pytest.mark.timeout(90)
COUNTED = "counted"  # the kind of job that tests/integration/worker.py adds


@pytest.fixture
def broker(redis_server: Broker) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.flushall()
    yield client
    client.flushall()
    client.close()


@pytest.fixture
def jobs(fresh: Path, broker: redis.Redis) -> Path:
    with connection.cursor() as cursor:
        cursor.execute("create table effects (job text, step int, worker int)")
    return fresh


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests play the relay; it sends again what has waited for a second."""
    monkeypatch.setattr(actions, "RESEND_AFTER", timedelta(seconds=1))


@contextmanager
def worker(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Celery worker in a process group of its own, which ends with the block."""
    surroundings = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SPARK_")},
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": databases.url(connection.settings_dict["NAME"]),
        "LAKE_URL": settings.LAKE_URL,
        "VOLUMES_DIR": str(settings.VOLUMES_DIR),
    }
    command = ["-m", "celery", "-A", "tests.integration.worker", "worker", "-P", "prefork", "-c", "1"]
    command += ["-Q", "default,pipeline"]
    with (home / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, *command, "--loglevel", "WARNING"],
            cwd=services.ROOT,
            env=surroundings,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def until(true: Callable[[], Any], seconds: float = 30) -> None:
    """Wait, and meanwhile do what the schedule does: recover jobs."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        actions.recover_jobs()
        time.sleep(0.2)


def state(job: Job) -> str:
    return Job.objects.get(pk=job.pk).state


def done(job: Job) -> bool:
    return state(job) == JobState.DONE


def steps(job: Job) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("select step from effects where job = %s order by step", [str(job.uuid)])
        return [step for (step,) in cursor.fetchall()]


def child_of(job: Job) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "select worker from effects where job = %s order by step desc limit 1", [str(job.uuid)]
        )
        return int(cursor.fetchone()[0])


def queue(**arguments: Any) -> Job:
    return actions.queue_job(kind=COUNTED, by="tests", **arguments)


def test_a_job_is_done_and_on_record(jobs: Path) -> None:
    with worker(jobs):
        job = queue(steps=3)
        until(lambda: done(job))
    assert steps(job) == [1, 2, 3]
    job.refresh_from_db()
    assert (job.done, job.total, job.attempts, job.message) == (3, 3, 0, "3 steps")
    events = AuditEvent.objects.filter(target_id=str(job.uuid)).values_list("event", flat=True)
    assert list(events) == ["job_queued", "job_finished"]


def test_the_worker_is_killed_half_way(jobs: Path) -> None:
    with worker(jobs) as first:
        job = queue(steps=4, pause=0.5)
        until(lambda: len(steps(job)) == 2)
        kill_group(first)
    assert not done(job)
    with worker(jobs):
        until(lambda: done(job))
    assert steps(job) == [1, 2, 3, 4]
    job.refresh_from_db()
    assert job.attempts == 1


def test_the_workers_child_is_killed_half_way(jobs: Path) -> None:
    with worker(jobs):
        job = queue(steps=4, pause=0.5)
        until(lambda: len(steps(job)) == 2)
        os.kill(child_of(job), signal.SIGKILL)
        until(lambda: done(job))
    assert steps(job) == [1, 2, 3, 4]


def test_a_worker_that_was_only_slow_adds_nothing_to_its_successors_work(jobs: Path) -> None:
    with worker(jobs):
        job = queue(steps=3, pause=0.3)
        until(lambda: len(steps(job)) == 1)
        stopped = child_of(job)
        os.kill(stopped, signal.SIGSTOP)
        with worker(jobs):
            until(lambda: done(job))
            os.kill(stopped, signal.SIGCONT)
            time.sleep(1)
    assert steps(job) == [1, 2, 3]


def test_the_broker_forgets_everything(jobs: Path, broker: redis.Redis) -> None:
    waiting = [queue(steps=1, number=number) for number in range(3)]
    broker.flushall()
    with worker(jobs):
        until(lambda: all(done(job) for job in waiting))
    assert [steps(job) for job in waiting] == [[1], [1], [1]]


def test_the_broker_is_away_when_a_job_is_queued(jobs: Path, redis_server: Broker) -> None:
    redis_server.stop()
    began = time.monotonic()
    job = queue(steps=1)
    waited = time.monotonic() - began
    redis_server.start()
    assert (state(job), Job.objects.get(pk=job.pk).sent_at) == (JobState.QUEUED, None)
    assert waited < 3, "a person waits for this"
    with worker(jobs):
        until(lambda: done(job))
    assert steps(job) == [1]


def test_the_broker_goes_away_while_a_job_runs(jobs: Path, redis_server: Broker) -> None:
    with worker(jobs):
        job = queue(steps=4, pause=0.5)
        until(lambda: len(steps(job)) == 1)
        redis_server.stop()
        time.sleep(1)
        redis_server.start()
        following = queue(steps=1, following=True)
        until(lambda: done(job) and done(following))
    assert steps(job) == [1, 2, 3, 4]
    assert steps(following) == [1]


def test_a_number_delivered_many_times_has_one_effect(jobs: Path) -> None:
    job = queue(steps=2)
    for _ in range(4):
        assert actions.send(job.uuid)
    with worker(jobs), worker(jobs):
        until(lambda: done(job))
        last = queue(steps=1, last=True)
        until(lambda: done(last))
    assert steps(job) == [1, 2]


def test_a_job_that_fails_says_so_without_a_value(jobs: Path) -> None:
    with worker(jobs):
        job = queue(steps=1, fail="SYN-0417 Smith")
        until(lambda: state(job) == JobState.FAILED)
    job.refresh_from_db()
    assert job.message.startswith("ValueError")
    assert "Smith" not in job.message
    assert "Smith" not in (jobs / "worker.log").read_text()
    assert steps(job) == []


def test_a_job_whose_workers_all_die_is_given_up(jobs: Path) -> None:
    job = queue(steps=1)
    for _ in range(actions.MAX_ATTEMPTS):
        assert actions.claim_job(uuid=job.uuid)
        Job.objects.filter(pk=job.pk).update(lease_ends_at=job.queued_at)
        actions.recover_jobs()
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.FAILED, actions.MAX_ATTEMPTS)
    assert "given up" in job.message
    assert actions.retry_job(job=job, by="tests")


def test_only_numbers_travel(jobs: Path, broker: redis.Redis) -> None:
    queue(steps=1, patients=["p0123456789"])
    stored = b"".join(broker.dump(key) or b"" for key in broker.keys("*"))
    assert stored
    assert b"p0123456789" not in stored
