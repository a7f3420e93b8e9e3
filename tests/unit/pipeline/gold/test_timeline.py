"""The timeline: each dated row on its lane, with the row it came from."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from tests.unit.pipeline.frames import built, rows_of
from tumorboard.pipeline.gold.timeline import READS, Timeline


def timeline(spark, **given):
    named = {source.table_name.split(".")[1]: source for source in READS}
    return built(Timeline, *(rows_of(spark, source, given.get(name, [])) for name, source in named.items()))


def test_a_therapy_spans_its_days_on_its_own_lane(spark):
    therapy = {
        "therapy_id": "t",
        "kind": "systemic",
        "name": "osimertinib",
        "agents": ["osimertinib"],
        "line": 1,
        "started_on": date(2024, 1, 2),
        "ended_on": date(2024, 9, 1),
        "end_reason": "progression",
        "recorded_on": date(2024, 1, 2),
    }
    (event,) = timeline(spark, therapies=[therapy])
    assert (event["lane"], event["label"], event["detail"]) == (
        "systemic",
        "osimertinib",
        "line 1; progression",
    )
    assert (event["starts_on"], event["ends_on"]) == (date(2024, 1, 2), date(2024, 9, 1))
    assert event["derived_from"] == ["silver.therapies/therapies-0"]
    assert (event["origin"], event["recorded_on"]) == ("structured", date(2024, 1, 2))


def test_a_laboratory_value_can_be_plotted(spark):
    lab = {
        "lab_id": "l",
        "name": "CEA",
        "value": 4.5,
        "value_text": "4.5 ng/mL",
        "taken_on": date(2024, 1, 2),
    }
    (event,) = timeline(spark, labs=[lab])
    assert (event["lane"], event["label"], event["value"], event["detail"]) == (
        "lab",
        "CEA",
        4.5,
        "4.5 ng/mL",
    )


def test_the_series_of_one_study_are_one_event(spark):
    series = [
        {"series_id": f"s{n}", "study_uid": "1.2", "series_uid": f"1.2.{n}", "modality": "CT",
         "body_part": "CHEST", "description": "CT chest", "performed_on": date(2024, 1, 2)}
        for n in range(3)
    ]  # fmt: skip
    (event,) = timeline(spark, imaging=series)
    assert (event["label"], event["detail"]) == ("CT CHEST", "CT chest; series: 3")


def test_wearables_are_weekly_means_of_daily_sums(spark):
    monday = datetime(2025, 3, 3, 8, tzinfo=UTC)
    samples = [
        {"sample_id": f"{day}-{part}", "measure": "steps", "value": 1000.0 * (day + 1), "unit": "steps",
         "started_at": monday + timedelta(days=day, hours=part)}
        for day in range(9)
        for part in range(2)
    ]  # fmt: skip
    events = sorted(timeline(spark, wearables=samples), key=lambda event: event["starts_on"])
    assert [event["value"] for event in events] == [8000.0, 17000.0]
    assert [event["starts_on"] for event in events] == [date(2025, 3, 3), date(2025, 3, 10)]
    assert events[0]["detail"] == "mean of 7 days, steps"


def test_a_measure_nobody_looks_at_makes_no_event(spark):
    sample = {
        "sample_id": "a",
        "measure": "floors",
        "value": 3.0,
        "started_at": datetime(2025, 3, 3, tzinfo=UTC),
    }
    assert timeline(spark, wearables=[sample]) == []


def test_an_undated_row_stays_and_two_like_rows_stay_two(spark):
    stages = [{"stage_id": name, "kind": "clinical", "stage_group": "IVA"} for name in "ab"]
    events = timeline(spark, stages=stages)
    assert [event["starts_on"] for event in events] == [None, None]
    assert len({event["row_id"] for event in events}) == 2


def test_of_every_lane_one(spark):
    day = date(2025, 1, 1)
    events = timeline(
        spark,
        diagnoses=[{"diagnosis_id": "d", "primary": True, "text": "Lung cancer", "diagnosed_on": day}],
        specimens=[{"specimen_id": "SP", "collected_on": day}],
        genomic_tests=[{"test_id": "t", "assay": "panel", "genes": ["EGFR"], "reported_on": day}],
        biomarkers=[
            {"biomarker_id": n, "name": n, "interpretation": "", "assessed_on": day} for n in ("TMB", "ER")
        ],
        responses=[{"response_id": "r", "value": "PD", "wording": "progression", "assessed_on": day}],
        performance=[{"performance_id": "p", "scale": "ECOG", "value": 1, "assessed_on": day}],
        documents=[{"document_id": "n", "text": "x", "written_on": day}],
    )
    assert {(event["lane"], event["label"]) for event in events} == {
        ("diagnosis", "Lung cancer"),
        ("pathology", "Specimen"),
        ("molecular", "panel"),
        ("molecular", "TMB"),
        ("pathology", "ER"),
        ("response", "PD"),
        ("performance", "ECOG 1"),
        ("note", "Document"),
    }


def test_no_rows_in_no_rows_out(spark):
    assert timeline(spark) == []
