"""Whole installations: a lake folder and a database that other processes see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings
from pyspark.sql import SparkSession

from tests.integration import databases
from tumorboard.lake import engine
from tumorboard.synthetic.cohort import write_cohort


@pytest.fixture(scope="session")
def migrated(django_db_modify_db_settings: None, django_db_blocker: Any) -> str:
    """The name of an empty database with all tables, to be copied."""
    with django_db_blocker.unblock():
        databases.migrate(databases.TEMPLATE)
    return databases.TEMPLATE


@contextmanager
def installed(home: Path, template: str, blocker: Any) -> Iterator[Path]:
    """An empty lake and a database of its own, for the time of the block."""
    places = {"LAKE_URL": str(home / "lake"), "VOLUMES_DIR": home / "volumes", "MODELS_DIR": home / "models"}
    with override_settings(**places), blocker.unblock(), databases.copy_of(template):
        yield home


@pytest.fixture(scope="module")
def installation(
    migrated: str, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """An installation that the tests of a module share."""
    with installed(tmp_path_factory.mktemp("installation"), migrated, django_db_blocker) as home:
        yield home


@pytest.fixture
def fresh(migrated: str, django_db_blocker: Any, tmp_path: Path) -> Iterator[Path]:
    """An installation of this test alone."""
    with installed(tmp_path, migrated, django_db_blocker) as home:
        yield home


@pytest.fixture
def undone(installation: Path) -> Iterator[Path]:
    """The shared installation, put back after the test. Its Delta commits stay, as a dead writer's would."""
    with transaction.atomic():
        yield installation
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def warm_engine(spark: SparkSession) -> Iterator[None]:
    """One running engine for many builds; starting it anew each time would take most of the tests' time."""

    @contextmanager
    def running(remote: str = "") -> Iterator[SparkSession]:
        yield spark

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "spark", running)
        yield


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six synthetic patients as files; a test that changes one copies it first."""
    folder = tmp_path_factory.mktemp("cohort")
    write_cohort(folder, patients=6, seed=11)
    return folder
