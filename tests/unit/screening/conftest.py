from __future__ import annotations

import json
from typing import Any

import pytest

from tests.factories import review
from tests.unit.review.conftest import Record, record, small_lake

__all__ = ["record", "small_lake"]
MATCH = {
    "level": "arm", "evidence": [], "verdict": "uncertain", "recruiting": True, "suspended": False,
    "title": "A trial of something",
}  # fmt: skip
DOCUMENT = {
    "protocol_no": "T-1", "short_title": "A trial of something", "status": "open to accrual",
    "site_list": {"site": [{"site_name": "Clinic North", "site_status": "Open"}]},
    "treatment_list": {"step": [{"step_code": "1", "step_internal_id": 1, "arm": [{
        "arm_code": "A", "arm_internal_id": 2, "arm_suspended": "N", "match": [{"and": [
            {"genomic": {"hugo_symbol": "EGFR", "variant_category": "Mutation"}},
            {"clinical": {"age_numerical": ">=18"}},
        ]}],
    }]}]},
}  # fmt: skip


@pytest.fixture
def screened(record: Record) -> Record:
    """Screened for T-1, arm A (one open question), for T-2 (excluded) and T-3 (nothing encoded)."""
    from tumorboard.trials import documents
    from tumorboard.trials.criteria import predicates
    from tumorboard.trials.rules import Rules

    trial = documents.read("ctml", json.dumps(DOCUMENT), Rules().oncotree)
    arm = trial.root.below[0].below[0]
    gene, age = predicates(arm.match)
    stated = {"version": trial.version}
    review.publish("silver.trials", trial_row())
    review.publish(
        "gold.trial_matches",
        match(record, gene.path, gene.wording, "unknown", would_settle="Sequence EGFR", **stated),
        match(record, age.path, age.wording, "met", **stated),
        match(record, "vital_status", "The patient is alive", "met", **stated),
        match(record, "x", "ECOG 0", "not met", trial_id="T-2", verdict="excluded"),
        match(record, "x", "No criteria encoded", "unknown", trial_id="T-3", verdict="none"),
    )
    return record


def match(record: Record, path: str, wording: str, result: str, **other: Any) -> dict[str, Any]:
    version = other.pop("version", "1")
    said = {"patient_key": record.key, "path": path, "wording": wording, "result": result}
    return {**MATCH, "trial_id": "T-1", "code": "A", "trial_version": version, **said, **other}


def trial_row(**other: Any) -> dict[str, Any]:
    bronze = review.received("SYN-1", {}, "trial.yml")
    stated = {**review.from_row("bronze.ctml", bronze, "$"), "trial_id": "T-1", "kind": "ctml"}
    return {
        **stated,
        "title": DOCUMENT["short_title"],
        "document": json.dumps(DOCUMENT),
        "sites": [],
        **other,
    }
