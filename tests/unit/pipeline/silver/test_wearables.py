from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.unit.pipeline.frames import built
from tests.unit.pipeline.frames import received as received_frame
from tests.unit.pipeline.silver.resources import received
from tumorboard.pipeline.silver.wearables import Wearables, in_our_unit, moment, read
from tumorboard.pipeline.sources import wearables as reader


def _point(measure: str, value: float | None, unit: str, **more: Any) -> dict[str, Any]:
    times = {"start": "2025-03-02T23:30:00+01:00", "end": "2025-03-02T23:30:00+01:00"}
    return {"measure": measure, "value": value, "unit": unit, "device": "band"} | times | more


def test_a_sample_in_utc() -> None:
    (row,) = read(received(_point("heart_rate", 61, "beats/min")))
    assert (row["measure"], row["value"], row["unit"], row["device"]) == ("heart_rate", 61.0, "/min", "band")
    assert row["started_at"] == datetime(2025, 3, 2, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("measure", "value", "unit", "expected"),
    [
        ("step_count", 900, "steps", ("steps", "1", 900)),
        ("sleep_duration", 7.5, "h", ("sleep_minutes", "min", 450)),
        ("sleep_duration", 27000, "s", ("sleep_minutes", "min", 450)),
        ("body_weight", 70000, "g", ("body_weight", "kg", 70)),
        ("oxygen_saturation", 0.97, "", ("oxygen_saturation", "%", 97)),
        ("oxygen_saturation", 97, "%", ("oxygen_saturation", "%", 97)),
        ("body_weight", 11, "st", ("body_weight", "st", 11)),
        ("vo2max", 40, "mL/kg/min", ("vo2max", "mL/kg/min", 40)),
    ],
)
def test_one_name_and_unit_and_none_by_guess(
    measure: str, value: float, unit: str, expected: tuple[str, str, float]
) -> None:
    assert in_our_unit(measure, value, unit) == expected


def test_a_blood_pressure_is_two_samples() -> None:
    parts = {"systolic_blood_pressure": 120, "diastolic_blood_pressure": {"value": 80, "unit": "mmHg"}}
    rows = list(read(received(_point("blood_pressure", None, "mmHg", parts=parts))))
    assert [(row["measure"], row["value"], row["unit"]) for row in rows] == [
        ("systolic", 120.0, "mm[Hg]"),
        ("diastolic", 80.0, "mm[Hg]"),
    ]


def test_a_point_without_a_value_or_time() -> None:
    assert list(read(received(_point("physical_activity", None, "")))) == []
    assert moment("noon") is None
    assert moment("2025-03-02T10:00:00") == datetime(2025, 3, 2, 10, tzinfo=UTC)


def test_withings_values_are_those_its_own_tests_state(spark: SparkSession, shared_data: Path) -> None:
    folder = shared_data / "wearables"
    stated = [
        entry
        for entry in json.loads((folder / "expected_values.json").read_text())["withings"]
        if entry["measure"] == "body_weight"
    ]
    assert stated
    for entry in stated:
        frame = received_frame(spark, reader.Wearables(), folder / entry["file"], patient="p1")
        values = {row["value"] for row in built(Wearables, frame) if row["measure"] == "body_weight"}
        assert {value["value"] for value in entry["values"]} <= values
