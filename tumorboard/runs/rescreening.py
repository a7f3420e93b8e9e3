"""Screening again as an event: what an ingest changed is screened again, and no more than that.

| What happened                         | Screened again                                    |
|---------------------------------------|---------------------------------------------------|
| new or changed data of some patients  | those patients, all trials                        |
| a trial new, changed, closed or gone  | every patient, those trials                       |
| too many patients, or a first build   | everyone, all trials                              |
| a day passed (age limits, windows)    | everyone, all trials, once a night                |
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from tumorboard.runs.actions import queue_job
from tumorboard.runs.codes import SCREEN
from tumorboard.runs.frames import frames
from tumorboard.runs.models import Job
from tumorboard.runs.screening import EVIDENCE, TRIALS
from tumorboard.screening.models import Change

STATED = ["trial_id", "document", "kind"]


def after_build(
    *, versions: dict[str, int], before: dict[str, int], patients: Sequence[str] | None, by: Any
) -> list[Job]:
    """Queue what a build concerns. `before` and `versions` name the published versions before and after it;
    `patients` are those it rebuilt, None for everyone."""
    moved = {table for table, version in versions.items() if before.get(table) != version}
    evidence, cause = bool(moved & set(EVIDENCE)), Change.Cause
    if evidence and patients is None:
        return [screen_everyone(cause=cause.EVIDENCE, by=by)]
    jobs = []
    if TRIALS in moved and (trials := changed_trials(before.get(TRIALS), versions[TRIALS])):
        jobs.append(queue_job(kind=SCREEN, by=by, trials=trials, cause=cause.TRIAL.value))
    if evidence and patients:
        jobs.append(queue_job(kind=SCREEN, by=by, patients=list(patients), cause=cause.EVIDENCE.value))
    return jobs


def changed_trials(old: int | None, new: int) -> list[str]:
    """Trials that are new, gone, or stated differently between two versions of silver.trials."""
    before, after = _stated(old), _stated(new)
    return sorted(trial for trial in {*before, *after} if before.get(trial) != after.get(trial))


def _stated(version: int | None) -> dict[str, tuple[str, ...]]:
    if version is None:
        return {}
    found = frames([TRIALS], versions={TRIALS: version}).get(TRIALS, pd.DataFrame(columns=STATED))
    return {row["trial_id"]: (row["document"], row["kind"]) for row in found.to_dict("records")}


def screen_everyone(*, cause: Change.Cause, by: Any) -> Job:
    """Once a night, because age limits and time windows pass; or after new rules."""
    return queue_job(kind=SCREEN, by=by, cause=cause.value)
