"""Biomarkers from FHIR observations and VCF header lines, in one vocabulary."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.unit.pipeline.frames import bronze, built, received
from tumorboard.pipeline.silver.biomarker_words import interpretation, named
from tumorboard.pipeline.silver.biomarkers import Biomarkers
from tumorboard.pipeline.sources.fhir import Fhir


def biomarkers(spark, *, fhir=None, vcf=None):
    nothing = bronze(spark, [])
    return built(Biomarkers, fhir or nothing, vcf or nothing)


def test_hl7_example_has_a_burden_of_25_and_high_microsatellite_instability(spark, shared_data):
    path = shared_data / "fhir/hl7_genomics_reporting/Bundle-oncologyexamples-r4.json"
    found = {row["name"]: row for row in biomarkers(spark, fhir=received(spark, Fhir(), path))}
    assert set(found) == {"TMB", "MSI"}
    assert found["TMB"]["value_number"] == 25
    assert (found["MSI"]["interpretation"], found["MSI"]["value_text"]) == ("high", "High")


def test_receptors_of_the_breast_cohort(spark, shared_data):
    folder = shared_data / "fhir/mcode_synthea_breast_10_years"
    rows = biomarkers(spark, fhir=received(spark, Fhir(), *sorted(folder.glob("*.json.gz"))))
    counts = Counter((row["name"], row["interpretation"]) for row in rows)
    assert counts == {
        ("HER2", "negative"): 46,
        ("HER2", "positive"): 6,
        ("ER", "positive"): 22,
        ("ER", "negative"): 4,
        ("PR", "positive"): 18,
        ("PR", "negative"): 8,
        ("HR", "positive"): 16,
        ("HR", "negative"): 2,
    }


def test_header_lines_of_a_vcf(spark):
    header = {"sample": "SP-1", "fileDate": "2025-03-02", "meta": {"TMB": ["7.2"], "MSI": ["MSS"]}}
    rows = biomarkers(spark, vcf=bronze(spark, [{"kind": "header", "payload": header}]))
    found = {row["name"]: row for row in rows}
    assert (found["TMB"]["value_number"], found["TMB"]["unit"]) == (7.2, "mutations/Mb")
    assert found["TMB"]["source_path"] == "$.meta.TMB[0]"
    assert found["MSI"]["interpretation"] == "stable"


def test_a_limit_of_detection_stays_a_limit(spark):
    """PD-L1 below 1 % is not PD-L1 of 1 %."""
    below = {
        "resourceType": "Observation",
        "id": "x",
        "status": "final",
        "code": {"text": "PD-L1 tumor proportion score"},
        "valueQuantity": {"value": 1, "comparator": "<", "unit": "%"},
    }
    (row,) = biomarkers(spark, fhir=bronze(spark, [{"kind": "Observation", "payload": below}]))
    assert (row["value_number"], row["value_text"]) == (1.0, "<1 %")


def test_what_the_sender_took_back_is_no_result(spark):
    taken_back = {
        "resourceType": "Observation",
        "id": "x",
        "status": "entered-in-error",
        "code": {"text": "MSI status"},
        "valueString": "High",
    }
    assert biomarkers(spark, fhir=bronze(spark, [{"kind": "Observation", "payload": taken_back}])) == []


@pytest.mark.parametrize(
    ("name", "number", "words", "flags", "expected"),
    [
        ("HER2", None, "IHC 3+", set(), "positive"),
        ("HER2", None, "2+", set(), "equivocal"),
        ("HER2", None, "1+", set(), "low"),
        ("HER2", None, "score 0", set(), "negative"),
        ("HER2", None, "Negative (1+)", {"NEG"}, "negative"),
        ("ER", 90.0, "", set(), "positive"),
        ("ER", 0.0, "", set(), "negative"),
        ("PR", 0.9, "", set(), "negative"),
        ("ER", 1.0, "<1 %", set(), "negative"),
        ("ER", 10.0, "<10 %", set(), ""),
        ("PD-L1 TPS", 60.0, "", set(), ""),
        ("TMB", 25.0, "", set(), ""),
        ("TMB", 25.0, "", {"H"}, "high"),
        ("MSI", None, "MSI-High", set(), "high"),
        ("MSI", None, "Microsatellite stable", set(), "stable"),
        ("MSI", None, "MSI-L", set(), "low"),
        ("MMR", None, "pMMR, proficient", set(), "negative"),
        ("MMR", None, "deficient (loss of MLH1)", set(), "positive"),
        ("MSI", None, "not detected", set(), "negative"),
        ("MSI", None, "see comment", set(), ""),
    ],
)
def test_interpretation(name, number, words, flags, expected):
    assert interpretation(name, number, words, flags) == expected


@pytest.mark.parametrize(
    ("codes", "words", "expected"),
    [
        ({"85337-4"}, "", "ER"),
        (set(), "Tumor Mutational Burden", "TMB"),
        (set(), "PD-L1 CPS by 22C3", "PD-L1 CPS"),
        (set(), "HER2 exon 20 mutation", None),
        (set(), "Creatinine", None),
        (set(), "Prostate specific antigen", None),
        (set(), "", None),
    ],
)
def test_names(codes, words, expected):
    assert named(codes, words) == expected
