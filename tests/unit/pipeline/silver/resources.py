"""Small hand-written resources, as a build's pure functions receive them."""

from __future__ import annotations

from typing import Any

from tumorboard.pipeline.silver.rows import Received

LOINC, SNOMED, ATC = "http://loinc.org", "http://snomed.info/sct", "http://www.whocc.no/atc"
MCODE = "http://hl7.org/fhir/us/mcode/StructureDefinition/"


def received(
    payload: dict[str, Any], number: int = 0, *, kind: str = "", table: str = "bronze.fhir"
) -> Received:
    return Received(
        table=table,
        patient_key="p1",
        row_id=f"row-{number:03}",
        kind=kind or payload.get("resourceType", "row"),
        payload=payload,
        file_hash="f" * 8,
        file_name="bundle.json",
        locator=f"$.entry[{number}].resource",
        received_at=None,
    )


def all_received(*payloads: dict[str, Any]) -> list[Received]:
    return [received(payload, number) for number, payload in enumerate(payloads)]


def concept(code: str = "", text: str = "", system: str = SNOMED, display: str = "") -> dict[str, Any]:
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return ({"coding": [coding]} if code else {}) | ({"text": text} if text else {})


def resource(kind: str, profile: str = "", **fields: Any) -> dict[str, Any]:
    meta = {"meta": {"profile": [MCODE + profile]}} if profile else {}
    return {"resourceType": kind, "id": fields.pop("id", f"{kind.lower()}-1")} | meta | fields


def observation(code: str, profile: str = "", **fields: Any) -> dict[str, Any]:
    given = {"status": "final", "code": concept(code, system=LOINC), "effectiveDateTime": "2025-03-02"}
    return resource("Observation", profile, **(given | fields))


def condition(text: str, code: str = "", profile: str = "", **fields: Any) -> dict[str, Any]:
    given = {"code": concept(code, text), "onsetDateTime": "2024-05-01"}
    return resource("Condition", profile, **(given | fields))


def order(agent: str, on: str, **fields: Any) -> dict[str, Any]:
    given = {"id": f"order-{agent}-{on}", "status": "completed", "intent": "order", "authoredOn": on}
    return resource(
        "MedicationRequest", **(given | {"medicationCodeableConcept": concept(text=agent)} | fields)
    )
