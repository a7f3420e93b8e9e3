"""The invented trials read without a word left over, and screen as their headings say."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tumorboard.synthetic.write_trials import write_trials
from tumorboard.trials.criteria import Trial, Unsupported, predicates
from tumorboard.trials.ctml import read_trial
from tumorboard.trials.patients import PatientEvidence
from tumorboard.trials.registry import read_study
from tumorboard.trials.screening import best, screen


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    written: dict[str, str] = {}
    write_trials(written.__setitem__)
    return written


@pytest.fixture(scope="module")
def curated(files: dict[str, str]) -> list[Trial]:
    documents = [yaml.safe_load(text) for path, text in files.items() if path.startswith("trials/ctml/")]
    return [read_trial(document) for document in documents]


def _leaves(level: Any) -> list[Any]:
    return [*predicates(level.match), *(leaf for below in level.below for leaf in _leaves(below))]


def test_every_curated_criterion_is_evaluated(curated: list[Trial]) -> None:
    assert len(curated) >= 10
    for trial in curated:
        assert not [leaf for leaf in _leaves(trial.root) if isinstance(leaf.asks, Unsupported)], (
            trial.trial_id
        )
        assert all("words only" in notice.message for notice in trial.notices)


def test_an_untested_patient_is_uncertain_everywhere(curated: list[Trial], nobody: PatientEvidence) -> None:
    assert {best(screen(trial, nobody)).verdict for trial in curated} == {"uncertain"}


def test_registry_records_are_at_best_uncertain(files: dict[str, str], evidence: PatientEvidence) -> None:
    studies = [read_study(json.loads(text)) for path, text in files.items() if path.endswith(".json")]
    assert studies
    assert {screen(study, evidence)[0].verdict for study in studies} <= {"uncertain", "excluded"}
