"""The landmark, and survival counted from it."""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.pipeline.frames import built, rows_of
from tests.unit.pipeline.gold.records import record
from tumorboard.pipeline.gold.cohort import READS, Cohort, cohort_of

PERSON = {
    "sex": "female",
    "birth_date": "1960-01-01",
    "deceased": False,
    "last_contact": "2025-01-01",
    "site": "A",
    "synthetic": True,
}
DIAGNOSIS = {"primary": True, "text": "Lung cancer", "oncotree": "LUAD", "diagnosed_on": "2024-01-01"}
FIRST_LINE = {"kind": "systemic", "name": "osimertinib", "line": 1, "started_on": "2024-02-01"}
SURGERY = {"kind": "surgery", "name": "lobectomy", "started_on": "2024-01-15"}


def cohort(person=None, **tables):
    (row,) = cohort_of(record(patients=[PERSON | (person or {})], diagnoses=[DIAGNOSIS], **tables))
    return row


@pytest.mark.parametrize(
    ("therapies", "landmark"),
    [
        ([FIRST_LINE], date(2024, 2, 1)),
        ([SURGERY, FIRST_LINE], date(2024, 2, 1)),
        ([SURGERY], date(2024, 1, 15)),
        ([FIRST_LINE | {"line": 2, "started_on": "2024-06-01"}, FIRST_LINE], date(2024, 2, 1)),
        ([FIRST_LINE | {"line": None}, SURGERY], date(2024, 1, 15)),
        ([FIRST_LINE | {"started_on": None}], date(2024, 1, 29)),
        ([], date(2024, 1, 29)),
    ],
)
def test_landmark(therapies, landmark):
    assert cohort(therapies=therapies)["landmark_on"] == landmark


def test_a_new_patient_is_asked_about_today():
    row = cohort({"last_contact": "2024-01-10"})
    assert (row["landmark_on"], row["os_days"]) == (date(2024, 1, 10), 0.0)


def test_survival_counts_from_the_landmark():
    alive = cohort(therapies=[FIRST_LINE])
    assert (alive["os_days"], alive["died"]) == (335.0, False)
    dead = cohort({"deceased": True, "death_date": "2024-03-01"}, therapies=[FIRST_LINE])
    assert (dead["os_days"], dead["died"]) == (29.0, True)


def test_a_death_before_the_landmark_is_negative_not_hidden():
    assert cohort({"deceased": True, "death_date": "2024-01-10"})["os_days"] == -19.0


def test_a_death_without_its_date_has_no_time():
    assert cohort({"deceased": True}, therapies=[FIRST_LINE])["os_days"] is None


def test_a_stage_found_after_the_landmark_is_not_used():
    stages = [
        {"stage_group": "IIIA", "assessed_on": "2024-01-05"},
        {"stage_group": "IV", "assessed_on": "2024-08-01"},
    ]
    assert cohort(therapies=[FIRST_LINE], stages=stages)["stage_group"] == "IIIA"


def test_a_patient_without_a_dated_tumour_stays_without_a_time():
    (row,) = cohort_of(record(patients=[PERSON]))
    assert (row["landmark_on"], row["os_days"], row["age"]) == (None, None, None)


def test_the_build_gives_one_row_per_patient(spark):
    people = [
        {
            "patient_key": key,
            "sex": "female",
            "deceased": False,
            "last_contact": date(2025, 1, 1),
            "synthetic": True,
        }
        for key in ("p1", "p2")
    ]
    frames = [rows_of(spark, source, people if source.__name__ == "Patients" else []) for source in READS]
    assert sorted(row["patient_key"] for row in built(Cohort, *frames)) == ["p1", "p2"]
