"""Answers of the Fitbit web interface. They carry no time zone and are read as UTC; units are metric."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from tumorboard.pipeline.sources.reading import Notice, Reading
from tumorboard.pipeline.sources.wearable_points import (
    data_point,
    each,
    from_text,
    guarded,
    left_out,
    moment,
    unless_zero,
    whole_day,
)


class Series(NamedTuple):
    """One time series of the interface: its field in the answer, and what it measures."""

    name: str
    measure: str
    unit: str


_SERIES = (
    Series("activities-steps", "step_count", "steps"),
    Series("activities-calories", "energy_burned", "kcal"),
    Series("activities-heart", "heart_rate", "beats/min"),
)
_DATA_FIELDS = {"weight", "activities", "sleep"}
_OTHER_FIELDS = _DATA_FIELDS | {"goals", "summary", "pagination", "user"}


def recognises(fields: frozenset[str]) -> bool:
    """By the names of the top-level fields of the answer."""
    data = {
        name for name in fields if name in ("weight", "activities", "sleep") or name.startswith("activities-")
    }
    return bool(data) and all(name in _OTHER_FIELDS or name.startswith("activities-") for name in fields)


def read(document: dict[str, Any]) -> Iterator[Reading]:
    yield from each("$.weight", document.get("weight", []), _weight)
    yield from each("$.activities", document.get("activities", []), _activity)
    yield from each("$.sleep", document.get("sleep", []), _sleep)
    for series in _SERIES:
        yield from guarded(f"$.{series.name}", document, partial(_series, series))
    if "goals" in document:
        yield Notice("$.goals", "goals are no measurements and are left out")


def _weight(place: str, entry: dict[str, Any]) -> Iterator[Reading]:
    at, number = moment(from_text(f"{entry['date']}T{entry['time']}")), entry.get("logId")
    for field, measure, unit in (("weight", "body_weight", "kg"), ("bmi", "body_mass_index", "kg/m2")):
        if field == "weight" or field in entry:
            value = float(entry[field])
            yield data_point(
                f"{place}.{field}", measure, at, entry, value=value, unit=unit, external_id=number
            )


def _activity(place: str, entry: dict[str, Any]) -> Iterator[Reading]:
    parts = {
        "activity": entry["activityName"] if "activityName" in entry else entry["name"],
        "duration_ms": entry.get("duration"),
        "distance_km": entry.get("distance"),
        "energy_kcal": entry.get("calories"),
    }
    span = whole_day(entry["startDate"])
    if entry.get("hasStartTime", True):
        start = from_text(f"{entry['startDate']}T{entry['startTime']}")
        span = start, start + timedelta(milliseconds=entry.get("duration") or 0)
    yield data_point(place, "physical_activity", span, entry, parts=parts, external_id=entry.get("logId"))


def _sleep(place: str, entry: dict[str, Any]) -> Iterator[Reading]:
    start = from_text(entry["startTime"])
    end = from_text(entry["endTime"]) if "endTime" in entry else start + timedelta(minutes=entry["timeInBed"])
    asleep = entry["minutesAsleep"]
    parts = {
        "latency_to_sleep_onset_min": entry.get("minutesToFallAsleep"),
        "latency_to_arising_min": entry.get("minutesAfterWakeup"),
        "total_sleep_time_min": asleep,
        "main_sleep": entry.get("isMainSleep"),
        "sleep_maintenance_efficiency_percent": entry.get("efficiency"),
    }
    number = entry.get("logId")
    yield data_point(
        f"{place}.minutesAsleep",
        "sleep_duration",
        (start, end),
        entry,
        value=float(asleep),
        unit="min",
        external_id=number,
    )
    yield data_point(place, "sleep_episode", (start, end), entry, parts=parts, external_id=number)


def _series(series: Series, _: str, document: dict[str, Any]) -> Iterator[Reading]:
    """Values within the day where the answer has them, else one per day: both would count twice."""
    zeros: Counter[str] = Counter()
    days, intraday = document.get(series.name, []), document.get(f"{series.name}-intraday")
    if intraday and days:
        place, items = f"$.{series.name}-intraday.dataset", intraday.get("dataset", [])
        clock = (days[0]["dateTime"], _step(intraday))
        yield from each(place, items, lambda p, e: _within_day(p, e, series, clock, zeros))
    else:
        yield from each(f"$.{series.name}", days, lambda p, e: _day(p, e, series, zeros))
    yield from left_out(f"$.{series.name}", zeros)


def _step(intraday: dict[str, Any]) -> timedelta:
    """Length of one value: `datasetInterval` in units of `datasetType` (minute, second)."""
    seconds = 1 if intraday.get("datasetType") == "second" else 60
    return timedelta(seconds=seconds * intraday.get("datasetInterval", 1))


def _day(place: str, entry: dict[str, Any], series: Series, zeros: Counter[str]) -> Iterator[Reading]:
    span, value, measure = whole_day(entry["dateTime"]), entry.get("value"), series.measure
    if measure == "heart_rate":  # the day's value is a set of zones; only the resting rate is one number
        measure = "resting_heart_rate"
        value = value.get("restingHeartRate") if isinstance(value, dict) else None
        if value is None:
            return
    point = data_point(place, measure, span, entry, value=float(value or 0), unit=series.unit)
    yield from unless_zero(point, zeros)


def _within_day(
    place: str, entry: dict[str, Any], series: Series, clock: tuple[str, timedelta], zeros: Counter[str]
) -> Iterator[Reading]:
    date, step = clock
    time = f"{date}T{entry['time']}"
    span = from_text(time), from_text(time) + step
    point = data_point(
        place,
        series.measure,
        span,
        entry,
        value=float(entry["value"]),
        unit=series.unit,
        external_id=f"{series.name}/{time}",
    )
    yield from unless_zero(point, zeros)
