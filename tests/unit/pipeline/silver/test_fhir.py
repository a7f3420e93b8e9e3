"""What silver knows about FHIR: odd shapes never raise, and what is void is no fact."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.pipeline.silver.resources import concept, received
from tumorboard.pipeline.silver import (
    comorbidities,
    diagnoses,
    documents,
    fhir,
    imaging,
    imaging_features,
    labs,
    patients,
    performance,
    responses,
    specimens,
    stages,
    therapies,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-03-02T10:00:00+02:00", date(2025, 3, 2)),
        ("2025-03-02", date(2025, 3, 2)),
        ("2025-03", date(2025, 3, 1)),
        ("2025", date(2025, 1, 1)),
        ("2025-02-30", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        ({"start": "2025"}, None),
    ],
)
def test_a_partial_date_is_its_first_day_and_an_impossible_one_is_none(
    text: Any, expected: date | None
) -> None:
    assert fhir.day(text) == expected


@pytest.mark.parametrize("status", ["entered-in-error", "not-done", "cancelled", "draft"])
def test_what_was_not_done_or_entered_by_mistake_is_no_fact(status: str) -> None:
    assert not fhir.stands({"status": status})


@pytest.mark.parametrize("code", ["refuted", "entered-in-error"])
def test_a_refuted_condition_is_no_fact(code: str) -> None:
    assert not fhir.stands({"verificationStatus": concept(code)})


def test_final_amended_and_unstated_are_facts() -> None:
    assert all(fhir.stands(resource) for resource in ({"status": "final"}, {"status": "amended"}, {}))


def test_a_concept_speaks_by_its_text_then_its_display_then_its_code() -> None:
    assert fhir.said(concept("1", "text", display="display")) == "text"
    assert fhir.said(concept("1", display="display")) == "display"
    assert fhir.said(concept("1")) == "1"
    assert fhir.said(None) == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, 3.0), ("3.5", 3.5), ("<3", None), (True, None), (float("nan"), None), ("inf", None), ([1], None)],
)
def test_numbers_also_sent_as_text(value: Any, expected: float | None) -> None:
    assert fhir.number(value) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("https://hospital.example/lab#msg-17", "lab"),
        ("https://hospital.example", "hospital.example"),
        ("urn:oid:1.2.3", "urn:oid:1.2.3"),
        ("", "FHIR"),
    ],
)
def test_the_sender_is_named_without_its_server(source: str, expected: str) -> None:
    assert fhir.sender({"meta": {"source": source}}) == expected


# Any JSON below the element names that the rules look at.
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
_CODES = st.sampled_from(
    [
        "89247-1",
        "97509-4",
        "21908-9",
        "21905-5",
        "718-7",
        "21889-1",
        "33728-7",
        "1217123003",
        "387713003",
        "C34.1",
        "IVA",
    ]
)
_ELEMENTS = """
    code coding system display text value unit valueQuantity valueCodeableConcept valueString
    valueInteger component referenceRange low high status statusReason meta profile source extension
    url effectiveDateTime effectivePeriod start end onsetDateTime bodySite clinicalStatus identifier
    name given gender medicationCodeableConcept authoredOn dosageInstruction timing repeat
    boundsPeriod groupIdentifier reasonReference reference hasMember focus category performedPeriod
    content attachment data contentType presentedForm series uid collection note method issued
"""
_NAMES = st.sampled_from(_ELEMENTS.split())
_JSON = st.recursive(
    _LEAVES | _CODES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=6),
    max_leaves=25,
)
_KINDS = st.sampled_from(
    [
        "Patient", "Condition", "Observation", "Specimen", "MedicationRequest", "MedicationAdministration",
        "Procedure", "ImagingStudy", "DocumentReference", "DiagnosticReport",
    ]
)  # fmt: skip


@given(_KINDS, st.dictionaries(_NAMES, _JSON, max_size=10))
def test_no_shape_of_a_resource_stops_a_build(kind: str, body: dict[str, Any]) -> None:
    item = received({"resourceType": kind, **body})
    for read_one in (
        performance.read,
        responses.read,
        specimens.read,
        comorbidities.read,
        imaging.announced,
        documents.enclosed,
    ):
        list(read_one(item))
    for read_all in (
        stages.read,
        therapies.read,
        labs.read,
        diagnoses.read,
        patients.read,
        imaging_features.measured,
    ):
        list(read_all([item]))
