"""The public files with known answers, taken in by one run: counts equal the data's own README."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.integration.contents import rows, versions
from tumorboard.runs.ingesting import ingest
from tumorboard.runs.models import IngestedFile, IngestRun, QuarantinedRow

TAKEN = (
    "fhir",
    "genomics/pcgr_t001_brca",
    "genomics/maftools_laml",
    "genomics/cbioportal_studies/study_es_0",
    "genomics/cbioportal_bad_mafs",
    "genomics/glow_plink_5x5",
    "imaging/pydicom",
    "imaging/dcmqi_23x38x3",
    "notes/matchminer_ai",
    "wearables",
    "trials",
)
MCODE = {
    "primary-cancer-condition": 46,
    "stage-group": 48,
    "distant-metastases-category": 26,
    "tumor-marker-test": 104,
    "cancer-related-medication-request": 196,
    "radiotherapy-course-summary": 86,
    "cancer-related-surgical-procedure": 38,
    "cancer-disease-status": 70,
}
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def run(installation: Path, warm_engine: None, shared_data: Path) -> IngestRun:
    return ingest(paths=[shared_data / folder for folder in TAKEN], by="tests")


@pytest.fixture(scope="module")
def mcode(run: IngestRun) -> list[dict[str, Any]]:
    hl7 = IngestedFile.objects.filter(file_name__startswith="Bundle-").values_list("file_hash", flat=True)
    return [row for row in rows("bronze.fhir") if row["file_hash"] not in set(hl7)]


def of_file(source: str, name: str) -> list[dict[str, Any]]:
    return [row for row in rows(f"bronze.{source}") if row["file_name"] == name]


def test_every_file_is_taken_or_has_a_reason(run: IngestRun) -> None:
    # the three copies of one .bed: one lacks its .bim, one its .fam, one its last byte
    assert run.report["files"] == {"landed": 146, "not data": 95, "refused": 3}


@pytest.mark.parametrize(
    ("source", "files", "counted", "refused"),
    [
        ("fhir", 48, 16_023 + 15 + 19, 0),
        ("vcf", 3, 2 * (1 + 196) + 5 * (1 + 5), 0),
        ("maf", 28, 2_207 + 36 + 191, 8),
        ("plink", 2, 2 * (5 + 5), 3),
        ("dicom", 17, 17, 0),
        ("notes", 1, 117, 0),
        ("wearables", 18, 68, 0),
        ("ctml", 4, 4, 0),
        ("registry", 25, 25, 0),
    ],
)
def test_files_and_rows_by_source(
    run: IngestRun, source: str, files: int, counted: int, refused: int
) -> None:
    report = run.report["sources"][source]
    assert (report["files"], report["rows"], report["quarantined"]) == (files, counted, refused)
    assert len(rows(f"bronze.{source}")) == counted


def test_every_row_of_a_file_has_its_own_place(run: IngestRun) -> None:
    for source in run.report["sources"]:
        ids = Counter(row["row_id"] for row in rows(f"bronze.{source}"))
        assert ids.most_common(1)[0][1] == 1, source


def test_mcode_resources(mcode: list[dict[str, Any]]) -> None:
    kinds = Counter(row["kind"] for row in mcode)
    assert kinds["Patient"] == 46
    assert kinds["Observation"] == 5_768
    assert kinds["Procedure"] == 2_268
    assert kinds["Encounter"] == kinds["DocumentReference"] == 1_970
    assert kinds["Condition"] == 379
    assert kinds["MedicationRequest"] == 359
    assert kinds["ImagingStudy"] == 10


@pytest.mark.parametrize(("profile", "stated"), MCODE.items())
def test_mcode_profiles(mcode: list[dict[str, Any]], profile: str, stated: int) -> None:
    profiles = [p for row in mcode for p in json.loads(row["payload"]).get("meta", {}).get("profile", [])]
    assert sum(p.rsplit("/", 1)[-1].endswith(profile) for p in profiles) == stated


def test_mcode_patients(run: IngestRun) -> None:
    mcode = [row for row in rows("silver.patients") if not row["file_name"].startswith("Bundle-")]
    assert Counter(row["sex"] for row in mcode) == {"female": 45, "male": 1}
    assert sum(row["deceased"] for row in mcode) == 8


def test_primary_diagnoses_and_treatments_of_mcode(run: IngestRun) -> None:
    named = [
        row for row in rows("silver.diagnoses") if row["source_table"] == "bronze.fhir" and row["primary"]
    ]
    assert len({row["patient_key"] for row in named}) == 46
    kinds = Counter(row["kind"] for row in rows("silver.therapies"))
    assert kinds["surgery"] == 38
    assert kinds["radiotherapy"] > 0
    assert kinds["systemic"] > 0


def test_disease_status_of_mcode(run: IngestRun) -> None:
    assert len(rows("silver.responses")) == 70


def test_a_vcf_in_two_builds_is_two_documents(run: IngestRun) -> None:
    for build in ("grch37", "grch38"):
        kinds = Counter(row["kind"] for row in of_file("vcf", f"T001-BRCA.{build}.vcf.gz"))
        assert kinds == {"header": 1, "variant": 196}
    assert not IngestedFile.objects.filter(source="vcf").superseded().exists()
    builds = Counter(r["genome_build"] for r in rows("silver.variants") if "T001" in r["file_name"])
    assert builds == {"GRCh37": 196, "GRCh38": 196}


def test_laml(run: IngestRun) -> None:
    found = [json.loads(row["payload"]) for row in of_file("maf", "tcga_laml.maf.gz")]
    classes = Counter(row["Variant_Classification"] for row in found)
    assert (classes["Missense_Mutation"], classes["Silent"]) == (1_342, 449)
    assert len({row["Tumor_Sample_Barcode"] for row in found}) == 193
    for gene, samples in {"FLT3": 52, "DNMT3A": 48, "NPM1": 33, "IDH2": 20, "IDH1": 18, "TP53": 15}.items():
        assert len({r["Tumor_Sample_Barcode"] for r in found if r["Hugo_Symbol"] == gene}) == samples


def test_study_es_0(run: IngestRun) -> None:
    found = [json.loads(row["payload"]) for row in of_file("maf", "data_mutations_extended.maf")]
    assert len(found) == 36
    assert len({row["Tumor_Sample_Barcode"] for row in found}) == 21


def test_bad_mafs_keep_their_good_rows(run: IngestRun) -> None:
    refused = QuarantinedRow.objects.filter(source="maf")
    assert set(refused.values_list("file_name", "locator", "field")) == {
        ("data_mutations_empty_custom_annotation_fields.maf", "line 2", "End_Position"),
        ("data_mutations_empty_custom_annotation_fields.maf", "line 7", "End_Position"),
        ("data_mutations_invalid_utf8.maf", "line 2", ""),
        ("data_mutations_invalid_utf8.maf", "line 3", ""),
        ("data_mutations_test_variant_types.maf", "line 2", "Start_Position"),
        ("data_mutations_test_variant_types.maf", "line 11", "Reference_Allele"),
        ("data_mutations_wrong_gene_position.maf", "line 2", "Start_Position"),
        ("data_mutations_wrong_gene_position.maf", "line 3", "End_Position"),
    }
    assert len(of_file("maf", "data_mutations_test_variant_types.maf")) == 8


def test_plink_sets_that_lack_a_part_are_refused_in_words(run: IngestRun) -> None:
    reasons = QuarantinedRow.objects.filter(source="plink", stage="file").values_list("reason", flat=True)
    assert sorted(reasons) == [
        "the .bed file is cut short: 12 bytes where its .bim and .fam need 13",
        "the .bim file is missing; send .bed, .bim and .fam together",
        "the .fam file is missing; send .bed, .bim and .fam together",
    ]


def test_notes_by_type(run: IngestRun) -> None:
    assert len(of_file("notes", "note_set_1.csv")) == 117
    assert (
        len({row["patient_key"] for row in rows("silver.documents") if row["file_name"].endswith(".csv")})
        == 12
    )


def test_wearables_of_nobody_are_kept_and_counted(run: IngestRun) -> None:
    assert run.report["sources"]["wearables"]["unassigned"] == 68
    assert len(of_file("wearables", "export.xml")) == 8
    weight = [json.loads(r["payload"]) for r in of_file("wearables", "withings-body-measures.json")]
    assert any("74.126" in json.dumps(point) for point in weight)


def test_the_same_image_in_three_encodings_is_one(run: IngestRun) -> None:
    earlier = IngestedFile.objects.filter(source="dicom").superseded()
    assert set(earlier.values_list("file_name", flat=True)) == {"MR_small.dcm", "MR_small_RLE.dcm"}


def test_trials(run: IngestRun) -> None:
    kinds = Counter(row["kind"] for row in rows("silver.trials"))
    assert kinds == {"ctml": 4, "registry": 25}
    status = Counter(
        json.loads(row["payload"])["protocolSection"]["statusModule"]["overallStatus"]
        for row in rows("bronze.registry")
    )
    assert status == {
        "COMPLETED": 17, "TERMINATED": 4, "UNKNOWN": 2, "RECRUITING": 1, "ACTIVE_NOT_RECRUITING": 1,
    }  # fmt: skip


def test_no_row_of_a_readable_file_breaks_a_rule_of_its_table(run: IngestRun) -> None:
    broken = QuarantinedRow.objects.filter(stage="check")
    assert list(broken.values_list("source", "reason").distinct()) == []


def test_again_brings_nothing(run: IngestRun, shared_data: Path) -> None:
    before = versions()
    again = ingest(paths=[shared_data / folder for folder in TAKEN], by="tests")
    assert again.report["files"] == {"already known": 146, "not data": 95, "refused": 3}
    assert again.report["tables"] == []
    assert versions() == before
