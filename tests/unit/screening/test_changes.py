from __future__ import annotations

from uuid import uuid4

import pytest

from tumorboard.screening.changes import TOLD, differences
from tumorboard.screening.models import Change

JOB = uuid4()
EVIDENCE, TRIAL = Change.Cause.EVIDENCE, Change.Cause.TRIAL


def row(verdict: str, result: str = "unknown", **other: object) -> dict[str, object]:
    return {
        "patient_key": "p", "trial_id": "T", "level": "arm", "code": "A", "path": "$[0]", "result": result,
        "verdict": verdict, "trial_version": "1", "title": "A trial", "suspended": False, "recruiting": True,
        **other,
    }  # fmt: skip


def told(before: list, after: list) -> list[Change]:
    return list(differences(before, after, cause=EVIDENCE, job=JOB))


@pytest.mark.parametrize(("before", "after"), [(b, a) for b, a in TOLD if b and a])
def test_a_verdict_that_moved_is_told(before: str, after: str) -> None:
    (change,) = told([row(before)], [row(after, "met")])
    assert (change.before, change.after, change.kind) == (before, after, TOLD[before, after])
    assert change.criteria == ["$[0]"]
    assert change.cause == EVIDENCE


@pytest.mark.parametrize("verdict", ["fits", "uncertain", "excluded", "none"])
def test_the_same_verdict_is_no_news(verdict: str) -> None:
    assert told([row(verdict, "met")], [row(verdict, "not met")]) == []


def test_a_patient_screened_for_the_first_time_has_no_news() -> None:
    assert told([], [row("fits", "met")]) == []


def test_a_trial_that_is_new_is_told_to_those_screened_before() -> None:
    (change,) = told([row("excluded", trial_id="old")], [row("excluded", trial_id="old"), row("fits")])
    assert (change.trial_id, change.kind) == ("T", Change.Kind.NEWLY_FITS)


def test_a_trial_that_is_gone_no_longer_fits() -> None:
    (change,) = told([row("fits"), row("excluded", trial_id="old")], [row("excluded", trial_id="old")])
    assert (change.kind, change.after) == (Change.Kind.NO_LONGER, "")


@pytest.mark.parametrize("stated", [{"trial_version": "2"}, {"suspended": True}, {"recruiting": False}])
def test_a_changed_trial_is_the_cause(stated: dict[str, object]) -> None:
    (change,) = told([row("uncertain")], [row("fits", "met", **stated)])
    assert change.cause == TRIAL


def test_arms_are_told_one_by_one() -> None:
    before = [row("uncertain"), row("uncertain", code="B")]
    after = [row("fits", "met"), row("uncertain", code="B")]
    assert [change.code for change in told(before, after)] == ["A"]
