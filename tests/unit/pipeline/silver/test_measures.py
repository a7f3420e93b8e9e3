"""Body weight from vital signs, in kilograms."""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.pipeline.frames import bronze, built
from tumorboard.pipeline.silver.measures import Measures


@pytest.mark.parametrize(
    ("code", "quantity", "status", "kilograms"),
    [
        ("29463-7", {"value": 72.5, "unit": "kg", "code": "kg"}, "final", 72.5),
        ("29463-7", {"value": 160, "unit": "lbs", "code": "[lb_av]"}, "final", 72.575),
        ("29463-7", {"value": 72.5, "unit": "stone"}, "final", None),
        ("29463-7", {"value": 72.5, "unit": "kg"}, "entered-in-error", None),
        ("8302-2", {"value": 172, "unit": "cm"}, "final", None),
    ],
)
def test_a_weight(spark, code, quantity, status, kilograms):
    weight = {
        "resourceType": "Observation", "id": "w", "status": status, "code": {"coding": [{"code": code}]},
        "valueQuantity": quantity, "effectiveDateTime": "2025-06-01",
    }  # fmt: skip
    rows = built(Measures, bronze(spark, [{"kind": "Observation", "payload": weight}]))
    found = [(round(row["value"], 3), row["taken_on"]) for row in rows]
    assert found == ([(kilograms, date(2025, 6, 1))] if kilograms else [])
