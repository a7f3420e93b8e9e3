from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from tests.unit.pipeline.sources.readings import everything, kinds, notices, rejected, rows, written
from tumorboard.pipeline.sources.reading import Subject, Unreadable
from tumorboard.pipeline.sources.wearables import Wearables


@pytest.fixture
def file(tmp_path):
    return lambda document: written(tmp_path, "a.json", json.dumps(document))


def point(name="heart-rate", user="dev-1", frame=None, **body):
    body = body or {"heart_rate": {"value": 61, "unit": "beats/min"}}
    return {
        "header": {
            "id": "x1",
            "schema_id": {"namespace": "omh", "name": name, "version": "2.0"},
            "user_id": user,
            "acquisition_provenance": {"source_name": "Watch", "modality": "sensed"},
        },
        "body": {**body, "effective_time_frame": frame or {"date_time": "2025-03-01T08:00:00+01:00"}},
    }


def test_an_open_mhealth_point(file):
    path = file([point()])
    assert Wearables().recognises(path, path.read_bytes())
    [row] = everything(Wearables(), path)
    assert (row.locator, row.kind, row.subject) == ("$[0]", "heart_rate", Subject("device-user", "dev-1"))
    received = row.payload.pop("received")
    assert received == point()
    assert row.payload == {
        "measure": "heart_rate",
        "value": 61.0,
        "unit": "beats/min",
        "start": "2025-03-01T08:00:00+01:00",
        "end": "2025-03-01T08:00:00+01:00",
        "device": "Watch",
        "modality": "sensed",
        "external_id": "x1",
    }


@pytest.mark.parametrize(
    ("interval", "start", "end"),
    [
        (
            {"start_date_time": "2025-03-01T00:00:00Z", "end_date_time": "2025-03-02T00:00:00Z"},
            "2025-03-01T00:00:00Z",
            "2025-03-02T00:00:00Z",
        ),
        (
            {"start_date_time": "2025-03-01T00:00:00Z", "duration": {"value": 1, "unit": "d"}},
            "2025-03-01T00:00:00Z",
            "2025-03-02T00:00:00Z",
        ),
        (
            {"end_date_time": "2025-03-01T07:00:00Z", "duration": {"value": 8, "unit": "h"}},
            "2025-02-28T23:00:00Z",
            "2025-03-01T07:00:00Z",
        ),
        ({"date": "2025-03-01", "part_of_day": "morning"}, "2025-03-01T00:00:00Z", "2025-03-02T00:00:00Z"),
    ],
)
def test_time_intervals(file, interval, start, end):
    [row] = rows(Wearables(), file([point(frame={"time_interval": interval})]))
    assert (row.payload["start"], row.payload["end"]) == (start, end)


def test_a_bare_count_and_a_pair_of_pressures(file):
    steps = point("step-count", step_count=4000)
    pressure = point(
        "blood-pressure",
        systolic_blood_pressure={"value": 120, "unit": "mmHg"},
        diastolic_blood_pressure={"value": 80, "unit": "mmHg"},
    )
    first, second = rows(Wearables(), file([steps, pressure]))
    assert (first.payload["value"], first.payload["unit"]) == (4000.0, "")
    assert second.payload["value"] is None
    assert second.payload["parts"]["systolic_blood_pressure"]["value"] == 120


@pytest.mark.parametrize(
    "bad",
    [
        {},
        None,
        5,
        {"header": {}, "body": {}},
        {**point(), "body": {}},
        point(heart_rate={"value": "high", "unit": "x"}),
        point(frame={"date_time": "yesterday"}),
        point(frame={"time_interval": {}}),
        point(
            frame={"time_interval": {"start_date_time": "2025-01-01", "duration": {"value": 1, "unit": "?"}}}
        ),
    ],
)
def test_a_bad_point_is_refused_and_the_next_read(file, bad):
    path = file([point(), bad, point()])
    assert [refused.locator for refused in rejected(Wearables(), path)] == ["$[1]"]
    assert len(rows(Wearables(), path)) == 2


def test_a_point_of_nobody_is_said(file):
    path = file([point(user="")])
    assert rows(Wearables(), path)[0].subject is None
    assert "belong to nobody" in notices(Wearables(), path)[0].message


def test_an_array_with_nothing_in_it_is_no_wearable_file(file):
    path = file([])
    assert not Wearables().recognises(path, path.read_bytes())
    with pytest.raises(Unreadable):
        everything(Wearables(), path)


def group(*measures, category=1):
    return {"grpid": 1, "category": category, "date": 1_700_000_000, "attrib": 0, "measures": list(measures)}


def measure(kind, value, unit=0):
    return {"type": kind, "value": value, "unit": unit}


@pytest.mark.parametrize(
    "bad",
    [
        group(measure(1, 70), measure(1, 71)),
        group(measure(9, 80)),
        {"category": 1},
        {**group(measure(1, 70)), "date": "x"},
        {**group(measure(1, 70)), "date": 10**20},
        group({"type": 1, "value": "?", "unit": 0}),
        "text",
    ],
)
def test_a_bad_group_of_withings_measures_is_refused(file, bad):
    path = file({"status": 0, "body": {"measuregrps": [bad, group(measure(1, 7000, -2))]}})
    assert [refused.locator for refused in rejected(Wearables(), path)] == ["$.body.measuregrps[0]"]
    assert [row.payload["value"] for row in rows(Wearables(), path)] == [70.0]


def test_an_answer_with_an_error_is_refused(file):
    with pytest.raises(Unreadable, match="reports an error"):
        everything(Wearables(), file({"status": 503, "body": {"measuregrps": []}}))


def test_a_day_is_23_hours_long_when_the_clocks_go_forward(file):
    day = {"date": "2025-03-30", "timezone": "Europe/Berlin", "steps": 100}
    [row] = rows(Wearables(), file({"status": 0, "body": {"activities": [day]}}))
    start, end = (datetime.fromisoformat(row.payload[name]) for name in ("start", "end"))
    assert end - start == timedelta(hours=23)


def test_an_unknown_time_zone_is_refused_not_guessed(file):
    day = {"date": "2025-03-30", "timezone": "Mars/Base", "steps": 100}
    path = file({"status": 0, "body": {"activities": [day]}})
    assert len(rejected(Wearables(), path)) == 1


def test_a_day_without_steps_is_left_out_and_said(file):
    path = file({"activities-steps": [{"dateTime": "2025-01-01", "value": "0"}]})
    assert rows(Wearables(), path) == []
    assert "1 zero values left out" in notices(Wearables(), path)[0].message


def test_the_resting_heart_rate_of_a_day(file):
    days = [{"dateTime": "2025-01-01", "value": {"restingHeartRate": 58, "heartRateZones": []}}]
    [row] = rows(Wearables(), file({"activities-heart": days}))
    assert (row.kind, row.payload["value"]) == ("resting_heart_rate", 58.0)


APPLE = (
    '<?xml version="1.0"?><HealthData><Record type="HKQuantityTypeIdentifierStepCount" unit="count" '
    'startDate="2024-01-01 01:00:00 +0200" endDate="2024-01-01 01:10:00 +0200" value="{}"/>{}</HealthData>'
)


def test_an_apple_record_and_a_bad_one(tmp_path):
    path = written(
        tmp_path, "export.xml", APPLE.format("12", '<Record type="HKQuantityTypeIdentifierStepCount"/>')
    )
    [row] = rows(Wearables(), path)
    assert (row.locator, row.kind, row.payload["value"]) == ("/HealthData/Record[1]", "step_count", 12.0)
    assert [refused.locator for refused in rejected(Wearables(), path)] == ["/HealthData/Record[2]"]


def test_records_within_a_correlation_are_not_counted_twice(tmp_path):
    record = APPLE.format("12", "").partition("<HealthData>")[2].removesuffix("</HealthData>")
    path = written(tmp_path, "export.xml", APPLE.format("12", f"<Correlation>{record}</Correlation>"))
    assert len(rows(Wearables(), path)) == 1


def test_a_cut_export_is_refused_with_its_line(tmp_path):
    with pytest.raises(Unreadable, match=r"line 1, column .*cut short"):
        everything(Wearables(), written(tmp_path, "export.xml", APPLE.format("1", "")[:-8]))


def test_an_entity_bomb_is_refused(tmp_path):
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    text = APPLE.format("1", "<Note>&b;</Note>").replace("<HealthData>", f"{bomb}<HealthData>")
    with pytest.raises(Unreadable, match="entities"):
        everything(Wearables(), written(tmp_path, "export.xml", text))


# --- the vendor files with known answers


def stated(folder):
    return json.loads((folder / "expected_values.json").read_text())


def test_stated_points_and_values_of_fitbit_and_withings(shared_data):
    folder = shared_data / "wearables"
    answers = stated(folder)
    checked = 0
    for answer in answers["fitbit"] + answers["withings"]:
        if answer["measure"] == "any body measure":
            continue
        found = rows(Wearables(), folder / answer["file"])
        for name in answer["measure"].split(", "):
            points = [row.payload for row in found if row.kind == name]
            if answer["points"] is not None:
                assert len(points) == answer["points"], (answer["file"], name)
            for index, value in enumerate(answer["values"]):
                _check(points[value.get("index", index)], value, answer)
                checked += 1
    assert checked == 44


def _check(payload, value, answer):
    if payload["unit"]:
        assert payload["unit"] == answer["unit"]
    assert payload["start"] == value.get("at", value.get("start"))
    if "end" in value:
        assert payload["end"] == value["end"]
    assert _length(payload) == _stated_length(value, payload)
    parts = payload.get("parts", {})
    names = {"value", "external_id", "device", "comment", "modality"}
    for name in names & value.keys():
        assert payload[name] == value[name], name
    for name in value.keys() - names - {"at", "start", "end", "index", "duration_minutes"}:
        if name not in ("duration_days", "duration_seconds"):
            assert parts[name] == value[name], name
    if "modality" in answer:
        assert payload["modality"] == answer["modality"]


def _length(payload):
    start, end = (datetime.fromisoformat(payload[name]) for name in ("start", "end"))
    return end - start


def _stated_length(value, payload):
    if "at" in value:
        return timedelta(0)
    for name in ("days", "minutes", "seconds"):
        if f"duration_{name}" in value:
            return timedelta(**{name: value[f"duration_{name}"]})
    if value.get("duration_ms"):
        return timedelta(milliseconds=value["duration_ms"])
    return _length(payload)


def test_goals_are_left_out_and_said(shared_data):
    path = shared_data / "wearables/withings/withings-body-measures-only-goal.json"
    assert rows(Wearables(), path) == []
    assert "a goal" in notices(Wearables(), path)[0].message


def test_the_apple_export_as_counted(shared_data):
    folder = shared_data / "wearables"
    answer = stated(folder)["apple_health"]
    found = rows(Wearables(), folder / answer["file"])
    received = [row.payload["received"]["type"] for row in found]
    assert {kind: received.count(kind) for kind in received} == answer["by_type"]
    hearts = [row.payload for row in found if row.kind == "heart_rate"]
    assert [beat["value"] for beat in hearts] == answer["heart_rate_per_min"]
    assert [beat["start"] for beat in hearts] == answer["heart_rate_at"]
    energy = [row.payload for row in found if row.kind == "energy_burned"]
    assert [burned["value"] for burned in energy] == answer["active_energy_kcal"]
    assert [burned["start"][:10] for burned in energy] == answer["active_energy_dates"]
    assert kinds(Wearables(), folder / answer["file"])["step_count"] == 0
