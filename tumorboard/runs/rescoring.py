"""After a build: score the patients whose features were made anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tumorboard.runs.actions import queue_job
from tumorboard.runs.scoring import INPUTS
from tumorboard.scores.models import ScoringModel

KIND = "score"


def score_again(*, versions: Mapping[str, int], patients: Sequence[str] | None, by: Any) -> None:
    """Queue the scoring of `patients` (None: everyone) where something a score rests on is new."""
    if set(versions).isdisjoint(INPUTS) or not ScoringModel.objects.scoring().exists():
        return
    of = {} if patients is None else {"patients": sorted(patients)}
    queue_job(kind=KIND, by=by, **of)
