"""Records as FHIR R4 AuditEvents: required elements, value sets, ids without names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.factories.accounts import person
from tumorboard.accounts.roles import Role
from tumorboard.audit import context, fhir
from tumorboard.audit.events import Event
from tumorboard.audit.record import record

pytestmark = pytest.mark.django_db
ELEMENTS = {
    "resourceType", "id", "type", "subtype", "action", "recorded", "outcome", "outcomeDesc", "purposeOfEvent",
    "agent", "source", "entity",
}  # fmt: skip


def made(event: str = Event.LAKE_READ, by: Any = "tests", **what: Any) -> dict[str, Any]:
    return fhir.resource(record(event, by=by, **what))


@pytest.mark.parametrize("event", Event.values)
def test_every_event_is_a_resource_with_what_r4_requires(event: str):
    found = made(event)
    assert set(found) <= ELEMENTS
    assert {"system", "code"} <= set(found["type"])
    assert found["action"] in set("CRUDE")
    assert found["outcome"] in {"0", "4", "8", "12"}
    assert found["agent"][0]["requestor"] is True
    assert found["source"]["observer"] == {"display": "tumorboard"}
    assert json.loads(json.dumps(found)) == found
    assert "" not in found.values()


def test_a_patient_read_names_patient_data_and_request():
    alice = person("alice", Role.ONCOLOGIST)
    with context.bound(request_id="r1", source_ip="10.0.0.1"):
        read = {"table": "silver.labs", "version": 3, "columns": ["value"], "row_count": 2}
        why = {"purpose": "treatment", "policy_hash": "a" * 64, "masks": {"name": "null"}}
        found = made(by=alice, patient_key="p1", **read, **why)
    assert found["action"] == "R"
    assert found["subtype"][0]["code"] == "read"
    assert found["purposeOfEvent"][0]["coding"][0]["code"] == "TREAT"
    (agent,) = found["agent"]
    assert agent["who"] == {"identifier": {"value": str(alice.pk)}}
    assert agent["role"] == [{"text": "role:oncologist"}]
    assert agent["network"] == {"address": "10.0.0.1", "type": "2"}
    patient, data, request = found["entity"]
    assert (patient["what"]["identifier"]["value"], patient["role"]["code"]) == ("p1", "1")
    assert data["what"]["identifier"]["value"] == "silver.labs"
    told = {"version": "3", "columns": "value", "rows": "2", "masks": "name: null"}
    assert {detail["type"]: detail["valueString"] for detail in data["detail"]} == told
    assert request["type"]["code"] == "XrequestId"
    assert "alice" not in json.dumps(found)


def test_several_and_very_many_patients():
    several = made(patient_keys=["p1", "p2"])
    assert [entity["what"]["identifier"]["value"] for entity in several["entity"]] == ["p1", "p2"]
    (many,) = made(patient_keys=[f"p{n}" for n in range(1001)])["entity"]
    assert many["detail"] == [{"type": "patients", "valueString": "1001"}]


@pytest.mark.parametrize(
    ("event", "phase", "outcome"),
    [
        (Event.LAKE_READ, "complete", "0"),
        (Event.LAKE_READ, "intent", "0"),
        (Event.LAKE_READ, "deny", "8"),
        (Event.LAKE_READ, "fail", "4"),
        (Event.SIGN_IN_FAILED, "complete", "8"),
    ],
)
def test_outcomes(event: str, phase: str, outcome: str):
    assert made(event, phase=phase)["outcome"] == outcome


def test_break_glass_is_a_purpose_of_its_own():
    reasons = made(purpose="treatment", break_glass_id="b1")["purposeOfEvent"]
    assert [reason["coding"][0]["code"] for reason in reasons] == ["BTG", "TREAT"]
