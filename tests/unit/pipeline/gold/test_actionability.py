"""Published knowledge about a patient's findings, as rows of gold."""

from __future__ import annotations

from datetime import date

from tests.unit.pipeline.frames import bronze, built, rows_of
from tests.unit.pipeline.gold.records import record
from tumorboard.pipeline.gold.actionability import READS, Actionability, actions_of

LUNG = {"primary": True, "text": "Lung adenocarcinoma", "oncotree": "LUAD"}
EGFR = {
    "kind": "snv",
    "gene": "EGFR",
    "hgvs_p": "p.L858R",
    "consequence": "missense_variant",
    "filter": "PASS",
}


def actions(**tables):
    return list(actions_of(record(**tables)))


def test_a_finding_names_its_rows_and_its_source():
    found = actions(variants=[EGFR], diagnoses=[LUNG])
    osimertinib = next(row for row in found if row["therapies"] == ["osimertinib"])
    assert osimertinib["derived_from"] == ["silver.variants/variants-0", "silver.diagnoses/diagnoses-0"]
    assert (osimertinib["alteration"], osimertinib["finding_kind"]) == ("EGFR p.L858R", "mutation")
    assert (osimertinib["escat"], osimertinib["amp"]) == ("I-A", "I-A")
    assert (osimertinib["oncokb"], osimertinib["nct_dktk"]) == (None, None)
    assert osimertinib["citation"].startswith("FDA label Tagrisso")
    assert osimertinib["knowledge_version"]


def test_a_grade_of_one_tumour_is_not_shown_for_another():
    colon = LUNG | {"oncotree": "COAD"}
    found = actions(variants=[EGFR], diagnoses=[colon])
    assert found
    assert {row["tumor_match"] for row in found} == {"other"}
    assert {(row["escat"], row["oncokb"], row["amp"], row["nct_dktk"]) for row in found} == {(None,) * 4}


def test_the_same_change_found_twice_is_one_finding_with_both_rows():
    variants = [EGFR | {"recorded_on": "2024-01-01"}, EGFR | {"recorded_on": "2025-01-01"}]
    found = actions(variants=variants, diagnoses=[LUNG])
    assert len({row["finding_id"] for row in found}) == len(found)
    assert found[0]["derived_from"][:2] == ["silver.variants/variants-1", "silver.variants/variants-0"]
    assert found[0]["recorded_on"] == date(2025, 1, 1)


def test_only_the_newest_measurement_of_a_biomarker_counts():
    biomarkers = [
        {"name": "MSI", "interpretation": "high", "assessed_on": "2023-01-01"},
        {"name": "MSI", "interpretation": "stable", "assessed_on": "2025-01-01"},
    ]
    assert actions(biomarkers=biomarkers) == []


def test_what_failed_its_filter_is_no_finding():
    assert actions(variants=[EGFR | {"filter": "low_depth"}], diagnoses=[LUNG]) == []


def test_no_finding_no_row():
    assert actions(diagnoses=[LUNG]) == []
    assert actions() == []


def test_an_annotated_maf_brings_the_levels_of_oncokb(spark):
    annotated = {"Hugo_Symbol": "BRAF", "HGVSp_Short": "p.V600E", "LEVEL_1": "Dabrafenib+Trametinib"}
    braf = EGFR | {"variant_id": "v", "gene": "BRAF", "hgvs_p": "p.V600E", "source_row": "maf-1"}
    frames = [rows_of(spark, source, [braf] if source.__name__ == "Variants" else []) for source in READS]
    maf = bronze(spark, [{"kind": "mutation", "row_id": "maf-1", "payload": annotated}])
    found = [row for row in built(Actionability, *frames, maf) if row["knowledge_source"] == "OncoKB"]
    assert [(row["oncokb"], row["therapies"]) for row in found] == [("1", ["Dabrafenib + Trametinib"])]
    assert found[0]["escat"] is None
