from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from pyspark.sql import SparkSession

from tests.unit.pipeline.frames import bronze, built
from tumorboard.pipeline.silver.trials import Trials
from tumorboard.pipeline.sources.registry import Registry

CTML = {
    "protocol_no": "10-001",
    "nct_id": "NCT00000001",
    "short_title": "A trial",
    "phase": "II",
    "_summary": {"status": [{"value": "open to accrual"}]},
    "site_list": {"site": [{"site_name": "A"}, {"site_name": ""}]},
    "treatment_list": {"step": []},
}


def _study(nct: str, **status: object) -> dict[str, object]:
    return {
        "protocolSection": {
            "identificationModule": {"nctId": nct, "briefTitle": "A study"},
            "statusModule": {"overallStatus": "RECRUITING", "lastUpdatePostDateStruct": {"date": "2025-02"}},
            "designModule": {"phases": ["PHASE1", "PHASE2"]},
            "contactsLocationsModule": {
                "locations": [{"facility": "A"}, {"facility": "A"}, {"facility": "B"}]
            },
        }
    }


def _build(spark: SparkSession, ctml: list[object], studies: list[object]) -> dict[str, dict[str, object]]:
    frames = [
        bronze(spark, [{"kind": kind, "payload": payload, "patient_key": None} for payload in payloads])
        for kind, payloads in (("trial", ctml), ("study", studies))
    ]
    return {row["trial_id"]: row for row in built(Trials, *frames)}


def test_both_forms_of_a_trial_are_rows(spark: SparkSession) -> None:
    rows = _build(spark, [CTML], [_study("NCT00000001")])
    curated, registered = rows["10-001"], rows["NCT00000001"]
    assert (curated["status"], curated["sites"], curated["kind"]) == ("open to accrual", ["A"], "ctml")
    assert json.loads(str(curated["document"])) == CTML
    assert (registered["phase"], registered["sites"]) == ("PHASE1/PHASE2", ["A", "B"])
    assert registered["updated_on"] == date(2025, 2, 1)


def test_a_curated_trial_under_its_nct_number_goes_before_the_registry(spark: SparkSession) -> None:
    curated = {name: value for name, value in CTML.items() if name != "protocol_no"}
    rows = _build(spark, [curated], [_study("NCT00000001")])
    assert [row["kind"] for row in rows.values()] == ["ctml"]


def test_a_curated_trial_knows_what_the_registry_says_now(spark: SparkSession) -> None:
    record = _study("NCT00000001")
    record["protocolSection"]["eligibilityModule"] = {"eligibilityCriteria": "  * Age >= 18 "}
    rows = _build(spark, [CTML, {**CTML, "protocol_no": "10-002", "nct_id": ""}], [record])
    curated, alone = rows["10-001"], rows["10-002"]
    assert (curated["status"], curated["registry_status"]) == ("open to accrual", "RECRUITING")
    assert curated["registry_text"] == rows["NCT00000001"]["registry_text"] == "  * Age >= 18 "
    assert curated["registry_updated_on"] == date(2025, 2, 1)
    assert (alone["registry_status"], alone["registry_text"]) == (None, None)


def test_no_trials(spark: SparkSession) -> None:
    assert _build(spark, [], []) == {}


def test_public_registry_records(spark: SparkSession, shared_data: Path) -> None:
    files = sorted((shared_data / "trials" / "clinicaltrials_gov_v2").glob("NCT*.json"))
    studies = [row.payload for path in files for row in Registry().read(path) if hasattr(row, "payload")]
    rows = _build(spark, [], studies)
    statuses = [row["status"] for row in rows.values()]
    assert len(rows) == 25
    assert statuses.count("COMPLETED") == 17
    assert statuses.count("RECRUITING") == 1
    assert sum(row["phase"] is None for row in rows.values()) == 7
