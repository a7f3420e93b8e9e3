from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.unit.pipeline.silver.resources import ATC, MCODE, all_received, concept, condition, order, resource
from tumorboard.pipeline.silver.agents import agents_in, plain_name
from tumorboard.pipeline.silver.therapies import read


def _one(*payloads: dict[str, Any]) -> dict[str, Any]:
    (row,) = read(all_received(*payloads))
    return row


def test_cycles_of_one_agent_are_one_episode() -> None:
    row = _one(
        *(order("Paclitaxel 100 MG Injection", day) for day in ("2025-01-01", "2025-01-22", "2025-02-12"))
    )
    assert (row["name"], row["agents"], row["detail"]) == ("Paclitaxel", ["paclitaxel"], "3 orders")
    assert (row["started_on"], row["ended_on"]) == (date(2025, 1, 1), date(2025, 2, 12))
    assert row["line"] is None


def test_a_long_pause_starts_a_new_episode() -> None:
    rows = list(read(all_received(order("docetaxel", "2024-01-01"), order("docetaxel", "2024-06-01"))))
    assert [row["started_on"] for row in rows] == [date(2024, 1, 1), date(2024, 6, 1)]


def _regimen(agent: str, **more: Any) -> dict[str, Any]:
    bounds = {"timing": {"repeat": {"boundsPeriod": {"start": "2025-01-05", "end": "2025-04-01"}}}}
    extensions = [
        {"url": "https://x.example/therapy-line", "valueInteger": 1},
        {"url": "https://x.example/regimen", "valueString": "FOLFOX"},
        {"url": MCODE + "mcode-procedure-intent", "valueCodeableConcept": concept("363676003")},
    ]
    return order(
        agent,
        "2025-01-04",
        groupIdentifier={"value": "g1"},
        dosageInstruction=[bounds],
        extension=extensions,
        **more,
    )


def test_the_agents_of_one_regimen_order_are_one_therapy() -> None:
    agents = ("oxaliplatin", "folinic acid", "fluorouracil")
    reason = {"status": "stopped", "statusReason": concept("407563006", "toxicity")}
    row = _one(*(_regimen(agent, **reason) for agent in agents))
    assert (row["name"], row["agents"], row["line"]) == ("FOLFOX", list(agents), 1)
    assert (row["started_on"], row["ended_on"]) == (date(2025, 1, 5), date(2025, 4, 1))
    assert (row["intent"], row["status"], row["end_reason"]) == ("palliative", "stopped", "toxicity")
    assert row["source_path"] == "$.dosageInstruction[0].timing.repeat.boundsPeriod.start"


def test_a_first_dose_on_another_day_says_when_it_began() -> None:
    ordered = order("osimertinib", "2025-01-01", id="r1", status="active")
    given = resource(
        "MedicationAdministration",
        status="completed",
        effectiveDateTime="2025-01-09",
        medicationCodeableConcept=concept(text="osimertinib"),
        request={"reference": "MedicationRequest/r1"},
    )
    row = _one(ordered, given)
    assert (row["started_on"], row["status"], row["ended_on"]) == (date(2025, 1, 9), "active", None)
    assert row["source_path"] == "$.effectiveDateTime"


def test_one_completed_order_does_not_say_when_it_ended() -> None:
    assert _one(order("tamoxifen", "2025-01-01"))["ended_on"] is None


@pytest.mark.parametrize(
    "more",
    [
        {"status": "entered-in-error"},
        {"status": "draft"},
        {"status": "cancelled"},
        {"intent": "proposal"},
        {"doNotPerform": True},
    ],
)
def test_what_was_not_given_is_no_therapy(more: dict[str, Any]) -> None:
    assert list(read(all_received(order("docetaxel", "2025-01-01", **more)))) == []


def test_a_reason_code_without_words_is_put_into_words() -> None:
    row = _one(order("docetaxel", "2025-01-01", status="stopped", statusReason=concept("419620001")))
    assert row["end_reason"] == "death"


def test_other_medication_and_other_reasons_do_not_count() -> None:
    arthritis = condition("Rheumatoid arthritis", id="ra")
    methotrexate = order("methotrexate", "2025-01-01", reasonReference=[{"reference": "Condition/ra"}])
    ibuprofen = order("ibuprofen 200 MG Oral Tablet", "2025-01-01")
    assert list(read(all_received(arthritis, methotrexate, ibuprofen))) == []


def test_a_cancer_drug_is_known_by_its_atc_code() -> None:
    drug = order("", "2025-01-01") | {
        "medicationCodeableConcept": concept("L01XX99", system=ATC, display="Study drug 7")
    }
    assert _one(drug)["agents"] == ["study drug 7"]


def test_a_contained_medication_is_named() -> None:
    inside = order(
        "",
        "2025-01-01",
        contained=[{"resourceType": "Medication", "id": "m", "code": concept(text="Olaparib")}],
    )
    del inside["medicationCodeableConcept"]
    inside["medicationReference"] = {"reference": "#m"}
    assert _one(inside)["agents"] == ["olaparib"]


def _procedure(text: str, profile: str = "", **more: Any) -> dict[str, Any]:
    given = {
        "status": "completed",
        "code": concept(text=text),
        "performedPeriod": {"start": "2025-02-01", "end": "2025-02-01"},
    }
    return resource("Procedure", profile, **(given | more))


def test_an_operation_for_the_cancer() -> None:
    cancer = condition("Malignant neoplasm of breast", id="c1")
    because = {"category": concept("387713003"), "reasonReference": [{"reference": "urn:uuid:c1"}]}
    row = _one(cancer, _procedure("Mastectomy", outcome=concept(text="R0"), **because))
    assert (row["kind"], row["name"], row["detail"]) == ("surgery", "Mastectomy", "R0")


@pytest.mark.parametrize("more", [{"status": "not-done"}, {"category": concept("387713003")}])
def test_an_operation_not_done_or_for_something_else_is_none(more: dict[str, Any]) -> None:
    assert list(read(all_received(_procedure("Appendectomy", **more)))) == []


def test_radiotherapy_with_its_dose() -> None:
    delivered = {
        "url": MCODE + "mcode-radiotherapy-dose-delivered-to-volume",
        "extension": [
            {"url": "totalDoseDelivered", "valueQuantity": {"value": 6000, "unit": "cGy"}},
            {"url": "fractionsDelivered", "valueUnsignedInt": 30},
        ],
    }
    period = {"start": "2025-03-01", "end": "2025-04-11"}
    row = _one(
        _procedure(
            "Chest", "mcode-radiotherapy-course-summary", extension=[delivered], performedPeriod=period
        )
    )
    assert (row["kind"], row["detail"], row["ended_on"]) == (
        "radiotherapy",
        "60 Gy in 30 fractions",
        date(2025, 4, 11),
    )


def test_bare_sessions_are_one_course() -> None:
    sessions = [
        _procedure(
            "Teleradiotherapy",
            id=f"s{day}",
            performedPeriod={"start": f"2025-02-0{day}", "end": f"2025-02-0{day}"},
        )
        for day in (1, 2, 3)
    ]
    row = _one(*sessions)
    assert (row["detail"], row["ended_on"]) == ("3 sessions recorded", date(2025, 2, 3))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("100 ML Epirubicin Hydrochloride 2 MG/ML Injection", ["epirubicin"]),
        ("Verzenio 100 MG Oral Tablet", ["abemaciclib"]),
        ("nab-paclitaxel", ["nab-paclitaxel"]),
        ("trastuzumab deruxtecan", ["trastuzumab deruxtecan"]),
        ("FOLFIRI + bevacizumab", ["irinotecan", "folinic acid", "fluorouracil", "bevacizumab"]),
        ("5-FU", ["fluorouracil"]),
        ("water", []),
        ("", []),
    ],
)
def test_agents_by_every_name(text: str, expected: list[str]) -> None:
    assert agents_in(text) == expected


def test_a_product_without_its_strength() -> None:
    assert plain_name("10 ML Penicillin V Potassium 250 MG Oral Tablet") == "penicillin v potassium"
