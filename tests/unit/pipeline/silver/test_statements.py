"""Absence as a fact: refuted conditions, comorbidities noted as absent, complete treatment lists."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.unit.pipeline.frames import bronze, built
from tumorboard.pipeline.silver.statements import Statements

LIST = {"resourceType": "List", "id": "l", "status": "current", "date": "2025-06-01",
        "code": {"coding": [{"code": "10160-0"}], "text": "Treatments"}}  # fmt: skip


def statements(spark, *resources: dict[str, Any]) -> list[tuple[Any, ...]]:
    rows = [{"kind": resource["resourceType"], "payload": resource} for resource in resources]
    built_rows = built(Statements, bronze(spark, rows))
    return sorted((row["kind"], row["subject"], row["code"], row["stated_on"]) for row in built_rows)


def test_a_refuted_condition_and_an_absent_comorbidity(spark):
    refuted = {
        "resourceType": "Condition", "id": "c", "recordedDate": "2025-06-20",
        "verificationStatus": {"coding": [{"code": "refuted"}]},
        "code": {"text": "Brain metastases", "coding": [{"code": "94225005"}]},
    }  # fmt: skip
    confirmed = {**refuted, "id": "d", "verificationStatus": {"coding": [{"code": "confirmed"}]}}
    panel = {
        "resourceType": "Observation", "id": "o", "status": "final", "effectiveDateTime": "2025-05-01",
        "code": {"coding": [{"code": "398192003"}]},
        "component": [
            {"code": {"text": "Heart failure"}, "valueBoolean": False},
            {"code": {"text": "Diabetes"}, "valueBoolean": True},
        ],
    }  # fmt: skip
    assert statements(spark, refuted, confirmed, panel) == [
        ("not so", "Brain metastases", "94225005", date(2025, 6, 20)),
        ("not so", "Heart failure", None, date(2025, 5, 1)),
    ]


@pytest.mark.parametrize(
    ("fields", "stated"),
    [
        ({"emptyReason": {"coding": [{"code": "nilknown"}]}}, True),
        ({"note": [{"text": "Treatment history complete up to today."}]}, True),
        ({"note": [{"text": "The history is not complete."}]}, False),
        ({"note": [{"text": "incomplete"}]}, False),
        ({}, False),
        ({"emptyReason": {"coding": [{"code": "unavailable"}]}}, False),
        ({"emptyReason": {"coding": [{"code": "nilknown"}]}, "status": "entered-in-error"}, False),
        ({"emptyReason": {"coding": [{"code": "nilknown"}]}, "code": {"text": "Allergies"}}, False),
    ],
)
def test_a_list_is_complete_only_if_it_says_so(spark, fields, stated):
    assert bool(statements(spark, {**LIST, **fields})) is stated
