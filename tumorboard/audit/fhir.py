"""The record as FHIR R4 AuditEvent, after IHE Basic Audit Log Patterns (BALP): ids only, no names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import Any

from tumorboard.audit.events import Event
from tumorboard.audit.models import AuditEvent, Phase

TYPES = "http://terminology.hl7.org/CodeSystem/audit-event-type"
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
RESTFUL = "http://hl7.org/fhir/restful-interaction"
ENTITY = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
BALP = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType"
REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
PURPOSES = {
    "treatment": "TREAT",
    "research": "HRESCH",
    "quality": "HQUALIMP",
    "training": "HRESCH",
    "operations": "HOPERAT",
}
SIGN_IN = {  # DICOM PS3.16 CID 400 and 401
    Event.SIGNED_IN: ("110122", "Login"),
    Event.SIGNED_OUT: ("110123", "Logout"),
    Event.SIGN_IN_FAILED: ("110122", "Login"),
    Event.SIGN_IN_LOCKED: ("110122", "Login"),
}
READS = {Event.LAKE_READ, Event.LAKE_REFUSED, Event.PATIENTS_NAMED, Event.PATIENT_LOOKED_UP}
OUTCOMES = {Phase.DENY.value: "8", Phase.FAIL.value: "4"}  # serious and minor failure; 0 is success
REFUSED = {Event.LAKE_REFUSED, Event.SIGN_IN_FAILED, Event.SIGN_IN_LOCKED}


def ndjson(events: Iterable[AuditEvent]) -> Iterator[str]:
    """One resource a line."""
    return (json.dumps(resource(event), ensure_ascii=False) + "\n" for event in events)


def action(event: AuditEvent) -> str:
    """FHIR's C, R, U, D or E (execute)."""
    if event.event in READS or event.event.endswith(("_looked_at", "_searched", "_exported", "_printed")):
        return "R"
    if event.event.endswith(("_removed", "_taken", "_closed", "_withdrawn")):
        return "D"
    if event.event.endswith(("_registered", "_created", "_added", "_recorded", "_given", "_opened")):
        return "C"
    return "E" if event.event in SIGN_IN or event.event.startswith("job_") else "U"


def resource(event: AuditEvent) -> dict[str, Any]:
    refused = event.phase == Phase.DENY or event.event in REFUSED
    found = {
        "resourceType": "AuditEvent",
        "id": str(event.event_id),
        **_kind(event),
        "action": action(event),
        "recorded": event.at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "outcome": OUTCOMES["deny"] if refused else OUTCOMES.get(event.phase, "0"),
        "outcomeDesc": event.rule or event.outcome,
        "purposeOfEvent": _purpose(event),
        "agent": [_agent(event)],
        "source": {"observer": {"display": "tumorboard"}, "site": event.code_version},
        "entity": [*_patients(event), *_data(event), *_request(event)],
    }
    found["source"] = {name: value for name, value in found["source"].items() if value}
    return {name: value for name, value in found.items() if value not in ("", [])}


def _kind(event: AuditEvent) -> dict[str, Any]:
    own = {"system": "urn:tumorboard:audit-event", "code": event.event, "display": event.label}
    if event.event in SIGN_IN:
        code, word = SIGN_IN[Event(event.event)]
        authentication = {"system": DICOM, "code": "110114", "display": "User Authentication"}
        return {"type": authentication, "subtype": [{"system": DICOM, "code": code, "display": word}, own]}
    interaction = {"R": "read", "C": "create", "D": "delete", "E": "operation", "U": "update"}[action(event)]
    rest = {"system": TYPES, "code": "rest", "display": "RESTful Operation"}
    return {"type": rest, "subtype": [{"system": RESTFUL, "code": interaction}, own]}


def _purpose(event: AuditEvent) -> list[dict[str, Any]]:
    reasons = ["BTG"] if event.break_glass_id else []
    reasons += [PURPOSES[event.purpose]] if event.purpose in PURPOSES else []
    return [{"coding": [{"system": REASON, "code": reason}]} for reason in reasons]


def _agent(event: AuditEvent) -> dict[str, Any]:
    """A person by the number of the account; a process, which is nobody, by its name."""
    who = {"identifier": {"value": event.actor_id}} if event.actor_id else {"display": event.actor_label}
    found: dict[str, Any] = {"who": who, "requestor": True}
    if event.actor_roles:
        found["role"] = [{"text": role} for role in event.actor_roles]
    if event.policy_hash:
        found["policy"] = [f"urn:sha256:{event.policy_hash}"]
    if event.source_ip:
        found["network"] = {"address": event.source_ip, "type": "2"}
    return found


def _patients(event: AuditEvent) -> list[dict[str, Any]]:
    keys = [event.patient_key] if event.patient_key else event.patient_keys
    found = [_entity({"value": key}, "1", "Person", "1", "Patient") for key in keys]
    if event.patient_count:
        many = _entity({"value": event.patient_digest}, "1", "Person", "1", "Patient")
        many["detail"] = _details({"patients": event.patient_count})
        found.append(many)
    return found


def _data(event: AuditEvent) -> list[dict[str, Any]]:
    name = event.table or event.target_kind
    if not name:
        return []
    where = name if event.table else f"{name}/{event.target_id}"
    entity = _entity({"value": where}, "2", "System Object", "4", "Domain Resource")
    told = {"version": event.version, "commit": event.commit_hash, "columns": ", ".join(event.columns)}
    told |= {"rows": event.row_count, "masks": ", ".join(f"{c}: {m}" for c, m in event.masks.items())}
    if details := _details(told):
        entity["detail"] = details
    return [entity]


def _request(event: AuditEvent) -> list[dict[str, Any]]:
    if not event.request_id:
        return []
    kind = {"system": BALP, "code": "XrequestId"}
    return [{"what": {"identifier": {"value": event.request_id}}, "type": kind}]


def _entity(identifier: dict[str, str], code: str, word: str, role: str, name: str) -> dict[str, Any]:
    return {
        "what": {"identifier": identifier},
        "type": {"system": ENTITY, "code": code, "display": word},
        "role": {"system": ROLE, "code": role, "display": name},
    }


def _details(told: dict[str, Any]) -> list[dict[str, str]]:
    return [
        {"type": name, "valueString": str(value)} for name, value in told.items() if value not in ("", None)
    ]
