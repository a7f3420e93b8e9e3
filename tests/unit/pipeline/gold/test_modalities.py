"""What there is of each kind of data, and why the rest is missing."""

from __future__ import annotations

import json
from datetime import date

import pytest

from tests.unit.pipeline.frames import built, rows_of
from tests.unit.pipeline.gold.records import _row
from tumorboard.pipeline.gold.modalities import READS, Modalities, modalities_of
from tumorboard.pipeline.gold.records import Record


def modalities(fhir=(), notes=(), **tables):
    rows = {
        f"silver.{name}": [_row(name, n, row) for n, row in enumerate(found)]
        for name, found in tables.items()
    }
    rows["silver.patients"] = [_row("patients", 0, {"sex": "female"})]
    rows["bronze.fhir"] = [
        {"row_id": f"f{n}", "payload": json.dumps(resource)} for n, resource in enumerate(fhir)
    ]
    rows["bronze.notes"] = [{"row_id": f"n{n}", "file_name": name} for n, name in enumerate(notes)]
    return {row["modality"]: row for row in modalities_of(Record("p1", rows))}


def status(found):
    return {name: row["status"] for name, row in found.items()}


def test_a_patient_of_whom_nothing_is_known_has_a_row_for_everything():
    found = modalities()
    assert list(found) == ["clinical", "pathology", "genomics", "imaging", "notes", "labs", "wearables"]
    assert set(status(found).values()) == {"not_collected"}
    assert all(row["reason"] for row in found.values())
    assert all(row["derived_from"] == ["silver.patients/patients-0"] for row in found.values())


def test_clinical_says_what_is_lacking():
    found = modalities(diagnoses=[{"primary": True, "text": "x", "diagnosed_on": "2024-01-01"}])["clinical"]
    assert (found["status"], found["reason"]) == ("partial", "no stage and no performance status recorded")
    assert (found["rows"], found["latest_on"]) == (1, date(2024, 1, 1))


@pytest.mark.parametrize(
    ("tests", "variants", "expected", "words"),
    [
        ([{"genes": ["EGFR"]}], 3, "present", None),
        ([{"genes": ["EGFR", "ALK"]}], 0, "present", "no variant reported in 2 genes tested"),
        ([{"genes": []}], 3, "partial", "the genes tested are not stated"),
        ([{"genes": []}], 0, "partial", "neither its variants nor the genes tested"),
        ([], 0, "not_collected", "no molecular test is reported"),
    ],
)
def test_genomics(tests, variants, expected, words):
    found = modalities(genomic_tests=tests, variants=[{"rows": variants}] if variants else [])["genomics"]
    assert found["status"] == expected
    assert (words or "") in (found["reason"] or "")


def test_images_elsewhere():
    series = [{"series_uid": "1", "rows": 128}, {"series_uid": "2"}]
    found = modalities(imaging=series)["imaging"]
    assert (found["status"], found["reason"][:30]) == ("partial", "images of 1 of 2 series are el")
    assert modalities(imaging=series[:1])["imaging"]["status"] == "present"


def letter(name, **attachment):
    return {
        "resourceType": "DocumentReference",
        "content": [{"attachment": {"url": f"notes/{name}", **attachment}}],
    }


def test_letters_that_were_announced_and_did_not_come():
    documents = [{"file_name": "a.txt", "written_on": "2024-01-01"}]
    announced = [letter("a.txt"), letter("b.txt"), letter("c.txt", data="eA==")]
    found = modalities(fhir=announced, notes=["a.txt"], documents=documents)["notes"]
    assert (found["status"], found["reason"]) == ("partial", "1 announced documents were not received")
    assert (
        modalities(fhir=announced[:1], notes=["a.txt"], documents=documents)["notes"]["status"] == "present"
    )


def order(state="active", on="2024-05-01", words="Next generation sequencing panel"):
    return {
        "resourceType": "ServiceRequest",
        "id": "o1",
        "status": state,
        "authoredOn": on,
        "code": {"text": words},
    }


def test_an_open_order_is_pending_and_a_cancelled_one_not_done():
    waiting = modalities(fhir=[order()])["genomics"]
    assert (waiting["status"], waiting["reason"]) == ("pending", "ordered on 2024-05-01, no result yet")
    assert waiting["derived_from"] == ["silver.patients/patients-0", "bronze.fhir/f0"]
    assert modalities(fhir=[order("revoked")])["genomics"]["status"] == "not_done"


def test_an_answered_order_waits_no_more():
    report = {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "basedOn": [{"reference": "ServiceRequest/o1"}],
    }
    assert modalities(fhir=[order(), report])["genomics"]["status"] == "not_collected"


def test_a_registered_report_beside_older_results_makes_them_partial():
    report = {
        "resourceType": "DiagnosticReport",
        "status": "registered",
        "issued": "2024-06-01",
        "code": {"text": "CT chest"},
    }
    series = [{"series_uid": "1", "rows": 128, "performed_on": "2024-01-01"}]
    found = modalities(fhir=[report], imaging=series)["imaging"]
    assert (found["status"], found["reason"]) == ("partial", "ordered on 2024-06-01, no result yet")
    newer = [{"series_uid": "1", "rows": 128, "performed_on": "2024-06-02"}]
    assert modalities(fhir=[report], imaging=newer)["imaging"]["status"] == "present"


def test_the_build_counts_rows_on_the_engine(spark):
    given = {
        "Patients": [{"sex": "female", "deceased": False, "synthetic": True}],
        "Labs": [
            {"lab_id": f"{n}", "name": "CEA", "value_text": "1", "taken_on": date(2024, 1, n)} for n in (1, 2)
        ],
    }
    frames = []
    for source in READS:
        if source.__name__ in ("Fhir", "Notes"):
            frames.append(spark.createDataFrame([], schema=f"patient_key string, {BRONZE}"))
        else:
            frames.append(rows_of(spark, source, given.get(source.__name__, [])))
    found = {row["modality"]: row for row in built(Modalities, *frames)}
    assert (found["labs"]["status"], found["labs"]["rows"], found["labs"]["latest_on"]) == (
        "present",
        2,
        date(2024, 1, 2),
    )
    assert found["wearables"]["status"] == "not_collected"


BRONZE = "row_id string, kind string, payload string, file_name string"
