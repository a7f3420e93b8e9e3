"""Systemic therapy, surgery and radiotherapy as FHIR resources.

One MedicationRequest per agent; the agents of one regimen share `groupIdentifier` and our extensions
`therapy-line` and `regimen` (`fhir_parts.py`). The period of treatment is
`dosageInstruction[0].timing.repeat.boundsPeriod`; why it ended is `statusReason`.
"""

from __future__ import annotations

from tumorboard.synthetic.clock import iso
from tumorboard.synthetic.course import Therapy
from tumorboard.synthetic.fhir_parts import (
    ATC,
    MCODE,
    REGIMEN,
    SNOMED,
    THERAPY_LINE,
    Bundle,
    Json,
    coding,
    concept,
    quantity,
)
from tumorboard.synthetic.record import Record
from tumorboard.synthetic.regimens import ATC as ATC_CODES

END_REASONS = {
    "progression": ("266721009", "Absent response to treatment"),
    "toxicity": ("407563006", "Treatment not tolerated"),
    "death": ("419620001", "Death"),
}


def add_therapies(bundle: Bundle, record: Record) -> None:
    for number, therapy in enumerate(record.course.therapies):
        if therapy.kind == "systemic":
            _systemic(bundle, record, therapy, number)
        elif therapy.kind == "surgery":
            _surgery(bundle, record, therapy, number)
        else:
            _radiotherapy(bundle, record, therapy, number)


def _systemic(bundle: Bundle, record: Record, therapy: Therapy, number: int) -> None:
    """One MedicationRequest per agent, and one MedicationAdministration for the first dose of the first
    agent.
    """
    start = record.course.on(therapy.start).isoformat()
    period = {"start": start}
    if therapy.end is not None:
        period["end"] = record.course.on(therapy.end).isoformat()
    status = (
        "active" if therapy.end is None else "completed" if therapy.end_reason == "completed" else "stopped"
    )
    extensions: list[Json] = [_intent(therapy), {"url": REGIMEN, "valueString": therapy.name}]
    if therapy.line is not None:
        extensions.append({"url": THERAPY_LINE, "valueInteger": therapy.line})
    shared: Json = {
        "extension": extensions,
        "status": status,
        "intent": "order",
        "subject": bundle.subject,
        "authoredOn": start,
        "groupIdentifier": {
            "system": "https://tumorboard.example/regimen-order",
            "value": record.dice.opaque("regimen", number),
        },
        "reasonReference": [bundle.reference("Condition", "primary")],
        "dosageInstruction": [{"text": therapy.name, "timing": {"repeat": {"boundsPeriod": period}}}],
    }
    if therapy.end_reason in END_REASONS:
        shared["statusReason"] = concept(therapy.end_reason, coding(SNOMED, *END_REASONS[therapy.end_reason]))
    for agent in therapy.agents:
        body = shared | {"medicationCodeableConcept": _medication(agent)}
        bundle.add(
            "MedicationRequest",
            f"{number}-{agent}",
            body,
            "mcode-cancer-related-medication-request",
            "pharmacy",
        )
    _first_dose(bundle, record, therapy, number)


def _medication(agent: str) -> Json:
    return concept(agent, coding(ATC, ATC_CODES.get(agent, ""), agent))


def _first_dose(bundle: Bundle, record: Record, therapy: Therapy, number: int) -> None:
    agent = therapy.agents[0]
    body: Json = {
        "status": "completed",
        "medicationCodeableConcept": _medication(agent),
        "subject": bundle.subject,
        "effectiveDateTime": iso(record.course.on(therapy.start), 10, 30),
        "request": bundle.reference("MedicationRequest", f"{number}-{agent}"),
        "reasonReference": [bundle.reference("Condition", "primary")],
    }
    profile = "mcode-cancer-related-medication-administration"
    bundle.add("MedicationAdministration", f"{number}-{agent}", body, profile, "pharmacy")


def _intent(therapy: Therapy) -> Json:
    codes = {
        "curative": ("373808002", "Curative - procedure intent"),
        "adjuvant": ("373846009", "Adjuvant - intent"),
    }
    code, words = codes.get(therapy.intent, ("363676003", "Palliative - procedure intent"))
    return {
        "url": MCODE + "mcode-procedure-intent",
        "valueCodeableConcept": concept(therapy.intent, coding(SNOMED, code, words)),
    }


def _surgery(bundle: Bundle, record: Record, therapy: Therapy, number: int) -> None:
    tumour = record.disease.tumour
    body: Json = {
        "extension": [_intent(therapy)],
        "status": "completed",
        "category": concept("Surgical procedure", coding(SNOMED, "387713003", "Surgical procedure")),
        "code": concept(therapy.name, coding(SNOMED, tumour.surgery_code, therapy.name)),
        "subject": bundle.subject,
        "performedDateTime": record.course.on(therapy.start).isoformat(),
        "reasonReference": [bundle.reference("Condition", "primary")],
        "bodySite": [concept(tumour.body_site[1], coding(SNOMED, *tumour.body_site))],
        "outcome": concept("R0 resection"),
    }
    bundle.add("Procedure", f"surgery-{number}", body, "mcode-cancer-related-surgical-procedure", "theatre")


def _radiotherapy(bundle: Bundle, record: Record, therapy: Therapy, number: int) -> None:
    delivered = {
        "url": MCODE + "mcode-radiotherapy-dose-delivered-to-volume",
        "extension": [
            {"url": "totalDoseDelivered", "valueQuantity": quantity(round(therapy.dose_gy * 100), "cGy")},
            {"url": "fractionsDelivered", "valueUnsignedInt": therapy.fractions},
        ],
    }
    sessions = {"url": MCODE + "mcode-radiotherapy-sessions", "valueUnsignedInt": therapy.fractions}
    period = {"start": record.course.on(therapy.start).isoformat()}
    if therapy.end is not None:
        period["end"] = record.course.on(therapy.end).isoformat()
    body: Json = {
        "extension": [_intent(therapy), sessions, delivered],
        "status": "in-progress"
        if therapy.end is None
        else "stopped"
        if therapy.end_reason == "death"
        else "completed",
        "category": concept(
            "Radiation oncology", coding(SNOMED, "108290001", "Radiation oncology AND/OR radiotherapy")
        ),
        "code": concept(therapy.name, coding(SNOMED, "1217123003", "Radiotherapy course of treatment")),
        "subject": bundle.subject,
        "performedPeriod": period,
        "reasonReference": [bundle.reference("Condition", "primary")],
    }
    bundle.add(
        "Procedure", f"radiotherapy-{number}", body, "mcode-radiotherapy-course-summary", "radiotherapy"
    )
