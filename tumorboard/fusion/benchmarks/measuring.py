"""What every benchmark table measures, over one or more repeats of a cross-validation."""

from __future__ import annotations

import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tumorboard.fusion import conformal, metrics, validation
from tumorboard.fusion.survival import Floats, Outcome
from tumorboard.fusion.validation import Predictions

from .registered import SETTINGS, VERSION

RESAMPLES: int = SETTINGS["every_run"]["resamples"]
FIGURES = ("uno", "ibs", "slope", "intercept", "gap", "worst_fifth", "d_calibration_p")


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A model's held-out predictions in each repeat, with the outcome they are held against."""

    name: str
    outcome: Outcome
    repeats: Sequence[Predictions]

    def folds(self) -> list[tuple[Outcome, Floats]]:
        return [fold for predicted in self.repeats for fold in validation.by_fold(self.outcome, predicted)]

    def concordance(self) -> float:
        return validation.mean_concordance(self.folds())


def row(run: Run) -> dict[str, Any]:
    """C (mean and SD over folds, bootstrap interval), Uno's C, IBS and calibration of one model."""
    folds = run.folds()
    single = np.array([metrics.concordance(*fold) for fold in folds])
    low, high = metrics.concordance_interval(folds, resamples=RESAMPLES)
    each = [validation.figures(run.outcome, predicted, resamples=1) for predicted in run.repeats]
    return {
        "row": run.name,
        "c": validation.rounded(float(np.mean(single))),
        "sd": validation.rounded(float(np.std(single))),
        "low": validation.rounded(low),
        "high": validation.rounded(high),
        **{name: _mean([found[name] for found in each]) for name in FIGURES},
        "covered": _mean([_covered(run.outcome, predicted) for predicted in run.repeats]),
    }


def lead(ours: Run, theirs: Run) -> dict[str, Any]:
    """How far `ours` is ahead in C, with the paired patient bootstrap within folds behind it."""
    mine, other = ours.folds(), theirs.folds()
    low, high = metrics.concordance_interval(mine, [risk for _, risk in other], resamples=RESAMPLES)
    ahead = validation.mean_concordance(mine) - validation.mean_concordance(other)
    return {
        "row": f"{ours.name} against {theirs.name}",
        "c": validation.rounded(ahead),
        "low": validation.rounded(low),
        "high": validation.rounded(high),
    }


def cost(started: float) -> dict[str, Any]:
    """Which settings, how long, how much memory."""
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "settings_version": VERSION,
        "seconds": round(time.monotonic() - started),
        "peak_memory_mb": round(peak / 1024),
    }


def _covered(outcome: Outcome, predicted: Predictions) -> float | None:
    """Share that outlives its 90 % bound; None where the model gives none."""
    if predicted.bound is None or np.isnan(predicted.bound).all():
        return None
    has = ~np.isnan(predicted.bound)
    weight = conformal.observation_weights(outcome, np.zeros((len(outcome), 1)))
    return conformal.covered(outcome.rows(has), predicted.bound[has], weight[has])


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return validation.rounded(float(np.mean(known))) if known else None
