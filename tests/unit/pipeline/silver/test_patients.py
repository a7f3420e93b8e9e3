from __future__ import annotations

from datetime import date
from typing import Any

from pyspark.sql import SparkSession

from tests.unit.pipeline.frames import bronze, built
from tests.unit.pipeline.silver.resources import all_received, concept
from tumorboard.pipeline.silver.patients import Patients, name_of, read

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "name": [{"use": "official", "family": "Muster", "given": ["Maria", "Anna"]}],
    "gender": "female",
    "birthDate": "1960-04",
    "managingOrganization": {"display": "Hospital A"},
}


def test_one_row_from_all_the_resources_of_a_person() -> None:
    earlier = PATIENT | {"meta": {"lastUpdated": "2024-01-01"}, "gender": "male", "deceasedBoolean": False}
    later = {"resourceType": "Patient", "gender": "female", "meta": {"lastUpdated": "2025-01-01"}}
    (row,) = read(all_received(earlier, later))
    assert row["sex"] == "female"  # the later one speaks
    assert row["name"] == "Maria Anna Muster"  # the earlier one fills
    assert row["birth_date"] == date(1960, 4, 1)
    assert row["site"] == "Hospital A"
    assert not row["deceased"]


def test_a_death_without_a_date_is_a_death() -> None:
    (row,) = read(all_received(PATIENT | {"deceasedBoolean": True}))
    assert row["deceased"] is True
    assert row["death_date"] is None


def test_a_sex_nobody_sent_is_unknown() -> None:
    (row,) = read(all_received({"resourceType": "Patient"}))
    assert row["sex"] == "unknown"
    assert row["synthetic"] is False


def test_test_data_is_marked_by_its_tag_or_label() -> None:
    label = concept("HTEST")["coding"]
    for place in ("tag", "security"):
        (row,) = read(all_received(PATIENT | {"meta": {place: label}}))
        assert row["synthetic"] is True


def test_an_official_name_goes_before_a_nickname() -> None:
    names = [{"use": "nickname", "text": "Mimi"}, {"use": "official", "text": "Maria Muster"}]
    assert name_of({"name": names}) == "Maria Muster"
    assert name_of({"name": {"given": "Maria"}}) == "Maria"


def test_last_contact_counts_what_was_done_and_ends_with_death(spark: SparkSession) -> None:
    rows = [
        {"kind": "Patient", "payload": PATIENT | {"deceasedDateTime": "2025-03-01"}},
        {
            "kind": "Encounter",
            "payload": {"status": "finished", "period": {"start": "2025-02-01", "end": "2025-02-03"}},
        },
        {"kind": "Encounter", "payload": {"status": "planned", "period": {"start": "2025-09-01"}}},
        {"kind": "Observation", "payload": {"status": "final", "effectiveDateTime": "2025-03-02T08:00:00Z"}},
        {"kind": "Patient", "patient_key": "p2", "payload": PATIENT},
    ]
    found = {row["patient_key"]: row for row in built(Patients, bronze(spark, rows))}
    assert found["p1"]["last_contact"] == date(2025, 3, 1)
    assert found["p2"]["last_contact"] is None


def test_no_bronze_gives_no_patients(spark: SparkSession) -> None:
    assert built(Patients, bronze(spark, [])) == []
