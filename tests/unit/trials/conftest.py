"""One patient with everything on record, and a small trial document to screen."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from tumorboard.trials.patients import PatientEvidence

AS_OF = date(2025, 6, 30)


@pytest.fixture
def frames() -> dict[str, pd.DataFrame]:
    rows: dict[str, dict[str, Any]] = {
        "patients": {"sex": "female", "birth_date": date(1960, 1, 1), "deceased": False},
        "diagnoses": {"primary": True, "oncotree": "LUAD"},
        "stages": {"stage_group": "IVA", "assessed_on": date(2025, 1, 2)},
        "genomic_tests": {
            "test_id": "t1", "assay": "panel", "panel": "TB-SOLID-120",
            "genes": ["EGFR", "KRAS", "ALK"], "reported_on": date(2025, 2, 1),
        },
        "variants": {
            "test_id": "t1", "gene": "EGFR", "kind": "indel", "hgvs_p": "p.E746_A750del",
            "consequence": "inframe_deletion", "exon": 19, "filter": "PASS",
        },
        "biomarkers": {"name": "TMB", "value_number": 4.0, "unit": "mut/Mb", "assessed_on": date(2025, 2, 1)},
        "therapies": {
            "kind": "systemic", "name": "osimertinib", "agents": ["osimertinib"], "line": 1,
            "intent": "palliative", "started_on": date(2025, 3, 1), "ended_on": date(2025, 6, 1),
        },
        "performance": {"scale": "ECOG", "value": 1, "assessed_on": date(2025, 6, 15)},
    }  # fmt: skip
    return {
        f"silver.{table}": pd.DataFrame([{"patient_key": "p1", "row_id": f"{table}-1", **row}])
        for table, row in rows.items()
    }


@pytest.fixture
def evidence(frames: dict[str, pd.DataFrame]) -> PatientEvidence:
    return PatientEvidence.from_frames("p1", frames, AS_OF)


@pytest.fixture
def nobody() -> PatientEvidence:
    return PatientEvidence("p0", AS_OF)


def genomic(**keys: Any) -> dict[str, Any]:
    return {"genomic": keys}


def clinical(**keys: Any) -> dict[str, Any]:
    return {"clinical": keys}


def document(**fields: Any) -> dict[str, Any]:
    """A trial with one step, one arm and one dose level; each may be given its own clause."""
    dose = {"level_code": "1", "level_suspended": "N", "match": fields.pop("dose", [])}
    arm = {"arm_code": "A", "arm_suspended": "N", "match": fields.pop("arm", []), "dose_level": [dose]}
    step = {"step_code": "1", "match": fields.pop("step", []), "arm": [arm]}
    return {"protocol_no": "T-1", "treatment_list": {"step": [step]}, **fields}
