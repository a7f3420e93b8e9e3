"""What each section of the page makes of its rows."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from tests.unit.review.conftest import row
from tumorboard.pipeline.gold.availability import STATUSES
from tumorboard.pipeline.gold.timeline import LANES
from tumorboard.pipeline.gold.trial_matches import VERDICTS
from tumorboard.review import places, scores, sections
from tumorboard.review import timeline as timelines
from tumorboard.review.molecular import molecular, proteins
from tumorboard.review.results import flag, written


def test_facts_stand_by_rank_then_label(evidence: Any) -> None:
    rows = [
        row(label=label, rank=rank, section=section)
        for label, rank, section in (
            ("Z", 1, "snapshot"), ("B", 2, "snapshot"), ("A", 2, "snapshot"), ("N", None, "snapshot"),
            ("P", 0, "pathology"),
        )
    ]  # fmt: skip
    shown = sections.snapshot(evidence(gold__case_facts=rows))
    assert [fact["label"] for fact in shown["facts"]] == ["Z", "A", "B", "N"]
    assert shown["counts"].startswith("4 as recorded")


def test_nothing_is_built_yet(evidence: Any) -> None:
    empty = evidence()
    assert sections.snapshot(empty)["facts"] == []
    assert sections.missing(empty) == {"rows": [], "count": 0}
    assert sections.imaging(empty) == {"count": 0, "drawn": [], "others": []}
    assert sections.treatment(empty) == {"lines": [], "other_responses": []}
    assert sections.labs(empty) == {"shown": [], "more": []}
    assert scores.risk(empty) is None
    assert places.trials(empty)["count"] == 0
    assert molecular(empty)["proteins"] == []


def test_what_is_missing_stands_first_and_is_counted(evidence: Any) -> None:
    rows = [
        row(modality=modality, status=status)
        for modality, status in (("labs", "present"), ("imaging", "not_done"), ("genomics", "partial"))
    ]
    shown = sections.missing(evidence(gold__modalities=rows))
    assert [r["label"] for r in shown["rows"]] == ["Genomics", "Imaging", "Laboratory"]
    assert shown["count"] == 2


def test_every_status_verdict_and_lane_of_the_lake_has_words() -> None:
    assert set(sections.MODALITY_STATES) >= set(STATUSES)
    assert set(places.VERDICT_KINDS) == set(places.VERDICT_ORDER) == set(VERDICTS)
    assert set(timelines.LANES) == set(LANES)


def series(row_id: str, on: date | None, **fields: Any) -> dict[str, Any]:
    return {**row(row_id, performed_on=on, modality="CT", rows=128), **fields}


def test_only_series_with_pixels_are_drawn_the_latest_first(evidence: Any) -> None:
    found = sections.imaging(evidence(silver__imaging=[
        series("old", date(2023, 1, 1)), series("new", date(2024, 1, 1)), series("mid", date(2023, 6, 1)),
        series("report", date(2024, 2, 1), modality="SR"), series("announced", date(2024, 3, 1), rows=None),
        series("undated", None, modality=None),
    ]))  # fmt: skip
    assert [r["row_id"] for r in found["drawn"]] == ["new", "mid"]
    assert [r["row_id"] for r in found["others"]] == ["announced", "report", "old", "undated"]
    assert found["count"] == 6
    assert found["others"][-1]["modality"] == "Images"


def therapy(row_id: str, kind: str, begin: date | None, end: date | None) -> dict[str, Any]:
    return row(row_id, kind=kind, name=row_id, started_on=begin, ended_on=end)


#  therapy kind    first day          last day           response on        falls into it
RESPONSES = [
    ("systemic", date(2024, 1, 10), date(2024, 3, 1), date(2024, 2, 1), True),
    ("systemic", date(2024, 1, 10), date(2024, 3, 1), date(2024, 3, 1), True),
    ("systemic", date(2024, 1, 10), date(2024, 3, 1), date(2024, 3, 2), False),
    ("systemic", date(2024, 1, 10), date(2024, 3, 1), date(2024, 1, 10), False),
    ("systemic", date(2024, 1, 10), None, date(2025, 1, 1), True),
    ("systemic", None, None, date(2025, 1, 1), False),
    ("systemic", date(2024, 1, 10), None, None, False),
    ("surgery", date(2024, 1, 10), None, date(2024, 2, 1), False),
    ("radiotherapy", date(2024, 1, 10), date(2024, 3, 1), date(2024, 2, 1), True),
]


@pytest.mark.parametrize(("kind", "begin", "end", "on", "inside"), RESPONSES)
def test_a_response_falls_into_a_therapy_or_stands_alone(
    evidence: Any, kind: str, begin: date | None, end: date | None, on: date | None, inside: bool
) -> None:
    found = sections.treatment(
        evidence(
            silver__therapies=[therapy("t", kind, begin, end)],
            silver__responses=[row("r", value="PD", assessed_on=on)],
        )
    )
    assert bool(found["lines"][0]["responses"]) is inside
    assert bool(found["other_responses"]) is not inside


def lab(value: float | None, **fields: Any) -> dict[str, Any]:
    base = {"name": "CEA", "value": value, "value_text": str(value), "unit": "ug/L", "low": 1.0, "high": 5.0}
    return {**row(), **base, "taken_on": date(2024, 1, 1), **fields}


#  value  sent as      low   high  flag    written
FLAGS = [
    (0.9, "0.9", 1.0, 5.0, "low", "0.9"),
    (1.0, "1.0", 1.0, 5.0, "", "1"),
    (5.0, "5.0", 1.0, 5.0, "", "5"),
    (5.1, "5.1", 1.0, 5.0, "high", "5.1"),
    (9.9, "9.9", None, None, "", "9.9"),
    (0.0, "0", 1.0, None, "low", "0"),
    (10.0, "<10 ug/L", 1.0, 5.0, "", "<10"),
    (0.1, "< 0.1", 1.0, 5.0, "low", "<0.1"),
    (100.0, ">100", 1.0, 5.0, "high", ">100"),
    (0.5, ">0.5", 1.0, 5.0, "", ">0.5"),
    (250000.0, "250000", None, None, "", "250000"),
    (None, "negative", None, None, "", "negative"),
]


@pytest.mark.parametrize(("value", "sent", "low", "high", "flagged", "words"), FLAGS)
def test_flag(
    value: float | None, sent: str, low: float | None, high: float | None, flagged: str, words: str
) -> None:
    result = lab(value, value_text=sent, low=low, high=high)
    assert (flag(result), written(result)) == (flagged, words)


def test_latest_of_each_test_and_unit_and_none_is_dropped(evidence: Any) -> None:
    rows = [
        lab(3.0), lab(7.0, taken_on=date(2024, 2, 1)), lab(9.0, taken_on=None), lab(4.0, unit="ng/mL"),
        *(lab(2.0, name=f"test {n:02}") for n in range(30)),
    ]  # fmt: skip
    found = sections.labs(evidence(silver__labs=rows))
    assert (found["shown"][0]["name"], found["shown"][0]["written"], found["shown"][0]["flag"]) == (
        "CEA", "7", "high",
    )  # fmt: skip
    assert len(found["shown"]) + len(found["more"]) == 32


def variant(row_id: str = "v", **fields: Any) -> dict[str, Any]:
    base = {"gene": "EGFR", "partner_gene": None, "hgvs_p": None, "consequence": None, "vaf": None}
    return {**row(row_id), **base, "filter": None, "kind": "snv", **fields}


@pytest.mark.parametrize(
    ("change", "position"),
    [
        ("p.L858R", 858),
        ("p.(L858R)", 858),
        ("p.E746_A750del", 746),
        ("p.V774fs*2", 774),
        ("p.Q787*", 787),
        ("p.X1010_splice", 1010),
        ("p.M1?", 1),
        ("p.?", None),
        ("p.=", None),
        ("", None),
        (None, None),
    ],
)
def test_the_residue_a_variant_is_drawn_at(change: str | None, position: int | None) -> None:
    drawn = proteins([variant(hgvs_p=change)])
    assert [pin["position"] for p in drawn for pin in p["variants"]] == ([position] if position else [])


def test_proteins_need_a_known_gene_and_take_the_worst_effect() -> None:
    drawn = proteins([
        variant(hgvs_p="p.L858R", consequence="missense_variant&splice_region_variant"),
        variant(gene="NOGENE", hgvs_p="p.A1B"), variant(gene=None, hgvs_p="p.A1B"),
    ])  # fmt: skip
    assert [p["gene"] for p in drawn] == ["EGFR"]
    assert drawn[0]["variants"] == [{"label": "L858R", "position": 858, "consequence": "missense_variant"}]


def test_what_the_filter_rejected_is_listed_last_and_never_drawn(evidence: Any) -> None:
    rows = [
        variant("bad", hgvs_p="p.T790M", vaf=0.9, filter="lowqual"),
        variant("pass", hgvs_p="p.L858R", vaf=0.2, filter="PASS"),
        variant("empty", vaf=0.5, filter=""), variant("fusion", gene="EML4", partner_gene="ALK"),
        variant("nameless", gene=None),
    ]  # fmt: skip
    found = molecular(evidence(silver__variants=rows))
    assert [r["row_id"] for r in found["variants"]] == ["empty", "pass", "fusion", "nameless", "bad"]
    assert found["passed"] == 4
    assert [r["name"] for r in found["variants"]][2:4] == ["EML4–ALK", "not annotated"]
    drawn = found["proteins"] + found["other_proteins"]
    assert [pin["label"] for p in drawn for pin in p["variants"]] == ["L858R"]


def score(**fields: Any) -> dict[str, Any]:
    base = {"as_of": date(2024, 1, 1), "model_version": "1", "percentile": 71.6, "abstained": False}
    return {**row(), **base, "contributions": None, "curve": None, "validation": None, **fields}


def test_risk_is_the_latest_and_unpacked(evidence: Any) -> None:
    shares = {
        "clinical": {"share": 0.4, "features": [{"feature": "age", "share": 0.1, "value": 1}]},
        "labs": {"share": -0.5, "features": [{"feature": "ldh", "share": -0.5, "value": None}]},
    }
    validation = {
        "fusion": {"n": 9, "c": 0.7},
        "clinical_only": {"n": 0},
        "same_modalities": None,
        "cohort": "C",
    }
    old = score(as_of=date(2023, 1, 1))
    new = score(contributions=json.dumps(shares), validation=json.dumps(validation))
    shown = scores.risk(evidence(gold__risk_scores=[new, old]))
    assert shown is not None
    assert [feature["feature"] for feature in shown["main"]] == ["ldh", "age"]
    assert [figure["name"] for figure in shown["figures"]] == ["Everyone in the training cohort"]
    assert (shown["shown"], shown["cohort"]) == ("72", "C")


def test_a_model_that_abstains_has_no_number(evidence: Any) -> None:
    shown = scores.risk(evidence(gold__risk_scores=[score(abstained=True, percentile=None)]))
    assert shown is not None
    assert (shown["shown"], shown["main"], shown["curve"]) == ("", [], {})


def criterion(
    trial: str, verdict: str, result: str = "met", path: str = "$[0]", **fields: Any
) -> dict[str, Any]:
    base = {"level": "trial", "code": trial, "wording": "x", "would_settle": None, "trial_version": None}
    return {**row(), "trial_id": trial, "verdict": verdict, "result": result, "path": path, **base, **fields}


def test_places_by_whether_they_are_open_to_the_patient(evidence: Any) -> None:
    found = places.trials(evidence(gold__trial_matches=[
        criterion("B", "uncertain", "unknown", would_settle="EGFR test"),
        criterion("B", "uncertain", "met", path="$[1]", wording=None),
        criterion("A", "fits"), criterion("C", "excluded", "not met"),
        criterion("D", "fits", suspended=True), criterion("E", "uncertain", recruiting=False),
        criterion("F", "none", "unknown"),
        criterion("A", "excluded", "not met", level="arm", code="1"),
    ]))  # fmt: skip
    assert [p["trial_id"] for p in found["open"]] == ["A", "B"]
    assert {p["trial_id"] for p in found["closed"]} == {"D", "E"}
    assert [(p["trial_id"], p["level"]) for p in found["excluded"]] == [("A", "arm"), ("C", "trial")]
    assert (found["unread"], found["count"]) == (1, 7)
    assert (
        found["count"] == sum(len(found[part]) for part in ("open", "closed", "excluded")) + found["unread"]
    )
    b = found["open"][1]
    assert (b["met"], b["not_met"], b["unknown"], b["to_settle"]) == (1, 0, 1, ["EGFR test"])
    assert b["criteria"][1]["name"] == "$[1]"


def event(row_id: str, lane: str, on: date | None = None, **fields: Any) -> dict[str, Any]:
    return {**row(row_id), "lane": lane, "label": lane, "detail": None, "value": None, "starts_on": on,
            "ends_on": None, **fields}  # fmt: skip


def test_timeline(evidence: Any) -> None:
    found = timelines.timeline(evidence(gold__timeline=[
        event("c", "wearable", date(2024, 2, 5), ends_on=date(2024, 2, 11), value=5321.0, detail="mean of 7"),
        event("b", "diagnosis", date(2024, 1, 1)), event("a", "diagnosis", date(2023, 1, 1)),
        event("d", "systemic"),
    ]))  # fmt: skip
    assert [lane["id"] for lane in found["lanes"]] == ["diagnosis", "systemic", "wearable"]
    assert found["origin"] == "2023-01-01"
    assert found["events"][0][:5] == [1, "systemic", "", None, ""]
    assert found["events"][-1][2:5] == ["2024-02-05", "2024-02-11", "5321, mean of 7"]
    assert all(e[5].startswith("/cases/") for e in found["events"])


def test_an_empty_timeline(evidence: Any) -> None:
    assert timelines.timeline(evidence()) == {"lanes": [], "events": [], "origin": None}
