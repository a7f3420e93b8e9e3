"""Wearable samples as Open mHealth data points (schemas omh:step-count, heart-rate, sleep-duration,
body-weight).

The last weeks before the last contact, one set of points a day. Activity falls with performance status and
progression, the resting heart rate rises, weight is lost. Some days are missing, some uploads arrive weeks
late, and some people travel to another time zone.
"""

from __future__ import annotations

import json
import random
from datetime import date, datetime, timedelta, timezone
from typing import Any

from tumorboard.synthetic.clock import local
from tumorboard.synthetic.dice import chance
from tumorboard.synthetic.record import Record

Point = dict[str, Any]


def wearables_of(record: Record) -> str:
    """A JSON array of data points, oldest first."""
    rng = record.dice.on("wearables")
    habit = {
        "steps": rng.gauss(6800, 1500),
        "rate": rng.gauss(66, 5),
        "sleep": rng.gauss(425, 30),
        "weight": rng.gauss(74, 12),
    }
    late = rng.randrange(3, record.wearable_days - 20)
    away = rng.randrange(3, record.wearable_days - 10) if chance(rng, 0.3) else -1
    first = record.course.last_day - record.wearable_days
    points: list[Point] = []
    for number in range(record.wearable_days):
        if first + number < 1 or chance(rng, 0.05):
            continue  # not worn
        delay = 18 if late <= number < late + 8 else 0
        zone = timezone(timedelta(hours=-5)) if away <= number < away + 7 and away > 0 else None
        points += _day(record, rng, habit, day=first + number, delay=delay, zone=zone)
    return "[\n" + ",\n".join(json.dumps(point) for point in points) + "\n]\n"


def _day(
    record: Record,
    rng: random.Random,
    habit: dict[str, float],
    *,
    day: int,
    delay: int,
    zone: timezone | None,
) -> list[Point]:
    ecog = record.course.ecog(day, record.disease.ecog)
    on = record.course.on(day)
    uploaded = min(local(on + timedelta(days=delay), 22, 10), local(record.course.last_contact, 22, 10))
    spent = 1 - 0.22 * ecog
    lost = 1 - 0.004 * max(ecog - 1, 0) * min(day, 60) / 10
    write = _Writer(record, uploaded)

    def at(hour: int, minute: int = 0, when: date = on) -> str:
        moment = local(when, hour, minute)
        return (moment.replace(tzinfo=zone) if zone else moment).isoformat()

    steps = max(round(habit["steps"] * spent * rng.gauss(1, 0.22)), 40)
    sleep = max(round(habit["sleep"] - 18 * ecog + rng.gauss(0, 35)), 120)
    rate = round(habit["rate"] + 4 * ecog + rng.gauss(0, 3))
    resting = {
        "heart_rate": {"value": rate, "unit": "beats/min"},
        "temporal_relationship_to_physical_activity": "at rest",
        "effective_time_frame": {"date_time": at(6, 45)},
    }
    points = [
        write("step-count", "3.0", _lasting("step_count", steps, "steps", (at(0), at(23, 59))), day),
        write("sleep-duration", "2.0", _lasting("sleep_duration", sleep, "min", (at(0, 20), at(7, 30))), day),
        write("heart-rate", "2.0", resting, day),
    ]
    if day % 7 == 0:
        kilos = round(habit["weight"] * lost + rng.gauss(0, 0.3), 1)
        body = {
            "body_weight": {"value": kilos, "unit": "kg"},
            "effective_time_frame": {"date_time": at(7, 0)},
        }
        points.append(write("body-weight", "2.0", body, day))
    return points


def _lasting(measure: str, value: float, unit: str, span: tuple[str, str]) -> Point:
    interval = {"start_date_time": span[0], "end_date_time": span[1]}
    return {measure: {"value": value, "unit": unit}, "effective_time_frame": {"time_interval": interval}}


class _Writer:
    """Wraps a body in the Open mHealth header; the id depends on person, schema and day only."""

    def __init__(self, record: Record, uploaded: datetime) -> None:
        self.record = record
        self.uploaded = uploaded.isoformat()

    def __call__(self, schema: str, version: str, body: Point, day: int) -> Point:
        header = {
            "id": self.record.dice.uuid("omh", schema, day),
            "creation_date_time": self.uploaded,
            "schema_id": {"namespace": "omh", "name": schema, "version": version},
            "user_id": self.record.person.device_user,
            "acquisition_provenance": {"source_name": "Synthetic wristband", "modality": "sensed"},
        }
        return {"header": header, "body": body}
