"""The stated answers of the public comparison set, and what the three-valued reading makes of it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tumorboard.codes.oncotree import OncoTree
from tumorboard.trials import matchminer
from tumorboard.trials.ctml import read_trial
from tumorboard.trials.patients import PatientEvidence
from tumorboard.trials.rules import Rules
from tumorboard.trials.screening import screen


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "trials" / "matchminer"


@pytest.fixture(scope="module")
def expected(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "expected_counts.json").read_text())


@pytest.fixture(scope="module", params=["our extract", "official release"])
def rules(request: pytest.FixtureRequest, shared_data: Path) -> Rules:
    if request.param == "our extract":
        return Rules()
    return Rules(OncoTree.load(shared_data / "knowledge" / "oncotree_2025_10_03.json"))


@pytest.fixture(scope="module")
def samples(folder: Path, expected: dict[str, Any], rules: Rules) -> list[PatientEvidence]:
    patients = folder / "patients"
    clinical = json.loads((patients / "clinical.ejson").read_text())
    genomic = json.loads((patients / "genomic.ejson").read_text())
    frames = matchminer.frames(clinical, genomic, rules.oncotree)
    as_of = date.fromisoformat(expected["age_reference_date"])
    return [
        PatientEvidence.from_frames(key, frames, as_of) for key in frames["silver.patients"]["patient_key"]
    ]


@pytest.mark.parametrize("trial_id", ["10-001", "10-002", "10-003", "10-004"])
@pytest.mark.parametrize("include_deceased", [True, False])
def test_closed_world_counts_as_stated(
    trial_id: str,
    include_deceased: bool,
    folder: Path,
    expected: dict[str, Any],
    rules: Rules,
    samples: list[PatientEvidence],
) -> None:
    trial = read_trial(json.loads((folder / expected["trials"][trial_id]).read_text()), rules.oncotree)
    matched = {
        sample.patient_key
        for sample in samples
        for result in screen(trial, sample, rules=rules, closed_world=True, include_deceased=include_deceased)
        if result.verdict == "fits"
    }
    key = "expected_samples_including_deceased" if include_deceased else "expected_samples_without_deceased"
    assert len(matched) == expected[key][trial_id]
    listed = {
        sample["sample_id"]
        for sample in expected["matching_samples"]
        if include_deceased or sample["vital_status"] == "alive"
    }
    assert matched == listed


def test_three_values_fit_only_where_the_closed_world_does(
    folder: Path, rules: Rules, samples: list[PatientEvidence]
) -> None:
    """These trials negate nothing, so an unknown never makes them fit; whoever fits is in both."""
    trial = read_trial(json.loads((folder / "trials" / "all_open.json").read_text()), rules.oncotree)
    for sample in samples:
        open_world = screen(trial, sample, rules=rules)
        closed_world = screen(trial, sample, rules=rules, closed_world=True)
        pairs = [
            (ours.verdict, theirs.verdict)
            for ours, theirs in zip(open_world, closed_world, strict=True)
            if theirs.verdict != "none"
        ]
        assert all(theirs == "fits" for ours, theirs in pairs if ours == "fits")
