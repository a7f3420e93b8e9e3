from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.unit.pipeline.silver.resources import LOINC, all_received, concept, observation
from tumorboard.pipeline.silver.labs import read

LAB = {"category": [{"coding": [{"code": "laboratory"}]}]}


def _lab(code: str, value: float, unit: str, **more: Any) -> dict[str, Any]:
    return observation(code, valueQuantity={"value": value, "unit": unit}, **(LAB | more))


def test_value_range_and_both_days() -> None:
    ends = {"low": {"value": 0.5, "unit": "mg/dL"}, "high": {"value": 1.2, "unit": "mg/dL"}}
    lab = _lab("2160-0", 0.9, "mg/dL", issued="2025-03-09T15:00:00Z", referenceRange=[ends])
    (row,) = read(all_received(lab))
    assert (row["name"], row["value"], row["unit"]) == ("Creatinine", 0.9, "mg/dL")
    assert (row["low"], row["high"]) == (0.5, 1.2)
    assert (row["taken_on"], row["reported_on"]) == (date(2025, 3, 2), date(2025, 3, 9))
    assert row["recorded_on"] == date(2025, 3, 9)
    assert row["source_path"] == "$.valueQuantity.value"


@pytest.mark.parametrize(
    ("code", "value", "unit", "expected", "kept"),
    [
        ("14682-9", 88.4, "umol/L", 1.0, "mg/dL"),
        ("718-7", 120, "g/L", 12.0, "g/dL"),
        ("1975-2", 17.104, "umol/L", 1.0, "mg/dL"),
        ("2039-6", 5, "ug/L", 5.0, "ng/mL"),
        ("777-3", 250, "10^9/L", 250.0, "10*3/uL"),
        ("2532-0", 4, "ukat/L", 240.0, "U/L"),
        ("2160-0", 0.9, "furlongs", 0.9, "furlongs"),  # never converted by guess
    ],
)
def test_one_unit_per_analyte(code: str, value: float, unit: str, expected: float, kept: str) -> None:
    (row,) = read(all_received(_lab(code, value, unit)))
    assert row["value"] == pytest.approx(expected)
    assert row["unit"] == kept
    assert row["value_text"] == f"{value} {unit}"


def test_the_range_is_converted_with_its_value() -> None:
    lab = _lab("14682-9", 88.4, "umol/L", referenceRange=[{"high": {"value": 106.08}}])
    (row,) = read(all_received(lab))
    assert row["high"] == pytest.approx(1.2)


def _order(value: float, status: str, issued: str, identifier: str = "L1", number: int = 1) -> dict[str, Any]:
    named = {"identifier": [{"value": identifier}]} if identifier else {}
    return _lab("2160-0", value, "mg/dL", id=f"o{number}", status=status, issued=issued, **named)


def test_a_correction_wins_over_what_was_sent_first() -> None:
    first, corrected = _order(9.0, "final", "2025-03-02"), _order(0.9, "corrected", "2025-03-04", number=2)
    for pair in ((first, corrected), (corrected, first)):
        (row,) = read(all_received(*pair))
        assert row["value"] == 0.9
        assert row["recorded_on"] == date(2025, 3, 4)


def test_the_later_of_two_amendments_wins() -> None:
    amended = [_order(v, "amended", f"2025-03-0{v}", number=v) for v in (3, 5, 4)]
    (row,) = read(all_received(*amended))
    assert row["value"] == 5


def test_a_correction_without_an_order_number_replaces_the_same_sample() -> None:
    first = _order(9.0, "final", "2025-03-02", "")
    corrected = _order(0.9, "corrected", "2025-03-04", "", number=2)
    other = _order(1.1, "final", "2025-03-02", "", number=3) | {"effectiveDateTime": "2025-02-01"}
    assert sorted(row["value"] for row in read(all_received(first, corrected, other))) == [0.9, 1.1]


def test_two_finals_of_one_day_are_two_results() -> None:
    two = [_order(value, "final", "2025-03-02", "", number=index) for index, value in enumerate((0.9, 1.0))]
    assert len(list(read(all_received(*two)))) == 2


def test_a_withdrawn_result_is_gone() -> None:
    first, withdrawn = (
        _order(9.0, "final", "2025-03-02"),
        _order(9.0, "entered-in-error", "2025-03-04", number=2),
    )
    assert list(read(all_received(first, withdrawn))) == []


def test_below_the_limit_keeps_its_comparator() -> None:
    lab = observation("81258-6", valueQuantity={"value": 0.1, "comparator": "<", "unit": "%"}, **LAB)
    (row,) = read(all_received(lab))
    assert (row["name"], row["value"], row["value_text"]) == ("ctDNA VAF", 0.1, "<0.1 %")


def test_the_components_of_a_panel_are_results() -> None:
    parts = [
        {"code": concept(code, system=LOINC), "valueQuantity": {"value": value, "unit": unit}}
        for code, value, unit in (("718-7", 12.1, "g/dL"), ("777-3", 200, "10*3/uL"))
    ]
    rows = list(read(all_received(observation("58410-2", component=parts, **LAB))))
    assert {(row["name"], row["source_path"]) for row in rows} == {
        ("Hemoglobin", "$.component[0].valueQuantity.value"),
        ("Platelets", "$.component[1].valueQuantity.value"),
    }
    assert len({row["lab_id"] for row in rows}) == 2


@pytest.mark.parametrize(
    ("code", "profile"),
    [
        ("85337-4", "mcode-tumor-marker-test"),
        ("94076-7", "mcode-tumor-marker-test"),
        ("21908-9", "mcode-tnm-stage-group"),
        ("69548-6", "mcode-genomic-variant"),
    ],
)
def test_receptors_stage_and_mutations_are_no_labs(code: str, profile: str) -> None:
    lab = observation(code, profile, valueQuantity={"value": 10, "unit": "%"}, **LAB)
    assert list(read(all_received(lab))) == []


def test_words_stay_words_and_nothing_stays_nothing() -> None:
    word = observation("94531-1", valueCodeableConcept=concept(text="Detected"), **LAB)
    (row,) = read(all_received(word))
    assert (row["value"], row["value_text"]) == (None, "Detected")
    assert list(read(all_received(observation("718-7", dataAbsentReason=concept("unknown"), **LAB)))) == []
