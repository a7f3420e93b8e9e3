"""A lake of two patients behind the real gate."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group

from tests.factories.accounts import person
from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role
from tumorboard.governance.actions import SERVICE_GROUP, open_reach, register_securables
from tumorboard.governance.ledger import crosswalk, latest_versions
from tumorboard.governance.opening import lake, landing_volume
from tumorboard.lake import rows, tables
from tumorboard.lake.store import Commit, Publication
from tumorboard.pipeline.landing import content_hash

ANN, BEN = ("mrn", "SYN-0001"), ("mrn", "SYN-0002")
CHIP = {"origin": "structured", "method": "test 1.0", "system": "test", "recorded_on": date(2025, 1, 1)}
SOURCE = {
    "source_table": "bronze.fhir", "source_row": "r", "file_hash": "f", "file_name": "x.json", "locator": "$",
    "source_path": "$",
}  # fmt: skip


def write(table: str, *records: dict[str, Any]) -> Publication:
    declared = tables.get(table)
    filled = [{**SOURCE, **CHIP, "derived_from": ["x/y"], **record} for record in records]
    own = [{name: record.get(name) for name in declared.columns} for record in filled]
    commit = Commit("run-1", "test", latest_versions(declared.reads))
    return lake().replace(declared, rows.arrow(own, declared, "run-1"), commit)


def born(patient: str, name: str, year: int) -> dict[str, Any]:
    return {
        "patient_key": patient, "name": name, "sex": "female", "birth_date": date(year, 6, 15),
        "deceased": False, "synthetic": True,
    }  # fmt: skip


@pytest.fixture
def places(settings: Any, tmp_path: Path) -> Path:
    settings.LAKE_URL = str(tmp_path / "lake")
    settings.VOLUMES_DIR = tmp_path / "volumes"
    return tmp_path


@pytest.fixture
def ann(db: None) -> str:
    return _patient(ANN)


@pytest.fixture
def ben(db: None) -> str:
    return _patient(BEN)


def _patient(identifier: tuple[str, str]) -> str:
    subject = crosswalk().keys([identifier])[identifier]
    (key,) = crosswalk().patients_of([subject])
    return key


@pytest.fixture
def lake_of_two(places: Path, ann: str, ben: str) -> Path:
    """silver.patients at versions 0 and 1 (a corrected name), diagnoses, a trial, a received file."""
    write("silver.patients", born(ann, "Early, Ann", 1960), born(ben, "Other, Ben", 1950))
    write("silver.patients", born(ann, "Quexington, Ann", 1960), born(ben, "Other, Ben", 1950))
    write(
        "silver.diagnoses",
        diagnosis(ann, "d1", "Old primary", True, date(2020, 1, 1)),
        diagnosis(ann, "d2", "Metastasis", False, date(2024, 1, 1)),
        diagnosis(ann, "d3", "New primary", True, date(2023, 1, 1)),
    )
    write(
        "silver.trials",
        {"trial_id": "T-1", "kind": "ctml", "document": "{}", "sites": [], "title": "A trial"},
    )
    register_securables()
    receive(places, ANN, b"the letter of Ann")
    return places


def diagnosis(patient: str, number: str, text: str, primary: bool, day: date) -> dict[str, Any]:
    return {
        "patient_key": patient, "diagnosis_id": number, "text": text, "primary": primary, "diagnosed_on": day,
        "clinical_status": "active",
    }  # fmt: skip


def receive(places: Path, identifier: tuple[str, str], content: bytes) -> None:
    path = places / "letter.txt"
    path.write_bytes(content)
    digest = content_hash(path)
    landing_volume().keep(path, digest, content_hash)
    row = {
        "row_id": "letter-1", "file_hash": digest, "file_name": "letter.txt", "locator": "line 1",
        "kind": "note", "subject_key": crosswalk().keys([identifier])[identifier], "payload": "{}",
        "run_id": "run-1", "received_at": datetime(2025, 1, 1, tzinfo=UTC),
    }  # fmt: skip
    declared = tables.get("bronze.notes")
    lake().append(
        declared,
        declared.arrow_schema.empty_table().from_pylist([row], declared.arrow_schema),
        Commit("r", "t", files=[digest]),
    )


@pytest.fixture
def alice(lake_of_two: Path, ann: str) -> User:
    """Ann's oncologist."""
    user = person("alice", Role.ONCOLOGIST)
    open_reach(patient_key=ann, reason="care_team", by="tests", user=user)
    return user


@pytest.fixture
def service(lake_of_two: Path) -> User:
    user = person("machine")
    user.groups.add(Group.objects.get(name=SERVICE_GROUP))
    return user
