"""What an ingest changed is screened again, and no more than that."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import review
from tests.unit.review.conftest import small_lake
from tumorboard.governance.actions import register_securables
from tumorboard.governance.ledger import latest_versions
from tumorboard.runs import rescreening
from tumorboard.runs.models import Job
from tumorboard.runs.screening import TRIALS
from tumorboard.screening.models import Change

__all__ = ["small_lake"]
LABS = "silver.biomarkers"


@pytest.fixture(autouse=True)
def lake(small_lake: Any) -> None:
    register_securables()
    review.subject_of("SYN-1")


def trial(number: str, document: str = "{}") -> dict[str, Any]:
    bronze = review.received("SYN-1", {}, f"{number}.yml")
    stated = review.from_row("bronze.ctml", bronze, "$")
    return {**stated, "trial_id": number, "kind": "ctml", "document": document, "sites": []}


def publish(*rows: dict[str, Any]) -> int:
    review.publish(TRIALS, *rows)
    return latest_versions([TRIALS])[TRIALS]


def queued(**build: Any) -> list[dict[str, Any]]:
    asked = {"before": {}, "versions": {}, "patients": [], "by": "tests", **build}
    return [job.arguments for job in rescreening.after_build(**asked)]


def test_trials_that_are_new_changed_or_gone() -> None:
    old = publish(trial("same"), trial("changed"), trial("gone"))
    new = publish(trial("same"), trial("changed", '{"status": "closed"}'), trial("new"))
    assert rescreening.changed_trials(old, new) == ["changed", "gone", "new"]
    assert rescreening.changed_trials(None, new) == ["changed", "new", "same"]
    assert rescreening.changed_trials(new, new) == []


def test_a_changed_trial_is_screened_for_everyone() -> None:
    old, new = publish(trial("a")), publish(trial("a", '{"phase": "II"}'))
    assert queued(before={TRIALS: old}, versions={TRIALS: new}) == [{"trials": ["a"], "cause": "trial"}]


def test_a_trial_read_again_unchanged_is_not_screened_again() -> None:
    old, new = publish(trial("a")), publish(trial("a"))
    assert queued(before={TRIALS: old}, versions={TRIALS: new}) == []


def test_changed_data_of_a_patient_screens_that_patient() -> None:
    assert queued(before={LABS: 1}, versions={LABS: 2}, patients=["p"]) == [
        {"patients": ["p"], "cause": "evidence"}
    ]


@pytest.mark.parametrize(
    ("versions", "patients"),
    [({"silver.wearables": 2}, ["p"]), ({"gold.timeline": 2}, None), ({LABS: 1}, ["p"]), ({LABS: 2}, [])],
)
def test_what_no_criterion_reads_screens_nobody(versions: dict[str, int], patients: list[str] | None) -> None:
    before = {"silver.wearables": 1, "gold.timeline": 1, LABS: 1}
    assert queued(before=before, versions=versions, patients=patients) == []


def test_a_first_build_screens_everyone_once() -> None:
    new = publish(trial("a"))
    assert queued(versions={TRIALS: new, LABS: 1}, patients=None) == [{"cause": "evidence"}]


def test_the_same_waiting_work_is_not_queued_twice() -> None:
    rescreening.screen_everyone(cause=Change.Cause.DAY, by="schedule")
    rescreening.screen_everyone(cause=Change.Cause.DAY, by="schedule")
    assert Job.objects.count() == 1
