"""Open mHealth samples: in shape, late now and then, and lower when the patient is worse."""

from __future__ import annotations

import json
import statistics
from datetime import datetime
from typing import Any

import pytest

from tumorboard.synthetic.record import Record
from tumorboard.synthetic.write_wearables import wearables_of

Points = list[dict[str, Any]]


@pytest.fixture(scope="module")
def worn(records: list[Record]) -> list[tuple[Record, Points]]:
    return [(r, json.loads(wearables_of(r))) for r in records if r.wearable_days]


def when(point: dict[str, Any]) -> datetime:
    frame = point["body"]["effective_time_frame"]
    return datetime.fromisoformat(frame.get("date_time") or frame["time_interval"]["start_date_time"])


def test_points_have_header_and_body(worn: list[tuple[Record, Points]]) -> None:
    for record, points in worn:
        assert {p["header"]["user_id"] for p in points} == {record.person.device_user}
        assert {p["header"]["schema_id"]["namespace"] for p in points} == {"omh"}
        assert len({p["header"]["id"] for p in points}) == len(points)
    names = {p["header"]["schema_id"]["name"] for _, points in worn for p in points}
    assert names == {"step-count", "heart-rate", "sleep-duration", "body-weight"}


def test_no_point_lies_outside_the_course(worn: list[tuple[Record, Points]]) -> None:
    for record, points in worn:
        days = [when(p).date() for p in points]
        assert min(days) > record.course.diagnosed
        assert max(days) <= record.course.last_contact


def test_some_uploads_are_weeks_late(worn: list[tuple[Record, Points]]) -> None:
    delays = [
        (datetime.fromisoformat(p["header"]["creation_date_time"]) - when(p)).days
        for _, points in worn
        for p in points
    ]
    assert max(delays) >= 14
    assert statistics.median(delays) <= 1


def test_times_carry_their_zone_and_some_people_travel(worn: list[tuple[Record, Points]]) -> None:
    offsets = {str(when(p).utcoffset()) for _, points in worn for p in points}
    assert {"1:00:00", "2:00:00"} & offsets
    assert len(offsets) >= 3


def test_people_in_poor_condition_walk_less(worn: list[tuple[Record, Points]]) -> None:
    steps: dict[bool, list[float]] = {True: [], False: []}
    for record, points in worn:
        for point in points:
            if point["header"]["schema_id"]["name"] == "step-count":
                day = (when(point).date() - record.course.diagnosed).days
                fit = record.course.ecog(day, record.disease.ecog) <= 1
                steps[fit].append(point["body"]["step_count"]["value"])
    assert statistics.mean(steps[True]) > 1.3 * statistics.mean(steps[False])
