from __future__ import annotations

from datetime import date

import pytest

from tests.unit.pipeline.silver.resources import MCODE, all_received, concept, condition, observation
from tumorboard.pipeline.silver.diagnoses import read
from tumorboard.pipeline.silver.tumour_types import oncotree_of

ICD10 = "http://hl7.org/fhir/sid/icd-10"


def test_a_primary_by_its_profile_with_all_it_states() -> None:
    lung = condition(
        "Adenocarcinoma of lung",
        profile="mcode-primary-cancer-condition",
        code="254626006",
        bodySite=[concept(text="Upper lobe of lung")],
        clinicalStatus=concept("active"),
        extension=[
            {
                "url": MCODE + "mcode-histology-morphology-behavior",
                "valueCodeableConcept": concept("8140/3", "Adenocarcinoma, NOS"),
            }
        ],
    )
    (row,) = read(all_received(lung))
    assert row["primary"] is True
    assert row["oncotree"] == "LUAD"
    assert row["histology"] == "Adenocarcinoma, NOS"
    assert row["body_site"] == "Upper lobe of lung"
    assert row["diagnosed_on"] == date(2024, 5, 1)
    assert row["clinical_status"] == "active"
    assert row["source_path"] == "$.code"


@pytest.mark.parametrize(
    ("text", "code", "primary"),
    [
        ("Malignant neoplasm of breast (disorder)", "254837009", True),
        ("Bronchus and lung", "C34.1", True),
        ("Secondary malignant neoplasm of liver", "94381002", False),
        ("Metastasis", "C78.7", False),
    ],
)
def test_a_cancer_without_a_profile_is_known_by_code_or_words(text: str, code: str, primary: bool) -> None:
    (row,) = read(all_received(condition(text, code)))
    assert row["primary"] is primary


@pytest.mark.parametrize(
    "text",
    [
        "Family history of breast cancer",
        "Suspected lung cancer",
        "Screening for malignant neoplasm",
        "Hypertension",
        "",
    ],
)
def test_what_only_speaks_of_cancer_is_no_diagnosis(text: str) -> None:
    assert list(read(all_received(condition(text)))) == []


def test_refuted_diagnoses_are_left_out() -> None:
    refuted = condition("Malignant neoplasm of breast", verificationStatus=concept("refuted"))
    assert list(read(all_received(refuted))) == []


def test_icd_10_is_read_before_snomed_and_metastases_have_no_type() -> None:
    both = {
        "coding": [
            {"system": "http://snomed.info/sct", "code": "254837009"},
            {"system": ICD10, "code": "C50.4"},
        ]
    }
    (row,) = read(all_received(condition("x") | {"code": both | {"text": "Breast cancer"}}))
    assert (row["code"], row["code_system"], row["oncotree"]) == ("C50.4", "ICD-10", "BREAST")
    (metastasis,) = read(
        all_received(condition("Metastasis of lung", profile="mcode-secondary-cancer-condition"))
    )
    assert metastasis["oncotree"] is None


def test_histology_sent_as_an_observation_is_found_by_its_focus() -> None:
    breast = condition("Malignant neoplasm of breast", id="c1")
    lung = condition("Malignant neoplasm of lung", id="c2")
    ductal = observation(
        "31206-6",
        valueCodeableConcept=concept("8500/3", "Infiltrating duct carcinoma"),
        focus=[{"reference": "Condition/c1"}],
    )
    rows = {row["text"]: row for row in read(all_received(breast, lung, ductal))}
    assert rows["Malignant neoplasm of breast"]["oncotree"] == "IDC"
    assert rows["Malignant neoplasm of lung"]["oncotree"] == "LUNG"


@pytest.mark.parametrize(
    ("codes", "words", "expected"),
    [
        (["LUAD"], [], "LUAD"),
        ([], ["Lung Adenocarcinoma"], "LUAD"),
        (["C34.1", "8140/3"], [], "LUAD"),
        (["C34.1", "8070/3"], [], "LUSC"),
        (["C34.1"], [], "LUNG"),
        (["C50.4", "8520/3"], [], "ILC"),
        (["C18.7", "8140/3"], [], "COAD"),
        (["C20", "8140/3"], [], "READ"),
        (["C43.5"], ["Malignant melanoma of skin"], "SKCM"),
        (["C25.0", "8500/3"], [], "PAAD"),
        (["C61", "8140/3"], [], "PRAD"),
        ([], ["Adenocarcinoma of the pancreas"], "PAAD"),
        ([], ["Cancer of unknown primary site"], ""),
        ([], [], ""),
    ],
)
def test_the_type_needs_site_and_histology(codes: list[str], words: list[str], expected: str) -> None:
    assert oncotree_of(codes, words) == expected
