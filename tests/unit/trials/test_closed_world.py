"""Levels in the boolean engine's reading, and that every difference has a number."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from tests.unit.trials.conftest import clinical, document, genomic
from tests.unit.trials.test_laws import CRITERIA, patients
from tumorboard.trials import matchminer
from tumorboard.trials.comparison import explain_difference, not_run
from tumorboard.trials.criteria import Level
from tumorboard.trials.ctml import read_trial
from tumorboard.trials.patients import PatientEvidence, Person
from tumorboard.trials.screening import screen

MUTATED = genomic(hugo_symbol="EGFR", variant_category="Mutation")
NOT_KRAS = genomic(hugo_symbol="KRAS", variant_category="!Mutation")


def _traps(trial: Any, patient: PatientEvidence, **options: bool) -> set[int | None]:
    return {difference.trap for difference in explain_difference(trial, patient, **options)}


def _levels(level: Level) -> list[Level]:
    return [level, *(each for below in level.below for each in _levels(below))]


def test_a_clause_above_is_not_asked_by_the_boolean_engine(evidence: PatientEvidence) -> None:
    trial = read_trial(document(step=[clinical(gender="Male")], arm=[MUTATED]))
    assert screen(trial, evidence)[2].verdict == "excluded"
    assert screen(trial, evidence, closed_world=True)[2].verdict == "fits"
    assert 25 in _traps(trial, evidence)


def test_a_clause_of_ignored_keys_is_no_clause(evidence: PatientEvidence) -> None:
    trial = read_trial(document(arm=[clinical(her2_status="Positive")]))
    assert screen(trial, evidence)[2].verdict == "uncertain"
    assert screen(trial, evidence, closed_world=True)[2].verdict == "none"
    assert _traps(trial, evidence) <= {8, 24, 25}


@pytest.mark.parametrize("vital", [None, True])
def test_whoever_is_not_exactly_alive_is_left_out(vital: bool | None) -> None:
    """Trap 4: missing is unknown for us."""
    patient = PatientEvidence("p", date(2025, 6, 30), person=Person("silver.patients/1", deceased=vital))
    trial = read_trial({"protocol_no": "T", "match": [NOT_KRAS]})
    assert screen(trial, patient, closed_world=True)[0].verdict == "excluded"
    assert screen(trial, patient, closed_world=True, include_deceased=True)[0].verdict == "fits"
    assert screen(trial, patient)[0].verdict == ("excluded" if vital else "uncertain")
    assert _traps(trial, patient) == ({1} if vital else {1, 4})


def test_levels_the_default_configuration_does_not_run() -> None:
    trial = read_trial(
        {
            "protocol_no": "T",
            "match": [MUTATED],
            "treatment_list": {
                "step": [
                    {"match": [MUTATED]},
                    {
                        "match": [clinical(gender="Female")],
                        "arm": [{"match": [clinical(her2_status="Positive")]}],
                    },
                    {"match": [clinical(tmb_numerical=">=10")], "arm": [{"match": [MUTATED]}]},
                ]
            },
        }
    )
    assert [not_run(level) for level in _levels(trial.root)] == [22, 6, 23, 24, None, None]


def test_a_dose_level_under_a_suspended_arm_is_suspended_though_its_own_mark_is_not_set() -> None:
    """Trap 7."""
    arm = {"arm_code": "A", "arm_suspended": "Y", "dose_level": [{"level_code": "1", "level_suspended": "N"}]}
    trial = read_trial({"protocol_no": "T", "treatment_list": {"step": [{"arm": [arm]}]}})
    dose = _levels(trial.root)[-1]
    assert (dose.suspended, dose.flagged) == (True, False)


def test_a_step_without_arms_is_not_suspended() -> None:
    """Trap 6."""
    trial = read_trial({"protocol_no": "T", "treatment_list": {"step": [{"match": [MUTATED]}]}})
    assert not _levels(trial.root)[1].suspended


@settings(deadline=None, max_examples=60)
@given(patients)
def test_every_difference_is_explained(patient: PatientEvidence) -> None:
    half = len(CRITERIA) // 2
    trial = read_trial(
        document(match=CRITERIA[:3], step=[{"or": CRITERIA[3:half]}], arm=CRITERIA[half:], dose=CRITERIA)
    )
    assert None not in _traps(trial, patient)
    assert None not in _traps(trial, patient, include_deceased=True)


@pytest.mark.parametrize("day", [date(2000, 7, 12), date(2026, 1, 1)])
def test_every_difference_on_the_public_comparison_set_is_explained(shared_data: Path, day: date) -> None:
    folder = shared_data / "trials" / "matchminer"
    clinical_documents, genomic_documents = (
        json.loads((folder / "patients" / f"{name}.ejson").read_text()) for name in ("clinical", "genomic")
    )
    frames = matchminer.frames(clinical_documents, genomic_documents)
    negated = read_trial(
        document(arm=[NOT_KRAS, genomic(mmr_status="MMR-Deficient")], dose=[MUTATED, NOT_KRAS])
    )
    trials = [read_trial(json.loads(path.read_text())) for path in sorted((folder / "trials").glob("*.json"))]
    seen: set[int | None] = set()
    for key in frames["silver.patients"]["patient_key"]:
        sample = PatientEvidence.from_frames(key, frames, day)
        for trial in (negated, trials[0]):
            seen |= _traps(trial, sample)
    assert None not in seen
    assert {1, 14, 19, 25} <= seen
