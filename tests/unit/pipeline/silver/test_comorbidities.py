from __future__ import annotations

from datetime import date

import pytest

from tests.unit.pipeline.silver.resources import concept, condition, observation, received
from tumorboard.pipeline.silver.comorbidities import read


def test_a_condition_with_a_year_of_onset() -> None:
    hypertension = condition(
        "Essential hypertension", "59621000", onsetDateTime="2019", clinicalStatus=concept("active")
    )
    (row,) = read(received(hypertension))
    assert (row["text"], row["code"], row["onset_on"], row["status"]) == (
        "Essential hypertension",
        "59621000",
        date(2019, 1, 1),
        "active",
    )


@pytest.mark.parametrize(
    "text",
    [
        "Full-time employment (finding)",
        "Stress (finding)",
        "Malignant neoplasm of breast",
        "Refugee (person)",
        "",
    ],
)
def test_cancers_and_circumstances_of_life_are_none(text: str) -> None:
    assert list(read(received(condition(text)))) == []


def test_refuted_conditions_are_none() -> None:
    assert list(read(received(condition("Diabetes", verificationStatus=concept("refuted"))))) == []


def test_a_panel_gives_what_is_present_and_not_sent_elsewhere() -> None:
    present, absent = concept("52101004"), concept("2667000")
    reference = [{"url": "x", "valueReference": {"reference": "Condition/1"}}]
    parts = [
        {"code": concept("BLDLOSS", "Blood loss anemia"), "valueCodeableConcept": present},
        {"code": concept("DM", "Diabetes"), "valueCodeableConcept": absent},
        {"code": concept("HTN", "Hypertension"), "valueCodeableConcept": present, "extension": reference},
    ]
    panel = observation("x", "mcode-comorbidities-elixhauser", component=parts)
    assert [row["text"] for row in read(received(panel))] == ["Blood loss anemia"]
