"""The facts of the review page: what is chosen, in which words, and what contradicts it."""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.pipeline.frames import built, rows_of
from tests.unit.pipeline.gold.records import record
from tumorboard.pipeline.gold.case_facts import READS, CaseFacts, facts_of
from tumorboard.pipeline.gold.disagreement import stage_parts, stages_differ
from tumorboard.pipeline.gold.snapshot import trend

STAGE = {
    "kind": "clinical",
    "staging_system": "AJCC 8",
    "t": "T2b",
    "n": "N2",
    "m": "M1a",
    "stage_group": "IVA",
    "assessed_on": "2024-04-02",
}


def snapshot(**tables):
    """label -> fact, of the snapshot only."""
    return {fact["label"]: fact for fact in facts_of(record(**tables)) if fact["section"] == "snapshot"}


def test_nothing_recorded_no_fact():
    assert list(facts_of(record())) == []


def test_every_fact_names_its_source_and_carries_its_chip():
    (fact, *_) = facts_of(record(stages=[STAGE | {"recorded_on": "2024-04-03"}]))
    assert fact["derived_from"] == ["silver.stages/stages-0"]
    assert (fact["origin"], fact["method"], fact["recorded_on"]) == (
        "structured",
        "rules 1.0",
        date(2024, 4, 3),
    )
    assert fact["value"] == "cT2b N2 M1a, IVA (AJCC 8)"
    assert fact["fact_on"] == date(2024, 4, 2)


def test_the_snapshot_has_eleven_facts_in_the_order_of_the_page():
    facts = snapshot(
        diagnoses=[
            {
                "primary": True,
                "text": "Lung adenocarcinoma",
                "oncotree": "LUAD",
                "histology": "acinar",
                "diagnosed_on": "2024-03-20",
            }
        ],
        stages=[STAGE],
        variants=[
            {
                "kind": "snv",
                "gene": "EGFR",
                "hgvs_p": "p.L858R",
                "consequence": "missense_variant",
                "filter": "PASS",
            }
        ],
        biomarkers=[
            {
                "name": "PD-L1 TPS",
                "value_number": 60.0,
                "unit": "%",
                "interpretation": "",
                "assessed_on": "2024-03-25",
            }
        ],
        performance=[{"scale": "ECOG", "value": 1, "assessed_on": "2024-05-01"}],
        therapies=[
            {
                "kind": "systemic",
                "name": "osimertinib",
                "line": 1,
                "started_on": "2024-04-20",
                "status": "active",
            }
        ],
        responses=[{"value": "PR", "wording": "partial response", "assessed_on": "2024-07-01"}],
        comorbidities=[{"text": "Hypertension", "status": "active"}],
        labs=[
            {"name": "CEA", "value": 20.0, "unit": "ng/mL", "taken_on": "2024-04-01"},
            {"name": "CEA", "value": 6.0, "unit": "ng/mL", "taken_on": "2024-07-01"},
            {"name": "Creatinine", "value": 1.6, "unit": "mg/dL", "high": 1.2, "taken_on": "2024-07-01"},
            {"name": "Bilirubin total", "value": 0.5, "unit": "mg/dL", "high": 1.2, "taken_on": "2024-07-01"},
        ],
        note_facts=[{"concept": "wish", "value": "wants to stay at home", "event_on": "2024-06-01"}],
    )
    assert {label: fact["value"] for label, fact in facts.items()} == {
        "Tumour type": "Lung adenocarcinoma (LUAD)",
        "Stage": "cT2b N2 M1a, IVA (AJCC 8)",
        "Histology": "acinar",
        "Biomarkers": "EGFR p.L858R, PD-L1 TPS 60 %",
        "ECOG": "1",
        "Current therapy": "line 1: osimertinib, since 2024-04-20",
        "Last response": "PR, partial response",
        "Comorbidity": "Hypertension",
        "Tumour marker": "CEA 6 ng/mL, falling (20 on 2024-04-01)",
        "Key labs": "Creatinine 1.6 mg/dL (above reference), Bilirubin total 0.5 mg/dL",
        "Wishes": "wants to stay at home",
    }
    assert [fact["rank"] for fact in facts.values()] == list(range(1, 12))
    assert not any(fact["conflict"] for fact in facts.values())
    assert facts["Biomarkers"]["derived_from"] == [
        "silver.variants/variants-0",
        "silver.biomarkers/biomarkers-0",
    ]


@pytest.mark.parametrize(
    ("note", "conflict"),
    [
        ({"value": "cT2a N2 M1a", "event_on": "2024-04-10"}, True),
        ({"value": "stage IIIA", "event_on": "2024-04-10"}, True),
        ({"value": "T2b", "event_on": "2024-04-10"}, False),
        ({"value": "T2", "event_on": "2024-04-10"}, False),
        ({"value": "stage IV", "event_on": "2024-04-10"}, False),
        ({"value": "T1c N0 M0", "event_on": "2023-01-10"}, False),
        ({"value": "cT2a", "event_on": "2024-04-10", "negated": True}, False),
        ({"value": "cT2a", "event_on": "2024-04-10", "experiencer": "other"}, False),
        ({"value": "cT2a", "event_on": "2024-04-10", "certainty": "historical"}, False),
        ({"value": "see pathology", "event_on": "2024-04-10"}, False),
    ],
)
def test_a_letter_that_names_another_stage_is_a_conflict(note, conflict):
    fact = snapshot(stages=[STAGE], note_facts=[{"concept": "stage", **note}])["Stage"]
    assert fact["value"] == "cT2b N2 M1a, IVA (AJCC 8)"
    assert fact["conflict"] is conflict
    assert fact["conflicts_with"] == (["silver.note_facts/note_facts-0"] if conflict else [])


def test_two_stages_of_one_kind_close_in_time_conflict_and_far_apart_do_not():
    other = STAGE | {"t": "T3", "assessed_on": "2024-03-01"}
    assert snapshot(stages=[STAGE, other])["Stage"]["conflicts_with"] == ["silver.stages/stages-1"]
    assert not snapshot(stages=[STAGE, other | {"assessed_on": "2023-01-01"}])["Stage"]["conflict"]
    assert not snapshot(stages=[STAGE, other | {"kind": "pathologic"}])["Stage"]["conflict"]


def test_only_a_letter_knows_the_stage():
    fact = snapshot(note_facts=[{"concept": "stage", "value": "cT2a N0 M0", "event_on": "2024-01-01"}])[
        "Stage"
    ]
    assert (fact["value"], fact["origin"]) == ("cT2a N0 M0", "text")


@pytest.mark.parametrize(
    ("notes", "rows", "conflicts"),
    [
        ([("ECOG 2", "2024-05-10")], [], ["silver.note_facts/note_facts-0"]),
        ([("ECOG 1", "2024-05-10")], [], []),
        ([("2", "2024-05-10")], [], ["silver.note_facts/note_facts-0"]),
        ([("ECOG 3", "2023-05-10")], [], []),
        ([], [(2, "2024-04-28")], ["silver.performance/performance-1"]),
        ([], [(2, "2024-02-28")], []),
    ],
)
def test_performance_status(notes, rows, conflicts):
    fact = snapshot(
        performance=[
            {"scale": "ECOG", "value": 1, "assessed_on": "2024-05-01"},
            *({"scale": "ECOG", "value": value, "assessed_on": on} for value, on in rows),
        ],
        note_facts=[{"concept": "ecog", "value": value, "event_on": on} for value, on in notes],
    )["ECOG"]
    assert (fact["value"], fact["conflicts_with"]) == ("1", conflicts)


def test_a_running_therapy_comes_before_a_later_one_that_ended():
    therapies = [
        {
            "kind": "systemic",
            "name": "pembrolizumab",
            "line": 1,
            "started_on": "2024-01-01",
            "status": "active",
        },
        {
            "kind": "systemic",
            "name": "docetaxel",
            "line": 2,
            "started_on": "2024-03-01",
            "ended_on": "2024-04-01",
            "status": "stopped",
            "end_reason": "toxicity",
        },
    ]
    assert "pembrolizumab" in snapshot(therapies=therapies)["Current therapy"]["value"]
    last = snapshot(therapies=therapies[1:])["Last therapy"]
    assert last["value"] == "line 2: docetaxel, 2024-03-01 to 2024-04-01 (toxicity)"


def test_both_ends_of_a_fusion_and_a_second_test_are_one_alteration():
    variants = [
        {"kind": "sv", "gene": "ALK", "partner_gene": "EML4", "recorded_on": "2024-01-02"},
        {"kind": "sv", "gene": "EML4", "partner_gene": "ALK", "recorded_on": "2024-01-02"},
        {"kind": "cnv", "gene": "MET", "copy_number": 9.0, "recorded_on": "2024-01-02"},
        {"kind": "cnv", "gene": "MET", "copy_number": 9.0, "recorded_on": "2023-01-02"},
    ]
    value = snapshot(variants=variants)["Biomarkers"]["value"]
    assert value in ("EML4::ALK fusion, MET amplification", "ALK::EML4 fusion, MET amplification")


def test_what_failed_its_filter_or_is_silent_is_no_alteration():
    egfr = {"kind": "snv", "gene": "EGFR", "hgvs_p": "p.L858R", "consequence": "missense_variant"}
    assert snapshot(variants=[egfr | {"filter": "low_depth"}]) == {}
    assert snapshot(variants=[egfr | {"consequence": "synonymous_variant"}]) == {}
    assert snapshot(variants=[egfr | {"gene": None}]) == {}


def test_a_corrected_and_a_first_laboratory_value_of_one_sample_conflict():
    labs = [
        {"name": "Creatinine", "value": 9.0, "unit": "mg/dL", "taken_on": "2024-07-01"},
        {"name": "Creatinine", "value": 0.9, "unit": "mg/dL", "taken_on": "2024-07-01"},
    ]
    assert snapshot(labs=labs)["Key labs"]["conflict"]


def test_a_receptor_that_a_letter_reports_otherwise_is_a_conflict():
    tables = {
        "biomarkers": [{"name": "ER", "interpretation": "positive", "assessed_on": "2024-01-02"}],
        "note_facts": [{"concept": "biomarker", "value": "ER negative", "event_on": "2024-01-20"}],
    }
    assert snapshot(**tables)["Biomarkers"]["conflicts_with"] == ["silver.note_facts/note_facts-0"]


def test_a_fact_whose_value_changes_is_a_new_fact():
    one = snapshot(performance=[{"scale": "ECOG", "value": 1, "assessed_on": "2024-05-01"}])["ECOG"]
    two = snapshot(performance=[{"scale": "ECOG", "value": 2, "assessed_on": "2024-05-01"}])["ECOG"]
    assert one["fact_id"] != two["fact_id"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("cT2b N2 M1a, IVA", {"t": "T2b", "n": "N2", "m": "M1a", "stage_group": "IVA"}),
        ("pT1aN0M0", {"t": "T1a", "n": "N0", "m": "M0"}),
        ("stage IIIA", {"stage_group": "IIIA"}),
        ("ypTis N0", {"t": "Tis", "n": "N0"}),
        ("no change", {}),
    ],
)
def test_stage_parts(text, parts):
    assert stage_parts(text) == parts


def test_a_less_exact_category_does_not_differ():
    assert not stages_differ({"t": "T2"}, {"t": "T2a"})
    assert stages_differ({"t": "T2"}, {"t": "T3"})
    assert not stages_differ({"t": "T2"}, {"n": "N1"})


@pytest.mark.parametrize(
    ("before", "now", "word"), [(10, 13, "rising"), (10, 11, "stable"), (10, 7, "falling"), (0, 3, "rising")]
)
def test_trend(before, now, word):
    assert trend(before, now) == word


def test_the_build_runs_on_the_engine_for_several_patients(spark):
    given = {
        "stages": [
            STAGE | {"stage_id": p, "patient_key": p, "assessed_on": date(2024, 4, 2)} for p in ("p1", "p2")
        ],
        "performance": [
            {"performance_id": "x", "scale": "ECOG", "value": 1, "assessed_on": date(2024, 4, 2)}
        ],
    }
    frames = [rows_of(spark, source, given.get(source.table_name.split(".")[1], [])) for source in READS]
    facts = built(CaseFacts, *frames)
    assert sorted(
        (fact["patient_key"], fact["label"]) for fact in facts if fact["section"] == "snapshot"
    ) == [
        ("p1", "ECOG"),
        ("p1", "Stage"),
        ("p2", "Stage"),
    ]
