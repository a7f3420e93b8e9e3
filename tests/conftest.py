"""Real services for every test that asks for them; the network outside this machine is closed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tumorboard.runs import services

REPOSITORY = Path(__file__).resolve().parent.parent


def pytest_runtest_setup() -> None:
    from pytest_socket import socket_allow_hosts

    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright leaves an event loop running in this thread, and a page that Django's
    client asks for after that is refused by asgiref."""
    items.sort(key=lambda item: "functional" in item.path.relative_to(REPOSITORY).parts)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The public data with known answers; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("TUMORBOARD_SHARED_DATA") or REPOSITORY.parent / "shared" / "data")
    if not (folder / "README.md").exists():
        pytest.skip("public test data not found: set TUMORBOARD_SHARED_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Start PostgreSQL just before the first test that uses the database."""
    services.start_postgres(settings.HOME)


class Broker:
    """Redis at the address of the settings; a test may stop it, and starts it again."""

    port = int(settings.REDIS_URL.rsplit(":", 1)[1].split("/")[0])

    def start(self) -> None:
        self.process = services.start_redis(settings.HOME, port=self.port)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(10)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Broker]:
    broker = Broker()
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def spark() -> object:
    """The embedded engine, once for all tests of transformations."""
    from tumorboard.lake import engine

    with engine.spark() as session:
        yield session
