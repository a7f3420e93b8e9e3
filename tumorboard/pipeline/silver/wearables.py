"""Wearable and home measurements, by one name and one unit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from pyspark.sql import DataFrame

from tumorboard.lake.columns import DEID, Column, NotNull
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.bronze import wearables as bronze
from tumorboard.pipeline.silver.fhir import dig, number, words
from tumorboard.pipeline.silver.rows import Received, Row, each_row, identity

METHOD = "wearable-rules 1.0"

# The reader's measure -> our name and unit
_NAMES = {
    "step_count": ("steps", "1"),
    "heart_rate": ("heart_rate", "/min"),
    "resting_heart_rate": ("resting_heart_rate", "/min"),
    "sleep_duration": ("sleep_minutes", "min"),
    "total_sleep_time": ("sleep_minutes", "min"),
    "body_weight": ("body_weight", "kg"),
    "body_height": ("body_height", "m"),
    "body_temperature": ("body_temperature", "Cel"),
    "systolic_blood_pressure": ("systolic", "mm[Hg]"),
    "diastolic_blood_pressure": ("diastolic", "mm[Hg]"),
    "oxygen_saturation": ("oxygen_saturation", "%"),
}
# (our unit, unit sent) -> factor
_FACTORS = {
    ("1", "steps"): 1, ("1", "count"): 1, ("1", ""): 1,
    ("/min", "beats/min"): 1, ("/min", "count/min"): 1, ("/min", "bpm"): 1,
    ("min", "s"): 1 / 60, ("min", "sec"): 1 / 60, ("min", "h"): 60, ("min", "ms"): 1 / 60_000,
    ("kg", "g"): 0.001, ("kg", "lb"): 0.45359237, ("kg", "lbs"): 0.45359237,
    ("m", "cm"): 0.01, ("m", "in"): 0.0254, ("m", "ft"): 0.3048,
    ("Cel", "C"): 1, ("Cel", "degC"): 1, ("mm[Hg]", "mmHg"): 1, ("mm[Hg]", "mm Hg"): 1,
}  # fmt: skip


@table("silver.wearables", key=("patient_key", "sample_id"))
class Wearables:
    """One row per sample and measure, in UTC. Measures we have no name for keep the sender's."""

    sample_id = Column(str, "Identity within the patient: measure, time and device", NotNull(), tags=DEID)
    measure = Column(str, "What was measured", NotNull(), tags=DEID)
    value = Column(float, "Value in `unit`", NotNull())
    unit = Column(str, "Unit (UCUM); as sent where it is not known", tags=DEID)
    started_at = Column(datetime, "Begin, UTC", NotNull())
    ended_at = Column(datetime, "End, UTC; equal to the begin for a reading at one moment")
    device = Column(str, "Device or app")


@builds(Wearables, reads=[bronze.Wearables])
def build(samples: DataFrame) -> DataFrame:
    return each_row(samples, Wearables, read, origin="structured", method=METHOD, source="bronze.wearables")


def read(item: Received) -> Iterator[Row]:
    """The value of a data point, and both values of a blood pressure."""
    point = item.payload
    started = moment(point.get("start"))
    for path, measure, value, unit in _values(point):
        name, kept, scaled = in_our_unit(measure, value, unit)
        device = words(point.get("device"))
        yield item.row(
            path,
            system=device or "wearable",
            recorded_on=started.date() if started else None,
            sample_id=identity(name, started, device, words(point.get("external_id"))),
            measure=name,
            value=scaled,
            unit=kept or None,
            started_at=started,
            ended_at=moment(point.get("end")),
            device=device or None,
        )


def _values(point: Row) -> Iterator[tuple[str, str, float, str]]:
    value = number(point.get("value"))
    if value is not None:
        yield "$.value", words(point.get("measure")), value, words(point.get("unit"))
    for name in ("systolic_blood_pressure", "diastolic_blood_pressure"):
        part = dig(point, "parts", name)
        value = number(dig(part, "value")) if isinstance(part, dict) else number(part)
        if value is not None:
            yield (
                f"$.parts.{name}",
                name,
                value,
                words(dig(part, "unit")) or words(point.get("unit")) or "mmHg",
            )


def in_our_unit(measure: str, value: float, unit: str) -> tuple[str, str, float]:
    """Our name, unit and value; a measure or unit we do not know stays as sent."""
    name, wanted = _NAMES.get(measure, (measure, unit))
    if wanted == unit:
        return name, unit, value
    factor = _FACTORS.get((wanted, unit))
    if factor is None and name == "oxygen_saturation" and value <= 1:
        factor = 100
    return (name, wanted, round(value * factor, 6)) if factor is not None else (name, unit, value)


def moment(text: object) -> datetime | None:
    """An ISO time in UTC; None where it cannot be read."""
    try:
        found = datetime.fromisoformat(words(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
