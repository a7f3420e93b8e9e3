"""Open mHealth data points (IEEE 1752.1): an array of {header, body}, or one of them alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tumorboard.pipeline.sources.reading import Notice, Reading
from tumorboard.pipeline.sources.subjects import DEVICE_USER, subject
from tumorboard.pipeline.sources.wearable_points import (
    data_point,
    each,
    from_text,
    guarded,
    moment,
    whole_day,
)

_SECONDS = {"ms": 0.001, "s": 1.0, "sec": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "wk": 604800.0}
_TIME_FIELD = "effective_time_frame"


def recognises(fields: frozenset[str], head: bytes) -> bool:
    return fields >= {"header", "body"} and b'"schema_id"' in head


def read(document: Any) -> Iterator[Reading]:
    users: set[str] = set()

    def point(place: str, item: dict[str, Any]) -> Iterator[Reading]:
        users.add(str(item["header"].get("user_id") or ""))
        yield from _point(place, item)

    if isinstance(document, list):
        yield from each("$", document, point)
    else:
        yield from guarded("$", document, point)
    if "" in users:
        yield Notice("$", "some data points name no user and so belong to nobody")


def _point(place: str, item: dict[str, Any]) -> Iterator[Reading]:
    header, body = item["header"], item["body"]
    measure = header["schema_id"]["name"].replace("-", "_")
    origin = header.get("acquisition_provenance") or {}
    value, unit = _amount(body.get(measure))
    parts = {name: part for name, part in body.items() if name not in (measure, _TIME_FIELD)}
    yield data_point(
        place,
        measure,
        _span(body[_TIME_FIELD]),
        item,
        value=value,
        unit=unit,
        who=subject(DEVICE_USER, str(header.get("user_id") or "")),
        device=origin.get("source_name"),
        modality=origin.get("modality"),
        external_id=header.get("id"),
        parts=parts or None,
    )


def _amount(given: Any) -> tuple[float | None, str]:
    """A number with its unit; older schemas give some counts as a bare number."""
    if isinstance(given, dict):
        return (float(given["value"]), str(given["unit"]))
    return (None, "") if given is None else (float(given), "")


def _span(frame: dict[str, Any]) -> tuple[datetime, datetime]:
    if "date_time" in frame:
        return moment(from_text(frame["date_time"]))
    interval = frame["time_interval"]
    if "date" in interval:
        return whole_day(interval["date"])
    length = interval.get("duration")
    if "start_date_time" not in interval:
        end = from_text(interval["end_date_time"])
        return end - _duration(length), end
    start = from_text(interval["start_date_time"])
    return start, from_text(interval["end_date_time"]) if length is None else start + _duration(length)


def _duration(length: Any) -> timedelta:
    unit = length["unit"]
    if unit not in _SECONDS:
        raise ValueError("unknown unit of time")
    return timedelta(seconds=float(length["value"]) * _SECONDS[unit])
