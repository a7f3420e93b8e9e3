"""The 46 public mCODE bundles (Synthea breast cancer): what the tables make of their known counts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from tests.unit.pipeline.frames import built, received
from tumorboard.pipeline.silver.comorbidities import Comorbidities
from tumorboard.pipeline.silver.diagnoses import Diagnoses
from tumorboard.pipeline.silver.labs import Labs
from tumorboard.pipeline.silver.patients import Patients
from tumorboard.pipeline.silver.responses import Responses
from tumorboard.pipeline.silver.stages import Stages
from tumorboard.pipeline.silver.therapies import Therapies
from tumorboard.pipeline.sources.fhir import Fhir


@pytest.fixture(scope="module")
def bundles(spark: SparkSession, shared_data: Path) -> DataFrame:
    return received(
        spark, Fhir(), *sorted((shared_data / "fhir" / "mcode_synthea_breast_10_years").glob("*.json.gz"))
    )


def test_46_patients_45_female_8_deceased(bundles: DataFrame) -> None:
    rows = built(Patients, bundles)
    assert Counter(row["sex"] for row in rows) == {"female": 45, "male": 1}
    assert sum(row["deceased"] for row in rows) == 8
    assert all(row["death_date"] for row in rows if row["deceased"])
    assert all(row["last_contact"] for row in rows)


def test_46_primary_breast_cancers_and_15_leukaemias_known_by_their_words(bundles: DataFrame) -> None:
    rows = built(Diagnoses, bundles)
    assert Counter(row["oncotree"] for row in rows) == {"BREAST": 46, "AML": 15}
    assert all(row["primary"] for row in rows)


def test_48_stage_groups_with_their_categories_are_26_assessments(bundles: DataFrame) -> None:
    """22 patients have `I` beside `IA` of the same day and members: one assessment, its more exact group."""
    rows = built(Stages, bundles)
    assert len(rows) == 26
    assert all(row["t"] and row["n"] and row["m"] and row["stage_group"] for row in rows)
    assert {row["kind"] for row in rows} == {"clinical"}
    assert Counter(row["m"] for row in rows) == {"M0": 22, "M1": 4}
    assert Counter(row["stage_group"] for row in rows)["IV"] == 4


def test_orders_and_sessions_become_episodes_and_courses(bundles: DataFrame) -> None:
    rows = built(Therapies, bundles)
    by_kind = Counter(row["kind"] for row in rows)
    assert by_kind == {"systemic": 54, "surgery": 38, "radiotherapy": 11}
    assert _counted(rows, "systemic", "orders") == 196
    assert _counted(rows, "radiotherapy", "sessions") == 86


def _counted(rows: list[dict[str, Any]], kind: str, word: str) -> int:
    details = [row["detail"] or "" for row in rows if row["kind"] == kind]
    return sum(int(detail.split()[0]) if word in detail else 1 for detail in details)


def test_70_disease_statuses(bundles: DataFrame) -> None:
    assert Counter(row["value"] for row in built(Responses, bundles)) == {"PR": 65, "PD": 5}


def test_labs_hold_no_receptor_and_no_stage(bundles: DataFrame) -> None:
    rows = built(Labs, bundles)
    names = Counter(row["name"] for row in rows)
    assert (names["Hemoglobin"], names["Leukocytes"], names["Creatinine"]) == (71, 71, 12)
    assert not any("receptor" in name.lower() or "stage" in name.lower() or "HER2" in name for name in names)
    assert len({row["row_id"] for row in rows}) == len(rows)


def test_comorbidities_hold_no_cancer_and_no_employment(bundles: DataFrame) -> None:
    texts = Counter(row["text"] for row in built(Comorbidities, bundles))
    assert texts["Prediabetes"] == 5
    assert not any("employment" in text or "Malignant" in text for text in texts)
