"""Answers of the Withings web interface: body measures, activity, sleep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tumorboard.pipeline.sources.reading import Notice, Reading, Rejected, Unreadable
from tumorboard.pipeline.sources.wearable_points import (
    data_point,
    each,
    guarded,
    left_out,
    moment,
    unless_zero,
    whole_day,
    zone_of,
)

_MEASURES = {
    1: ("body_weight", "kg"),
    4: ("body_height", "m"),
    6: ("body_fat_percentage", "%"),
    11: ("heart_rate", "beats/min"),
    54: ("oxygen_saturation", "%"),
    71: ("body_temperature", "Cel"),
}
_DIASTOLIC, _SYSTOLIC = 9, 10
_MEASUREMENT, _GOAL = 1, 2
_MODALITIES = {0: "sensed", 2: "self reported", 4: "self reported", 5: "sensed"}
_DEVICES = {1: "Body scale", 4: "Blood pressure monitor", 16: "Activity tracker", 32: "Sleep monitor"}
_SLEEP_STATES = {0: "awake", 1: "light", 2: "deep", 3: "REM"}
_DAILY = (("calories", "energy_burned", "kcal"), ("steps", "step_count", "steps"))


def recognises(fields: frozenset[str], head: bytes) -> bool:
    """An answer is {status, body}; what the body holds is named within."""
    named = any(name in head for name in (b'"measuregrps"', b'"activities"', b'"series"'))
    return "body" in fields and fields <= {"status", "body", "error"} and named


def read(document: dict[str, Any]) -> Iterator[Reading]:
    if document.get("status", 0) != 0:
        raise Unreadable("the answer reports an error and holds no data; fetch it again", "$.status")
    body = document.get("body")
    if not isinstance(body, dict):
        raise Unreadable("the answer has no body", "$.body")
    yield from _body_measures(body)
    zeros: Counter[str] = Counter()
    yield from each("$.body.activities", body.get("activities", []), lambda p, e: _activity(p, e, zeros))
    series = body.get("series", [])
    if isinstance(series, dict):
        for start in sorted(series, key=str):
            place = f"$.body.series.{start}"
            yield from guarded(place, (start, series[start]), lambda p, e: _intraday(p, *e, zeros=zeros))
    else:
        yield from each("$.body.series", series, _sleep)
    yield from left_out("$.body", zeros)


def _body_measures(body: dict[str, Any]) -> Iterator[Reading]:
    unknown: Counter[int] = Counter()
    yield from each("$.body.measuregrps", body.get("measuregrps", []), lambda p, g: _group(p, g, unknown))
    for kind, count in sorted(unknown.items()):
        yield Notice("$.body.measuregrps", f"{count} measures of type {kind} left out: meaning not known")


def _group(place: str, group: dict[str, Any], unknown: Counter[int]) -> Iterator[Reading]:
    if group["category"] != _MEASUREMENT:
        kind = "a goal" if group["category"] == _GOAL else "of an unknown category"
        yield Notice(place, f"the group is {kind}, no measurement, and is left out")
        return
    kinds = [measure["type"] for measure in group["measures"]]
    if len(set(kinds)) != len(kinds):
        yield Rejected(place, "the group holds the same type of measure twice", "measures")
        return
    values = {m["type"]: float(Decimal(m["value"]).scaleb(m["unit"])) for m in group["measures"]}
    at = moment(datetime.fromtimestamp(group["date"], UTC))
    about: dict[str, Any] = {
        "modality": _MODALITIES.get(group.get("attrib", -1), ""),
        "external_id": str(group["grpid"]),
        "comment": group.get("comment"),
    }
    if pressure := {_DIASTOLIC, _SYSTOLIC} & values.keys():
        if len(pressure) == 1:
            yield Rejected(place, "a blood pressure with only one of its two values", "measures")
        else:
            parts = {"systolic": values[_SYSTOLIC], "diastolic": values[_DIASTOLIC]}
            yield data_point(place, "blood_pressure", at, group, unit="mmHg", parts=parts, **about)
    for index, (kind, value) in enumerate(values.items()):
        if kind in _MEASURES:
            measure, unit = _MEASURES[kind]
            yield data_point(
                f"{place}.measures[{index}]", measure, at, group, value=value, unit=unit, **about
            )
        elif kind not in pressure:
            unknown[kind] += 1


def _activity(place: str, day: dict[str, Any], zeros: Counter[str]) -> Iterator[Reading]:
    span = whole_day(day["date"], zone_of(day["timezone"]))
    yield from _amounts(place, day, span, zeros)


def _intraday(place: str, start: str, entry: dict[str, Any], *, zeros: Counter[str]) -> Iterator[Reading]:
    begin = datetime.fromtimestamp(int(start), UTC)
    yield from _amounts(place, entry, (begin, begin + timedelta(seconds=entry["duration"])), zeros)


def _amounts(
    place: str, entry: dict[str, Any], span: tuple[datetime, datetime], zeros: Counter[str]
) -> Iterator[Reading]:
    for field, measure, unit in _DAILY:
        if field not in entry:  # a stretch without data
            continue
        value = float(entry[field])
        at = f"{place}.{field}"
        point = data_point(at, measure, span, entry, value=value, unit=unit, modality="sensed")
        yield from unless_zero(point, zeros)


def _sleep(place: str, entry: dict[str, Any]) -> Iterator[Reading]:
    zone = zone_of(entry["timezone"]) if "timezone" in entry else UTC
    start, end = (datetime.fromtimestamp(entry[field], zone) for field in ("startdate", "enddate"))
    if "data" in entry:
        yield from _sleep_summary(place, entry, start, end)
        return
    state = _SLEEP_STATES.get(entry["state"], "unknown")
    yield data_point(place, "sleep_stage", (start, end), entry, parts={"state": state}, modality="sensed")


def _sleep_summary(place: str, entry: dict[str, Any], start: datetime, end: datetime) -> Iterator[Reading]:
    """The night from falling asleep: the time it took lies before that."""
    data = entry["data"]
    onset = data.get("durationtosleep") or 0
    span = start + timedelta(seconds=onset), end
    asleep = sum(data.get(f"{stage}sleepduration", 0) for stage in ("light", "deep", "rem"))
    about: dict[str, Any] = {
        "device": _DEVICES.get(entry.get("model", 0), ""),
        "modality": "sensed",
        "external_id": str(entry["id"]) if "id" in entry else None,
    }
    parts = {
        "latency_to_sleep_onset_s": data.get("durationtosleep"),
        "latency_to_arising_s": _latency_to_arising(data),
        "total_sleep_time_s": asleep,
        "awakenings": data.get("wakeupcount"),
    }
    yield data_point(f"{place}.data", "sleep_duration", span, entry, value=float(asleep), unit="s", **about)
    yield data_point(place, "sleep_episode", span, entry, parts=parts, **about)


def _latency_to_arising(data: dict[str, Any]) -> int | None:
    """Older answers do not state it; without any waking time nobody lay awake before getting up."""
    stated: int | None = data.get("durationtowakeup")
    return 0 if stated is None and data.get("wakeupduration") == 0 else stated
